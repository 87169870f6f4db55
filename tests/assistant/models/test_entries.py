"""Servers that a maker enters: their keys stay hidden, near addresses need a switch, and the test says what happened."""

import json
import stat
import threading
from contextlib import contextmanager

import pytest

from assistant.models.entries import Servers
from common.database import Database
from common.documents import DOCUMENTS
from common.errors import DocumentInvalid, DocumentMissing, StorageFailed
from common.secrets import Secrets
from tests.assistant.models.chatserver import Handler, Server


@pytest.fixture
def again(tmp_path):
    """Servers on one data folder; each call is another start."""
    made = []

    def make():
        made.append(Database(tmp_path / "hearth.db"))
        return Servers(made[-1], Secrets(tmp_path), "maker")

    yield make
    for database in made:
        database.close()


@pytest.fixture
def servers(again):
    return again()


class Listing(Handler):
    """A server that lists models, too, before it answers."""

    def do_GET(self):
        self.server.headers.append(dict(self.headers))
        if self.server.status == 200 and not self.server.models:
            self.start(404, "application/json")
        elif self.server.status != 200:
            self.start(self.server.status, "application/json")
            self.wfile.write(json.dumps({"error": {"message": "bad key"}}).encode())
        else:
            self.start(200, "application/json")
            self.wfile.write(json.dumps({"data": [{"id": name} for name in self.server.models]}).encode())


@contextmanager
def answering(*models, status=200):
    """A server that lists `models` and answers one word; with another status it refuses."""

    def reply(handler, body):
        handler.start()
        handler.event({"choices": [{"delta": {"content": "Hi"}, "finish_reason": "length"}]})
        handler.event("[DONE]")

    server = Server(reply)
    server.RequestHandlerClass, server.models, server.status = Listing, models, status
    server.address = f"http://127.0.0.1:{server.server_port}/v1"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def test_the_key_is_kept_apart_and_never_shown(servers, again, tmp_path):
    stored = servers.add("My vLLM", "http://127.0.0.1:8000/v1/", "qwen3", True, "sk-secret")
    entry = stored.document
    assert entry.name == "openai:http://127.0.0.1:8000/v1#qwen3"
    assert servers.has_key(entry.id)
    assert servers.reach(entry.name).key == "sk-secret"
    assert "sk-secret" not in repr(servers.reach(entry.name)) + repr(stored)
    with Database(tmp_path / "hearth.db").read() as connection:
        assert "sk-secret" not in str(connection.execute(DOCUMENTS.select()).all())
    file = tmp_path / "secrets.json"
    assert "sk-secret" not in file.read_text("utf-8")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert again().reach(entry.name).key == "sk-secret", "it outlives a restart"


def test_saving_keeps_the_key_unless_another_is_given_or_the_host_changes(servers):
    stored = servers.add("A", "https://a.example/v1", "m", False, "one")
    renamed = servers.save(stored.document.model_copy(update={"title": "B"}), stored.revision)
    assert servers.reach(renamed.document.name).key == "one"
    keyed = servers.save(renamed.document, renamed.revision, "two")
    assert servers.reach(keyed.document.name).key == "two"
    moved = servers.save(keyed.document.model_copy(update={"address": "https://evil.example/v1"}), keyed.revision)
    assert servers.reach(moved.document.name).key is None, "a key is for the host it was given for"
    assert not servers.has_key(moved.document.id)
    back = servers.save(moved.document.model_copy(update={"address": "https://a.example/v1"}), moved.revision)
    assert not servers.has_key(back.document.id), "taken away is taken away"


def test_an_entry_that_came_from_elsewhere_gets_no_key_of_another_host(servers, tmp_path):
    """A restored backup replaces the entries, and the keys stay on the machine."""
    entry = servers.add("A", "https://a.example/v1", "m", False, "one").document
    database = Database(tmp_path / "hearth.db")
    with database.write() as connection:
        for address in ("http://a.example/v1", "https://evil.example/v1"):
            body = entry.model_copy(update={"address": address}).model_dump_json()
            connection.execute(DOCUMENTS.update().values(body=body))
            connection.commit()
            assert servers.reach(f"openai:{address}#m").key is None
    database.close()
    servers.forget_keys()
    assert Secrets(tmp_path).names() == []


def test_the_key_of_an_entry_that_a_newer_hearth_wrote_stays(servers, tmp_path):
    id = servers.add("A", "https://a.example/v1", "m", False, "one").document.id
    database = Database(tmp_path / "hearth.db")
    with database.write() as connection:
        connection.execute(DOCUMENTS.update().values(body=f'{{"id": "{id}", "version": 2}}'))
    database.close()
    servers.forget_keys()
    assert Secrets(tmp_path).names() == [f"server.{id}@https://a.example"]


def test_wrong_fields_are_named(servers):
    with pytest.raises(DocumentInvalid) as caught:
        servers.add("", "ftp://x", "", False)
    assert set(caught.value.problems) == {"title", "address", "model"}
    with pytest.raises(DocumentInvalid):
        servers.add("A", "https://user:pw@a.example/v1", "m", False)
    with pytest.raises(DocumentInvalid) as caught:
        servers.add("A", "https://a.example/v1", "m", False, "two words")
    assert set(caught.value.problems) == {"key"}


def test_a_removed_one_comes_back_with_its_key_until_the_next_start(servers, again, tmp_path):
    id = servers.add("A", "https://a.example/v1", "m", False, "one").document.id
    servers.remove(id)
    assert list(servers.list()) == []
    servers.restore(id)
    assert servers.has_key(id)
    servers.remove(id)
    again()
    assert Secrets(tmp_path).names() == []
    with pytest.raises(DocumentMissing):
        servers.get(id)


def test_the_command_line_may_reach_what_a_removed_entry_may_not(servers):
    name = "openai:http://127.0.0.1:8000/v1#m"
    assert servers.reach(name, name, "env").key == "env"
    assert servers.reach(name, name, "env").private
    left = servers.reach(name, "auto", "env")
    assert (left.key, left.private) == (None, False)


def test_one_that_works_says_how_long_it_took(servers):
    with answering("m", "other") as server:
        entry = servers.add("A", server.address, "m", True, "k").document
        trial = servers.test(entry)
        assert trial.worked, trial
        assert "It works" in trial.english
        assert "可以使用" in trial.chinese
        assert trial.models == ("m", "other")
        assert server.headers[-1]["Authorization"] == "Bearer k"
        assert server.bodies[-1]["max_tokens"] == 1


def test_one_without_the_model_names_those_it_has(servers):
    with answering("a", "b") as server:
        trial = servers.test(servers.add("A", server.address, "m", True).document)
    assert not trial.worked
    assert "It has: a, b" in trial.english
    assert "它有：a, b" in trial.chinese


def test_one_that_lists_nothing_is_tried_all_the_same(servers):
    with answering() as server:
        assert servers.test(servers.add("A", server.address, "m", True).document).worked


def test_a_refused_key_is_said(servers):
    with answering("m", status=401) as server:
        trial = servers.test(servers.add("A", server.address, "m", True).document)
    assert not trial.worked
    assert "refuses the key" in trial.english
    assert "拒绝了密钥" in trial.chinese


def test_a_near_address_needs_the_switch(servers):
    with answering("m") as server:
        trial = servers.test(servers.add("A", server.address, "m", False).document)
        assert not trial.worked
        assert "private address" in trial.english
        assert server.headers == [], "nothing was sent"


def test_a_server_that_is_not_there(servers):
    trial = servers.test(servers.add("A", "http://127.0.0.1:9/v1", "m", True).document)
    assert "cannot be reached" in trial.english
    assert "无法连接" in trial.chinese


def test_a_damaged_file_of_keys_is_told_and_left_as_it_is(servers, tmp_path):
    servers.add("A", "https://a.example/v1", "m", False, "one")
    file = tmp_path / "secrets.json"
    file.write_text('{"half": "a k', "utf-8")
    with pytest.raises(StorageFailed, match="damaged"):
        servers.add("B", "https://b.example/v1", "m", False, "two")
    assert file.read_text("utf-8") == '{"half": "a k'


def test_a_key_of_another_key_file_is_told_and_can_be_entered_again(servers, again, tmp_path, monkeypatch):
    with answering("m") as server:
        stored = servers.add("A", server.address, "m", True, "one")
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "elsewhere"))
        moved = again()
        assert moved.has_key(stored.document.id)
        trial = moved.test(stored.document)
        assert not trial.worked
        assert "enter it again" in trial.english
        assert "重新填写" in trial.chinese
        assert server.headers == []
        moved.save(stored.document, stored.revision, "two")
        assert moved.test(stored.document).worked
        assert server.headers[-1]["Authorization"] == "Bearer two"
