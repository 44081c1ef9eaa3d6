"""The options of preparing files."""

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
        fit: how a picture or video reaches an aspect ratio: by a crop that keeps the faces, by padding, or (`auto`) by a crop if
            all faces stay whole, else by padding.
        trim: where a recording that is too long is cut: at a `pause` between words, or exactly at the limit (`end`).
        keep: the part of a recording or video to keep, by role: start and end in seconds.
        split: make several jobs from a recording that is too long, instead of trimming it.
        ratio: the ratio of the boxes, for models that take boxes: `1:1` or `3:4`; None: the job's own, else `1:1`.
        crop_to_boxes: crop the picture to `ext_bbox`, the box around the chosen face. If the job chooses a face and the picture
            shows others too, it is always cropped.
        upright: turn pictures whose face is sideways or upside down.
        background: the colour of transparent and padded areas, `#rrggbb`.
        loudness: bring recordings to this level, in LUFS; None does not change it.
        mono, denoise: mix recordings down to one channel; lower their noise floor.
        equal_lengths: bring video and voice to the same length, if the model would cut the longer one.
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
