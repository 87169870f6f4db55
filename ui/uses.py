"""Which personas use a tool or read a collection, and changing that from the page of the tool or the collection."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

from assistant.access import MAKER
from assistant.studio import Studio
from common.errors import DocumentMissing, EditConflict
from ui.render import Manner
from ui.views import parts
from ui.views.parts import EMPTY

Field = Literal["collections", "tools"]


@dataclass(frozen=True, slots=True)
class Use:
    """A persona, and whether it uses the thing that is asked about: as it is `named`, or as `every` tool is its."""

    persona: str
    title: str
    named: bool
    every: bool = False

    @property
    def on(self) -> bool:
        return self.named or self.every

    @property
    def fixed(self) -> bool:
        """There is nothing to turn: it is used whether or not it is named."""
        return self.every and not self.named


def uses(studio: Studio, field: Field, thing: str, language: str) -> list[Use]:
    """Every persona of the maker's."""
    found = (stored.document for stored in studio.personas.list(MAKER.owner))
    return [
        Use(each.id, each.title.get(language), thing in getattr(each, field), field == "tools" and each.all_tools)
        for each in found
    ]


def use(studio: Studio, persona: str, field: Field, thing: str, on: bool) -> None:
    """Write into a persona whether it uses a thing. Raises `DocumentMissing`, and `DocumentInvalid` where no more fit."""
    use_all(studio, persona, field, [thing], on)


def use_all(studio: Studio, persona: str, field: Field, things: Collection[str], on: bool) -> None:
    """As `use`, for several things in one version."""
    while True:
        stored = studio.personas.get(MAKER.owner, persona)
        before: tuple[str, ...] = getattr(stored.document, field)
        after = (*before, *(each for each in things if each not in before))
        if not on:
            after = tuple(each for each in before if each not in things)
        if after == before:
            return
        try:
            studio.personas.save(MAKER.owner, stored.document.model_copy(update={field: after}), stored.revision)
        except EditConflict:  # saved elsewhere meanwhile; the change is made to what is there now
            continue
        return


def withdraw(studio: Studio, field: Field, thing: str) -> list[str]:
    """Take a thing out of every persona that uses it, since it goes away; returns whose, for `give_back`."""
    using = [each.persona for each in uses(studio, field, thing, "en") if each.named]
    for persona in using:
        use(studio, persona, field, thing, False)
    return using


def give_back(studio: Studio, field: Field, thing: str, personas: Sequence[str]) -> None:
    """Put a thing that is back into the personas that used it, where they are still there."""
    for persona in personas:
        try:
            use(studio, persona, field, thing, True)
        except DocumentMissing:
            continue


def switches_html(found: Sequence[Use], action: str, thing: str, manner: Manner) -> Markup:
    """A switch a persona; turning one sends `action`."""
    listed = EMPTY.join(
        parts.switch(
            "uses",
            each.on,
            each.title,
            hint=manner.say("tools_every") if each.fixed else "",
            attributes=Markup('data-do="workshop" data-action="{}" data-of="{}" data-by="{}" data-key="{}"').format(
                action, thing, each.persona, each.persona
            )
            + (Markup(" disabled") if each.fixed else EMPTY),
        )
        for each in found
    )
    return Markup('<div class="uses">{}</div>').format(listed)
