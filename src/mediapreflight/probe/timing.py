"""Frame times to rates: pure arithmetic over time stamps."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Sequence
from typing import NamedTuple

# A container that counts in milliseconds writes 33, 33, 34 for 30 fps: one tick either way is rounding, not variation.
_ROUNDING_TICKS = 2
_JITTER_SHARE = 0.1


class FrameTiming(NamedTuple):
    """Times in seconds, rates in frames per second; None where too few frames are there to tell."""

    frames: int
    start: float
    duration: float
    fps: float | None
    fps_min: float | None
    fps_max: float | None
    variable: bool | None


def frame_timing(stamps: Sequence[int], last_duration: int, tick: float) -> FrameTiming | None:
    """Timing of frames shown at `stamps` (in ticks of `tick` seconds, any order); None without frames.

    `last_duration`: how long the last frame is shown, in ticks; 0 where unknown: then as long as the median frame.
    """
    ordered = sorted(stamps)
    if not ordered:
        return None
    gaps = [later - earlier for earlier, later in itertools.pairwise(ordered) if later > earlier]
    median = statistics.median(gaps) if gaps else 0
    span = ordered[-1] - ordered[0] + (last_duration or median)
    duration = span * tick
    return FrameTiming(
        frames=len(ordered),
        start=ordered[0] * tick,
        duration=duration,
        fps=len(ordered) / duration if duration > 0 else None,
        fps_min=1 / (max(gaps) * tick) if gaps else None,
        fps_max=1 / (min(gaps) * tick) if gaps else None,
        variable=max(gaps) - min(gaps) > max(_ROUNDING_TICKS, _JITTER_SHARE * median) if len(gaps) > 1 else None,
    )
