"""Predict who is in a prepared picture or video: faces move with the pixels, and a crop removes some.

Nothing is decoded, because the new file does not exist yet. So a dry run can report the same findings as the run.
"""

from __future__ import annotations

from typing import NamedTuple, TypeVar

from msgspec import structs

from ..check.measure import Measured
from ..media.facts import AudioFacts, Facts, ImageFacts, VideoFacts
from ..people.faces import SHARPNESS_SIDE
from ..people.facts import Body, Face, FrameContent, PictureContent, VideoContent
from ..people.geometry import Box, Mapping
from .image.picture import Turn
from .steps import Expected, FilePlan, mapping

_Seen = TypeVar("_Seen", PictureContent, FrameContent)

# A face that is enlarged f times keeps f ** -1.7 of its sharpness: -1.6 to -1.9 for 15 faces of 40 to 90 px.
_SHARPNESS_KEPT = -1.7


def foreseen(before: Measured, plan: FilePlan) -> Measured:
    """The new file, in its pixels and as long. Whose middle is cut off is left out; recordings are taken to sound as before."""
    if plan.is_copy:
        return before
    facts, content = _facts(before.facts, plan.expected), before.content
    width, height = plan.expected.width, plan.expected.height
    if not width or not height or not isinstance(content, PictureContent | VideoContent):
        return before._replace(facts=facts)
    turn = sum(step.degrees for step in plan.steps if isinstance(step, Turn))
    move = _Move(mapping(plan.steps), Box(0, 0, width, height), turn)
    size = {"width": width, "height": height}
    if isinstance(content, VideoContent):
        samples = tuple(move.seen(sample) for sample in content.samples)
        return before._replace(facts=facts, content=structs.replace(content, samples=samples, **size))
    if turn and not content.faces:
        # It shows a face only after it is turned, and nothing else is known about it.
        return before._replace(facts=facts, content=None)
    doubtful = move.faces(content.doubtful)
    moved = structs.replace(move.seen(content), doubtful=doubtful, turn_deg=None if turn else content.turn_deg, **size)
    return before._replace(facts=facts, content=moved)


def _facts(facts: Facts, expected: Expected) -> Facts:
    if isinstance(facts, ImageFacts | VideoFacts) and expected.width and expected.height:
        facts = structs.replace(facts, width=expected.width, height=expected.height)
    if isinstance(facts, AudioFacts | VideoFacts) and expected.duration_s:
        facts = structs.replace(facts, duration_s=expected.duration_s, stated_duration_s=expected.duration_s)
    return facts


class _Move(NamedTuple):
    """From a picture to a new one: where its pixels go, the frame of the new one, and the degrees by which it is turned."""

    to: Mapping
    frame: Box
    turn: int

    def seen(self, seen: _Seen) -> _Seen:
        return structs.replace(
            seen,
            faces=self.faces(seen.faces),
            bystanders=self.faces(seen.bystanders),
            bodies=seen.bodies and self.bodies(seen.bodies),
            doubtful_people=tuple(self.box(box) for each in seen.doubtful_people if self.keeps(box := Box(*each))),
        )

    def faces(self, faces: tuple[Face, ...]) -> tuple[Face, ...]:
        return tuple(self.face(face) for face in faces if self.keeps(face.box))

    def bodies(self, bodies: tuple[Body, ...]) -> tuple[Body, ...] | None:
        """None, as if not requested, if it is not known what is seen of them."""
        moved = tuple(structs.replace(body, bbox=tuple(self.to.box(Box(*body.bbox)))) for body in bodies)
        return moved if not self.turn and all(self.frame.holds(Box(*body.bbox)) for body in moved) else None

    def keeps(self, box: Box) -> bool:
        x, y = self.to.point((box.x1 + box.x2) / 2, (box.y1 + box.y2) / 2)
        return 0 <= x < self.frame.width and 0 <= y < self.frame.height

    def box(self, box: Box) -> tuple[int, int, int, int]:
        x1, y1, x2, y2 = self.to.box(box)
        return max(x1, 0), max(y1, 0), min(x2, self.frame.width), min(y2, self.frame.height)

    def face(self, face: Face) -> Face:
        keypoints = tuple(self.to.point(*point) for point in face.keypoints)
        before, after = (min(side, SHARPNESS_SIDE) for side in (face.box.width, self.to.box(face.box).width))
        return structs.replace(
            face,
            bbox=self.box(face.box),
            keypoints=tuple((float(x), float(y)) for x, y in keypoints),
            roll_deg=(face.roll_deg + self.turn + 180) % 360 - 180,
            sharpness=face.sharpness * max(after / max(before, 1), 1) ** _SHARPNESS_KEPT,
        )
