"""Numbers in any writing."""

import pytest

from retrieval.numbers import numbers, numerals


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Twelve of 1,200 in 2026", {"12", "1200", "2026"}),
        ("3.50 and 007", {"3.5", "7"}),
        ("十二天，两百零五人，三千四百", {"12", "205", "3400"}),
        ("二〇二六年，一万二千", {"2026", "12000"}),
        ("１２ 天", {"12"}),
        ("nothing here", set()),
    ],
)
def test_a_number_is_one_however_it_is_written(text, found):
    assert numbers(text) == found


def test_only_digits_are_numerals():
    assert numerals("twelve, 十二 and 3.0") == {"3"}
