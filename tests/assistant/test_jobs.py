"""Programs beside the app: what they say, how they end, one at a time, and what a restart finds of them. All are tiny."""

import json
import subprocess
import sys

import psutil
import pytest

from assistant.jobs import Jobs
from common.errors import JobError

FOREVER = "import sys, time; print('{\"step\": 1}', flush=True); time.sleep(600)"


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


@pytest.fixture
def jobs(tmp_path):
    made = Jobs(tmp_path / "jobs")
    yield made
    made.close()


def ended(jobs: Jobs, code: str, id: str = "one", **options):
    jobs.start(id, "test", python(code), {"asked": "this"}, **options)
    assert jobs.wait(id, 20)
    return jobs.get(id)


def begun(jobs: Jobs, id: str = "one") -> None:
    """Start a program that does not end by itself, and wait until it has said something."""
    jobs.start(id, "test", python(FOREVER), {})
    with jobs._changed:
        assert jobs._changed.wait_for(lambda: jobs.get(id).progress, 20)


def test_the_fields_of_its_lines_are_its_progress(jobs):
    code = """print('{"step": 1, "loss": 2.5}'); print('words'); print('[1]'); print('{broken'); print('{"step": 2}')"""
    job = ended(jobs, code)
    assert (job.state, dict(job.progress), job.error) == ("done", {"step": 2, "loss": 2.5}, None)
    assert jobs.list("test") == [job]
    assert jobs.list("other") == []


def test_progress_may_come_on_standard_error_alone(jobs):
    code = """import sys; print('{"done": 99}'); print('{"done": 1}', file=sys.stderr)"""
    assert dict(ended(jobs, code, told_on="stderr").progress) == {"done": 1}


def test_a_failure_has_its_sentence_in_both_languages(jobs):
    code = "import sys; print('There is no data. Name some.'); print('没有数据。请填写。'); sys.exit(1)"
    error = ended(jobs, code).error
    assert jobs.get("one").state == "failed"
    assert (error.english, error.chinese) == ("There is no data. Name some.", "没有数据。请填写。")


def test_a_failure_in_one_language_is_said_in_both(jobs):
    error = ended(jobs, "import sys; sys.exit('no data')").error
    assert (error.english, error.chinese) == ("no data", "no data")


def test_a_bug_is_logged_and_its_last_line_shown(jobs, caplog):
    error = ended(jobs, "raise ValueError('seven')").error
    assert "ValueError: seven" in error.english
    assert "中断" in error.chinese
    assert "Traceback" in caplog.text


def test_a_program_that_the_system_ended_speaks_of_memory(jobs, caplog):
    error = ended(jobs, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)").error
    assert "memory" in error.english


def test_a_program_that_cannot_be_started_says_so(jobs):
    with pytest.raises(JobError, match="no-such-program"):
        jobs.start("one", "test", ["/no-such-program"], {})
    assert jobs.get("one").state == "failed"
    assert jobs.running is None


def test_one_at_a_time_and_stopping_ends_all_that_it_started(jobs):
    begun(jobs)
    assert jobs.running.id == "one"
    with pytest.raises(JobError, match="one of that at a time"):
        jobs.start("two", "test", python("pass"), {})
    with pytest.raises(JobError, match="Stop it first"):
        jobs.remove("one")
    process = jobs._running["one"].process
    jobs.stop("one")
    assert process.poll() is not None
    assert jobs.get("one").state == "stopped"
    assert jobs.get("one").error is None
    assert jobs.running is None
    assert ended(jobs, "print('{\"step\": 2}')").state == "done"


def test_a_program_that_does_not_listen_is_ended_all_the_same(jobs, monkeypatch):
    monkeypatch.setattr("assistant.jobs._GRACE_S", 0.2)
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('{}', flush=True); time.sleep(600)"
    jobs.start("one", "test", python(code), {})
    process = jobs._running["one"].process
    jobs.stop("one")
    assert process.wait(10) is not None


def test_it_ends_with_the_app_and_a_restart_finds_it_stopped(tmp_path):
    first = Jobs(tmp_path / "jobs")
    begun(first)
    process = first._running["one"].process
    first.close()
    assert process.poll() is not None
    again = Jobs(tmp_path / "jobs")
    job = again.get("one")
    assert (job.state, dict(job.progress)) == ("stopped", {"step": 1})


def test_it_ends_with_the_studio(make_studio):
    studio = make_studio()
    begun(studio.workbench.jobs)
    studio.close()
    assert studio.workbench.jobs.get("one").state == "stopped"


def test_one_that_outlived_the_app_is_ended_at_the_next_start(tmp_path):
    left = subprocess.Popen(python("import time; time.sleep(600)"), start_new_session=True)
    jobs = Jobs(tmp_path / "jobs")
    ended(jobs, "pass")
    file = tmp_path / "jobs" / "one.json"
    kept = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps(kept | {"state": "running", "process": [left.pid, psutil.Process(left.pid).create_time()]}))
    assert Jobs(tmp_path / "jobs").get("one").state == "stopped"
    assert left.wait(10) != 0


def test_a_number_that_another_program_has_now_is_left_alone(tmp_path):
    other = subprocess.Popen(python("import time; time.sleep(600)"), start_new_session=True)
    jobs = Jobs(tmp_path / "jobs")
    ended(jobs, "pass")
    file = tmp_path / "jobs" / "one.json"
    kept = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps(kept | {"state": "running", "process": [other.pid, 1.0]}))
    assert Jobs(tmp_path / "jobs").get("one").state == "stopped"
    assert other.poll() is None
    other.kill()
    other.wait(10)


def test_a_secret_is_given_to_the_program_and_not_kept(jobs, tmp_path):
    code = "import json, os; print(json.dumps({'has': os.environ['HEARTH_TEST_SECRET'] == 'hush'}))"
    assert dict(ended(jobs, code, secrets={"HEARTH_TEST_SECRET": "hush"}).progress) == {"has": True}
    assert "hush" not in (tmp_path / "jobs" / "one.json").read_text("utf-8")


def test_a_program_is_not_told_what_was_told_to_hearth_alone(jobs, monkeypatch):
    own = ("HEARTH_SECRET_KEY", "HEARTH_TOKEN", "HEARTH_MODEL_KEY")
    for name in own:
        monkeypatch.setenv(name, "hush")
    code = "import json, os; print(json.dumps({'heard': sorted(n for n, v in os.environ.items() if v == 'hush')}))"
    assert dict(ended(jobs, code).progress) == {"heard": []}
    assert dict(ended(jobs, code, secrets={"HEARTH_MODEL_KEY": "hush"}).progress) == {"heard": ["HEARTH_MODEL_KEY"]}


def test_removed_comes_back_until_the_next_start(tmp_path):
    jobs = Jobs(tmp_path / "jobs")
    before = ended(jobs, "print('{\"step\": 3}')")
    jobs.remove("one")
    assert jobs.get("one") is None
    jobs.restore("../one")
    jobs.restore("one")
    assert jobs.get("one") == before
    jobs.remove("one")
    later = Jobs(tmp_path / "jobs")
    later.restore("one")
    assert later.get("one") is None


def test_a_damaged_file_is_no_job(tmp_path, caplog):
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "one.json").write_text("{}")
    assert Jobs(tmp_path / "jobs").list("test") == []
    assert "cannot be read" in caplog.text
