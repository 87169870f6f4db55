"""Trying a tool in the page: its form read, the request shown as it is sent, the call made, and what it gave.

Pictures and sounds that are tried with lie in memory alone, with the page that they were given on, and go when another tool is
opened or the page is left. A call that may change things or cost money is made only with the arguments that were agreed to.
"""

import json
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from assistant.access import MAKER
from assistant.keeping import keep_all
from assistant.mediacheck import MEGABYTES, plain_name, too_large, type_of
from assistant.studio import Studio
from common.errors import HearthError, ToolError
from tools.base import Media, Tool, ToolContext
from tools.documents import numbered
from tools.http import HttpTool
from tools.permissions import digest
from tools.requests import HttpRequest
from tools.runner import run
from tools.validation import check
from ui.argument_form import Asked, asked, read, typed
from ui.ask import Ask
from ui.media import InMemory, Shown, media_html
from ui.render import Manner
from ui.uploads import Upload, content
from ui.views import tools as views

_PAGES = 100  # whose trials are remembered, the latest ones
_BYTES = 100_000_000  # of what all of them hold


@dataclass(frozen=True, slots=True)
class _Given:
    """A picture or a sound to try with, and how the page shows it."""

    medium: Media
    shown: Shown


@dataclass(frozen=True, slots=True)
class _Bench:
    """What lies ready on one page: the tool it is for, what was typed at the last try, and by argument what was given."""

    tool: str
    typed: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, _Given] = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        media = sum(len(each.medium.data) + len(each.shown.address) for each in self.given.values())
        return media + sum(map(len, self.typed.values()))


class ToolTrials:
    """The trials of every page that is open."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._benches: OrderedDict[str, _Bench] = OrderedDict()
        self._lock = threading.RLock()

    def form(self, ask: Ask, tool: Tool) -> views.Trial:
        """The form with what lies ready."""
        return _trial(asked(tool.spec.parameters), self._bench(ask, tool))

    def tried(self, ask: Ask, tool: Tool, title: str, manner: Manner) -> Iterator[views.Trial]:
        """Run a tool with what the form holds, or with the arguments that were just agreed to."""
        schema, bench = tool.spec.parameters, self._bench(ask, tool)
        form = asked(schema)
        if ask.word("action") == "run":
            arguments, trial = _agreed(ask.word("arguments")), _trial(form, bench)
        else:
            with self._lock:
                bench = replace(self._bench(ask, tool), typed=typed(form, ask.fields()))
                self._lay(ask, bench)
            given = {name: each.medium.name for name, each in bench.given.items()}
            arguments, wrong = read(schema, form, {**bench.typed, **given})
            said = {name: sentences[ask.language == "zh"] for name, sentences in wrong.items()}
            trial = replace(_trial(form, bench), problems=said)
            if wrong:
                yield trial
                return
        request = self._request(tool, arguments)
        # What was agreed to is a call of the tool that was shown; one that was changed meanwhile is shown anew.
        agreed = ask.word("action") == "run" and ask.word("tool") == digest(tool)
        if tool.risk != "reads" and not agreed:
            yield replace(trial, outcome=views.sure_html(tool.id, tool.risk, digest(tool), arguments, request, manner))
            return
        sent = views.request_html(tool.spec.name, arguments, request, manner)
        yield replace(trial, outcome=sent + views.running_html(title, manner))
        context = ToolContext(MAKER.owner, ask.language, datetime.now(UTC).astimezone(), media=self._finder(bench))
        started = time.monotonic()
        output = run(tool, arguments, context)
        seconds, memory = time.monotonic() - started, InMemory()
        notes = keep_all(output.media, memory, context)[1]
        media = media_html(memory.shown, ask.language)
        result = views.result_html("\n".join([output.text, *notes]), output.failed, seconds, manner, media)
        yield replace(trial, outcome=sent + result)

    def give(self, ask: Ask, tool: Tool, sent: Sequence[Upload]) -> views.Trial:
        """Take the file that was sent for an argument; what is wrong with it stands at its field. Raises `HearthError`."""
        bench, name = self._bench(ask, tool), ask.word("argument")
        form = asked(tool.spec.parameters)
        if not any(each.name == name and each.of == "media" for each in form):
            raise HearthError(
                f"This tool takes no picture or sound {name!r}. Reload the page and look at its form again.",
                f"这个工具没有图片或声音参数 {name!r}。请刷新页面再看看。",
            )
        try:
            given = _given(sent)
        except HearthError as error:
            return replace(_trial(form, bench), problems={name: error.sentence(ask.language)})
        with self._lock:
            bench = self._bench(ask, tool)
            others = {other: each for other, each in bench.given.items() if other != name}
            taken = {each.medium.name for each in others.values()}
            free = next(each for each in numbered(given.medium.name, " ") if each not in taken)  # a call asks for it by that
            given = _Given(replace(given.medium, name=free), replace(given.shown, name=free))
            bench = replace(bench, given={**others, name: given})
            self._lay(ask, bench)
        return _trial(form, bench)

    def take_away(self, ask: Ask, tool: Tool) -> None:
        """Let go of what was given for an argument."""
        with self._lock:
            bench, away = self._bench(ask, tool), ask.word("argument")
            self._lay(ask, replace(bench, given={name: each for name, each in bench.given.items() if name != away}))

    def leave(self, session: str, tool: str = "") -> None:
        """Let go of what a page holds, unless it is for this tool."""
        with self._lock:
            if (bench := self._benches.get(session)) is not None and bench.tool != tool:
                del self._benches[session]

    def _bench(self, ask: Ask, tool: Tool) -> _Bench:
        with self._lock:
            bench = self._benches.get(ask.session)
        return bench if bench is not None and bench.tool == tool.id else _Bench(tool.id)

    def _lay(self, ask: Ask, bench: _Bench) -> None:
        with self._lock:
            self._benches[ask.session] = bench
            self._benches.move_to_end(ask.session)
            while len(self._benches) > _PAGES or sum(each.bytes for each in self._benches.values()) > _BYTES:
                self._benches.popitem(last=False)

    def _finder(self, bench: _Bench) -> Callable[[str], Media | None]:
        """Finds a picture or a sound by its name: what lies ready, else in the maker's conversations."""
        ready = {each.medium.name: each.medium for each in bench.given.values()}
        return lambda words: ready.get(words) or self._studio.attachments.media.named(MAKER.owner, words)

    def _request(self, tool: Tool, arguments: Mapping[str, Any]) -> HttpRequest | None:
        """What a call sends, None where that is no HTTP request or cannot be made: then the call itself says why."""
        if not isinstance(tool, HttpTool):
            return None
        there = {secret.name for secret in self._studio.toolbox.access(tool.id).secrets if secret.is_there}
        try:
            return tool.request(check(tool.spec.name, tool.spec.parameters, arguments), there)
        except ToolError:
            return None


def _trial(form: Sequence[Asked], bench: _Bench) -> views.Trial:
    return views.Trial(form, bench.typed, given={name: each.shown for name, each in bench.given.items()})


def _given(sent: Sequence[Upload]) -> _Given:
    """The picture or the sound that was sent. Raises `HearthError` for what is none."""
    if sent and sent[0].megabytes > MEGABYTES:
        raise too_large(sent[0].name)
    data = content(sent, MEGABYTES * 1_000_000 + 1)  # one byte more than is taken
    medium, memory = Media(data, type_of(data) or "", plain_name(sent[0].name)), InMemory()
    memory.keep(medium)
    return _Given(medium, memory.shown[0])


def _agreed(words: str) -> Mapping[str, Any]:
    """The arguments of a call that was agreed to, as the page showed them; the runner checks them again."""
    try:
        found = json.loads(words)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
