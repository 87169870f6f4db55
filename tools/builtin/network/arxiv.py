"""arXiv: papers by words or by their number, with authors, day, abstract and address.

Its answers are Atom, which is read without entities, definitions or anything fetched besides. The abstracts are what the authors
say of their papers; the papers themselves are for the web reader.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from common.egress import Egress
from common.errors import ArgumentsInvalid, ToolFailed
from tools.base import ToolContext, ToolOutput, ToolSpec
from tools.builtin.network.reading import day, line, lines
from tools.builtin.network.service import NetworkTool, Service, unexpected

ARXIV = Service("https://export.arxiv.org")

_FOUND = 5
_WORDS = 12  # of a query; more find nothing
_ABSTRACT = 500  # characters, of several papers
_WHOLE_ABSTRACT = 3000  # of the one that was asked for by its number
_AUTHORS = 6
_NUMBER = re.compile(r"(?:^|[^\w.])((?:\d{4}\.\d{4,5}|[a-z-]{2,20}(?:\.[A-Z]{2})?/\d{7})(?:v\d{1,3})?)(?:\.pdf)?/?$")
_ATOM = "{http://www.w3.org/2005/Atom}"
_OWN = "{http://arxiv.org/schemas/atom}"


class Arxiv(NetworkTool):
    """Finds papers on arXiv."""

    id = "arxiv"
    titles: Mapping[str, str] = {"en": "arXiv papers", "zh": "arXiv 论文"}
    about: Mapping[str, str] = {
        "en": "Finds papers on arXiv by words or number, with authors, day and abstract.",
        "zh": "按关键词或编号查找 arXiv 论文，给出作者、日期和摘要。",
    }
    spec = ToolSpec(
        "arxiv_search",
        "Find scientific papers on arXiv by English words or by arXiv number: title, authors, day, abstract, address. "
        "按英文关键词或编号查找 arXiv 论文。",
        {
            "type": "object",
            "properties": {
                "query": {
                    "type": "string",
                    "description": "A few English words, or a number such as 2309.00986. 英文关键词或论文编号。",
                    "minLength": 1,
                    "maxLength": 200,
                },
                "newest": {
                    "type": "boolean",
                    "description": "The newest first, in place of the best match. 最新的排在前面。",
                    "default": False,
                },
            },
            "required": ["query"],
            "additionalProperties": False,
        },
    )

    def __init__(self, egress: Egress, *, service: Service = ARXIV, offline: bool = False) -> None:
        super().__init__(egress, offline=offline)
        self._service = service

    def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        """Raises `ArgumentsInvalid` for a query without words, `ToolFailed` where nothing is found or answered."""
        query = arguments["query"].strip()
        number = _NUMBER.search(query)
        asked: list[tuple[str, str | int]] = [("start", 0), ("max_results", _FOUND)]
        if number:
            asked.append(("id_list", number[1]))
        else:
            asked += [("search_query", _expression(query)), ("sortOrder", "descending")]
            asked.append(("sortBy", "submittedDate" if arguments.get("newest") else "relevance"))
        answer = self.fetch(self._service, "/api/query", asked, {"accept": "application/atom+xml"})
        papers = self._papers(answer.body, _WHOLE_ABSTRACT if number else _ABSTRACT)
        if not papers:
            raise ToolFailed(
                f"arXiv has no paper for {query!r}. Use fewer, more general English words.",
                f"arXiv 没有找到与 {query!r} 有关的论文。请用更少、更宽泛的英文词。",
            )
        return ToolOutput("\n\n".join(_told(rank, paper) for rank, paper in enumerate(papers, 1)), {"papers": papers})

    def _papers(self, body: bytes, abstract: int) -> list[dict[str, Any]]:
        from lxml import etree  # type: ignore[import-untyped]

        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
        )
        try:
            feed = etree.fromstring(body, parser)
        except etree.XMLSyntaxError as error:
            raise unexpected(self._service) from error
        if feed.tag != f"{_ATOM}feed" or feed.getroottree().docinfo.doctype:
            raise unexpected(self._service)
        papers = []
        for entry in feed.findall(f"{_ATOM}entry")[:_FOUND]:
            if "/api/errors" in (entry.findtext(f"{_ATOM}id") or ""):  # a refusal comes as an entry of its own
                said = line(entry.findtext(f"{_ATOM}summary"), 200)
                raise ToolFailed(
                    f"arXiv did not accept this: {said!r}. Change the words or the number.",
                    f"arXiv 没有接受请求：{said!r}。请修改关键词或编号。",
                )
            if paper := _paper(entry, abstract):
                papers.append(paper)
        return papers


def _expression(query: str) -> str:
    """Every word must occur somewhere, or where a field before it says; other signs of its query language are left out."""
    found = re.findall(r"(?:\b(ti|au|abs|cat|all):\s*)?([^\W_]+(?:[-'.][^\W_]+)*)", query)
    words = [(field or "all", word) for field, word in found if word.upper() not in ("AND", "OR", "ANDNOT", "NOT")]
    if not words:
        raise ArgumentsInvalid(
            f"There are no words in {query!r}. Give a few English words.", f"{query!r} 里没有可以查的词。请给出几个英文词。"
        )
    return " AND ".join(f"{field}:{word}" for field, word in words[:_WORDS])


def _paper(entry: Any, abstract: int) -> dict[str, Any] | None:
    """What is known of a paper, None for an entry without an address of arXiv or a title."""
    title, path = line(entry.findtext(f"{_ATOM}title"), 300), urlsplit(line(entry.findtext(f"{_ATOM}id"), 200)).path
    if not title or not path.startswith("/abs/"):
        return None
    authors = [name for each in entry.findall(f"{_ATOM}author") if (name := line(each.findtext(f"{_ATOM}name"), 80))]
    category = entry.find(f"{_OWN}primary_category")
    return {
        "id": path.removeprefix("/abs/"),
        "title": title,
        "authors": authors[:_AUTHORS] + (["et al."] if len(authors) > _AUTHORS else []),
        "day": day(entry.findtext(f"{_ATOM}published")),
        "category": line(category.get("term"), 40) if category is not None else "",
        "abstract": " ".join(lines(entry.findtext(f"{_ATOM}summary"), abstract).split()),
        "url": f"https://arxiv.org{path}",
    }


def _told(rank: int, paper: Mapping[str, Any]) -> str:
    known = " · ".join(filter(None, (", ".join(paper["authors"]), paper["day"], paper["category"])))
    return "\n".join(filter(None, (f"{rank}. {paper['title']}", known, paper["url"], paper["abstract"])))
