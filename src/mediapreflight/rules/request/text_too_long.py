"""A prompt has more characters than the model takes.

Some models take fewer Chinese characters than others, and some count UTF-16 units, of which an emoji has two.
If the documents say that longer text is cut, it is a warning. If they only state a length, it is an error.

Why it matters: the service cuts the text without a message, and the end of a prompt often describes the style; or it
refuses the request.

Fix: shorten it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...language import say
from ..base import Fault, JobCase
from .values import Given, sound_values

LEVEL = "metadata"
FIXABLE = False

# The CJK ideographs of Unicode; which characters a provider counts as Chinese is nowhere said. Compiled on first use: few models
# count them, and it takes milliseconds.
_CHINESE = "[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]"


def check(case: JobCase) -> Iterator[Fault]:
    """A fault for every text over its length."""
    for given in sound_values(case):
        for count, longest, unit in _counts(given):
            if longest is not None and count > longest:
                yield Fault(
                    severity="warning" if given.known.excess_cut else "error",
                    message=_message(given, count, case.model.id, longest, unit),
                    help=say("shorten it"),
                    measured=count,
                    limit=f"<= {longest}",
                    unit=unit,
                    source=given.known.source,
                    role=given.name if given.where == "field" else None,
                )
                break


def _counts(given: Given) -> Iterator[tuple[int, int | None, str]]:
    """The length of a text, its limit, and the unit."""
    known = given.known
    if not isinstance(given.value, str):
        return
    if known.length_unit == "utf16":
        # Half of a surrogate pair, which only a forced job can contain, counts as one unit.
        yield len(given.value.encode("utf-16-le", "surrogatepass")) // 2, known.max_length, "UTF-16 units"
    else:
        yield len(given.value), known.max_length, "characters"
    yield len(re.findall(_CHINESE, given.value)), known.max_chinese, "Chinese characters"


def _message(given: Given, count: int, model: str, longest: int, unit: str) -> str:
    name = given.name
    match unit:
        case "UTF-16 units":
            has = say("{name} has {count} UTF-16 units", name=name, count=count)
        case "Chinese characters":
            has = say("{name} has {count} Chinese characters", name=name, count=count)
        case _:
            has = say("{name} has {count} characters", name=name, count=count)
    if given.known.excess_cut:
        return say("{has}; {model} reads the first {longest}", has=has, model=model, longest=longest)
    return say("{has}; {model} takes up to {longest}", has=has, model=model, longest=longest)
