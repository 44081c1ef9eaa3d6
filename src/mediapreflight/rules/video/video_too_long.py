"""The video is longer than the model takes.

Both the measured length of the picture and the one in the container must fit, because nobody knows which of them the
service reads. Level `metadata` knows only the stated length.

Why it matters: the service refuses the video after the upload.

Fix: trim it, without encoding it again if that is exact.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ..base import Fault, InputCase
from ..figures import duration_too_long

LEVEL = "metadata"
FIXABLE = True
LIMIT = "duration"
BOUND = "upper"


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the measured or the stated duration is too long."""
    return duration_too_long(case, say("trim it"))
