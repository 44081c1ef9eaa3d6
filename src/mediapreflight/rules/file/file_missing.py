"""There is no file under the given name.

Found where the path names nothing, or is a link that points to nothing.

Why it matters: nothing can be sent.

Fix: correct the path. Relative paths count from the current folder; in a job file, from the folder of that
job file.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...media.facts import Problem
from ..base import Fault, InputCase

LEVEL = "metadata"
FIXABLE = False


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the path names nothing."""
    if detail := case.facts.problem(Problem.MISSING):
        yield Fault(severity="error", message=detail, help="correct the path")
