"""What stands around the conversation as HTML."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from assistant.events import TurnFinished
from assistant.messages import ToolCall, Usage
from knowledge.types import DocumentRecord, Hit, Passage
from personas.care import Helpline
from ui import panels, sources
from ui.render import Face, Manner
from ui.view import Card, View

FACE = Face("gg", "GG", "G", "#D0705C")
EN, ZH, VISITOR = Manner("en"), Manner("zh"), Manner("en", maker=False)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
WHOLE = "One. Two words. Three."
PASSAGE = Passage(7, "c", "d", "Handbook", "Two words.", "Leave > Annual", 3, 5, 15)
PAPER = DocumentRecord("d1", "notes.md", "Notes", 1, 10, 0.0)
HIT = Hit(PASSAGE, 0.82, 0.7, None)
READY = panels.ModelLine("ready", "Small", "Start with another.")


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def entry(days_ago: float, title: str = "t", key: str = "k") -> panels.Entry:
    return panels.Entry(key, title, FACE, NOON - timedelta(days=days_ago))


def test_the_header_names_pages_and_the_model():
    html = panels.header_html("knowledge", READY, EN)
    assert words(html) == "Hearth Chat Personas Knowledge Tools Models Evaluate Train Small Start with another. 中文"
    assert re.search(r'data-page="knowledge" aria-current="page"', html)
    assert html.count("aria-current") == 1


def test_a_visitor_finds_only_their_own_pages():
    html = panels.header_html("chat", READY, VISITOR)
    assert "Knowledge" not in html
    assert "Tools" not in html


def test_only_a_visitor_is_offered_to_delete_everything():
    assert "delete-all" in panels.sidebar_html([], "", "", date(2026, 3, 10), VISITOR)
    assert "delete-all" not in panels.sidebar_html([], "", "", date(2026, 3, 10), EN)


def test_conversations_are_listed_by_day():
    entries = [entry(0, "a"), entry(1, "b"), entry(3, "c"), entry(40, "d")]
    html = panels.sidebar_html(entries, "", "", date(2026, 3, 10), EN)
    assert re.findall(r"<h3>([^<]+)</h3>", html) == ["Today", "Yesterday", "Last 7 days", "Earlier"]


def test_the_open_conversation_is_marked():
    html = panels.sidebar_html([entry(0, key="x"), entry(0, key="y")], "y", "", date(2026, 3, 10), EN)
    assert re.findall(r'<li class="here" data-key="(\w)"', html) == ["y"]


def test_an_empty_list_says_why():
    assert "will be listed here" in panels.sidebar_html([], "", "", date(2026, 3, 10), EN)
    assert "没有包含“猫”的对话" in panels.sidebar_html([], "", "猫", date(2026, 3, 10), ZH)


def test_a_conversation_without_a_title_has_words():
    assert "新对话" in panels.sidebar_html([entry(0, "")], "", "", date(2026, 3, 10), ZH)


def test_the_gallery_offers_everyone():
    html = panels.gallery_html([panels.Guest(FACE, "Listens.", ("can_read", "can_speak"))], "It stays.", EN)
    assert 'data-persona="gg"' in html
    assert "Listens. reads documents · can be heard" in words(html)


def test_an_opening_greets_and_offers_starters():
    html = panels.opening_html(FACE, "Hello.\nYou.", ["First?", "Second?"], "A program.", EN)
    assert re.findall(r'data-do="starter">([^<]+)<', html) == ["First?", "Second?"]
    assert "A program." in html
    assert "note" not in panels.opening_html(FACE, "Hello.", [], "", EN)


def test_help_can_be_dialled():
    html = panels.care_html(
        [Helpline("Help line", "2389 2222", "day and night"), Helpline("Chat", "help.example", "every day")], EN
    )
    assert '<a href="tel:23892222">2389 2222</a>' in html
    assert '<a href="https://help.example">help.example</a>' in html


def test_the_message_box_takes_files_only_where_they_have_a_place():
    assert "attached" not in panels.composer_html("GG", [], EN)
    assert "notes.md" in words(panels.composer_html("GG", [PAPER], EN))
    assert 'data-long="写给GG。Enter 发送，Shift+Enter 换行。"' in panels.composer_html("GG", [], ZH)


def test_sources_and_steps():
    usage = Usage(1500, 1200, 300)
    finished = TurnFinished("answered", usage=usage, timings={"first_text": 0.5, "total": 2.0})
    view = View(pieces=(Card(ToolCall("1", "clock", {}), None, 0.25),), hits=(HIT,), tools=(("clock", 0.4),), finished=finished)
    html = sources.sources_html(view, [HIT], EN)
    shown = words(html)
    assert "1 Handbook Leave &gt; Annual · page 3 Two words." in shown
    assert "data-auto" in html
    for expected in ("clock 0.40", "Handbook 0.82", "0.25 s", "first word after 0.50 s", "2.00 s in all", "1200 from cache"):
        assert expected in shown
    visitor = sources.sources_html(view, [HIT], VISITOR)
    assert "Steps" not in visitor
    assert "clock" not in visitor


def test_no_sources_is_said_and_does_not_open_the_panel():
    html = sources.sources_html(None, (), ZH)
    assert "会出现在这里" in html
    assert "data-auto" not in html


def test_a_passage_is_marked_in_its_document():
    html = sources.document_html(PASSAGE, WHOLE, EN)
    assert "One. <mark>Two words.</mark> Three." in html
    assert "goes on" not in html


def test_a_maker_is_led_on_to_the_whole_document():
    assert "data-thing" not in sources.document_html(PASSAGE, WHOLE, EN)
    html = sources.document_html(PASSAGE, WHOLE, EN, link=True)
    assert f'href="?at=knowledge&amp;id={PASSAGE.collection}/{PASSAGE.document}/{PASSAGE.id}"' in html


def test_a_passage_that_is_gone_is_shown_as_it_was_cited():
    html = sources.gone_html(PASSAGE, "It is no longer there.", EN)
    assert "It is no longer there. This is what it said when it was cited." in html
    assert f"<mark>{PASSAGE.text}</mark>" in html


def test_of_a_long_document_the_part_around_the_passage_is_shown():
    whole = "a" * 50_000 + "HERE" + "b" * 50_000
    passage = Passage(1, "c", "d", "t", "HERE", start=50_000, end=50_004)
    html = sources.document_html(passage, whole, EN)
    assert "<mark>HERE</mark>" in html
    assert len(html) < 14_000
    assert "goes on" in html


def test_outcomes_are_a_line_a_file():
    html = panels.outcomes_html([("a.pdf", "done", "added"), ("b.bin", "failed", "not read")])
    assert re.findall(r'<li class="(\w+)"', html) == ["done", "failed"]
    assert words(html) == "a.pdf added b.bin not read"


@pytest.mark.parametrize("manner", [EN, VISITOR])
def test_hostile_words_in_every_place(hostile, tame, manner):
    face = Face(hostile, hostile, hostile, hostile)
    guest = panels.Guest(face, hostile, ())
    hit = Hit(Passage(1, hostile, hostile, hostile, hostile, hostile, 2, 0, 3), 0.5, 0.5, 0.5)
    view = View(pieces=(Card(ToolCall(hostile, hostile, {})),), hits=(hit,), tools=((hostile, 0.1),))
    pages = [
        panels.header_html(hostile, panels.ModelLine("failed", hostile, hostile), manner),
        panels.sidebar_html([panels.Entry(hostile, hostile, face, NOON)], hostile, hostile, date(2026, 3, 10), manner),
        panels.sidebar_html([], "", hostile, date(2026, 3, 10), manner),
        panels.gallery_html([guest], hostile, manner),
        panels.opening_html(face, hostile, [hostile], hostile, manner),
        panels.title_html(face, hostile, manner),
        panels.composer_html(hostile, [replace(PAPER, id=hostile, name=hostile)], manner),
        panels.refusal_html(hostile),
        panels.undo_html(hostile, "restore", hostile, manner),
        panels.outcomes_html([(hostile, "failed", hostile)]),
        sources.sources_html(view, [hit], manner),
        sources.document_html(hit.passage, hostile * 3, manner, link=True),
        sources.gone_html(hit.passage, hostile, manner),
    ]
    for page in pages:
        tame(page)
