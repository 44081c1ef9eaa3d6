"""The file begins like a known format, but its header contradicts itself or lacks something.

Reported if the header states a size of 0, if required parts are missing, or if the demuxer finds no stream that it
knows.

Why it matters: no decoder can open it; the service answers with a format or open error.

Fix: `prepare` cannot fix this; export it again.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...media.facts import Problem
from ..base import Fault, InputCase

LEVEL = "metadata"
FIXABLE = False


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the header cannot be used."""
    if detail := case.facts.problem(Problem.BROKEN):
        yield Fault(
            severity="error",
            message=say("its {format} header is broken: {detail}", format=case.facts.format, detail=detail),
            help=say("export or download it again"),
            service_code=case.role.format_error,
        )
