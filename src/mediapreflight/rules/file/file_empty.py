"""The file is empty: it has no bytes, or a header and not a single sample.

Why it matters: the service downloads it, fails to open it, and answers with a format error or a failed task.

Fix: `prepare` cannot fix this; export the file again.

Source: the file itself.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...media.facts import Problem
from ..base import Fault, InputCase

LEVEL = "metadata"
FIXABLE = False


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where there is nothing in the file."""
    if detail := case.facts.problem(Problem.EMPTY):
        yield Fault(severity="error", message=detail, help=say("export or download it again"))
