"""These inputs cannot be combined.

Some models take only certain combinations of inputs: wan2.7-i2v takes a first frame or a first clip, each with or
without others. What belongs to a file, such as the voice of the person in a picture, needs that file.

Why it matters: the service refuses the request.

Fix: give one of the documented combinations.
"""

from __future__ import annotations

from collections.abc import Iterator, Set

from ...language import say
from ...text import alternatives, listed
from ..base import Fault, JobCase

LEVEL = "metadata"
FIXABLE = False


def check(case: JobCase) -> Iterator[Fault]:
    """A fault where a whole job's inputs are none of the legal sets, and for every key of a file that is not given."""
    if not case.job.whole:
        return
    named = {name for name, value in case.job.inputs.items() if value not in (None, "")}
    yield from _without_file(case, named)
    rule, given = case.model.role_sets, case.model.combined(named)
    if rule is None or rule.take(given):
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


def _without_file(case: JobCase, named: Set[str]) -> Iterator[Fault]:
    """A fault for every input that is sent with a file which is not given."""
    keys = [(name, role.key_of, role.source) for name, role in case.model.roles.items()]
    keys += [(name, field.key_of, field.source) for name, field in case.model.fields.items()]
    for name, files, source in keys:
        if name in named and files and not named & set(files):
            yield Fault(
                severity="error",
                message=say("{name} belongs to {files}, which is not given", name=name, files=alternatives(files)),
                help=say("give {files} too, or leave {name} out", name=name, files=alternatives(files)),
                source=source,
                role=name,
            )


def _described(names: list[str]) -> str:
    if not names:
        return say("a job without files")
    return say("{name} alone", name=names[0]) if len(names) == 1 else say("{names} together", names=listed(tuple(names)))
