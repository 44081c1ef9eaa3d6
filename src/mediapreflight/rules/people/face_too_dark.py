"""The face is too dark to be seen well.

Threshold, which the catalog can override: `brightness_min`, the face's mean luma of 255 (35). Dark skin in good light
is well above it.

Why it matters: AnimateAnyone's documents reject dim pictures, and the service answers `InvalidFile.Value` for
pictures that are too dark.

Fix: `prepare` cannot fix this; use a picture with light on the face.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...text import exact
from ..base import Fault, InputCase
from .faces import main_face

LEVEL = "content"
FIXABLE = False
BRIGHTNESS_MIN = 35.0


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the largest face is dark."""
    found = main_face(case, of_a_body=True)
    brightness_min = case.threshold("brightness_min", BRIGHTNESS_MIN)
    if found is not None and found.face.brightness < brightness_min:
        yield Fault(
            severity="warning",
            message=say(
                "the face is dark: its mean brightness is {brightness:.0f} of 255, and {brightness_min} or more counts as clear",
                brightness=found.face.brightness,
                brightness_min=exact(brightness_min),
            ),
            help=say("use a picture with light on the face"),
            measured=round(found.face.brightness, 1),
            limit=f">= {exact(brightness_min)}",
            service_code="InvalidFile.Value",
        )
