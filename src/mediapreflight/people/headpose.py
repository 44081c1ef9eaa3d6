"""The direction in which a face looks, from six keypoints."""

from __future__ import annotations

from collections.abc import Sequence
from math import atan2, degrees, hypot
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from .facts import Point

# Right eye, left eye, nose tip, mouth, right ear and left ear of an average face, in face widths: x to the viewer's right, y
# down, z away from the camera. Fitted to BlazeFace's keypoints and the head poses of a 468-point face mesh, on 206 faces of 150
# pictures; 0 degrees is their median.
_AVERAGE_FACE = (
    (-0.212, -0.151, -0.07),
    (0.212, -0.151, -0.07),
    (0.0, 0.095, -0.34),
    (0.0, 0.309, -0.198),
    (-0.447, -0.051, 0.339),
    (0.447, -0.051, 0.339),
)


class HeadPose(NamedTuple):
    """Degrees. `yaw` positive: towards the picture's right edge; `pitch` positive: up; `roll` positive: leaning clockwise."""

    yaw: float
    pitch: float
    roll: float


def head_pose(keypoints: Sequence[Point]) -> HeadPose:
    """Estimate the pose of a head from its six keypoints (right eye, left eye, nose tip, mouth, right ear, left ear).

    The average face is fitted to the points by the affine projection with the least squared error. Its two image axes are then
    made orthogonal and equally long (the nearest rotation under weak perspective, by singular values). Yaw and pitch are the
    direction of the face's front; roll is the slope of its left-right axis.

    Measured on held-out faces against a 468-point face mesh: the median error is 2.5 degrees of yaw, 2.2 of pitch and 1.6 of
    roll; nine of ten are within 6, 7 and 4. Beyond about 60 degrees of yaw half of the face is hidden, and the value is not
    accurate.
    """
    points = np.asarray(keypoints, dtype=np.float64)
    average = np.asarray(_AVERAGE_FACE)
    projection = (np.linalg.pinv(average) @ (points - points.mean(axis=0))).T
    left, _, right = np.linalg.svd(projection, full_matrices=False)
    image_x, image_y = left @ right
    image_z = np.cross(image_x, image_y)
    front = -image_x[2], -image_y[2], -image_z[2]
    return HeadPose(
        yaw=degrees(atan2(front[0], -front[2])),
        pitch=degrees(atan2(-front[1], hypot(front[0], front[2]))),
        roll=degrees(atan2(image_y[0], image_x[0])),
    )
