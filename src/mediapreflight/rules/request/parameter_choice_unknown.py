"""A value is not one of the documented choices.

Why it matters: the service refuses the request, or uses a default without saying so.

Fix: give one of the choices.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

from ...errors import did_you_mean
from ...language import say
from ...text import listed, quoted
from ..base import Fault, JobCase
from .values import Given, sound_values

LEVEL = "metadata"
FIXABLE = False

# More choices than this are not listed in the sentence; `limit` always has them all.
_LISTED = 8


def check(case: JobCase) -> Iterator[Fault]:
    """A fault for every value outside its choices."""
    for given in _single(sound_values(case)):
        choices = given.known.choices
        if choices is None or given.value in choices:
            continue
        names = tuple(map(str, choices))
        close = tuple(difflib.get_close_matches(str(given.value), names, n=1))
        if len(names) <= _LISTED:
            takes, help = listed(names), say("give one of {names}", names=listed(names))
        else:
            takes, help = (
                say("one of {count} values", count=len(names)),
                say("give one that `mediapreflight models {model}` lists", model=case.model.id),
            )
        yield Fault(
            severity="error",
            message=say(
                "{name} is {value}; {model} takes {takes}{close}",
                name=given.name,
                value=quoted(given.value),
                model=case.model.id,
                takes=takes,
                close=did_you_mean(close),
            ),
            help=help,
            measured=given.value,
            limit=", ".join(names),
            service_code=given.known.error,
            source=given.known.source,
            role=given.name if given.where == "field" else None,
        )


def _single(values: Iterable[Given]) -> Iterator[Given]:
    """The values, with the texts of a list one by one."""
    for given in values:
        if given.known.type == "list" and not given.known.keys:
            yield from (
                given._replace(name=f"{given.name}[{number}]", value=text) for number, text in enumerate(given.value, start=1)
            )
        else:
            yield given
