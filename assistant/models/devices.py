"""What this machine can compute on and how much memory it has, asked cheaply: no import of torch, no wait for a model that loads.

A GPU is read through torch where torch is there already, else through NVIDIA's own library. Figures are bytes. What is not known:
memory that another program is about to take.
"""

import ctypes
import gc
import importlib.metadata
import importlib.util
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import psutil

Kind = Literal["gpu", "cpu"]

_LIBRARIES = ("libnvidia-ml.so.1", "nvml.dll")


@dataclass(frozen=True, slots=True)
class Room:
    """The memory models live in: a GPU's own, or the machine's. `bfloat16` says that it computes in 16 bits as fast as in 32."""

    kind: Kind
    name: str
    total: int
    free: int
    bfloat16: bool = True

    @property
    def used(self) -> int:
        return self.total - self.free


def machine() -> Room:
    """The machine's own memory."""
    memory = psutil.virtual_memory()
    return Room("cpu", "", memory.total, memory.available, _has_amx())


def gpu() -> Room | None:
    """The GPU that torch would use; None where there is none, or where torch cannot use it."""
    torch = loaded("torch")
    if torch is not None:
        return _gpu_of_torch(torch)
    return _gpu_of_nvml() if _torch_has_cuda() else None


def room() -> Room:
    """Where a language model goes: the GPU where there is one."""
    return gpu() or machine()


def model_room(there: Room) -> int:
    """How many bytes a model may take in `there`: on a CPU only as much as still answers while one waits."""
    return there.free if there.kind == "gpu" else int(there.free * 0.5)


def loaded(module: str) -> Any:
    """A module that is imported already, whole; None while it is not."""
    found = sys.modules.get(module)
    spec = getattr(found, "__spec__", None)
    return None if found is None or getattr(spec, "_initializing", False) else found


def free_memory() -> None:
    """Give back what models that were let go have left behind."""
    gc.collect()
    torch = loaded("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
    with suppress(OSError, AttributeError):  # only glibc keeps what was freed, and only it has this
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def has(module: str) -> bool:
    """Whether a package is installed."""
    return importlib.util.find_spec(module) is not None


def has_bitsandbytes() -> bool:
    return has("bitsandbytes")


def _gpu_of_torch(torch: Any) -> Room | None:
    if not torch.cuda.is_available():
        return None
    free, total = torch.cuda.mem_get_info()
    return Room("gpu", str(torch.cuda.get_device_name()), int(total), int(free))


@lru_cache(maxsize=1)
def _torch_has_cuda() -> bool:
    try:
        return not importlib.metadata.version("torch").endswith("+cpu")
    except importlib.metadata.PackageNotFoundError:
        return False


class _Memory(ctypes.Structure):
    _fields_ = (("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong))


def _gpu_of_nvml() -> Room | None:
    for name in _LIBRARIES:
        try:
            library = ctypes.CDLL(name)
        except OSError:
            continue
        handle, memory, title = ctypes.c_void_p(), _Memory(), ctypes.create_string_buffer(96)
        answers = (
            library.nvmlInit_v2(),
            library.nvmlDeviceGetHandleByIndex_v2(0, ctypes.byref(handle)),
            library.nvmlDeviceGetMemoryInfo(handle, ctypes.byref(memory)),
            library.nvmlDeviceGetName(handle, title, 96),
        )
        if not any(answers):
            return Room("gpu", title.value.decode("utf-8", "replace"), int(memory.total), int(memory.free))
    return None


@lru_cache(maxsize=1)
def _has_amx() -> bool:
    """Whether the processor multiplies bfloat16 in hardware; without it models run in 32 bits here (`weights.choose_dtype`)."""
    try:
        return "amx_bf16" in Path("/proc/cpuinfo").read_text("utf-8")
    except OSError:
        return False
