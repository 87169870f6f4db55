"""Which reader reads which kind of file. Each is imported when a file of its kind comes."""

from collections.abc import Callable
from pathlib import Path

from knowledge.loading import refusals
from knowledge.loading.detect import Kind
from knowledge.loading.document import LoadedDocument
from knowledge.loading.encoding import decoded


def read_kind(kind: Kind, path: Path, name: str, inner: Callable[[Path, str], LoadedDocument]) -> LoadedDocument | None:
    """The document of a file of any kind but PDF; `inner` reads what is attached to it. None where it should be text and is not.

    Raises `UnreadableFile` with the reason.
    """
    if kind == "docx":
        from knowledge.loading.word import read_docx

        return read_docx(path, name)
    if kind == "pptx":
        from knowledge.loading.slides import read_pptx

        return read_pptx(path, name)
    if kind == "sheets":
        from knowledge.loading.sheets import read_workbook

        return read_workbook(path, name)
    if kind == "opendocument":
        from knowledge.loading.opendocument import read_opendocument

        return read_opendocument(path, name)
    if kind == "epub":
        from knowledge.loading.epub import read_epub

        return read_epub(path, name)
    if kind == "msg":
        from knowledge.loading.outlook import read_msg

        return read_msg(path, name, inner)
    if kind == "corpus":
        from knowledge.loading.corpus import read_corpus

        return read_corpus(path, name)
    if kind == "zip":
        raise refusals.archive(name)
    data = path.read_bytes()
    if kind == "eml":
        from knowledge.loading.mail import read_eml

        return read_eml(data, inner)
    if kind == "rtf":
        from knowledge.loading.rich import read_rtf

        return read_rtf(data)
    if kind == "html":
        from knowledge.loading.html import read_html

        return read_html(data)
    text = decoded(data)
    return None if text is None else _read_text(kind, text)


def _read_text(kind: Kind, text: str) -> LoadedDocument:
    """A text of a kind that its name told; one that is not of this kind is read as plain text."""
    from knowledge.loading.plain import read_markdown, read_text

    document: LoadedDocument | None = None
    if kind == "markdown":
        document = read_markdown(text)
    elif kind == "notebook":
        from knowledge.loading.notebook import read_notebook

        document = read_notebook(text)
    elif kind == "csv":
        from knowledge.loading.sheets import read_delimited

        document = read_delimited(text)
    elif kind in ("json", "jsonl"):
        from knowledge.loading.structured import read_json, read_json_lines

        # Either ending is given to files of the other form.
        readers = (read_json, read_json_lines) if kind == "json" else (read_json_lines, read_json)
        document = readers[0](text) or readers[1](text)
    return document or read_text(text)
