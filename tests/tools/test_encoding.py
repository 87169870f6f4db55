"""Hashes and encodings: the values the world knows, and back again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.base import ToolContext
from tools.builtin.encoding import Encoding
from tools.runner import run


def encode(text, method, direction="encode", language="en"):
    return run(Encoding(), {"text": text, "method": method, "direction": direction}, ToolContext(language=language))


@pytest.mark.parametrize(
    ("text", "method", "result"),
    [
        ("", "sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("中文", "md5", "a7bac2239fcdcb3a067903d8077c4a07"),
        ("abc", "sha1", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("abc", "crc32", "352441c2"),
        ("中文 & 1", "base64", "5Lit5paHICYgMQ=="),
        ("中", "hex", "e4b8ad"),
        ("a b/中", "url", "a%20b%2F%E4%B8%AD"),
        ("<a href='x'>&", "html", "&lt;a href=&#x27;x&#x27;&gt;&amp;"),
    ],
)
def test_known_values(text, method, result):
    assert encode(text, method).text == result


def test_a_long_hash():
    assert encode("abc", "sha512").text.startswith("ddaf35a193617abacc417349ae204131")


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60), st.sampled_from(["base64", "hex", "url", "html"]))
def test_what_is_encoded_can_be_decoded(text, method):
    assert encode(encode(text, method).data["result"], method, "decode").data["result"] == text


@pytest.mark.parametrize(
    ("text", "method", "result"),
    [
        ("5Lit\n5paH", "base64", "中文"),
        ("Pz8_", "base64", "???"),
        ("YQ", "base64", "a"),
        ("E4 B8:AD", "hex", "中"),
        ("0xe4b8ad", "hex", "中"),
        ("a+b%20c", "url", "a b c"),
        ("&copy; &#20013;", "html", "© 中"),
    ],
)
def test_the_ways_others_write_are_read(text, method, result):
    assert encode(text, method, "decode").text == result


@pytest.mark.parametrize(
    ("text", "method", "english", "chinese"),
    [
        ("abc", "sha256", "sha256 is a hash", "sha256 是哈希"),
        ("////", "base64", "holds no text", "里不是文字"),
        ("a", "base64", "'a' is not base64", "不是有效的 base64"),
        ("中文", "base64", "is not base64", "不是有效的 base64"),
        ("abc", "hex", "'abc' is not hex", "不是有效的 hex"),
        ("ff", "hex", "holds no text", "里不是文字"),
        ("%zz", "url", "'%zz' is not url", "不是有效的 url"),
        ("%ff", "url", "holds no text", "里不是文字"),
    ],
)
def test_what_cannot_be_decoded_is_said_in_both_languages(text, method, english, chinese):
    assert english in encode(text, method, "decode").text
    output = encode(text, method, "decode", "zh")
    assert chinese in output.text
    assert output.failed
