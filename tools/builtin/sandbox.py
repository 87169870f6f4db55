"""Python that a model wrote, run where it can reach nothing: a process of its own behind bubblewrap's walls.

Inside there is Python with its standard library, read-only, an empty folder for files and nothing else: no network, no file of
this machine, no environment, no other process, and bounds on time, memory and disk. It is no defence against a hole in the kernel
itself; where the walls cannot be put up, nothing runs.
"""

import contextlib
import json
import os
import platform
import re
import selectors
import shutil
import signal
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from common.errors import ToolFailed
from common.problems import Sentences
from tools.base import Tool, ToolContext, ToolOutput, ToolSpec
from tools.builtin.seccomp import filter_for

LONGEST = 20_000
"""Characters of code."""

_MEMORY = 512 * 1024 * 1024
_DISK = 16 * 1024 * 1024  # all files together, and each
_FILES = 64  # open at once
_OUTPUT = 64 * 1024  # bytes that may be printed
_TOGETHER = 2
_FIRST_S = 8.0  # for the trial; a cold machine takes a while
_LOOK_S = 0.05
_END_S = 2.0  # for the walls to come down

_INSIDE = """
import ast, linecache, os, resource, sys, traceback
os.nice(10)
for limit, value in {limits}.items():
    resource.setrlimit(getattr(resource, limit), (value, value))
text = sys.stdin.buffer.read().decode()
if text.lstrip().startswith("```") and text.rstrip().endswith("```"):  # code as it stands in a chat
    text = text.strip()[3:-3].partition("\\n")[2]
if "\\n" not in text and "\\\\n" in text:  # small models write the two signs
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        text = text.replace("\\\\n", "\\n").replace("\\\\t", "\\t")
linecache.cache["<code>"] = (len(text), None, text.splitlines(True), "<code>")
names = {{"__name__": "__main__", "__builtins__": __builtins__}}
code = 1
try:
    tree = ast.parse(text, "<code>")
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "<code>", "exec"), names)
    if last is not None:
        value = eval(compile(ast.Expression(last.value), "<code>", "eval"), names)
        if value is not None:
            print(value if isinstance(value, str) else repr(value))
    code = 0
except SystemExit as error:
    code = 0 if error.code in (None, 0) else 1
    if isinstance(error.code, str):
        print(error.code)
except BaseException as error:
    shown = error.__traceback__
    while shown is not None and shown.tb_frame.f_code.co_filename != "<code>":
        shown = shown.tb_next
    sys.stdout.flush()
    print("".join(traceback.format_exception(type(error), error, shown, limit=-5)))
sys.stdout.flush()
os._exit(code)
"""


class Sandbox(Tool):
    """Runs Python code for at most `seconds`; `which` finds programs."""

    id = "python"
    titles: Mapping[str, str] = {"en": "Python (sandboxed)", "zh": "Python（沙箱）"}
    about: Mapping[str, str] = {
        "en": "Runs Python code in a sandbox without network or files; on Linux, where bubblewrap is installed.",
        "zh": "在没有网络、接触不到文件的沙箱里运行 Python 代码；需要 Linux，并装有 bubblewrap。",
    }
    spec = ToolSpec(
        "run_python",
        "Run Python code in a sandbox and read what it prints. Standard library only, no network, no files. "
        "在沙箱里运行 Python 代码并读取输出，只有标准库。",
        {
            "type": "object",
            "properties": {
                "code": {
                    "type": "string",
                    "description": "The code; print what you want to see. 代码，用 print 输出结果。",
                    "minLength": 1,
                    "maxLength": LONGEST,
                }
            },
            "required": ["code"],
            "additionalProperties": False,
        },
    )
    time_limit_s = 20.0  # what the code may take, and a while to wait for others

    def __init__(self, which: Callable[[str], str | None] = shutil.which, seconds: float = 8.0) -> None:
        self._which = which
        self._seconds = seconds
        self._trying = threading.Lock()
        self._tried: Sequence[str] | ToolFailed | None = None
        self._places = threading.BoundedSemaphore(_TOGETHER)

    def unavailable(self) -> Sentences | None:
        with self._trying:
            if self._tried is None and self._which("bwrap") is None:
                self._tried = self._try()
            found = self._tried
        return (found.english, found.chinese) if isinstance(found, ToolFailed) else None

    def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        """Raises `ToolFailed` where there is no sandbox, and for code that does not end well within its bounds."""
        walls = self._walls()
        if not self._places.acquire(timeout=self.time_limit_s - self._seconds - 2):
            raise ToolFailed("Other code is running. Try again in a moment.", "正在运行别的代码，请稍后再试。")
        try:
            printed, status = _run(walls, arguments["code"], self._seconds, context.cancel)
        finally:
            self._places.release()
        if status == 0:
            return ToolOutput(printed or context.say("It ran and printed nothing.", "已运行，没有输出。"), {"printed": printed})
        if status == 1:
            told = printed or context.say("It ended with an error and printed nothing.", "运行出错，没有输出。")
            return ToolOutput(told, {"printed": printed}, failed=True)
        raise ToolFailed(
            f"The code made Python itself crash (status {status}). Write it in another way, without ctypes.",
            f"代码让 Python 本身崩溃了（状态 {status}）。请换一种写法，不要用 ctypes。",
        )

    def _walls(self) -> Sequence[str]:
        """The command that puts the walls up, tried once with code that is known. Raises `ToolFailed` where it cannot."""
        with self._trying:
            if self._tried is None:
                self._tried = self._try()
        if isinstance(self._tried, ToolFailed):
            raise ToolFailed(self._tried.english, self._tried.chinese)
        return self._tried

    def _try(self) -> Sequence[str] | ToolFailed:
        program = self._which("bwrap")
        if program is None or sys.platform != "linux":
            return ToolFailed(
                "Python code cannot be run here: no sandbox is there. Install bubblewrap on Linux (Debian: "
                "apt install bubblewrap) and start Hearth again.",
                "这里不能运行 Python 代码：缺少沙箱。请在 Linux 上安装 bubblewrap（Debian：apt install bubblewrap），"
                "再重新启动 Hearth。",
            )
        if filter_for(platform.machine()) is None:
            return ToolFailed(
                f"Python code cannot be run here: the sandbox does not know the processor {platform.machine()!r}.",
                f"这里不能运行 Python 代码：沙箱不支持 {platform.machine()!r} 处理器。",
            )
        walls = _command(program)
        try:
            printed, status = _run(walls, "print(6 * 7)", _FIRST_S, threading.Event())
        except (ToolFailed, OSError) as error:
            printed, status = str(error), -1
        if (printed, status) == ("42", 0):
            return walls
        reason = printed.strip()[-200:] or f"status {status}"
        return ToolFailed(
            f"Python code cannot be run here: bubblewrap is there but puts up no sandbox ({reason}). It needs version 0.8 "
            "and user namespaces that everybody may make.",
            f"这里不能运行 Python 代码：有 bubblewrap，但沙箱建不起来（{reason}）。"
            "需要 0.8 以上版本，并允许普通用户建立用户命名空间。",
        )


def _command(program: str) -> list[str]:
    """bubblewrap with everything shut, and Python behind it; what it still needs is the filter."""
    python = Path(os.path.realpath(getattr(sys, "_base_executable", sys.executable)))
    command = [
        program,
        *("--unshare-all", "--unshare-user", "--disable-userns", "--uid", "65534", "--gid", "65534", "--hostname", "sandbox"),
        *("--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL", "--as-pid-1"),
    ]
    for folder in _libraries():
        command += ["--ro-bind-try", folder, folder]
    standard = sysconfig.get_path("stdlib")
    command += ["--ro-bind", standard, standard, "--ro-bind", str(python), str(python)]
    for name in ("site-packages", "dist-packages"):  # what was installed beside Python is nobody's business
        if os.path.isdir(installed := os.path.join(standard, name)):
            command += ["--size", "4096", "--tmpfs", installed, "--remount-ro", installed]
    for device in ("/dev/null", "/dev/urandom"):
        command += ["--dev-bind", device, device]
    command += ["--size", str(_DISK), "--tmpfs", "/tmp", "--remount-ro", "/", "--chdir", "/tmp"]
    for name, value in {"LD_LIBRARY_PATH": sysconfig.get_config_var("LIBDIR") or "", "HOME": "/tmp", "LANG": "C.UTF-8"}.items():
        command += ["--setenv", name, value]
    # Of the processor it has what fits into its seconds: a limit of its own does not end the first process of a namespace.
    limits = {
        "RLIMIT_AS": _MEMORY,
        "RLIMIT_FSIZE": _DISK,
        "RLIMIT_NOFILE": _FILES,
        "RLIMIT_CORE": 0,
    }
    inside = _INSIDE.format(limits=json.dumps(limits))
    return [*command, "--", str(python), "-I", "-S", "-B", "-X", "utf8", "-c", inside]


def _libraries() -> list[str]:
    """Where the C libraries and the loader are that Python was linked with."""
    kind = sysconfig.get_config_var("MULTIARCH") or ""
    folders = [f"/lib/{kind}", f"/usr/lib/{kind}"] if kind and os.path.isdir(f"/usr/lib/{kind}") else ["/lib", "/usr/lib"]
    loaders = [str(path) for path in Path("/lib").glob("ld-linux-*.so.*")] if kind else []
    name, folder = sysconfig.get_config_var("INSTSONAME"), sysconfig.get_config_var("LIBDIR")
    own = [os.path.join(folder, name)] if name and folder else []
    return [*folders, "/lib64", "/usr/lib64", *loaders, *own]


def _run(walls: Sequence[str], code: str, seconds: float, cancel: threading.Event) -> tuple[str, int]:
    """What the code printed, and its status. Raises `ToolFailed` when it takes too long, prints too much or is to stop."""
    files = code.encode("utf-8", "replace"), filter_for(platform.machine()) or b"", b""
    with contextlib.ExitStack() as stack:
        given, shut, told = (stack.enter_context(_in_memory(data)) for data in files)
        process = subprocess.Popen(
            [walls[0], "--seccomp", str(shut), "--info-fd", str(told), *walls[1:]],
            stdin=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(shut, told),
            env={},
            cwd="/",
            start_new_session=True,
        )
        with process:
            try:
                return _read(process, seconds, cancel).decode("utf-8", "replace").rstrip(), process.returncode
            finally:
                _end(process, told)


def _end(process: "subprocess.Popen[bytes]", told: int) -> None:
    """End what is behind the walls, and with it the process that holds them up, which then leaves nothing to clear away."""
    if process.poll() is not None:
        return
    inside = re.search(rb'"child-pid": (\d+)', os.pread(told, 1000, 0))
    if inside:
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(inside[1]), signal.SIGKILL)
    try:
        process.wait(_END_S if inside else 0)
    except subprocess.TimeoutExpired:  # not up yet: what it begins dies with it
        process.kill()


def _read(process: "subprocess.Popen[bytes]", seconds: float, cancel: threading.Event) -> bytes:
    """All that is printed until the process has ended."""
    assert process.stdout is not None
    ends, printed, is_open = time.monotonic() + seconds, bytearray(), True
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while is_open or process.poll() is None:
            if cancel.is_set():
                raise ToolFailed("The code was stopped.", "代码已停止运行。")
            if time.monotonic() > ends:
                raise ToolFailed(
                    f"The code did not end within {seconds:g} seconds and was stopped. Make it do less.",
                    f"代码在 {seconds:g} 秒内没有运行完，已停止。请让它少做一些。",
                )
            if is_open and selector.select(_LOOK_S):
                chunk = os.read(process.stdout.fileno(), 65_536)
                is_open = bool(chunk)
                printed += chunk
            elif not is_open:  # it may close what it prints to, and go on
                cancel.wait(_LOOK_S)
            if len(printed) > _OUTPUT:
                raise ToolFailed(
                    f"The code printed more than {_OUTPUT // 1024} KB and was stopped. Print less.",
                    f"代码的输出超过 {_OUTPUT // 1024} KB，已停止。请少输出一些。",
                )
    return bytes(printed)


@contextlib.contextmanager
def _in_memory(data: bytes) -> Iterator[int]:
    """A file that has no name and holds `data`, for a program to read."""
    file = os.memfd_create("given")
    try:
        os.write(file, data)
        os.lseek(file, 0, os.SEEK_SET)
        yield file
    finally:
        os.close(file)
