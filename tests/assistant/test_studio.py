"""A whole studio with the doubles in place: turns, regeneration, approval, visitors and a second process."""

import json
import logging
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from assistant.access import MAKER, Identity
from assistant.consent import Decision
from assistant.events import StepFinished, TextDelta, TurnFinished
from assistant.messages import Message, ToolCall
from assistant.models.base import CallChunk
from assistant.models.scripted import ScriptedModel
from assistant.settings import Settings
from assistant.speech.base import SilentSpeaker
from assistant.studio import MESSAGE_LIMIT, build_studio
from common.errors import ConversationError, ConversationMissing, DataFolderBusy, MessageTooLong, PersonaError
from knowledge.corpora.shipped import shipped_collections
from retrieval.embedding import HashEmbedder
from tools.base import Tool

ROOT = Path(__file__).resolve().parents[2]
VISITOR = Identity("visitor-1", maker=False)


def finish(studio, owner, run):
    return [item[1] for item in studio.runs.subscribe(owner, run) if item is not None]


def test_a_conversation_from_first_word_to_restart(make_studio, tmp_path):
    studio = make_studio(["Hello there.", "Hello again."])
    kept = studio.conversations.create("maker", "model-guide")
    end = finish(studio, "maker", studio.start_turn(MAKER, kept.id, "hello", "en"))[-1]
    assert isinstance(end, TurnFinished)
    assert end.reason == "answered"
    finish(studio, "maker", studio.regenerate(MAKER, kept.id, "en"))
    said = [("user", "hello"), ("assistant", "Hello again.")]
    assert [(message.role, message.text) for message in studio.conversations.messages("maker", kept.id)] == said
    studio.close()
    again = make_studio()
    assert [(message.role, message.text) for message in again.conversations.messages("maker", kept.id)] == said


def branch(studio, kept):
    return [(placed.message.text, placed.versions) for placed in studio.conversations.path("maker", kept)]


def test_a_message_is_edited_and_answered_again_and_nothing_is_lost(make_studio):
    studio = make_studio(["A1.", "B1.", "A2.", "B2.", "B3."])
    kept = studio.conversations.create("maker", "model-guide").id
    for run in (
        lambda: studio.start_turn(MAKER, kept, "a", "en"),
        lambda: studio.start_turn(MAKER, kept, "b", "en"),
        lambda: studio.regenerate(MAKER, kept, "en", position=1),
        lambda: studio.edit(MAKER, kept, 2, "b, but shorter", "en"),
        lambda: studio.regenerate(MAKER, kept, "en"),
    ):
        assert finish(studio, "maker", run())[-1].reason == "answered"
    requests = [[message.text for message in request.messages] for request in studio.models.wait().requests]
    examples = len(requests[0]) - 1
    asked = [[text.split("\n\n")[-1] for text in texts[examples:]] for texts in requests]
    assert asked == [["a"], ["a", "A1.", "b"], ["a"], ["a", "A1.", "b, but shorter"], ["a", "A1.", "b, but shorter"]]
    assert branch(studio, kept) == [("a", (0,)), ("A1.", (1, 4)), ("b, but shorter", (2, 5)), ("B3.", (6, 7))]
    studio.choose(MAKER, kept, 4)
    assert branch(studio, kept) == [("a", (0,)), ("A2.", (1, 4))]
    studio.choose(MAKER, kept, 2)
    assert branch(studio, kept) == [("a", (0,)), ("A1.", (1, 4)), ("b", (2, 5)), ("B1.", (3,))]
    for refused in (lambda: studio.edit(MAKER, kept, 3, "x", "en"), lambda: studio.choose(MAKER, kept, 8)):
        with pytest.raises(ConversationError, match="no message"):
            refused()
    with pytest.raises(MessageTooLong):
        studio.edit(MAKER, kept, 2, " ", "en")
    with pytest.raises(ConversationMissing):
        studio.choose(VISITOR, kept, 1)


def test_an_answer_that_waits_for_permission_can_be_asked_for_again(make_studio):
    def renew(instance: str) -> str:
        """Renew an instance."""
        return f"renewed {instance}"

    wish = [CallChunk(ToolCall("c1", "renew", {"instance": "i-1"}))]
    studio = make_studio([wish, "No need.", "Done."])
    studio.tools.register(Tool.from_function(renew, risk="spends"))
    guide = studio.personas.get("maker", "model-guide")
    studio.personas.save("maker", guide.document.model_copy(update={"tools": ("renew",)}), guide.revision)
    kept = studio.conversations.create("maker", "model-guide").id
    assert finish(studio, "maker", studio.start_turn(MAKER, kept, "renew i-1", "en"))[-1].reason == "approval"
    assert finish(studio, "maker", studio.regenerate(MAKER, kept, "en"))[-1].reason == "answered"
    with pytest.raises(ConversationError, match="no longer waits"):
        studio.decide(MAKER, kept, {"c1": Decision(True)}, "en")
    studio.choose(MAKER, kept, 1)
    assert finish(studio, "maker", studio.decide(MAKER, kept, {"c1": Decision(True)}, "en"))[-1].reason == "answered"
    assert [text for text, _ in branch(studio, kept)] == ["renew i-1", "", "renewed i-1", "Done."]
    with pytest.raises(ConversationError, match="no longer waits"):
        studio.decide(MAKER, kept, {"c1": Decision(True)}, "en")


def test_what_the_model_was_given_is_shown_to_makers_alone(make_studio):
    studio = make_studio(["Hi.", "Hi."])
    for who in (MAKER, VISITOR):
        kept = studio.conversations.create(who.owner, "gg").id
        run = studio.start_turn(who, kept, "hello you", "en")
        (step,) = (event for event in finish(studio, who.owner, run) if isinstance(event, StepFinished))
        assert (step.number, step.prompt, step.usage.completion_tokens) == (1, "", 2)
        prompt = studio.prompt(who, run, 1)
        if who.maker:
            assert studio.persona(MAKER, "gg").instruction.en.split("\n")[0] in prompt.text
            assert "hello you" in prompt.added
        else:
            assert prompt is None
            assert studio.runs.prompt(who.owner, run, 1) is None, "it is not even kept"


@pytest.mark.parametrize("text", ["", "  \n ", "x" * (MESSAGE_LIMIT + 1), "长" * 200_000])
def test_a_message_that_is_empty_or_too_long_is_refused_and_leaves_nothing(make_studio, text):
    studio = make_studio()
    kept = studio.conversations.create("maker", "gg")
    with pytest.raises(MessageTooLong) as refused:
        studio.start_turn(MAKER, kept.id, text, "en")
    assert refused.value.chinese
    assert list(studio.conversations.messages("maker", kept.id)) == []


class HeldEmbedder(HashEmbedder):
    """Embeds only when it is let: what a slow encoder is in the middle of a first start."""

    def __init__(self):
        super().__init__()
        self.asked, self.let = threading.Event(), threading.Event()

    def embed(self, texts, kind):
        self.asked.set()
        assert self.let.wait(60)
        return super().embed(texts, kind)


def first_start(data, embedder):
    settings = Settings(data=data, offline=True, embedder="hash")
    return build_studio(settings, model=ScriptedModel([]), embedder=embedder, speaker=SilentSpeaker())


def warnings(caplog):
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def has_all_that_is_shipped(studio):
    assert studio._shipped.wait(60)
    found = {made.id: made.documents for made in studio.knowledge.collections("maker")}
    assert set(found) == {ships.id for ships in shipped_collections()}
    assert all(found.values())
    assert studio.knowledge.check().problems == ()
    return found


def test_closing_in_the_middle_of_the_first_start_loses_nothing(tmp_path, caplog):
    embedder = HeldEmbedder()
    studio = first_start(tmp_path / "data", embedder)
    assert embedder.asked.wait(60)
    started = time.monotonic()
    studio.close()
    assert time.monotonic() - started < 1.5
    again = first_start(tmp_path / "data", HashEmbedder())
    found = has_all_that_is_shipped(again)
    embedder.let.set()
    assert studio._shipped.wait(60), "what was under way ends by itself"
    assert has_all_that_is_shipped(again) == found, "and stores nothing in a folder that it has let go"
    again.close()
    assert warnings(caplog) == []


def test_an_answer_that_waits_for_the_first_start_can_be_stopped(tmp_path):
    embedder = HeldEmbedder()
    studio = first_start(tmp_path / "data", embedder)
    assert embedder.asked.wait(60)
    stopped, cut_off = (studio.conversations.create("maker", "librarian").id for _ in range(2))
    run = studio.start_turn(MAKER, stopped, "What does the handbook say about leave?", "en")
    studio.runs.cancel("maker", run)
    assert finish(studio, "maker", run)[-1].reason == "cancelled"
    run = studio.start_turn(MAKER, cut_off, "What does the handbook say about leave?", "en")
    started = time.monotonic()
    studio.close()
    assert time.monotonic() - started < 1.5
    embedder.let.set()
    assert studio._shipped.wait(60)
    again = first_start(tmp_path / "data", HashEmbedder())
    assert finish(again, "maker", run)[-1].reason == "cancelled"
    again.close()


def test_closing_at_once_loses_nothing(tmp_path, caplog):
    first_start(tmp_path / "data", HashEmbedder()).close()
    again = first_start(tmp_path / "data", HashEmbedder())
    has_all_that_is_shipped(again)
    again.close()
    assert warnings(caplog) == []


def test_regenerating_nothing_is_refused(make_studio):
    studio = make_studio()
    kept = studio.conversations.create("maker", "gg")
    with pytest.raises(MessageTooLong, match="nothing to answer"):
        studio.regenerate(MAKER, kept.id, "en")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"tools": ("teleport",)}, "teleport"),
        ({"collections": ("atlantis",)}, "atlantis"),
        ({"model": "hf:no/such"}, "hf:no/such"),
    ],
)
def test_a_persona_that_names_what_is_not_there_is_refused_by_name(make_studio, change, named):
    studio = make_studio()
    gg = studio.personas.get("maker", "gg")
    studio.personas.save("maker", gg.document.model_copy(update=change), gg.revision)
    kept = studio.conversations.create("maker", "gg")
    with pytest.raises(PersonaError, match=named) as refused:
        studio.start_turn(MAKER, kept.id, "hello", "en")
    assert named in refused.value.chinese
    studio.personas.reset("maker", "gg")
    assert studio.agent("gg").persona.id == "gg"


def test_a_persona_may_have_every_tool_and_its_visitors_those_it_names(make_studio):
    studio = make_studio()
    gg = studio.personas.get("maker", "gg")
    studio.personas.save("maker", gg.document.model_copy(update={"tools": ("units",), "all_tools": True}), gg.revision)
    studio.toolbox.switches.turn("qr-code", False)
    tools = studio.agent("gg").tools
    assert next(iter(tools)) == studio.tools.get("units").spec.name
    assert {tool.id for tool in tools.values()} == {tool.id for tool in studio.tools.snapshot().values()}
    assert "qr-code" not in {tool.id for tool in tools.values()}
    assert [tool.id for tool in studio.agent("gg", VISITOR).tools.values()] == ["units"]


def test_a_visitor_is_not_told_what_a_persona_lacks(make_studio):
    studio = make_studio()
    guide = studio.persona(MAKER, "model-guide").model_copy(update={"model": "openai:http://10.0.0.5/v1#m"})
    studio.personas.save(MAKER.owner, guide, 0)
    with pytest.raises(PersonaError) as refused:
        studio.agent("model-guide", VISITOR)
    assert "10.0.0.5" not in refused.value.english + refused.value.chinese
    with pytest.raises(PersonaError, match=r"10\.0\.0\.5"):
        studio.agent("model-guide")


def test_a_visitor_chats_with_published_personas_and_sees_only_their_own(make_studio):
    studio = make_studio(["Hi."])
    gg = studio.personas.get("maker", "gg")
    mine = gg.document.model_copy(update={"id": "mine", "published": False})
    studio.personas.save("maker", mine, 0)
    assert "mine" in {persona.id for persona in studio.personas_for(MAKER)}
    assert {persona.id for persona in studio.personas_for(VISITOR)} == {"gg", "librarian", "model-guide"}
    hidden = studio.conversations.create(VISITOR.owner, "mine")
    with pytest.raises(PersonaError):
        studio.start_turn(VISITOR, hidden.id, "hello", "en")
    kept = studio.conversations.create(VISITOR.owner, "model-guide")
    run = studio.start_turn(VISITOR, kept.id, "hello", "en")
    assert finish(studio, VISITOR.owner, run)[-1].reason == "answered"
    with pytest.raises(ConversationMissing):
        studio.start_turn(Identity("visitor-2", maker=False), kept.id, "hello", "en")
    with pytest.raises(ConversationMissing):
        finish(studio, "visitor-2", run)
    studio.feedback.give(VISITOR.owner, run, 1, "nice")
    assert studio.delete_everything(VISITOR.owner) == 2
    assert studio.feedback.of(VISITOR.owner, kept.id) == {}
    with pytest.raises(ConversationMissing):
        studio.conversations.messages(VISITOR.owner, kept.id)


def test_the_shipped_collections_answer_with_citations(make_studio):
    studio = make_studio(["Twelve [1]."])
    kept = studio.conversations.create("maker", "librarian")
    starter = studio.persona(MAKER, "librarian").starters[0].get("en")
    finish(studio, "maker", studio.start_turn(MAKER, kept.id, starter, "en"))
    answer = studio.conversations.messages("maker", kept.id)[-1]
    assert answer.sources
    passage = studio.knowledge.passage("maker", answer.sources[0].passage.id)
    text = studio.knowledge.text("maker", passage.document)
    assert text[passage.start : passage.end] == passage.text


def test_sentences_to_speak_come_while_the_answer_is_written(make_studio):
    studio = make_studio(["This is **one** sentence. This is another one."])
    kept = studio.conversations.create("maker", "model-guide")
    run = studio.start_turn(MAKER, kept.id, "hello", "en")
    spoken = list(studio.spoken_sentences("maker", run))
    assert len(spoken) == 2
    assert "another" in spoken[1]
    assert studio.voice("maker", run, "zh") == studio.persona(MAKER, "model-guide").voice.zh


def test_five_lines_of_python(make_studio):
    agent = make_studio(["Hello."]).agent("model-guide")
    assert TextDelta("Hello.") in list(agent.run("Hello, you")) or any(isinstance(e, TextDelta) for e in agent.run("x"))


def test_a_second_process_on_the_same_folder_is_told_so(make_studio, tmp_path):
    make_studio()
    code = (
        "import sys; from pathlib import Path; from common.database import DataFolder; from common.errors import DataFolderBusy\n"
        "try: DataFolder(Path(sys.argv[1]))\n"
        "except DataFolderBusy as error: print(error); sys.exit(7)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "data")], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 7, done.stderr
    assert "--data OTHER_FOLDER" in done.stdout


def test_two_studios_of_one_process_do_not_share_a_folder(make_studio):
    make_studio()
    with pytest.raises(DataFolderBusy):
        make_studio()


def test_an_import_brings_a_conversation_to_another_owner_only_as_a_copy(make_studio):
    studio = make_studio(["Hi."])
    kept = studio.conversations.create("maker", "model-guide")
    finish(studio, "maker", studio.start_turn(MAKER, kept.id, "hello", "en"))
    document = json.loads(studio.conversations.export_json("maker", kept.id))
    copy = studio.conversations.import_file(VISITOR.owner, json.dumps(document))
    assert copy.id != kept.id
    assert studio.conversations.messages(VISITOR.owner, copy.id)[0] == Message("user", "hello", tainted=True)
