"""A part of the file could not be checked.

Found if a limit against decompression bombs was reached (65 megapixels per picture, 512 MiB of
picture data, a million packets, 64 MiB of header or 1 GiB read in all), or if no decoder here reads the
format, or one of its rarer layouts, correctly: that is not damage.

Why it matters: unchecked is not a pass. It counts as a failure unless this rule is ignored.

Fix: make the file smaller or save it in a usual format, or ignore `file-not-measured` if you know that the file is fine.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...media.facts import Problem
from ..base import Fault, InputCase

LEVEL = "metadata"
FIXABLE = False
_CURES = {
    Problem.OVERSIZED: say("make it smaller"),
    Problem.NOT_RUN: say("save it in a usual format, or see what `mediapreflight doctor` says of missing libraries"),
}


def check(case: InputCase) -> Iterator[Fault]:
    """A fault, of severity unchecked, where measuring stopped short."""
    for problem, cure in _CURES.items():
        if detail := case.facts.problem(problem):
            yield Fault(
                severity="unchecked",
                message=say("was not read whole: {detail}", detail=detail),
                help=say("{cure}; ignore file-not-measured to accept it as it is", cure=cure),
            )
