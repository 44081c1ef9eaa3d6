"""A parameter's value is offered elsewhere, but not in the region the job is for.

wan2.6-i2v makes any whole number of seconds from 2 to 15 in Beijing, and 5, 10 or 15 in Virginia.

Why it matters: the service refuses the request.

Fix: choose a value the region offers.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...text import listed
from ..base import Fault, JobCase

LEVEL = "metadata"
FIXABLE = False


def check(case: JobCase) -> Iterator[Fault]:
    """A fault for every value that a restriction of the job's region leaves out."""
    for restriction in case.model.restrictions:
        value = case.value(restriction.parameter)
        if restriction.region != case.job.region or value is None or value in restriction.choices:
            continue
        names = tuple(map(str, restriction.choices))
        yield Fault(
            severity="error",
            message=say(
                "{parameter} is {value}; in {region} {model} offers {names}",
                parameter=restriction.parameter,
                value=value,
                region=restriction.region,
                model=case.model.id,
                names=listed(names),
            ),
            help=say("give one of {names}", names=listed(names)),
            measured=value,
            limit=", ".join(names),
            source=restriction.source,
        )
