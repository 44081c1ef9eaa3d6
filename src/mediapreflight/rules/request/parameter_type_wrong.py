"""A value does not have the documented type: text instead of a number, or a fraction instead of a whole number.

Why it matters: the service answers that the value is "out of definition". Some gateways read `"24"` as 24, others do
not.

Fix: write the value with the documented type.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...text import quoted
from ..base import Fault, JobCase
from .values import given_values

LEVEL = "metadata"
FIXABLE = False


def check(case: JobCase) -> Iterator[Fault]:
    """A fault for every value of the wrong type."""
    for given in given_values(case):
        if not given.has_right_type:
            yield Fault(
                severity="error",
                message=say(
                    "{name} is {value}; {model} takes a value of type {type}",
                    name=given.name,
                    value=quoted(given.value),
                    model=case.model.id,
                    type=given.known.type,
                ),
                help=say("give {name} as an {type}", name=given.name, type=given.known.type)
                if given.known.type == "integer"
                else say("give {name} as a {type}", name=given.name, type=given.known.type),
                measured=given.value,
                limit=given.known.type,
                service_code=given.known.error,
                source=given.known.source,
                role=given.name if given.where == "field" else None,
            )
