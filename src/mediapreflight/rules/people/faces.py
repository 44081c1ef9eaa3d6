"""The face a picture is judged by, shared by the rules over faces."""

from __future__ import annotations

from typing import NamedTuple

from ...catalog.schema import Content
from ...people.facts import Face, PictureContent
from ..base import InputCase


class MainFace(NamedTuple):
    """The largest face of a picture, and what the model wants of it. `width` in pixels, `share` of the picture's shorter side."""

    face: Face
    picture: PictureContent
    wanted: Content

    @property
    def width(self) -> int:
        return self.face.bbox[2] - self.face.bbox[0]

    @property
    def share(self) -> float:
        return self.width / min(self.picture.width, self.picture.height)


def main_face(case: InputCase) -> MainFace | None:
    """The largest face, where the model wants one and there is one; None elsewhere."""
    wanted, seen = case.role.content, case.content
    if wanted is None or wanted.faces is None or not isinstance(seen, PictureContent) or not seen.faces:
        return None
    return MainFace(seen.faces[0], seen, wanted)
