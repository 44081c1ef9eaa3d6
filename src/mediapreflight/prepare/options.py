"""What the user may choose about preparing files."""

from __future__ import annotations

import math
import re
from typing import Literal

from msgspec import Struct

from ..errors import UsageError
from ..language import say

Fit = Literal["auto", "crop", "pad"]
Trim = Literal["pause", "end"]


class PrepareOptions(Struct, frozen=True, kw_only=True):
    """How files are made to fit.

    Attributes:
        fit: how a picture or video reaches an aspect ratio: by a crop that keeps the faces, by padding, or (`auto`) by a crop
            where the faces stay whole and padding elsewhere.
        trim: where a recording that is too long is cut: at a pause between words, or exactly at the limit.
        keep: the part of a recording or video that is kept, by role: its start and its end, in seconds.
        split: make several jobs of a recording that is too long, instead of trimming it.
        ratio: the ratio of the boxes, where a model takes boxes: `1:1` or `3:4`; None: the job's own, else `1:1`.
        crop_to_boxes: crop the picture to `ext_bbox`, the box around the chosen face. A picture that shows others besides a
            face that the job chooses is always cropped to it.
        upright: turn pictures whose face is found, or is upright, only after turning.
        background: what transparent and padded areas are filled with, `#rrggbb`.
        loudness: bring recordings to this level, in LUFS; None leaves them as loud as they are.
        mono, denoise: mix recordings down to one channel; lower their noise floor.
        equal_lengths: bring video and voice to one length, where a model would cut the longer.
        overwrite: replace files at an output's path that `prepare` did not write.
    """

    fit: Fit = "auto"
    trim: Trim = "pause"
    keep: dict[str, tuple[float, float]] = {}
    split: bool = False
    ratio: Literal["1:1", "3:4"] | None = None
    crop_to_boxes: bool = False
    upright: bool = False
    background: str = "#ffffff"
    loudness: float | None = None
    mono: bool = False
    denoise: bool = False
    equal_lengths: bool = False
    overwrite: bool = False

    def __post_init__(self) -> None:
        if not re.fullmatch(r"#[0-9a-fA-F]{6}", self.background):
            raise UsageError(say("{background!r} is not a colour; write it like #ffffff", background=self.background))
        for role, (start, end) in self.keep.items():
            if not 0 <= start < end < math.inf:
                said = say("{role} cannot be kept from {start:g} to {end:g} s", role=role, start=start, end=end)
                raise UsageError(said)
        if self.keep and self.split:
            raise UsageError(say("a recording is split, or a part of it is kept, not both"))
