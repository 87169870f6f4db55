"""Files attached to one conversation: whose they are, what is taken, how a turn reads them, and when they are gone."""

import io
import json
import struct
import zipfile

import pytest

from assistant.access import MAKER, Identity
from assistant.attachments import Attachments, Limits, medium_of
from assistant.conversations import CONVERSATIONS
from common.errors import CollectionMissing, ConversationMissing, DocumentMissing
from tests.assistant.test_studio import finish

VISITOR = Identity("visitor-1", maker=False)
TEXT = "# Tides\n\nThe tide at Rook Harbour is highest at half past nine in the evening."


@pytest.fixture
def studio(make_studio):
    return make_studio(["It is at half past nine [1]."] * 6)


@pytest.fixture
def write(tmp_path):
    def make(name, content):
        path = tmp_path / "files" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path, name

    return make


def talk(studio, identity, conversation, words):
    finish(studio, identity.owner, studio.start_turn(identity, conversation, words, "en"))
    return studio.conversations.messages(identity.owner, conversation)[-1]


def test_an_attachment_is_read_in_its_own_conversation_by_its_owner_alone(studio, write):
    kept = studio.conversations.create(VISITOR.owner, "model-guide")
    other = studio.conversations.create(VISITOR.owner, "model-guide")
    (outcome,) = studio.attachments.add(VISITOR.owner, kept.id, [write("tides.md", TEXT)])
    assert (outcome.state, outcome.passages) == ("done", 1)
    question = "When is the tide at Rook Harbour highest?"
    answer = talk(studio, VISITOR, kept.id, question)
    (hit,) = answer.sources
    assert "half past nine" in hit.passage.text
    assert hit.score > 0.25
    passage, whole = studio.source(VISITOR, kept.id, hit.passage.id)
    assert whole[passage.start : passage.end] == passage.text
    for stranger in (MAKER, Identity("visitor-2", maker=False)):
        with pytest.raises(DocumentMissing):
            studio.source(stranger, kept.id, hit.passage.id)
    assert not any("Rook" in found.passage.text for found in talk(studio, VISITOR, other.id, question).sources)
    for owner in (VISITOR.owner, MAKER.owner):
        assert all(not each.id.startswith("attached") for each in studio.knowledge.collections(owner))
    assert studio.attachments.list(MAKER.owner, kept.id) == []
    assert studio.attachments.collection(VISITOR.owner, other.id) is None


def test_a_persona_that_reads_the_library_finds_both(studio, write):
    kept = studio.conversations.create(VISITOR.owner, "librarian")
    starter = studio.persona(MAKER, "librarian").starters[0].get("en")
    before = studio.agent("librarian", VISITOR, conversation=kept.id).search(starter, 6)
    list(studio.attachments.add(VISITOR.owner, kept.id, [write("tides.md", TEXT)]))
    talk(studio, VISITOR, kept.id, "hello")
    agent = studio.agent("librarian", VISITOR, conversation=kept.id)
    assert agent.search(starter, 6)[0].passage == before[0].passage
    assert agent.search("tide at Rook Harbour", 6)[0].passage.title == "Tides"


def test_a_question_about_the_file_itself_is_given_its_beginning(studio, write):
    kept = studio.conversations.create("maker", "gg")
    list(studio.attachments.add("maker", kept.id, [write("tides.md", TEXT)]))

    def found(words):
        hits = studio.agent("gg", conversation=kept.id).search(words, 6)
        return any(hit.passage.title == "Tides" for hit in hits)

    assert found("so, thoughts?")
    talk(studio, MAKER, kept.id, "so, thoughts?")
    assert not found("so, thoughts?")
    assert found("总结一下这份文件")
    assert found("What does the document say?")


def test_what_can_be_neither_read_nor_shown_is_refused_by_what_it_holds(studio, write):
    kept = studio.conversations.create("maker", "gg")
    files = [
        write("notes.txt", b"II*\x00" + b"\0" * 40),
        write("song.md", b"fLaC" + b"\0" * 40),
        write("clip.pdf", b"\0\0\0\x18ftypisom" + b"\0" * 40),
        write("tides.md", TEXT),
        write("empty.txt", b""),
    ]
    picture, sound, film, fine, empty = studio.attachments.add("maker", kept.id, files)
    assert [each.state for each in (picture, sound, film, fine, empty)] == ["failed", "failed", "failed", "done", "failed"]
    for outcome, english, chinese in (
        (picture, "Save it as PNG", "另存为 PNG"),
        (sound, "Save it as WAV", "另存为 WAV"),
        (film, "reads text only", "只能读文字"),
    ):
        assert english in outcome.reason
        assert chinese in outcome.reason_zh
    assert [each.name for each in studio.attachments.list("maker", kept.id)] == ["tides.md"]


@pytest.mark.parametrize(
    ("content", "medium"),
    [
        (b"\xff\xd8\xff\xe0", "picture"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "picture"),
        (b"BM" + struct.pack("<I", 54) + b"\0" * 48, "picture"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "picture"),
        (b"\0\0\0\x18ftypheic", "picture"),
        (b"RIFF\x10\0\0\0WAVEfmt ", "sound"),
        (b"\xff\xfb\x90\0", "sound"),
        (b"\0\0\0\x18ftypM4A ", "sound"),
        (b"\x1aE\xdf\xa3", "film"),
        (b"BM is short for many things.", None),
        (b"ID3 is a decision tree learner.", None),
        (b"GIF files are pictures.", None),
        ("关于图片的文字".encode(), None),
        (b"%PDF-1.7", None),
        (b"", None),
    ],
)
def test_pictures_and_recordings_are_told_by_their_bytes(write, content, medium):
    assert medium_of(write("x.txt", content)[0]) == medium


def test_a_conversation_takes_so_much_and_no_more(studio, write):
    limits = Limits(files=2, megabytes=1, all_megabytes=2, files_of_owner=3)
    attachments = Attachments(studio.knowledge, studio.conversations, studio.attachments.media, limits)
    kept, other = (studio.conversations.create("v", "gg").id for _ in range(2))
    big = "word " * 150_000
    states = [each.state for each in attachments.add("v", kept, [write("huge.txt", "x" * 1_100_000), write("a.md", "One.")])]
    assert states == ["failed", "done"]
    again = list(attachments.add("v", kept, [write("a.md", "Two."), write("b.md", "Three."), write("c.md", "Four.")]))
    assert [each.state for each in again] == ["done", "done", "failed"]
    assert "takes 2 files" in again[2].reason
    (fine, too_many) = attachments.add("v", other, [write("d.md", "Five."), write("e.md", "Six.")])
    assert (fine.state, too_many.state) == ("done", "failed")
    assert "3 files already" in too_many.reason
    assert [each.state for each in attachments.add("w", studio.conversations.create("w", "gg").id, [write("f.md", "7.")])] == [
        "done"
    ]
    fits = Limits(files=9, megabytes=1, all_megabytes=1)
    texts = [write(f"{n}.txt", f"{n} {big}") for n in range(2)]
    full = list(
        Attachments(studio.knowledge, studio.conversations, studio.attachments.media, fits)._judged(
            "x", studio.conversations.create("x", "gg").id, texts
        )
    )
    assert [verdict is None for verdict in full] == [True, False]


def test_removing_and_restoring(studio, write):
    kept, other = (studio.conversations.create("v", "gg").id for _ in range(2))
    (outcome,) = studio.attachments.add("v", kept, [write("tides.md", TEXT)])
    for owner, conversation in (("v", other), ("w", kept)):
        with pytest.raises(DocumentMissing):
            studio.attachments.remove(owner, conversation, outcome.document)
    studio.attachments.remove("v", kept, outcome.document)
    assert studio.attachments.collection("v", kept) is None
    studio.attachments.restore("v", kept, outcome.document)
    assert [each.name for each in studio.attachments.list("v", kept)] == ["tides.md"]
    with pytest.raises(ConversationMissing):
        list(studio.attachments.add("w", kept, [write("tides.md", TEXT)]))


def test_attachments_live_as_long_as_their_conversation(studio, make_studio, write):
    deleted, kept, cleared = (studio.conversations.create("maker", "gg").id for _ in range(3))
    for conversation in (deleted, kept, cleared):
        list(studio.attachments.add("maker", conversation, [write("tides.md", TEXT)]))
    studio.clear(MAKER, cleared)
    assert studio.attachments.list("maker", cleared) == []
    studio.conversations.delete("maker", deleted)
    studio.conversations.restore("maker", deleted)
    assert len(studio.attachments.list("maker", deleted)) == 1
    studio.conversations.delete("maker", deleted)
    with studio.database.write() as connection:
        connection.execute(CONVERSATIONS.update().where(CONVERSATIONS.c.id == deleted).values(deleted=1.0))
    studio.close()
    again = make_studio()
    assert again.attachments.list("maker", deleted) == []
    assert len(again.attachments.list("maker", kept)) == 1
    assert [name for _, name in again.knowledge.hidden()] == [f"attached-{kept}"]
    assert again.knowledge.check().problems == ()
    again.delete_everything("maker")
    assert again.knowledge.hidden() == []
    with pytest.raises(CollectionMissing):
        again.knowledge.collection("maker", f"attached-{kept}")


def test_an_export_names_what_was_attached_and_can_be_read_again(studio, write):
    kept = studio.conversations.create("maker", "gg")
    list(studio.attachments.add("maker", kept.id, [write("潮汐.md", TEXT)]))
    talk(studio, MAKER, kept.id, "hello")
    as_json = studio.export("maker", kept.id, "json")
    assert json.loads(as_json)["attached"] == ["潮汐.md"]
    as_markdown = studio.export("maker", kept.id, "markdown")
    assert "- 潮汐.md" in as_markdown
    for text in (as_json, as_markdown):
        brought = studio.conversations.import_file("maker", text)
        assert next(each.text for each in studio.conversations.messages("maker", brought.id)) == "hello"
        assert studio.attachments.list("maker", brought.id) == []


def test_an_imported_conversation_opens_nothing_by_claiming_to_cite_it(make_studio, write):
    studio = make_studio(["Every member of staff gets 15 days of paid annual leave a year [1]."] * 6)
    secret = studio.knowledge.create_collection("maker", "Secret", "secret")
    (outcome,) = studio.knowledge.add_files("maker", secret.id, [write("secret.md", "# Secret\n\nThe plan.")])
    (passage,) = studio.knowledge.passages("maker", outcome.document)
    kept = studio.conversations.create(VISITOR.owner, "librarian")
    talk(studio, VISITOR, kept.id, studio.persona(MAKER, "librarian").starters[0].get("en"))
    document = json.loads(studio.export(VISITOR.owner, kept.id, "json"))
    honest = document["messages"][-1]["sources"][0]["passage"]["id"]
    document["messages"][-1]["sources"][0]["passage"]["id"] = passage.id
    forged = studio.conversations.import_file(VISITOR.owner, json.dumps(document))
    with pytest.raises(DocumentMissing):
        studio.source(VISITOR, forged.id, passage.id)
    assert studio.source(VISITOR, kept.id, honest)[0].id == honest
    assert studio.source(MAKER, kept.id, passage.id)[0] == passage


def test_the_files_of_an_archive_are_attached_each_by_itself(studio, write):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("说明/tides.md", TEXT)
        archive.writestr("empty.txt", "")
        archive.writestr("lamp.txt", "The lamp is lit at dusk.")
    kept = studio.conversations.create(VISITOR.owner, "model-guide")
    outcomes = list(
        studio.attachments.add(VISITOR.owner, kept.id, [write("all.zip", packed.getvalue()), write("b.md", "# B\n\nThe second.")])
    )
    assert [(outcome.name, outcome.state, outcome.passages) for outcome in outcomes] == [
        ("all.zip", "done", 2),
        ("b.md", "done", 1),
    ]
    assert "files added: 2. Not added: 1. The first of these: 'empty.txt' is empty" in outcomes[0].reason
    assert "添加了其中 2 个文件。未添加 1 个" in outcomes[0].reason_zh
    names = [document.name for document in studio.attachments.list(VISITOR.owner, kept.id)]
    assert names == ["all.zip/说明/tides.md", "all.zip/lamp.txt", "b.md"]
    answer = talk(studio, VISITOR, kept.id, "When is the tide at Rook Harbour highest?")
    assert "half past nine" in answer.sources[0].passage.text


def test_an_archive_takes_no_more_room_than_its_files_would(make_studio, write):
    studio = make_studio()
    attachments = Attachments(
        studio.knowledge, studio.conversations, studio.attachments.media, Limits(files=2, megabytes=1, all_megabytes=2)
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("large.txt", "x" * 1_500_000)
        for name in ("a", "b", "c"):
            archive.writestr(f"{name}.txt", f"The file {name} is here.")
    kept = studio.conversations.create("maker", "gg")
    (outcome,) = attachments.add("maker", kept.id, [write("all.zip", packed.getvalue())])
    assert "files added: 2. Not added: 2. The first of these: 'all.zip/large.txt' has 2 MB" in outcome.reason
    kept = studio.conversations.create("maker", "gg")
    (broken,) = attachments.add("maker", kept.id, [write("broken.zip", packed.getvalue()[:300])])
    assert (broken.name, broken.state) == ("broken.zip", "failed")
    assert "damaged" in broken.reason
    with zipfile.ZipFile(empty := io.BytesIO(), "w"):
        pass
    (nothing,) = attachments.add("maker", kept.id, [write("none.zip", empty.getvalue())])
    assert nothing.state == "failed"
