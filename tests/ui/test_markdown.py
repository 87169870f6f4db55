"""What models write becomes HTML that is right, and cannot do harm."""

import re

import pytest

from ui.markdown import citations, formula, host_of, markdown


def test_hostile_text_stays_text(hostile, tame):
    tame(markdown(hostile, "en", 3))
    tame(markdown(f"before {hostile} after", "zh", 3))
    tame(markdown(f"- a\n- {hostile}\n\n> {hostile}", "en", 3))


def test_hostile_text_cut_anywhere_stays_text(hostile, tame):
    for length in range(len(hostile)):
        tame(markdown(hostile[:length], "en", 3))


def test_hostile_formulas_stay_text(hostile, tame):
    tame(formula(hostile, display=True))
    tame(formula("\\text{" + hostile + "}", display=False))


def test_markup_of_text():
    html = markdown("**bold** and *slanted* and ~~gone~~ and `code`\nnext line")
    assert "<strong>bold</strong> and <em>slanted</em> and <s>gone</s> and <code>code</code><br />" in html


def test_table():
    html = markdown("|年|天|\n|---|---:|\n|1|10|")
    assert '<div class="table" tabindex="0"><table>' in html
    assert '<td style="text-align:right">10</td>' in html
    assert html.rstrip().endswith("</table></div>")


def test_code_is_coloured_and_named():
    html = markdown('```python\nprint("<b>")\n```')
    assert "<figcaption><span>python</span>" in html
    assert '<span class="nb">print</span>' in html
    assert "&lt;b&gt;" in html


def test_code_of_an_unknown_language_is_plain():
    assert "<code>a &lt; b\n</code>" in markdown("```klingon\na < b\n```")


def test_a_code_block_that_is_still_open_is_a_code_block():
    html = markdown("Look:\n\n```python\ndef f():\n    return 1")
    assert html.count("<figure") == html.count("</figure>") == 1
    assert markdown("```").count("<figure") == 1


@pytest.mark.parametrize("half", ["**bol", "[link](htt", "![pic", "$x^", "$$\n\\frac{a", "|a|b|\n|-", "`co", "1. ", "[1", "\\(a"])
def test_half_written_text_is_shown(half, tame):
    words = re.sub(r"<[^>]*>", "", tame(markdown(f"Hello. {half}", "en", 3)))
    assert words.startswith("Hello.")


@pytest.mark.parametrize("source", ["$E = mc^2$", "\\(E = mc^2\\)"])
def test_inline_formula(source):
    html = markdown(f"So {source}.")
    assert '<math xmlns="http://www.w3.org/1998/Math/MathML" display="inline">' in html
    assert "<msup>" in html


@pytest.mark.parametrize("source", ["$$\\frac{1}{3}$$", "\\[\\frac{1}{3}\\]", "$$\n\\frac{1}{3}\n$$"])
def test_formula_on_a_line_of_its_own(source):
    html = markdown(f"So\n\n{source}\n\nthus")
    assert 'display="block"' in html
    assert "<mfrac>" in html


def test_letters_of_formulas_are_letters():
    assert "α" in formula("\\alpha < \\beta", display=False)
    assert "&lt;" in formula("a < b", display=False)


@pytest.mark.parametrize("source", ["\\frac{", "{" * 5000, "x" * 3000, "\\left(", "\\begin{matrix}"])
def test_a_formula_that_is_not_understood_is_shown_as_written(source):
    assert formula(source, display=True) == f"<code>{source}</code>"


def test_money_is_not_a_formula():
    assert "<math" not in markdown("It costs $5 and not $10.")


def test_citations_of_found_passages_are_buttons():
    html = markdown("Ten days [1][2], and more [1, 3]. 另见【2】。 On it [3]:\n\n> quoted", "en", 3)
    assert [int(n) for n in re.findall(r'data-n="(\d+)"', html)] == [1, 2, 1, 3, 2, 3]
    assert 'aria-label="Source 1"' in html


def test_what_follows_a_citation_stays_on_its_line():
    html = markdown("Ten days [1][2]. 另见【1】。Or [1]?! So [2] **[1]**", "en", 2)
    assert re.findall(r"</button>([^<]*)</span>", html) == [".", "。", "?"]
    assert re.sub("<[^>]*>", "", html).strip() == "Ten days 12. 另见1。Or 1?! So 2 1"


@pytest.mark.parametrize(
    "text", ["[4]", "[0]", "[1](https://a.example/)", "[12345]", "`[1]`", "[1]: https://a.example/", "[one]", "[1, 9]"]
)
def test_what_is_no_citation_is_none(text):
    assert "data-n" not in markdown(text, "en", 3)


def test_cited_numbers_are_counted():
    assert citations("So [1], [2, 4] and 【3】, not [9] or [1](x).", 4) == {1, 2, 3, 4}


def test_without_passages_nothing_is_a_citation():
    assert "data-n" not in markdown("[1]", "en", 0)


def test_links_open_elsewhere_and_show_their_host():
    html = markdown("[click](https://hub.example.org/x?a=1&b=2)")
    assert '<a href="https://hub.example.org/x?a=1&amp;b=2" target="_blank" rel="noopener noreferrer nofollow">click</a>' in html
    assert "(hub.example.org)" in html


def test_a_link_that_shows_its_host_does_not_say_it_twice():
    assert "host" not in markdown("[hub.example.org](https://hub.example.org/x)")


def test_a_link_that_pretends_to_be_another_shows_where_it_leads():
    assert "(evil.example)" in markdown("[https://bank.example](https://evil.example/)")
    assert "(evil.example)" in markdown("[x](https://bank.example@evil.example/)")
    assert "(xn--80ak6aa92e.com)" in markdown("[x](https://аррӏе.com/)")


def test_bare_addresses_become_links():
    html = markdown("看 https://example.com/a_b?c=1。再看（https://a.example）")
    assert 'href="https://example.com/a_b?c=1"' in html
    assert 'href="https://a.example"' in html
    assert "<a" not in markdown("`https://example.com`")
    assert markdown("[https://example.com](https://example.com)").count("<a") == 1


def test_pictures_from_elsewhere_become_links():
    html = markdown("![a cat](https://pics.example/cat.png)")
    assert "<img" not in html
    assert 'href="https://pics.example/cat.png"' in html
    assert "🖼 a cat" in html


def test_own_pictures_are_shown():
    assert '<img src="data:image/png;base64,iVBORw0KGgo=" alt="dot">' in markdown("![dot](data:image/png;base64,iVBORw0KGgo=)")


@pytest.mark.parametrize(
    ("address", "host"),
    [("https://a.example:8080/x", "a.example"), ("mailto:a@b.example?subject=x", "a@b.example"), ("http://[", ""), ("x", "x")],
)
def test_host_of(address, host):
    assert host_of(address) == host


def test_long_text_is_quick():
    assert len(markdown("word [1] **b** $x$ https://a.example/ " * 2000, "en", 3)) > 100_000
