"""The evaluate page without a browser: what it lists and compares, what its acts start, and what it says of failures."""

import json
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.access import MAKER, Identity
from assistant.evaluations import TASKS, Wanted
from assistant.workbench import Workbench
from evaluation.__main__ import TASKS as MEASURED
from ui.ask import Ask
from ui.chat import Desk
from ui.pages.evaluate import EvaluatePage
from ui.session import Viewers

FAKE = """
import json, pathlib, sys
given = sys.argv[1:]
out = pathlib.Path(given[given.index("--out") + 1])
print(json.dumps({"done": 1, "total": 2, "seconds_left": 60, "metrics": {"AST": 50.0}}), file=sys.stderr, flush=True)
if "slow" in given:
    import time; time.sleep(600)
if "wrong" in given:
    sys.exit("It has no files.\\n里面没有文件。")
out.write_text(json.dumps({"task": given[1], "model": "builtin", "n": 2, "metrics": {"AST": 50.0}, "primary_metric": "AST",
    "greater_is_better": True, "seconds": 3.0, "settings": {"data": "set", "given": given}, "commit": "abc"}))
"""


def result(**changes):
    return {
        "task": "bfcl",
        "model": "builtin",
        "n": 4,
        "metrics": {"simple": 75.0, "AST": 50.0, "called": 100.0},
        "primary_metric": "AST",
        "greater_is_better": True,
        "seconds": 61.0,
        "settings": {"data": "calls", "split": "", "kind": "", "limit": None, "seed": 0},
        "floors": {"never call": {"simple": 0.0, "AST": 0.0, "irrelevance": 100.0}},
        "failures": {"simple": {"wrong value": 1, "no call": 1}, "multiple": {"something new": 1}},
        "commit": "abc123",
    } | changes


def reply(number, **changes):
    return {
        "id": f"simple/{number}",
        "group": "simple",
        "right": False,
        "failure": "wrong value",
        "text": "",
        "calls": [{"name": "convert", "arguments": {"to": "<b>EUR</b>"}}],
        "seconds": 0.5,
        "error": "",
    } | changes


@pytest.fixture
def page(make_studio, tmp_path):
    studio = make_studio()
    bench = Workbench(studio.folder.path, command=lambda module, given: [sys.executable, "-c", FAKE, *given])
    yield EvaluatePage(replace(studio, workbench=bench), Desk(studio, Viewers()))
    bench.close()


@pytest.fixture
def data(tmp_path):
    (tmp_path / "calls").mkdir()
    return str(tmp_path / "calls")


def put(page, name, found, replies=()):
    folder = page._studio.folder.path / "evaluation"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(found), "utf-8")
    if replies:
        (folder / f"{name}.replies.jsonl").write_text("".join(json.dumps(each) + "\n" for each in replies), "utf-8")


def ask(action="", thing="", language="en", maker=True, fields=None, **data):
    identity = MAKER if maker else Identity("visitor", False)
    fields = {name: [value] for name, value in (fields or {}).items()}
    return Ask(identity, "s", "evaluate", language=language, thing=thing, data={"action": action, "fields": fields, **data})


def done(page, *given, **named):
    return str([*page.act(ask(*given, **named))][-1]["workshop"])


def start(page, data, task="bfcl", language="en", **fields):
    return done(page, "start", f"task-{task}", language, task=task, fields={"data": data, **fields})


def only(page):
    return page._studio.workbench.evaluations.list()[0]


def test_the_tasks_are_those_of_the_command():
    assert set(TASKS) == set(MEASURED)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("task", TASKS)
def test_every_task_has_its_form(page, task, language):
    html = str(page.show(ask(thing=f"task-{task}", language=language)))
    assert 'name="data"' in html
    assert 'name="limit"' in html
    assert ('name="embedder"' in html) == (task == "retrieval")
    assert "evaluate_" not in html, "a word is missing"


def test_a_run_gives_a_result_by_what_was_asked(page, data):
    html = start(page, data, limit="5", split="simple,multiple", model="builtin")
    assert "data-poll" in html
    id = only(page).id
    assert page._studio.workbench.jobs.wait(id, 20)
    html = str(page.show(ask(thing=id)))
    assert "data-poll" not in html
    assert "50.0" in html
    given = only(page).result.settings["given"]
    wanted = ["run", "bfcl", "--data", data, "--limit", "5", "--split", "simple,multiple", "--home"]
    assert all(word in given for word in wanted)
    assert f'value="{data}"' in str(page.show(ask(thing="task-bfcl"))), "the folder is remembered"
    assert f'value="{data}"' not in str(page.show(ask(thing="task-sealtools")))


def test_a_run_that_ends_while_the_page_is_drawn_is_looked_at_again(page, data, monkeypatch):
    """Its result comes when the folder was just read; by then it has not stopped without one."""
    start(page, data, split="slow")
    jobs, run = page._studio.workbench.jobs, only(page)
    glob = Path.glob

    def read_and_then_ended(folder, pattern):
        found = list(glob(folder, pattern))
        put(page, run.id, result())
        jobs.stop(run.id)
        assert jobs.wait(run.id, 20)
        return found

    monkeypatch.setattr(Path, "glob", read_and_then_ended)
    shown = only(page)
    monkeypatch.undo()
    assert shown.state == "running"
    assert only(page).result is not None


def test_a_run_is_stopped_gone_on_with_and_deleted(page, data):
    start(page, data, split="slow")
    jobs, run = page._studio.workbench.jobs, only(page)
    with jobs._changed:
        assert jobs._changed.wait_for(lambda: jobs.get(run.id).progress, 20)
    html = str(page.show(ask(thing=run.id)))
    assert "1 of 2 · about 60 s left" in html
    assert "data-poll" in html
    assert "one of that at a time" in start(page, data)
    assert "Stop it first" in done(page, "remove", run.id, of=run.id)
    html = done(page, "stop", run.id, of=run.id)
    assert "Stopped. What was replied is kept" in html
    assert 'data-action="go-on"' in html
    done(page, "go-on", run.id, of=run.id)
    assert only(page).state == "running"
    assert len(page._studio.workbench.evaluations.list()) == 1
    done(page, "stop", run.id, of=run.id)
    html = done(page, "remove", run.id, of=run.id)
    assert 'data-action="restore"' in html
    assert page._studio.workbench.evaluations.list() == []
    done(page, "restore", of=run.id)
    assert only(page).id == run.id


@pytest.mark.parametrize(("language", "sentence"), [("en", "It has no files."), ("zh", "里面没有文件。")])
def test_a_failure_is_said_in_the_readers_language(page, data, language, sentence):
    start(page, data, split="wrong")
    id = only(page).id
    assert page._studio.workbench.jobs.wait(id, 20)
    html = str(page.show(ask(thing=id, language=language)))
    assert sentence in html
    assert {"en": "failed", "zh": "失败"}[language] in html


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(("typed", "limit", "sentence"), [
    ("", "", ("Write the folder", "请填写数据")),
    ("/nowhere/at/all", "", ("There is no folder", "没有文件夹")),
    ("\0", "", ("There is no folder", "没有文件夹")),
    ("here", "0", ("whole number", "整数")),
    ("here", "many", ("whole number", "整数")),
])  # fmt: skip
def test_what_is_typed_wrong_is_said_at_its_field_and_kept(page, data, language, typed, limit, sentence):
    html = start(page, data if typed == "here" else typed, language=language, limit=limit)
    assert sentence[language == "zh"] in re.search(r'<label class="field wrong">.*?</label>', html, re.DOTALL)[0]
    assert f'name="limit" value="{limit}"' in html
    assert page._studio.workbench.evaluations.list() == []


def test_runs_of_the_same_cases_stand_side_by_side(page):
    put(page, "a", result())
    put(page, "b", result(metrics={"simple": 80.0, "AST": 40.0}, model="hf:org/<b>x</b>"))
    put(page, "other", result(settings={"data": "other"}))
    html = str(page.show(ask(thing="a")))
    table = html.split("<table>")[1].split("</table>")[0]
    heads = re.findall(r"<th>(.*?)</th>", table)
    assert len(heads) == 4, "the words, two runs, one floor"
    assert "never call" in heads[3]
    rows = {re.sub("<.*?>", "", row.split("</td>")[0]): row for row in table.split("<tr>")[2:]}
    assert [*rows] == ["AST", "simple", "called", "irrelevance"], "the primary one first"
    assert re.findall(r"score( best)?\"[^>]*>([\d.]+)", rows["AST"]) == [(" best", "50.0"), ("", "40.0"), ("", "0.0")]
    assert re.findall(r"score( best)?\"[^>]*>([\d.]+)", rows["simple"]) == [("", "75.0"), (" best", "80.0"), ("", "0.0")]
    assert "best" not in rows["called"], "there is nothing to compare it with"
    assert "<b>x</b>" not in html


def test_what_needs_no_model_is_named_in_the_readers_language(page):
    names = {
        "call the first tool, no arguments": "调用第一个工具、不给参数",
        "call every tool, no arguments": "调用每一个工具、不给参数",
        "right tool, no arguments": "用对工具、不给参数",
    }
    put(page, "a", result(floors={name: {"AST": 1.0} for name in names}, failures={"simple": {"tools refused": 1}}))
    html = str(page.show(ask(thing="a", language="zh")))
    assert all(chinese in html for chinese in names.values())
    assert not any(english in html for english in names)
    assert "工具无法提供给模型" in html
    assert "the right tool, no arguments" in str(page.show(ask(thing="a")))


def test_less_is_better_where_the_result_says_so(page):
    found = result(greater_is_better=False, floors={})
    put(page, "a", found)
    put(page, "b", result(greater_is_better=False, floors={}, metrics={"AST": 10.0}))
    html = str(page.show(ask(thing="a")))
    assert re.search(r'score best"[^>]*>10\.0', html)


def test_replies_are_shown_by_what_was_wrong_and_in_parts(page):
    replies = [reply(number) for number in range(23)]
    replies += [reply(99, right=True, failure="", text="All is well.", calls=[])]
    put(page, "a", result(), replies)
    html = str(page.show(ask(thing="a")))
    assert "1 to 20 of 24" in html
    assert "something new" in html, "a kind that is not known keeps its name"
    assert "&lt;b&gt;EUR" in html
    second = str(page.show(ask(thing="a/all:20", language="zh")))
    assert "第 21–24 条" in second
    assert "All is well." in second
    assert "值不对" in second
    some = str(page.show(ask(thing="a/0:20")))
    assert "21 to 23 of 23" in some
    assert "All is well." not in some
    for odd in ("a/9", "a/x:y", "a/0:99999", "a//"):
        assert "<article" in str(page.show(ask(thing=odd)))


def test_what_measures_search_is_called_by_its_embedder(page, data):
    start(page, data, "retrieval", embedder="hash", kind="tools", split="slow")
    html = str(page.show(ask()))
    assert "<bdi>hash</bdi>" in html
    assert "只比较字词" in str(page.show(ask(thing="task-retrieval", language="zh")))


def test_files_that_are_no_results_are_passed_over(page):
    put(page, "a", result(metrics={"AST": "many"}))
    put(page, "b", ["no result"])
    assert page._studio.workbench.evaluations.list() == []
    assert "Choose a task" in str(page.show(ask(thing="a")))


def test_a_visitor_sees_and_does_nothing(page, data):
    put(page, "a", result())
    for shown in (str(page.show(ask(maker=False))), done(page, "remove", maker=False, of="a"),
                  done(page, "start", maker=False, task="bfcl", fields={"data": data})):  # fmt: skip
        assert "Only the maker" in shown
        assert "bfcl" not in shown.lower()
    assert [run.id for run in page._studio.workbench.evaluations.list()] == ["a"]


def test_without_the_package_the_page_says_so(page, data, monkeypatch):
    monkeypatch.setitem(sys.modules["assistant.programs"]._NEEDED, "evaluation", ("no_such_package",))
    assert "no_such_package is not installed" in str(page.show(ask()))
    assert "no_such_package is not installed" in start(page, data)


def test_the_key_of_a_server_goes_along_and_is_not_kept(make_studio, data, tmp_path):
    studio = make_studio()
    told = "import json, os, sys; print(json.dumps({'key': os.environ.get('HEARTH_MODEL_KEY')}), file=sys.stderr)"
    bench = Workbench(studio.folder.path, lambda name: "hush" if name == "openai:x" else None,
                      command=lambda module, given: [sys.executable, "-c", told])  # fmt: skip
    id = bench.evaluations.start(Wanted("bfcl", data, "openai:x"))
    assert bench.jobs.wait(id, 20)
    assert bench.jobs.get(id).progress == {"key": "hush"}
    assert bench.jobs.get(id).settings["model"] == "openai:x"
    bench.close()
