"""What Gradio holds for one person stays closed to another: files, sessions, and files named in events."""

import errno

import pytest

from assistant.access import MAKER
from server.cache import OwnedCache
from server.identity import SCOPE_KEY
from tests.server.conftest import TOKEN

API = "/gradio_api"


@pytest.fixture
def hosted(app_of, make_client):
    """A maker and two visitors of one hosted page."""
    app = app_of("hosted")
    return make_client(app, "hosted", TOKEN), make_client(app, "hosted"), make_client(app, "hosted")


def upload(client, name="note.md", content=b"a secret of the maker", query=""):
    answer = client.post(f"{API}/upload{query}", files={"files": (name, content)})
    assert answer.status_code == 200, answer.text
    return answer.json()[0]


def test_an_upload_is_its_owners_alone(hosted):
    maker, visitor, _ = hosted
    path = upload(maker)
    assert maker.get(f"{API}/file={path}").content == b"a secret of the maker"
    for client in (visitor, hosted[2]):
        assert client.get(f"{API}/file={path}").status_code == 403
        assert client.head(f"{API}/file={path}").status_code == 403
        assert client.get(f"{API}/file/{path}").status_code == 403


def test_no_spelling_of_a_path_opens_another_owners_file(hosted):
    maker, visitor, _ = hosted
    path = upload(maker)
    folder, _, name = path.rpartition("/")
    for spelling in (path.lstrip("/"), f"/{path}", f"{folder}/../{folder.rpartition('/')[2]}/{name}", f"{folder}//{name}",
                     f"{path}/",
                     path.replace("/", "%2F"), path.replace("/", "%2f").replace(".", "%2e"), f"./{path}"):  # fmt: skip
        answer = visitor.get(f"{API}/file={spelling}")
        assert answer.status_code == 403
        assert b"secret" not in answer.content


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "../../../../etc/passwd", "app.py", "requirements.txt", "data/hearth.db", "http://169.254.169.254/", "https://evil.test/",
     "http://127.0.0.1:7860/healthz", "file:///etc/passwd", "", "/proc/self/environ", "%00", "\\\\evil.test\\x", "~/.ssh/id_rsa"],
)  # fmt: skip
def test_no_file_that_was_not_uploaded_is_served(hosted, path):
    maker, _, _ = hosted
    assert maker.get(f"{API}/file={path}").status_code == 403


def test_many_uploads_at_once_are_all_noted(hosted):
    maker, visitor, _ = hosted
    files = [("files", (f"note-{index}.md", f"text {index}".encode())) for index in range(30)]
    paths = maker.post(f"{API}/upload", files=files, headers={"accept-encoding": "br, gzip"}).json()
    assert len(paths) == 30
    assert all(maker.get(f"{API}/file={path}").status_code == 200 for path in paths)
    assert all(visitor.get(f"{API}/file={path}").status_code == 403 for path in paths)


def test_visitors_add_no_files(hosted):
    _, visitor, _ = hosted
    answer = visitor.post(f"{API}/upload", files={"files": ("x.md", b"x")}, headers={"accept-language": "zh"})
    assert (answer.status_code, answer.text) == (403, "只有维护者可以添加文件。")


def test_an_upload_without_room_is_a_sentence(tmp_path, make_client, caplog):
    async def full(scope, receive, send):
        raise OSError(errno.ENOSPC, "No space left on device")

    async def maker(scope, receive, send):
        scope[SCOPE_KEY] = MAKER
        await OwnedCache(full, tmp_path)(scope, receive, send)

    client = make_client(maker)
    for language, sentence in (("en", "Free some disk space"), ("zh", "请腾出磁盘空间")):
        answer = client.post(f"{API}/upload", files={"files": ("x.md", b"x")}, headers={"accept-language": language})
        assert answer.status_code == 507
        assert sentence in answer.text
    assert "No space left" in caplog.text


def test_an_uploads_progress_is_its_owners(hosted):
    maker, visitor, _ = hosted
    upload(maker, query="?upload_id=abc")
    assert visitor.get(f"{API}/upload_progress?upload_id=abc").status_code == 403


def test_an_event_names_only_the_senders_own_files(hosted):
    maker, visitor, other = hosted
    path = upload(maker)
    for data in ({"path": path}, [{"deep": [{"path": path, "meta": {"_type": "gradio.FileData"}}]}]):
        event = {"data": [data], "fn_index": 10_000, "session_hash": "owned"}
        assert visitor.post(f"{API}/queue/join", json={**event, "session_hash": "visitors"}).status_code == 403
        assert maker.post(f"{API}/queue/join", json=event).status_code != 403
    harmless = {"data": [{"path": "a word"}], "fn_index": 10_000, "session_hash": "others"}
    assert other.post(f"{API}/queue/join", json=harmless).status_code != 403


def test_a_session_is_who_opened_it(hosted):
    _, first, second = hosted
    event = {"data": [], "fn_index": 10_000, "session_hash": "opened-first"}
    assert first.post(f"{API}/queue/join", json=event).status_code != 403
    assert second.post(f"{API}/queue/join", json=event).status_code == 403
    assert second.get(f"{API}/queue/data?session_hash=opened-first").status_code == 403
    assert second.get(f"{API}/heartbeat/opened-first").status_code == 403
    for route in ("cancel", "reset", "component_server"):
        assert second.post(f"{API}/{route}", json={**event, "event_id": "e"}).status_code == 403


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"1", b'{"session_hash": 5}', b'{"data": []}', b"[" * 100_000, b"\xff\xfe"])
def test_an_event_that_is_none_is_refused(hosted, body):
    _, visitor, _ = hosted
    assert visitor.post(f"{API}/queue/join", content=body, headers={"content-type": "application/json"}).status_code in {400, 403}


@pytest.mark.parametrize(
    "route",
    ["/proxy=http://evil.test/", "/run/visit", "/api/visit", "/call/visit", "/call/v2/visit", "/info", "/openapi.json",
     "/vibe-edit/",
     "/runs", "/token", "/user", "/login_check", "/queue/status", "/dev/reload", "/process_recording", "/deep_link", "/stream/x",
     "/custom_component/a/client/b/c", "/app_id"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_the_page_does_not_use_is_closed_to_makers_too(hosted, route, method):
    assert hosted[0].request(method, API + route).status_code == 403
    assert hosted[0].request(method, "/login").status_code == hosted[0].get("/monitoring").status_code == 403
