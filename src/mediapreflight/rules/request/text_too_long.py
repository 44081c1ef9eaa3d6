"""A prompt has more characters than the model reads.

Why it matters: the excess is cut off without a word, and the end of a prompt often holds the style.

Cure: shorten it.
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
            yield Fault(
                severity="warning",
                message=f"{given.name} has {len(given.value)} characters; {case.model.id} reads the first {longest}",
                help="shorten it",
                measured=len(given.value),
                limit=f"<= {longest}",
                unit="characters",
                source=case.model.source(given.known.source),
                role=given.name if given.where == "field" else None,
            )
