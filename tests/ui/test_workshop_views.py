"""The knowledge and tools pages as HTML: whatever the words are, they stay words."""

import re
from typing import get_args

import pytest
from markupsafe import Markup

from knowledge.explaining import Explanation, Fate, Reason, Standing
from knowledge.loading.document import LeftOut
from knowledge.types import DocumentRecord, Hit, Passage
from tools.access import Access, KeyOffer, SecretNeeded
from tools.requests import HttpRequest
from ui import highlight
from ui.argument_form import asked
from ui.media import Shown
from ui.render import Manner
from ui.tool_form import Secret, ToolForm
from ui.uses import Use
from ui.views import filters, found, knowledge, parts, queue, reading, tool_editor, tool_import, tools

EN, ZH = Manner("en"), Manner("zh")
PASSAGE = Passage(7, "c", "d", "Handbook", "Two words.", "Leave > Annual", 3, 5, 15)
DOCUMENT = DocumentRecord("d", "h.pdf", "Handbook", 1, 22, 0.0, 2_300_000)


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def without_ids(html: str) -> str:
    """Tabs are tied to their bodies by ids that the page makes itself."""
    return (
        re.sub(r' (id|aria-controls|aria-labelledby)="tool-(tab-)?(try|edit|access|versions|users|model)"', "", html)
        .replace("<i data-here", "<b data-here")
        .replace("</i>", "</b>")
    )


def hostile_editor(hostile, manner):
    """The parts of a tool's editor with these words wherever words can be."""
    names = ("name", "title.en", "title.zh", "description.en", "description.zh", "risk", "schema", "method", "url", "body_type")
    more = ("result_path", "headers", "query", "media_types", "body", "task", "model")
    values = dict.fromkeys((*names, *more), hostile)
    secret = Secret("0", dict.fromkeys(("name", "place", "field", "prefix"), hostile))
    form = ToolForm(values, {hostile: "path"}, (secret,))
    problems = dict.fromkeys((*values, "secret.0.name"), hostile)
    edited = [tool_editor.Edited(hostile, kind, form, hostile, 3, hostile, problems) for kind in ("http", "model")]
    access = Access([SecretNeeded(hostile, hostile, True, there) for there in (True, False)], hostile, True, True)
    versions = [tool_editor.Version(n, hostile, n == 1) for n in (1, 2)]
    return {
        "edit": tool_editor.edit_html(edited[0], manner) + tool_editor.edit_html(edited[1], manner),
        "access": tool_editor.access_html(access, hostile, manner),
        "versions": tool_editor.versions_html(versions, hostile, manner),
    }


def test_a_search_shows_the_score_of_each_leg_and_where_a_persona_is_cut_off():
    shelf = knowledge.Shelf("a", "Handbook", 1, 12, 2_300_000, ("Librarian",))
    papers = knowledge.Papers([knowledge.Paper("d", "Handbook", "h.pdf", 12, 2_300_000)])
    hits = [Hit(PASSAGE, 0.82, 0.7, None, read=0.6), Hit(PASSAGE, 0.05, None, 0.1)]
    html = knowledge.collection_html(shelf, papers, found.Found("two", hits, 1), queue.Queue(), [], EN)
    told = words(html)
    assert "documents: 1 · passages: 12 · 2.3 MB · read by Librarian" in told
    assert "<mark>Two</mark> words." in html
    parts = ("fit 0.82 meaning 0.70 word by word 0.60", "not given to a persona", "fit 0.05 words 0.10")
    assert sorted(parts, key=told.index) == list(parts)
    assert 'value="two"' in html
    nothing = knowledge.collection_html(shelf, papers, found.Found("cats", [], 0), queue.Queue(), [], EN)
    assert "No passage fits “cats”." in nothing


def test_an_empty_collection_teaches():
    assert "拖入 PDF" in knowledge.collection_html(
        knowledge.Shelf("a", "t", 0, 0, 0), knowledge.Papers([]), None, queue.Queue(), [], ZH
    )


def test_a_document_is_numbered_where_its_passages_begin():
    html = reading.reading_html("a", DOCUMENT, "Handbook", "One. Two words. Three.", [PASSAGE], 7, EN)
    assert '<small class="cut">1</small><mark>Two words.</mark> Three.' in html
    assert "22 characters · 2.3 MB · h.pdf" in words(html)
    assert "Leave &gt; Annual · page 3" in html


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("Days of annual leave, ANNUALLY leaves", "annual leaves", "Days of [annual] [leave], ANNUALLY [leaves]"),
        ("每年有十天带薪年假。", "带薪年假", "每年有十天[带薪年假]。"),
        ("年年有余", "年", "[年年]有余"),
        ("maxFileSize is 3", "file size", "[maxFileSize] is 3"),
        ("a < b & c", "b", "a &lt; [b] &amp; c"),
        ("nothing", "", "nothing"),
    ],
)
def test_the_words_of_a_query_are_marked(text, query, expected):
    assert highlight.marked(text, query).replace("<mark>", "[").replace("</mark>", "]") == expected


@pytest.mark.parametrize("manner", [EN, ZH], ids=["en", "zh"])
def test_hostile_words_in_every_place(hostile, tame, manner):
    passage = Passage(1, hostile, hostile, hostile, hostile, hostile, 2, 0, 3)
    hit = Hit(passage, 0.5, 0.5, 0.5, read=0.5)
    shelf = knowledge.Shelf(hostile, hostile, 20, 3, 9, (hostile,))
    papers = knowledge.Papers([knowledge.Paper(hostile, hostile, hostile + "x", 1, 1)], 3, hostile)
    using = [Use(hostile, hostile, True)]
    document = DocumentRecord(hostile, hostile + "x", hostile, 1, 3, 0.0)
    lines = [
        queue.Arrival(1, hostile, state, hostile, 0.5, kept, [LeftOut(7, hostile, hostile)])
        for state in ("failed", "working")
        for kept in (True, False)
    ]
    waiting = queue.Queue(lines, {"failed": 2, "working": 3}, hostile)
    labels = {hit.passage.id: [(hostile, hostile), ("s1", hostile)]}
    narrowing = filters.Narrowing(
        {hostile: {hostile: 3}, "s2": {hostile: 1}}, [(hostile, hostile)] * 2, [(hostile, hostile), ("x", hostile)], hostile
    )
    stand = Standing(1, 0.5)
    reasons = [
        Reason(passage, fate, stand, stand, Standing(), 0.5, 0.5, *[(hostile,)] * 2, 1, passage, frozenset({"zh"}), stranger, 0.5)
        for fate, stranger in zip(get_args(Fate), (hostile, *[""] * len(get_args(Fate))), strict=False)
    ]
    told = [Explanation(((hit, reason),), reason, 1, 0.25, 0.1, 0.5) for reason in reasons]
    founds = [found.Found(hostile, [hit], 1, labels, each, hostile) for each in told]
    opened = Markup("").join(
        knowledge.collection_html(shelf, papers, each, waiting, using, manner, narrowing=narrowing) for each in founds
    )
    schema = {
        "properties": {
            hostile: {"description": hostile},
            "x": {"enum": [hostile]},
            "y": {"type": "array", "items": {"type": "string"}},
            "z": {"type": "string", "format": "media"},
            hostile + "m": {"type": "string", "format": "media"},
        },
        "required": [hostile],
    }
    told = (hostile,) * 5
    tool = tools.Instrument(*told, schema, "spends", 1.0, False, True, True, "http", hostile, server=(hostile, hostile))
    form = asked(schema)
    problems = {each.name: hostile for each in form} | {"": hostile}
    request = HttpRequest("POST", hostile, {hostile: hostile}, hostile.encode())
    outcome = tools.sure_html(hostile, "spends", hostile, {hostile: hostile}, request, manner)
    outcome += tools.result_html(hostile, True, 1.0, manner)
    outcome += tools.request_html(hostile, {hostile: hostile}, None, manner)
    given = {"z": Shown("picture", hostile, "")}
    trial = tools.Trial(form, {each.name: hostile for each in form}, problems, outcome, given)
    own = [(key, hostile, body) for key, body in hostile_editor(hostile, manner).items()]
    listing = tools.Listing(
        [(hostile, hostile, hostile)], 400, {"python": 1, "http": 2}, "http", hostile, True, [(hostile, hostile)]
    )
    offers = [tool_import.Found(hostile, hostile, hostile, state) for state in ("new", "changed", "same")]
    keys = [KeyOffer(hostile, [hostile], replaces) for replaces in (None, (), (hostile,))]
    look = tool_import.Look(hostile, offers, [(hostile, hostile)], [hostile, hostile], hostile, keys)
    pages = [
        knowledge.knowledge_html([shelf], hostile, opened, manner, thing=hostile, here=hostile, note=parts.note(hostile)),
        reading.reading_html(hostile, document, hostile, hostile * 3, [passage], 1, manner, labels=labels),
        tools.tools_html(listing, hostile, tools.tool_html(tool, trial, using, manner, own), manner, here=hostile),
        tool_import.import_html(look, manner),
        tools.running_html(hostile, manner),
    ]
    for page in pages:
        tame(without_ids(page).replace('href="?at=', 'href="?p='))
