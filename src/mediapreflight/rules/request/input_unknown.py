"""The job gives an input that the model does not have.

Why it matters: the service ignores it or refuses the request; either way the file is not used.

Fix: name one of the model's inputs, or leave it out.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from ...errors import did_you_mean
from ...language import say
from ...text import listed
from ..base import Fault, JobCase

LEVEL = "metadata"
FIXABLE = False


def check(case: JobCase) -> Iterator[Fault]:
    """A fault for every input that is neither a role nor a field of the model."""
    roles = tuple(name for name, role in case.model.roles.items() if role.follows is None)
    known = (*roles, *case.model.fields)
    for name in case.job.inputs:
        if name not in case.model.roles and name not in case.model.fields:
            close = tuple(difflib.get_close_matches(name, known, n=1))
            yield _one_too_many(case, name) or Fault(
                severity="error",
                message=say("{model} has no input {name!r}{close}", model=case.model.id, name=name, close=did_you_mean(close)),
                help=_next(case, name) or say("its inputs are {known}", known=listed(known)),
                measured=name,
                limit=", ".join(known),
                role=name,
            )


def _one_too_many(case: JobCase, name: str) -> Fault | None:
    """The fault of a file beyond those that a role takes."""
    role, _, number = name.rpartition("_")
    if role not in case.model.roles or not number.isdecimal():
        return None
    most = len(case.model.files_of(role))
    return Fault(
        severity="error",
        message=say(
            "{role} has {number} files; {model} takes up to {most}", role=role, number=number, model=case.model.id, most=most
        ),
        help=say("leave out some, so that {most} or fewer are left", most=most),
        measured=int(number),
        limit=f"<= {most}",
        source=case.model.roles[role].source,
        role=name,
    )


def _next(case: JobCase, name: str) -> str | None:
    is_parameter = name in case.model.parameters
    return (
        say("{name} is a parameter: give it as parameters.{name}, or with --set {name}=VALUE", name=name)
        if is_parameter
        else None
    )
