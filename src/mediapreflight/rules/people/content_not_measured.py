"""Who is to be seen or heard could not be measured, so this check cannot vouch for it.

Found where mediapipe, OpenCV or the voice detector does not load, most often for want of a system library on
a slim image, and where a file that is otherwise sound cannot be decoded here.

Why it matters: unchecked is not a pass. It counts as a failure unless this rule is ignored, or `--level
decode` is chosen.

Fix: the line in the message; `mediapreflight doctor` tells all of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..base import Fault, InputCase

LEVEL = "content"
FIXABLE = False


def check(case: InputCase) -> Iterator[Fault]:
    """A fault, of severity unchecked, where measuring the content failed."""
    if case.content_trouble is not None:
        yield Fault(
            severity="unchecked",
            message=f"its content was not measured: {case.content_trouble}",
            help="fix that, or choose --level decode",
        )
