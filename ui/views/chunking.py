"""How the documents of a collection are cut: the choice, and the passages that it makes of a real document, as it is made."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from knowledge.chunking import METHODS, SIZES, Chunking
from knowledge.cutting import Preview
from ui.render import Manner, plain
from ui.views import parts

SHOWN = 30
"""Passages of a preview that are shown."""

_MOST_SHARED = 400  # tokens, on the slider; a command may ask for more


@dataclass(frozen=True, slots=True)
class Cuts:
    """How a collection is cut (`now`), what somebody is looking at, and at which document, "" for none.

    `documents` are those that can be looked at, (id, title); `otherwise` counts those that are cut in another way than `now`,
    `whole` all that can be. `reads` is how many tokens the embedder reads, 0 where that is not known.
    """

    now: Chunking
    wanted: Chunking
    documents: Sequence[tuple[str, str]]
    document: str = ""
    otherwise: int = 0
    whole: int = 0
    reads: int = 0
    preview: Preview | None = None


def cuts_html(cuts: Cuts, collection: str, manner: Manner, *, passing: bool = False) -> Markup:
    """A disclosure with the choice and its preview; with `passing` a preview that is shown stays."""
    now = manner.say("cut_now", how=manner.say(f"cut_{cuts.now.method}"), size=cuts.now.size)
    wanted = cuts.wanted
    fields = Markup("").join(
        (
            parts.field(
                manner.say("cut_method"),
                parts.choice("method", [(each, manner.say(f"cut_{each}")) for each in METHODS], wanted.method),
            ),
            parts.field(manner.say("cut_size"), parts.number("size", wanted.size, *SIZES, 4), hint=_reads(cuts, manner)),
            parts.field(
                manner.say("cut_overlap"),
                parts.number("overlap", wanted.overlap, 0, _MOST_SHARED, 4),
                hint=manner.say("cut_overlap_hint"),
            ),
            parts.field(manner.say("cut_document"), parts.choice("document", cuts.documents, cuts.document)),
        )
    )
    key = f"cut-{collection}-{cuts.now}-{cuts.documents[0][0] if cuts.documents else ''}"
    form = parts.form("cut-look", fields, autosave=True, key=key, id=f"cut-{collection}", collection=collection)
    shown = _looked(cuts, collection, manner)
    mark = Markup(" data-passing") if passing else Markup(" data-asked") if cuts.preview else parts.EMPTY
    return Markup(
        '<details class="about cuts" data-key="cuts-{0}"><summary>{1}</summary><div>{2}'
        '<div class="looked" data-key="cut-{0}"{3}>{4}</div></div></details>'
    ).format(collection, now, form, mark, shown)


def _looked(cuts: Cuts, collection: str, manner: Manner) -> Markup:
    """What the choice means, the buttons, and the passages."""
    hint = Markup('<p class="hint">{}</p>').format(manner.say(f"cut_{cuts.wanted.method}_hint"))
    look = (
        parts.button(manner.say("cut_look"), "cut-look", collection=collection, with_form="") if cuts.documents else parts.EMPTY
    )
    choose = cost = parts.EMPTY
    changed = cuts.wanted != cuts.now
    again = cuts.whole if changed else cuts.otherwise
    if changed or again:
        words = manner.say("cut_choose", n=f"{again:,}") if again else manner.say("cut_choose_none")
        choose = parts.button(words, "cut-choose", main=True, collection=collection, with_form="")
        cost = Markup('<p class="hint">{}</p>').format(manner.say("cut_cost")) if again else parts.EMPTY
    row = Markup('<div class="row">{}{}</div>').format(look, choose)
    return hint + row + cost + (_passages(cuts.preview, manner) if cuts.preview else parts.EMPTY)


def _reads(cuts: Cuts, manner: Manner) -> str:
    return manner.say("cut_reads", n=cuts.reads) if 0 < cuts.reads < SIZES[1] else ""


def _passages(preview: Preview, manner: Manner) -> Markup:
    number = len(preview.chunks)
    if not number:
        return Markup('<p class="empty">{}</p>').format(manner.say("cut_nothing"))
    said = manner.say(
        "cut_found" if preview.whole else "cut_found_begun", n=f"{number:,}", low=min(preview.tokens), high=max(preview.tokens)
    )
    rows = []
    reached = 0
    for chunk, tokens in zip(preview.chunks[:SHOWN], preview.tokens, strict=False):
        shared = max(0, min(reached, chunk.end) - chunk.start)
        reached = max(reached, chunk.end)
        twice = Markup("<mark>{}</mark>").format(plain(chunk.text[:shared])) if shared else parts.EMPTY
        heading = Markup("<b><bdi>{}</bdi></b> ").format(plain(chunk.heading)) if chunk.heading else parts.EMPTY
        rows.append(
            Markup('<li><small>{}<span>{}</span></small><p dir="auto">{}{}</p></li>').format(
                heading, manner.say("cut_tokens", n=tokens), twice, plain(chunk.text[shared:])
            )
        )
    more = parts.EMPTY
    if number > SHOWN:
        more = Markup('<p class="more">{}</p>').format(manner.say("cut_more", n=f"{number - SHOWN:,}"))
    return Markup('<p class="verdict" role="status">{}</p><ol class="cut-passages">{}</ol>{}').format(
        said, parts.EMPTY.join(rows), more
    )
