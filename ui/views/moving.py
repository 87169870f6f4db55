"""A document's own settings, and a collection as a file, as HTML: its title, where it lies, the way out and the way in."""

from collections.abc import Sequence

from markupsafe import Markup

from knowledge.parcel import SUFFIX
from knowledge.types import DocumentRecord
from ui.render import Manner
from ui.views import parts


def settings_html(
    collection: str, document: DocumentRecord, title: str, others: Sequence[parts.Option], manner: Manner
) -> Markup:
    """The settings of a document; `others` are the collections that it can be moved to, (id, title)."""
    name = Markup('<div class="row">{}{}</div>').format(
        parts.line("title", title, label=manner.say("document_title"), limit=200),
        parts.submit(manner.say("document_retitle"), main=False),
    )
    body = parts.fields(
        manner.say("document_title"),
        parts.form("retitle", name, key=f"retitle-{document.id}-{title}", collection=collection, document=document.id),
        hint=manner.say("document_title_hint"),
    )
    if others:
        where = Markup('<div class="row">{}{}</div>').format(
            parts.choice("to", others, others[0][0], label=manner.say("document_move_to")),
            parts.submit(manner.say("document_move"), main=False),
        )
        listed = " ".join(key for key, _ in others)
        body += parts.fields(
            manner.say("document_move_to"),
            parts.form(
                "move", where, key=f"move-{document.id}-{collection}-{listed}", collection=collection, document=document.id
            ),
            hint=manner.say("document_move_hint"),
        )
    return Markup('<details class="about" data-key="moving-{}"><summary>{}</summary><div>{}</div></details>').format(
        document.id, manner.say("document_about"), body
    )


def export_html(collection: str, manner: Manner) -> Markup:
    """The button that sends a collection as a file."""
    return parts.fields(
        manner.say("collection_export"),
        Markup("<div>{}</div>").format(parts.button(manner.say("collection_export_do"), "export", collection=collection)),
        hint=manner.say("collection_export_hint"),
    )


def load_html(manner: Manner) -> Markup:
    """The button, beside where collections are made, that takes such a file."""
    return Markup(
        '<button type="button" class="quiet load" data-do="choose-files" data-place="collection-file" '
        'data-accept="{}">{}</button>'
    ).format(f"{SUFFIX},.zip,application/zip", manner.say("collection_load"))
