"""What the path names cannot be read as a file.

Reported for folders, named pipes, sockets and devices, for files without read permission, and if the disk reports an
error.

Why it matters: nothing can be measured, and nothing can be sent.

Fix: name a regular file, or change its permissions.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...media.facts import Problem
from ..base import Fault, InputCase

LEVEL = "metadata"
FIXABLE = False


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the path names no readable file."""
    if detail := case.facts.problem(Problem.UNREADABLE):
        yield Fault(
            severity="error",
            message=say("cannot be read: {detail}", detail=detail),
            help=say(
                "name a regular file that you are allowed to read",
            ),
        )
