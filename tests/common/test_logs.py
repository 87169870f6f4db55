"""The log: no record holds a secret, whoever logs it, and whatever else is wrong with it."""

import gc
import logging

import pytest

from common.logs import hide_in_logs
from common.redaction import HIDDEN
from common.secrets import Secrets

CANARY = "sk-canary-1234"


@pytest.fixture
def hidden(tmp_path, monkeypatch):
    """Secrets that are hidden in the log until the test ends."""
    before = logging.getLogRecordFactory()
    secrets = Secrets(tmp_path)
    secrets.put("a", CANARY)
    hide_in_logs(secrets)
    yield secrets
    logging.setLogRecordFactory(before)


@pytest.fixture
def written(tmp_path):
    """What a handler writes that knows nothing of secrets."""
    handler = logging.FileHandler(tmp_path / "log.txt", encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))
    logger = logging.getLogger("tests.written")
    logger.addHandler(handler)
    yield logger, lambda: (tmp_path / "log.txt").read_text("utf-8")
    logger.removeHandler(handler)
    handler.close()


def test_message_and_parts_are_cleaned(hidden, written):
    logger, text = written
    logger.warning("sent %r to %s", {"Authorization": f"Bearer {CANARY}"}, "a.example")
    logger.getChild("below").error(f"plain {CANARY}")
    assert CANARY not in text()
    assert text().count(HIDDEN) == 2
    assert "to a.example" in text()


def test_a_traceback_is_cleaned(hidden, written):
    logger, text = written
    try:
        try:
            raise ValueError(CANARY)
        except ValueError as error:
            raise RuntimeError("outer") from error
    except RuntimeError:
        logger.exception("failed")
    assert CANARY not in text()
    assert f"ValueError: {HIDDEN}" in text()
    assert "RuntimeError: outer" in text()


def test_a_record_without_secrets_stays_as_it_is(hidden, caplog):
    try:
        raise ValueError("nothing")
    except ValueError:
        logging.getLogger("tests.other").exception("said %s and %d", "so", 3)
    [record] = caplog.records
    assert (record.msg, record.args, record.exc_info[0]) == ("said %s and %d", ("so", 3), ValueError)


class Rude:
    def __str__(self):
        raise RuntimeError(CANARY)

    __repr__ = __str__


@pytest.mark.parametrize("parts", [(CANARY,), (CANARY, CANARY, CANARY), (Rude(), Rude())])
def test_parts_that_do_not_fit_are_not_written(hidden, written, capsys, parts):
    logger, text = written
    logger.warning("%s and %s", *parts)
    assert "%s and %s" in text()
    assert CANARY not in text() + capsys.readouterr().err


def test_secrets_that_nobody_holds_any_more_are_let_go(hidden, tmp_path, caplog):
    (tmp_path / "second").mkdir()
    second = Secrets(tmp_path / "second")
    second.put("b", "other-canary")
    hide_in_logs(second)
    factory = logging.getLogRecordFactory()
    logging.getLogger("tests.other").warning("%s %s", CANARY, "other-canary")
    assert caplog.messages == [f"{HIDDEN} {HIDDEN}"]
    del second
    gc.collect()
    logging.getLogger("tests.other").warning("%s %s", CANARY, "other-canary")
    assert caplog.messages[-1] == f"{HIDDEN} other-canary"
    assert logging.getLogRecordFactory() is factory


def test_a_studio_hides_the_keys_of_its_servers(make_studio, caplog):
    studio = make_studio()
    studio.servers.add("A", "https://a.example/v1", "m", False, CANARY)
    logging.getLogger("anything").warning("sent %s", CANARY)
    assert caplog.messages[-1] == f"sent {HIDDEN}"


def test_logging_while_a_secret_is_kept_does_not_wait_for_itself(hidden, caplog, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "fresh"))
    caplog.set_level(logging.DEBUG)  # the lock around the new key file tells what it does
    (tmp_path / "third").mkdir()
    third = Secrets(tmp_path / "third")
    hide_in_logs(third)
    third.put("c", "third-canary")
    assert third.get("c") == "third-canary"
    assert any(record.name == "filelock" for record in caplog.records)
