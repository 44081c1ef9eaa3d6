"""Compare a measured value with a documented limit, and word the fault; shared by every rule that has a limit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from ..catalog.interval import Interval
from ..catalog.schema import Choices, Limit
from ..findings import Severity
from ..language import say
from ..text import listed, shown
from .base import Fault, InputCase


class Measure(NamedTuple):
    """A measured value: the sentence that `says` it, and its unit."""

    says: Callable[[str], str]
    unit: str


def too_low(case: InputCase, limit: Limit | None, value: float | None, measure: Measure, help: str) -> Iterator[Fault]:
    """A fault where `value` is below the limit's lower end; none if either is unknown."""
    return _beyond(case, limit, value, measure, help, upper=False)


def too_high(case: InputCase, limit: Limit | None, value: float | None, measure: Measure, help: str) -> Iterator[Fault]:
    """A fault where `value` is above the limit's upper end; none if either is unknown."""
    return _beyond(case, limit, value, measure, help, upper=True)


def not_among(case: InputCase, choices: Choices | None, value: str | None, what: str, help: str) -> Iterator[Fault]:
    """A fault where `value` is not one of the accepted names; none if either is unknown."""
    if choices is None or value is None or value in choices.safe_names:
        return
    refused = value not in choices.documented
    source = choices.source if refused else choices.safe_source or choices.source
    message = say(
        "{what} is {value}; {model} takes {names}", what=what, value=value, model=case.model.id, names=listed(choices.documented)
    )
    if not refused:
        message = say(
            "{message}, but one document ({source}) names only {names}",
            message=message,
            source=case.model.source(source),
            names=listed(choices.safe_names),
        )
    yield Fault(
        severity="error" if refused else "warning",
        message=message,
        help=help,
        measured=value,
        limit=", ".join(choices.documented if refused else choices.safe_names),
        service_code=choices.error,
        source=source,
    )


def lowest(*values: float | None) -> float | None:
    """The smallest of the values that are known; None if none is."""
    return min((value for value in values if value is not None), default=None)


def highest(*values: float | None) -> float | None:
    """The largest of the values that are known; None if none is."""
    return max((value for value in values if value is not None), default=None)


def _beyond(
    case: InputCase, limit: Limit | None, value: float | None, measure: Measure, help: str, *, upper: bool
) -> Iterator[Fault]:
    if limit is None or value is None:
        return
    documented, safe = limit.documented_interval, limit.safe_interval
    is_refused = _breaks(documented, value, upper=upper)
    # Nearly every file fits: the wording is made only for a fault.
    if not is_refused and not _breaks(safe, value, upper=upper):
        return
    ends = tuple(each.upper if upper else each.lower for each in (documented, safe))
    allows = _words(documented, measure.unit, upper=upper)
    first, second = limit.source, limit.safe_source or limit.source
    severity: Severity
    if is_refused and upper and limit.excess_cut:
        severity, broken, source, clause = (
            "warning",
            documented,
            first,
            say("{model} uses {allows} and cuts the rest", model=case.model.id, allows=allows),
        )
    elif is_refused:
        severity, broken, source, clause = (
            "error",
            documented,
            first,
            say("{model} takes {allows}", model=case.model.id, allows=allows),
        )
    else:
        wants = _words(safe, measure.unit, upper=upper)
        pages = case.model.source(first), case.model.source(second)
        disagreement = say(
            "the documents of {model} disagree: {allows} ({page}) or {wants} ({other_page})",
            model=case.model.id,
            allows=allows,
            page=pages[0],
            wants=wants,
            other_page=pages[1],
        )
        severity, broken, source, clause = "warning", safe, second, disagreement
    yield Fault(
        severity=severity,
        message=say("{measured}; {clause}", measured=measure.says(_amount(shown(value, *ends), measure.unit)), clause=clause),
        help=help,
        measured=value,
        limit=broken.upper_text if upper else broken.lower_text,
        unit=measure.unit or None,
        service_code=limit.error,
        source=source,
    )


def _breaks(interval: Interval, value: float, *, upper: bool) -> bool:
    return interval.is_above(value) if upper else interval.is_below(value)


def _words(interval: Interval, unit: str, *, upper: bool) -> str:
    return _amount(interval.upper_words if upper else interval.lower_words, unit)


def _amount(number: str, unit: str) -> str:
    return say("{number} {unit}", number=number, unit=unit) if unit else number
