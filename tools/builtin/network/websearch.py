"""Web search through a SearXNG of the maker's own, whose address is asked for anew at every call.

Until there is an address nothing can be searched, and the tool says so. The address may be one of this machine or its network:
the maker who entered it granted that very place, and no other.
"""

from collections.abc import Callable, Mapping
from typing import Any

from common.egress import Egress
from common.errors import ToolFailed
from common.problems import Sentences
from tools.base import ToolContext, ToolOutput, ToolSpec
from tools.builtin.network.reading import day, line, link, listed, objects, part
from tools.builtin.network.service import NetworkTool, Service, unexpected

_FOUND = 6
_ADDRESSLESS: Sentences = (
    "Web search needs the address of a SearXNG: enter it in the settings, under Web search.",
    "网页搜索需要一个 SearXNG 的地址：请在“设置”的“网页搜索”里填写。",
)

_NO_JSON: Sentences = (
    "The SearXNG does not give out JSON. Add json to search.formats in its settings.yml.",
    "这个 SearXNG 没有开放 JSON。请在它的 settings.yml 里把 json 加进 search.formats。",
)


class WebSearch(NetworkTool):
    """Searches the web."""

    id = "web-search"
    titles: Mapping[str, str] = {"en": "Web search", "zh": "网页搜索"}
    about: Mapping[str, str] = {
        "en": "Searches the web through a SearXNG of your own, whose address you enter in the settings.",
        "zh": "通过你自己的 SearXNG 搜索网页，地址在“设置”里填写。",
    }
    spec = ToolSpec(
        "web_search",
        "Search the web: titles, addresses and a few lines of the best pages. Read a page with web_reader. "
        "搜索网页，给出标题、网址和摘要。",
        {
            "type": "object",
            "properties": {
                "query": {
                    "type": "string",
                    "description": "What to search for, as a few words. 搜索词。",
                    "minLength": 1,
                    "maxLength": 300,
                },
                "since": {
                    "type": "string",
                    "enum": ["day", "week", "month", "year"],
                    "description": "Only what is no older. 只要最近的。",
                },
            },
            "required": ["query"],
            "additionalProperties": False,
        },
    )

    def __init__(self, egress: Egress, *, address: Callable[[], str], offline: bool = False) -> None:
        """`address` gives that of the SearXNG, "" while there is none."""
        super().__init__(egress, offline=offline)
        self._address = address

    def unavailable(self) -> Sentences | None:
        return super().unavailable() or (None if self._address() else _ADDRESSLESS)

    def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        """Raises `ToolFailed` where nothing is found or answered."""
        service, query = Service(self._address(), own=True), arguments["query"].strip()
        asked: list[tuple[str, str | int]] = [("q", query), ("format", "json"), ("safesearch", 1)]
        if since := arguments.get("since"):
            asked.append(("time_range", since))
        told = self.ask(service, "/search", asked, refusals={403: _NO_JSON})
        if part(told, "results") is None:
            raise unexpected(service)
        results = [result for each in objects(part(told, "results")) if (result := _result(each))][:_FOUND]
        answers = _answers(told)
        if not results and not answers:
            silent = [name for each in listed(part(told, "unresponsive_engines"))[:5] if (name := line(part(each, 0), 40))]
            engines = (
                (f" No answer came from: {', '.join(silent)}.", f"没有回应的搜索引擎：{'、'.join(silent)}。")
                if silent
                else ("", "")
            )
            raise ToolFailed(
                f"Nothing was found for {query!r}. Use other words.{engines[0]}",
                f"没有搜到与 {query!r} 有关的内容。请换个说法。{engines[1]}",
            )
        text = [*answers, *(_told(rank, result) for rank, result in enumerate(results, 1))]
        return ToolOutput("\n".join(text), {"query": query, "answers": answers, "results": results})


def _answers(told: Any) -> list[str]:
    """What engines answer at once: a text, or in newer versions an object that holds one."""
    texts = [line(each, 300) or line(part(each, "answer"), 300) for each in listed(part(told, "answers"))]
    boxes = [line(part(box, "content"), 400) for box in objects(part(told, "infoboxes"))]
    return [text for text in texts + boxes if text][:2]


def _result(found: Mapping[str, Any]) -> dict[str, str] | None:
    url = link(part(found, "url"))
    if not url:
        return None
    title = line(part(found, "title"), 200) or url
    return {"title": title, "url": url, "text": line(part(found, "content"), 300), "day": day(part(found, "publishedDate"))}


def _told(rank: int, result: Mapping[str, str]) -> str:
    head = " · ".join(filter(None, (result["title"], result["day"])))
    return "\n   ".join(filter(None, (f"{rank}. {head}", result["url"], result["text"])))
