"""The environment is only filled in where nobody has said anything."""

import os

from assistant.models.threads import share_processor


def test_workers_are_told_to_sleep_soon(monkeypatch):
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    share_processor()
    assert int(os.environ["GOMP_SPINCOUNT"]) <= 1000


def test_what_a_user_has_set_stays(monkeypatch):
    monkeypatch.setenv("GOMP_SPINCOUNT", "7")
    share_processor()
    assert os.environ["GOMP_SPINCOUNT"] == "7"
    monkeypatch.delenv("GOMP_SPINCOUNT")
    monkeypatch.setenv("OMP_WAIT_POLICY", "active")
    share_processor()
    assert "GOMP_SPINCOUNT" not in os.environ
