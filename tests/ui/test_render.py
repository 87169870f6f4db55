"""Events fold into a view, and views and histories become the HTML that people see."""

import re
from dataclasses import replace

import pytest
from markupsafe import Markup

from assistant.branches import Placed
from assistant.events import (
    CareNotice,
    MessageCompleted,
    PassagesFound,
    TextDelta,
    ThinkingDelta,
    ToolFinished,
    ToolsFound,
    ToolStarted,
    TurnFinished,
)
from assistant.feedback import Opinion
from assistant.messages import MediaRef, Message, ToolCall, ToolResult
from knowledge.types import Hit, Passage
from ui import render
from ui.render import Face, Manner, live_html, plain, status, tint
from ui.sources import steps_html
from ui.view import Card, Said, Turn, View, fold, turns

FACE = Face("gg", "GG安慰侠", "GG", "#D0705C")
EN = Manner("en", tools={"clock": "Clock"})
ZH = Manner("zh", tools={"clock": "时钟"})
CALL = ToolCall("k1", "clock", {"zone": "Asia/Shanghai"})
RESULT = ToolResult("k1", "clock", "10:32")
HIT = Hit(Passage(11, "c", "d", "Handbook", "Ten days.", "Leave", 3, 0, 9), 0.8)


def folded(*events) -> View:
    view = View()
    for event in events:
        view = fold(view, event)
    return view


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def placed(*messages: Message, run: str | None = "r9") -> list[Placed]:
    """Messages as the only branch of a conversation, answers written by `run`."""
    return [
        Placed(position, message, None if message.role == "user" else run, (position,))
        for position, message in enumerate(messages)
    ]


def history_html(history, face, manner, **more) -> str:
    return render.history_html(history if history and isinstance(history[0], Placed) else placed(*history), face, manner, **more)


def live(view: View, manner: Manner = EN, **more) -> str:
    return live_html(view, FACE, manner, conversation="c1", run="r1", **more)


# folding


def test_text_and_thought_grow():
    view = folded(ThinkingDelta("a"), ThinkingDelta("b"), TextDelta("c"), TextDelta("d"))
    assert (view.thinking, view.text) == ("ab", "cd")


def test_what_was_found_is_kept():
    view = folded(PassagesFound((HIT,)), ToolsFound((("clock", 0.8),)), CareNotice("suicide"))
    assert (view.hits, view.tools, view.care) == ((HIT,), (("clock", 0.8),), "suicide")


def test_the_steps_say_what_was_searched_for_where_that_was_not_the_message():
    view = folded(PassagesFound((HIT,), "What do <dogs> eat?"))
    assert "What do &lt;dogs&gt; eat?" in steps_html(view, Manner("en", maker=True))
    assert "结合前文搜索的是" in steps_html(view, Manner("zh", maker=True))
    assert "Searched for" not in steps_html(folded(PassagesFound((HIT,))), Manner("en", maker=True))


def test_the_steps_say_which_tools_are_always_on_offer():
    view = folded(ToolsFound((("clock", 0.1), ("dates", 0.8)), (("units", 0.05),), ("clock",)))
    english, chinese = (steps_html(view, Manner(language, maker=True)) for language in ("en", "zh"))
    assert english.count("always offered") == chinese.count("总是提供") == 1
    assert "<bdi>clock · always offered</bdi></td><td>0.10" in english
    assert "always offered" not in steps_html(folded(ToolsFound((("clock", 0.8),))), Manner("en", maker=True))


def test_a_completed_message_takes_the_place_of_its_deltas():
    view = folded(ThinkingDelta("hm"), TextDelta("Hel"), TextDelta("lo"), MessageCompleted(Message("assistant", "Hello", "hm")))
    assert view == View(pieces=(Said("Hello", "hm"),))


def test_a_call_is_a_card_with_its_result_and_time():
    started = folded(ToolStarted(CALL))
    assert started.pieces == (Card(CALL),)
    finished = fold(started, ToolFinished(RESULT, 0.1))
    assert finished.pieces == (Card(CALL, RESULT, 0.1),)
    assert fold(finished, MessageCompleted(Message("tool", "10:32", result=RESULT))) == finished


def test_calls_made_together_get_each_its_own_result():
    other = ToolCall("k2", "clock", {})
    view = folded(ToolStarted(CALL), ToolStarted(other), ToolFinished(ToolResult("k2", "clock", "no", True), 0.2))
    assert view.pieces == (Card(CALL), Card(other, ToolResult("k2", "clock", "no", True), 0.2))


def test_a_result_whose_call_was_not_seen_is_shown():
    assert folded(ToolFinished(RESULT, 0.1)).pieces == (Card(ToolCall("k1", "clock", {}), RESULT, 0.1),)


def test_the_end_is_kept_and_folding_changes_nothing_it_was_given():
    before = folded(TextDelta("a"))
    end = TurnFinished("answered")
    assert fold(before, end) == replace(before, finished=end)
    assert before.finished is None


def test_every_word_once_however_the_events_are_cut():
    text = "Ten days a year."
    once = folded(TextDelta(text), MessageCompleted(Message("assistant", text)))
    letters = folded(*(TextDelta(letter) for letter in text), MessageCompleted(Message("assistant", text)))
    assert once == letters
    assert words(live(letters)).count("Ten days") == 1


# histories


def test_a_history_is_turns():
    history = placed(
        Message("user", "time?"),
        Message("assistant", "", calls=(CALL,)),
        Message("tool", "10:32", result=RESULT),
        Message("assistant", "It is 10:32."),
        Message("user", "thanks"),
    )
    pieces = (Said("", calls=(CALL,)), Card(CALL, RESULT), Said("It is 10:32."))
    assert turns(history) == [Turn(history[0], history[1], pieces), Turn(history[4])]
    assert [turn.run for turn in turns(history)] == ["r9", ""]


def test_a_history_that_opens_with_an_answer():
    (hi,) = placed(Message("assistant", "Hi"))
    assert turns([hi]) == [Turn(None, hi, (Said("Hi"),))]


def test_live_and_kept_show_the_same_words():
    events = [
        ThinkingDelta("hm"),
        TextDelta("Let me look."),
        MessageCompleted(Message("assistant", "Let me look.", "hm", (CALL,))),
        ToolStarted(CALL),
        ToolFinished(RESULT, 0.5),
        MessageCompleted(Message("tool", "10:32", result=RESULT)),
        TextDelta("It is **10:32**."),
    ]
    kept = [
        Message("user", "time?"),
        Message("assistant", "Let me look.", "hm", (CALL,)),
        Message("tool", "10:32", result=RESULT),
        Message("assistant", "It is **10:32**."),
    ]
    shown = words(history_html(kept, FACE, EN))
    assert words(live(folded(*events))).replace(" · 0.5 s", "") in shown
    assert "It is 10:32 ." in shown


def test_what_people_write_keeps_its_lines_and_is_no_markdown():
    html = history_html([Message("user", "**a**\n<b>")], FACE, EN)
    assert "**a**\n&lt;b&gt;" in html


def test_every_answer_can_be_copied_heard_judged_and_made_again():
    history = [Message("user", "a"), Message("assistant", "b"), Message("user", "c"), Message("assistant", "d")]
    html = history_html(history, FACE, EN, last=View(finished=TurnFinished("answered")))
    for act in ("copy", "speak", "regenerate", "steps", "edit"):
        assert html.count(f'data-do="{act}"') == 2, act
    assert html.count('data-do="feedback" data-run="r9"') == 4
    assert "steps" not in history_html(history, FACE, replace(EN, maker=False))


def test_an_answer_that_a_file_brought_has_no_run_to_hear_or_judge():
    html = history_html(placed(Message("user", "a"), Message("assistant", "b"), run=None), FACE, EN)
    assert re.findall(r'data-do="(\w+)"', html) == ["edit", "copy", "regenerate"]


def test_what_is_not_stored_yet_cannot_be_changed():
    html = history_html([Placed(-2, Message("user", "a"), None, ()), Placed(-3, Message("assistant", "b"), None, ())], FACE, EN)
    assert re.findall(r'data-do="(\w+)"', html) == ["copy"]


def test_versions_are_counted_and_lead_to_each_other():
    history = [Placed(4, Message("user", "a"), None, (0, 4)), Placed(6, Message("assistant", "b"), "r", (5, 6, 7))]
    html = history_html(history, FACE, EN)
    assert "1/2" not in html
    assert "2/2" in html
    assert "2/3" in html
    assert re.findall(r'data-do="version" (data-position="\d"|disabled)', html) == [
        'data-position="0"',
        "disabled",
        'data-position="5"',
        'data-position="7"',
    ]
    assert "data-position" not in history_html(history, FACE, EN, answering=True)


def test_a_verdict_is_shown_and_asks_why():
    history = [Message("user", "a"), Message("assistant", "b")]
    html = history_html(history, FACE, EN, opinions={"r9": Opinion(-1, "too <long>")})
    assert 'data-verdict="bad" aria-pressed="true"' in html
    assert 'data-verdict="good" aria-pressed="false"' in html
    assert 'value="too &lt;long&gt;"' in html
    assert "What was wrong?" in html


def test_a_visitor_alone_is_asked_whether_a_good_answer_may_be_trained_on():
    history = [Message("user", "a"), Message("assistant", "b")]
    visitor = replace(EN, maker=False)
    assert "consent" not in history_html(history, FACE, EN, opinions={"r9": Opinion(1)})
    assert "consent" not in history_html(history, FACE, visitor, opinions={"r9": Opinion(-1)})
    assert 'name="consent" >' in history_html(history, FACE, visitor, opinions={"r9": Opinion(1)})
    assert 'name="consent" checked>' in history_html(history, FACE, visitor, opinions={"r9": Opinion(1, consent=True)})


def test_while_it_answers_nothing_can_be_pressed():
    history = [Message("user", "a"), Message("assistant", "", calls=(CALL,))]
    html = history_html(history, FACE, EN, answering=True)
    assert "regenerate" not in html
    assert "allow" not in html


def test_sources_of_an_answer():
    history = [Message("user", "a"), Message("assistant", "Ten days [1].", sources=(HIT,))]
    html = history_html(history, FACE, EN)
    assert 'data-passages="11"' in html
    assert 'data-n="1"' in html
    assert '<button type="button" data-do="cite" data-passage="11"><b>1</b> <bdi>Handbook</bdi></button>' in html


def test_only_cited_documents_are_listed():
    other = Hit(replace(HIT.passage, id=12, title="Other"), 0.5)
    html = history_html([Message("user", "a"), Message("assistant", "So [2].", sources=(HIT, other))], FACE, EN)
    assert "Other" in html
    assert "Handbook" not in html


@pytest.mark.parametrize(
    ("card", "title"),
    [
        (Card(CALL), "using Clock…"),
        (Card(CALL, RESULT), "used: Clock"),
        (Card(CALL, RESULT, 0.123), "used: Clock · 0.1 s"),
        (Card(CALL, replace(RESULT, failed=True), 1.0), "did not work: Clock"),
    ],
)
def test_cards(card, title):
    html = live(View(pieces=(card,)))
    assert f"<summary>{title}</summary>" in html
    assert "Asia/Shanghai" in html
    assert ("10:32" in html) == (card.result is not None)


def test_a_call_that_waits_asks_whoever_has_a_card_for_it_and_only_tells_others():
    history = [Message("user", "a"), Message("assistant", "", calls=(CALL,))]
    card = Markup('<div class="card ask" data-call="k1"></div>')
    assert card in history_html(history, FACE, EN, cards={"k1": card})
    assert card not in history_html([*history, Message("user", "b")], FACE, EN, cards={"k1": card})
    told = history_html(history, FACE, replace(EN, maker=False))
    assert "data-call" not in told
    assert "owner of this page" in told


def test_a_call_that_the_maker_changed_shows_what_was_made():
    changed = replace(RESULT, arguments={"zone": "Europe/Rome"})
    html = live(View(pieces=(Card(CALL, changed, 0.1),)))
    assert "Europe/Rome" in html
    assert "Asia/Shanghai" not in html
    assert "as you changed them" in html
    assert "as you changed them" not in live(View(pieces=(Card(CALL, replace(RESULT, arguments=CALL.arguments), 0.1),)))


def test_a_call_that_was_never_run_does_not_wait_for_ever():
    history = [Message("user", "a"), Message("assistant", "", calls=(CALL,)), Message("user", "b")]
    html = history_html(history, FACE, EN)
    assert "not run: Clock" in html
    assert "allow" not in html


def test_a_failure_says_its_sentence_and_offers_another_try():
    last = View(finished=TurnFinished("failed", error={"en": "The engine broke.", "zh": "引擎坏了。"}))
    history = [Message("user", "a")]
    assert "The engine broke." in history_html(history, FACE, EN, last=last)
    chinese = history_html(history, FACE, ZH, last=last)
    assert "引擎坏了。" in chinese
    assert 'data-do="regenerate"' in chinese


def test_a_failure_without_a_sentence_is_not_silent():
    last = View(finished=TurnFinished("failed"))
    assert 'role="alert">Something went wrong' in history_html([Message("user", "a")], FACE, EN, last=last)


def test_an_answer_that_was_stopped_says_so():
    assert "Stopped here." in history_html([Message("user", "a"), Message("assistant", "b", interrupted=True)], FACE, EN)
    nothing = history_html([Message("user", "a")], FACE, ZH, last=View(finished=TurnFinished("cancelled")))
    assert "还没有回答就停止了。" in nothing


# the live message


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ((), "thinking…"),
        ((PassagesFound((HIT,)),), "reading “Handbook”…"),
        ((PassagesFound((HIT,)), ThinkingDelta("x")), "thinking…"),
        ((ToolStarted(CALL),), "using Clock…"),
        ((ToolStarted(CALL), ToolFinished(RESULT, 0.1)), "thinking…"),
    ],
)
def test_the_status_is_words(events, said):
    assert status(folded(*events), EN) == said


def test_a_model_that_loads_is_the_status():
    assert "loading the model 62 %" in live(View(), waiting="loading the model 62 %")
    assert "loading" not in live(folded(TextDelta("Hi")), waiting="loading the model 62 %")


def test_the_live_message_names_its_conversation_and_run():
    assert 'data-live data-conversation="c1" data-run="r1"' in live(View())


def test_citations_are_buttons_while_the_answer_grows():
    assert 'data-n="1"' in live(folded(PassagesFound((HIT,)), TextDelta("Ten [1]")))


def test_a_thought_is_folded():
    html = live(folded(ThinkingDelta("secret plan")))
    assert '<details class="thought">' in html
    assert "open" not in html
    assert "secret plan" in html


def test_both_languages():
    assert "正在想" in live(View(), ZH)
    assert "用了：时钟 · 0.1 秒" in live(View(pieces=(Card(CALL, RESULT, 0.1),)), ZH)


# pictures and sounds

PICTURE = MediaRef("a" * 64, "image/png", "tower.png", 9)
SOUND = MediaRef("b" * 64, "audio/ogg", "bell", 9)
HERE = replace(EN, conversation="c1")


def test_what_a_call_gave_stands_open_beside_its_folded_card():
    result = replace(RESULT, media=(PICTURE, SOUND))
    kept = [
        Message("user", "a"),
        Message("assistant", "", calls=(CALL,)),
        Message("tool", "x", result=result),
        Message("assistant", "b"),
    ]
    for html in (history_html(kept, FACE, HERE), live(View(pieces=(Card(CALL, result, 0.1),)))):
        after_card = html.partition("</details>")[2]
        assert f'<img src="media/c1/{PICTURE.id}" alt="tower.png" loading="lazy">' in after_card
        assert f'<audio controls preload="none" src="media/c1/{SOUND.id}" aria-label="bell">' in after_card
        assert 'title="tower.png: show in full size"' in after_card
    assert "查看大图" in history_html(kept, FACE, replace(ZH, conversation="c1"))


def test_what_is_only_named_is_words():
    html = history_html([Message("user", "a", media=(replace(PICTURE, id=""), replace(SOUND, id="")))], FACE, HERE)
    assert "<img" not in html
    assert "<audio" not in html
    assert "Picture “tower.png”: only its name is here." in html


def test_a_thousand_pictures_are_fetched_as_they_come_into_view():
    html = history_html([Message("user", "a", media=(PICTURE,))] * 1000, FACE, HERE)
    assert html.count('loading="lazy"') == 1000


# what comes from outside


def test_hostile_words_in_every_place(hostile, tame):
    call = ToolCall(hostile, hostile, {hostile: hostile})
    hit = Hit(Passage(1, hostile, hostile, hostile, hostile, hostile), 0.5)
    message = Message("assistant", f"{hostile} [1]", hostile, (call,), sources=(hit,), interrupted=True)
    face = Face(hostile, hostile, hostile, hostile)
    manner = Manner("en", tools={hostile: hostile})
    error = {"en": hostile, "zh": hostile}
    last = View(finished=TurnFinished("failed", error=error))
    media = (
        MediaRef("", "image/png", hostile, 1),
        MediaRef("a" * 64, "image/png", hostile, 1),
        MediaRef("b" * 64, "audio/wav", hostile, 1),
    )
    result = ToolResult(hostile, hostile, hostile, True, media)
    tame(
        history_html(
            [Message("user", hostile, media=media), message], face, manner, last=last, opinions={"r9": Opinion(1, hostile)}
        )
    )
    tame(history_html([Message("user", hostile), message, Message("tool", hostile, result=result)], face, manner, last=last))
    view = folded(PassagesFound((hit,)), ToolStarted(call), ToolFinished(result, 0.1), ThinkingDelta(hostile), TextDelta(hostile))
    tame(live_html(view, face, manner, conversation=hostile, run=hostile, waiting=hostile))
    tame(live_html(folded(PassagesFound((hit,))), face, manner, conversation=hostile, run=hostile))


@pytest.mark.parametrize("colour", ["red", "#12345", "#1234567", "#123456;background:url(x)", "", "url(javascript:1)", "#12345g"])
def test_only_a_colour_is_a_colour(colour):
    assert tint(colour) == ""


def test_writing_cannot_be_turned_around():
    assert plain("a\u202eb\u2066c\u2069d") == "abcd"
