"""A stand-in for Tesseract: a script of that name on the search path that says what it was asked, when it is let go."""

import contextlib
import os

from PIL import Image

from tests.timing import wait_until

SCRIPT = """#!/bin/sh
if [ "$1" = --list-langs ]; then printf 'List of available languages (3):\\nchi_sim\\neng\\nosd\\n'; exit; fi
cat > /dev/null
mkdir -p "{folder}/runs/$$-$PPID"
while [ ! -d "{folder}/go" ]; do sleep 0.02; done
printf 'The text of %s\\n\\n每年 有 十五 天 年假\\n' "$4"
"""


class Engine:
    """What a test does to the stand-in: let it go on, see the processes that run it."""

    def __init__(self, folder, monkeypatch):
        self.folder = folder
        programs = folder / "programs"
        programs.mkdir(parents=True)
        (programs / "tesseract").write_text(SCRIPT.format(folder=folder))
        (programs / "tesseract").chmod(0o755)
        monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")

    def go_on(self):
        (self.folder / "go").mkdir()

    def runs(self):
        """(its process, the reader's) of each run so far; waits for the first."""
        runs = self.folder / "runs"
        wait_until(lambda: runs.is_dir() and any(runs.iterdir()))
        return [tuple(map(int, each.name.split("-"))) for each in runs.iterdir()]


def is_running(process):
    """Whether a process is there and is not a corpse."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError), open(f"/proc/{process}/stat", encoding="utf-8") as file:
        return file.read().rpartition(")")[2].split()[0] not in ("Z", "X")
    return False


def scan(path, pages=1):
    """A PDF whose pages are pictures."""
    first, *rest = [Image.new("L", (200, 100), 200 + number % 50) for number in range(pages)]
    first.save(path, "PDF", save_all=True, append_images=rest)
    return path
