"""Numbers in Chinese characters."""

import pytest

from tools.builtin.numerals import with_digits


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("十", "10"),
        ("十二", "12"),
        ("二十", "20"),
        ("二十一", "21"),
        ("一百", "100"),
        ("一百零五", "105"),
        ("三百二十", "320"),
        ("两千", "2000"),
        ("一万二千", "12000"),
        ("二〇二六", "2026"),
        ("零", "0"),
        ("三个月", "3个月"),
        ("十二月二十五日", "12月25日"),
        ("no numbers", "no numbers"),
    ],
)
def test_numbers_are_read(written, digits):
    assert with_digits(written) == digits
