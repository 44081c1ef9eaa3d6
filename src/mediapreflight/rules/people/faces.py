"""The faces in a picture or a video, shared by the rules over faces."""

from __future__ import annotations

from typing import NamedTuple

from ...catalog.schema import Content
from ...people.facts import Face, FrameContent, PictureContent, VideoContent
from ..base import InputCase


class MainFace(NamedTuple):
    """The chosen or largest face of a picture, and what the model needs.

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
    """The chosen or largest face, if the model needs a face (or a body, with `of_a_body`) and there is one; else None."""
    wanted, seen = case.role.content, case.content
    if wanted is None or not (wanted.faces or (of_a_body and wanted.bodies)):
        return None
    if not isinstance(seen, PictureContent) or not seen.faces:
        return None
    return MainFace(seen.faces[0], seen, wanted)


class Frames(NamedTuple):
    """The examined frames of a video, at least one, and what the model needs of the faces in them."""

    samples: tuple[FrameContent, ...]
    wanted: Content


def frames(case: InputCase) -> Frames | None:
    """The frames whose faces are checked, if the model needs faces and a video was examined; else None."""
    wanted, seen = case.role.content, case.content
    if wanted is None or wanted.faces is None or not isinstance(seen, VideoContent) or not seen.samples:
        return None
    return Frames(seen.samples, wanted)
