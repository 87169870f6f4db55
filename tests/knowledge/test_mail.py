"""E-mails of both kinds: whatever encoding a part is in, its words and attachments are read, and the rest is named."""

import base64
import quopri
import struct
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from knowledge.loading.worker import read
from tests.compound import compound, outlook
from tests.samples import GOOD, mail_file, packed


@pytest.fixture
def load(files):
    def loaded(content, name="a.eml"):
        return read(files.write("mail", content), name, lambda done, total, needed_s=0.0: None)

    return loaded


def raw(body, kind="text/plain; charset=utf-8", encoding="8bit", head=""):
    heads = f"Subject: Words\r\n{head}MIME-Version: 1.0\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return heads.encode() + body


ZH = "各位同事，明天下午三点开会，请准时参加。"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (raw(ZH.encode()), ZH),
        (raw(ZH.encode("gbk"), "text/plain; charset=gb2312"), ZH),
        (raw(ZH.encode("gbk"), "text/plain"), ZH),
        (raw(ZH.encode("gbk"), "text/plain; charset=no-such"), ZH),
        (raw(base64.encodebytes(ZH.encode("gb18030")), "text/plain; charset=GB18030", "base64"), ZH),
        (raw(base64.encodebytes(ZH.encode("big5", "ignore")), "text/plain; charset=big5", "base64"), "明天下午三"),
        (raw(quopri.encodestring("Grüße = 你好, yes ".encode() * 9), encoding="quoted-printable"), "Grüße = 你好, yes Grüße"),
        (raw("Café à 3 €".encode("cp1252"), "text/plain; charset=iso-8859-1"), "Café à 3 €"),
        (raw(f"<p>{ZH}</p><ul><li>一</ul>".encode("gbk"), "text/html; charset=gb2312"), f"{ZH}\n\n- 一"),
        (raw(f'<meta charset="gb2312"><p>{ZH}'.encode("gbk"), "text/html"), ZH),
        (raw(b"one line \r\ngoes on\r\n> quoted \r\n-- \r\nAnn", "text/plain; format=flowed"), "one line goes on\n> quoted"),
        (raw("无分界".encode(), "multipart/mixed; boundary=zzz"), "无分界"),
        (raw("无类型".encode(), "multipart"), "无类型"),
    ],
)  # fmt: skip
def test_words_in_whatever_encoding(load, content, words):
    document = load(content)
    assert words in document.text
    assert document.title == "Words"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (b"=?utf-8?B?" + base64.b64encode("会议通知".encode()) + b"?=", "会议通知"),
        (b"=?gb2312?B?u+HS6Q==?=\r\n =?gb2312?B?zajWqg==?=", "会议通知"),
        (b"=?utf-8?Q?Gr=C3=BC=C3=9Fe?= an alle", "Grüße an alle"),
        ("会议通知，明天".encode("gbk"), "会议通知，明天"),
        ("会议通知".encode(), "会议通知"),
        (b"=?no-such?B?xxxx?=", "=?no-such?B?xxxx?="),
        (b"=?utf-8?B?broken", "=?utf-8?B?broken"),
        (b"a long subject\r\n that is folded", "a long subject that is folded"),
    ],
)  # fmt: skip
def test_subjects(load, value, shown):
    assert load(b"Subject: " + value + b"\r\nContent-Type: text/plain\r\n\r\nwords").title == shown


def test_of_two_forms_the_plain_one_is_taken_unless_it_is_empty(load):
    message = EmailMessage()
    message["Subject"] = "Two"
    message.set_content("plain words")
    message.add_alternative("<p>html words</p>", subtype="html")
    assert "html words" not in load(message.as_bytes()).text
    message = EmailMessage()
    message["Subject"] = "Two"
    message.set_content(" \n")
    message.add_alternative("<p>只有网页</p>", subtype="html")
    assert "只有网页" in load(message.as_bytes()).text


def test_who_wrote_to_whom_and_when_in_the_language_of_the_mail(load):
    text = load(mail_file()).text
    assert "发件人: Ann <ann@example.com>\n收件人: bob@example.com\n日期: 2024-03-05 10:00+08:00" in text
    text = load(raw(b"words", head="From: a@b.c\r\nDate: no date at all\r\n")).text
    assert "From: a@b.c\nDate: no date at all" in text


@pytest.mark.parametrize("name", [name for name in GOOD if not name.endswith((".pdf", ".eml"))])
def test_attachments_of_every_kind_are_read(load, name):
    make, words = GOOD[name]
    message = EmailMessage()
    message["Subject"] = "附件"
    message.set_content("见附件")
    message.add_attachment(make(), maintype="application", subtype="octet-stream", filename=name)
    document = load(message.as_bytes())
    assert words in document.text
    found = [section for section in document.sections if words in document.text[section.start : section.end]]
    assert found[0].heading.startswith(f"附件 > 附件: {name}")


def test_attachments_that_are_not_read_are_named(load):
    message = EmailMessage()
    message["Subject"] = "Files"
    message.set_content("see below")
    message.add_attachment(b"\x89PNG\r\n", maintype="image", subtype="png", filename="照片.png")
    message.add_attachment(packed({"a.txt": "x"}), maintype="application", subtype="zip", filename="all.zip")
    message.add_attachment(b"", maintype="text", subtype="plain", filename="empty.txt")
    document = load(message.as_bytes())
    assert "see below" in document.text
    assert all(name in document.text for name in ("照片.png", "all.zip", "empty.txt"))
    (left,) = document.left_out
    assert left.line == 2
    assert "packed archive" in left.english


def test_names_of_attachments_in_old_encodings(load):
    name = base64.b64encode("价格.csv".encode("gbk")).decode()
    content = (
        "Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: application/octet-stream; "
        f'name="=?gb2312?B?{name}?="\r\nContent-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\n'
        + base64.b64encode("名称,价格\n茶,3\n".encode("gbk")).decode() + "\r\n--b--\r\n"
    )  # fmt: skip
    document = load(content.encode())
    assert "Attachment: 价格.csv" in document.text
    assert "| 茶 | 3 |" in document.text


def test_a_mail_within_a_mail_within_a_mail(load):
    message = EmailMessage()
    message["Subject"] = "level 0"
    message.set_content("深处的话")
    for depth in range(1, 8):
        outer = EmailMessage()
        outer["Subject"] = f"level {depth}"
        outer.set_content(f"body {depth}")
        outer.add_attachment(message)
        message = outer
    document = load(message.as_bytes())
    assert all(f"body {depth}" in document.text for depth in (7, 6, 5))
    assert document.sections[0].heading == "level 7"


def test_a_message_of_parts_without_end(load):
    content = b"Subject: deep\r\n" + b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(500)
    )
    content += b"Content-Type: text/plain\r\n\r\nat the bottom\r\n"
    assert load(content).title == "deep"


def test_an_outlook_message(load):
    sent = datetime(2024, 3, 5, 2, 0, tzinfo=UTC)
    content = outlook(
        "会议通知", {0x1000: "明天开会。\r\n带上笔记。", 0x0C1A: "张三"}, [("价格.csv", "名称,价格\n茶,3\n".encode("gbk"))], sent
    )
    document = load(content, "a.msg")
    assert document.title == "会议通知"
    assert "明天开会。\n带上笔记。" in document.text
    assert "日期: 2024-03-05 02:00+00:00" in document.text
    assert "| 茶 | 3 |" in document.text


def test_an_outlook_message_in_html_alone(load):
    document = load(outlook("Page", {0x1013: f"<html><body><p>{ZH}</p></body></html>".encode()}), "a.msg")
    assert ZH in document.text


def test_an_outlook_message_of_an_old_program(load):
    """Its text is in the encoding of the machine that it was written on, which it names or does not."""
    for named in (None, 936):
        streams = {"__substg1.0_0037001E": "会议通知".encode("gbk"), "__substg1.0_1000001E": ZH.encode("gbk")}
        streams["__properties_version1.0"] = bytes(32)
        if named:
            streams["__properties_version1.0"] += struct.pack("<HHIII", 3, 0x3FFD, 6, named, 0)
        document = load(compound(streams), "a.msg")
        assert ZH in document.text
        assert document.title == "会议通知"


def test_an_outlook_message_within_another(load):
    folder = "__attach_version1.0_#00000000/"
    streams = {
        "__substg1.0_0037001F": "外面".encode("utf-16-le"),
        "__substg1.0_1000001F": "转发。".encode("utf-16-le"),
        "__properties_version1.0": bytes(32),
        f"{folder}__substg1.0_3001001F": "里面".encode("utf-16-le"),
        f"{folder}__properties_version1.0": bytes(8),
        f"{folder}__substg1.0_3701000D/__substg1.0_0037001F": "里面".encode("utf-16-le"),
        f"{folder}__substg1.0_3701000D/__substg1.0_1000001F": "里面的话".encode("utf-16-le"),
        f"{folder}__substg1.0_3701000D/__properties_version1.0": bytes(24),
        "__recip_version1.0_#00000000/__substg1.0_3001001F": "李四".encode("utf-16-le"),
        "__recip_version1.0_#00000000/__substg1.0_39FE001F": "li@example.com".encode("utf-16-le"),
        "__recip_version1.0_#00000000/__properties_version1.0": bytes(8),
    }
    document = load(compound(streams), "a.msg")
    assert "收件人: 李四 <li@example.com>" in document.text
    assert [(s.heading, document.text[s.start : s.end]) for s in document.sections][-1] == (
        "外面 > 附件: 里面 > 里面",
        "里面的话",
    )
