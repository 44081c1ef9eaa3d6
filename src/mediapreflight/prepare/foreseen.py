"""Predict the faces of a prepared picture from the boxes: faces move with the pixels, and a crop removes some.

Nothing is decoded, because the new picture does not exist yet. So a dry run can report the same findings as the run.
"""

from __future__ import annotations

from msgspec import structs

from ..people.facts import Face, PictureContent
from ..people.geometry import Box, Mapping
from .image.picture import Turn
from .image.plan import mapping
from .steps import FilePlan


def foreseen(seen: PictureContent, plan: FilePlan) -> PictureContent:
    """The content of the new picture, in its pixels. Faces whose middle is cut off are left out."""
    size = plan.expected.width, plan.expected.height
    if size[0] is None or size[1] is None:
        return seen
    frame, to = Box(0, 0, size[0], size[1]), mapping(plan.steps)
    turn = sum(step.degrees for step in plan.steps if isinstance(step, Turn))
    return structs.replace(
        seen,
        width=frame.width,
        height=frame.height,
        faces=tuple(_moved(face, to, frame, turn) for face in seen.faces if _stays(face, to, frame)),
        bystanders=tuple(_moved(face, to, frame, turn) for face in seen.bystanders if _stays(face, to, frame)),
        bodies=None,
        turn_deg=None if turn else seen.turn_deg,
    )


def _stays(face: Face, to: Mapping, frame: Box) -> bool:
    x, y = to.point((face.box.x1 + face.box.x2) / 2, (face.box.y1 + face.box.y2) / 2)
    return 0 <= x < frame.width and 0 <= y < frame.height


def _moved(face: Face, to: Mapping, frame: Box, turn: int) -> Face:
    x1, y1, x2, y2 = to.box(face.box)
    inside = (max(x1, 0), max(y1, 0), min(x2, frame.width), min(y2, frame.height))
    keypoints = tuple(to.point(*point) for point in face.keypoints)
    roll = (face.roll_deg + turn + 180) % 360 - 180
    return structs.replace(face, bbox=inside, keypoints=tuple((float(x), float(y)) for x, y in keypoints), roll_deg=roll)
