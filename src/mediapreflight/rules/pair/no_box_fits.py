"""No `ext_bbox` of the required ratio fits around the face in the picture.

Other rules check boxes that the job gives.

Why it matters: EMO crops the picture to that box; without one the job cannot be sent.

Fix: extend the picture, or use one with more room around the face.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...people.geometry import NoExtBox
from ..base import Fault, JobCase
from ..portrait import gives_boxes, portrait

LEVEL = "content"
FIXABLE = True


def check(case: JobCase) -> Iterator[Fault]:
    """A fault where there is a face and no box for it."""
    found = None if gives_boxes(case) else portrait(case)
    boxes = found.boxes() if found else None
    if found is not None and boxes is not None and isinstance(boxes[1], NoExtBox):
        yield Fault(
            severity="error",
            message=say("no {ratio} box fits: {reason}", ratio=found.ratio, reason=boxes[1].reason),
            help=say("extend the picture, or use one with more room around the face"),
            measured=list(boxes[0]),
            unit="px",
            service_code="InvalidParameter",
            role=found.role,
        )
