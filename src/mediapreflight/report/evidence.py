"""A finding's figures in words: the measured value, and the limit."""

from __future__ import annotations

import re

from ..findings import Finding
from ..language import tr, tr_many, translated
from ..text import quoted, shown

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_EXACTLY = "== "
_SHARE = "of the "


def measured_and_limit(finding: Finding) -> tuple[str, str] | None:
    """Both with their unit; None if a finding has no limit, or no measured value to show."""
    measured, limit = finding.measured, finding.limit
    if limit is None or isinstance(measured, bool | None):
        return None
    if isinstance(measured, str):
        return translated(measured) or tr("nothing"), translated(limit)
    limit = limit.removeprefix(_EXACTLY)
    unit = finding.unit or ""
    if not isinstance(measured, int | float):
        return f"{quoted(measured)} {unit}".rstrip(), f"{translated(limit)} {unit}".rstrip()
    if unit.startswith(_SHARE):
        most = _NUMBER.sub(lambda found: _percent(float(found[0])), limit)
        return tr("{share} {of}", share=_percent(measured), of=unit), tr("{share} {of}", share=most, of=unit)
    bounds = tuple(map(float, _NUMBER.findall(limit)))
    return _with_unit(shown(measured, *bounds), unit), _with_unit(limit, unit)


def _percent(share: float) -> str:
    return f"{shown(100 * share)}%"


def _with_unit(number: str, unit: str) -> str:
    """`1 face`, `3 faces`, `>= 1 face`; units that are abbreviations stay as they are."""
    count = 1 if number.rpartition(" ")[2] == "1" else 2
    match unit:
        case "":
            return number
        case "faces":
            return tr_many("{number} face", "{number} faces", count, number=number)
        case "people":
            return tr_many("{number} person", "{number} people", count, number=number)
        case "pictures":
            return tr_many("{number} picture", "{number} pictures", count, number=number)
        case "degrees":
            return tr_many("{number} degree", "{number} degrees", count, number=number)
        case "characters":
            return tr_many("{number} character", "{number} characters", count, number=number)
        case "bytes":
            return tr_many("{number} byte", "{number} bytes", count, number=number)
    return f"{number} {unit}"
