"""Which languages a text is in."""

import pytest

from retrieval.language import languages_of


@pytest.mark.parametrize(
    ("text", "languages"),
    [
        ("How many days?", {"en"}),
        ("年假有几天", {"zh"}),
        ("怎么在 Hearth 里导入 OpenAPI 文档", {"zh", "en"}),
        ("在这个网页上可以看到许多模型，它们都可以下载使用，也可以直接在线体验，非常方便 GPU", {"zh"}),
        ("これは日本語の文章です", {"ja"}),
        ("안녕하세요", {"ko"}),
        ("Привет, мир", {"ru"}),
        ("12:30 — 100%", set()),
        ("", set()),
    ],
)
def test_languages_are_told_by_their_script(text, languages):
    assert languages_of(text) == languages
