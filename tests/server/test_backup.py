"""Backups over the wire: for makers of this page alone, streamed, and nothing left behind whatever breaks off."""

import asyncio
import shutil
import zipfile

import pytest

from assistant.access import MAKER
from assistant.backup import ROWS
from server.backup import _Download
from tests.server.conftest import TOKEN


def fetched(client, path):
    """The backup of the client's app in a file."""
    with client.stream("GET", "/backup") as answer, path.open("wb") as file:
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/zip"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-disposition"].startswith('attachment; filename="hearth-backup-20')
        for piece in answer.iter_bytes():
            file.write(piece)
    return path


def left_over(studio):
    return list((studio.folder.path / "backup-work").iterdir())


def test_out_of_one_page_and_into_another(make_app, make_client, tmp_path):
    first = make_app()
    first.state.studio.conversations.create(MAKER.owner, "gg", "Remember me")
    file = fetched(make_client(first), tmp_path / "backup.zip")
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
    second = make_app(data=tmp_path / "second")
    client = make_client(second)
    before = client.get("/healthz").headers["x-hearth-start"]
    answer = client.post("/restore", content=file.read_bytes(), headers={"content-type": "application/zip"})
    assert (answer.status_code, answer.json()["rows"]["conversations"]) == (200, 1)
    assert [talk.title for talk in second.state.studio.conversations.list(MAKER.owner)] == ["Remember me"]
    assert client.get("/healthz").headers["x-hearth-start"] != before, "so that open pages load anew"
    assert left_over(second.state.studio) == left_over(first.state.studio) == []


def test_for_makers_of_this_page_alone(app_of, make_client):
    app = app_of("hosted")
    visitor = make_client(app, "hosted")
    assert visitor.get("/backup").status_code == 403
    answer = visitor.post("/restore", content=b"x", headers={"accept-language": "zh-CN"})
    assert (answer.status_code, answer.text) == (403, "只有维护者可以这样做。")
    maker = make_client(app, "hosted", token=TOKEN)
    for foreign in ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"},
                    {"origin": "https://huggingface.co", "sec-fetch-site": "cross-site"}, {"host": "evil.test"}):  # fmt: skip
        assert maker.get("/backup", headers=foreign).status_code == 403
        assert maker.post("/restore", content=b"x", headers=foreign).status_code == 403
    assert make_client(app_of("network"), "network").get("/backup").status_code == 401


def test_what_is_no_backup_is_told_in_the_readers_language(app_of, make_client):
    client = make_client(app_of())
    answer = client.post("/restore", content=b"no zip at all", headers={"accept-language": "zh-CN"})
    assert answer.status_code == 422
    assert answer.text.startswith("这个文件不是 Hearth 的备份。")
    assert left_over(client.app.state.studio) == []


def test_a_full_disk(app_of, make_client, monkeypatch):
    app = app_of()
    client = make_client(app)
    usage = shutil.disk_usage(app.state.studio.folder.path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=0))
    answer = client.get("/backup")
    assert answer.status_code == 507
    assert "free disk space" in answer.text
    answer = client.post("/restore", content=b"a file larger than the room there is")
    assert answer.status_code == 507
    assert left_over(app.state.studio) == []


def test_a_download_that_is_broken_off_leaves_nothing_and_blocks_nobody(app_of):
    """Before the first byte, after it, and by a browser that is gone."""
    studio = app_of().state.studio
    scope = {"type": "http", "asgi": {"spec_version": "2.4"}}

    async def receive():
        return {"type": "http.disconnect"}

    for fails_at in (0, 1, 2):
        sent = []

        async def send(message, sent=sent, fails_at=fails_at):
            if len(sent) == fails_at:
                raise OSError("gone")
            sent.append(message)

        download = _Download(studio.backups.make())
        assert len(left_over(studio)) == 1
        with pytest.raises(Exception, match=r"^(gone)?$"):
            asyncio.run(download(scope, receive, send))
        assert left_over(studio) == []
    studio.backups.check()


def test_an_upload_that_is_broken_off_changes_nothing(app_of, make_client, tmp_path):
    app = app_of()
    studio = app.state.studio
    file = fetched(make_client(app), tmp_path / "backup.zip")
    half = file.read_bytes()[: file.stat().st_size // 2]
    scope = {
        "type": "http", "method": "POST", "path": "/restore", "query_string": b"", "scheme": "http", "http_version": "1.1",
        "headers": [(b"host", b"127.0.0.1:7860")], "client": ("127.0.0.1", 50000), "server": ("127.0.0.1", 7860),
    }  # fmt: skip
    parts = [{"type": "http.request", "body": half, "more_body": True}, {"type": "http.disconnect"}]
    sent = []

    async def receive():
        return parts.pop(0)

    async def send(message):
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    assert sent[0]["status"] == 400
    assert left_over(studio) == []
    assert studio.backups.kept() == []
    studio.backups.check()


def test_a_backup_may_be_larger_than_other_uploads(make_app, make_client, monkeypatch):
    monkeypatch.setattr("server.guard.BODY_LIMIT", 1000)
    client = make_client(make_app())
    assert client.post("/restore", content=b"x" * 5000).status_code == 422
    assert client.post("/sign-in", content=b"x" * 5000).status_code in {204, 413}
    assert ROWS == "hearth.db"
