"""Secrets: sealed under a key outside their folder, given out for their host, hidden in texts, and never lost by a surprise."""

import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from common.errors import EgressRefused, StorageFailed
from common.redaction import HIDDEN
from common.secrets import Secrets

ROOT = Path(__file__).resolve().parents[2]
CANARY = "sk-canary-7Yq/+=密"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A configuration folder of the test's own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "config" / "hearth"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def test_a_secret_comes_back_by_its_name_after_a_restart_too(folder):
    secrets = Secrets(folder)
    assert (secrets.get("a"), secrets.has("a"), secrets.names()) == (None, False, [])
    secrets.put("a", CANARY)
    secrets.put("b", "other")
    for each in (secrets, Secrets(folder)):
        assert (each.get("a"), each.has("a"), each.names()) == (CANARY, True, ["a", "b"])
    secrets.put("a", "")
    assert (secrets.get("a"), secrets.names()) == (None, ["b"])


def test_no_file_of_the_data_folder_can_be_read_and_the_key_is_not_in_it(folder, home):
    Secrets(folder).put("a", CANARY)
    [file] = folder.iterdir()
    content = file.read_text("utf-8")
    assert not any(form in content for form in (CANARY, "canary", json.dumps(CANARY)[1:-1]))
    key = home / "key"
    assert key.read_text() not in content
    assert {stat.S_IMODE(each.stat().st_mode) for each in (file, key)} == {0o600}
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_reading_makes_no_key(folder, home):
    secrets = Secrets(folder)
    secrets.names(), secrets.get("a"), secrets.redact("x"), secrets.put("a", "")
    assert not home.exists()


def test_secrets_of_an_older_hearth_are_read_and_sealed_at_the_next_write(folder):
    file = folder / "secrets.json"
    file.write_text(json.dumps({"server.a@https://a.example": CANARY, "version": "plain too", "odd": 3}), "utf-8")
    secrets = Secrets(folder)
    assert secrets.names() == ["server.a@https://a.example", "version"]
    assert secrets.get("server.a@https://a.example") == CANARY
    assert secrets.redact(f"a {CANARY}") == f"a {HIDDEN}"
    secrets.put("new", "another")
    assert "canary" not in file.read_text("utf-8")
    assert "plain too" not in file.read_text("utf-8")
    assert {name: Secrets(folder).get(name) for name in secrets.names()} == {
        "server.a@https://a.example": CANARY,
        "version": "plain too",
        "new": "another",
    }


def test_what_an_older_hearth_kept_can_be_taken_away_where_no_key_can_be_made(folder, home):
    (folder / "secrets.json").write_text('{"a": "first", "b": "second"}', "utf-8")
    home.parent.write_text("in the way")
    secrets = Secrets(folder)
    secrets.put("a", "")
    assert (secrets.names(), secrets.get("b")) == (["b"], "second")
    with pytest.raises(StorageFailed, match="HEARTH_SECRET_KEY"):
        secrets.put("c", "third")
    assert secrets.names() == ["b"]


def lose(key):
    key.unlink()


def replace(key):
    key.write_text("z" * 44)


def cut_off(key):
    key.write_bytes(b"short")


@pytest.mark.parametrize("spoil", [lose, replace, cut_off])
def test_a_key_that_is_missing_or_another_breaks_nothing_else(folder, home, spoil):
    secrets = Secrets(folder)
    secrets.put("a", CANARY)
    secrets.put("b", "for one host", ["a.example"])
    assert secrets.redact(CANARY) == HIDDEN
    spoil(home / "key")
    for each in (secrets, Secrets(folder)):
        assert each.names() == ["a", "b"]
        assert each.hosts("b") == ("https://a.example:443",)
        for ask in (lambda each=each: each.get("a"), lambda each=each: each.for_origin("b", "https://a.example")):
            with pytest.raises(StorageFailed, match=r"'[ab]' was stored with another key file.* enter it again") as caught:
                ask()
            assert "请重新填写" in caught.value.chinese
        assert each.for_origin("b", "https://other.example") is None
        assert each.redact("nothing in here") == "nothing in here"
    secrets.put("a", "entered again")
    assert (secrets.get("a"), secrets.names()) == ("entered again", ["b", "a"])
    assert len((home / "key").read_bytes()) >= 32
    secrets.put("b", "")
    assert secrets.names() == ["a"]


def test_a_key_file_that_is_put_back_opens_them_again(folder, home):
    secrets = Secrets(folder)
    secrets.put("a", CANARY)
    (home / "key").rename(home / "kept")
    assert secrets.redact(CANARY) == CANARY, "nobody can know it now"
    (home / "kept").rename(home / "key")
    assert secrets.get("a") == CANARY
    assert secrets.redact(CANARY) == HIDDEN


def test_a_key_file_that_cannot_be_read_is_a_sentence(folder, home):
    secrets = Secrets(folder)
    secrets.put("a", CANARY)
    assert secrets.redact(CANARY) == HIDDEN
    (home / "key").unlink()
    (home / "key").mkdir()
    assert secrets.names() == ["a"]
    for ask in (lambda: secrets.get("a"), lambda: secrets.put("b", "c")):
        with pytest.raises(StorageFailed, match="cannot be used") as caught:
            ask()
        assert "无法使用" in caught.value.chinese
    assert secrets.redact(CANARY) == HIDDEN, "what was known before still is"


def test_a_passphrase_stands_in_for_a_key_file(folder, home):
    Secrets(folder, "a long passphrase").put("a", CANARY)
    assert not home.exists()
    assert Secrets(folder, "a long passphrase").get("a") == CANARY
    for other in (Secrets(folder, "a wrong passphrase"), Secrets(folder)):
        assert other.names() == ["a"]
        with pytest.raises(StorageFailed, match="enter it again"):
            other.get("a")


def test_the_same_passphrase_makes_another_key_in_each_folder(folder, tmp_path):
    (tmp_path / "other").mkdir()
    for each in (folder, tmp_path / "other"):
        Secrets(each, "a long passphrase").put("a", CANARY)
    salts = {json.loads((each / "secrets.json").read_text())["salt"] for each in (folder, tmp_path / "other")}
    assert len(salts) == 2
    moved = json.loads((folder / "secrets.json").read_text())
    moved["salt"] = json.loads((tmp_path / "other" / "secrets.json").read_text())["salt"]
    (folder / "secrets.json").write_text(json.dumps(moved))
    with pytest.raises(StorageFailed, match="enter it again"):
        Secrets(folder, "a long passphrase").get("a")


def test_one_that_is_for_hosts_is_given_for_them_alone(folder):
    secrets = Secrets(folder)
    secrets.put("a", CANARY, ["api.example", "http://127.0.0.1:8080", "https://[2001:DB8::1]:444"])
    assert secrets.hosts("a") == ("http://127.0.0.1:8080", "https://[2001:db8::1]:444", "https://api.example:443")
    for right in ("https://api.example", "https://API.example:443/x?y", "http://127.0.0.1:8080", "https://[2001:db8:0::1]:444"):
        assert secrets.for_origin("a", right) == CANARY
    for wrong in (
        "http://api.example", "http://api.example:443", "https://api.example:8443", "https://api.example.", "https://evil-api.example",
        "https://api.example.evil.test", "https://127.0.0.1:8080", "http://127.0.0.1", "http://127.0.0.1:8081",
        "http://localhost:8080", "https://[2001:db8::1]",
    ):  # fmt: skip
        assert secrets.for_origin("a", wrong) is None
    for bad in (
        "api.example",
        "https://xn--api-0.example",
        "ftp://api.example",
        "https://api.example@evil.test",
        "https://evil.test\\@api.example",
        "",
    ):
        with pytest.raises(EgressRefused):
            secrets.for_origin("a", bad)
    assert secrets.get("a") is None, "not without a host"
    assert secrets.for_origin("missing", "https://api.example") is None


def test_several_are_kept_at_once_or_none_is(folder):
    secrets = Secrets(folder)
    secrets.put("b", "old", ["b.example"])
    secrets.put_all({"a": (CANARY, ["a.example"]), "b": ("new", ["c.example"]), "c": ("", [])})
    assert secrets.places() == {"a": ("https://a.example:443",), "b": ("https://c.example:443",)}
    assert secrets.for_origin("b", "https://b.example") is None
    with pytest.raises(EgressRefused):
        secrets.put_all({"a": ("changed", ["a.example"]), "d": ("x", ["https://"])})
    assert (secrets.for_origin("a", "https://a.example"), secrets.has("d")) == (CANARY, False)


def test_one_without_hosts_is_for_no_origin_and_a_wrong_host_keeps_nothing(folder):
    secrets = Secrets(folder)
    secrets.put("a", CANARY)
    assert secrets.for_origin("a", "https://api.example") is None
    assert secrets.hosts("a") == secrets.hosts("missing") == ()
    for bad in ("", "a b", "user@api.example", "ftp://api.example", "*.example"):
        with pytest.raises(EgressRefused):
            secrets.put("b", "value", [bad])
    assert secrets.names() == ["a"]


def test_hosts_and_names_cannot_be_changed_in_the_file(folder):
    secrets = Secrets(folder)
    secrets.put("a", CANARY, ["a.example"])
    file = folder / "secrets.json"
    content = json.loads(file.read_text())
    content["secrets"]["a"]["hosts"] = ["https://evil.example:443"]
    content["secrets"]["b"] = {**content["secrets"]["a"], "hosts": ["https://a.example:443"]}
    content["secrets"]["c"] = {**content["secrets"]["a"], "hosts": []}
    file.write_text(json.dumps(content))
    for ask in (
        lambda: secrets.for_origin("a", "https://evil.example"),
        lambda: secrets.for_origin("b", "https://a.example"),
        lambda: secrets.get("c"),
    ):
        with pytest.raises(StorageFailed, match="enter it again"):
            ask()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "null",
        '{"half": "a k',
        "[" * 100_000,
        '{"version": 3, "salt": "00", "secrets": {}}',
        '{"version": 2}',
        '{"version": 2, "salt": "00", "secrets": {"a": "canary"}}',
    ],
)
def test_a_damaged_file_is_told_and_left_as_it_is(folder, content):
    (folder / "secrets.json").write_text(content)
    secrets = Secrets(folder)
    for ask in (lambda: secrets.get("a"), secrets.names, lambda: secrets.put("a", "b"), lambda: secrets.put("a", "")):
        with pytest.raises(StorageFailed, match="damaged") as caught:
            ask()
        assert "canary" not in str(caught.value)
    assert secrets.redact("text") == "text"
    assert (folder / "secrets.json").read_text() == content


@pytest.mark.parametrize("sealed", ["", "AAAA", "not base64 密", "A" * 64])
def test_rubbish_in_the_place_of_a_sealed_one_is_told(folder, sealed):
    secrets = Secrets(folder)
    secrets.put("a", CANARY)
    content = json.loads((folder / "secrets.json").read_text())
    content["secrets"]["a"]["sealed"] = sealed
    (folder / "secrets.json").write_text(json.dumps(content))
    with pytest.raises(StorageFailed, match="enter it again"):
        secrets.get("a")


@pytest.mark.parametrize("value", ["x" * 50_000, "密" * 1000, "\ud800 half", "a\nb\x00", "\"'\\"])
def test_any_text_can_be_kept(folder, value):
    secrets = Secrets(folder)
    secrets.put("名", value)
    assert Secrets(folder).get("名") == value
    assert secrets.redact(f"<{value * 2}>") == (f"<{HIDDEN * 2}>" if len(value) > 3 else f"<{value * 2}>")


def test_a_secret_is_hidden_however_it_is_written(folder):
    secrets = Secrets(folder)
    secrets.put("a", CANARY)
    secrets.put("b", "sk-canary", ["a.example"])  # the start of the other
    secrets.put("c", "abc")
    for written in (
        f"Bearer {CANARY}.",
        "https://a.example/?key=sk-canary-7Yq%2F%2B%3D%E5%AF%86.",
        'Bearer "sk-canary-7Yq/+=\\u5bc6".',
        "c2stY2FuYXJ5LTdZcS8rPeWvhg==.",
        f"{CANARY!r}, sk-canary and {CANARY}.",
    ):
        hidden = secrets.redact(written)
        assert "canary" not in hidden
        assert "7Yq" not in hidden
        assert "c2stY" not in hidden
        assert hidden.count(HIDDEN) == max(1, written.count("canary"))
        assert hidden.endswith("." if "==" not in written else "==.")
    assert secrets.redact("the abc of it") == "the abc of it", "too short to be told from any other text"
    secrets.put("a", "")
    assert secrets.redact(CANARY) == CANARY.replace("sk-canary", HIDDEN)


def test_what_another_holder_of_the_folder_keeps_is_hidden_too(folder):
    first, second = Secrets(folder), Secrets(folder)
    assert first.redact(CANARY) == CANARY
    second.put("a", CANARY)
    assert first.redact(CANARY) == HIDDEN


def test_many_at_once_lose_nothing(folder):
    secrets = Secrets(folder)
    go = threading.Barrier(8)
    shown = []

    def work(number):
        go.wait()
        for each in range(5):
            secrets.put(f"{number}.{each}", f"value-{number}.{each}")
            shown.append(secrets.redact(f"value-{number}.{each}"))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {name: secrets.get(name) for name in secrets.names()} == {
        f"{n}.{e}": f"value-{n}.{e}" for n in range(8) for e in range(5)
    }
    assert set(shown) == {HIDDEN}


PUT = """
import sys
from pathlib import Path
from common.secrets import Secrets
folder = Path(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
Secrets(folder).put("a", "from " + folder.name)
"""


def test_two_programs_make_one_key(tmp_path):
    folders = [tmp_path / f"data-{number}" for number in range(4)]
    programs = []
    for folder in folders:
        folder.mkdir()
        programs.append(
            subprocess.Popen(
                [sys.executable, "-c", PUT, str(folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )
        )
    for program in programs:
        assert program.stdout.readline() == "ready\n"
    for program in programs:
        program.stdin.write("go\n")
        program.stdin.flush()
    for program in programs:
        program.communicate(timeout=60)
        assert program.returncode == 0
    assert [Secrets(folder).get("a") for folder in folders] == [f"from {folder.name}" for folder in folders]


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_folder_that_cannot_be_written_is_a_sentence(folder):
    folder.chmod(0o500)
    with pytest.raises(StorageFailed, match="cannot be used"):
        Secrets(folder).put("a", "b")
    folder.chmod(0o700)
