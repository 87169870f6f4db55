"""Replies on disk: one JSON object a line, appended as they come, so that a run that was killed goes on where it stopped.

The first line of a file names the run that it belongs to by a fingerprint; a file of another run is begun anew. A line that was
torn by the kill is dropped, and its case is asked again.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from common.errors import StorageFailed
from evaluation.task import Judged, Reply


class Kept:
    """The replies of one run so far, by case; `spent` is the time in seconds that they took, all sittings together."""

    def __init__(self, path: Path, fingerprint: str) -> None:
        """Read what an earlier sitting of the same run left. Raises `StorageFailed`."""
        self.replies: dict[str, Reply] = {}
        self.spent = 0.0
        self._path = path
        lines = _lines(path)
        if lines and lines[0].get("fingerprint") == fingerprint:
            for line in lines[1:]:
                self.replies[line["id"]] = read_reply(line)
                self.spent = max(self.spent, line["spent"])
        else:
            lines = [{"fingerprint": fingerprint}]
        # Written anew, so that a torn line never stands before a whole one.
        write(path, lines)
        try:
            self._file = path.open("a", encoding="utf-8")
        except OSError as error:
            raise _unwritable(path, error) from error

    def add(self, judged: Judged, spent: float) -> None:
        """Keep a reply; raises `StorageFailed`."""
        self.replies[judged.case.id] = judged.reply
        self.spent = spent
        try:
            self._file.write(json.dumps(to_dict(judged) | {"spent": round(spent, 2)}, ensure_ascii=False) + "\n")
            self._file.flush()
        except OSError as error:
            raise _unwritable(self._path, error) from error

    def close(self) -> None:
        self._file.close()

    def remove(self) -> None:
        """The run is done and its replies are kept elsewhere."""
        self.close()
        self._path.unlink(missing_ok=True)


def to_dict(judged: Judged) -> dict[str, Any]:
    """A judged reply as a line of the file of replies."""
    reply, mark = judged.reply, judged.mark
    return {
        "id": judged.case.id,
        "group": judged.case.group,
        "right": mark.right,
        "failure": mark.failure,
        "text": reply.text,
        "thinking": reply.thinking,
        "calls": [{"name": name, "arguments": dict(arguments)} for name, arguments in reply.calls],
        "figures": dict(mark.figures),
        "tokens": reply.tokens,
        "seconds": reply.seconds,
        "error": reply.error,
        "unread": reply.unread,
        "refused": reply.refused,
    }


def read_reply(line: Mapping[str, Any]) -> Reply:
    """The reply of a line that `to_dict` made."""
    calls = tuple((call["name"], call["arguments"]) for call in line["calls"])
    return Reply(
        line["text"],
        calls,
        line["thinking"],
        line["tokens"],
        line["seconds"],
        line["error"],
        line["unread"],
        line.get("refused", False),  # a line of an earlier version does not say
    )


def write(path: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    """Write a JSON object a line, whole or not at all; raises `StorageFailed`."""
    write_text(path, "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))


def write_text(path: Path, text: str) -> None:
    """Write a file, whole or not at all, and the folder that it lies in; raises `StorageFailed`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(path.name + ".new")
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error


def _lines(path: Path) -> list[dict[str, Any]]:
    """The lines up to the first torn one; none where the file cannot be read."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    found = []
    for line in text.split("\n")[:-1]:  # behind the last line break is nothing, or a torn line
        try:
            value = json.loads(line)
        except ValueError:
            break
        if not isinstance(value, dict):
            break
        found.append(value)
    return found


def _unwritable(path: Path, error: OSError) -> StorageFailed:
    return StorageFailed(
        f"{str(path)!r} cannot be written ({error.strerror}). Name another file with --out.",
        f"无法写入 {str(path)!r}（{error.strerror}）。请用 --out 指定别的文件。",
    )
