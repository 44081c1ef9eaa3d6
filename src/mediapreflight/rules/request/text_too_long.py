"""A prompt has more characters than the model takes.

If the documents say that longer text is cut, it is a warning; if they only give a length, an error.

Why it matters: text is cut without a message, and the end of a prompt often describes the style; or the request is
refused.

Fix: shorten it.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..base import Fault, JobCase
from .values import sound_values

LEVEL = "metadata"
FIXABLE = False


def check(case: JobCase) -> Iterator[Fault]:
    """A fault for every text over its length."""
    for given in sound_values(case):
        longest = given.known.max_length
        if longest is not None and len(given.value) > longest:
            verb = "reads the first" if given.known.excess_cut else "takes up to"
            yield Fault(
                severity="warning" if given.known.excess_cut else "error",
                message=f"{given.name} has {len(given.value)} characters; {case.model.id} {verb} {longest}",
                help="shorten it",
                measured=len(given.value),
                limit=f"<= {longest}",
                unit="characters",
                source=given.known.source,
                role=given.name if given.where == "field" else None,
            )
