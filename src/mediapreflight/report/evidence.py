"""A finding's figures in words: the measured value, and the limit."""

from __future__ import annotations

import re

from ..findings import Finding
from ..text import shown

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_EXACTLY = "== "
_SHARE = "of the "


def measured_and_limit(finding: Finding) -> tuple[str, str] | None:
    """Both with their unit; None if a finding has no limit, or its measured value adds nothing."""
    measured, limit = finding.measured, finding.limit
    if limit is None or isinstance(measured, bool | None):
        return None
    if isinstance(measured, str):
        return measured or "nothing", limit
    limit = limit.removeprefix(_EXACTLY)
    unit = finding.unit or ""
    if not isinstance(measured, int | float):
        return f"{measured} {unit}".rstrip(), f"{limit} {unit}".rstrip()
    if unit.startswith(_SHARE):
        return f"{_percent(measured)} {unit}", f"{_NUMBER.sub(lambda found: _percent(float(found[0])), limit)} {unit}"
    bounds = tuple(map(float, _NUMBER.findall(limit)))
    return _with_unit(shown(measured, *bounds), unit), _with_unit(limit, unit)


def _percent(share: float) -> str:
    return f"{shown(100 * share)}%"


def _with_unit(number: str, unit: str) -> str:
    """`1 face`, `3 faces`, `>= 1 face`; units that are abbreviations stay as they are."""
    alone = number.rpartition(" ")[2] == "1" and len(unit) > len("fps")
    return f"{number} {unit.removesuffix('s') if alone else unit}".rstrip()
