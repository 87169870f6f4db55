"""Files on their way into a collection, as HTML: a line each, with how far it is or how it ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from knowledge.jobs import State
from knowledge.loading.document import LeftOut
from ui.render import Manner, plain
from ui.views import parts
from ui.views.filters import left_out_html


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file in the queue of a collection: `state` is that of its job, `fraction` in [0, 1] where it is known.

    `kept` says whether Hearth still has the file, so that it can be tried again without being sent again; `sent` whether it was a
    file by itself, which its owner can send again, and not one in an archive; `left_out` are the lines of it that could not be
    taken.
    """

    number: int
    name: str
    state: State
    sentence: str
    fraction: float | None = None
    kept: bool = False
    left_out: Sequence[LeftOut] = ()
    sent: bool = True


@dataclass(frozen=True, slots=True)
class Queue:
    """Files on their way into a collection: some of them, how many are in each state, and why nothing moves ("" if it does)."""

    arrivals: Sequence[Arrival] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    trouble: str = ""

    @property
    def files(self) -> int:
        """How many there are; an archive that was unpacked is its files."""
        return sum(self.counts.values()) - self.counts.get("unpacked", 0)

    @property
    def moving(self) -> int:
        """How many are not at their end."""
        return self.counts.get("waiting", 0) + self.counts.get("working", 0)

    @property
    def added(self) -> int:
        """How many are in the collection."""
        return self.counts.get("done", 0) + self.counts.get("unchanged", 0)


def queue_html(queue: Queue, collection: str, manner: Manner) -> Markup:
    """The files that are being added, a line each; while any is, the page looks again."""
    rows, total = sum(queue.counts.values()), queue.files
    if not rows:
        return parts.EMPTY
    ended = total - queue.moving
    told = [manner.say("knowledge_added_of", done=f"{queue.added:,}", n=f"{total:,}")]
    for state, key in (("failed", "knowledge_failed_n"), ("cancelled", "knowledge_cancelled_n")):
        told += [manner.say(key, n=f"{queue.counts[state]:,}")] if queue.counts.get(state) else []
    buttons = parts.EMPTY
    if queue.moving:
        buttons += parts.button(manner.say("knowledge_cancel_all"), "queue-cancel", quiet=True, collection=collection)
    if any(arrival.kept for arrival in queue.arrivals if arrival.state in ("failed", "cancelled")):
        buttons += parts.button(manner.say("knowledge_retry_all"), "queue-retry", quiet=True, collection=collection)
    if rows > queue.moving:
        buttons += parts.button(manner.say("knowledge_dismiss_all"), "queue-dismiss", quiet=True, collection=collection)
    summary = Markup('<div class="queue-head">{}<div class="row">{}</div></div>').format(
        parts.bar(ended / max(total, 1), " · ".join(told)), buttons
    )
    trouble = parts.note(queue.trouble, "bad") if queue.trouble else parts.EMPTY
    lines = parts.EMPTY.join(_arrival(arrival, collection, manner) for arrival in queue.arrivals)
    more = rows - len(queue.arrivals)
    left = Markup('<p class="more">{}</p>').format(manner.say("knowledge_queue_more", n=f"{more:,}")) if more else parts.EMPTY
    return Markup(
        '<div class="arrivals" data-key="queue" data-queued{}>{}{}<ul class="outcomes" role="status">{}</ul>{}</div>'
    ).format(Markup(" data-poll") if queue.moving else parts.EMPTY, summary, trouble, lines, left)


def _arrival(arrival: Arrival, collection: str, manner: Manner) -> Markup:
    """A sentence that begins with the name goes on from the one the line shows."""
    bar = retry = parts.EMPTY
    number = str(arrival.number)
    if arrival.fraction is not None:
        bar = Markup('<progress max="100" value="{}" aria-label="{}"></progress>').format(
            round(100 * arrival.fraction), arrival.sentence
        )
    if arrival.kept and arrival.state in ("failed", "cancelled"):
        retry = parts.button(manner.say("knowledge_retry"), "queue-retry", collection=collection, job=number)
    elif arrival.state == "failed" and arrival.sent:
        retry = Markup('<button type="button" data-do="retry-file" data-name="{}">{}</button>').format(
            arrival.name, manner.say("knowledge_retry")
        )
    moving = arrival.state in ("waiting", "working")
    words, action = ("knowledge_cancel", "queue-cancel") if moving else ("knowledge_dismiss", "queue-dismiss")
    end = parts.button(manner.say(words), action, icon="close", collection=collection, job=number)
    return Markup('<li class="{}" data-key="job-{}"><bdi>{}</bdi> <span>{}</span>{}{}{}{}</li>').format(
        arrival.state,
        number,
        plain(arrival.name),
        arrival.sentence.removeprefix(f"{arrival.name!r} "),
        bar,
        retry,
        end,
        left_out_html(arrival.left_out, manner),
    )
