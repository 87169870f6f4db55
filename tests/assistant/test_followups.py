"""A message that leans on what was said before is searched with that; one that stands alone is not."""

import pytest

from assistant.events import PassagesFound, StepFinished
from assistant.followups import before, find, leans
from assistant.messages import Message, Usage
from assistant.models.base import TextChunk, UsageChunk
from knowledge.base import RELEVANT, Knowledge
from tests.assistant.dialogues import CHINESE, ENGLISH
from tests.assistant.turns import WEAK, agent, hit, turn

CATS = [Message("user", "What do cats eat?"), Message("assistant", "Meat.")]


@pytest.mark.parametrize(
    "text",
    [
        *("and for dogs?", "how much is it?", "What about the evening?", "Why?", "tell me more about them", "And her brother"),
        *("那狗呢？", "它多少钱？", "然后呢", "为什么？", "周末呢？"),
    ],
)
def test_what_leans(text):
    assert leans(text)


@pytest.mark.parametrize(
    "text",
    [
        *("Thanks!", "That helps.", "hello", "What do dogs eat in winter?", "How many days of annual leave do I get?", "ok"),
        *("谢谢", "好的", "你好！", "员工买书打几折，和其他优惠能一起用吗？", "那真是太好了", "晚上好"),
    ],
)
def test_what_stands_alone(text):
    assert not leans(text)


def test_the_question_before_is_the_last_that_does_not_point_back():
    asked = [*CATS, Message("user", "And kittens?"), Message("assistant", "Milk."), Message("user", "")]
    assert before(asked) == "What do cats eat?"
    assert before([Message("user", "And kittens?")]) == "And kittens?"
    assert before([]) == ""


def test_whichever_finds_more_is_taken():
    alone, joined, asked = "and dogs?", "What do cats eat? and dogs?", "What do dogs eat?"
    found = {alone: [hit(1, score=0.4)], joined: [hit(2, score=0.6)], asked: [hit(3, score=0.8)]}
    assert find(found.__getitem__, alone, CATS, lambda: "") == (found[joined], joined)
    assert find(found.__getitem__, alone, CATS, lambda: asked) == (found[asked], asked)
    assert find((found | {joined: [], asked: []}).__getitem__, alone, CATS, lambda: asked) == (found[alone], "")
    assert find(found.__getitem__, alone, [], lambda: "never") == (found[alone], "")


def test_where_nothing_is_found_no_model_is_asked():
    assert find(lambda query: [], "and dogs?", CATS, lambda: pytest.fail("asked")) == ([], "")


def searching(script, **more):
    """An agent whose search finds what it is asked for, and the queries."""
    asked, model = agent(script, **more)
    queries = []

    def search(query, limit):
        queries.append(query)
        return [hit(1, "Dogs eat meat.", score=0.9 if query == "What do dogs eat?" else len(query) / 100)]

    object.__setattr__(asked, "search", search)
    return asked, model, queries


def test_an_able_model_rewrites_and_the_trace_says_so():
    asked, model, queries = searching([[TextChunk('"What do dogs eat?"'), UsageChunk(Usage(9, 0, 4))], "Meat [1]."])
    happened = turn(asked, "and for dogs?", CATS)
    assert queries == ["and for dogs?", "What do cats eat? and for dogs?", "What do dogs eat?"]
    assert happened[0] == PassagesFound((hit(1, "Dogs eat meat."),), "What do dogs eat?")
    (step,) = (event for event in happened if isinstance(event, StepFinished))
    assert happened[-1].usage == step.usage + Usage(9, 0, 4)
    assert "What do cats eat?" in model.requests[0].messages[1].text
    assert model.requests[1].messages[-1].text.endswith("and for dogs?")
    model.assert_used_up()


@pytest.mark.parametrize("said", ["I cannot.\nSorry.", "", "Bananas are yellow.", "dogs " * 100])
def test_what_a_model_writes_beside_the_question_is_not_searched(said):
    asked, _, queries = searching([said, "Meat."])
    turn(asked, "and for dogs?", CATS)
    assert queries == ["and for dogs?", "What do cats eat? and for dogs?"]


def test_a_small_model_is_not_asked():
    asked, model, queries = searching([], info=WEAK)
    turn(asked, "and for dogs?", CATS)
    assert queries == ["and for dogs?", "What do cats eat? and for dogs?"]
    assert not model.requests


def test_a_question_that_stands_alone_is_searched_once():
    asked, model, queries = searching(["Meat [1]."])
    turn(asked, "What do dogs eat in the winter?", CATS)
    assert queries == ["What do dogs eat in the winter?"]
    model.assert_used_up()


@pytest.mark.parametrize(("dialogues", "alone", "together"), [(ENGLISH, 26, 28), (CHINESE, 25, 28)], ids=["en", "zh"])
def test_the_right_passage_is_among_the_first_three_more_often(make_studio, dialogues, alone, together, say):
    """`alone` is the most that the message by itself finds, `together` the least with the rule; the embedder is the double."""
    knowledge: Knowledge = make_studio().knowledge

    def right(hits, heading):
        return any(each.passage.heading.split(" > ")[-1] == heading for each in hits[:3])

    by_itself = by_rule = 0
    for collection, asked, message, heading in dialogues:

        def search(query, collection=collection):
            return knowledge.search("maker", query, [collection], 6, RELEVANT)

        by_itself += right(search(message), heading)
        by_rule += right(find(search, message, [Message("user", asked)], lambda: "")[0], heading)
    say(f"hit@3 of {len(dialogues)}: alone {by_itself}, with the question before {by_rule}")
    assert by_itself <= alone
    assert by_rule >= together
