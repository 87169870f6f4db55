"""What counts as a right answer to the everyday questions: numbers and how they are rounded, times of day, dates."""

from datetime import UTC, datetime

import pytest

from evaluation.everyday import QUESTIONS, Question

RIGHT = {question.text: question for question in QUESTIONS}
NOW = datetime(2027, 4, 14, 16, 5, tzinfo=UTC)  # 01:05 of the next day in Tokyo, 17:05 in London, 12:05 in New York


def right(text: str, answer: str, now: datetime = NOW) -> bool:
    question: Question = RIGHT[text]
    return question.right(answer, now)


def test_there_are_forty_and_an_answer_without_the_truth_is_never_right():
    assert len(RIGHT) == 40
    assert not [text for text in RIGHT if right(text, "I am sorry, I cannot help with that.") or right(text, "")]


@pytest.mark.parametrize(
    ("text", "answer", "holds"),
    [
        ("What is 17.5% of 2,340?", "17.5% of 2,340 is 409.5.", True),
        ("What is 17.5% of 2,340?", "It is 409.50", True),
        ("What is 17.5% of 2,340?", "About 410.", True),  # rounded at its last digit, three digits
        ("What is 17.5% of 2,340?", "It is 408.", False),
        ("What is 17.5% of 2,340?", "It is 409.", False),
        ("What is 17.5% of 2,340?", "It is 409.4", False),
        ("What is 17.5% of 2,340?", "It is 4095.", False),
        ("What is 17.5% of 2,340?", "It is -409.5.", False),
        ("What is 48 times 73?", "3,504", True),
        ("What is 48 times 73?", "3504.0", True),
        ("What is 48 times 73?", "3500", False),
        ("What is 48 times 73?", "13504", False),
        ("How much is 1,299 plus 8% tax?", "$1,402.92", True),
        ("How much is 1,299 plus 8% tax?", "$1,403", True),
        ("How much is 1,299 plus 8% tax?", "$1,402", False),
        ("What is 1/8 + 3/16 as a decimal?", "0.3125", True),
        ("What is 1/8 + 3/16 as a decimal?", "0.313", True),
        ("What is 1/8 + 3/16 as a decimal?", "0.31", False),  # two digits
        ("How much is a 15% tip on 86.40?", "13.0", True),
        ("How much is a 15% tip on 86.40?", "13", False),
        ("What's the square root of 3,136?", "56", True),
        ("What's the square root of 3,136?", "6", False),
        ("What's the square root of 3,136?", "0." + "0" * 60 + "56", False),
        ("5 miles in km?", "8.04672 km", True),
        ("5 miles in km?", "8.047 km", True),
        ("5 miles in km?", "8.05 km", True),
        ("5 miles in km?", "8.0 km", False),
        ("5 miles in km?", "8.04 km", False),
        ("How many pounds are 12 kilograms?", "26.45547146 lb", True),
        ("How many pounds are 12 kilograms?", "26.455 lb", True),
        ("How many pounds are 12 kilograms?", "26.456 lb", False),
        ("120 km/h in mph?", "74.6", True),
        ("120 km/h in mph?", "74.5", False),
        ("Convert 98.6 degrees Fahrenheit to Celsius.", "98.6 °F is 37 °C.", True),
        ("Convert 98.6 degrees Fahrenheit to Celsius.", "98.6 °F is 37.1 °C.", False),
        ("How many days are between 2026-03-01 and 2026-07-15?", "136 days", True),
        ("How many days are between 2026-03-01 and 2026-07-15?", "From 2026-03-01 to 2026-07-15 it is 135 days.", False),
        ("How many days are there until Christmas?", "255 days", True),  # from 14 April
        ("How many days are there until Christmas?", "256 days", False),
    ],
)
def test_numbers(text, answer, holds):
    assert right(text, answer) is holds


TOKYO, LONDON, YORK = (
    "What time is it in Tokyo?",
    "What's the time in London right now?",
    "Do you know the current time in New York?",
)
CONVERTED = "When it is 9:00 in Paris, what time is it in Tokyo?"  # 16:00 in summer, 17:00 in winter


@pytest.mark.parametrize(
    ("text", "answer", "holds"),
    [
        (TOKYO, "It is 01:05 in Tokyo.", True),
        (TOKYO, "It is 2027-04-15 01:05:41 there (UTC+09:00).", True),
        (TOKYO, "2027-04-15T01:05", True),
        (TOKYO, "1:05 AM", True),
        (TOKYO, "1:05 a.m.", True),
        (TOKYO, "1:05", True),
        (TOKYO, "01:04", True),  # the minute turned while it was answered
        (TOKYO, "01:06", True),
        (TOKYO, "01:07", False),
        (TOKYO, "21:05", False),
        (TOKYO, "11:05", False),
        (TOKYO, "13:05", False),
        (TOKYO, "1:05 pm", False),
        (TOKYO, "1:05\u202fp.m.", False),
        (TOKYO, "01:05 PM", False),
        (TOKYO, "It is 16:05 (UTC+01:05).", False),
        (LONDON, "17:05", True),
        (LONDON, "5:05 PM", True),
        (LONDON, "05:05 PM", True),
        (LONDON, "5:05", True),  # either half of the day
        (LONDON, "05:05", False),  # with a nought it is the morning
        (LONDON, "5:05 am", False),
        (LONDON, "17:05 am", False),
        (LONDON, "15:05", False),
        (YORK, "12:05 pm", True),
        (YORK, "12:05", True),
        (YORK, "12:05 am", False),
        (YORK, "00:05", False),
        (CONVERTED, "It is 16:00 in Tokyo.", True),
        (CONVERTED, "When it is 9:00 in Paris, it is 4 pm in Tokyo.", True),
        (CONVERTED, "4:00 PM", True),
        (CONVERTED, "14:00", False),
        (CONVERTED, "4 am", False),
        (CONVERTED, "9:00 in Paris is 17:00 in Tokyo.", False),
    ],
)
def test_times(text, answer, holds):
    assert right(text, answer) is holds


def test_at_two_in_the_afternoon_five_past_twelve_is_wrong():
    two = datetime(2027, 1, 14, 14, 5, tzinfo=UTC)
    assert right(LONDON, "2:05 pm", two)
    assert right(LONDON, "It's 14:05.", two)
    assert not right(LONDON, "12:05", two)
    assert not right(LONDON, "2:05 am", two)
    assert right(CONVERTED, "17:00", two), "in winter it is eight hours"


@pytest.mark.parametrize(
    ("answer", "holds"),
    [
        ("It is 5 May 2027.", True),
        ("May 5, 2027", True),
        ("May 5", True),
        ("the 5th of May", True),
        ("2027-05-05", True),
        ("Wednesday, 5 may", True),
        ("It is 15 May.", False),
        ("25 May 2027", False),
        ("May 51", False),
        ("2027-05-055", False),
        ("5 May 2026", False),
        ("May 5, 2026", False),
        ("5 March", False),
    ],
)
def test_dates(answer, holds):
    assert right("What is the date 3 weeks from now?", answer) is holds  # 14 April and 21 days


def test_a_date_that_is_fixed_and_a_weekday():
    text = "What date is 90 days after 2026-05-20?"
    assert right(text, "2026-08-18")
    assert right(text, "That is August 18, 2026.")
    assert not right(text, "2026-08-17")
    assert not right(text, "18 August 2025")
    assert right("What day of the week is 4 July 2027?", "It is a Sunday.")
    assert not right("What day of the week is 4 July 2027?", "It is a Saturday.")
