"""What `faces` answers for one picture: the faces, the one a service would take, and the crop around it."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

from ..errors import MissingLibraryError
from ..media.source import display_name
from . import see_picture
from .facts import Face, PictureContent
from .geometry import EMOJI_PORTRAIT, Box, ExtBox, Framing, Ratio, ext_bbox, face_bbox

# By the catalog's word for it. Where none stands here, the crop is framed as EMO's.
_FRAMINGS: dict[tuple[str, Ratio], Framing] = {("emoji", "1:1"): EMOJI_PORTRAIT}


class Portrait(NamedTuple):
    """The faces of a picture, largest first, and its boxes, in pixels of the displayed picture.

    `ext_bbox` is None where no box of the ratio can hold the face, and `reason` says why; both are None without a face.
    """

    path: str
    width: int
    height: int
    ratio: Ratio
    faces: tuple[Face, ...]
    face_bbox: Box | None
    ext_bbox: Box | None
    reason: str | None

    def to_dict(self) -> dict[str, Any]:
        """As `faces --output-format json` prints it."""
        shown = ("bbox", "score", "yaw_deg", "pitch_deg", "roll_deg", "keypoints", "sharpness", "brightness")
        return {
            "path": self.path,
            "width": self.width,
            "height": self.height,
            "ratio": self.ratio,
            "faces": [{name: getattr(face, name) for name in shown} for face in self.faces],
            "face_bbox": self.face_bbox,
            "ext_bbox": self.ext_bbox,
            "reason": self.reason,
        }


def framing_of(boxes: str, ratio: Ratio) -> Framing | None:
    """How a model frames the crop around a face, by the catalog's `service.boxes`; None where it is framed as EMO's."""
    return _FRAMINGS.get((boxes, ratio))


def find_portrait(path: str | os.PathLike[str], ratio: Ratio = "1:1", framing: Framing | None = None) -> Portrait:
    """Look for faces in a picture and compute the boxes for the largest, framed as EMO's where `framing` is None.

    Raises UnreadableMediaError where the picture cannot be decoded, MissingLibraryError where a detector does not load.
    """
    name = os.fsdecode(path)
    try:
        seen = see_picture(name)
    except ImportError as error:
        library = error.name or "a library"
        raise MissingLibraryError(library, " ".join(str(error).split()), f"pip install --force-reinstall {library}") from None
    return portrait_in(seen, name, ratio, framing)


def portrait_in(seen: PictureContent, name: str, ratio: Ratio = "1:1", framing: Framing | None = None) -> Portrait:
    """The boxes for the largest face of a picture, of this name, that was looked at before."""
    face = face_bbox(each.box for each in seen.faces)
    if face is None:
        return Portrait(display_name(name), seen.width, seen.height, ratio, seen.faces, None, None, None)
    found = ext_bbox(face, seen.width, seen.height, ratio, framing)
    box, reason = (found.box, None) if isinstance(found, ExtBox) else (None, found.reason)
    return Portrait(display_name(name), seen.width, seen.height, ratio, seen.faces, face, box, reason)
