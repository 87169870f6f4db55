"""Narrowing a search on the knowledge page: what can be chosen, what is done with it, and labels where passages are shown."""

import json
import re
from datetime import date, datetime, timedelta

from knowledge.types import Record
from tests.ui.test_knowledge_page import act, ask, polled, put, seen, sent, shop, words  # noqa: F401 - a fixture among them
from ui.render import Manner
from ui.views import filters


def label(name, value):
    return json.dumps([name, value], ensure_ascii=False)


def filled(studio):
    collection = studio.knowledge.create_collection("maker", "c").id
    records = [
        Record("Cannot sleep", "Get up at one hour.", labels=(("s1", "1.6"), ("mood <b>", "low"))),
        Record("Cannot rest", "Breathe slowly.", labels=(("s1", "1.7"),)),
    ]
    first = studio.knowledge.add_records("maker", collection, records, "first")
    studio.knowledge.add_records("maker", collection, [Record("Cannot stay", "Then go.")], "second")
    return collection, first.document


def found(html):
    return re.findall(r'<p class="where"><bdi>(Cannot \w+)', html)


def search(page, collection, **fields):
    language = fields.pop("language", "en")
    return act(page, action="search", collection=collection, words="cannot", fields=fields, language=language)


def test_labels_documents_and_days_narrow_a_search(shop):  # noqa: F811
    page, studio, _ = shop
    collection, document = filled(studio)
    opened = act(page, action="open", collection=collection)
    assert "Narrow down" in words(opened)
    assert "insomnia 1" in words(opened)
    assert "mood &lt;b&gt;" in opened
    assert "失眠" in act(page, action="open", collection=collection, language="zh")
    assert len(found(search(page, collection))) == 3
    html = search(page, collection, label=[label("s1", "1.6")], document=[""], after=[""], before=[""])
    assert found(html) == ["Cannot sleep"]
    assert "Narrowed down: 1" in words(html)
    assert "A persona searches all of the collection" in words(html)
    assert re.search(r'value="\[&#34;s1&#34;, &#34;1.6&#34;\]" checked', html)
    assert "trouble insomnia" in words(html.split('class="result"')[1])
    assert set(found(search(page, collection, document=[document]))) == {"Cannot sleep", "Cannot rest"}
    today = datetime.now().date()
    assert len(found(search(page, collection, after=[today.isoformat()], before=[today.isoformat()]))) == 3
    late = search(page, collection, after=[(today + timedelta(days=1)).isoformat()], language="zh")
    assert found(late) == []
    assert "选定的范围里没有段落符合" in late


def test_what_a_stranger_would_send_narrows_nothing(shop):  # noqa: F811
    page, studio, _ = shop
    collection, _ = filled(studio)
    sent_by_hand = ["", "x", "[1, 2]", '["a"]', "{}", "[" * 100_000]
    assert filters.chosen({"label": sent_by_hand, "after": ["2026-13-01"], "before": ["soon"]}).count == 0
    assert filters.chosen({"before": [date.max.isoformat()]}).filter.before is None
    assert len(found(search(page, collection, label=sent_by_hand, after=["never"]))) == 3
    assert "data-refused" in search(page, collection, document=["none"])


def test_a_collection_of_one_document_without_labels_offers_nothing(shop):  # noqa: F811
    page, studio, _ = shop
    collection = studio.knowledge.create_collection("maker", "c").id
    studio.knowledge.add_records("maker", collection, [Record("Question", "Answer.")], "one")
    assert "Narrow down" not in words(act(page, action="open", collection=collection))


def test_a_document_shows_the_labels_of_its_passages(shop):  # noqa: F811
    page, studio, _ = shop
    collection, document = filled(studio)
    assert "trouble insomnia" in words(seen(page, f"{collection}/{document}"))
    assert "烦恼 失眠" in words(seen(page, f"{collection}/{document}", language="zh"))


def test_the_lines_that_were_left_out_are_listed(shop):  # noqa: F811
    page, studio, uploads = shop
    collection = studio.knowledge.create_collection("maker", "c").id
    rows = "问题,答案\n年假几天？,十五天。\n谁？,\n怎么报销？,找财务。\n几点？,\n".encode("gb18030")
    html = sent(page, studio, [put(uploads, "faq.csv", rows)], collection)
    told = words(html)
    assert "Added with 2 passages; 2 left out." in told
    assert "lines left out: 2" in told
    assert "3 it has no answer ('答案') 5 it has no answer" in told.replace("&#39;", "'")
    assert "略过 2 行 3 缺少答案" in words(polled(page, collection, "zh"))


def test_only_some_values_of_a_label_are_shown_with_those_that_are_chosen():
    many = {f"value {number}": 100 - number for number in range(100)}
    narrowing = filters.Narrowing({"kind": many}, chosen=[("kind", "value 77"), ("gone", "x")])
    told = words(filters.filters_html(narrowing, "c", "q", Manner("en")))
    assert "value 23 77" in told
    assert "value 77 23" in told
    assert "value 24 " not in told
    assert "and 75 more" in told
