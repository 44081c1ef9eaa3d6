"""The header says another size than the data has, and all of the data is there.

Found in WAV files: a program that streams (a speech service, a pipe) leaves the size of the data at 0 or at the
largest number there is, and some programs are off by the bytes of the header. Found in MP4 and AVI files that lost
only what stands behind all pictures and sound: titles, or an index that readers do without. A file that really ends
too early is left to `file-truncated`.

Why it matters: readers that believe the header take the recording for one of hours, or for cut off, and refuse it.

Fix: rewrite the header; no sample changes.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...media.facts import Problem
from ..base import Fault, InputCase

LEVEL = "metadata"
FIXABLE = True


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the header is false and the data whole."""
    if detail := case.facts.problem(Problem.MISSTATED):
        yield Fault(severity="warning", message=f"its header is false: {detail}", help="rewrite its header")
