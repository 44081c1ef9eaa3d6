"""A number lies outside the documented range.

Why it matters: the service answers that the value is out of definition.

Fix: give a value within the range.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...text import exact
from ..base import Fault, JobCase
from .values import sound_values

LEVEL = "metadata"
FIXABLE = False


def check(case: JobCase) -> Iterator[Fault]:
    """A fault for every number outside its range."""
    for given in sound_values(case):
        known = given.known
        if known.range is not None and given.value not in known.interval and given.value not in known.besides:
            takes = known.interval.in_words + "".join(f" or {exact(each)}" for each in known.besides)
            yield Fault(
                severity="error",
                message=f"{given.name} is {exact(given.value)}; {case.model.id} takes {takes}",
                help=f"give {given.name} a value of {takes}",
                measured=given.value,
                limit=str(known.interval),
                service_code=known.error,
                source=known.source,
            )
