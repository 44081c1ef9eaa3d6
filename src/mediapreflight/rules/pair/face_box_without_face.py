"""`face_bbox` does not contain a face of the picture.

The box is compared with all faces found, those in the background too. It matches a face if the two share at least
three tenths of their union.

Why it matters: the service animates what is in the box. With a box of another picture, or from before a crop, that is
the background.

Fix: leave out the boxes, and they are computed. Boxes that a job gives are never replaced.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ..base import Fault, JobCase
from ..portrait import portrait
from ..request.boxes import sound_boxes

LEVEL = "content"
FIXABLE = False
SHARED_MIN = 0.3


def check(case: JobCase) -> Iterator[Fault]:
    """A fault where the given box matches none of the faces found."""
    found, given = portrait(case), sound_boxes(case).get("face_bbox")
    if found is None or given is None:
        return
    faces = (*found.content.faces, *found.content.bystanders, *found.content.doubtful)
    if all(given.box.shared_of_union(face.box) < SHARED_MIN for face in faces):
        seen = ", ".join(str(list(face.bbox)) for face in faces) or "none"
        yield Fault(
            severity="error",
            message=say("face_bbox {corners} contains no face; faces seen: {seen}", corners=given.corners, seen=seen),
            help=say("leave out the boxes, and they are computed"),
            measured=given.corners,
            limit=f"a face: {seen}",
            unit="px",
            service_code=given.known.error,
            role="face_bbox",
        )
