"""The sentences for files that cannot be read, in both languages, in one place so that all readers say the same."""

from common.errors import UnreadableFile

READ_KINDS = ("PDF, Word (.docx), HTML, Markdown and plain text", "PDF、Word（.docx）、HTML、Markdown 和纯文本")

_PROMISES = ((".docx", ("a Word file", " Word 文件")), (".pdf", ("a PDF", " PDF")))


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


def damaged(name: str, kind: tuple[str, str]) -> UnreadableFile:
    return UnreadableFile(
        f"{name!r} is damaged: it begins like {kind[0]} but cannot be opened. Save it again from its program, then add it.",
        f"{name!r} 已损坏：开头像{kind[1]}，却打不开。请用原来的程序重新保存后再添加。",
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
        f"{name!r} holds no text: its {count}, probably a scan. Run text recognition (OCR) on it, then add the result.",
        f"{name!r} 没有文字：{pages} 页都是图片，可能是扫描件。请先做文字识别（OCR），再添加结果。",
    )


def undecodable(name: str) -> UnreadableFile:
    for ending, kind in _PROMISES:
        if name.lower().endswith(ending):
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


def stopping(name: str) -> UnreadableFile:
    return UnreadableFile(
        f"{name!r} was not read, because Hearth is stopping. Add it again after the next start.",
        f"Hearth 正在停止，没有读取 {name!r}。下次启动后请再添加一次。",
    )
