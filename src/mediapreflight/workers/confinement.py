"""Confine a process that reads untrusted data: limited memory, no core dumps, no new rights, no network, no secrets.

A decoder that is taken over by its data can do what its process can do. Resource limits apply on POSIX systems. Linux has two
more limits, which need no rights to set up. A filter of system calls (seccomp; x86-64 and AArch64) refuses sockets, and calls
that access other processes. A Landlock domain (from Linux 5.19) prevents the process from reading the memory and the environment
of processes outside of it, which by default it could read from `/proc`. What a system does not support is left out.

Run as a program, this file confines itself and then executes another program: `python confinement.py BYTES PROGRAM ARGUMENTS…`.
It needs only the standard library. No library on PyPI fits: `pyseccomp` has had no release since 2021 and needs a system library,
and those for Landlock are new; only a few calls of either are needed.

Sources: seccomp(2), prctl(2), landlock(7), bpf filters in linux/filter.h, syscall tables of x86-64 and AArch64; as of Linux 6.18.
"""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ctypes

_MAX_FILE_BYTES = 4 << 30

# The variables that libraries, locales, temporary files and the interpreter need, and no others: a list of possible secrets would
# never be complete.
_NEEDED = re.compile(
    "PATH|HOME|TMPDIR|TEMP|TMP|TZ|LANG|LC_.*|LANGUAGE"
    "|PYTHON.*|VIRTUAL_ENV|CONDA_PREFIX|LD_LIBRARY_PATH|LD_PRELOAD|DYLD_.*"
    "|(OMP|OPENBLAS|MKL|OPENCV|TF|XNNPACK)_.*|GLIBC_TUNABLES|FONTCONFIG_.*|XDG_.*_(HOME|DIRS|DIR)|IMAGEIO_FFMPEG_EXE"
    "|SYSTEMROOT|SYSTEMDRIVE|WINDIR|COMSPEC|PATHEXT|USERPROFILE|APPDATA|LOCALAPPDATA|PROGRAMDATA|NUMBER_OF_PROCESSORS|PROCESSOR_.*"
)
_KEY_VARIABLE = "DASHSCOPE_API_KEY"
# A shorter value is not a real key, and may be part of a path.
_LEAST_KEY = 8

_NO_NEW_PRIVILEGES, _SET_FILTER, _FILTER_MODE = 38, 22, 2
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | 13
_LOAD, _EQUALS, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
# System calls of another numbering on the same machine: x32.
_OTHER_CALLS = 0x40000000
# By machine: its number in the filter, the call that makes a socket, and the calls that access other processes or bypass the
# filter: ptrace, process_vm_readv, process_vm_writev, io_uring_setup, pidfd_getfd.
_MACHINES = {
    "x86_64": (0xC000003E, 41, (101, 310, 311, 425, 438)),
    "aarch64": (0xC00000B7, 198, (117, 270, 271, 425, 438)),
}
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_PATH_BENEATH = 1
# Devices, sockets and named pipes: no code here makes any, and a domain has to refuse something. Renames between folders are
# refused in any case, unless a rule allows them.
_SPECIAL_FILES = 1 << 6 | 1 << 9 | 1 << 10 | 1 << 11
_RENAME = 1 << 13
_TCP = 1 << 0 | 1 << 1
_ABSTRACT_SOCKETS_AND_SIGNALS = 1 << 0 | 1 << 1


def environment(*, online: bool = False) -> dict[str, str]:
    """The environment for a process that reads untrusted data.

    Args:
        online: whether it reads from stores, which have a hundred settings: it gets all variables, except those with the API key.
    """
    key = os.environ.get(_KEY_VARIABLE, "").strip()
    is_secret = len(key) >= _LEAST_KEY
    kept = {
        name: value
        for name, value in os.environ.items()
        if (online or _NEEDED.fullmatch(name.upper())) and name.upper() != _KEY_VARIABLE and not (is_secret and key in value)
    }
    if "LD_LIBRARY_PATH" in kept:
        # An empty part means the current folder. OpenCV adds one while another thread is loading it.
        kept["LD_LIBRARY_PATH"] = ":".join(filter(None, kept["LD_LIBRARY_PATH"].split(":")))
        if not kept["LD_LIBRARY_PATH"]:
            del kept["LD_LIBRARY_PATH"]
    return kept


def confined(command: list[str], memory: int) -> list[str]:
    """The command line that runs a program confined, with this many bytes of address space; unchanged if that is not possible."""
    if os.name != "posix" or not sys.executable or getattr(sys, "frozen", False):
        return command
    return [sys.executable, "-P", "-S", __file__, str(memory), *command]


def confine(memory: int, *, online: bool = False) -> None:
    """Confine this process permanently. No other thread may be running.

    Args:
        memory: bytes of address space.
        online: whether it may use the network.
    """
    if os.name == "posix":
        _limit(memory)
    if sys.platform == "linux":
        _restrict(online)


def refuse_sockets() -> None:
    """Permanently prevent this thread, and those it starts, from opening sockets. Does nothing if the system has no filter."""
    if sys.platform == "linux":
        _restrict_calls(_without_new_rights(), online=False)


def _limit(memory: int) -> None:
    import resource

    limits = {resource.RLIMIT_CORE: 0, resource.RLIMIT_FSIZE: _MAX_FILE_BYTES, resource.RLIMIT_AS: memory}
    for which, limit in limits.items():
        # macOS has some of these only by name.
        with suppress(OSError, ValueError):
            # A lower limit of the user stays.
            bound = min([limit, *(allowed for allowed in resource.getrlimit(which) if allowed != resource.RLIM_INFINITY)])
            resource.setrlimit(which, (bound, bound))


def _restrict(online: bool) -> None:
    libc = _without_new_rights()
    if libc is not None:
        _enter_domain(libc, online)
        _restrict_calls(libc, online)


def _without_new_rights() -> ctypes.CDLL | None:
    """The C library, after programs that this thread starts can no longer gain rights; None if the system cannot do that."""
    import ctypes

    libc = ctypes.CDLL(None)
    libc.syscall.restype = ctypes.c_long
    return libc if libc.prctl(_NO_NEW_PRIVILEGES, *map(ctypes.c_ulong, (1, 0, 0, 0))) == 0 else None


def _restrict_calls(libc: ctypes.CDLL | None, online: bool) -> None:
    import ctypes

    program = _filter(os.uname().machine, online)
    if libc is None or not program or sys.maxsize <= 2**32:
        return

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]

    libc.prctl(_SET_FILTER, ctypes.c_ulong(_FILTER_MODE), ctypes.byref(Program(len(program) // 8, program)))


def _enter_domain(libc: ctypes.CDLL, online: bool) -> None:
    from ctypes import c_int, c_long

    syscall = libc.syscall
    version = syscall(c_long(_CREATE_RULESET), None, c_long(0), c_long(1))
    if version < 2:
        # The first version refuses every rename from one folder to another.
        return
    rights = [_SPECIAL_FILES | _RENAME]
    if version >= 4:
        rights.append(0 if online else _TCP)
    if version >= 6:
        rights.append(_ABSTRACT_SOCKETS_AND_SIGNALS)
    handled = b"".join(each.to_bytes(8, sys.byteorder) for each in rights)
    ruleset = syscall(c_long(_CREATE_RULESET), handled, c_long(len(handled)), c_long(0))
    root = os.open("/", os.O_PATH)
    anywhere = _RENAME.to_bytes(8, sys.byteorder) + root.to_bytes(4, sys.byteorder)
    if syscall(c_long(_ADD_RULE), c_int(ruleset), c_long(_PATH_BENEATH), anywhere, c_long(0)) == 0:
        syscall(c_long(_RESTRICT_SELF), c_int(ruleset), c_long(0))
    os.close(root)
    if ruleset >= 0:
        os.close(ruleset)


def _filter(machine: str, online: bool) -> bytes:
    """The filter program for system calls, eight bytes per instruction; empty if the machine is not known."""
    import struct

    if machine not in _MACHINES:
        return b""
    kind, socket, others = _MACHINES[machine]
    refused = others if online else (socket, *others)
    tests = [(_AT_LEAST, _OTHER_CALLS), *((_EQUALS, number) for number in refused)]
    count = len(tests)
    # Code, jumps if the test is true or false, and value. The machine is at byte 4, the call's number at byte 0.
    program = [(_LOAD, 0, 0, 4), (_EQUALS, 0, count + 2, kind), (_LOAD, 0, 0, 0)]
    program += [(code, count - at, 0, value) for at, (code, value) in enumerate(tests)]
    program += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE)]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)


def main() -> None:
    """Confine this process, and execute the program on the command line."""
    import signal

    memory, program, *arguments = sys.argv[1:]
    confine(int(memory))
    # Python ignores this signal, and the program would inherit that.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        os.execv(program, [program, *arguments])
    except OSError as error:
        sys.exit(f"[fatal] {program} does not start: {error.strerror}")


if __name__ == "__main__":
    main()
