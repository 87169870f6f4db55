"""Running tools: arguments checked, a deadline kept, the output capped, and every failure an output.

A call runs in a thread of its own. What this does not do: a tool past its deadline is told to stop (its context's `cancel` is
set) and left behind, for a thread cannot be ended from outside; one that ignores that keeps its memory until it returns.
"""

import logging
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from typing import Any

from common.errors import HearthError
from tools.base import Media, Tool, ToolContext, ToolOutput
from tools.validation import check

OUTPUT_LIMIT = 8000
"""Characters of a tool's text that reach the model."""

_TOGETHER = 8
_LOOK_S = 0.05  # how often a waiting call looks whether the turn was stopped


def run(tool: Tool, arguments: Mapping[str, Any], context: ToolContext, output_limit: int = OUTPUT_LIMIT) -> ToolOutput:
    """Call a tool and return what it gave, at most `output_limit` characters of text and a note on what was cut.

    Never raises for what a tool does: wrong arguments, an error, a passed deadline and a stop are outputs with `failed`, whose
    text is a sentence in the context's language. A bug in the tool goes to the log with its traceback.
    """
    name = tool.spec.name
    if context.cancel.is_set():
        return _stopped(name, context)
    if why := tool.unavailable():
        return _failed(context, *why)
    own = replace(context, cancel=threading.Event())
    attempt = _Attempt(tool, arguments, own)
    threading.Thread(target=attempt.run, name=f"tool-{tool.id}", daemon=True).start()
    deadline = time.monotonic() + tool.time_limit_s
    while not attempt.done.wait(min(_LOOK_S, max(0.0, deadline - time.monotonic()))):
        if context.cancel.is_set():
            own.cancel.set()
            return _stopped(name, context)
        if time.monotonic() >= deadline:
            own.cancel.set()
            return _failed(
                context,
                f"{name} did not finish within {tool.time_limit_s:g} seconds and was stopped.",
                f"{name} 在 {tool.time_limit_s:g} 秒内没有完成，已停止。",
            )
    if isinstance(attempt.error, HearthError):
        return ToolOutput(attempt.error.sentence(context.language), failed=True)
    if attempt.output is None:
        logging.getLogger(__name__).error("the tool %r failed", tool.id, exc_info=attempt.error)
        return _failed(
            context,
            f"{name} failed because of an error inside the tool. Do without it.",
            f"{name} 因内部错误而失败，请不要再依赖它。",
        )
    return _capped(attempt.output, context, output_limit)


def run_all(
    calls: Sequence[tuple[str, Tool, Mapping[str, Any]]], context: ToolContext, output_limit: int = OUTPUT_LIMIT
) -> Iterator[tuple[str, ToolOutput, float]]:
    """Run calls (id, tool, arguments) together, at most 8 at a time; yields (id, output, seconds) as each ends."""

    def timed(id: str, tool: Tool, arguments: Mapping[str, Any]) -> tuple[str, ToolOutput, float]:
        started = time.monotonic()
        output = run(tool, arguments, context, output_limit)
        return id, output, time.monotonic() - started

    if not calls:
        return
    pool = ThreadPoolExecutor(min(_TOGETHER, len(calls)), thread_name_prefix="tools")
    try:
        for future in as_completed([pool.submit(timed, *call) for call in calls]):
            yield future.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


class _Attempt:
    """One call on its way: `done` is set when `output` or `error` is there."""

    def __init__(self, tool: Tool, arguments: Mapping[str, Any], context: ToolContext) -> None:
        self._tool, self._arguments, self._context = tool, arguments, context
        self.done = threading.Event()
        self.output: ToolOutput | None = None
        self.error: BaseException | None = None

    def run(self) -> None:
        spec = self._tool.spec
        try:
            output = self._tool.call(check(spec.name, spec.parameters, self._arguments), self._context)
            if not isinstance(output, ToolOutput) or not isinstance(output.text, str):
                raise TypeError(f"{self._tool.id} returned {output!r:.200}, which is not a ToolOutput with a text")
            if not all(_is_media(each) for each in output.media):
                raise TypeError(f"{self._tool.id} returned {output.media!r:.200}, which are not pictures and sounds as Media")
            self.output = output
        except BaseException as error:  # noqa: BLE001 a tool may raise anything, and the waiting thread must hear of it
            self.error = error
        finally:
            self.done.set()


def _is_media(given: Any) -> bool:
    return (
        isinstance(given, Media) and isinstance(given.data, bytes) and isinstance(given.type, str) and isinstance(given.name, str)
    )


def _stopped(name: str, context: ToolContext) -> ToolOutput:
    return _failed(context, f"{name} was stopped.", f"{name} 已停止。")


def _failed(context: ToolContext, english: str, chinese: str) -> ToolOutput:
    return ToolOutput(context.say(english, chinese), failed=True)


def _capped(output: ToolOutput, context: ToolContext, limit: int) -> ToolOutput:
    # Half a surrogate pair can neither be stored nor shown.
    text = output.text.encode("utf-8", "replace").decode("utf-8")
    if len(text) > limit:
        note = context.say(
            f"[Cut: the first {limit:,} of {len(text):,} characters.]",
            f"[已截断：共 {len(text):,} 个字符，只显示前 {limit:,} 个。]",
        )
        text = f"{text[:limit]}\n{note}"
    return replace(output, text=text)
