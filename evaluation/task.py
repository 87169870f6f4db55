"""What every task is made of: options from the command line, cases to ask, marks for the replies, and a result.

A task is a function from `Options` to an `Exam`, which the runner asks of a model, or, where no model is asked, straight to a
`Result`. These are values and nothing else: how replies come about is in `runner.py`.
"""

import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from assistant.messages import Message
from tools.base import ToolSpec

ROOT = Path(__file__).resolve().parent.parent

TOO_LONG = "prompt too long"
"""The kind of failure of a case that does not fit the model's context."""

REFUSED = "tools refused"
"""The kind of failure of a case with a tool that the grammar of calls cannot hold."""

Call = tuple[str, Mapping[str, Any]]
"""The name of a tool and its arguments."""


@dataclass(frozen=True, slots=True)
class Options:
    """`data` is the folder of the data set; `limit` takes that many samples at random by `seed`, None takes all.

    Where the cases of a task come in groups, `limit` counts for each group. `split` names the part, or parts, of the data set
    ("" all of them), `kind` the variant of the task ("" its usual one). `home` is the app's data folder, where the unpacked
    built-in model is kept; `together` is how many cases are asked at one time, `max_tokens` bounds each reply; `reranker` reads
    what was found again ("" for none).
    """

    data: Path
    model: str = "builtin"
    embedder: str = "builtin"
    limit: int | None = None
    seed: int = 0
    home: Path = Path("data")
    split: str = ""
    kind: str = ""
    together: int = 8
    max_tokens: int = 512
    reranker: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """One thing to ask: `id` is its own within the task, `group` the part of the data set whose figures are kept apart.

    `gold` is whatever the task judges by; the model never sees it. `choice` is the tool choice of `GenerationOptions`.
    """

    id: str
    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...] = ()
    gold: Any = None
    group: str = ""
    choice: str = "auto"


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model wrote: text, calls, and thoughts; `unread` says that among these is a call that could not be read.

    `calls` are all that can be read, of tools that are not on offer too. `error` is the sentence of a failure that belongs to
    this case alone, "" for none: the tools were `refused`, or the prompt was too long.
    """

    text: str = ""
    calls: tuple[Call, ...] = ()
    thinking: str = ""
    tokens: int = 0
    seconds: float = 0.0
    error: str = ""
    unread: bool = False
    refused: bool = False

    @property
    def unreadable(self) -> bool:
        """Whether it meant to call a tool, and nothing that it wrote could be read as a call."""
        return self.unread and not self.calls

    @property
    def missing(self) -> str:
        """The kind of failure where no reply came, "" where one did."""
        return "" if not self.error else REFUSED if self.refused else TOO_LONG


@dataclass(frozen=True, slots=True)
class Mark:
    """How a reply was judged: `failure` is the kind of failure ("" where it is right), `figures` what the metrics add up."""

    right: bool
    failure: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judged:
    """A case, what was replied, and the mark."""

    case: Case
    reply: Reply
    mark: Mark


@dataclass(frozen=True, slots=True)
class Exam:
    """What a task makes of a data set.

    `judge` marks one reply and is cheap: it is asked again for replies that were kept. `metrics` are percentages over the
    judged replies of one run, which may still be few while it goes on: a figure with nothing to go by is left out. `floors` are
    answers that need no model, such as `never_call`; their figures are shown beside the model's. `settings` says what else the
    figures depend on.
    """

    task: str
    cases: Sequence[Case]
    judge: Callable[[Case, Reply], Mark]
    metrics: Callable[[Sequence[Judged]], Mapping[str, float]]
    primary_metric: str
    floors: Mapping[str, Callable[[Case], Reply]] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    greater_is_better: bool = True


@dataclass(frozen=True, slots=True)
class Result:
    """The figures of one run; `model` is whatever was measured, `n` the number of samples.

    `floors` are metrics of answers that need no model; `failures` counts the replies that were not right, by group and kind.
    """

    task: str
    model: str
    n: int
    metrics: Mapping[str, float]
    primary_metric: str
    greater_is_better: bool
    seconds: float
    settings: Mapping[str, Any] = field(default_factory=dict)
    floors: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    failures: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def to_dict(self, commit: str) -> dict[str, Any]:
        """The form of a result file; `commit` is that of the code that measured, taken when it began."""
        return asdict(self) | {"commit": commit}


class Task(Protocol):
    """A function that says what to ask, or that measures by itself; it raises `HearthError` for data that it cannot use."""

    def __call__(self, options: Options) -> Exam | Result: ...


def never_call(_: Case) -> Reply:
    """The floor of a model that only talks."""
    return Reply(text="I am sorry, I cannot help with that.")


def empty_call(case: Case) -> Reply:
    """The floor of a model that calls the first tool on offer, without arguments."""
    return Reply(calls=tuple((tool.name, {}) for tool in case.tools[:1]))


def right_tool(names: Callable[[Case], Iterable[str]]) -> Callable[[Case], Reply]:
    """The floor of a model that knows which tools are right and no argument; it talks where `names` gives no call of the case."""

    def answer(case: Case) -> Reply:
        calls: tuple[Call, ...] = tuple((name, {}) for name in names(case))
        return Reply(calls=calls) if calls else never_call(case)

    return answer


def commit() -> str:
    """The commit of this source tree, with "+" where files differ from it; "" outside of a repository."""
    try:
        head = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True)
        status = ["git", "status", "--porcelain", "--untracked-files=no"]
        changed = subprocess.run(status, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return head.stdout.strip() + ("+" if changed.stdout.strip() else "")
