"""ZIP archives: every member by its right name, and none that leads out, links, repeats itself or swells."""

import io
import stat
import struct
import zipfile

import pytest

from common.errors import ArchiveFile, UnreadableFile
from knowledge.loading.loader import Loader
from tests.samples import packed, word_file


@pytest.fixture(scope="module")
def loader():
    loader = Loader()
    yield loader
    loader.close()


@pytest.fixture
def archive(files, loader):
    """The members of an archive: name -> what it holds, or the sentence why it is refused."""

    def opened(content):
        path = files.write("all.zip", content)
        with pytest.raises(ArchiveFile):
            loader.load(path, "all.zip")
        got = {}
        for member in loader.members(path, "all.zip"):
            to = files.folder / "out" / str(member.place)
            to.parent.mkdir(exist_ok=True)
            try:
                loader.extract(path, "all.zip", member, to)
                got[member.name] = to.read_bytes()
            except UnreadableFile as error:
                got[member.name] = str(error) if member.name in error.chinese else ""
        return got

    return opened


def old(names, encoding):
    """An archive as old programs write it: names in the encoding of their machine, which is not said."""
    raw = [name.encode(encoding) for name in names]
    places = [f"{number:x>{len(each)}}" for number, each in enumerate(raw)]
    content = packed(dict(zip(places, names, strict=True)), zipfile.ZIP_STORED)
    for place, each in zip(places, raw, strict=True):
        content = content.replace(place.encode(), each)
    return content


@pytest.mark.parametrize(
    ("names", "encoding"),
    [
        (["公司制度/员工手册.txt", "公司制度/请假流程.txt"], "gbk"),
        (["说明文档.txt"], "gbk"),
        (["使用說明/常見問題.txt", "會議紀錄.txt"], "big5"),
        (["資料/会議のメモ.txt", "お知らせ.txt"], "cp932"),
        (["文件/说明.txt"], "utf-8"),
        (["notes/plain.txt", "more.txt"], "ascii"),
    ],
)
def test_names_of_old_programs(archive, names, encoding):
    assert archive(old(names, encoding)) == {name: name.encode() for name in names}


def test_names_that_are_said_to_be_utf8(archive):
    assert list(archive(packed({"中文/名称 é.txt": "x", "emoji 😀.md": "y"}))) == ["中文/名称 é.txt", "emoji 😀.md"]


def test_folders_and_the_clutter_of_file_managers_are_no_members(archive):
    content = packed(
        {
            "a/": "",
            "a/b.txt": "x",
            "__MACOSX/a/._b.txt": "m",
            "a/.DS_Store": "d",
            "Thumbs.db": "t",
            "a/~$b.docx": "lock",
            "windows\\folder\\c.txt": "y",
            "windows\\": "",
        }
    )
    assert list(archive(content)) == ["a/b.txt", "windows/folder/c.txt"]


@pytest.mark.parametrize("name", ["../out.txt", "a/../../out.txt", "/etc/out.txt", "C:\\out.txt", "..\\out.txt", "c:out.txt"])
def test_names_that_lead_out_are_refused(archive, files, name):
    got = archive(packed({name: "x", "good.txt": "y"}))
    assert got.pop("good.txt") == b"y"
    (said,) = got.values()
    assert "leads out" in said
    assert not (files.folder.parent / "out.txt").exists()


def test_links_are_refused(archive):
    link = zipfile.ZipInfo("link.txt")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    assert "link to another file" in archive(packed({link: "/etc/passwd"}))["link.txt"]


def test_archives_within_are_refused_whatever_they_are_called(archive):
    inner = packed({"x.txt": "x"})
    got = archive(
        packed({"inner.zip": inner, "inner.dat": inner, "说明.txt": inner, "a.docx": word_file(), "b.7z": "7z", "c.tar.gz": "x"})
    )
    assert isinstance(got.pop("a.docx"), bytes)
    assert all("archive within an archive" in said for said in got.values())
    assert len(got) == 5


def test_members_under_a_password_and_empty_ones(archive):
    content = bytearray(packed({"open.txt": "x", "locked.txt": "secret", "empty.txt": ""}, zipfile.ZIP_STORED))
    place = content.index(b"locked.txt") - 30
    content[place + 6] |= 1
    place = content.rindex(b"locked.txt") - 46
    content[place + 8] |= 1
    got = archive(bytes(content))
    assert got["open.txt"] == b"x"
    assert "password" in got["locked.txt"]
    assert "is empty" in got["empty.txt"]


def test_a_member_that_is_damaged_leaves_the_others(archive):
    content = bytearray(packed({"good.txt": "good", "bad.txt": "bad words"}, zipfile.ZIP_STORED))
    content[content.index(b"bad words")] ^= 1
    got = archive(bytes(content))
    assert got["good.txt"] == b"good"
    assert "damaged there" in got["bad.txt"]


def test_a_member_that_is_larger_than_it_says(archive):
    content = bytearray(packed({"a.txt": "x" * 1000}))
    for mark, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", content, content.index(mark) + at, 10)
    assert "damaged there" in archive(bytes(content))["a.txt"]


def refusal(files, loader, content):
    path = files.write("all.zip", content)
    with pytest.raises(UnreadableFile) as caught:
        loader.members(path, "all.zip")
    return str(caught.value)


def test_bombs_are_refused_unopened(files, loader):
    bomb = packed({f"{n}.txt": bytes(20_000_000) for n in range(3)})
    assert len(bomb) < 100_000
    assert "unpacks to" in refusal(files, loader, bomb)


def test_members_that_share_their_bytes_count_each(files, loader):
    """An archive that points to the same bytes again and again."""
    one = packed({"a.txt": bytes(1_000_000)})
    begin = one.index(b"PK\x01\x02")
    end = one.index(b"PK\x05\x06")
    entries = one[begin:end] * 1500
    tail = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 1500, 1500, len(entries), begin, 0)
    assert "unpacks to" in refusal(files, loader, one[:begin] + entries + tail)


def test_too_many_members(files, loader):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(2001):
            archive.writestr(str(number), "x")
    assert "2001 files" in refusal(files, loader, buffer.getvalue())


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_an_archive_that_is_cut_off(files, loader, share):
    content = packed({f"{n}.txt": f"some words {n}" * 20 for n in range(5)})
    assert "damaged" in refusal(files, loader, content[: int(len(content) * share)])


def test_an_archive_without_files(files, loader):
    assert loader.members(files.write("none.zip", packed({})), "none.zip") == []


def test_an_archive_attached_to_another_file(files, loader):
    """A zip behind a picture or a program (it unpacks itself) is what it begins as."""
    path = files.write("photo.jpg", b"\xff\xd8\xff\xe0" + bytes(100) + packed({"a.txt": "x"}))
    with pytest.raises(UnreadableFile, match="picture"):
        loader.load(path, "photo.jpg")
