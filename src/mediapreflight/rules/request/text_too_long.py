"""A prompt has more characters than the model takes.

If the documents say that longer text is cut, it is a warning. If they only state a length, it is an error.

Why it matters: the service cuts the text without a message, and the end of a prompt often describes the style; or it
refuses the request.

Fix: shorten it.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
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
                severity="warning" if given.known.excess_cut else "error",
                message=_message(given.name, len(given.value), case.model.id, longest, cut=given.known.excess_cut),
                help=say("shorten it"),
                measured=len(given.value),
                limit=f"<= {longest}",
                unit="characters",
                source=given.known.source,
                role=given.name if given.where == "field" else None,
            )


def _message(name: str, count: int, model: str, longest: int, *, cut: bool) -> str:
    has = say("{name} has {count} characters", name=name, count=count)
    if cut:
        return say("{has}; {model} reads the first {longest}", has=has, model=model, longest=longest)
    return say("{has}; {model} takes up to {longest}", has=has, model=model, longest=longest)
