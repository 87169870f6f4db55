"""The command line: what it prints, its exit status, and one object a line with --json."""

import http.server
import io
import json
import zipfile

import pytest

from knowledge.__main__ import main
from tests.serving import serving


@pytest.fixture
def run(tmp_path, capsys):
    """Run a command on the test's data folder; returns the status, the lines printed and standard error."""

    def call(*arguments):
        status = main([*arguments, "--data", str(tmp_path / "data"), "--embedder", "hash"])
        printed = capsys.readouterr()
        return status, printed.out.splitlines(), printed.err

    return call


def test_add_says_what_became_of_each_file(run, files):
    files.write("a.md", "# Leave\n\nFifteen days.")
    files.write("sub/a.md", "# 年假\n\n十五天。")
    files.write("sub/empty.txt", b"")
    files.write(".hidden/x.md", "x")
    status, lines, _ = run("add", str(files.folder), "nowhere.md", "--collection", "docs", "--json")
    assert status == 1
    outcomes = [json.loads(line) for line in lines]
    assert [(outcome["name"], outcome["state"]) for outcome in outcomes] == [
        ("a.md", "done"),
        ("sub/a.md", "done"),
        ("sub/empty.txt", "failed"),
        ("nowhere.md", "failed"),
    ]
    assert {"path", "state", "passages", "reason", "seconds"} <= outcomes[0].keys()
    status, lines, _ = run("add", str(files.folder / "a.md"), "--collection", "docs")
    assert status == 0
    assert lines[0].startswith("unchanged")


def test_list_search_remove_check_rebuild(run, files):
    run("add", str(files.write("a.md", "# Leave\n\nFifteen days of annual leave.")), "--collection", "docs", "--title", "Papers")
    assert run("list")[1] == ["docs  1 documents  1 passages  Papers"]
    assert json.loads(run("list", "--json")[1][0])["id"] == "docs"
    document = json.loads(run("list", "--collection", "docs", "--json")[1][0])
    assert document["name"] == "a.md"

    status, lines, _ = run("search", "annual leave", "--json")
    assert status == 0
    assert json.loads(lines[0])["passage"]["title"] == "Leave"
    assert "Leave" in run("search", "annual leave", "--collection", "docs")[1][0]

    assert run("check")[0] == 0
    assert run("rebuild")[0] == 0
    assert json.loads(run("check", "--json")[1][0])["passages"] == 1

    assert run("remove", "--document", document["id"])[0] == 0
    assert run("search", "annual leave")[1] == []
    assert run("remove", "--collection", "docs")[0] == 0
    assert run("list")[1] == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("search", "x", "--collection", "nowhere"),
        ("list", "--collection", "nowhere"),
        ("remove", "--document", "nothing"),
        ("add", "x", "--collection", "Not An Id"),
    ],
)
def test_an_expected_failure_is_one_sentence_and_status_1(run, arguments):
    status, lines, error = run(*arguments)
    assert status == 1
    assert lines == []
    assert len(error.splitlines()) == 1


@pytest.mark.parametrize("arguments", [("bogus",), ("add", "x"), ("remove",), ()])
def test_wrong_usage_is_status_2(run, arguments):
    with pytest.raises(SystemExit) as caught:
        run(*arguments)
    assert caught.value.code == 2


def test_cut_shows_and_does_it_another_way(run, files):
    text = "# Leave\n\nFifteen days.\n\n## Moving it\n\nTo March."
    _, lines, _ = run("add", str(files.write("a.md", text)), "--collection", "docs", "--chunking", "heading:400", "--json")
    added = json.loads(lines[0])
    assert added["passages"] == 2
    _, lines, _ = run("cut", "--preview", added["document"], "--chunking", "whole", "--json")
    assert [json.loads(line)["heading"] for line in lines] == [""]
    status, lines, _ = run("cut", "--collection", "docs", "--chunking", "whole", "--json")
    assert (status, json.loads(lines[0])["passages"]) == (0, 1)
    status, _, said = run("cut", "--collection", "docs", "--chunking", "heap")
    assert status == 1
    assert "Choose one of passages" in said


def test_the_files_of_an_archive_are_added_by_themselves(run, files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("年假.md", "# 年假\n\n十五天。")
        archive.writestr("sub/b.txt", "The second.")
        archive.writestr("sub/empty.txt", "")
        archive.writestr("inner", packed_with("c.txt"))
    files.write("papers/all.zip", packed.getvalue())
    files.write("papers/z.txt", "The last.")
    status, lines, _ = run("add", str(files.folder), "--collection", "docs", "--json")
    assert status == 1
    told = [json.loads(line) for line in lines]
    assert [(outcome["name"], outcome["state"]) for outcome in told] == [
        ("papers/all.zip/年假.md", "done"),
        ("papers/all.zip/sub/b.txt", "done"),
        ("papers/all.zip/sub/empty.txt", "failed"),
        ("papers/all.zip/inner", "failed"),
        ("papers/z.txt", "done"),
    ]
    assert told[0]["path"] == str(files.folder / "papers/all.zip/年假.md")
    status, lines, _ = run("add", str(files.write("none.zip", packed_with())), "--collection", "docs")
    assert status == 1
    assert "archive without files" in lines[0]


def packed_with(*names):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names:
            archive.writestr(name, "Something.")
    return packed.getvalue()


def test_a_page_is_added_by_its_address(run):
    class Site(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            status, body = (200, b"<title>Tides</title><p>Highest at nine.</p>") if self.path == "/tides" else (404, b"")
            self.send_response(status)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    with serving(Site) as server:
        base = f"http://127.0.0.1:{server.server_address[1]}"
        status, lines, _ = run(
            "add", f"{base}/tides", f"{base}/none", "https://a:b@example.org", "--collection", "docs", "--json"
        )
    assert status == 1
    told = [json.loads(line) for line in lines]
    assert [(outcome["path"], outcome["state"]) for outcome in told] == [
        (f"{base}/tides", "done"),
        (f"{base}/none", "failed"),
        ("https://a:b@example.org", "failed"),
    ]
    assert json.loads(run("list", "--collection", "docs", "--json")[1][0])["name"] == f"{base}/tides"


def test_a_search_goes_on_without_a_reranker_that_is_not_there(run, files):
    run("add", str(files.write("a.md", "# Leave\n\nFifteen days.")), "--collection", "docs")
    status, lines, error = run("search", "leave", "--reranker", "path:/nowhere")
    assert status == 0
    assert "Fifteen days." in lines[1]
    assert error.startswith("There is no reranker in '/nowhere'")


def test_a_large_corpus_in_an_archive_is_taken_a_part_at_a_time(run, files):
    lamps = "".join(json.dumps({"question": f"Where is lamp {n}?", "answer": f"At pier {n}."}) + "\n" for n in range(2_001))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("lamps.jsonl", lamps)
        archive.writestr("b.txt", "The second.")
    status, lines, _ = run("add", str(files.write("all.zip", packed.getvalue())), "--collection", "docs", "--json")
    told = [json.loads(line) for line in lines]
    assert [(each["name"], each["state"], each["passages"]) for each in told] == [
        ("all.zip/lamps.jsonl", "done", 2_001),
        ("all.zip/b.txt", "done", 1),
    ]
    assert status == 0
    assert len(run("list", "--collection", "docs", "--json")[1]) == 3
