"""The face is not sharp.

Sharpness is the share of the face's contrast that is in its finest detail, so that dark and pale faces are judged
alike; see `people.faces.sharpness_of`. Threshold, which the catalog can override: `sharpness_min` (0.1). In good
pictures, one face in a hundred is below it; blurred by a fiftieth of their width, half of them are.

Why it matters: the video is no sharper than the picture; teeth and eyes suffer first.

Fix: `prepare` cannot fix this; use a sharper picture.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...text import exact
from ..base import Fault, InputCase
from .faces import main_face

LEVEL = "content"
FIXABLE = False
SHARPNESS_MIN = 0.1


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the largest face has little fine detail."""
    found = main_face(case)
    sharpness_min = case.threshold("sharpness_min", SHARPNESS_MIN)
    if found is not None and found.face.sharpness < sharpness_min:
        yield Fault(
            severity="warning",
            message=say(
                "the face is blurred: its sharpness is {sharpness:.3f}, and {sharpness_min} or more counts as clear",
                sharpness=found.face.sharpness,
                sharpness_min=exact(sharpness_min),
            ),
            help=say("use a sharper picture"),
            measured=round(found.face.sharpness, 4),
            limit=f">= {exact(sharpness_min)}",
        )
