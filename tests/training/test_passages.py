"""Made-up passages and talk: what is asked can be answered from what is in view, or truly cannot."""

import json
import random
import re

import pytest

from assistant import quoting
from assistant.messages import Message, Usage
from assistant.models.base import ModelInfo, TextChunk, UsageChunk
from tools.base import ToolSpec
from training.conversation import Conversation
from training.generate import passages, passages_topics, talk
from training.generate.passages_words import Words

INFO = ModelInfo("builtin", "Small", frozenset({"en"}), tools=False, grounding=False, context_tokens=4096)


@pytest.fixture(scope="module")
def made():
    return passages.generate_passages(400, 7)


def fenced(message: Message) -> list[str]:
    return re.findall(r"<<<\n(.*?)\n>>>", message.text, re.DOTALL)


def test_every_sentence_of_every_topic_can_be_asked_for():
    facts = [fact for topic in passages_topics.topics() for fact in topic.facts]
    assert len(passages_topics.topics()) >= 60
    assert all(topic.titles and len(topic.facts) >= 6 for topic in passages_topics.topics())
    assert all(fact.text.endswith(".") for fact in facts)
    assert not [fact.text for fact in facts if not fact.questions]
    assert all(question.endswith("?") for fact in facts for question in fact.questions)


def test_every_slot_of_every_topic_can_be_filled():
    dice = random.Random(1)
    for topic in passages_topics.topics():
        drawn = passages.draw(topic, dice)
        whole = " ".join(
            [drawn.title, *(text for fact in (*drawn.facts, *drawn.missing) for text in (fact.text, *fact.questions))]
        )
        assert not set("{}|") & set(whole), whole


def test_every_answer_stands_in_the_passage_that_it_names(made):
    answers = 0
    for conversation in made:
        view: list[str] = []
        for message, weight in zip(conversation.messages, conversation.weights, strict=True):
            if message.role == "user":
                view = fenced(message) or view
            elif weight and message.text != passages.NOT_THERE:
                sentence, number = re.fullmatch(r"(.*) \[(\d)\]\.?", message.text, re.DOTALL).groups()
                assert sentence.rstrip(".") in view[int(number) - 1]
                answers += 1
    assert answers > 500


def test_one_in_seven_is_turned_down_in_the_words_of_the_app(made):
    learnt = [m.text for one in made for m, weight in zip(one.messages, one.weights, strict=True) if weight]
    assert 0.1 < learnt.count(passages.NOT_THERE) / len(learnt) < 0.2
    persona = next(persona for persona in passages._shipped() if persona.answers_only_from_documents)
    assert quoting.quote(persona, INFO, "en", [], []).startswith(passages.NOT_THERE)


def test_what_is_turned_down_was_left_out_or_is_about_something_else():
    dice = random.Random(3)
    asked = [passages.ask(dice) for _ in range(600)]
    for one in asked:
        texts = [fact for drawn in one.view for fact in drawn.facts if one.question in fact.questions]
        if one.absent:
            assert not texts
        for more in passages._more(dice, one, 3):
            sentences = {fact.text: number for number, drawn in enumerate(one.view, 1) for fact in drawn.facts}
            right = {passages.quoted(text, number) for text, number in sentences.items()}
            assert more.absent == (more.answer == passages.NOT_THERE)
            assert more.absent or more.answer in right
    assert 1 < sum(len(one.view) for one in asked) / len(asked) < 2


def test_the_same_seed_makes_the_same_and_another_seed_makes_others(made):
    assert passages.generate_passages(20, 7) == made[:20]
    assert passages.generate_passages(20, 8) != made[:20]


def test_questions_hardly_ever_repeat(made):
    asked = [m.text for one in made for m in one.messages if m.role == "user" and fenced(m)]
    assert len(set(asked)) == len(asked)
    assert sum(len(message.text.split()) for one in made for message in one.messages) / len(made) < 350


def test_the_documents_of_the_app_are_asked_about_by_their_headings():
    topics = passages_topics.shipped_topics()
    asked = [question for topic in topics for fact in topic.facts for question in fact.questions]
    assert "What is a reranker?" in asked
    assert "How do I get another answer?" in asked
    assert len(asked) >= 8
    assert len(topics) > 60
    assert not any(not fact.text or "\n" in fact.text for topic in topics for fact in topic.facts)


def test_a_topic_line_out_of_place_is_refused():
    with pytest.raises(ValueError, match="line 1"):
        passages_topics.read_topics("? Who?")


def test_slots_keep_their_value_and_numbers_do_not():
    words = Words(random.Random(5))
    name = words.fill("{Person}")
    assert words.fill("{Person} and {Person.last}") == f"{name} and {name.split()[-1]}"
    assert words.fill("{Person2}") != name
    year = words.fill("{1700..1850=built}")
    assert 1700 <= int(year) <= 1850
    assert words.fill("{built}") == year
    assert words.fill("{20000..20000}") == "20,000"
    assert words.fill("{wool|salt}") == words.fill("{wool|salt}")
    assert words.fill("(one|one) {9..9/1} owl and a {owl|owl}") in ("One 9 owl and an owl", "One nine owl and an owl")
    with pytest.raises(KeyError):
        words.fill("{Nonsense}")


@pytest.mark.parametrize("reply", ["", "Hello!", "Use two or three short sentences.", "1. LIGHT\n2. light"])
def test_replies_that_nobody_should_learn(reply):
    assert not talk._fit(reply, "Hello!")
    assert talk._fit("Hello to you.", "Hello!")


class Parrot:
    """A model that counts what it is asked, loops on one opener, never ends on another and echoes a third."""

    info = INFO

    def __init__(self):
        self.asked = 0

    def stream(self, messages, tools, options, cancel):
        self.asked += 1
        last = messages[-1].text
        text = {
            "Hi there.": "It goes round and round. It goes round and round.",
            "You are funny.": "1. A boat came up the river.\n2. It was",
            "Thank you very much.": "Thank you very much.",
        }.get(last, "A fresh reply to that.")
        yield TextChunk(text)
        yield UsageChunk(Usage(completion_tokens=options.max_tokens if last == "You are funny." else 9))

    def count_tokens(self, text):
        return len(text)


def test_replies_to_talk_are_kept_and_bad_ones_left_out(tmp_path):
    model, path = Parrot(), tmp_path / "talk.jsonl"
    spec = ToolSpec("lamp", "Switch the lamp.", {"type": "object", "properties": {}})
    everything = len(talk.openers()) - len(talk._set_aside())
    made = talk.generate_talk(model, everything, 1, path, [spec])
    replies = {one.messages[-2].text.split("\n\n")[-1]: one.messages[-1].text for one in made}
    assert replies["Hi there."] == "It goes round and round."
    assert replies["You are funny."] == "1. A boat came up the river."
    assert "Thank you very much." not in replies
    assert any(conversation.tools for conversation in made)
    assert any(not conversation.tools for conversation in made)
    assert any(conversation.messages[-2].text.startswith("Today is 20") for conversation in made)
    asked = model.asked
    lines = path.read_text("utf-8").splitlines()
    assert asked == len(lines)
    assert talk.generate_talk(model, everything, 1, path, [spec]) == made
    assert talk.generate_talk(None, everything, 1, path, [spec]) == made
    assert model.asked == asked
    assert all(json.loads(line)["asked"] for line in lines)


def test_what_is_set_aside_is_never_trained_on(tmp_path):
    model, path = Parrot(), tmp_path / "talk.jsonl"
    held = talk.held_out_talk(model, path)
    assert len(held) == talk.HELD_OUT
    assert all(isinstance(one, Conversation) and not one.tools for one in held)
    opening = {one.messages[-2 if one.messages[0].role == "user" else 1].text for one in held}
    made = talk.generate_talk(model, 2 * len(talk.openers()), 1, path)
    trained = {message.text.split("\n\n")[-1] for one in made for message in one.messages if message.role == "user"}
    assert not opening & trained
