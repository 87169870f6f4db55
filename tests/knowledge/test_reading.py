"""First hits read word by word: what is asked in other words is found, and what only shares the subject is not."""

import pytest

from knowledge.base import RELEVANT
from knowledge.evidence import Evidence, score
from knowledge.types import Record
from retrieval.embedding import HashEmbedder, load_embedder
from retrieval.interaction import Interaction

FERRY = [
    "The ferry Aurora has carried passengers between Lindholm and the island of Varde since 1962. It takes 240 passengers.",
    "In winter the ferry leaves Lindholm at eight in the morning and at four in the afternoon. In summer it leaves hourly.",
    "A ticket to Varde costs nine euros. Children under six travel free, and bicycles cost two euros more.",
    "The lighthouse of Varde was finished in 1874. Its keeper lived there until the lamp became automatic.",
]


@pytest.fixture
def ferry(open_knowledge):
    """Four passages of a document, with the built-in embedder; `ferry.readings` are how many passages each search read."""
    embedder = load_embedder("builtin")
    knowledge = open_knowledge(embedder)
    knowledge.create_collection("maker", "Ferry", "ferry")
    knowledge.add_records("maker", "ferry", [Record("", text) for text in FERRY], "ferry", headings_weigh=False)
    knowledge.readings = []
    read = embedder.read

    def counted(texts, kind):
        if kind == "passage":
            knowledge.readings.append(len(texts))
        return read(texts, kind)

    embedder.read = counted
    return knowledge


def best(knowledge, question):
    return knowledge.search("maker", question, ["ferry"], minimum=0.0)[0]


@pytest.mark.model
@pytest.mark.parametrize("question", ["What do kids pay?", "How expensive is the trip?"])
def test_a_question_in_other_words_is_answered(ferry, question):
    (hit, *_) = ferry.search("maker", question, ["ferry"], minimum=RELEVANT)
    assert hit.passage.text == FERRY[2]
    assert hit.lexical == 0
    assert hit.read > 0.3


@pytest.mark.model
@pytest.mark.parametrize("question", ["Hello!", "Tell me a joke", "How many people live on Varde?", "What is 17 % of 2340?"])
def test_what_the_passages_do_not_tell_is_not_found(ferry, question):
    assert ferry.search("maker", question, ["ferry"], minimum=RELEVANT) == []


@pytest.mark.model
def test_what_shares_the_subject_is_less_sure_than_by_its_words(ferry):
    asked = "Which company owns the ferry Aurora?"
    sure = best(ferry, "How many passengers does the ferry Aurora take?")
    doubtful = best(ferry, asked)
    assert doubtful.score < 0.5 < sure.score
    ferry.embedder.read = None
    assert best(ferry, asked).score > doubtful.score + 0.1


@pytest.mark.model
def test_what_is_sure_is_not_read(ferry):
    assert best(ferry, "When was the lighthouse of Varde finished?").read is None
    assert ferry.readings == []
    assert best(ferry, "Is there a bridge?").read is not None
    assert ferry.readings == [3]


@pytest.mark.model
def test_records_and_questions_in_an_unread_language_are_not_read(ferry):
    ferry.search("maker", "渡轮什么时候开？", ["ferry"], minimum=0.0)
    ferry.create_collection("maker", "Questions", "questions")
    ferry.add_records("maker", "questions", [Record("Is there a bridge?", "No, there is none.")], "asked")
    assert ferry.search("maker", "Can I walk across?", ["questions"], minimum=0.0)
    assert ferry.readings == []


@pytest.mark.model
def test_why_tells_what_the_reading_showed(ferry):
    told = ferry.explain("maker", "What do kids pay?", ["ferry"])
    hit, reason = told.hits[0]
    assert (reason.read, reason.score) == (hit.read, hit.score)


def test_an_embedder_without_tokens_answers_as_before(open_knowledge):
    knowledge = open_knowledge(HashEmbedder())
    knowledge.create_collection("maker", "Ferry", "ferry")
    knowledge.add_records("maker", "ferry", [Record("", text) for text in FERRY], "ferry", headings_weigh=False)
    assert best(knowledge, "Is there a bridge?").read is None


def test_reading_counts_for_more_than_shared_words():
    near, far = Interaction(0.7, 0.7), Interaction(0.3, 0.4)
    assert score(Evidence(0.4, 0.0, read=near), False) > RELEVANT > score(Evidence(0.4, 0.6, read=far), False)
    other = Evidence(0.4, 0.5, fit=0.2, read=far)
    leading, level = Evidence(0.4, 0.5, fit=0.2, read=near), Evidence(0.4, 0.5, fit=0.2, read=Interaction(0.3, 1.1))
    assert score(leading, False, other) > score(level, False, other)
