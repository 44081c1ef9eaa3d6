"""Frame times to rates: pure arithmetic over time stamps."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Sequence
from typing import NamedTuple

# A container that counts in milliseconds writes 33, 33, 34 for 30 fps: one tick either way is rounding, not variation. But
# rounding errors do not add up: every frame of a constant rate stays close to its exact time.
_ROUNDING_TICKS = 2
_DRIFT_TICKS = 1.5
_JITTER_SHARE = 0.1


class SoundPacket(NamedTuple):
    """When a packet of sound is played, and how long it lasts, in ticks; `stamp` None if it has none."""

    stamp: int | None
    duration: int


def sound_ticks(packets: Sequence[SoundPacket], start: int) -> int:
    """How long packets of sound play, in order, in ticks. Everything before `start` is encoder priming and is never played.

    Durations rounded to whole ticks add up to too little or too much: 21 ms for 21.33. So if a packet follows the one
    before it except for rounding, the distance of the two counts. It also counts if no duration is given, as in FLV and for ALAC
    in Matroska; the last packet then lasts as long as the one before it.
    """
    ticks = before = 0
    stamps = [packet.stamp for packet in packets[1:]]
    for (stamp, duration), following in itertools.zip_longest(packets, stamps):
        heard = duration
        if stamp is not None:
            if following is not None and (abs(following - stamp - duration) <= 1 or duration == 0 < following - stamp):
                heard = following - stamp
            elif duration == 0:
                heard = before
            before = heard
            if stamp < start and heard > 0:
                heard -= min(start - stamp, heard)
        ticks += heard
    return ticks


class FrameTiming(NamedTuple):
    """Times in seconds, rates in frames per second; None if too few frames are there to tell."""

    frames: int
    start: float
    duration: float
    fps: float | None
    fps_min: float | None
    fps_max: float | None
    variable: bool | None


def frame_timing(stamps: Sequence[int], last_duration: int, tick: float) -> FrameTiming | None:
    """Timing of frames shown at `stamps` (in ticks of `tick` seconds, any order); None without frames.

    `last_duration`: how long the last frame is shown, in ticks; 0 where unknown. Where it is shorter than every other
    frame's, it comes from a wrong frame rate in the header. In both cases the median duration is used.
    """
    ordered = sorted(stamps)
    if not ordered:
        return None
    gaps = [later - earlier for earlier, later in itertools.pairwise(ordered) if later > earlier]
    median = statistics.median(gaps) if gaps else 0
    last = last_duration if last_duration >= min(gaps, default=1) else median
    duration = (ordered[-1] - ordered[0] + last) * tick
    return FrameTiming(
        frames=len(ordered),
        start=ordered[0] * tick,
        duration=duration,
        fps=len(ordered) / duration if duration > 0 else None,
        fps_min=1 / (max(gaps) * tick) if gaps else None,
        fps_max=1 / (min(gaps) * tick) if gaps else None,
        variable=_is_variable(ordered, gaps, median) if len(gaps) > 1 else None,
    )


def _is_variable(ordered: list[int], gaps: list[int], median: float) -> bool:
    spread = max(gaps) - min(gaps)
    if spread > max(_ROUNDING_TICKS, _JITTER_SHARE * median):
        return True
    if spread <= _JITTER_SHARE * median:
        return False
    step = (ordered[-1] - ordered[0]) / (len(ordered) - 1)
    return max(abs(stamp - ordered[0] - index * step) for index, stamp in enumerate(ordered)) > _DRIFT_TICKS
