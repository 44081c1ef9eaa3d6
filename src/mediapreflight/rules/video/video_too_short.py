"""The video is shorter than the model takes.

Judged by the picture's measured length and by what the container states; both must fit, because which of them
the service reads is unknown. Level `metadata` knows only the stated length.

Why it matters: the service refuses the video.

Fix: use a longer video; or play it backward and forward until it is long enough.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ..base import Fault, InputCase
from ..figures import duration_too_short

LEVEL = "metadata"
FIXABLE = True
LIMIT = "duration"
BOUND = "lower"


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the measured or the stated duration is too short."""
    return duration_too_short(case, say("give a longer take"))
