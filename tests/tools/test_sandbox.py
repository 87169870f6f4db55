"""Sandboxed Python: it refuses where there is no sandbox, and behind the walls nothing gets out, stays or grows."""

import errno
import os
import platform
import socket
import struct
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.errors import ToolFailed
from tests.timing import wait_until
from tools.base import ToolContext
from tools.builtin.sandbox import Sandbox
from tools.builtin.seccomp import filter_for
from tools.runner import run

HERE = Sandbox()


def works():
    try:
        return bool(HERE.call({"code": "1"}, ToolContext()))
    except ToolFailed:
        return False


walled = pytest.mark.skipif(not works(), reason="bubblewrap is not installed, or puts up no sandbox here")


def execute(code, language="en", sandbox=HERE, **context):
    return run(sandbox, {"code": code}, ToolContext(language=language, **context))


# where there is no sandbox


def test_without_bubblewrap_it_refuses_and_says_what_to_install():
    bare = Sandbox(which=lambda name: None)
    output = execute("print(1)", sandbox=bare)
    assert output.failed
    assert "apt install bubblewrap" in output.text
    assert "缺少沙箱" in execute("print(1)", "zh", bare).text


def test_a_bubblewrap_that_does_not_work_is_tried_once_and_its_reason_told(tmp_path):
    program = tmp_path / "bwrap"
    program.write_text(f"#!/bin/sh\necho tried >> {tmp_path}/tries\necho 'No permission to make a namespace'\nexit 1\n")
    program.chmod(0o755)
    broken = Sandbox(which=lambda name: str(program))
    for _ in range(3):
        output = execute("print(1)", sandbox=broken)
        assert output.failed
        assert "(No permission to make a namespace)" in output.text
    assert "沙箱建不起来（No permission to make a namespace）" in execute("print(1)", "zh", broken).text
    assert (tmp_path / "tries").read_text() == "tried\n"


def test_a_program_that_only_says_yes_is_no_sandbox():
    assert "puts up no sandbox (status 0)" in execute("print(1)", sandbox=Sandbox(which=lambda name: "/bin/true")).text
    assert "puts up no sandbox" in execute("print(1)", sandbox=Sandbox(which=lambda name: "/nowhere/bwrap")).text


# the filter, read as the kernel reads it

AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
ALLOWED, KILLED = "allowed", "killed"


def verdict(machine, number, first=0, processor=None):
    """What the filter says of a call: allowed, killed, or the error it is refused with."""
    program = filter_for(machine)
    data = struct.pack("<iIQQ", number, AUDIT[machine] if processor is None else processor, 0, first)
    lines = [struct.unpack_from("<HBBI", program, place) for place in range(0, len(program), 8)]
    place = held = 0
    while True:
        code, yes, no, value = lines[place]
        place += 1
        if code == 0x20:
            (held,) = struct.unpack_from("<I", data, value)
        elif code == 0x06:
            names = {0x7FFF0000: ALLOWED, 0x80000000: KILLED}
            return names.get(value) or errno.errorcode[value & 0xFFFF]
        else:
            met = {0x15: held == value, 0x35: held >= value, 0x45: bool(held & value)}[code]
            place += yes if met else no


THREAD = 0x003D0F00  # the flags that the C library makes a thread with


@pytest.mark.parametrize(
    ("machine", "fork", "clone", "opened", "read"), [("x86_64", 57, 56, 41, 0), ("aarch64", None, 220, 198, 63)]
)
def test_the_filter_lets_threads_be_and_no_process_and_no_socket(machine, fork, clone, opened, read):
    assert verdict(machine, read) == ALLOWED
    assert verdict(machine, clone, THREAD) == ALLOWED
    assert verdict(machine, clone, 17) == "EPERM"
    assert verdict(machine, 435) == "ENOSYS"
    assert verdict(machine, opened) == "EPERM"
    for shared in {"x86_64": (29, 64, 68), "aarch64": (186, 190, 194)}[machine]:
        assert verdict(machine, shared) == "EPERM"
    assert verdict(machine, 425) == "EPERM"
    assert fork is None or verdict(machine, fork) == "EPERM"
    assert verdict(machine, 0x40000000 | read) == KILLED
    assert verdict(machine, read, processor=0x40000003) == KILLED


def test_other_processors_have_no_filter():
    assert filter_for("riscv64") is None


# behind the walls


@walled
@pytest.mark.parametrize(
    ("code", "printed"),
    [
        ("print(6 * 7)", "42"),
        ("x = 3\nx + 1", "4"),
        ("print('中文 🙂')\n'ok'", "中文 🙂\nok"),
        ("import statistics, json, sqlite3, decimal\nstatistics.mean([1, 2, 6])", "3"),
        ("None", "It ran and printed nothing."),
        ("import sys; sys.exit(0)", "It ran and printed nothing."),
        ("import threading\nt = threading.Thread(target=print, args=('here',)); t.start(); t.join()", "here"),
        ("open('a', 'w').write('x'); print(open('a').read())", "x"),
    ],
)
def test_code_runs_and_its_last_value_is_shown(code, printed):
    output = execute(code)
    assert (output.text, output.failed) == (printed, False)


@walled
@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("1/0", "ZeroDivisionError: division by zero"),
        ("def f(:", "SyntaxError"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("import sys; sys.exit('bye')", "bye"),
        ("import sys; sys.exit(3)", "ended with an error"),
        ("input()", "EOFError"),
        ("import numpy", "ModuleNotFoundError"),
        ("'\\ud800'", "UnicodeEncodeError"),
        ("import ctypes; ctypes.string_at(0)", "made Python itself crash"),
    ],
)
def test_code_that_fails_says_so_without_our_own_frames(code, told):
    output = execute(code)
    assert output.failed
    assert told in output.text
    assert "<string>" not in output.text


@walled
def test_no_file_of_this_machine_is_there(tmp_path):
    canary = tmp_path / "canary"
    canary.write_text("canary-7261")
    for path in (
        canary,
        Path(__file__),
        "/etc/passwd",
        "/proc/self/environ",
        "/proc/1/cmdline",
        "/sys/kernel",
        "/var",
        "/dev/mem",
    ):
        output = execute(f"open({str(path)!r}).read()")
        assert "FileNotFoundError" in output.text, path
        assert "canary" not in output.text.replace(str(canary), "")
    home = execute(f"import os\nhome = {str(Path.home())!r}\nos.path.exists(home) and ' '.join(os.listdir(home))").text
    # Python itself may live in a home folder; nothing else of it is shown.
    assert home in ("False", "") or Path.home() in Path(os.path.realpath(os.__file__)).parents
    assert len(home.split()) <= 1
    assert execute("import os\nsorted(os.listdir())").text == "[]"


@walled
def test_no_package_of_the_app_is_there_and_nothing_of_its_environment(monkeypatch):
    monkeypatch.setenv("HEARTH_CANARY", "canary-7261")
    output = execute(
        "import os, sys, glob\nprint(dict(os.environ), sys.path, sys.argv)\nglob.glob(sys.prefix + '/lib/*/site-packages/*')"
    )
    assert "canary" not in output.text
    assert ".venv" not in output.text
    assert output.text.endswith("[]")
    assert execute("import os\nos.getuid(), os.uname().nodename").text == "(65534, 'sandbox')"


@walled
def test_no_socket_reaches_even_this_machine():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert "PermissionError" in execute(f"import socket\nsocket.create_connection(('127.0.0.1', {port}), 2)").text
        assert "PermissionError" in execute("import socket\nsocket.socket(socket.AF_UNIX)").text
        assert "URLError" in execute(f"import urllib.request\nurllib.request.urlopen('http://127.0.0.1:{port}')").text
        server.settimeout(0.05)
        with pytest.raises(TimeoutError):
            server.accept()


@walled
def test_no_second_process_by_any_door():
    assert "PermissionError" in execute("import os\nwhile True: os.fork()").text
    assert "PermissionError" in execute("import subprocess, sys\nsubprocess.run([sys.executable, '-c', '1'])").text
    calls = "[libc.fork(), libc.vfork(), libc.syscall(57), libc.syscall(56, 17, 0, 0, 0, 0), libc.syscall(435, 0, 0)]"
    if platform.machine() == "x86_64":
        assert execute(f"import ctypes\nlibc = ctypes.CDLL(None)\nprint({calls})").text == "[-1, -1, -1, -1, -1]"
    bomb = "import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(60,), daemon=True).start()"
    assert "can't start new thread" in execute(bomb).text


@walled
def test_the_disk_cannot_be_filled():
    assert "File too large" in execute("f = open('big', 'wb')\nwhile True: f.write(b'x' * 1_000_000)").text
    assert "No space left" in execute("for n in range(99): open(str(n), 'wb').write(b'x' * 1_000_000)").text
    for place in ("/", "/dev", "/usr", "/usr/lib", "/lib64", "{sys.prefix}", "{os.path.dirname(os.__file__)}"):
        output = execute(
            f"import os, sys\nplace = f'{place}'\nopen(place + '/x', 'w') if os.path.isdir(place) else open('/x', 'w')"
        )
        assert "Read-only file system" in output.text or "Permission denied" in output.text, place
    assert "PermissionError" in execute("import os\nos.memfd_create('x')").text


@walled
def test_memory_is_bounded_and_the_bound_cannot_be_lifted():
    assert "MemoryError" in execute("x = 'x'\nwhile True: x += x").text
    lifted = "import resource as r\nr.setrlimit(r.RLIMIT_AS, (r.RLIM_INFINITY, r.RLIM_INFINITY))"
    assert "ValueError: not allowed to raise maximum limit" in execute(lifted).text


@walled
@pytest.mark.parametrize("door", ["shmget(0, 1 << 20, 0o1600)", "semget(0, 32000, 0o1600)", "msgget(0, 0o1600)"])
def test_there_is_no_memory_that_the_bound_does_not_count(door):
    """What these give stays when the process lets go of it: one by one they would fill the machine."""
    code = f"import ctypes\nlibrary = ctypes.CDLL(None, use_errno=True)\nprint(library.{door}, ctypes.get_errno())"
    assert execute(code).text == f"-1 {errno.EPERM}"


def children():
    return {child.pid for child in psutil.Process().children(recursive=True)}


@walled
@pytest.mark.parametrize(
    "code",
    [
        "while True: pass",
        "import time; time.sleep(600)",
        "import os; os.close(1); os.close(2)\nwhile True: pass",
        "import signal\nfor n in range(1, 32):\n    if n not in (9, 19): signal.signal(n, signal.SIG_IGN)\nwhile True: pass",
    ],
    ids=range(4),
)
def test_what_does_not_end_is_ended_and_nothing_of_it_stays(code):
    before = children()
    short = Sandbox(seconds=1.0)
    short._walls()  # the trial has a deadline of its own
    output = execute(code, sandbox=short)
    assert output.failed
    assert "did not end within 1 seconds" in output.text
    assert children() <= before


@walled
def test_endless_output_is_cut_off():
    output = execute("while True: print('x' * 100_000)")
    assert "printed more than 64 KB" in output.text
    assert "超过 64 KB" in execute("print('x' * 100_000)", "zh").text
    assert len(execute("print('x' * 60_000)").data["printed"]) == 60_000


@walled
def test_a_stopped_turn_ends_its_code():
    before, cancel = children(), threading.Event()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(execute, "import time; time.sleep(600)", cancel=cancel)
        wait_until(lambda: children() - before)
        cancel.set()
        assert waiting.result(20).failed
    wait_until(lambda: children() <= before)


@walled
def test_nothing_of_ours_is_open_there():
    listed = "import os\nfor n in range(1000):\n    try: os.fstat(n); print(n, end=' ')\n    except OSError: pass"
    assert execute(listed).text == "0 1 2"


@walled
def test_several_at_once_do_not_see_each_other():
    code = "import os, time\nopen('mine{0}', 'w').write('x')\ntime.sleep(0.2)\nprint(os.listdir(), {0})"
    with ThreadPoolExecutor(4) as pool:
        outputs = list(pool.map(lambda number: execute(code.format(number)).text, range(4)))
    assert outputs == [f"['mine{number}'] {number}" for number in range(4)]


@walled
@settings(max_examples=15)
@given(st.text(min_size=1, max_size=200))
def test_any_text_is_code_or_an_error_of_it(code):
    assert "error inside the tool" not in execute(code).text


@walled
@pytest.mark.parametrize(
    ("code", "printed"),
    [
        ("```python\nprint(3)\n```", "3"),
        ("```\n3\n4\n```", "4"),
        ("for i in range(2):\\n\\tprint(i)", "0\n1"),
        ("print('a\\nb')", "a\nb"),
    ],
)
def test_code_is_run_as_models_write_it(code, printed):
    assert execute(code).text == printed
