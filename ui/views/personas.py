"""The personas page as HTML."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from ui.panels import Guest
from ui.render import Manner, avatar, plain, tint
from ui.views import parts


def personas_html(guests: Sequence[Guest], starters: Mapping[str, Sequence[str]], manner: Manner) -> Markup:
    """Everyone you can talk to; `starters` by persona id."""
    cards = []
    for guest in guests:
        listed = Markup("").join(Markup("<dd>{}</dd>").format(plain(line)) for line in starters.get(guest.face.id, ())[:3])
        cards.append(
            Markup(
                '<article class="sheet" {}><header>{}<div><strong>{}</strong><br><small>{}</small></div></header><p>{}</p>'
                "<dl><dt>{}</dt>{}</dl>"
                '<button type="button" class="main" data-do="persona" data-persona="{}">{}</button></article>'
            ).format(
                tint(guest.face.tint),
                avatar(guest.face),
                plain(guest.face.name),
                " · ".join(manner.say(ability) for ability in guest.abilities),
                guest.line,
                manner.say("starters"),
                listed,
                guest.face.id,
                manner.say("start_with", name=plain(guest.face.name)),
            )
        )
    return parts.page(
        manner.say("personas"), manner.say("personas_lead"), Markup('<div class="cards">{}</div>').format(Markup("").join(cards))
    )
