"""Compute which part of a picture is kept, what is added around it, and its new size. Integer arithmetic only; no pixels are
read.

A frame is a box in pixels of the displayed picture; if it extends beyond the picture, the picture is padded.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, floor, inf
from typing import NamedTuple

from ...catalog.schema import Role
from ...language import say
from ...people.geometry import Box, Mapping, NoExtBox, Ratio, crop_to, ext_bbox, resize
from ..aims import like, whole_above, whole_below
from ..options import Fit
from ..steps import Size

# The longest side of a JPEG; no model takes as much.
LARGEST_SIDE = 65_535
# The position of the faces' centre in a crop: half of the width, and a third of the height, which leaves room for the body.
_ACROSS, _DOWN = Fraction(1, 2), Fraction(1, 3)
# Half of the tolerance of `picture-ratio-differs`.
_TARGET_WITHIN = Fraction(1, 100)
# In an extended picture, the same face is detected up to 7% larger (71 pictures of 18 people).
_FOUND_LARGER = Fraction(27, 25)


class NoFrameError(Exception):
    """No frame satisfies the request; the text says why."""


class Bounds(NamedTuple):
    """The limits for a picture's size: both sides `least` to `most` px, the long side at most `ratio` times the short one.

    `ratio_open`: `ratio` itself is not allowed. `target`: the required width over height, to within a hundredth, because whole
    pixels rarely give it exactly.
    """

    least: int = 1
    most: int = LARGEST_SIDE
    ratio: Fraction | None = None
    ratio_open: bool = False
    target: Fraction | None = None

    @classmethod
    def of(cls, role: Role, target: Fraction | None = None) -> Bounds:
        """The safe limits of a role."""
        least, most, ratio, ratio_open = 1, LARGEST_SIDE, None, False
        if role.side is not None:
            sides = role.side.safe_interval
            least = max(1, whole_above(sides.lower, is_open=sides.lower_open)) if sides.lower > -inf else least
            most = whole_below(sides.upper, is_open=sides.upper_open) if sides.upper < inf else most
        if role.aspect_ratio is not None and role.aspect_ratio.safe_interval.upper < inf:
            ratios = role.aspect_ratio.safe_interval
            # Converted from its text: 1.8 means 9/5, not the nearest binary fraction.
            ratio, ratio_open = Fraction(repr(ratios.upper)), ratios.upper_open
        return cls(least, most, ratio, ratio_open, target)

    def takes_shape(self, size: Size) -> bool:
        """Whether a picture of this size can be scaled to be within the bounds."""
        if self.target is not None:
            return abs(Fraction(*size) / self.target - 1) <= _TARGET_WITHIN
        return max(size) <= self._longest(min(size))

    def holds(self, size: Size) -> bool:
        """Whether a picture of this size is within the bounds."""
        long, short = max(size), min(size)
        return self.takes_shape(size) and self.least <= short and long <= min(self.most, self._longest(short))

    def cropped(self, size: Size) -> Size:
        """The largest size within this one for which `takes_shape` is true; a side of 0 if there is none."""
        if self.target is not None:
            return min(_at(self.target, width=size[0]), _at(self.target, height=size[1]))
        short = min(size)
        return like(size, min(max(size), self._longest(short)), short)

    def padded(self, size: Size) -> Size:
        """The smallest size around this one for which `takes_shape` is true."""
        if self.target is not None:
            return max(_at(self.target, width=size[0], up=True), _at(self.target, height=size[1], up=True))
        long = max(size)
        return like(size, long, max(min(size), self._shortest(long)))

    def scaled(self, size: Size) -> Size:
        """The nearest size within the bounds of the same ratio, apart from rounding. `takes_shape` must be true for this size.

        Raises NoFrameError if the target ratio has no size within the bounds.
        """
        long, short = max(size), min(size)
        if long > self.most:
            scaled = like(size, self.most, max(round(Fraction(short * self.most, long)), self._shortest(self.most)))
        elif short < self.least:
            scaled = like(size, min(round(Fraction(long * self.least, short)), self._longest(self.least)), self.least)
        else:
            scaled = size
        if self.target is None or self.holds(scaled):
            return scaled
        return self._scaled_in_multiples(scaled)

    def _scaled_in_multiples(self, size: Size) -> Size:
        """A size that rounding has moved too far from the target ratio, as a whole multiple of that ratio."""
        assert self.target is not None
        across, down = self.target.as_integer_ratio()
        units = min(max(size[0] // across, -(-self.least // min(across, down))), self.most // max(across, down))
        scaled = units * across, units * down
        if not units or not self.holds(scaled):
            raise NoFrameError(say("no size of ratio {across}:{down} is within the limits", across=across, down=down))
        return scaled

    def _steepest(self) -> tuple[Fraction, bool]:
        """The most extreme ratio that has a size within the bounds, and whether that ratio itself is excluded."""
        by_sides = Fraction(self.most, self.least)
        return (by_sides, False) if self.ratio is None or by_sides < self.ratio else (self.ratio, self.ratio_open)

    def _longest(self, short: int) -> int:
        ratio, is_open = self._steepest()
        return whole_below(short * ratio, is_open=is_open)

    def _shortest(self, long: int) -> int:
        ratio, is_open = self._steepest()
        return whole_above(long / ratio, is_open=is_open)


class Room(NamedTuple):
    """The required room around a face: a box of `ratio` (see `geometry.ext_bbox`) can contain it, and its width is at most
    `share` of the picture's shorter side.
    """

    face: Box
    ratio: Ratio = "1:1"
    share: Fraction = Fraction(4, 5)


class Layout(NamedTuple):
    """How a picture is changed: the part that is `kept`, the size it is `scaled` to, and its position in the new picture."""

    kept: Box
    scaled: Size
    left: int
    top: int
    size: Size

    @classmethod
    def unchanged(cls, size: Size) -> Layout:
        """The layout that keeps a picture of this size unchanged."""
        return cls(Box(0, 0, *size), size, 0, 0, size)

    @property
    def right(self) -> int:
        return self.size[0] - self.left - self.scaled[0]

    @property
    def bottom(self) -> int:
        return self.size[1] - self.top - self.scaled[1]

    @property
    def mapping(self) -> Mapping:
        """The mapping from the picture to the new one."""
        scaled = crop_to(self.kept).then(resize((self.kept.width, self.kept.height), self.scaled))
        return scaled.then(crop_to(Box(-self.left, -self.top, 0, 0)))


def lay_out(
    picture: Size, bounds: Bounds, fit: Fit, *, keep: Sequence[Box] = (), crop: Box | None = None, room: Room | None = None
) -> Layout:
    """The layout that brings a picture within the bounds with the least change.

    Args:
        picture: its displayed size.
        fit: how a ratio is reached. `auto` crops if that keeps all of `keep` whole; else, or if `keep` is empty, it pads.
        keep: boxes, most important first: faces, or whole persons.
        crop: start from this part; if it extends beyond the picture, the rest is padded.
        room: extend the picture until there is this room; ignored if `crop` is given.

    Raises NoFrameError.
    """
    whole = Box(0, 0, *picture)
    if crop is None and room is not None:
        return _with_room(picture, bounds, room)
    frame = crop or whole
    if min(frame.width, frame.height) <= 0 or not frame.shared(whole):
        corners, (width, height) = list(frame), picture
        raise NoFrameError(
            say(
                "the crop {frame} is outside the picture of {picture} x {picture2} px",
                frame=corners,
                picture=width,
                picture2=height,
            )
        )
    return _laid(picture, _shaped(frame, bounds, fit, keep), bounds)


def _with_room(picture: Size, bounds: Bounds, room: Room) -> Layout:
    """The picture extended by the fewest pixels that give the room, padded to an accepted ratio, and scaled."""
    across, down = map(int, room.ratio.split(":"))
    units = max(room.face.width * _FOUND_LARGER / across, room.face.height * _FOUND_LARGER / down)
    side = room.face.width * _FOUND_LARGER / room.share
    frame = _grown(Box(0, 0, *picture), (ceil(max(side, units * across)), ceil(max(side, units * down))), room.face)
    layout = _laid(picture, _shaped(frame, bounds, "pad", ()), bounds)
    face = layout.mapping.box(room.face)
    if not face.area or isinstance(ext_bbox(face, *layout.size, room.ratio), NoExtBox):
        width, height = room.face.width, room.face.height
        raise NoFrameError(
            say("a face of {width} x {height} px is too small to extend the picture around it", width=width, height=height)
        )
    return layout


def _grown(frame: Box, size: Size, face: Box) -> Box:
    """The frame extended so that no side is shorter than `size`, on the side that brings the face nearer to the middle."""

    def grown(start: int, end: int, wanted: int, low: int, high: int) -> tuple[int, int]:
        missing = max(0, wanted - (end - start))
        before = min(max(((wanted - (high - low)) // 2) - (low - start), 0), missing)
        return start - before, end + missing - before

    x1, x2 = grown(frame.x1, frame.x2, size[0], face.x1, face.x2)
    y1, y2 = grown(frame.y1, frame.y2, size[1], face.y1, face.y2)
    return Box(x1, y1, x2, y2)


def _shaped(frame: Box, bounds: Bounds, fit: Fit, keep: Sequence[Box]) -> Box:
    """The frame cropped or padded to a ratio within the bounds."""
    size = frame.width, frame.height
    if bounds.takes_shape(size):
        return frame
    shown = [_common(box, frame) for box in keep if box.shared(frame)]
    if fit != "pad":
        cropped = bounds.cropped(size)
        for kept in _kept_by_preference(shown, fit):
            if (box := _within(frame, cropped, kept)) is not None:
                return box
        if fit == "crop":
            width, height = cropped
            raise NoFrameError(
                say("no crop to {cropped} x {cropped2} px keeps the face whole; pad it instead", cropped=width, cropped2=height)
            )
    return _centred(frame, bounds.padded(size))


def _kept_by_preference(shown: Sequence[Box], fit: Fit) -> Sequence[Box | None]:
    """What a crop should keep, best first: all boxes; and if a crop was requested, only the first box, or the middle."""
    if fit == "auto":
        return [_around(shown)] if shown else []
    return [_around(shown), shown[0]] if shown else [None]


def _within(frame: Box, size: Size, kept: Box | None) -> Box | None:
    """A box of this size in the frame that contains `kept`, well placed; None if there is none."""
    if not min(size):
        return None
    if kept is None:
        return _centred(frame, size)
    if size[0] < kept.width or size[1] < kept.height:
        return None
    x1 = _start(frame.x1, frame.x2, size[0], kept.x1, kept.x2, _ACROSS)
    y1 = _start(frame.y1, frame.y2, size[1], kept.y1, kept.y2, _DOWN)
    return Box(x1, y1, x1 + size[0], y1 + size[1])


def _start(first: int, last: int, length: int, low: int, high: int, place: Fraction) -> int:
    """The start of a range within first..last that contains low..high, with the middle of low..high as near as possible to
    `place` of the range."""
    wanted = round(Fraction(low + high, 2) - place * length)
    return max(first, high - length, min(wanted, low, last - length))


def _laid(picture: Size, frame: Box, bounds: Bounds) -> Layout:
    """The frame scaled to the nearest size within the bounds."""
    size = bounds.scaled((frame.width, frame.height))
    kept = _common(frame, Box(0, 0, *picture))
    left, width = _placed(frame.x1, frame.x2, kept.x1, kept.x2, size[0])
    top, height = _placed(frame.y1, frame.y2, kept.y1, kept.y2, size[1])
    return Layout(kept, (width, height), left, top, size)


def _placed(first: int, last: int, low: int, high: int, length: int) -> tuple[int, int]:
    """The start and the length of low..high after first..last is scaled to `length`; at least one pixel."""
    scale = Fraction(length, last - first)
    scaled = max(1, round((high - low) * scale))
    # A range that touches an end still touches it after rounding.
    return (length - scaled if high == last else min(round((low - first) * scale), length - scaled)), scaled


def shrunk(size: Size, factor: Fraction) -> Size:
    """The size times a factor below 1, with a ratio that is not more extreme."""
    long, short = max(size), min(size)
    new_long = max(1, floor(long * factor))
    return like(size, new_long, ceil(Fraction(new_long * short, long)))


def _at(ratio: Fraction, *, width: int = 0, height: int = 0, up: bool = False) -> Size:
    """The size with this width, or this height, whose ratio is nearest.

    If whole pixels are too coarse for that, the nearest whole multiple of the ratio that is not larger; with `up`, not smaller.
    """
    nearest = (width, round(width / ratio)) if width else (round(height * ratio), height)
    if min(nearest) and abs(Fraction(*nearest) / ratio - 1) <= _TARGET_WITHIN:
        return nearest
    across, down = ratio.as_integer_ratio()
    units = Fraction(width, across) if width else Fraction(height, down)
    whole = ceil(units) if up else floor(units)
    return whole * across, whole * down


def _centred(frame: Box, size: Size) -> Box:
    """A box of this size around the middle of the frame."""
    x1, y1 = frame.x1 + (frame.width - size[0]) // 2, frame.y1 + (frame.height - size[1]) // 2
    return Box(x1, y1, x1 + size[0], y1 + size[1])


def _around(boxes: Sequence[Box]) -> Box:
    x1, y1, x2, y2 = zip(*boxes, strict=True)
    return Box(min(x1), min(y1), max(x2), max(y2))


def _common(box: Box, other: Box) -> Box:
    return Box(max(box.x1, other.x1), max(box.y1, other.y1), min(box.x2, other.x2), min(box.y2, other.y2))
