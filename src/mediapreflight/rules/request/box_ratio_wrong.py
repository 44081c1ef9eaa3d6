"""A box has a ratio that the model does not take.

EMO takes 1:1 and 3:4, Emoji about 1:1. A difference of one pixel is accepted, as in a documented sample (546 x 545
for 1:1); up to 2 % is a warning, more is an error.

Why it matters: the service answers `InvalidParameter`, "Invalid ext_bbox.", or stretches the face.

Fix: leave out the boxes, and they are computed with the exact ratio. Boxes that a job gives are never replaced.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from ...language import say
from ...people.geometry import Box
from ...text import alternatives
from ..base import Fault, JobCase
from .boxes import sound_boxes

LEVEL = "metadata"
FIXABLE = False

_NEARLY = Fraction(2, 100)


def check(case: JobCase) -> Iterator[Fault]:
    """A fault for every box whose ratio is not one of the documented ones."""
    for given in sound_boxes(case).values():
        box, ratios = given.box, given.known.ratios
        if ratios is None or any(_within_a_pixel(box, ratio) for ratio in ratios):
            continue
        wanted = alternatives(ratios)
        sides = say("{name} is {width} x {height} px", name=given.name, width=box.width, height=box.height)
        nearly = any(abs(Fraction(box.width, box.height) / _fraction(ratio) - 1) <= _NEARLY for ratio in ratios)
        yield Fault(
            severity="warning" if nearly else "error",
            message=say("{box}, which is not exactly {wanted}", box=sides, wanted=wanted)
            if nearly
            else say("{box}, which is not {wanted}", box=sides, wanted=wanted),
            help=say("leave out the boxes, and they are computed; or correct this one"),
            measured=round(box.width / box.height, 4),
            limit=", ".join(ratios),
            service_code=given.known.error,
            source=given.known.source,
            role=given.name,
        )


def _fraction(ratio: str) -> Fraction:
    across, _, down = ratio.partition(":")
    return Fraction(int(across), int(down))


def _within_a_pixel(box: Box, ratio: str) -> bool:
    return abs(box.width - box.height * _fraction(ratio)) <= 1
