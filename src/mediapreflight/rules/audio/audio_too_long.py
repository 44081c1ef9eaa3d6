"""The recording is longer than the model takes.

Both the measured length and the one in the header must fit, because nobody knows which of them the service reads.
Level `metadata` knows only the header.

Why it matters: the service answers with a length error, after the upload.

Fix: cut it at a pause between words, or split it into several jobs.
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
    return duration_too_long(case, say("cut it at a pause, or split it into several jobs"))
