"""The face looks too far to the side, up or down.

The angles are estimated from six points of the face, to within about ten degrees. Thresholds, which the catalog can
override: more than `yaw_max` (30 degrees) or `pitch_max` (25 degrees) is a warning. Twice `yaw_max`, a profile, is an
error if the documents name one for the pose.

Why it matters: the documents ask for a frontal face; EMO answers `InvalidFile.FacePose`, LivePortrait finds
no face.

Fix: `prepare` cannot fix this; use a picture in which the person looks into the camera.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...text import exact
from ..base import Fault, InputCase
from .faces import main_face

LEVEL = "content"
FIXABLE = False
YAW_MAX = 30.0
PITCH_MAX = 25.0


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where a frontal face is wanted and the largest one is turned."""
    found = main_face(case)
    if found is None or not found.wanted.frontal:
        return
    yaw, pitch = abs(found.face.yaw_deg), abs(found.face.pitch_deg)
    yaw_max, pitch_max = case.threshold("yaw_max", YAW_MAX), case.threshold("pitch_max", PITCH_MAX)
    if yaw <= yaw_max and pitch <= pitch_max:
        return
    is_sideways = yaw > yaw_max
    is_profile = yaw > 2 * yaw_max and "face" in found.wanted.errors
    yield Fault(
        severity="error" if is_profile else "warning",
        message=say(
            "the face is turned about {yaw:.0f} degrees sideways and {pitch:.0f} up or down; up to {yaw_max} and "
            "{pitch_max} counts as frontal",
            yaw=yaw,
            pitch=pitch,
            yaw_max=exact(yaw_max),
            pitch_max=exact(pitch_max),
        ),
        help=say("use a picture in which the person looks into the camera"),
        measured=round(yaw if is_sideways else pitch, 1),
        limit=f"<= {exact(yaw_max if is_sideways else pitch_max)}",
        unit="degrees",
        service_code=found.wanted.errors.get("face"),
        source=found.wanted.source,
    )
