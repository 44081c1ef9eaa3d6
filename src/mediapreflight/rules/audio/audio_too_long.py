"""The recording is longer than the model takes.

Judged by its measured length and by what the header states; both must fit, because which of them the service
reads is unknown. Level `metadata` knows the header only.

Why it matters: the service answers with a length error, after the upload.

Cure: cut it at a pause between words, or split it into several jobs.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...probe.facts import AudioFacts
from ..base import Fault, InputCase
from ..limits import Measure, highest, too_high

LEVEL = "metadata"
FIXABLE = True
LIMIT = "duration"
BOUND = "upper"

_MEASURE = Measure("duration", "s")
_HELP = "cut it at a pause, or split it"


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the measured or the stated duration is too long."""
    facts = case.facts
    if not isinstance(facts, AudioFacts):
        return
    if fault := too_high(case, case.role.duration, highest(facts.duration_s, facts.stated_duration_s), _MEASURE, _HELP):
        yield fault
