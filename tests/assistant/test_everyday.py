"""The built-in model as people get it answers everyday questions through the tools, with the right number."""

import threading
from datetime import UTC, datetime

import pytest

from assistant.events import MessageCompleted, ToolStarted, TurnFinished
from evaluation.everyday import QUESTIONS

FIVE = (0, 12, 20, 30, 3)


@pytest.fixture(scope="module")
def guide(unpacked, tmp_path_factory):
    """Asks the model guide, in a data folder of its own; returns the answer and the tools it went through."""
    from dataclasses import replace

    from assistant.access import MAKER
    from assistant.models import builtin
    from assistant.settings import Settings
    from assistant.speech.base import SilentSpeaker
    from assistant.studio import build_studio

    data = unpacked(tmp_path_factory.mktemp("everyday"))
    model = builtin.load(data, device="cpu")
    studio = build_studio(Settings(data=data, offline=True), model=model, speaker=SilentSpeaker())
    assert studio._shipped.wait(300)

    def ask(text):
        agent = studio.agent("model-guide", MAKER)
        persona = agent.persona.model_copy(
            update={"generation": agent.persona.generation.model_copy(update={"temperature": 0.0})}
        )
        events = list(replace(agent, persona=persona).run(text, language="en", cancel=threading.Event()))
        said = [event.message.text for event in events if isinstance(event, MessageCompleted)]
        used = [event.call.name for event in events if isinstance(event, ToolStarted)]
        assert isinstance(events[-1], TurnFinished)
        return said[-1], used

    yield ask
    studio.close()


@pytest.mark.model
@pytest.mark.parametrize("number", FIVE)
def test_an_everyday_question_is_answered_through_its_tool(guide, number):
    question = QUESTIONS[number]
    now = datetime.now(UTC)
    answer, used = guide(question.text)
    assert question.tool in used, (question.text, answer, used)
    assert question.right(answer, now), (question.text, answer)


@pytest.mark.soak
def test_nine_in_ten_of_forty_everyday_questions_are_answered_right(guide, say):
    wrong = []
    for question in QUESTIONS:
        now = datetime.now(UTC)
        answer, used = guide(question.text)
        if question.tool not in used or not question.right(answer, now):
            wrong.append((question.text, used, answer))
    say(f"{len(QUESTIONS) - len(wrong)} of {len(QUESTIONS)} everyday questions are answered right")
    assert len(QUESTIONS) == 40
    assert len(wrong) <= 4, wrong
