"""QR codes: what a reader reads is what was asked for."""

import io

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tools.base import ToolContext
from tools.builtin.qrcode import QrCode
from tools.runner import run


def make(text, language="en"):
    return run(QrCode(), {"text": text}, ToolContext(language=language))


def read(output):
    (media,) = output.media
    assert media.type == "image/png"
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(media.data)))
    return found.text


@pytest.mark.parametrize(
    "text", ["https://example.org/?q=1&r=2", "你好，世界 🙂", "12345", "点茗", "テスト", "é", "A" * 2953, "中" * 984]
)
def test_a_reader_reads_what_was_asked_for(text):
    assert read(make(text)) == text


@settings(max_examples=60)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60))
def test_any_text_can_be_read_back(text):
    assert read(make(text)) == text


def test_the_answer_and_the_picture_are_named_in_the_readers_language():
    output = make("https://example.org")
    assert output.text == "Made a QR code that holds: https://example.org"
    assert output.media[0].name == "QR code: https://example.org"
    assert Image.open(io.BytesIO(output.media[0].data)).width == output.data["pixels"] >= 480
    assert make("你好", "zh").media[0].name == "二维码：你好"
    assert len(make("x" * 500).text) < 120


def test_a_text_that_no_code_holds_is_refused_in_both_languages():
    assert "3,000 bytes" in make("中" * 1000).text
    assert "3,000 字节" in make("中" * 1000, "zh").text
    assert make("a" * 3000).failed
