"""The main loop of a process: it answers calls until its caller is gone."""

from __future__ import annotations

import gc
import os
import pickle
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

import msgspec
from msgspec import Raw

from ..errors import MediaPreflightError
from ..language import say
from ..system import comes_within
from .answers import ERRORS, IDLE_S, MAX_ANSWER_BYTES, MAX_TEXT, Answer, Failure, current_folder, received, send
from .confinement import confine

# With every detector loaded, a process takes 2.2 GiB on two cores, plus stacks and arenas for each further core.
MEMORY = (4 << 30) + (256 << 20) * (os.cpu_count() or 1)
# Imported objects stay, so collecting garbage while loading is wasted time: at 20,000 a first job still caused it eleven times.
# After the first call the default applies, because unused decoders are in reference cycles and hold threads and memory.
_OBJECTS_WHILE_LOADING = 200_000
# The generations of the garbage collector that contain the objects of one call.
_YOUNG = 1
# A command with one file ends before its process has collected garbage.
_PAUSE_S = 0.1


def serve(online: bool) -> None:
    """The main loop of a process: answer calls until the pipe is closed."""
    requests, answers = _private_pipes()
    usual = gc.get_threshold()
    gc.set_threshold(_OBJECTS_WHILE_LOADING)
    confine(MEMORY, online=online)
    called = comes_within(requests, IDLE_S)
    while called:
        try:
            folder, function, arguments = pickle.loads(received(requests, sys.maxsize))
        except EOFError:
            return
        data = _answered(folder, function, arguments)
        try:
            send(answers, data)
        except OSError:
            # The caller is gone.
            return
        called = comes_within(requests, _PAUSE_S)
        gc.set_threshold(*usual)
        gc.collect(_YOUNG)
        called = called or comes_within(requests, IDLE_S)


def _answered(folder: str | None, function: Callable[..., Any], arguments: tuple[Any, ...]) -> bytes:
    try:
        if folder is not None and folder != current_folder():
            os.chdir(folder)
        data = msgspec.json.encode(Answer(Raw(msgspec.json.encode(function(*arguments)))))
        return data if len(data) <= MAX_ANSWER_BYTES else _trouble(say("the process that reads it found too much to report"))
    except MediaPreflightError as error:
        return _failed(error)
    except MemoryError:
        return _trouble(say("the process that reads it needs too much memory"))
    except Exception as error:
        return _trouble(say("the process that reads it failed ({name}: {error})", name=type(error).__name__, error=error))


def _failed(error: MediaPreflightError) -> bytes:
    kind = next(each for each in type(error).__mro__ if each in ERRORS)
    attributes = {name: str(getattr(error, name)) for name in ERRORS[kind]}
    try:
        return msgspec.json.encode(Answer(failure=Failure(kind.__name__, str(error), attributes)))
    except UnicodeEncodeError:
        return _trouble(str(error))


def _trouble(text: str) -> bytes:
    return msgspec.json.encode(Answer(trouble=text.encode("utf-8", "backslashreplace").decode()[:MAX_TEXT]))


def _private_pipes() -> tuple[BinaryIO, BinaryIO]:
    """The pipes on new descriptors, so that output of libraries cannot reach them.

    Standard output and error are discarded: faults come back as facts.
    """
    pipes = os.fdopen(os.dup(0), "rb", 0), os.fdopen(os.dup(1), "wb", 0)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    os.close(nowhere)
    return pipes
