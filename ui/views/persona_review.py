"""What stands beside a persona's form as HTML: its versions with what each changed, and its check-up.

Both are read, not typed in; their buttons belong to the editor.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from personas.changes import Change
from personas.checkup import Finding
from ui.render import Manner, plain
from ui.views import parts
from ui.views.parts import EMPTY

_MENDED_ON_A_PAGE = ("knowledge", "models", "settings")


@dataclass(frozen=True, slots=True)
class Version:
    """A version that is kept: `when` in words, `differs` from the one before it (None for the oldest)."""

    revision: int
    when: str
    differs: Sequence[Change] | None
    current: bool = False


def versions_html(versions: Sequence[Version], manner: Manner) -> Markup:
    """What is kept, newest first."""
    if not versions:
        return parts.empty(manner.say("personas_no_versions"))
    listed = EMPTY.join(_version(version, manner) for version in versions)
    return Markup('<p class="lead">{}</p><ol class="versions">{}</ol>').format(manner.say("personas_versions_lead"), listed)


def _version(version: Version, manner: Manner) -> Markup:
    back = parts.badge(manner.say("personas_current"), "good")
    if not version.current:
        back = parts.button(manner.say("personas_go_back"), "restore", version=str(version.revision), with_form="")
    if version.differs is None:
        body = Markup('<p class="note">{}</p>').format(manner.say("personas_first_version"))
    elif not version.differs:
        body = Markup('<p class="note">{}</p>').format(manner.say("personas_same"))
    else:
        names = ("、" if manner.language == "zh" else ", ").join(
            dict.fromkeys(_named_field(c.field, manner) for c in version.differs)
        )
        body = Markup("<details><summary>{}</summary>{}</details>").format(
            names, EMPTY.join(_change(change, manner) for change in version.differs)
        )
    return Markup('<li data-key="version-{}"><div class="row"><strong>{}</strong>{}</div>{}</li>').format(
        version.revision, version.when, back, body
    )


def _change(change: Change, manner: Manner) -> Markup:
    empty = "\u00a0" if len(change.lines) > 2 else manner.say("personas_nothing")
    lines = EMPTY.join(Markup("<{0}>{1}</{0}>").format(_TAGS[mark], plain(line) or empty) for mark, line in change.lines)
    group, _, part = change.field.rpartition(".")
    where = f" · {manner.say(f'in_{part}')}" if part in ("en", "zh") and group != "voice" else ""
    written = Markup(' lang="{}"').format(part) if where else Markup(' translate="no"') if lines else EMPTY  # people's own words
    return Markup('<h4>{}{}</h4><div class="diff"{}>{}</div>').format(
        _named_field(change.field, manner), where, written, lines or manner.say("personas_picture_differs")
    )


_TAGS: Mapping[str, Markup] = {"-": Markup("del"), "+": Markup("ins"), " ": Markup("div")}


def _named_field(name: str, manner: Manner) -> str:
    group, _, _part = name.partition(".")
    return manner.say(f"personas_field_{name if group in ('voice', 'generation') else group}")


def findings_html(findings: Sequence[Finding], manner: Manner) -> Markup:
    """The check-up, each finding with the way to what it is about."""
    if not findings:
        return Markup('<div class="all-there"><p><strong>{}</strong></p><p>{}</p></div>').format(
            manner.say("personas_all_there"), manner.say("personas_all_there_more")
        )
    return Markup('<ul class="findings">{}</ul>').format(EMPTY.join(_finding(finding, manner) for finding in findings))


def _finding(finding: Finding, manner: Manner) -> Markup:
    if finding.place in _MENDED_ON_A_PAGE:
        mend = Markup('<a href="?at={0}" data-do="page" data-page="{0}">{1}</a>').format(
            finding.place, manner.say(f"personas_mend_{finding.place}")
        )
    else:
        mend = Markup('<button type="button" data-do="mend" data-section="{}" data-field="{}">{}</button>').format(
            finding.place, finding.field, manner.say("personas_mend")
        )
    badge = parts.badge(manner.say(f"personas_{finding.severity}"), "" if finding.severity == "hint" else "bad")
    sentence = finding.sentence[1 if manner.language == "zh" else 0]
    return Markup('<li class="{}">{}<p>{}</p>{}</li>').format(finding.severity, badge, plain(sentence), mend)
