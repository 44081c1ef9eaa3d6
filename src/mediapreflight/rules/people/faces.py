"""The faces a picture or a video is judged by, shared by the rules over faces."""

from __future__ import annotations

from typing import NamedTuple

from ...catalog.schema import Content
from ...people.facts import Face, FrameContent, PictureContent, VideoContent
from ..base import InputCase


class MainFace(NamedTuple):
    """The face of a picture that is meant, the chosen one or the largest, and what the model wants of it.

    `width` in pixels, `share` of the picture's shorter side.
    """

    face: Face
    picture: PictureContent
    wanted: Content

    @property
    def width(self) -> int:
        return self.face.bbox[2] - self.face.bbox[0]

    @property
    def share(self) -> float:
        return self.width / min(self.picture.width, self.picture.height)


def main_face(case: InputCase, *, of_a_body: bool = False) -> MainFace | None:
    """The face that is meant, where the model wants one (or a body, with `of_a_body`) and there is one; None elsewhere."""
    wanted, seen = case.role.content, case.content
    if wanted is None or not (wanted.faces or (of_a_body and wanted.bodies)):
        return None
    if not isinstance(seen, PictureContent) or not seen.faces:
        return None
    return MainFace(seen.faces[0], seen, wanted)


class Frames(NamedTuple):
    """The frames of a video that were looked at, at least one, and what the model wants of the faces in them."""

    samples: tuple[FrameContent, ...]
    wanted: Content


def frames(case: InputCase) -> Frames | None:
    """The frames whose faces are judged, where the model wants faces and a video was looked at; None elsewhere."""
    wanted, seen = case.role.content, case.content
    if wanted is None or wanted.faces is None or not isinstance(seen, VideoContent) or not seen.samples:
        return None
    return Frames(seen.samples, wanted)
