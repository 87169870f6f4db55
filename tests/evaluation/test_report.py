"""The page of results: what people wrote stays, the same files give the same page, and floors stand beside scores."""

import json
from xml.etree import ElementTree

import pytest

from common.errors import HearthError
from evaluation.__main__ import main
from evaluation.report import BEGIN, END, put_in, read_runs, write_report


def result(**changes):
    return {
        "task": "bfcl",
        "model": "builtin",
        "n": 200,
        "metrics": {"simple": 70.0, "irrelevance": 85.04, "AST": 70.0, "valid": 100.0},
        "primary_metric": "AST",
        "greater_is_better": True,
        "seconds": 1234.5,
        "settings": {"data": "small", "limit": None, "seed": 0, "cases": {"simple": 100, "irrelevance": 100}, "max_tokens": 512},
        "floors": {"never call": {"simple": 0.0, "irrelevance": 100.0, "AST": 0.0}},
        "failures": {"simple": {"wrong value": 20, "no call": 10}},
        "commit": "abc123",
    } | changes


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "results"
    folder.mkdir()
    first, second = (
        result(),
        result(model="path:tuned|x", metrics={"simple": 80.0, "irrelevance": 50.0, "AST": 80.0}, failures={}),
    )
    retrieval = result(
        task="retrieval", metrics={"R@1": 90.0}, primary_metric="R@1", settings={"data": "words"}, floors={}, failures={}
    )
    for name, made in (("a-first", first), ("b-second", second), ("c-words", retrieval)):
        (folder / f"{name}.json").write_text(json.dumps(made), encoding="utf-8")
    return folder


def test_runs_of_the_same_cases_stand_in_one_table_with_the_floors(folder, tmp_path):
    page = tmp_path / "docs" / "results.md"
    assert write_report(folder, page) == 3
    lines = page.read_text("utf-8").splitlines()
    table = [line for line in lines if line.startswith("|")]
    assert table[0] == "| run | model | AST | simple | irrelevance | valid | seconds | commit |"
    assert table[2] == "| a-first | builtin | 70.0 | 70.0 | 85.0 | 100.0 | 1,234 | abc123 |"
    assert table[3] == "| b-second | path:tuned\\|x | **80.0** | 80.0 | 50.0 | – | 1,234 | abc123 |"
    assert table[4] == "| *never call* |  | 0.0 | 0.0 | 100.0 | – |  |  |"
    assert "### bfcl: small" in lines
    assert "### retrieval: words" in lines
    assert "- a-first: simple: wrong value 20, no call 10" in lines
    about = next(line for line in lines if line.startswith("200 cases"))
    assert "(simple 100, irrelevance 100)" in about
    assert "± 10 points" in about  # 1.96 * sqrt(0.25 / 100) = 9.8 %
    assert "max tokens 512" in about


def test_the_least_leads_where_less_is_better(folder, tmp_path):
    for name, figure in (("a-first", 30.0), ("b-second", 20.0)):
        less = result(metrics={"AST": figure}, greater_is_better=False)
        (folder / f"{name}.json").write_text(json.dumps(less), encoding="utf-8")
    page = tmp_path / "results.md"
    write_report(folder, page)
    text = page.read_text("utf-8")
    assert "| **20.0** |" in text
    assert "| 30.0 |" in text
    assert "better when smaller" in text


def test_floors_and_settings_come_from_every_run_and_the_plot_says_whom_it_lacks(folder, tmp_path):
    settings = result()["settings"] | {"rouge": "own"}
    for number in range(7):
        floors = {"never call": {"AST": 0.0, "valid": 3.0}, "right tool, no arguments": {"AST": 12.0}}
        one = result(floors=floors, settings=settings)
        (folder / f"d-{number}.json").write_text(json.dumps(one), encoding="utf-8")
    page = tmp_path / "results.md"
    write_report(folder, page)
    text = page.read_text("utf-8")
    assert text.count("| *never call* |") == 1
    assert "| *never call* |  | 0.0 | 0.0 | 100.0 | 3.0 |  |  |" in text
    assert "| *right tool, no arguments* |  | 12.0 | – | – | – |  |  |" in text
    assert "max tokens 512, rouge own." in text
    assert "The plot shows the first 6 runs; 3 are left out of it: d-4, d-5, d-6." in text
    assert text.count("left out of it") == 1, "two runs fit"


def test_every_plot_is_a_picture_and_made_the_same_way_twice(folder, tmp_path):
    pages = [tmp_path / name / "results.md" for name in ("one", "two")]
    for page in pages:
        write_report(folder, page)
    pictures = sorted(path.name for path in (pages[0].parent / "images").iterdir())
    assert pictures == ["results-bfcl-small.svg", "results-retrieval-words.svg"]
    for name in pictures:
        one, two = ((page.parent / "images" / name).read_bytes() for page in pages)
        assert one == two
        assert ElementTree.fromstring(one).tag.endswith("svg")
        assert f"(images/{name})" in pages[0].read_text("utf-8")
    assert b"b-second" in (pages[0].parent / "images" / pictures[0]).read_bytes()
    assert pages[0].read_bytes() == pages[1].read_bytes()


def test_what_people_wrote_stays(folder, tmp_path):
    page = tmp_path / "results.md"
    page.write_text(f"# Results\n\nOurs.\n\n{BEGIN}\nold figures\n{END}\n\nAlso ours.\n", encoding="utf-8")
    write_report(folder, page)
    text = page.read_text("utf-8")
    assert text.startswith(f"# Results\n\nOurs.\n\n{BEGIN}\n")
    assert text.endswith(f"{END}\n\nAlso ours.\n")
    assert "old figures" not in text
    write_report(folder, page)
    assert page.read_text("utf-8") == text


def test_a_page_without_marks_gets_them_at_its_end():
    assert put_in("# Results\n\nOurs.\n", "new") == f"# Results\n\nOurs.\n\n{BEGIN}\n\nnew\n\n{END}\n"


def test_runs_that_asked_other_cases_are_kept_apart(folder, tmp_path):
    fewer = result(settings={"data": "small", "limit": 20, "seed": 3, "cases": {"simple": 20}})
    (folder / "d-fewer.json").write_text(json.dumps(fewer), encoding="utf-8")
    page = tmp_path / "results.md"
    write_report(folder, page)
    text = page.read_text("utf-8")
    assert text.count("### bfcl: small") == 2
    assert "At most 20 of each kind, drawn with seed 3." in text


def test_what_is_no_result_is_named(folder, tmp_path, capsys):
    (folder / "note.json").write_text("[]", encoding="utf-8")
    with pytest.raises(HearthError, match=r"note\.json"):
        read_runs(folder)
    assert main(["report", str(tmp_path / "nothing"), "--out", str(tmp_path / "page.md")]) == 1
    assert "no result" in capsys.readouterr().err
    assert not (tmp_path / "page.md").exists()
