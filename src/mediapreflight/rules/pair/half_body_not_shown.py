"""The job asks for a half-body video (3:4), but the picture shows less than half a body.

Why it matters: for a half-body video the service needs everything above the hips (`InvalidFile.FullBody`, "or
change ratio to 1:1").

Fix: choose 1:1, or a picture that reaches down to the hips.

Source: error-code.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ..base import Fault, JobCase
from ..portrait import portrait

LEVEL = "content"
FIXABLE = False


def check(case: JobCase) -> Iterator[Fault]:
    """A fault where the ratio is 3:4 and the largest person is a head only."""
    found = portrait(case)
    if found is None or found.ratio != "3:4" or not found.content.bodies or found.content.bodies[0].framing != "head":
        return
    yield Fault(
        severity="warning",
        message=say("shows only a head; the ratio 3:4 needs everything above the hips"),
        help=say("choose 1:1, or a picture that reaches down to the hips"),
        measured="head",
        limit="half, full",
        service_code="InvalidFile.FullBody",
        role=found.role,
    )
