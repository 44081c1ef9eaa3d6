"""The face fills nearly the whole picture.

Threshold, which the catalog can override: `face_share_max`, the face's width over the picture's shorter side (0.8).
We chose the figure: the documents speak of a person "too large in the picture" and give none.

Why it matters: EMO needs room around the head and answers `InvalidFile.BodyProportion`; a head that
moves leaves the frame.

Fix: extend the picture around the face, or use one taken from farther away.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...text import exact
from ..base import Fault, InputCase
from .faces import main_face

LEVEL = "content"
FIXABLE = True
FACE_SHARE_MAX = 0.8


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the largest face is wider than the threshold."""
    found = main_face(case)
    share_max = case.threshold("face_share_max", FACE_SHARE_MAX)
    if found is not None and found.share > share_max:
        yield Fault(
            severity="warning",
            message=say(
                "the face takes up {share:.1%} of the picture's shorter side; up to {share_max}% leaves room to move",
                share=found.share,
                share_max=exact(100 * share_max),
            ),
            help=say("extend the picture around the face, or use one taken from farther away"),
            measured=round(found.share, 6),
            limit=f"<= {exact(share_max)}",
            unit=say("of the shorter side"),
            service_code=found.wanted.errors.get("proportion"),
        )
