"""A collection over the wire: for makers of this page alone, whole, and nothing left behind."""

import asyncio
import io
import zipfile

import pytest

from assistant.access import MAKER
from knowledge.parcel import SUFFIX
from server.collections import _written
from tests.server.conftest import TOKEN


def left_over(studio):
    work = studio.folder.path / "export-work"
    return list(work.iterdir()) if work.exists() else []


def test_a_collection_arrives_whole_under_its_title(app_of, make_client):
    client = make_client(app_of())
    studio = client.app.state.studio
    studio.knowledge.create_collection(MAKER.owner, "员工/手册", "sent-docs")
    answer = client.get("/collection?id=sent-docs")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert answer.headers["cache-control"] == "no-store"
    assert f"%E5%91%98%E5%B7%A5-%E6%89%8B%E5%86%8C{SUFFIX}" in answer.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
    assert left_over(studio) == []
    studio.knowledge.delete_collection(MAKER.owner, "sent-docs")


def test_for_makers_of_this_page_alone(app_of, make_client):
    app = app_of("hosted")
    answer = make_client(app, "hosted").get("/collection?id=x", headers={"accept-language": "zh-CN"})
    assert (answer.status_code, answer.text) == (403, "只有维护者可以这样做。")
    maker = make_client(app, "hosted", token=TOKEN)
    foreign = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    assert maker.get("/collection?id=x", headers=foreign).status_code == 403
    answer = maker.get("/collection?id=..%2Fx", headers={"accept-language": "en"})
    assert (answer.status_code, answer.text[:28]) == (404, "There is no collection '../x")
    assert make_client(app_of("network"), "network").get("/collection?id=x").status_code == 401


def test_a_download_that_is_broken_off_leaves_nothing(app_of):
    studio = app_of().state.studio
    studio.knowledge.ensure_collection(MAKER.owner, "broken-docs", "Documents")
    scope = {"type": "http", "method": "GET", "headers": [], "asgi": {"spec_version": "2.4"}}

    async def receive():
        return {"type": "http.disconnect"}

    async def send(message):
        raise OSError("gone")

    download = _written(studio.knowledge, "broken-docs", studio.folder.path / "export-work")
    assert len(left_over(studio)) == 1
    with pytest.raises(Exception, match=r"^(gone)?$"):
        asyncio.run(download(scope, receive, send))
    assert left_over(studio) == []
    studio.knowledge.delete_collection(MAKER.owner, "broken-docs")
