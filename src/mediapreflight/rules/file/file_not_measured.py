"""A part of the file could not be checked.

Reported if a limit against decompression bombs was reached (65 megapixels per picture, 512 MiB of picture data, a
million packets, 64 MiB of header or 1 GiB read in all), or if no decoder here can read the format, or a rare variant
of it, correctly. That does not mean that the file is damaged.

Why it matters: unchecked is not a pass. It counts as a failure unless this rule is ignored.

Fix: make the file smaller or save it in a common format, or ignore `file-not-measured` if you know that the file is
fine.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...media.facts import Problem
from ..base import Fault, InputCase

LEVEL = "metadata"
FIXABLE = False
_FIXES = {
    Problem.OVERSIZED: say("make it smaller"),
    Problem.NOT_RUN: say("save it in a common format, or see which libraries `mediapreflight doctor` finds missing"),
}


def check(case: InputCase) -> Iterator[Fault]:
    """A fault, of severity unchecked, where measuring stopped short."""
    for problem, fix in _FIXES.items():
        if detail := case.facts.problem(problem):
            yield Fault(
                severity="unchecked",
                message=say("was not read completely: {detail}", detail=detail),
                help=say("{fix}; ignore file-not-measured to accept it as it is", fix=fix),
            )
