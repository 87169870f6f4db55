"""A collection in one file: all of it comes back, and what is damaged, huge or made to mislead leaves nothing behind."""

import io
import json
import zipfile

import numpy as np
import pytest

from common.errors import CollectionMissing, ParcelInvalid, StorageFailed
from knowledge import parcel
from knowledge.__main__ import main
from knowledge.chunking import Chunking
from knowledge.types import Collection, Filter, Record
from retrieval.embedding import HashEmbedder
from tests.knowledge.dying import came_to_its_end

OWNER = "maker"
QUERIES = ("annual leave", "病假 证明", "keys of the shop", "question 7", "nothing of this kind")


@pytest.fixture
def filled(knowledge, files):
    """Knowledge whose collection "docs" has documents of several forms, one of them removed."""
    leave = "# Leave\n\nFifteen days of annual leave.\n\n# 病假\n\n病假要交证明。𠮷\n"
    knowledge.add(OWNER, "docs", files.write("leave.md", leave))
    gone = knowledge.add(OWNER, "docs", files.write("gone.md", "# Gone\n\nNobody may read this again.")).document
    knowledge.add(OWNER, "docs", files.write("资料/keys.txt", "Ask the leader of the shift about keys of the shop.\n\n" * 40))
    records = [Record(f"Question {n}", f"Answer {n} 回答", labels=(("kind", "odd" if n % 2 else "even"),)) for n in range(9)]
    knowledge.add_records(OWNER, "docs", records, "faq")
    knowledge.cutting.choose(OWNER, "docs", Chunking("heading", 200))
    knowledge.remove(OWNER, gone)
    return knowledge


def exported(knowledge, tmp_path, collection="docs"):
    path = tmp_path / f"out{parcel.SUFFIX}"
    knowledge.exporting(OWNER, collection, path)
    return path


def loaded(knowledge, path, title=""):
    *_, last = knowledge.importing(OWNER, path, title)
    assert isinstance(last, Collection)
    return last


def answers(knowledge, collection, query, **more):
    hits = knowledge.search(OWNER, query, [collection], 20, **more)
    return [
        (
            hit.passage.title,
            hit.passage.heading,
            hit.passage.page,
            hit.passage.start,
            hit.passage.end,
            hit.passage.text,
            hit.score,
        )
        for hit in hits
    ]


def remade(path, **changed):
    """The same file with other parts: bytes, or a function of what a part holds; None leaves it out."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for name, change in changed.items():
        name = {"manifest": parcel.MANIFEST, "documents": parcel.DOCUMENTS, "vectors": parcel.VECTORS}.get(name, name)
        parts[name] = change(parts.get(name, b"")) if callable(change) else change
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            if content is not None:
                archive.writestr(name, content)
    return path


def said(**changed):
    return lambda text: json.dumps(json.loads(text) | changed).encode()


def first(change):
    """A change of the first document's line."""

    def made(text):
        line, rest = text.split(b"\n", 1)
        paper = json.loads(line)
        change(paper)
        return json.dumps(paper).encode() + b"\n" + rest

    return made


def nothing_came(knowledge):
    assert [each.id for each in knowledge.collections(OWNER)] == ["docs"]
    with knowledge._catalogue._database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM collections").scalar_one() == 1
    report = knowledge.check()
    assert report.problems == ()
    return report.passages


def test_what_comes_back_is_found_as_it_was(filled, tmp_path):
    came = loaded(filled, exported(filled, tmp_path))
    was = filled.collection(OWNER, "docs")
    assert (came.title, came.documents, came.passages, came.embedder) == (was.title, 3, was.passages, was.embedder)
    assert (came.characters, came.bytes) == (was.characters, was.bytes)
    for query in QUERIES:
        assert answers(filled, came.id, query) == answers(filled, "docs", query)
    odd = Filter(labels={"kind": ["odd"]})
    assert answers(filled, came.id, "answer", filter=odd) == answers(filled, "docs", "answer", filter=odd) != []
    assert filled.labels(OWNER, came.id) == filled.labels(OWNER, "docs")
    assert filled.cutting.of(OWNER, came.id) == Chunking("heading", 200)
    assert filled.cutting.otherwise(OWNER, came.id) == filled.cutting.otherwise(OWNER, "docs")
    for before, after in zip(filled.documents(OWNER, "docs"), filled.documents(OWNER, came.id), strict=True):
        assert (after.name, after.title, after.added, after.form) == (before.name, before.title, before.added, before.form)
        assert filled.text(OWNER, after.id) == filled.text(OWNER, before.id)
        passages = filled.passages(OWNER, after.id)
        assert [each.text for each in passages] == [each.text for each in filled.passages(OWNER, before.id)]
        whole = filled.text(OWNER, after.id)
        assert all(whole[each.start : each.end] == each.text for each in passages)
        old, new = (filled._catalogue.vectors([each.id for each in filled.passages(OWNER, one.id)]) for one in (before, after))
        np.testing.assert_array_equal(list(old.values()), list(new.values()))
    assert filled.settle()
    assert filled.check().problems == ()
    assert filled.trusted(OWNER) == frozenset()


def test_what_came_can_be_cut_again_added_to_and_kept_apart(filled, tmp_path, files):
    came = loaded(filled, exported(filled, tmp_path), " Second  copy ")
    assert came.title == "Second copy"
    assert list(filled.cutting(OWNER, came.id))[-1].state == "done"
    assert list(filled.cutting(OWNER, "docs"))[-1].state == "done"
    assert answers(filled, came.id, "annual leave") == answers(filled, "docs", "annual leave")
    same = files.folder / "leave.md"
    assert filled.add(OWNER, came.id, same).state == "unchanged"
    filled.add(OWNER, came.id, files.write("leave.md", "# Leave\n\nTwenty days."))
    assert len(filled.documents(OWNER, came.id)) == 3
    assert "Fifteen" in filled.text(OWNER, filled.documents(OWNER, "docs")[0].id)


def test_an_empty_collection_comes_back_empty(knowledge, tmp_path, files):
    came = loaded(knowledge, exported(knowledge, tmp_path))
    assert (came.documents, came.embedder) == (0, "")
    assert knowledge.add(OWNER, came.id, files.write("a.md", "# A\n\nLeave.")).state == "done"
    assert answers(knowledge, came.id, "leave")


def test_a_collection_of_another_embedder_keeps_it_until_it_is_re_indexed(filled, tmp_path, open_knowledge):
    path = exported(filled, tmp_path)
    open_knowledge.close()
    knowledge = open_knowledge(HashEmbedder(64), tmp_path / "elsewhere")
    came = loaded(knowledge, path)
    assert came.embedder == HashEmbedder().info.name
    assert knowledge.strangers(OWNER) == {came.id}
    assert answers(knowledge, came.id, "annual leave"), "words find something already"
    list(knowledge.reindexing(OWNER, came.id))
    assert knowledge.strangers(OWNER) == frozenset()
    assert any(hit.dense is not None for hit in knowledge.search(OWNER, "annual leave", [came.id]))


def test_vectors_that_claim_to_be_of_the_embedder_in_use_have_its_size(filled, tmp_path):
    maker = {"name": "hash-384", "revision": "", "dimension": 2, "languages": ["en"]}
    vectors = io.BytesIO()
    number = filled.exporting(OWNER, "docs", tmp_path / "counted.zip").vectors
    np.save(vectors, np.tile(np.array([[1, 0]], dtype="<f4"), (number, 1)))
    path = remade(exported(filled, tmp_path), manifest=said(embedder=maker), vectors=vectors.getvalue())
    with pytest.raises(ParcelInvalid, match="hash-384 makes vectors of 384 numbers, not 2"):
        loaded(filled, path)
    nothing_came(filled)


def array(change):
    def made(content):
        vectors = np.load(io.BytesIO(content)).copy()
        out = io.BytesIO()
        np.save(out, change(vectors))
        return out.getvalue()

    return made


def spoilt(value):
    def change(vectors):
        vectors[-1, 0] = value
        return vectors

    return change


def outside(paper):
    paper["passages"][-1][1] = len(paper["text"]) + 1


def backwards(paper):
    paper["passages"][0][0] = paper["passages"][0][1] + 1


def named_twice(text):
    one, two, *rest = text.split(b"\n")
    paper = json.loads(two)
    paper["name"] = json.loads(one)["name"]
    return b"\n".join([one, json.dumps(paper).encode(), *rest])


DAMAGE = {
    "no manifest": ({"manifest": None}, "no collection exported"),
    "another part": ({"evil.py": b"x"}, "no collection exported"),
    "a part that leads elsewhere": ({"../evil": b"x"}, "no collection exported"),
    "a manifest that is none": ({"manifest": b"[" * 100_000}, "damaged"),
    "newer": ({"manifest": said(form=parcel.FORM + 1)}, "newer Hearth"),
    "a field that is not known": ({"manifest": said(trusted=True)}, "damaged"),
    "a wrong kind of number": ({"manifest": said(documents="3")}, "damaged"),
    "a way of cutting that there is not": ({"manifest": said(chunking="sideways")}, "damaged"),
    "chunking with other fields": ({"manifest": said(chunking='{"a": 1}')}, "damaged"),
    "fewer documents": ({"documents": lambda text: text.split(b"\n", 1)[1]}, "other documents"),
    "more documents than it says": ({"manifest": said(documents=2)}, "other documents"),
    "more passages than it says": ({"manifest": said(passages=400, vectors=10)}, "damaged"),
    "cut off": ({"documents": lambda text: text[:-20]}, "cut off"),
    "a name twice": ({"documents": named_twice}, "other documents"),
    "outside of the text": ({"documents": first(outside)}, "damaged"),
    "ends before it begins": ({"documents": first(backwards)}, "damaged"),
    "half a letter": ({"documents": first(lambda paper: paper.update(title="\ud800"))}, "damaged"),
    "letters nobody sees": ({"documents": first(lambda paper: paper.update(name="a\x07b"))}, "damaged"),
    "no number": ({"documents": first(lambda paper: paper.update(added=float("nan")))}, "damaged"),
    "another form": ({"documents": first(lambda paper: paper.update(form="program"))}, "damaged"),
    "a vector too few": ({"vectors": array(lambda vectors: vectors[:-1])}, "vectors"),
    "other numbers": ({"vectors": array(lambda vectors: vectors.view("<i4"))}, "shape"),
    "another order": ({"vectors": array(np.asfortranarray)}, "shape"),
    "not a number": ({"vectors": array(spoilt(np.nan))}, "length 1"),
    "without end": ({"vectors": array(spoilt(np.inf))}, "length 1"),
    "too long": ({"vectors": array(spoilt(3e38))}, "length 1"),
    "a pickle": ({"vectors": b"\x80\x04" + b"x" * 60_000}, "vectors"),
}


@pytest.mark.parametrize("case", DAMAGE)
def test_what_is_damaged_is_said_and_leaves_nothing(filled, tmp_path, case):
    changed, sentence = DAMAGE[case]
    path = remade(exported(filled, tmp_path), **changed)
    with pytest.raises(ParcelInvalid, match=sentence) as caught:
        loaded(filled, path)
    assert len(str(caught.value)) < 300
    nothing_came(filled)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7, 0.99])
def test_a_file_that_was_cut_off(filled, tmp_path, share):
    path = exported(filled, tmp_path)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(ParcelInvalid):
        loaded(filled, path)
    nothing_came(filled)


def test_a_flipped_bit_anywhere_is_found_or_changes_nothing(filled, tmp_path):
    path = exported(filled, tmp_path)
    whole = path.read_bytes()
    refused = 0
    for place in range(0, len(whole), len(whole) // 40):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 16]) + whole[place + 1 :])
        try:
            came = loaded(filled, path)
        except ParcelInvalid:
            refused += 1
            nothing_came(filled)
        else:  # a date in a header, say
            assert answers(filled, came.id, "annual leave") == answers(filled, "docs", "annual leave")
            filled.delete_collection(OWNER, came.id)
    assert refused > 30


def test_a_bomb_is_not_unpacked(filled, tmp_path, monkeypatch):
    monkeypatch.setattr(parcel, "_DENSE_BELOW", 1_000_000)
    path = remade(exported(filled, tmp_path), documents=b" " * 30_000_000)
    with pytest.raises(ParcelInvalid, match="its size"):
        loaded(filled, path)
    monkeypatch.setattr(parcel, "_DENSEST", 10_000)
    monkeypatch.setattr(parcel, "_LINE_LIMIT", 1_000_000)
    with pytest.raises(ParcelInvalid, match="too long"):
        loaded(filled, path)
    nothing_came(filled)


def test_other_files_are_no_collections(filled, tmp_path):
    plain = tmp_path / "a.txt"
    plain.write_text("no zip")
    for path, sentence in ((plain, "no collection"), (tmp_path, "cannot be opened"), (tmp_path / "none.zip", "cannot be opened")):
        with pytest.raises(ParcelInvalid, match=sentence):
            loaded(filled, path)
    nothing_came(filled)


def test_what_is_exported_is_there_whole_or_not_at_all(filled, tmp_path):
    with pytest.raises(CollectionMissing):
        exported(filled, tmp_path, "nowhere")
    with pytest.raises(CollectionMissing):
        filled.exporting("visitor-1", "docs", tmp_path / "theirs.zip")
    with pytest.raises(StorageFailed):
        filled.exporting(OWNER, "docs", tmp_path / "no" / "folder.zip")
    assert not [path for path in tmp_path.iterdir() if path.suffix in (".zip", ".part")]
    with zipfile.ZipFile(exported(filled, tmp_path)) as archive:
        assert archive.testzip() is None
        assert b"Nobody may read this again" not in archive.read(parcel.DOCUMENTS)
        assert np.load(io.BytesIO(archive.read(parcel.VECTORS)), allow_pickle=False).dtype == np.float32


def test_one_who_stops_reading_leaves_nothing(filled, tmp_path):
    arriving = filled.importing(OWNER, exported(filled, tmp_path))
    next(arriving)
    assert [each.id for each in filled.collections(OWNER)] == ["docs"]
    arriving.close()
    nothing_came(filled)


def test_an_import_that_is_killed_leaves_nothing_or_all(filled, tmp_path, open_knowledge, monkeypatch):
    """At many statements in turn, in a process of its own."""
    monkeypatch.setattr("knowledge.importing._AT_ONCE", 3)
    path = exported(filled, tmp_path)
    passages = filled.collection(OWNER, "docs").passages
    open_knowledge.close()
    killed = 0
    for fatal in range(3, 400, 9):
        ended = came_to_its_end(open_knowledge, fatal, lambda mine: loaded(mine, path))
        knowledge = open_knowledge()
        came = knowledge.collections(OWNER)[-1]
        whole = came.id != "docs"  # it may be killed after the last transaction too
        assert whole or not ended
        if whole:
            assert came.passages == passages
            assert answers(knowledge, came.id, "annual leave") == answers(knowledge, "docs", "annual leave")
            assert knowledge.check().problems == ()
            break
        assert nothing_came(knowledge) == passages
        open_knowledge.close()
        killed += 1
    assert whole
    assert killed > 3


def test_the_command_line_writes_and_reads_collections(tmp_path, capsys, files):
    def run(*arguments, data="data"):
        status = main([*arguments, "--data", str(tmp_path / data), "--embedder", "hash"])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    run("add", str(files.write("leave.md", "# Leave\n\nFifteen days.")), "--collection", "docs", "--title", "Papers")
    file = str(tmp_path / f"papers{parcel.SUFFIX}")
    assert run("export", "--collection", "docs", file)[:2] == (0, f"{file}  1 documents, 1 passages\n")
    status, out, _ = run("load", file, data="other")
    assert status == 0
    assert out.endswith("1 documents  1 passages  Papers\n")
    assert "Leave" in run("search", "fifteen days", data="other")[1]
    assert json.loads(run("load", file, "--title", "Twice", "--json", data="other")[1])["title"] == "Twice"
    status, out, told = run("load", str(files.folder / "leave.md"), data="other")
    assert (status, out) == (1, "")
    assert told.startswith("This file is no collection exported by Hearth")
    assert run("export", "--collection", "nowhere", file)[0] == 1
