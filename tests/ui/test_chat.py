"""What the chat shows when people press things, on a whole studio without Gradio or a browser."""

import re
import threading
import time
from dataclasses import replace

import pytest

from assistant.access import MAKER, Identity
from assistant.events import TurnFinished
from assistant.messages import Message, ToolCall
from assistant.models.base import CallChunk, TextChunk
from common.errors import ModelLoadFailed, StorageFailed
from tests.media import PICTURE, SOUND
from ui.ask import Ask
from ui.chat import Desk
from ui.session import Viewers

VISITOR = Identity("visitor-1", False)


def words(html: str) -> str:
    return " ".join(re.sub(r"<!--.*?-->|<[^>]*>", " ", html).split())


def place(screen) -> dict[str, str]:
    return dict(re.findall(r'data-(conversation|persona|run)="([^"]*)"', screen["title"]))


def last(screens) -> dict[str, str]:
    """What the page shows after all of them."""
    shown = {}
    for screen in screens:
        shown.update({name: html() if callable(html) else html for name, html in screen.items()})
    return shown


def answers_after(go: threading.Event):
    """A turn that is under way until `go`."""

    def work(cancel):
        go.wait(20)
        yield TurnFinished("answered")

    return work


@pytest.fixture
def desk_of(make_studio):
    def make(*script, **more):
        studio = make_studio(script, **more)
        return Desk(studio, Viewers()), studio

    return make


def ask(conversation="", persona="gg", language="en", identity=MAKER, nonce=1, **data) -> Ask:
    return Ask(identity, "session", "chat", conversation, persona, language, nonce, data=data)


def test_the_first_visit_is_the_gallery(desk_of):
    desk, _ = desk_of()
    shown = last(desk.visit(ask(persona="")))
    assert {"gg", "librarian", "model-guide"} <= set(re.findall(r'data-persona="([^"]+)"', shown["talk"]))
    assert shown["composer"] == ""
    assert place(shown)["conversation"] == ""


def test_a_persona_greets(desk_of):
    desk, _ = desk_of()
    shown = last(desk.visit(ask(language="zh")))
    assert "嗨，我是 GG安慰侠" in shown["talk"]
    assert shown["talk"].count('data-do="starter"') == 6
    assert "不是心理咨询师" in shown["talk"]
    assert "12356" in shown["talk"]
    assert 'data-long="写给GG安慰侠' in shown["composer"]


def test_a_new_conversation_begins_with_the_chosen_persona(desk_of):
    desk, studio = desk_of()
    studio.preferences.change(persona="librarian")
    shown = last(desk.visit(ask(persona="")))
    assert place(shown)["persona"] == "librarian"
    assert "Write to Librarian" in shown["composer"]
    assert place(last(desk.visit(ask(persona="gg"))))["persona"] == "gg"


def test_only_where_people_come_for_comfort_it_says_what_it_is_not(desk_of):
    desk, _ = desk_of()
    assert "not a therapist" not in last(desk.visit(ask(persona="librarian")))["talk"]


def test_a_page_that_comes_back_tells_of_the_files_that_were_being_added(desk_of, tame):
    desk, studio = desk_of()
    kept = studio.conversations.create("maker", "librarian").id
    for where in ("", kept):
        shown = last(desk.visit(ask(where, "librarian", "zh", interrupted=["手册.pdf", "<b>x</b>.md", 3])))
        assert "手册.pdf" in words(tame(shown["notice"]))
        assert shown["notice"].count("请再添加一次") == 2
    assert "notice" not in last(desk.visit(ask(persona="", interrupted="手册.pdf")))


def test_a_message_makes_a_conversation_and_is_answered(desk_of):
    desk, studio = desk_of("Hello, **you**.")
    screens = list(desk.say(ask(persona="model-guide", text="Hi there")))
    shown = last(screens)
    (kept,) = studio.conversations.list("maker")
    assert place(shown) == {"conversation": kept.id, "persona": "model-guide", "run": ""}
    assert "Hi there" in words(shown["talk"])
    assert "Hello, you ." in words(shown["talk"])
    assert words(shown["live"]) == ""
    assert "Hi there" in words(shown["sidebar"])
    assert any(place(screen)["run"] == studio.runs.last("maker", kept.id) for screen in screens if "title" in screen)


def test_what_is_refused_is_said_and_nothing_is_kept(desk_of):
    desk, studio = desk_of()
    shown = last(desk.say(ask(text="x" * 200_000)))
    assert "200,000 characters" in words(shown["notice"])
    assert "data-refused" in shown["notice"]
    assert words(shown["live"]) == ""
    assert studio.conversations.list("maker") == []


def test_a_page_that_comes_in_the_middle_sees_every_word_once(desk_of):
    gate = threading.Event()
    text = "One two three four five."

    def slow(_messages, _tools):
        yield TextChunk("One ")
        time.sleep(0.1)
        yield TextChunk("two ")
        gate.wait(10)
        yield TextChunk("three four five.")

    desk, studio = desk_of(slow)
    conversation = studio.conversations.create("maker", "model-guide").id
    studio.start_turn(MAKER, conversation, "count", "en")
    screens = desk.visit(ask(conversation))
    opened = next(screens)
    assert place(opened)["run"] == studio.runs.active("maker", conversation)
    for screen in screens:
        if "One" in words(screen.get("live", "")):
            gate.set()
        opened = {**opened, **screen}
    assert words(opened["talk"]).count(text) == 1
    assert words(opened["live"]) == ""
    again = last(desk.visit(ask(conversation)))
    assert words(again["talk"]) == words(opened["talk"])


def test_a_page_that_turns_away_stops_looking(desk_of):
    gate = threading.Event()

    def slow(_messages, _tools):
        yield TextChunk("One ")
        gate.wait(10)
        yield TextChunk("two.")

    desk, studio = desk_of(slow)
    conversation = studio.conversations.create("maker", "model-guide").id
    studio.start_turn(MAKER, conversation, "count", "en")
    screens = desk.visit(ask(conversation))
    next(screens)
    list(desk.visit(ask(persona="gg")))
    assert all("talk" not in screen for screen in screens)
    gate.set()


def test_who_has_to_wait_is_told_how_many_are_before_them(desk_of):
    desk, studio = desk_of("One.")
    go = threading.Event()
    work = answers_after(go)
    for _ in range(17):  # one more than are answered at once
        studio.runs.start("maker", studio.conversations.create("maker", "gg").id, work)
    screens = desk.say(ask(persona="model-guide", text="Say it"))
    assert any("ahead of you: 2" in words(screen.get("live", "")) for screen in screens if not go.is_set() and "live" in screen)
    go.set()
    assert "One." in words(last(screens)["talk"])


def test_a_visitor_does_not_fill_the_places_of_everyone(desk_of):
    desk, studio = desk_of()
    go = threading.Event()
    work = answers_after(go)
    for _ in range(3):
        studio.runs.start(VISITOR.owner, studio.conversations.create(VISITOR.owner, "gg").id, work)
    refused = last(desk.say(ask(persona="gg", text="Me too", identity=VISITOR)))
    assert "3 of your conversations" in words(refused["notice"])
    go.set()


def test_a_fast_answer_is_shown_twenty_times_a_second_at_most(desk_of):
    def fast(_messages, _tools):
        for number in range(300):
            time.sleep(0.003)
            yield TextChunk(f"n{number} ")

    desk, studio = desk_of(fast)
    conversation = studio.conversations.create("maker", "model-guide").id
    began, shown, whole = time.monotonic(), 0, 0
    for screen in desk.say(ask(conversation, text="go")):
        shown += "n0" in screen.get("live", "")
        whole += "talk" in screen
    assert 3 <= shown <= 20 * (time.monotonic() - began) + 1
    assert whole == 2  # with the message, and with the whole answer


def test_stop(desk_of):
    def endless(_messages, _tools):
        for number in range(2000):
            time.sleep(0.005)
            yield TextChunk(f"n{number} ")

    desk, studio = desk_of(endless)
    conversation = studio.conversations.create("maker", "model-guide").id
    shown = {}
    for screen in desk.say(ask(conversation, text="go")):
        shown.update({name: html() if callable(html) else html for name, html in screen.items()})
        if "n3 n4" in words(screen.get("live", "")):
            list(desk.stop(ask(conversation)))
    assert "Stopped here." in words(shown["talk"])
    assert studio.runs.active("maker", conversation) is None


def test_answer_again_takes_the_place_of_the_answer(desk_of):
    desk, studio = desk_of("First answer.", "Second answer.")
    list(desk.say(ask(persona="model-guide", text="Hi")))
    (kept,) = studio.conversations.list("maker")
    shown = words(last(desk.again(ask(kept.id)))["talk"])
    assert "Second answer." in shown
    assert "First answer." not in shown
    assert shown.count("Hi") == 1


def positions(shown, act: str) -> list[str]:
    return re.findall(f'data-do="{act}" data-position="(\\d+)"', shown["talk"])


def test_versions_of_an_answer_and_of_a_question_are_kept(desk_of):
    desk, _ = desk_of("One.", "Two.", "Three.")
    said = last(desk.say(ask(persona="model-guide", text="Say it")))
    key = place(said)["conversation"]
    again = last(desk.again(ask(key, position="0")))
    assert "2/2" in words(again["talk"])
    back = last(desk.version(ask(key, position=positions(again, "version")[0])))
    assert "One." in words(back["talk"])
    assert "1/2" in words(back["talk"])
    edited = last(desk.edit(ask(key, position="0", text="Say something else")))
    assert "Say something else" in words(edited["talk"])
    assert "Three." in words(edited["talk"])
    first = last(desk.version(ask(key, position=positions(edited, "version")[0])))
    assert "Two." in words(first["talk"])  # the newest answer to it
    assert "Say it" in words(first["talk"])


def test_what_cannot_be_changed_is_refused_and_nothing_moves(desk_of):
    desk, _ = desk_of("One.")
    key = place(last(desk.say(ask(persona="model-guide", text="Say it"))))["conversation"]
    before = last(desk.visit(ask(key)))["talk"]
    assert "data-refused" in last(desk.version(ask(key, position="77")))["notice"]
    assert "data-refused" in last(desk.edit(ask(key, position="1", text="x")))["notice"]
    assert "data-refused" in last(desk.edit(ask(key, position="0", text=" ")))["notice"]
    assert "data-refused" in last(desk.version(ask(key, position="0", identity=VISITOR)))["notice"]
    assert last(desk.edit(ask(key, position="x", text="y"))) == {}
    assert last(desk.visit(ask(key)))["talk"] == before


def test_a_verdict_is_kept_with_its_reason_and_taken_back(desk_of):
    desk, studio = desk_of("One.")
    shown = last(desk.say(ask(persona="model-guide", text="Say it")))
    key = place(shown)["conversation"]
    run = re.search('data-do="feedback" data-run="([^"]+)"', shown["talk"])[1]
    judged = last(desk.feedback(ask(key, run=run, verdict="bad", reason="Too short.")))
    assert 'value="Too short."' in judged["talk"]
    assert studio.feedback.of("maker", key)[run].verdict == -1
    last(desk.feedback(ask(key, run=run, verdict="good", consent="yes")))
    assert studio.feedback.of("maker", key)[run].consent
    assert "data-refused" in last(desk.feedback(ask(key, run=run, verdict="good", identity=VISITOR)))["notice"]
    assert "data-refused" in last(desk.feedback(ask(key, run=run, verdict="good", reason="x" * 2000)))["notice"]
    assert 'class="why"' not in last(desk.feedback(ask(key, run=run, verdict="")))["talk"]


def test_the_steps_and_the_prompt_are_for_makers(desk_of):
    desk, _ = desk_of("One.")
    shown = last(desk.say(ask(persona="model-guide", text="Say it")))
    key, run = place(shown)["conversation"], re.search('data-do="steps" data-run="([^"]+)"', shown["talk"])[1]
    panel = last(desk.steps(ask(key, run=run)))["panel"]
    assert "Exact prompt" in words(panel)
    prompt = last(desk.steps(ask(key, run=run, step="1")))["panel"]
    assert "Say it" in words(prompt)
    assert "not kept" in words(last(desk.steps(ask(key, run=run, step="9")))["panel"])
    assert last(desk.steps(ask(key, run=run, step="1", identity=VISITOR))) == {}
    assert "data-refused" in last(desk.steps(ask(key, run="nobody's")))["notice"]


def test_a_persona_is_tried_in_a_conversation_that_is_not_listed(desk_of):
    desk, _ = desk_of("One.")
    there = Ask(MAKER, "session", "personas", thing="librarian")
    key = place(last(desk.test(there)))["conversation"]
    last(desk.say(ask(key, text="Only a test")))
    shown = last(desk.test(there))
    assert "Only a test" in shown["talk"]
    assert "Only a test" not in shown["sidebar"]
    assert "I answer from documents" in last(desk.clear(ask(key)))["talk"]
    assert last(desk.test(Ask(VISITOR, "session", "personas", thing="librarian"))) == {}
    assert "data-refused" in last(desk.clear(ask("nothing")))["notice"]


def test_a_failure_is_said_under_the_message(desk_of):
    desk, _ = desk_of(RuntimeError("boom"))
    shown = last(desk.say(ask(persona="model-guide", text="Hi", language="zh")))
    assert "Hi" in words(shown["talk"])
    assert "再试一次" in words(shown["talk"])
    assert "boom" not in shown["talk"]


def test_danger_brings_help_that_stays_in_view(desk_of):
    desk, studio = desk_of(*["Fine."] * 8)
    shown = last(desk.say(ask(text="我不想活了，想自杀", language="zh")))
    assert "12356" in shown["title"]
    (kept,) = studio.conversations.list("maker")
    assert 'class="care"' in last(desk.visit(ask(kept.id)))["title"]
    calm = [message for _ in range(6) for message in (Message("user", "ok"), Message("assistant", "ok"))]
    with studio.database.write() as connection:
        studio.conversations.append(connection, "maker", kept.id, calm)
    assert 'class="care"' not in last(desk.visit(ask(kept.id)))["title"]


def test_a_tool_call_is_shown_with_its_title(desk_of):
    desk, studio = desk_of(
        lambda _messages, tools: [CallChunk(ToolCall("k1", next(tool.name for tool in tools if "clock" in tool.name), {}))],
        "It is late.",
    )
    shown = last(desk.say(ask(persona="model-guide", text="What time is it?")))
    title = next(tool.titles["en"] for tool in studio.tools.list() if tool.id == "clock")
    assert f"used: {title}" in words(shown["talk"])
    assert title in words(shown["panel"])


def test_conversations_are_renamed_deleted_and_brought_back(desk_of):
    desk, studio = desk_of()
    key = studio.conversations.create("maker", "gg", "Old").id
    assert "New" in words(last(desk.chats(ask(action="rename", id=key, title="New")))["sidebar"])
    gone = last(desk.chats(ask(action="delete", id=key, language="zh")))
    assert "New" not in words(gone["sidebar"])
    assert "已删除“New”。" in words(gone["notice"])
    assert f'data-do="restore" data-id="{key}"' in gone["notice"]
    assert "New" in words(last(desk.chats(ask(action="restore", id=key)))["sidebar"])


def test_a_title_that_is_too_long_is_refused_where_it_was_typed(desk_of):
    desk, studio = desk_of()
    key = studio.conversations.create("maker", "gg", "Old").id
    shown = last(desk.chats(ask(action="rename", id=key, title="x" * 200)))
    assert "120" in words(shown["notice"])
    assert "Old" in words(shown["sidebar"])


def test_conversations_are_found_by_their_words(desk_of):
    desk, studio = desk_of()
    for title in ("Cats", "Dogs"):
        studio.conversations.create("maker", "gg", title)
    shown = words(last(desk.chats(ask(action="search", query="cat")))["sidebar"])
    assert "Cats" in shown
    assert "Dogs" not in shown


def test_a_conversation_leaves_and_comes_back(desk_of):
    desk, studio = desk_of()
    key = studio.conversations.create("maker", "gg", "A <b> title").id
    with studio.database.write() as connection:
        studio.conversations.append(connection, "maker", key, [Message("user", "Hi & bye"), Message("assistant", "你好")])
    file = last(desk.chats(ask(action="export-json", id=key)))["download"]
    assert 'data-name="A _b_ title.json"' in file
    text = re.search(r"<pre[^>]*>(.*)</pre>", file, re.DOTALL)[1].replace("&#34;", '"').replace("&amp;", "&")
    text = text.replace("&lt;", "<").replace("&gt;", ">")
    list(desk.chats(ask(action="import", text=text)))
    assert len(studio.conversations.list("maker")) == 2
    assert "你好" in last(desk.chats(ask(action="export-markdown", id=key)))["download"]
    refused = last(desk.chats(ask(action="import", text="{}")))
    assert "data-refused" in refused["notice"]


def test_a_conversation_of_somebody_else_is_not_there(desk_of):
    desk, studio = desk_of()
    key = studio.conversations.create("maker", "gg", "Secret").id
    with studio.database.write() as connection:
        studio.conversations.append(connection, "maker", key, [Message("user", "my secret")])
    shown = last(desk.visit(ask(key, identity=VISITOR)))
    assert "gallery" in shown["talk"]
    assert "ecret" not in "".join(shown.values())
    for action in ("rename", "delete", "restore", "export-json", "export-markdown"):
        told = "".join(last(desk.chats(ask(action=action, id=key, title="Mine", identity=VISITOR))).values())
        assert "ecret" not in told
    assert studio.conversations.get("maker", key).title == "Secret"
    assert "data-refused" in last(desk.say(ask(key, identity=VISITOR, text="Hi")))["notice"]


def test_a_visitor_deletes_everything_of_theirs_and_nothing_else(desk_of):
    desk, studio = desk_of()
    mine = studio.conversations.create("maker", "gg", "Mine").id
    studio.conversations.create(VISITOR.owner, "gg", "Theirs")
    shown = last(desk.chats(ask(action="delete-all", identity=VISITOR)))
    assert "Theirs" not in shown["sidebar"]
    assert studio.conversations.list(VISITOR.owner) == []
    assert studio.conversations.get("maker", mine).title == "Mine"


def test_a_conversation_that_goes_while_it_is_opened_is_a_lost_one(desk_of, monkeypatch):
    desk, studio = desk_of()
    key = studio.conversations.create("maker", "gg").id

    def deleted_meanwhile(owner, conversation):
        studio.conversations.delete(owner, conversation)

    monkeypatch.setattr(studio.runs, "active", deleted_meanwhile)
    shown = last(desk.visit(ask(key, persona="")))
    assert shown["title"] == last(desk.visit(ask(persona="")))["title"]
    assert "notice" not in shown


def test_a_test_conversation_that_is_started_over_while_it_is_opened_is_shown(desk_of, monkeypatch):
    desk, studio = desk_of("Hello.")
    key = studio.conversations.test_of("maker", "gg").id
    last(desk.say(ask(key, text="Good morning to you")))
    last_run = studio.runs.last

    def started_over_meanwhile(*asked):
        run = last_run(*asked)
        studio.clear(MAKER, key)
        return run

    monkeypatch.setattr(studio.runs, "last", started_over_meanwhile)
    assert place(last(desk.visit(ask(key))))["conversation"] == key


def test_where_nothing_lasts_it_is_said(desk_of):
    desk, _ = desk_of(lasting=False)
    assert "没有持久存储" in last(desk.visit(ask(persona="", language="zh")))["talk"]


def test_the_passage_that_is_cited_opens(desk_of, tmp_path):
    desk, studio = desk_of("Ten days [1].")
    document = tmp_path / "handbook.md"
    document.write_text("# Handbook\n\nAnnual leave is ten days a year.\n\n# Other\n\nThe canteen opens at noon.", "utf-8")
    persona = next(each for each in studio.personas_for(MAKER) if each.id == "librarian")
    studio.knowledge.ensure_collection("maker", persona.collections[0], "Shelf")
    assert studio.knowledge.add("maker", persona.collections[0], document).state == "done"
    shown = last(desk.say(ask(persona="librarian", text="Annual leave is ten days a year.")))
    passage = re.search(r'data-do="cite" data-passage="(\d+)"', shown["talk"])[1]
    (kept,) = studio.conversations.list("maker")
    opened = last(desk.source(ask(kept.id, passage=passage)))["panel"]
    marked = re.search(r"<mark>(.*?)</mark>", opened, re.DOTALL)[1]
    assert marked
    assert marked in studio.knowledge.text("maker", studio.knowledge.passage("maker", int(passage)).document)
    assert "data-refused" in last(desk.source(ask("", passage=passage, identity=VISITOR)))["notice"]
    assert last(desk.source(ask(kept.id, passage="nonsense"))) == {}
    assert 'data-page="knowledge"' in opened
    studio.knowledge.remove("maker", studio.knowledge.passage("maker", int(passage)).document)
    gone = last(desk.source(ask(kept.id, passage=passage, language="zh")))["panel"]
    assert "已被删除或替换" in words(gone)
    assert marked in gone
    assert "data-refused" in last(desk.source(ask(kept.id, passage="987654")))["notice"]


def test_neighbours_that_were_found_together_are_marked_together(desk_of, tmp_path):
    desk, studio = desk_of("Ten days.")
    first, second = "Annual leave is ten days a year. " * 20, "Annual leave is asked for in writing. " * 20
    document = tmp_path / "handbook.md"
    document.write_text(f"{first.strip()}\n\n{second.strip()}", "utf-8")
    persona = next(each for each in studio.personas_for(MAKER) if each.id == "librarian")
    studio.knowledge.ensure_collection("maker", persona.collections[0], "Shelf")
    studio.knowledge.add("maker", persona.collections[0], document)
    hits = [hit for hit in studio.knowledge.search("maker", "annual leave", persona.collections) if hit.neighbours]
    assert hits
    kept = studio.conversations.create("maker", "librarian")
    said = [Message("user", "How long?"), Message("assistant", "Ten days [1].", sources=(hits[0],))]
    with studio.database.write() as connection:
        studio.conversations.append(connection, "maker", kept.id, said)
    opened = last(desk.source(ask(kept.id, passage=str(hits[0].passage.id))))["panel"]
    assert re.search(r"<mark>(.*?)</mark>", opened, re.DOTALL)[1] == hits[0].passage.text


def sent(folder, name: str, content: bytes) -> dict[str, str]:
    """A file as the browser reports it once it is stored."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(content)
    return {"name": name, "path": str(folder / name)}


def test_files_are_attached_to_the_conversation_that_they_begin(desk_of, tmp_path):
    desk, studio = desk_of("The tide turns at seven [1].")
    folder = tmp_path / "uploads"
    files = [sent(folder, "tides.md", b"# Tides\n\nThe tide turns at seven."), sent(folder, "cat.png", b"\x89PNG\r\n\x1a\nxxxx")]
    shown = last(desk.files(ask(persona="model-guide", files=files), folder))
    key = place(shown)["conversation"]
    assert "tides.md added" in words(shown["notice"])
    assert "cat.png is damaged" in words(shown["notice"])
    assert re.findall(r'data-do="detach"[^>]*data-name="([^"]+)"', shown["composer"]) == ["tides.md"]
    assert list(folder.iterdir()) == []
    answered = last(desk.say(ask(key, text="When does the tide turn?")))
    assert "tides.md" in words(answered["panel"]) or "Tides" in words(answered["panel"])
    assert studio.attachments.list(VISITOR.owner, key) == []
    (kept,) = studio.attachments.list("maker", key)
    gone = last(desk.attached(ask(key, action="remove", document=kept.id, name=kept.name)))
    assert "detach" not in gone["composer"]
    back = last(desk.attached(ask(key, action="restore", document=kept.id)))
    assert "detach" in back["composer"]
    assert "data-refused" in last(desk.attached(ask(key, identity=VISITOR, action="remove", document=kept.id)))["notice"]


def test_a_picture_waits_in_the_box_and_goes_with_the_message(desk_of, tmp_path):
    desk, studio = desk_of("A tower.", "Still a tower.")
    folder = tmp_path / "uploads"
    files = [{**sent(folder, "1", PICTURE.data), "name": "<b>tower.png"}, sent(folder, "bell.wav", SOUND.data)]
    shown = last(desk.files(ask(persona="gg", files=files), folder))
    key = place(shown)["conversation"]
    assert words(shown["notice"]).count("goes with your next message") == 2
    assert "&lt;b&gt;tower.png" in shown["composer"]
    picture, sound = studio.attachments.media.waiting("maker", key)
    assert f'<img src="media/{key}/{picture.id}"' in shown["composer"]
    gone = last(desk.attached(ask(key, action="remove", document=sound.id, name=sound.name)))
    assert "bell.wav" not in gone["composer"]
    back = last(desk.attached(ask(key, action="restore", document=sound.id)))
    assert "bell.wav" in back["composer"]
    said = last(desk.say(ask(key, text="What is this?")))
    assert "detach" not in said["composer"]
    for screen in (said, last(desk.visit(ask(key)))):
        assert f'<img src="media/{key}/{picture.id}" alt="&lt;b&gt;tower.png" loading="lazy">' in screen["talk"]
        assert f'<audio controls preload="none" src="media/{key}/{sound.id}"' in screen["talk"]
    assert "tower" in last(desk.again(ask(key)))["talk"]
    assert "data-refused" in last(desk.files(ask(key, identity=VISITOR, files=files), folder))["notice"]


def test_files_for_nobody_are_refused(desk_of, tmp_path):
    desk, studio = desk_of()
    assert "data-refused" in last(desk.files(ask(persona="nobody", files=[]), tmp_path))["notice"]
    assert "Only the owner" in words(last(desk.files(ask(persona="gg", identity=VISITOR, files=[]), tmp_path))["notice"])
    assert studio.conversations.list("maker") == studio.conversations.list(VISITOR.owner) == []
    assert "attach" not in last(desk.visit(ask(persona="gg", identity=VISITOR)))["composer"]


def test_of_the_many_pages_of_one_person_the_first_is_let_go(desk_of):
    desk, studio = desk_of()
    go = threading.Event()
    work = answers_after(go)
    key = studio.conversations.create("maker", "gg").id
    studio.runs.start("maker", key, work)
    pages = [desk.visit(replace(ask(key), session=f"page {number}")) for number in range(9)]
    for page in pages:
        next(page)
        assert "live" in next(page)
    assert list(pages[0]) == []
    go.set()
    assert all(list(page) for page in pages[1:])


def test_the_model_line(desk_of):
    desk, _ = desk_of()
    line = desk.model_line(ask())
    assert (line.state, line.words) == ("ready", "Scripted")
    assert "Scripted" in last(desk.status(ask()))["header"]


def test_only_makers_read_what_names_folders_of_the_machine(desk_of, monkeypatch, caplog):
    def broken():
        return ModelLoadFailed("There is no model in '/srv/models/x'.", "'/srv/models/x' 里没有模型。")

    desk, studio = desk_of(broken(), broken())
    shown = last(desk.say(ask(text="hello", identity=VISITOR)))
    assert "/srv" not in str(shown)
    assert "Whoever runs this page can see why" in shown["talk"]
    assert "/srv/models/x" in caplog.text
    assert "/srv/models/x" in words(last(desk.say(ask(text="hello")))["talk"])

    def full(*_, **__):
        raise StorageFailed("Hearth could not write to '/srv/data'.", "无法写入 '/srv/data'。")

    monkeypatch.setattr(studio.conversations, "create", full)
    assert "维护这个页面的人" in last(desk.say(ask(language="zh", text="hello", identity=VISITOR)))["notice"]
    assert "/srv/data" in last(desk.say(ask(text="hello")))["notice"]
