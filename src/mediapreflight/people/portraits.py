"""The result of `faces` for one picture: the faces, the chosen one, and the crop around it."""

from __future__ import annotations

import os
from typing import Any, NamedTuple, TypeVar

from msgspec import structs

from ..errors import MissingLibraryError
from ..language import say, say_many
from ..media.source import display_name
from . import see_picture
from .facts import Face, PictureContent
from .geometry import EMOJI_PORTRAIT, Box, ExtBox, Framing, Ratio, ext_bbox

_Item = TypeVar("_Item")

# By the catalog's `service.boxes`. A model whose value is not listed here has EMO's framing.
_FRAMINGS: dict[tuple[str, Ratio], Framing] = {("emoji", "1:1"): EMOJI_PORTRAIT}


class Portrait(NamedTuple):
    """The faces of a picture, largest first, the doubtful ones, and the boxes of one face, in pixels of the displayed picture.

    `ext_bbox` is None if no box of the ratio can contain the face. `face_bbox` is also None if there is no face with the
    requested number. `reason` says why. All three are None if there is no face and no number was requested.
    """

    path: str
    width: int
    height: int
    ratio: Ratio
    faces: tuple[Face, ...]
    doubtful: tuple[Face, ...]
    face_bbox: Box | None
    ext_bbox: Box | None
    reason: str | None

    def to_dict(self) -> dict[str, Any]:
        """As `faces --output-format json` prints it."""
        shown = ("bbox", "score", "yaw_deg", "pitch_deg", "roll_deg", "keypoints", "sharpness", "brightness", "covered")
        return {
            "path": self.path,
            "width": self.width,
            "height": self.height,
            "ratio": self.ratio,
            "faces": [{name: getattr(face, name) for name in shown} for face in self.faces],
            "doubtful": [{name: getattr(face, name) for name in shown} for face in self.doubtful],
            "face_bbox": self.face_bbox,
            "ext_bbox": self.ext_bbox,
            "reason": self.reason,
        }


def framing_of(boxes: str, ratio: Ratio) -> Framing | None:
    """How a model frames the crop around a face, by the catalog's `service.boxes`; None: like EMO."""
    return _FRAMINGS.get((boxes, ratio))


def led_by(seen: PictureContent, face: int) -> PictureContent:
    """The same picture with this face and its body first; unchanged if there is no such face."""
    if face > len(seen.faces):
        return seen
    chosen = seen.faces[face - 1]
    bodies = seen.bodies
    if bodies:
        bodies = _first(bodies, min(bodies, key=lambda body: _mismatch(Box(*body.bbox), chosen.box)))
    return structs.replace(seen, faces=_first(seen.faces, chosen), bodies=bodies)


def _first(several: tuple[_Item, ...], one: _Item) -> tuple[_Item, ...]:
    return (one, *(each for each in several if each is not one))


def _mismatch(body: Box, face: Box) -> tuple[bool, int]:
    """A measure of how unlikely it is that a face and a body are of one person; a body's box contains its own face."""
    return not body.holds(face), abs(body.x1 + body.x2 - face.x1 - face.x2)


def find_portrait(
    path: str | os.PathLike[str],
    ratio: Ratio = "1:1",
    framing: Framing | None = None,
    face: int | None = None,
    face_bbox: Box | None = None,
    outer: Box | None = None,
) -> Portrait:
    """Find the faces of a picture and compute the boxes; see `portrait_in`.

    Raises UnreadableMediaError if the picture cannot be decoded, MissingLibraryError if a detector does not load.
    """
    name = os.fsdecode(path)
    try:
        seen = see_picture(name)
    except ImportError as error:
        library = error.name or say("a library")
        raise MissingLibraryError(
            library,
            " ".join(str(error).split()),
            say(
                "pip install --force-reinstall {library}",
                library=library,
            ),
        ) from None
    return portrait_in(seen, name, ratio, framing, face, face_bbox, outer)


def portrait_in(
    seen: PictureContent,
    name: str,
    ratio: Ratio = "1:1",
    framing: Framing | None = None,
    face: int | None = None,
    face_bbox: Box | None = None,
    outer: Box | None = None,
) -> Portrait:
    """The boxes for one face of a picture whose faces are known; `path` is its name.

    Args:
        framing: how the crop is framed; None: like EMO.
        face: the number of the face (1 is the largest); None: the largest.
        face_bbox, outer: boxes given by the user, which stay. A missing one is computed: the crop around the given face, or the
            largest face inside the given crop.
    """
    found = Portrait(display_name(name), seen.width, seen.height, ratio, seen.faces, seen.doubtful, face_bbox, outer, None)
    if face_bbox is not None:
        return _cropped(found, face_bbox, framing)
    if face is not None and face > len(seen.faces):
        return found._replace(reason=no_such_face(face, len(seen.faces)))
    if not seen.faces:
        return found
    inside = (each.box for each in seen.faces if outer is not None and outer.holds(each.box))
    return _cropped(found, seen.faces[face - 1].box if face else next(inside, seen.faces[0].box), framing)


def _cropped(found: Portrait, face: Box, framing: Framing | None) -> Portrait:
    """The same with the box of the chosen face, and the crop around it if there is none yet."""
    if found.ext_bbox is not None:
        return found._replace(face_bbox=face)
    if not Box(0, 0, found.width, found.height).holds(face):
        reason = say(
            "the face {face} reaches beyond the picture of {width} x {height} px",
            face=list(face),
            width=found.width,
            height=found.height,
        )
        return found._replace(face_bbox=face, reason=reason)
    crop = ext_bbox(face, found.width, found.height, found.ratio, framing)
    if isinstance(crop, ExtBox):
        return found._replace(face_bbox=face, ext_bbox=crop.box)
    return found._replace(face_bbox=face, reason=crop.reason)


def no_such_face(face: int, shown: int) -> str:
    """Why a face of this number cannot be taken."""
    if not shown:
        return say("there is no face {number}: the picture shows no faces", number=face)
    return say_many(
        "there is no face {number}: the picture shows {count} face",
        "there is no face {number}: the picture shows {count} faces",
        shown,
        number=face,
    )
