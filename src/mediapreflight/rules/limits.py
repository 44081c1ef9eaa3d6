"""Compare a measured value with a documented limit, and word the fault; shared by every rule that has a limit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..catalog.interval import Interval
from ..catalog.schema import Choices, Limit
from ..findings import Severity
from ..text import listed, shown
from .base import Fault, InputCase


class Measure(NamedTuple):
    """What was measured: `what` as the subject of a sentence, and the unit it is counted in."""

    what: str
    unit: str


def too_low(case: InputCase, limit: Limit | None, value: float | None, measure: Measure, help: str) -> Iterator[Fault]:
    """A fault where `value` lies below the limit's lower end; none where it does not, or either is unknown."""
    return _beyond(case, limit, value, measure, help, upper=False)


def too_high(case: InputCase, limit: Limit | None, value: float | None, measure: Measure, help: str) -> Iterator[Fault]:
    """A fault where `value` lies above the limit's upper end; none where it does not, or either is unknown."""
    return _beyond(case, limit, value, measure, help, upper=True)


def not_among(case: InputCase, choices: Choices | None, value: str | None, what: str, help: str) -> Iterator[Fault]:
    """A fault where `value` is none of the accepted names; none where it is, or either is unknown."""
    if choices is None or value is None or value in choices.safe_names:
        return
    refused = value not in choices.documented
    source = choices.source if refused else choices.safe_source or choices.source
    takes = f"{case.model.id} takes {listed(choices.documented)}"
    doubt = "" if refused else f", but one document ({case.model.source(source)}) names only {listed(choices.safe_names)}"
    yield Fault(
        severity="error" if refused else "warning",
        message=f"{what} is {value}; {takes}{doubt}",
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
    if is_refused:
        severity, broken, source, clause = "error", documented, first, f"{case.model.id} takes {allows}"
    else:
        wants = _words(safe, measure.unit, upper=upper)
        pages = case.model.source(first), case.model.source(second)
        disagreement = f"the documents of {case.model.id} disagree: {allows} ({pages[0]}), or {wants} ({pages[1]})"
        severity, broken, source, clause = "warning", safe, second, disagreement
    yield Fault(
        severity=severity,
        message=f"{measure.what} is {shown(value, *ends)} {measure.unit}".rstrip() + f"; {clause}",
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
    return f"{interval.upper_words if upper else interval.lower_words} {unit}".rstrip()
