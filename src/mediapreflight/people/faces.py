"""The faces of a picture, measured."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from .detector import Sighting, find_faces
from .facts import Face
from .geometry import Box
from .headpose import head_pose
from .opencv import load_cv2

if TYPE_CHECKING:
    from ..media.image.pixels import Picture, Rgb

# The longest side of the detectors' input, in pixels. Clear faces are found from about 20 px: a fiftieth of it.
LONGEST_SIDE = 1024
# A bystander is turned at least this many degrees from the camera, and at most this share of the largest face's size.
BYSTANDER_YAW_DEG = 45.0
BYSTANDER_SIZE = 0.5
# Larger faces are shrunk to this side before sharpness is measured, so that the value does not depend on the size.
SHARPNESS_SIDE = 128


class Faces(NamedTuple):
    """The faces of a picture; each list has the largest first. `facts.PictureContent` defines bystanders and doubtful faces."""

    faces: tuple[Face, ...]
    bystanders: tuple[Face, ...]
    doubtful: tuple[Face, ...]


def faces_in(picture: Picture, *, lying: bool = False) -> Faces:
    """Every face of a picture loaded at `LONGEST_SIDE`, in pixels of the whole displayed picture. Raises MissingLibraryError.

    `lying`: as in `find_faces`.
    """
    found = find_faces(picture.rgb, lying=lying)
    seen = _largest_first(found.faces, picture)
    aside = tuple(face for face in seen if _is_bystander(face, seen[0]))
    return Faces(tuple(face for face in seen if face not in aside), aside, _largest_first(found.doubtful, picture))


def sharpness_of(face: Rgb) -> float:
    """How much of a face's contrast is fine detail: the standard deviation of its Laplacian over that of its luma.

    Measured on a square of at most 128 px. Of 400 faces of good pictures 1% were below 0.12 and half above 0.44; blurred by a
    Gaussian of 2% of their side, half were below 0.09. An even surface has 0.
    """
    cv2 = load_cv2()
    luma = cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)
    side = min(SHARPNESS_SIDE, *luma.shape)
    luma = cv2.resize(luma, (side, side), interpolation=cv2.INTER_AREA)
    spread = float(luma.std())
    return float(cv2.Laplacian(luma, cv2.CV_32F).std()) / spread if spread else 0.0


def _largest_first(sightings: Iterable[Sighting], picture: Picture) -> tuple[Face, ...]:
    measured = (_measured(sighting, picture) for sighting in sightings)
    return tuple(sorted((face for face in measured if face is not None), key=lambda face: (-face.box.area, face.bbox)))


def _is_bystander(face: Face, largest: Face) -> bool:
    return abs(face.yaw_deg) >= BYSTANDER_YAW_DEG and face.box.width <= BYSTANDER_SIZE * largest.box.width


def _measured(sighting: Sighting, picture: Picture) -> Face | None:
    """The face in displayed pixels; None if no part of it is inside the picture."""
    height, width = picture.rgb.shape[:2]
    scale_x, scale_y = picture.width / width, picture.height / height
    bbox = _box(sighting, scale_x, scale_y, picture.width, picture.height)
    seen = _box(sighting, 1.0, 1.0, width, height)
    if min(bbox.width, bbox.height, seen.width, seen.height) <= 0:
        return None
    pose = head_pose([(float(x), float(y)) for x, y in sighting.keypoints])
    cv2 = load_cv2()
    face = picture.rgb[seen.y1 : seen.y2, seen.x1 : seen.x2]
    luma = cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)
    return Face(
        bbox=(bbox.x1, bbox.y1, bbox.x2, bbox.y2),
        score=round(sighting.score, 3),
        covered=round(sighting.covered, 3),
        yaw_deg=round(pose.yaw, 1),
        pitch_deg=round(pose.pitch, 1),
        roll_deg=round(pose.roll, 1),
        keypoints=tuple((round(float(x) * scale_x, 1), round(float(y) * scale_y, 1)) for x, y in sighting.keypoints),
        sharpness=round(sharpness_of(face), 3),
        brightness=round(float(luma.mean()), 1),
        contrast=round(float(luma.std()), 1),
    )


def _box(sighting: Sighting, scale_x: float, scale_y: float, width: int, height: int) -> Box:
    """The square in whole pixels, clipped to a picture of this size."""
    across, down = round(sighting.side * scale_x), round(sighting.side * scale_y)
    x1, y1 = round(sighting.x * scale_x - across / 2), round(sighting.y * scale_y - down / 2)
    return Box(max(0, x1), max(0, y1), min(width, x1 + across), min(height, y1 + down))
