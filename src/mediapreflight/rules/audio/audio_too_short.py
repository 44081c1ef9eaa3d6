"""The recording is shorter than the model takes.

Both the measured length and the one in the header must fit, because nobody knows which of them the service reads.
Level `metadata` knows only the header.

Why it matters: the service answers with a length error.

Fix: use a longer recording, or add silence at its end.
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
    return duration_too_short(case, say("give a longer recording, or add silence at its end"))
