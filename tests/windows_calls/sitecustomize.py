"""Calls that fail as they do on Windows, in every Python process whose PYTHONPATH names this folder. Needs Linux.

What Windows refuses is refused, and what it lacks is absent, for the sources of the package and for what they call through `os`.
Not imitated: its separators, its consoles, and the libraries it has in place of these.
"""

import builtins
import ctypes
import errno
import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

from filelock import FileLock  # noqa: F401 - it takes its own calls, and their hooks for forks, before they are gone here

from mediapreflight import system
from mediapreflight.workers import confinement

_REFUSED_KEYWORDS = ("start_new_session", "process_group", "preexec_fn", "pass_fds", "umask")
_ENGLISH = 0x409
_IN_USE = "The process cannot access the file because it is being used by another process"
_ABSENT = ("resource", "fcntl", "pwd", "grp", "termios")
_original = {name: getattr(os, name) for name in ("fsync", "open", "replace", "rename", "unlink", "link")}
_start = subprocess.Popen.__init__
_import = builtins.__import__


def _is_open(path) -> bool:
    """Whether this process has the file open. Windows asks that of all processes."""
    try:
        wanted = Path(path).lstat()
    except OSError:
        return False
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            found = descriptor.stat()
        except OSError:
            continue
        if (found.st_dev, found.st_ino) == (wanted.st_dev, wanted.st_ino):
            return True
    return False


def _refuse_open_files(*paths) -> None:
    for path in paths:
        if _is_open(path):
            raise PermissionError(errno.EACCES, _IN_USE, path)


def _fsync(descriptor) -> None:
    if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
        raise OSError(errno.EBADF, "Bad file descriptor")
    _original["fsync"](descriptor)


def _open(path, flags, *arguments, **keywords):
    if Path(path).is_dir():
        raise PermissionError(errno.EACCES, "Permission denied", path)
    return _original["open"](path, flags, *arguments, **keywords)


def _replace(source, target, **keywords) -> None:
    _refuse_open_files(source, target)
    _original["replace"](source, target, **keywords)


def _rename(source, target, **keywords) -> None:
    _refuse_open_files(source)
    if os.path.lexists(target):
        raise FileExistsError(errno.EEXIST, "Cannot create a file when that file already exists", source, None, target)
    _original["rename"](source, target, **keywords)


def _unlink(path, **keywords) -> None:
    if not os.fspath(path).endswith(".lock"):  # filelock deletes its own in another way there
        _refuse_open_files(path)
    _original["unlink"](path, **keywords)


def _link(source, target, **keywords) -> None:
    if os.environ.get("WINDOWS_CALLS_LINK") == "refused":
        raise OSError(errno.EXDEV, "The system cannot move the file to a different disk drive", source, None, target)
    if keywords:
        raise NotImplementedError("link: arguments are unavailable on this platform")
    _original["link"](source, target)


def _popen(self, *arguments, creationflags=0, **keywords) -> None:
    for name in _REFUSED_KEYWORDS:
        if keywords.get(name):
            raise ValueError(f"{name} is not supported on Windows platforms")
    _start(self, *arguments, **keywords)


def _importing(name, globals=None, locals=None, fromlist=(), level=0):
    # Only what the package itself asks for: the standard library has other code on Windows.
    if name in _ABSENT and (globals or {}).get("__package__", "").startswith("mediapreflight"):
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    return _import(name, globals, locals, fromlist, level)


class _Instead(ModuleType):
    """A module with some other values, for one who imported it."""

    def __init__(self, module, **values) -> None:
        super().__init__(module.__name__)
        self.__dict__.update(vars(module), **values)


system.IS_WINDOWS = True
ctypes.windll = SimpleNamespace(kernel32=SimpleNamespace(GetUserDefaultUILanguage=lambda: _ENGLISH))
confinement.os, confinement.sys = _Instead(os, name="nt"), _Instead(sys, platform="win32")
shutil._use_fd_functions = False
os.fsync, os.open, os.replace, os.rename, os.link = _fsync, _open, _replace, _rename, _link
os.unlink = os.remove = _unlink
for name in ("killpg", "setsid", "mkfifo"):
    delattr(os, name)
subprocess.Popen.__init__ = _popen
builtins.__import__ = _importing
