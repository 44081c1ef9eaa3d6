"""The job sets a parameter that the model does not have.

Why it matters: the service ignores it, and the result is not what you wanted.

Fix: correct its name, or leave it out.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from ...errors import did_you_mean
from ...language import say
from ...text import listed
from ..base import Fault, JobCase
from .values import sound_values

LEVEL = "metadata"
FIXABLE = False


def check(case: JobCase) -> Iterator[Fault]:
    """A fault for every parameter that is not the model's."""
    known = tuple(case.model.parameters)
    for name in case.job.parameters:
        if name not in known:
            close = () if _is_input(case, name) else tuple(difflib.get_close_matches(name, (*known, *case.model.fields), n=1))
            yield Fault(
                severity="error",
                message=say(
                    "{model} has no parameter {name!r}{close}", model=case.model.id, name=name, close=did_you_mean(close)
                ),
                help=_next(case, name, known),
                measured=name,
                limit=", ".join(known) or None,
            )
    yield from _in_lists(case)


def _in_lists(case: JobCase) -> Iterator[Fault]:
    """A fault for every key of an entry of a list that the model does not know."""
    for given in sound_values(case):
        known = tuple(given.known.keys)
        for number, entry in enumerate(given.value if known else (), start=1):
            for key in entry:
                if key not in known:
                    close = tuple(difflib.get_close_matches(str(key), known, n=1))
                    yield Fault(
                        severity="error",
                        message=say(
                            "entry {number} of {name} has the unknown key {key!r}{close}",
                            number=number,
                            name=given.name,
                            key=key,
                            close=did_you_mean(close),
                        ),
                        help=say("its keys are {known}", known=listed(known)),
                        measured=key,
                        limit=", ".join(known),
                        source=given.known.source,
                    )


def _next(case: JobCase, name: str, known: tuple[str, ...]) -> str:
    if _is_input(case, name):
        return say("{name} is an input, not a parameter: give it outside `parameters`", name=name)
    return (
        say("its parameters are {known}", known=listed(known))
        if known
        else say("leave it out; {model} has no parameters", model=case.model.id)
    )


def _is_input(case: JobCase, name: str) -> bool:
    return name in case.model.roles or name in case.model.fields
