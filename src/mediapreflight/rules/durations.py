"""When two lengths of the same thing are called different: one tolerance for stated against measured, and one wording."""

from __future__ import annotations

from .base import Fault
from .limits import shown

# Encoder padding, priming and the last frame's length make honest files differ by up to two frames.
_TOLERANCE_S = 0.1
_TOLERANCE_SHARE = 0.02


def differ(first: float, second: float) -> bool:
    """Whether two lengths in seconds differ by more than honest files do."""
    return abs(first - second) > _TOLERANCE_S + _TOLERANCE_SHARE * min(first, second)


def misstated(measured: float | None, stated: float | None, subject: str) -> Fault | None:
    """A fault where a header's length and the measured one differ; None where they agree, or either is unknown."""
    if not measured or stated is None or not differ(measured, stated):
        return None
    return Fault(
        severity="warning",
        message=f"its header says {shown(round(stated, 2))} s, its {subject} lasts {shown(round(measured, 2))} s",
        help="rewrite its header",
        measured=stated,
        limit=f"== {shown(round(measured, 2))}",
        unit="s",
    )
