"""kill -9 at random moments: nothing acknowledged is lost, nothing is there by half, and the folder opens within two seconds."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def kills(folder, *options, limit_s=280):
    command = [sys.executable, "-m", "tests.knowledge.kills", str(folder), *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=limit_s, check=True)
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    ("rounds", "passages"), [(20, 2500), pytest.param(1000, 10_000, marks=[pytest.mark.soak, pytest.mark.timeout(20_000)])]
)
def test_kill_9_loses_and_halves_nothing(tmp_path, say, rounds, passages):
    found = kills(tmp_path / "ours", "--rounds", str(rounds), "--passages", str(passages), limit_s=9500 if rounds > 100 else 280)
    assert found["lost"] == []
    assert found["problems"] == []
    assert found["unopenable"] == 0
    assert found["acknowledged"] > rounds
    if rounds > 100:
        assert found["slowest_opening_s"] < 2.0
        bare = kills(tmp_path / "bare", "--rounds", str(rounds), "--passages", str(passages), "--bare", limit_s=9500)
        say(f"Hearth: {told(found)}\nChroma alone: {told(bare)}")


def told(found):
    lost, half = len(found["lost"]), len(found["problems"])
    return (
        f"{found['rounds']} kills, {found['acknowledged']} acknowledged changes: {lost} lost, {half} by half, "
        f"{found['unopenable']} not to be opened, opened in {found['slowest_opening_s']} s at most"
    )
