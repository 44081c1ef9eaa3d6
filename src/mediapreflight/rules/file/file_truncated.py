"""The file ends before its data does.

Level `metadata` reports it if the lengths in the headers add up to more bytes than there are. Level `decode` finds
the rest by reading the data: a JPEG without its end, an MP4 whose index lists more frames than the file contains.

Why it matters: a download or export was interrupted. Decoders fill the gap with grey or stop; the task fails, or the
result is bad.

Fix: `prepare` cannot fix this; download or export it again.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...media.facts import Problem
from ..base import Fault, InputCase

LEVEL = "metadata"
FIXABLE = False


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where data is missing at the end."""
    if detail := case.facts.problem(Problem.TRUNCATED):
        yield Fault(severity="error", message=say("is cut off: {detail}", detail=detail), help=say("export or download it again"))
