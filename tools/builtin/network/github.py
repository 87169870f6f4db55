"""GitHub: repositories, and issues with pull requests, by words, through the public search of its API.

Nobody is signed in, so ten searches a minute are all it allows. It finds no code, and reads nothing of what it finds.
"""

from collections.abc import Mapping
from typing import Any

from common.egress import Egress
from common.errors import ToolFailed
from tools.base import ToolContext, ToolOutput, ToolSpec
from tools.builtin.network.reading import day, line, link, objects, part, whole
from tools.builtin.network.service import NetworkTool, Query, Service, unexpected

GITHUB = Service("https://api.github.com")

_FOUND = 5
_UNSEARCHED = (
    "GitHub cannot search for this: a repository or a user that is named is not there or not public, or a qualifier is wrong. "
    "Leave that out.",
    "GitHub 无法这样搜索：写到的仓库或用户不存在、不公开，或者限定词有误。请去掉它再试。",
)
_HEADERS = {"accept": "application/vnd.github+json", "x-github-api-version": "2022-11-28"}


class GithubSearch(NetworkTool):
    """Searches GitHub."""

    id = "github-search"
    titles: Mapping[str, str] = {"en": "GitHub search", "zh": "GitHub 搜索"}
    about: Mapping[str, str] = {
        "en": "Finds repositories, issues and pull requests on GitHub.",
        "zh": "在 GitHub 上查找仓库、议题和合并请求。",
    }
    spec = ToolSpec(
        "github_search",
        "Search GitHub for repositories, or for issues and pull requests: name, stars, language, licence, state, address. "
        "在 GitHub 上搜索仓库或议题。",
        {
            "type": "object",
            "properties": {
                "query": {
                    "type": "string",
                    "description": "A few words, as on GitHub; qualifiers such as language:python work. 关键词。",
                    "minLength": 1,
                    "maxLength": 200,
                },
                "kind": {
                    "type": "string",
                    "enum": ["repositories", "issues", "pull-requests"],
                    "description": "What to search. 搜索的对象。",
                    "default": "repositories",
                },
                "repository": {
                    "type": "string",
                    "description": "For issues: only of this one, as owner/name. 只在这个仓库里找。",
                    "pattern": "^[A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100}$",
                },
                "sort": {
                    "type": "string",
                    "enum": ["best", "stars", "updated"],
                    "description": "best match, most stars, or latest change. 排序。",
                    "default": "best",
                },
            },
            "required": ["query"],
            "additionalProperties": False,
        },
    )

    def __init__(self, egress: Egress, *, service: Service = GITHUB, offline: bool = False) -> None:
        super().__init__(egress, offline=offline)
        self._service = service

    def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        """Raises `ToolFailed` where nothing is found or answered."""
        query, kind = arguments["query"].strip(), arguments.get("kind", "repositories")
        repositories = kind == "repositories"
        path = "/search/repositories" if repositories else "/search/issues"
        told = self.ask(self._service, path, _asked(arguments), headers=_HEADERS, refusals={422: _UNSEARCHED})
        if part(told, "items") is None:
            raise unexpected(self._service)
        read = _repository if repositories else _issue
        items = [item for each in objects(part(told, "items"))[:_FOUND] if (item := read(each))]
        if not items:
            raise ToolFailed(
                f"GitHub has no {kind} for {query!r}. Use fewer or more general words.",
                f"GitHub 上没有找到 {query!r}。请用更少或更宽泛的词。",
            )
        total = whole(part(told, "total_count")) or len(items)
        head = context.say(f"{total:,} found; the first {len(items)}:", f"共找到 {total:,} 个，前 {len(items)} 个：")
        tell = _told_repository if repositories else _told_issue
        shown = [f"{rank}. {tell(item, context)}" for rank, item in enumerate(items, 1)]
        return ToolOutput("\n".join([head, *shown]), {"kind": kind, "total": total, "items": items})


def _asked(arguments: Mapping[str, Any]) -> Query:
    words, kind, sort = [arguments["query"].strip()], arguments.get("kind", "repositories"), arguments.get("sort", "best")
    if kind != "repositories":
        words.append("is:issue" if kind == "issues" else "is:pull-request")
        if repository := arguments.get("repository"):
            words.append(f"repo:{repository}")
        sort = {"stars": "reactions"}.get(sort, sort)  # issues have no stars
    order = [] if sort == "best" else [("sort", sort), ("order", "desc")]
    return [("q", " ".join(words)), *order, ("per_page", _FOUND)]


def _repository(found: Mapping[str, Any]) -> dict[str, Any] | None:
    name, url = line(part(found, "full_name"), 150), link(part(found, "html_url"))
    if not name or not url:
        return None
    licence = line(part(found, "license", "spdx_id"), 40)
    return {
        "name": name,
        "description": line(part(found, "description"), 250),
        "stars": whole(part(found, "stargazers_count")),
        "language": line(part(found, "language"), 40),
        "licence": "" if licence == "NOASSERTION" else licence,
        "archived": part(found, "archived") is True,
        "changed": day(part(found, "pushed_at")) or day(part(found, "updated_at")),
        "url": url,
    }


def _issue(found: Mapping[str, Any]) -> dict[str, Any] | None:
    title, url = line(part(found, "title"), 250), link(part(found, "html_url"))
    if not title or not url:
        return None
    # A request that was taken in is "closed" like one that was refused.
    merged = "merged" if day(part(found, "pull_request", "merged_at")) else ""
    return {
        "title": title,
        "state": merged or line(part(found, "state_reason"), 20) or line(part(found, "state"), 20),
        "comments": whole(part(found, "comments")),
        "opened": day(part(found, "created_at")),
        "changed": day(part(found, "updated_at")),
        "url": url,
    }


def _told_repository(item: Mapping[str, Any], context: ToolContext) -> str:
    known = [
        context.say(f"{item['stars']:,} stars", f"{item['stars']:,} 星") if item["stars"] is not None else "",
        item["language"],
        item["licence"],
        context.say(f"changed {item['changed']}", f"{item['changed']} 更新") if item["changed"] else "",
        context.say("archived", "已归档") if item["archived"] else "",
    ]
    return _joined(item["name"], known, item["url"], item["description"])


def _told_issue(item: Mapping[str, Any], context: ToolContext) -> str:
    known = [
        item["state"],
        context.say(f"opened {item['opened']}", f"{item['opened']} 提出") if item["opened"] else "",
        context.say(f"{item['comments']} comments", f"{item['comments']} 条评论") if item["comments"] is not None else "",
    ]
    return _joined(item["title"], known, item["url"], "")


def _joined(name: str, known: list[str], url: str, about: str) -> str:
    return "\n   ".join(filter(None, (" · ".join(filter(None, (name, *known))), about, url)))
