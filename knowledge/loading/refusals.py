"""The sentences for files that cannot be read, in both languages, in one place so that all readers say the same."""

from collections.abc import Sequence

from common.errors import ArchiveFile, UnreadableFile
from knowledge.loading.document import LeftOut

READ_KINDS = (
    "PDF, Word (.docx), PowerPoint (.pptx), Excel (.xlsx, .xls), OpenDocument (.odt, .ods, .odp), RTF, EPUB, HTML, Markdown, "
    "plain text, CSV, JSON, notebooks (.ipynb), e-mails (.eml, .msg), pictures of text (PNG, JPEG, TIFF, WebP) where Tesseract "
    "is installed, and ZIP archives of these",
    "PDF、Word（.docx）、PowerPoint（.pptx）、Excel（.xlsx、.xls）、OpenDocument（.odt、.ods、.odp）、RTF、EPUB、HTML、Markdown、"
    "纯文本、CSV、JSON、笔记本（.ipynb）、电子邮件（.eml、.msg），装有 Tesseract 时还有图片中的文字（PNG、JPEG、TIFF、WebP），"
    "以及装有这些文件的 ZIP 压缩包",
)

INSTALL = (
    "To have its text read, install Tesseract (Debian: apt install tesseract-ocr tesseract-ocr-chi-sim) and add it again.",
    "要识别其中的文字，请安装 Tesseract（Debian：apt install tesseract-ocr tesseract-ocr-chi-sim），再重新添加。",
)
"""What to do where there is no program that recognises text in pictures."""

_PROMISES = (
    (".docx", ("a Word file", " Word 文件")),
    (".pptx", ("a PowerPoint file", " PowerPoint 演示文稿")),
    (".xlsx", ("an Excel workbook", " Excel 表格")),
    (".xls", ("an Excel workbook", " Excel 表格")),
    (".odt", ("an OpenDocument file", " OpenDocument 文件")),
    (".ods", ("an OpenDocument file", " OpenDocument 文件")),
    (".odp", ("an OpenDocument file", " OpenDocument 文件")),
    (".epub", ("an e-book", "电子书")),
    (".msg", ("an Outlook message", " Outlook 邮件")),
    (".zip", ("a packed archive (zip)", "压缩包（zip）")),
    (".pdf", ("a PDF", " PDF")),
)


def promised(name: str) -> tuple[str, str] | None:
    """The kind that the ending of a name promises, of those that are not text."""
    return next((kind for ending, kind in _PROMISES if name.lower().endswith(ending)), None)


def empty(name: str) -> UnreadableFile:
    return UnreadableFile(
        f"{name!r} is empty: there is nothing to read in it. Check that it was saved or copied in full.",
        f"{name!r} 是空的，没有可读的内容。请检查它是否保存或复制完整。",
    )


def too_large(name: str, megabytes: float, limit: int) -> UnreadableFile:
    return UnreadableFile(
        f"{name!r} has {megabytes:.0f} MB; files of up to {limit} MB are read. Split it and add the parts.",
        f"{name!r} 有 {megabytes:.0f} MB；最多能读 {limit} MB 的文件。请拆分后再添加。",
    )


def too_long(name: str) -> UnreadableFile:
    return UnreadableFile(
        f"{name!r} holds more than 20 million characters of text. Split it and add the parts.",
        f"{name!r} 的文字超过两千万字。请拆分后再添加。",
    )


def unsupported(name: str, kind: tuple[str, str]) -> UnreadableFile:
    return UnreadableFile(
        f"{name!r} is {kind[0]}, which is not read. Kinds that are read: {READ_KINDS[0]}.",
        f"{name!r} 是{kind[1]}，这种文件读不了。能读的有：{READ_KINDS[1]}。",
    )


def protected(name: str) -> UnreadableFile:
    return UnreadableFile(
        f"{name!r} is protected by a password. Save a copy without the password and add that.",
        f"{name!r} 有密码保护。请另存一份不带密码的再添加。",
    )


def save_as(name: str, kind: tuple[str, str], ending: str) -> UnreadableFile:
    return UnreadableFile(
        f"{name!r} is {kind[0]}, which is not read. Open it in its program, save it as {ending}, then add that.",
        f"{name!r} 是{kind[1]}，这种文件读不了。请用原来的程序打开，另存为 {ending} 后再添加。",
    )


def copy_protected(name: str) -> UnreadableFile:
    return UnreadableFile(
        f"{name!r} is under copy protection (DRM): only its own reader can open it. Add a copy that is not protected.",
        f"{name!r} 有版权保护（DRM），只有专用的阅读软件能打开。请添加没有保护的版本。",
    )


def damaged(name: str, kind: tuple[str, str]) -> UnreadableFile:
    return UnreadableFile(
        f"{name!r} is damaged: it begins like {kind[0]} but cannot be opened. Save it again from its program, then add it.",
        f"{name!r} 已损坏：开头像{kind[1]}，却打不开。请用原来的程序重新保存后再添加。",
    )


def damaged_member(name: str, archive: str) -> UnreadableFile:
    return UnreadableFile(
        f"{name!r} cannot be unpacked: the archive {archive!r} is damaged there. Pack it again, or add the file by itself.",
        f"{name!r} 解压失败：压缩包 {archive!r} 的这一部分已损坏。请重新打包，或单独添加这个文件。",
    )


def archive(name: str) -> ArchiveFile:
    return ArchiveFile(
        f"{name!r} is a packed archive (zip), not a document. Unpack it and add its files.",
        f"{name!r} 是压缩包（zip），不是文档。请解压后添加里面的文件。",
    )


def corpus(name: str) -> ArchiveFile:
    return ArchiveFile(
        f"{name!r} holds too many records for one document. Add it on the Knowledge page, or with `python -m knowledge import`.",
        f"{name!r} 的记录太多，一份文档放不下。请在“知识”页添加，或使用 `python -m knowledge import`。",
    )


def no_corpus(name: str, form: str) -> UnreadableFile:
    wanted = {
        "efaqa": ('"title" and "chats"', "title 和 chats"),
        "qa": ('a question and an answer ("question", "answer")', "问题和答案（question、answer）"),
        "dialogues": ('a list of messages ("messages")', "消息列表（messages）"),
    }[form]
    return UnreadableFile(
        f"{name!r} holds no record with {wanted[0]}. Give JSON lines, a JSON list or, for questions, a table with such names.",
        f"{name!r} 里没有带{wanted[1]}的记录。请使用 JSON Lines、JSON 列表，问答也可以是带这些列名的表格。",
    )


def no_records(name: str, left_out: Sequence[LeftOut]) -> UnreadableFile:
    if not left_out:
        return no_text(name)
    first, count = left_out[0], len(left_out)
    return UnreadableFile(
        f"None of the {count} records in {name!r} can be taken. Line {first.line}: {first.english}.",
        f"{name!r} 里的 {count} 条记录都不能用。第 {first.line} 行：{first.chinese}。",
    )


def packed_within(name: str) -> UnreadableFile:
    return UnreadableFile(
        f"{name!r} is a packed archive within an archive, which is not opened. Unpack it and add its files.",
        f"{name!r} 是压缩包里的压缩包，不会打开。请解压后添加里面的文件。",
    )


def leads_outside(name: str) -> UnreadableFile:
    return UnreadableFile(
        f"{name!r} is a name that leads out of the archive, so it is not taken. Add the file by itself if you trust it.",
        f"{name!r} 这个名字指向压缩包之外，所以没有读取。如果你信任它，请单独添加这个文件。",
    )


def link(name: str) -> UnreadableFile:
    return UnreadableFile(
        f"{name!r} is a link to another file, which an archive does not hold. Add the file itself.",
        f"{name!r} 只是指向另一个文件的链接，压缩包里没有它的内容。请直接添加那个文件。",
    )


def too_many_members(name: str, count: int, limit: int) -> UnreadableFile:
    return UnreadableFile(
        f"{name!r} holds {count} files; archives of up to {limit} are read. Split it and add the parts.",
        f"{name!r} 里有 {count} 个文件；最多能读 {limit} 个。请拆分后再添加。",
    )


def bomb(name: str, times: int) -> UnreadableFile:
    return UnreadableFile(
        f"{name!r} unpacks to {times} times its size, as archives do that are made to break readers. Add its files instead.",
        f"{name!r} 解压后会变大 {times} 倍，很像有意制作的压缩炸弹。请解压后直接添加里面的文件。",
    )


def too_deep(name: str) -> UnreadableFile:
    return UnreadableFile(
        f"{name!r} lies too deep within e-mails that hold e-mails. Save it by itself and add that.",
        f"{name!r} 嵌套在层层转发的邮件里，太深了。请单独保存后再添加。",
    )


def too_many_cells(name: str, millions: int) -> UnreadableFile:
    return UnreadableFile(
        f"{name!r} has a sheet of more than {millions} million cells. Delete what lies far outside its tables, or split it.",
        f"{name!r} 有一张表超过 {millions * 100} 万个单元格。请删除表格以外很远处的内容，或拆分后再添加。",
    )


def no_pages(name: str) -> UnreadableFile:
    return UnreadableFile(
        f"{name!r} is a PDF without any page. Export it again from its program, then add it.",
        f"{name!r} 是一个没有页面的 PDF。请用原来的程序重新导出后再添加。",
    )


def no_text(name: str) -> UnreadableFile:
    return UnreadableFile(
        f"{name!r} holds no text that can be read. If its text is in pictures, recognise it first (OCR), then add the result.",
        f"{name!r} 里没有可以读取的文字。如果文字在图片里，请先做文字识别（OCR），再添加结果。",
    )


def scanned(name: str, pages: int) -> UnreadableFile:
    count = "1 page is a picture" if pages == 1 else f"{pages} pages are pictures"
    return UnreadableFile(
        f"{name!r} holds no text: its {count}, probably a scan. {INSTALL[0]}",
        f"{name!r} 没有文字：{pages} 页都是图片，可能是扫描件。{INSTALL[1]}",
    )


def unrecognised(name: str, pages: int) -> UnreadableFile:
    count = "1 page is a picture" if pages == 1 else f"{pages} pages are pictures"
    return UnreadableFile(
        f"{name!r} holds no text: its {count}, in which no text was recognised. Scan it again, larger and sharper.",
        f"{name!r} 没有文字：{pages} 页都是图片，没有识别出文字。请用更高的分辨率重新扫描。",
    )


def picture(name: str) -> UnreadableFile:
    return UnreadableFile(
        f"{name!r} is a picture, and there is no program here that reads text in pictures. {INSTALL[0]}",
        f"{name!r} 是图片，这里没有能识别图片文字的程序。{INSTALL[1]}",
    )


def unrecognised_picture(name: str) -> UnreadableFile:
    return UnreadableFile(
        f"{name!r} is a picture in which no text was recognised. If there is text in it, take a larger and sharper picture.",
        f"{name!r} 是图片，没有识别出文字。如果里面有文字，请换一张更大更清晰的。",
    )


def too_many_pixels(name: str, limit: int) -> UnreadableFile:
    return UnreadableFile(
        f"{name!r} is a picture of more than {limit} million pixels, which is not read. Make it smaller or cut it up.",
        f"{name!r} 是超过 {limit * 100} 万像素的图片，读不了。请缩小或裁开后再添加。",
    )


def too_many_pictures(name: str, count: int, limit: int) -> UnreadableFile:
    return UnreadableFile(
        f"{name!r} holds {count:,} pictures; up to {limit:,} are read. Split it and add the parts.",
        f"{name!r} 里有 {count} 张图片；最多能读 {limit} 张。请拆分后再添加。",
    )


def undecodable(name: str) -> UnreadableFile:
    kind = promised(name)
    if kind:
        return UnreadableFile(
            f"{name!r} is not {kind[0]}, or it is damaged. Save it again from its program, then add it.",
            f"{name!r} 不是{kind[1]}，和名字不符，也可能已损坏。请用原来的程序重新保存后再添加。",
        )
    return UnreadableFile(
        f"{name!r} is neither text in a known encoding nor a kind that is read. Kinds that are read: {READ_KINDS[0]}.",
        f"{name!r} 既不是已知编码的文本，也不是能读的文件。能读的有：{READ_KINDS[1]}。",
    )


def too_slow(name: str, seconds: float) -> UnreadableFile:
    return UnreadableFile(
        f"{name!r} could not be read within {seconds:.0f} seconds. Split it or save it in a simpler form.",
        f"{name!r} 在 {seconds:.0f} 秒内没有读完。请拆分，或存成更简单的格式。",
    )


def reader_died(name: str) -> UnreadableFile:
    return UnreadableFile(
        f"The reader gave up on {name!r}: it needs too much memory or is made to break readers.",
        f"读取 {name!r} 时失败：它需要太多内存，或是有意损坏的文件。",
    )


def unopenable(name: str, reason: str) -> UnreadableFile:
    return UnreadableFile(f"{name!r} cannot be opened ({reason}).", f"打不开 {name!r}（{reason}）。")


def cancelled(name: str) -> UnreadableFile:
    return UnreadableFile(f"The reading of {name!r} was cancelled.", f"已取消读取 {name!r}。")


def stopping(name: str) -> UnreadableFile:
    return UnreadableFile(
        f"{name!r} was not read, because Hearth is stopping. Add it again after the next start.",
        f"Hearth 正在停止，没有读取 {name!r}。下次启动后请再添加一次。",
    )


def partly(passages: int, left_out: Sequence[LeftOut]) -> tuple[str, str]:
    """What is said of a file of which most was read, in English and Chinese: how much was left out, and why the first of it."""
    first, count = left_out[0], len(left_out)
    return (
        f"Added with {passages} passages; {count} left out. The first of these, number {first.line}: {first.english}",
        f"已添加 {passages} 个段落，略过 {count} 处。其中第一处（第 {first.line} 个）：{first.chinese}",
    )


def unpacked(taken: int, left_out: int) -> tuple[str, str]:
    """What is said of an archive whose members are added: English, Chinese."""
    but = (f"; not added: {left_out}", f"，未添加 {left_out} 个") if left_out else ("", "")
    return f"Unpacked; files that are added one by one: {taken}{but[0]}.", f"已解压，逐个添加其中 {taken} 个文件{but[1]}。"


def unpacked_nothing(name: str, left_out: int) -> tuple[str, str]:
    """What is said of an archive of which nothing can be added."""
    if left_out:
        return f"None of the {left_out} files in {name!r} can be added.", f"{name!r} 里的 {left_out} 个文件都不能添加。"
    return f"{name!r} is an archive without files.", f"{name!r} 是没有文件的压缩包。"
