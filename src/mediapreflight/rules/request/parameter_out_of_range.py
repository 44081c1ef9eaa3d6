"""A number is outside the documented range.

Why it matters: the service answers that the value is "out of definition".

Fix: give a value within the range.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...text import alternatives, exact
from ..base import Fault, JobCase
from .values import sound_values

LEVEL = "metadata"
FIXABLE = False


def check(case: JobCase) -> Iterator[Fault]:
    """A fault for every number outside its range."""
    for given in sound_values(case):
        known = given.known
        if known.range is not None and given.value not in known.interval and given.value not in known.besides:
            takes = alternatives((known.interval.in_words, *map(exact, known.besides)))
            yield Fault(
                severity="error",
                message=say(
                    "{name} is {value}; {model} takes {takes}",
                    name=given.name,
                    value=exact(given.value),
                    model=case.model.id,
                    takes=takes,
                ),
                help=say("give {name} a value of {takes}", name=given.name, takes=takes),
                measured=given.value,
                limit=str(known.interval),
                service_code=known.error,
                source=known.source,
            )
