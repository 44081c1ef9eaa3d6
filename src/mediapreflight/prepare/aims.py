"""What the plans of pictures, recordings and videos share: the goals of a new file, which are the safe limits of a role minus
rounding, the reasons of steps, and a new name for a file that fits."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import PurePath
from typing import NamedTuple, NoReturn

from msgspec import Struct

from ..catalog.interval import Interval
from ..catalog.schema import Role
from ..errors import PrepareError
from ..findings import Finding
from ..language import say
from ..media.facts import AudioFacts, Facts, VideoFacts
from ..media.formats import FORMATS
from ..rules import names
from .options import PrepareOptions
from .steps import Rename, Size

# A frame of MP3 or AAC at 16 kHz lasts up to 72 ms, and a sound track lasts up to one frame longer than the video.
MARGIN_S = 0.1
# Index, headers and the encoders' deviation from the given rate.
_BYTES_SHARE = 0.95

(_MISNAMED,) = names("file-extension-misleading")

Reasons = Mapping[str, str]


def reasons_of(findings: Sequence[Finding]) -> dict[str, str]:
    """The reason of a step, `VID007 video-frame-rate-too-high`, from the name of the finding it fixes."""
    return {finding.name: f"{finding.code} {finding.name}" for finding in findings}


def first_of(reasons: Reasons, *names: str) -> str | None:
    """The reason for the first of these findings that exists; None if none does."""
    return next((reasons[name] for name in names if name in reasons), None)


def safe_lengths(role: Role) -> Interval:
    """The lengths, in seconds, that satisfy every current document."""
    return role.duration.safe_interval if role.duration else Interval()


class Lengths(NamedTuple):
    """The lengths, in seconds, that an output may have once containers have rounded them."""

    least: float
    most: float

    @classmethod
    def of(cls, role: Role) -> Lengths:
        """The safe lengths of a role, with a margin inside both ends; the middle if they are too close for that."""
        interval = safe_lengths(role)
        least, most = max(interval.lower, 0.0) + MARGIN_S, interval.upper - MARGIN_S
        if interval.lower <= 0:
            least = 0.0
        if least > most:
            least = most = (interval.lower + interval.upper) / 2
        return cls(least, most)

    def nearest(self, seconds: float) -> float:
        """The length nearest to this one."""
        return min(max(seconds, self.least), self.most)


class Case(Struct, frozen=True):
    """What the plan of a recording or video starts from. `length`: of the sound or the picture now, in seconds."""

    role: Role
    options: PrepareOptions
    reasons: Reasons
    length: float

    @property
    def interval(self) -> Interval:
        """The safe lengths, in seconds."""
        return safe_lengths(self.role)

    @property
    def lengths(self) -> Lengths:
        return Lengths.of(self.role)


def kept_part(path: str, length: float, role: Role, keep: tuple[float, float] | None) -> tuple[float, float] | None:
    """The part to keep of a recording or video of this length in seconds; None if that is all of it.

    Raises PrepareError for one that does not exist, is longer than the role accepts, or is so short that nothing can be heard.
    """
    if keep is None:
        return None
    start, end = keep[0], min(keep[1], length)
    if start >= end:
        raise PrepareError(
            path, say("lasts {length:g} s, and is to be kept from {start:g} s", length=round(length, 3), start=start)
        )
    interval, is_whole = safe_lengths(role), start == 0 and end == length
    if interval.is_above(end - start):
        refuse_part(path, end - start, interval.upper_text)
    if end - start < MARGIN_S and not is_whole:
        refuse_part(path, end - start, f">= {MARGIN_S:g}")
    return None if is_whole else (start, end)


def refuse_part(path: str, seconds: float, limit: str) -> NoReturn:
    """Raise PrepareError for a part of so many seconds; `limit` is written as a comparison, `>= 2`."""
    raise PrepareError(
        path, say("{seconds:g} s of it are to be kept; the limit is {limit} s", seconds=round(seconds, 3), limit=limit)
    )


def most_bytes(role: Role) -> int | None:
    """How many bytes an output may have by the strictest reading; None if no limit is documented."""
    if role.byte_intervals is None or math.isinf(role.byte_intervals[1].upper):
        return None
    safe = role.byte_intervals[1]
    return whole_below(safe.upper, is_open=safe.upper_open)


def budget(role: Role, seconds: float) -> int | None:
    """The bits per second for video and sound together so that `seconds` of them fit; None without a limit."""
    limit = most_bytes(role)
    return None if limit is None else int(limit * _BYTES_SHARE * 8 / max(seconds, MARGIN_S))


def measured_length(facts: AudioFacts | VideoFacts) -> float | None:
    """How long the video or recording lasts: as measured, else as stated; None if neither is known."""
    return facts.duration_s or (None if facts.duration_s == 0 else facts.stated_duration_s) or None


def renamed(facts: Facts, reasons: Reasons) -> tuple[tuple[Rename, ...], str]:
    """The step for a file whose extension is of another format, if any; and the extension, without its dot."""
    if _MISNAMED not in reasons or facts.format is None:
        return (), PurePath(facts.path).suffix.removeprefix(".")
    usual = extension(facts.format)
    return (Rename(reason=reasons[_MISNAMED], extension=usual, format=facts.format),), usual


def whole_above(number: Fraction | float, *, is_open: bool) -> int:
    """The smallest whole number that is not below the end; above it if the end is open."""
    return math.floor(number) + 1 if is_open else math.ceil(number)


def whole_below(number: Fraction | float, *, is_open: bool) -> int:
    """The largest whole number that is not above the end; below it if the end is open."""
    return math.ceil(number) - 1 if is_open else math.floor(number)


def like(size: Size, long: int, short: int) -> Size:
    """The two sides in the order of another size: the longer one in the same place."""
    return (long, short) if size[0] >= size[1] else (short, long)


def extension(format: str) -> str:
    """The usual extension of a format's files."""
    return FORMATS[format].extensions[0]
