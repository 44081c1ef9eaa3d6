"""The job gives an input the model does not have.

Why it matters: the service ignores it or refuses the request; either way the file is not used.

Fix: name one of the model's inputs, or leave it out.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from ...errors import did_you_mean
from ...text import listed
from ..base import Fault, JobCase

LEVEL = "metadata"
FIXABLE = False


def check(case: JobCase) -> Iterator[Fault]:
    """A fault for every input that is neither a role nor a field of the model."""
    roles = tuple(case.model.roles)
    known = (*roles, *case.model.fields)
    for name in case.job.inputs:
        if name not in known:
            close = tuple(difflib.get_close_matches(name, known, n=1))
            yield Fault(
                severity="error",
                message=f"{case.model.id} has no input {name!r}{did_you_mean(close)}",
                help=_next(case, name) or f"its inputs are {listed(known)}",
                measured=name,
                limit=", ".join(known),
                role=name,
            )


def _next(case: JobCase, name: str) -> str | None:
    is_parameter = name in case.model.parameters
    return f"{name} is a parameter: give it as parameters.{name}, or with --set {name}=VALUE" if is_parameter else None
