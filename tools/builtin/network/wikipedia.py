"""Wikipedia, in the language asked: articles that fit some words, and the introduction of the best of them.

One request gives both, through the public API of MediaWiki. Whole articles are for the web reader; nothing is written to it.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from common.egress import Egress
from common.errors import ToolFailed
from tools.base import ToolContext, ToolOutput, ToolSpec
from tools.builtin.network.reading import line, lines, link, objects, part, whole, written_in
from tools.builtin.network.service import NetworkTool, Service, unexpected

_FOUND = 5
_INTRODUCTION = 2500  # characters of the best article
_FIRST_LINE = 160  # of the others
_LANGUAGE = r"^[a-z]{2,12}(-[a-z]{2,12}){0,2}$"


class Wikipedia(NetworkTool):
    """Looks something up in Wikipedia."""

    id = "wikipedia"
    titles: Mapping[str, str] = {"en": "Wikipedia", "zh": "维基百科"}
    about: Mapping[str, str] = {
        "en": "Looks up people, places and things in Wikipedia, in any of its languages.",
        "zh": "在维基百科里查人物、地点和事物，各种语言都可以。",
    }
    spec = ToolSpec(
        "wikipedia",
        "Look up a person, place, thing or event in Wikipedia: the introduction of the best article, and the titles of others. "
        "在维基百科里查人物、地点、事物或事件。",
        {
            "type": "object",
            "properties": {
                "query": {
                    "type": "string",
                    "description": "What to look up: a name or a few words. 要查的名称或几个词。",
                    "minLength": 1,
                    "maxLength": 200,
                },
                "language": {
                    "type": "string",
                    "description": "Code of the language, such as en, zh, ja. Left out: that of the query. 语言代码。",
                    "pattern": _LANGUAGE,
                },
            },
            "required": ["query"],
            "additionalProperties": False,
        },
    )

    def __init__(self, egress: Egress, *, service: Service | None = None, offline: bool = False) -> None:
        """`service` stands in place of Wikipedia, whatever the language."""
        super().__init__(egress, offline=offline)
        self._service = service

    def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        """Raises `ToolFailed` where no article is found, and where there is no answer."""
        query = arguments["query"].strip()
        language = arguments.get("language") or written_in(query, context.language)
        service = self._service or Service(f"https://{language}.wikipedia.org")
        asked: list[tuple[str, str | int]] = [
            ("action", "query"),
            ("format", "json"),
            ("formatversion", 2),
            ("redirects", 1),
            ("generator", "search"),
            ("gsrsearch", query),
            ("gsrlimit", _FOUND),
            ("prop", "extracts|info|pageprops"),
            ("ppprop", "disambiguation"),
            ("inprop", "url"),
            ("exintro", 1),
            ("explaintext", 1),
            ("exlimit", "max"),
        ]
        if language == "zh":
            asked.append(("variant", "zh-cn"))
        told = self.ask(service, "/w/api.php", asked)
        if said := line(part(told, "error", "info"), 200):
            raise ToolFailed(
                f"Wikipedia refused this: {said!r}. Change the words, or answer without it.",
                f"维基百科拒绝了请求：{said!r}。请换个说法，或不依赖它来回答。",
            )
        if not isinstance(told, Mapping):
            raise unexpected(service)
        articles = _articles(part(told, "query", "pages"), language)
        if not articles:
            raise ToolFailed(
                f"Wikipedia ({language}) has no article that fits {query!r}. Try other words, or another language.",
                f"维基百科（{language}）里没有符合 {query!r} 的条目。请换个说法，或换一种语言。",
            )
        best, *others = articles
        text = f"{best['title']}\n{best['url']}\n\n{best['text'] or context.say('(no introduction)', '（没有导言）')}"
        if others:
            also = [f"- {each['title']}: {line(each['text'], _FIRST_LINE)} {each['url']}" for each in others]
            text += "\n\n" + context.say("Other articles:", "其他条目：") + "\n" + "\n".join(also)
        return ToolOutput(text, {"language": language, "articles": articles})


def _articles(pages: Any, language: str) -> list[dict[str, str]]:
    """Title, address and introduction of what was found, best first; the service lists them by their numbers.

    A page that only lists what a word may mean has an introduction that says nothing, and comes after those it may mean.
    """
    last = len(objects(pages))
    ranked = sorted(objects(pages), key=lambda page: rank if (rank := whole(part(page, "index"))) is not None else last)
    ranked.sort(key=lambda page: part(page, "pageprops", "disambiguation") is not None)
    found = []
    for page in ranked[:_FOUND]:
        if title := line(part(page, "title"), 200):
            url = link(part(page, "fullurl")) or f"https://{language}.wikipedia.org/wiki/{quote(title.replace(' ', '_'))}"
            found.append({"title": title, "url": url, "text": lines(part(page, "extract"), _INTRODUCTION)})
    return found
