"""Asks a model the cases of an exam, several at a time, and adds up a result.

The model is the `ChatModel` that users get, asked greedily and with nothing between: what the agent adds (a persona, passages,
repairs) is left out, so that a figure is the model's own. Each reply is kept as it comes; see `kept.py`.
"""

import hashlib
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from assistant.models import builtin, catalogue, host
from assistant.models.base import CallChunk, Cancel, ChatModel, GenerationOptions, TextChunk, ThinkingChunk, UsageChunk
from assistant.models.remote import Reach
from common.errors import GenerationFailed, HearthError, PromptTooLong, SchemaRefused
from evaluation import kept
from evaluation.offlist import calls_in, react_call
from evaluation.task import Call, Case, Exam, Judged, Options, Reply, Result

Say = Callable[[Mapping[str, Any]], None]
"""Told how far a run is: an object with "done", "total", "seconds_left" (None while there is nothing to go by) and "metrics"."""

_SAY_S = 1.0  # how often progress is told at most


@runtime_checkable
class _Closable(Protocol):
    def close(self) -> None: ...


def load_model(name: str, home: Path, key: str | None = None) -> ChatModel:
    """The model of a name as the app loads it, downloading nothing; `key` is for an openai: one. Raises `ModelError`."""
    return host.load(name, home, True, lambda *_: None, lambda _: None, reach=lambda _: Reach(key))


def examine(
    exam: Exam, options: Options, out: Path, load: Callable[[], ChatModel], say: Say = lambda _: None, code: str = ""
) -> Result:
    """Ask all cases, or those that an earlier sitting with the same settings left, and add up.

    The replies go to `out` with the ending `.replies.jsonl`, in the order of the cases; until all are there, to `out` with
    `.partial` behind it. `load` is called when there is anything to ask, and what it gives is closed. `code` is the commit of
    the code, "" where it is not known: a sitting with other code is not gone on with. Raises `HearthError`.
    """
    cases = sample(exam.cases, options.limit, options.seed)
    if not cases:
        raise HearthError(
            f"There is nothing to ask in {str(options.data)!r}. Check --split and --limit.",
            f"{str(options.data)!r} 里没有可以提问的内容。请检查 --split 和 --limit。",
        )
    partial = kept.Kept(out.with_name(out.name + ".partial"), _fingerprint(exam, cases, options, code))
    try:
        judged = {case.id: _judged(exam, case, partial.replies[case.id]) for case in cases if case.id in partial.replies}
        waiting = [case for case in cases if case.id not in judged]
        if waiting:
            _ask_all(exam, waiting, len(cases), options, load, partial, judged, say)
        ordered = [judged[case.id] for case in cases]
        kept.write(replies_path(out), map(kept.to_dict, ordered))
    finally:
        partial.close()
    result = _result(exam, ordered, options, partial.spent)
    partial.remove()
    return result


def replies_path(out: Path) -> Path:
    """Where the replies of the result in `out` lie."""
    return out.with_suffix(".replies.jsonl")


def sample(cases: Sequence[Case], limit: int | None, seed: int) -> list[Case]:
    """At most `limit` cases of each group, chosen by the seed, in the order in which they came."""
    if limit is None:
        return list(cases)
    groups: dict[str, list[int]] = {}
    for place, case in enumerate(cases):
        groups.setdefault(case.group, []).append(place)
    chosen = (random.Random(f"{seed} {name}").sample(places, min(limit, len(places))) for name, places in groups.items())
    return [cases[place] for place in sorted(place for places in chosen for place in places)]


def ask(model: ChatModel, case: Case, options: Options, cancel: Cancel) -> Reply:
    """One reply; a prompt that is too long, or tools that are refused, are errors of this case alone.

    Raises `ModelError` for every other failure.

    A generation that breaks off is begun once more: one that stalls on a busy machine need not end a run of hours.
    """
    try:
        try:
            return _asked(model, case, options, cancel)
        except GenerationFailed:
            if cancel.is_set():
                raise
            return _asked(model, case, options, cancel)
    except (PromptTooLong, SchemaRefused) as error:
        return Reply(error=error.english, refused=isinstance(error, SchemaRefused))


def _asked(model: ChatModel, case: Case, options: Options, cancel: Cancel) -> Reply:
    text, thinking, calls, tokens, unread = "", "", list[Call](), 0, False
    started = time.perf_counter()
    wanted = GenerationOptions(max_tokens=options.max_tokens, temperature=0.0, tool_choice=case.choice)
    for chunk in model.stream(case.messages, case.tools, wanted, cancel):
        match chunk:
            case TextChunk(piece):
                text += piece
            case ThinkingChunk(piece, broken):
                thinking += piece
                meant = calls_in(piece, case.tools) if broken else []
                calls += meant
                unread = unread or (broken and not meant)
            case CallChunk(call):
                calls.append((call.name, call.arguments))
            case UsageChunk(usage):
                tokens += usage.completion_tokens
    if not calls:
        calls += react_call(text if text.strip() else thinking, case.tools)
    return Reply(text, tuple(calls), thinking, tokens, round(time.perf_counter() - started, 2), unread=unread)


def _ask_all(
    exam: Exam,
    waiting: Sequence[Case],
    total: int,
    options: Options,
    load: Callable[[], ChatModel],
    partial: kept.Kept,
    judged: dict[str, Judged],
    say: Say,
) -> None:
    """Ask `waiting` and put what comes into `partial` and `judged`."""
    say({"done": len(judged), "total": total, "seconds_left": None, "metrics": {}})
    model = load()
    cancel, started, earlier, told = threading.Event(), time.perf_counter(), partial.spent, 0.0
    try:
        with ThreadPoolExecutor(max(1, options.together)) as pool:
            try:
                asked = {pool.submit(ask, model, case, options, cancel): case for case in waiting}
                for count, future in enumerate(as_completed(asked), 1):
                    case = asked[future]
                    judged[case.id] = _judged(exam, case, future.result())
                    spent = time.perf_counter() - started
                    partial.add(judged[case.id], earlier + spent)
                    if spent - told >= _SAY_S or count == len(waiting):
                        told = spent
                        left = round(spent / count * (len(waiting) - count), 1)
                        figures = dict(exam.metrics(list(judged.values())))
                        say({"done": len(judged), "total": total, "seconds_left": left, "metrics": figures})
            except BaseException:
                # Whoever stops, or the first failure, stops the others too, and their half replies are not kept.
                cancel.set()
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    finally:
        if isinstance(model, _Closable):
            model.close()


def _judged(exam: Exam, case: Case, reply: Reply) -> Judged:
    return Judged(case, reply, exam.judge(case, reply))


def _result(exam: Exam, judged: Sequence[Judged], options: Options, seconds: float) -> Result:
    failures: dict[str, Counter[str]] = {}
    for one in judged:
        if one.mark.failure:
            failures.setdefault(one.case.group, Counter())[one.mark.failure] += 1
    floors = {
        name: dict(exam.metrics([_judged(exam, one.case, answer(one.case)) for one in judged]))
        for name, answer in exam.floors.items()
    }
    groups = Counter(one.case.group for one in judged)
    settings = {
        "data": options.data.resolve().name,
        "split": options.split,
        "kind": options.kind,
        "limit": options.limit,
        "seed": options.seed,
        "max_tokens": options.max_tokens,
        "together": options.together,
        "cases": dict(groups),
        **exam.settings,
    }
    return Result(
        task=exam.task,
        model=_public(options.model),
        n=len(judged),
        metrics=dict(exam.metrics(judged)),
        primary_metric=exam.primary_metric,
        greater_is_better=exam.greater_is_better,
        seconds=round(seconds, 1),
        settings=settings,
        floors=floors,
        failures={group: dict(kinds.most_common()) for group, kinds in failures.items()},
    )


def _public(name: str) -> str:
    """The model's name without the folders of this machine: a result is made to be shown."""
    kind, _, value = name.partition(":")
    return f"{kind}:{Path(value).name}" if kind in ("path", "gguf") else name


def _fingerprint(exam: Exam, cases: Sequence[Case], options: Options, code: str) -> str:
    """What replies depend on, as a hash: the model with its files' times, the bound of a reply, the code, and every case."""
    model = [options.model, options.max_tokens, sorted(_stamps(options.model)), *([code] if code else [])]
    digest = hashlib.sha256(json.dumps([exam.task, model, dict(exam.settings)], default=str).encode())
    for case in cases:
        messages = [message.to_dict() for message in case.messages]
        tools = [tool.to_dict() for tool in case.tools]
        digest.update(json.dumps([case.id, messages, tools, case.choice], default=str).encode())
    return digest.hexdigest()


def _stamps(name: str) -> Iterator[tuple[str, float]]:
    """The files that a model is loaded from and when each was changed, so that a model made anew is asked anew."""
    try:
        source = catalogue.resolve(name, offline=True)
    except HearthError:
        return  # loading says it better
    folder = source.path or Path(builtin.__file__).parent / "adapters"
    for file in [folder] if folder.is_file() else folder.rglob("*.safetensors"):
        yield file.name, file.stat().st_mtime
