"""Recognising text in pictures with Tesseract, where it is installed: a program of its own, fed one page at a time.

It runs under the limits of the process that starts it and dies with it. It has to be installed by whoever runs Hearth.
"""

import ctypes
import io
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass

from PIL import Image
from pypdfium2 import PdfPage

PAGE_S = 90.0
"""Seconds that one page may take."""

_PREFERRED = ("chi_sim", "chi_tra", "eng")  # the languages asked for, those of them that are installed
_DOTS = 300  # an inch: what it was trained on
_PIXELS = 5000  # of the longer side of a page, however large its paper
_DIES_WITH_PARENT = 1  # PR_SET_PDEATHSIG of Linux


@dataclass(frozen=True, slots=True)
class Engine:
    """An installed Tesseract and the languages that it is asked for, "chi_sim+eng"."""

    program: str
    languages: str

    def read(self, page: PdfPage) -> str:
        """The text of a page as it is shown, "" where none was recognised in time."""
        scale = min(_DOTS / 72, _PIXELS / max(*page.get_size(), 1.0))
        return self.read_picture(page.render(scale=scale, grayscale=True).to_pil())

    def read_picture(self, picture: Image.Image) -> str:
        """The text of a picture, "" where none was recognised in time."""
        # PGM is pixels and nothing else: no packing, no other library that could be broken.
        data = io.BytesIO()
        picture.convert("L").save(data, "PPM")
        command = [self.program, "stdin", "stdout", "-l", self.languages, "--dpi", str(_DOTS)]
        try:
            done = subprocess.run(
                command,
                input=data.getvalue(),
                capture_output=True,
                timeout=PAGE_S,
                check=True,
                # Its threads would fight over the cores and slow each other down.
                env={**os.environ, "OMP_THREAD_LIMIT": "1"},
                preexec_fn=_die_with_parent,
            )
        except (subprocess.SubprocessError, OSError):
            return ""
        return done.stdout.decode("utf-8", "replace").replace("\f", "").strip()


def find() -> Engine | None:
    """The engine on the search path; None where there is none, or one without languages."""
    program = shutil.which("tesseract")
    if program is None:
        return None
    try:
        listed = subprocess.run([program, "--list-langs"], capture_output=True, timeout=10, check=True, text=True)
    except (subprocess.SubprocessError, OSError):
        return None
    there = [line.strip() for line in listed.stdout.splitlines()[1:]]
    languages = [name for name in _PREFERRED if name in there] or [name for name in there if name and name != "osd"][:1]
    return Engine(program, "+".join(languages)) if languages else None


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIES_WITH_PARENT, signal.SIGKILL)
