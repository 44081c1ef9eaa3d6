"""The recording is shorter than the model takes.

Judged by its measured length and by what the header states; both must fit, because which of them the service
reads is unknown. Level `metadata` knows the header only.

Why it matters: the service answers with a length error.

Cure: a longer recording; or silence added at its end.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...probe.facts import AudioFacts
from ..base import Fault, InputCase
from ..limits import Measure, lowest, too_low

LEVEL = "metadata"
FIXABLE = True
LIMIT = "duration"
BOUND = "lower"

_MEASURE = Measure("duration", "s")
_HELP = "give a longer recording, or add silence at its end"


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the measured or the stated duration is too short."""
    facts = case.facts
    if not isinstance(facts, AudioFacts):
        return
    if fault := too_low(case, case.role.duration, lowest(facts.duration_s, facts.stated_duration_s), _MEASURE, _HELP):
        yield fault
