"""Boxes: the face box and the crop box that a service takes, and where a box is after a picture is turned, cropped or resized.

Boxes are in pixels of the displayed picture, the origin at its top left corner, right and bottom edge exclusive.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import floor
from typing import Literal, NamedTuple, TypeGuard

from ..language import say

Ratio = Literal["1:1", "3:4"]
_CORNERS = 4
# No format has more pixels per side; larger values would overflow arithmetic with fractions.
_FARTHEST = 2**32
# The width and height of the smallest box of each ratio.
_UNITS: dict[Ratio, tuple[int, int]] = {"1:1": (1, 1), "3:4": (3, 4)}
_MIDDLE = Fraction(1, 2)


class Box(NamedTuple):
    """A rectangle in whole pixels: left and top edge inclusive, right and bottom edge exclusive."""

    x1: int
    y1: int
    x2: int
    y2: int

    @property
    def width(self) -> int:
        return self.x2 - self.x1

    @property
    def height(self) -> int:
        return self.y2 - self.y1

    @property
    def area(self) -> int:
        return self.width * self.height

    def holds(self, other: Box) -> bool:
        """Whether all pixels of `other` are inside."""
        return self.x1 <= other.x1 and self.y1 <= other.y1 and other.x2 <= self.x2 and other.y2 <= self.y2

    def holds_middle(self, other: Box) -> bool:
        """Whether the middle of `other` is inside."""
        return self.x1 <= (other.x1 + other.x2) / 2 < self.x2 and self.y1 <= (other.y1 + other.y2) / 2 < self.y2

    def shared(self, other: Box) -> int:
        """The number of pixels in both boxes."""
        width = min(self.x2, other.x2) - max(self.x1, other.x1)
        height = min(self.y2, other.y2) - max(self.y1, other.y1)
        return max(width, 0) * max(height, 0)

    def shared_of_union(self, other: Box) -> float:
        """The same, as a share of the pixels in either box."""
        shared = self.shared(other)
        return shared / (self.area + other.area - shared)


def is_box(value: object) -> TypeGuard[Sequence[int]]:
    """Whether a value is four whole numbers with a positive area."""
    if not isinstance(value, list | tuple) or len(value) != _CORNERS:
        return False
    if not all(isinstance(corner, int) and not isinstance(corner, bool) and abs(corner) <= _FARTHEST for corner in value):
        return False
    x1, y1, x2, y2 = value
    return bool(x2 > x1 and y2 > y1)


class Framing(NamedTuple):
    """The size of an ext_bbox and the position of the face in it, before it is fitted into a picture.

    `scale`: its width over the face's side (the mean of width and height). `left` and `top`: the margins beside and above
    the face, over the face's width and height. The other two margins follow from the ratio.
    """

    scale: Fraction
    left: Fraction
    top: Fraction

    def shares(self, ratio: Ratio) -> tuple[Fraction, Fraction]:
        """The share of the horizontal margins that is to the left of the face, and of the vertical margins that is above it."""
        across, down = _UNITS[ratio]
        beside, above_and_below = self.scale - 1, self.scale * down / across - 1
        return (
            self.left / beside if beside > 0 else _MIDDLE,
            self.top / above_and_below if above_and_below > 0 else _MIDDLE,
        )


# From the only unclipped sample pair on the EMO pages (2026): face [302, 286, 610, 593], ext [71, 9, 840, 778].
EMO_PORTRAIT = Framing(scale=Fraction(5, 2), left=Fraction(3, 4), top=Fraction(9, 10))
# From the two known unclipped pairs of emoji-v1; it reproduces both to within a pixel.
EMOJI_PORTRAIT = Framing(scale=Fraction(11, 5), left=Fraction(3, 5), top=Fraction(33, 50))
# No sample pair of 3:4 is published; "half body" means everything above the hips. This has the headroom of the 1:1 sample and 3.7
# face heights below the chin: the hip joints of 18 standing people were 3.6 below it (median). The width follows from the ratio,
# and is twice the shoulder width.
EMO_HALF_BODY = Framing(scale=Fraction(21, 5), left=Fraction(8, 5), top=Fraction(9, 10))
FRAMINGS: dict[Ratio, Framing] = {"1:1": EMO_PORTRAIT, "3:4": EMO_HALF_BODY}


class ExtBox(NamedTuple):
    """The crop around a face. `fit`: `full`, `shifted` into the picture, or `shrunk` to the picture's sides."""

    box: Box
    fit: Literal["full", "shifted", "shrunk"]


class NoExtBox(NamedTuple):
    """Why no box of the ratio, inside the picture, can hold the face."""

    reason: str


def nearest_ratio(box: Box) -> Ratio:
    """The ratio that a box is nearest to, by width over height."""
    return "3:4" if 8 * box.width < 7 * box.height else "1:1"


def ext_bbox(face: Box, width: int, height: int, ratio: Ratio = "1:1", framing: Framing | None = None) -> ExtBox | NoExtBox:
    """The crop around a face: of exactly this ratio, inside the picture, holding the whole face.

    Args:
        face: inside the picture, at least one pixel.
        width, height: of the displayed picture, in pixels.
        ratio: `1:1` (width equals height) or `3:4` (four widths equal three heights).
        framing: size and position around the face; None: the one of `FRAMINGS` for this ratio.

    A box that extends beyond the picture is shifted, and shrunk only if it is larger than the picture. A shrunk box is the
    largest that fits, and its margins are divided as in a full one: with EMO's framing, half of the horizontal margin is on the
    left, and 0.6 of the vertical margin is above. This reproduces the only known clipped pair exactly.

    Raises: ValueError if the face is empty or not inside the picture.
    """
    if face.width <= 0 or face.height <= 0 or not Box(0, 0, width, height).holds(face):
        raise ValueError(
            say(
                "the face {face} is not a box inside a picture of {width}x{height} px",
                face=list(face),
                width=width,
                height=height,
            )
        )
    framing = framing or FRAMINGS[ratio]
    across, down = _UNITS[ratio]
    needed = max(-(-face.width // across), -(-face.height // down))
    room = min(width // across, height // down)
    if needed > room:
        return NoExtBox(
            say(
                "the face takes {width}x{height} px; the largest {ratio} box in a picture of {width2}x{height2} "
                "px has {room}x{room2}",
                width=face.width,
                height=face.height,
                ratio=ratio,
                width2=width,
                height2=height,
                room=room * across,
                room2=room * down,
            )
        )
    wanted = max(_nearest(framing.scale * (face.width + face.height) / 2 / across), needed)
    units = min(wanted, room)
    size = units * across, units * down
    beside, above = framing.left * face.width, framing.top * face.height
    if units < wanted:
        to_the_left, to_the_top = framing.shares(ratio)
        beside, above = to_the_left * (size[0] - face.width), to_the_top * (size[1] - face.height)
    left, top = floor(face.x1 - beside), floor(face.y1 - above)
    x1 = _clamped(left, face.x1, face.x2, size[0], width)
    y1 = _clamped(top, face.y1, face.y2, size[1], height)
    fit: Literal["full", "shifted", "shrunk"] = "shrunk" if units < wanted else "full" if (x1, y1) == (left, top) else "shifted"
    return ExtBox(Box(x1, y1, x1 + size[0], y1 + size[1]), fit)


def _clamped(start: int, low: int, high: int, size: int, limit: int) -> int:
    """The start nearest to the wanted one for a range of `size` that is within 0..limit and contains low..high."""
    return max(0, high - size, min(start, low, limit - size))


class Mapping(NamedTuple):
    """Maps points of a picture to another picture made from it: `x' = scale_x * u + offset_x`, where u is x, or y if `swapped`.

    Exact in both directions; only boxes are rounded to whole pixels.
    """

    swapped: bool
    scale_x: Fraction
    offset_x: Fraction
    scale_y: Fraction
    offset_y: Fraction

    def point(self, x: Fraction | float, y: Fraction | float) -> tuple[Fraction, Fraction]:
        """The position in the second picture of a point of the first."""
        x, y = Fraction(x), Fraction(y)
        u, v = (y, x) if self.swapped else (x, y)
        return self.scale_x * u + self.offset_x, self.scale_y * v + self.offset_y

    def box(self, box: Box) -> Box:
        """The position in the second picture of a box of the first; edges are rounded to the nearest pixel, halves up."""
        first, second = self.point(box.x1, box.y1), self.point(box.x2, box.y2)
        (x1, x2), (y1, y2) = sorted((first[0], second[0])), sorted((first[1], second[1]))
        return Box(_nearest(x1), _nearest(y1), _nearest(x2), _nearest(y2))

    def then(self, following: Mapping) -> Mapping:
        """This mapping followed by another one."""
        across = (self.scale_x, self.offset_x)
        down = (self.scale_y, self.offset_y)
        u, v = (down, across) if following.swapped else (across, down)
        return Mapping(
            self.swapped != following.swapped,
            following.scale_x * u[0],
            following.scale_x * u[1] + following.offset_x,
            following.scale_y * v[0],
            following.scale_y * v[1] + following.offset_y,
        )


def orient(orientation: int, width: int, height: int) -> Mapping:
    """From a stored picture of `width` x `height` px to the displayed one, for an EXIF orientation (1 to 8).

    Raises: ValueError for any other orientation.
    """
    if orientation not in range(1, 9):
        raise ValueError(say("EXIF orientation is 1 to 8, not {orientation}", orientation=orientation))
    swapped = orientation >= 5
    to_the_right, downward = _DIRECTIONS[orientation]
    across, down = (height, width) if swapped else (width, height)
    return Mapping(
        swapped,
        Fraction(1 if to_the_right else -1),
        Fraction(0 if to_the_right else across),
        Fraction(1 if downward else -1),
        Fraction(0 if downward else down),
    )


# Whether the displayed x and y increase with the stored coordinate they come from (EXIF 2.32, tag 0x0112).
_DIRECTIONS = {
    1: (True, True),
    2: (False, True),
    3: (False, False),
    4: (True, False),
    5: (True, True),
    6: (False, True),
    7: (False, False),
    8: (True, False),
}


def crop_to(box: Box) -> Mapping:
    """From a picture to its crop to `box`. A box that extends beyond the picture describes padding."""
    return Mapping(False, Fraction(1), Fraction(-box.x1), Fraction(1), Fraction(-box.y1))


def resize(old: tuple[int, int], new: tuple[int, int]) -> Mapping:
    """From a picture of size `old` (width, height) to the same picture at `new`; both in pixels and positive."""
    return Mapping(False, Fraction(new[0], old[0]), Fraction(0), Fraction(new[1], old[1]), Fraction(0))


def _nearest(value: Fraction) -> int:
    return floor(value + Fraction(1, 2))
