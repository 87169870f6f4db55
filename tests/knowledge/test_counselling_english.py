"""The care with which the English counselling records are written: what they say, what they never say, what they cover.

Their form is checked with that of the Chinese ones in `test_efaqa.py`, and what finds them in `test_shipped.py`.
"""

import json
import re
from pathlib import Path

import pytest
import yaml

from knowledge.corpora.efaqa import NO_DANGER

ROOT = Path(__file__).parents[2]
RECORDS = [
    json.loads(line)
    for line in (ROOT / "knowledge" / "corpora" / "shipped" / "counselling-en.jsonl").read_text(encoding="utf-8").splitlines()
]

HURTFUL = [
    "cheer up",
    "calm down",
    "snap out",
    "get over it",
    "move on with your life",
    "look on the bright side",
    "everything happens for a reason",
    "time heals",
    "it could be worse",
    "others have it worse",
    "be grateful",
    "be strong",
    "man up",
    "just relax",
    "don't cry",
    "don't worry",
    "don't be sad",
    "stop worrying",
    "too sensitive",
    "overreact",
    "attention-seeking",
    "i know exactly how you feel",
    "will be fine",
    "will be all right",
    "promise you",
    "commit suicide",
    "selfish",
    "you should",
    "you must ",
]
DIAGNOSES = [
    r"\byou(?:'re| are| have|'ve got) (?:clinically |probably |just )?"
    r"(?:depress|an anxiety|anxiety disorder|a panic disorder|bipolar|ptsd|an eating disorder|an? addict|an alcoholic|traumati)",
    r"\b(?:take|try) (?:some |a )?(?:melatonin|sleeping pills?|valium|antidepressants?|medication)",
    r"\d+ ?(?:mg|milligrams?|tablets?|pills?)\b",
]
NUMBERS = ("988 in the US", "116 123 in the UK", "12356 in China")
LIMITS = {  # what GG cannot do, by a word of the title and what the answer says of it
    "job openings": "I can't do that one",
    "Recommend a book": "I can't look anything up",
    "weather": "I won't make any up",
    "restaurant": "I can't see",
    "homework": "Model Guide",
    "What can you do": "I can't do",
    "real person": "I'm a program",
}


def replies(data: dict) -> str:
    return "\n".join(chat["value"] for chat in data["chats"] if chat["sender"] == "audience")


def spoken(data: dict) -> str:
    """What is said to the reader, without the words in quotation marks."""
    return re.sub(r'"[^"]*"', "", replies(data))


def test_lengths_are_right_for_a_quotation():
    for data in RECORDS:
        assert len(data["title"]) <= 150, data["title"]
        assert 120 <= len(replies(data)) <= 700, data["title"]
        assert all(len(chat["value"]) <= 350 for chat in data["chats"]), data["title"]
        assert [chat["sender"] for chat in data["chats"]][:3] == ["audience", "owner", "audience"], data["title"]


@pytest.mark.parametrize("phrase", HURTFUL)
def test_no_reply_says_what_hurts(phrase):
    assert [data["title"] for data in RECORDS if phrase in spoken(data).lower()] == []


@pytest.mark.parametrize("pattern", DIAGNOSES)
def test_no_reply_diagnoses_or_doses(pattern):
    assert [data["title"] for data in RECORDS if re.search(pattern, replies(data), re.IGNORECASE)] == []


def test_replies_are_plain():
    for data in RECORDS:
        text = data["title"] + replies(data) + "".join(chat["value"] for chat in data["chats"])
        assert text.isascii(), data["title"]  # no Chinese, no typographer's marks that nobody types
        assert "!" not in text, data["title"]
        assert not re.search(r"https?://|www\.", text), data["title"]


def test_at_most_one_question_is_asked_and_it_comes_last():
    for data in RECORDS:
        text = spoken(data).strip()
        assert text.count("?") <= 1, data["title"]
        assert "?" not in text.rstrip("?"), data["title"]
        asked = [chat["label"]["question"] for chat in data["chats"] if chat["sender"] == "audience"]
        assert asked == [*[False] * (len(asked) - 1), text.endswith("?")], data["title"]


def test_where_there_is_danger_help_is_named_for_a_country_we_do_not_know():
    dangerous = [data for data in RECORDS if data["label"]["s3"] != NO_DANGER]
    assert {data["label"]["s3"] for data in dangerous} >= {"3.2", "3.3", "3.4", "3.5"}
    for data in dangerous:
        assert "your local emergency number" in replies(data), data["title"]
        assert all(number in replies(data) for number in NUMBERS), data["title"]


def test_only_known_numbers_are_named():
    for data in RECORDS:
        found = re.findall(r"\d[\d -]*\d{2}", replies(data))
        assert set(found) <= {"988", "116 123", "12356"}, data["title"]


def test_illness_is_met_with_a_doctor():
    for data in RECORDS:
        if data["label"]["s2"] not in ("2.7", "2.8"):
            assert re.search(r"doctor|therapist|counsellor", replies(data)), data["title"]


def test_what_gg_cannot_do_is_said():
    for title, said in LIMITS.items():
        (data,) = [data for data in RECORDS if title in data["title"]]
        assert said in replies(data), title


def test_every_english_starter_has_its_record():
    starters = yaml.safe_load((ROOT / "personas" / "gg.yaml").read_text(encoding="utf-8"))["starters"]
    titles = [set(words(data["title"])) for data in RECORDS]
    for starter in starters:
        assert any(set(words(starter["en"])) <= title for title in titles), starter["en"]


def words(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower())


TOPICS = [
    "sleep",
    "broke up",
    "my ex",
    "lonely",
    "dread",
    "burned out",
    "exam",
    "parents",
    "husband",
    "partner",
    "friend",
    "understands",
    "bullied",
    "boss",
    "died",
    "dog",
    "anxiety",
    "panic",
    "not good enough",
    "ugly",
    "perfectionist",
    "procrastinate",
    "scrolling",
    "baby",
    "cheated",
    "divorce",
    "debt",
    "cancer",
    "gay",
    "meaning of life",
    "binge",
    "drink",
    "new city",
    "college",
    "new manager",
    "social anxiety",
    "anger",
    "guilty",
    "numb",
    "motivation",
    "career",
    "turning 30",
    "Instagram",
    "jealous",
    "Long distance",
    "love me back",
    "elderly",
    "lost my job",
    "depressed",
    "therapist",
    "say no",
    "overthink",
    "I'm sick",
    "crying",
    "tired",
    "overwhelmed",
    "childhood",
    "want to die",
    "suicidal",
    "self-harm",
    "violence",
    "hurt them",
    "Hello",
    "Good morning",
    "Good evening",
    "Good night",
    "How are you",
    "Who are you",
    "human",
    "What can you do",
    "Thank you",
    "Bye",
    "bored",
    "joke",
    "story",
    "useless",
    "You don't understand me",
    "I like you",
    "promoted",
    "weather",
    "job listings",
    "movie",
    "should I eat",
    "homework",
    "How old",
    "don't want to talk",
    "hug",
    "company",
]


@pytest.mark.parametrize("topic", TOPICS)
def test_what_people_come_with_is_there(topic):
    assert any(topic in data["title"] for data in RECORDS)
