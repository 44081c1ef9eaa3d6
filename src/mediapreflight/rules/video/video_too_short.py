"""The video is shorter than the model takes.

Both the measured length of the picture and the one in the container must fit, because nobody knows which of them the
service reads. Level `metadata` knows only the stated length.

Why it matters: the service refuses the video.

Fix: use a longer video, or play this one backward and forward until it is long enough.
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
    return duration_too_short(case, say("use a longer video"))
