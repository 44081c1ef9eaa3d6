"""These inputs cannot be combined.

Some models take only certain combinations of inputs: wan2.7-i2v takes a first frame or a first clip, each with or
without others.

Why it matters: the service refuses the request.

Fix: give one of the documented combinations.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...text import listed
from ..base import Fault, JobCase

LEVEL = "metadata"
FIXABLE = False


def check(case: JobCase) -> Iterator[Fault]:
    """A fault where a whole job's roles are none of the legal sets."""
    rule = case.model.role_sets
    if rule is None or not case.job.whole:
        return
    given = {role.follows or name for name, role in case.model.roles.items() if case.job.inputs.get(name) not in (None, "")}
    if rule.take(given):
        return
    legal = rule.in_words
    yield Fault(
        severity="error",
        message=say("{model} does not take {given}", model=case.model.id, given=_described(sorted(given))),
        help=say("give one of: {legal}", legal=legal),
        measured=" + ".join(sorted(given)),
        limit=legal,
        service_code="InvalidParameter",
        source=rule.source,
    )


def _described(names: list[str]) -> str:
    if not names:
        return say("a job without files")
    return say("{name} alone", name=names[0]) if len(names) == 1 else say("{names} together", names=listed(tuple(names)))
