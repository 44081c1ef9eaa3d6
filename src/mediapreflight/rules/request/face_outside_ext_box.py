"""`face_bbox` is not inside `ext_bbox`.

`ext_bbox` is the part of the picture that EMO animates; the whole face must be inside.

Why it matters: the service crops the face off, or answers "Invalid ext_bbox."

Fix: leave out both boxes, and they are computed together. Boxes that a job gives are never replaced.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ..base import Fault, JobCase
from .boxes import sound_boxes

LEVEL = "metadata"
FIXABLE = False


def check(case: JobCase) -> Iterator[Fault]:
    """A fault where both boxes are given and the first is not inside the second."""
    boxes = sound_boxes(case)
    face, outer = boxes.get("face_bbox"), boxes.get("ext_bbox")
    if face is None or outer is None:
        return
    if not outer.box.holds(face.box):
        yield Fault(
            severity="error",
            message=say("face_bbox {corners} is not inside ext_bbox {corners2}", corners=face.corners, corners2=outer.corners),
            help=say("compute both boxes together"),
            measured=face.corners,
            limit=say("within {corners}", corners=outer.corners),
            unit="px",
            service_code=outer.known.error,
            source=outer.known.source,
            role="face_bbox",
        )
