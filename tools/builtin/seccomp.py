"""A seccomp filter for code that nobody vouches for: no second process, no socket, no memory beside the process's own, which no
limit would count, no door to the kernel that it can do without.

The filter is classic BPF, put together here for the two kinds of processor that Hearth runs on. It is the last of several walls
and names what is refused; it does not list what is allowed, so that it does not break with every new C library.
"""

import errno
import struct
from collections.abc import Mapping

_LOAD, _EQUAL, _SET, _AT_LEAST, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
_NUMBER, _PROCESSOR, _FLAGS = 0, 4, 16  # places in struct seccomp_data: the call, the processor, the first argument's lower half
_KILL, _REFUSE, _ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
_THREAD = 0x00010000  # CLONE_THREAD
_OTHER_CALLS = 0x40000000  # the calls of x32, which have numbers of their own

_NEW = {  # calls that have one number everywhere
    "io_uring_setup": 425,
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "pidfd_getfd": 438,
    "memfd_secret": 447,
}
_CALLS: Mapping[str, Mapping[str, int]] = {
    "x86_64": _NEW
    | {
        "shmget": 29,
        "socket": 41,
        "fork": 57,
        "vfork": 58,
        "semget": 64,
        "msgget": 68,
        "ptrace": 101,
        "pivot_root": 155,
        "chroot": 161,
        "mount": 165,
        "umount2": 166,
        "add_key": 248,
        "request_key": 249,
        "keyctl": 250,
        "unshare": 272,
        "perf_event_open": 298,
        "setns": 308,
        "process_vm_readv": 310,
        "process_vm_writev": 311,
        "memfd_create": 319,
        "bpf": 321,
        "userfaultfd": 323,
    },
    "aarch64": _NEW
    | {
        "umount2": 39,
        "mount": 40,
        "pivot_root": 41,
        "chroot": 51,
        "unshare": 97,
        "ptrace": 117,
        "msgget": 186,
        "semget": 190,
        "shmget": 194,
        "socket": 198,
        "add_key": 217,
        "request_key": 218,
        "keyctl": 219,
        "perf_event_open": 241,
        "setns": 268,
        "process_vm_readv": 270,
        "process_vm_writev": 271,
        "memfd_create": 279,
        "bpf": 280,
        "userfaultfd": 282,
    },
}
_CLONE = {"x86_64": 56, "aarch64": 220}
_CLONE3 = 435  # its flags lie in memory, where a filter cannot see them; the C library then asks for clone
_AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}


def filter_for(machine: str) -> bytes | None:
    """The filter for a processor as `platform.machine()` names it; None for one whose calls are not known here."""
    if machine not in _CALLS:
        return None
    lines = [
        (_LOAD, 0, 0, _PROCESSOR),
        (_EQUAL, 1, 0, _AUDIT[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _OTHER_CALLS),
        (_RETURN, 0, 0, _KILL),
        (_EQUAL, 0, 1, _CLONE3),
        (_RETURN, 0, 0, _REFUSE | errno.ENOSYS),
    ]
    for number in _CALLS[machine].values():
        lines += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _REFUSE | errno.EPERM)]
    lines += [
        (_EQUAL, 0, 3, _CLONE[machine]),
        (_LOAD, 0, 0, _FLAGS),
        (_SET, 1, 0, _THREAD),
        (_RETURN, 0, 0, _REFUSE | errno.EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("<HBBI", code, yes, no, value) for code, yes, no, value in lines)
