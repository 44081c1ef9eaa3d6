"""The face takes up too little of the picture, or has too few pixels.

Thresholds, which the catalog can override: `face_share_min`, the face's width over the picture's shorter side (0.08),
and `face_px_min`, its width in pixels (64). We chose the figures: the documents speak of a person "too small in the
picture" and give none.

Why it matters: EMO answers `InvalidFile.BodyProportion`, LivePortrait finds no face, and the generated video is
blurred.

Fix: `prepare` does not do this by itself. `mediapreflight faces --crop` cuts the picture around the face, and
`prepare --crop-to-boxes` does if the model takes boxes; or use a picture taken from closer up.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...text import exact
from ..base import Fault, InputCase
from .faces import main_face

LEVEL = "content"
FIXABLE = False
FACE_SHARE_MIN = 0.08
FACE_PX_MIN = 64


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the largest face is small, by share or by pixels."""
    found = main_face(case)
    if found is None:
        return
    share_min, px_min = case.threshold("face_share_min", FACE_SHARE_MIN), case.threshold("face_px_min", FACE_PX_MIN)
    if found.width >= px_min and found.share >= share_min:
        return
    few_pixels = found.width < px_min
    yield Fault(
        severity="warning",
        message=say(
            "the face is {width} px wide, {share:.1%} of the picture's shorter side; at least {px_min} px and "
            "{share_min}% are recommended",
            width=found.width,
            share=found.share,
            px_min=exact(px_min),
            share_min=exact(100 * share_min),
        ),
        help=say("crop the picture around the person, or use one taken from closer up"),
        measured=found.width if few_pixels else round(found.share, 6),
        limit=f">= {exact(px_min if few_pixels else share_min)}",
        unit="px" if few_pixels else say("of the shorter side"),
        service_code=found.wanted.errors.get("proportion"),
    )
