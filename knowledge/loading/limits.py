"""What a reader may write, which else is nothing: the copy of an attachment in memory, a file that an archive holds."""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def writing(size: int) -> Iterator[None]:
    """Within it, files of up to `size` bytes can be written; more ends the process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size if hard == resource.RLIM_INFINITY else min(size, hard), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def in_memory(data: bytes) -> Iterator[Path]:
    """A file that holds `data`, which nobody else sees and which ends with the process."""
    descriptor = os.memfd_create("inner", os.MFD_CLOEXEC)
    try:
        with writing(len(data)), os.fdopen(os.dup(descriptor), "wb") as file:
            file.write(data)
        yield Path(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)
