"""There is no file of this name.

Reported if the path does not exist, or is a link to a path that does not exist.

Why it matters: nothing can be sent.

Fix: correct the path. Paths are relative to the current folder; in a job file, to the folder of that
job file.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...media.facts import Problem
from ..base import Fault, InputCase

LEVEL = "metadata"
FIXABLE = False


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the path names nothing."""
    if detail := case.facts.problem(Problem.MISSING):
        yield Fault(severity="error", message=detail, help=say("correct the path"))
