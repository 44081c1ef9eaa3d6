"""Which part of a picture is kept, what is added around it, and the size it gets: whole-number arithmetic, no pixel.

A frame is a box in pixels of the displayed picture; where it reaches beyond the picture, the picture is padded.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, floor, inf
from typing import NamedTuple

from ...catalog.schema import Role
from ...language import say
from ...people.geometry import Box, Mapping, NoExtBox, Ratio, crop_to, ext_bbox, resize
from ..options import Fit

Size = tuple[int, int]

# JPEG holds no more, and no model takes as much.
LARGEST_SIDE = 65_535
# Where a crop puts the middle of the faces: in its middle across, at a third of its height, which leaves room for the body.
_ACROSS, _DOWN = Fraction(1, 2), Fraction(1, 3)
# Half of what `picture-ratio-differs` lets pass.
_TARGET_WITHIN = Fraction(1, 100)
# In an extended picture the same face is found up to 7% larger (measured on 71 pictures of 18 people).
_FOUND_LARGER = Fraction(27, 25)


class NoFrameError(Exception):
    """No frame meets what is asked for; the text says why."""


class Bounds(NamedTuple):
    """What a picture's size must meet: both sides `least` to `most` px, the long side at most `ratio` times the short one.

    `ratio_open`: `ratio` itself is too much. `target`: width over height must be this, within a hundredth: whole pixels rarely
    give it exactly.
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
            least = max(1, _above(sides.lower, is_open=sides.lower_open)) if sides.lower > -inf else least
            most = _below(sides.upper, is_open=sides.upper_open) if sides.upper < inf else most
        if role.aspect_ratio is not None and role.aspect_ratio.safe_interval.upper < inf:
            ratios = role.aspect_ratio.safe_interval
            # By way of its text: 1.8 is meant as 9/5, not as the binary fraction next to it.
            ratio, ratio_open = Fraction(repr(ratios.upper)), ratios.upper_open
        return cls(least, most, ratio, ratio_open, target)

    def takes_shape(self, size: Size) -> bool:
        """Whether some scale brings a picture of this size within the bounds."""
        if self.target is not None:
            return abs(Fraction(*size) / self.target - 1) <= _TARGET_WITHIN
        return max(size) <= self._longest(min(size))

    def holds(self, size: Size) -> bool:
        """Whether a picture of this size is within the bounds."""
        long, short = max(size), min(size)
        return self.takes_shape(size) and self.least <= short and long <= min(self.most, self._longest(short))

    def cropped(self, size: Size) -> Size:
        """The largest size no larger than this one in either side that takes shape; a side of 0 where there is none."""
        if self.target is not None:
            return min(_at(self.target, width=size[0]), _at(self.target, height=size[1]))
        short = min(size)
        return _like(size, min(max(size), self._longest(short)), short)

    def padded(self, size: Size) -> Size:
        """The smallest size no smaller than this one in either side that takes shape."""
        if self.target is not None:
            return max(_at(self.target, width=size[0], up=True), _at(self.target, height=size[1], up=True))
        long = max(size)
        return _like(size, long, max(min(size), self._shortest(long)))

    def scaled(self, size: Size) -> Size:
        """The size nearest to this one, which takes shape, that is within the bounds and of the same ratio, within rounding.

        Raises NoFrameError where the target ratio has no size within the bounds.
        """
        long, short = max(size), min(size)
        if long > self.most:
            scaled = _like(size, self.most, max(round(Fraction(short * self.most, long)), self._shortest(self.most)))
        elif short < self.least:
            scaled = _like(size, min(round(Fraction(long * self.least, short)), self._longest(self.least)), self.least)
        else:
            scaled = size
        if self.target is None or self.holds(scaled):
            return scaled
        return self._scaled_in_multiples(scaled)

    def _scaled_in_multiples(self, size: Size) -> Size:
        """What rounding has taken too far from the target, in whole multiples of it."""
        assert self.target is not None
        across, down = self.target.as_integer_ratio()
        units = min(max(size[0] // across, -(-self.least // min(across, down))), self.most // max(across, down))
        scaled = units * across, units * down
        if not units or not self.holds(scaled):
            raise NoFrameError(say("no size of ratio {across}:{down} is within the limits", across=across, down=down))
        return scaled

    def _steepest(self) -> tuple[Fraction, bool]:
        """The most extreme ratio that has a size within the bounds, and whether it is the first one too much."""
        by_sides = Fraction(self.most, self.least)
        return (by_sides, False) if self.ratio is None or by_sides < self.ratio else (self.ratio, self.ratio_open)

    def _longest(self, short: int) -> int:
        ratio, is_open = self._steepest()
        return _below(short * ratio, is_open=is_open)

    def _shortest(self, long: int) -> int:
        ratio, is_open = self._steepest()
        return _above(long / ratio, is_open=is_open)


class Room(NamedTuple):
    """Room around a face: a box of `ratio` (see `geometry.ext_bbox`) can hold it, and it is at most `share` as wide as the
    picture's shorter side.
    """

    face: Box
    ratio: Ratio = "1:1"
    share: Fraction = Fraction(4, 5)


class Layout(NamedTuple):
    """How a picture becomes another: what is `kept` of it, the size that is `scaled` to, where that lies in the new picture."""

    kept: Box
    scaled: Size
    left: int
    top: int
    size: Size

    @classmethod
    def unchanged(cls, size: Size) -> Layout:
        """All of a picture of this size, as it is."""
        return cls(Box(0, 0, *size), size, 0, 0, size)

    @property
    def right(self) -> int:
        return self.size[0] - self.left - self.scaled[0]

    @property
    def bottom(self) -> int:
        return self.size[1] - self.top - self.scaled[1]

    @property
    def mapping(self) -> Mapping:
        """From the picture to the new one."""
        scaled = crop_to(self.kept).then(resize((self.kept.width, self.kept.height), self.scaled))
        return scaled.then(crop_to(Box(-self.left, -self.top, 0, 0)))


def lay_out(
    picture: Size, bounds: Bounds, fit: Fit, *, keep: Sequence[Box] = (), crop: Box | None = None, room: Room | None = None
) -> Layout:
    """Bring a picture within the bounds, changing no more than they ask for.

    Args:
        picture: its displayed size.
        fit: how a ratio is reached. `auto` crops where that keeps all of `keep` whole, and pads where it does not or where
            nothing is known to keep.
        keep: boxes, most important first: faces, or whole persons.
        crop: start from this part; where it reaches beyond the picture, that is padded.
        room: extend the picture so far; not looked at where `crop` is given.

    Raises NoFrameError.
    """
    whole = Box(0, 0, *picture)
    if crop is None and room is not None:
        return _with_room(picture, bounds, room)
    frame = crop or whole
    if min(frame.width, frame.height) <= 0 or not frame.shared(whole):
        raise NoFrameError(
            say(
                "the crop {frame} is outside the picture of {picture} x {picture2} px",
                frame=list(frame),
                picture=picture[0],
                picture2=picture[1],
            )
        )
    return _laid(picture, _shaped(frame, bounds, fit, keep), bounds)


def _with_room(picture: Size, bounds: Bounds, room: Room) -> Layout:
    """Extended by the fewest pixels that leave the room, padded to shape and scaled."""
    across, down = map(int, room.ratio.split(":"))
    units = max(room.face.width * _FOUND_LARGER / across, room.face.height * _FOUND_LARGER / down)
    side = room.face.width * _FOUND_LARGER / room.share
    frame = _grown(Box(0, 0, *picture), (ceil(max(side, units * across)), ceil(max(side, units * down))), room.face)
    layout = _laid(picture, _shaped(frame, bounds, "pad", ()), bounds)
    face = layout.mapping.box(room.face)
    if not face.area or isinstance(ext_bbox(face, *layout.size, room.ratio), NoExtBox):
        raise NoFrameError(
            say(
                "a face of {width} x {height} px is too small to extend the picture around it",
                width=room.face.width,
                height=room.face.height,
            )
        )
    return layout


def _grown(frame: Box, size: Size, face: Box) -> Box:
    """The frame, no side shorter than `size`; what is added goes where it brings the face nearer to the middle."""

    def grown(start: int, end: int, wanted: int, low: int, high: int) -> tuple[int, int]:
        missing = max(0, wanted - (end - start))
        before = min(max(((wanted - (high - low)) // 2) - (low - start), 0), missing)
        return start - before, end + missing - before

    x1, x2 = grown(frame.x1, frame.x2, size[0], face.x1, face.x2)
    y1, y2 = grown(frame.y1, frame.y2, size[1], face.y1, face.y2)
    return Box(x1, y1, x2, y2)


def _shaped(frame: Box, bounds: Bounds, fit: Fit, keep: Sequence[Box]) -> Box:
    """The frame in a shape that the bounds take."""
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
            raise NoFrameError(
                say(
                    "no crop to {cropped} x {cropped2} px keeps the face whole; pad it instead",
                    cropped=cropped[0],
                    cropped2=cropped[1],
                )
            )
    return _centred(frame, bounds.padded(size))


def _kept_by_preference(shown: Sequence[Box], fit: Fit) -> Sequence[Box | None]:
    """What a crop keeps, best first: everything; where a crop is asked for, else the first alone, or the middle."""
    if fit == "auto":
        return [_around(shown)] if shown else []
    return [_around(shown), shown[0]] if shown else [None]


def _within(frame: Box, size: Size, kept: Box | None) -> Box | None:
    """A box of this size in the frame that holds `kept`, in a good place; None where there is none."""
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
    """Where a stretch within first..last starts that holds low..high, its middle as near as can be to `place` of the stretch."""
    wanted = round(Fraction(low + high, 2) - place * length)
    return max(first, high - length, min(wanted, low, last - length))


def _laid(picture: Size, frame: Box, bounds: Bounds) -> Layout:
    """The frame at the size within the bounds that is nearest to its own."""
    size = bounds.scaled((frame.width, frame.height))
    kept = _common(frame, Box(0, 0, *picture))
    left, width = _placed(frame.x1, frame.x2, kept.x1, kept.x2, size[0])
    top, height = _placed(frame.y1, frame.y2, kept.y1, kept.y2, size[1])
    return Layout(kept, (width, height), left, top, size)


def _placed(first: int, last: int, low: int, high: int, length: int) -> tuple[int, int]:
    """Where low..high of first..last starts once that is `length` long, and its own length then: a sliver keeps one pixel."""
    scale = Fraction(length, last - first)
    scaled = max(1, round((high - low) * scale))
    # What reaches to an end still does, whatever rounding says.
    return (length - scaled if high == last else min(round((low - first) * scale), length - scaled)), scaled


def shrunk(size: Size, factor: Fraction) -> Size:
    """The size times a factor below 1, of no more extreme ratio."""
    long, short = max(size), min(size)
    new_long = max(1, floor(long * factor))
    return _like(size, new_long, ceil(Fraction(new_long * short, long)))


def _at(ratio: Fraction, *, width: int = 0, height: int = 0, up: bool = False) -> Size:
    """The size of this width, or of this height, whose ratio is nearest; where a pixel is too coarse for it, the nearest whole
    multiple of the ratio, which is no wider and higher, or no less so with `up`.
    """
    nearest = (width, round(width / ratio)) if width else (round(height * ratio), height)
    if min(nearest) and abs(Fraction(*nearest) / ratio - 1) <= _TARGET_WITHIN:
        return nearest
    across, down = ratio.as_integer_ratio()
    units = Fraction(width, across) if width else Fraction(height, down)
    whole = ceil(units) if up else floor(units)
    return whole * across, whole * down


def _like(size: Size, long: int, short: int) -> Size:
    """Sides in the order of another size's."""
    return (long, short) if size[0] >= size[1] else (short, long)


def _centred(frame: Box, size: Size) -> Box:
    """A box of this size around the middle of the frame."""
    x1, y1 = frame.x1 + (frame.width - size[0]) // 2, frame.y1 + (frame.height - size[1]) // 2
    return Box(x1, y1, x1 + size[0], y1 + size[1])


def _around(boxes: Sequence[Box]) -> Box:
    x1, y1, x2, y2 = zip(*boxes, strict=True)
    return Box(min(x1), min(y1), max(x2), max(y2))


def _common(box: Box, other: Box) -> Box:
    return Box(max(box.x1, other.x1), max(box.y1, other.y1), min(box.x2, other.x2), min(box.y2, other.y2))


def _above(number: Fraction | float, *, is_open: bool) -> int:
    """The least whole number not below; not equal either, where the end is open."""
    return floor(number) + 1 if is_open else ceil(number)


def _below(number: Fraction | float, *, is_open: bool) -> int:
    """The largest whole number not above; not equal either, where the end is open."""
    return ceil(number) - 1 if is_open else floor(number)
