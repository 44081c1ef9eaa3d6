"""A number is outside the documented range, or a list has too few or too many entries.

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
        value = len(given.value) if known.type == "list" else given.value
        if known.range is not None and value not in known.interval and value not in known.special_values:
            takes = alternatives((known.interval.in_words, *map(exact, known.special_values)))
            if known.type == "list":
                message = say(
                    "{name} has {value} entries; {model} takes {takes}",
                    name=given.name,
                    value=value,
                    model=case.model.id,
                    takes=takes,
                )
                help = say("give {name} {takes} entries", name=given.name, takes=takes)
            else:
                message = say(
                    "{name} is {value}; {model} takes {takes}",
                    name=given.name,
                    value=exact(value),
                    model=case.model.id,
                    takes=takes,
                )
                help = say("give {name} a value of {takes}", name=given.name, takes=takes)
            yield Fault(
                severity="error",
                message=message,
                help=help,
                measured=value,
                limit=str(known.interval),
                service_code=known.error,
                source=known.source,
            )
