"""From the facts of a picture to the steps that make it fit. No file is opened.

A file that fits is not changed. A wrong name is changed, a location is removed from the metadata and further pictures are cut off
without changing the picture's data. Everything else takes one encode, and its result is always of the same kind: a single
picture, upright, 8-bit sRGB, opaque, without metadata.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from math import floor
from typing import Literal, NamedTuple

from ...catalog.schema import Role
from ...errors import PrepareError
from ...findings import Finding
from ...language import say
from ...media.facts import SPACES_IN_WORDS, ImageFacts, Problem
from ...media.image.decoding import max_pixels
from ...people.geometry import Box
from ...rules import names
from ...text import clauses
from .. import aims
from ..options import PrepareOptions
from ..steps import Expected, Flatten, Planned, Scale, Size, Step, StripLocation, ToneMap
from .frame import Bounds, Layout, NoFrameError, Room, lay_out
from .picture import (
    HIGHEST_QUALITY,
    BakeOrientation,
    Convert,
    Crop,
    KeepFirst,
    Pad,
    RewriteHeader,
    ToSrgb,
    Turn,
)

_ALPHA, _CMYK, _DEPTH = names("image-has-alpha", "image-is-cmyk", "image-bit-depth-unusual")
_HDR, _PROFILE = names("image-is-hdr", "image-relies-on-color-profile")
_FORMAT, _TOO_LARGE = names("file-format-not-accepted", "file-too-large")
(_FALSE,) = names("file-header-false")
_LOCATION, _SEVERAL, _TURNED = names("image-has-location", "image-has-several-frames", "image-relies-on-orientation-tag")
_RATIO, _TOO_LONG, _TOO_SHORT = names("image-aspect-ratio-too-extreme", "image-side-too-long", "image-side-too-short")
_TARGET_RATIO, _NO_BOX, _FACE_TOO_LARGE = names("picture-ratio-differs", "no-box-fits", "face-too-large")
# Findings that need other pixels, whatever the format.
_PIXELS = (_FORMAT, _TOO_LARGE, _ALPHA, _DEPTH, _CMYK, _TURNED, _HDR, _PROFILE)
# Findings that are fixed by a crop or padding to a ratio (most specific first), by room around a face, and by a crop to a given
# box.
_FRAMING = (_TARGET_RATIO, _RATIO, _TOO_LONG, _TOO_SHORT)
_ROOM = (_NO_BOX, _FACE_TOO_LARGE)
_LYING = names("face-missing", "face-tilted")
_CROPPING = names("faces-several", "persons-several", "face-too-small")
# Formats from which the location, and from which further pictures, can be removed without an encode.
_LOCATION_EDITED, _SEVERAL_EDITED = ("jpeg", "png", "webp"), ("jpeg", "png")
_NAMES_OF_SEVERAL = ("mpo", "apng")
_WITHOUT_LOSS = frozenset({"png", "bmp", "gif", "tiff", "psd", "ico", "qoi"})
_NEEDED = say("needed by convert")
_DAMAGED = (Problem.TRUNCATED, Problem.CORRUPT)
# The largest factor by which a PNG's bytes per pixel grow when it is scaled down: 1.9 for portraits at a quarter of their sides,
# 2.1 for drawings, 1.0 without scaling.
_PNG_GROWTH = Fraction(5, 2)
_PNG_OVERHEAD = 1024


class _Case(NamedTuple):
    """`reasons`: the code and name of each finding, by its name. `size`: as displayed."""

    facts: ImageFacts
    format: str
    size: Size
    role: Role
    options: PrepareOptions
    findings: tuple[Finding, ...]
    reasons: Mapping[str, str]

    def first(self, names: Sequence[str], otherwise: str) -> str:
        """The reason for the first of these findings that exists; else the other one."""
        return aims.first_of(self.reasons, *names) or otherwise

    def found(self, *names: str) -> bool:
        return any(name in self.reasons for name in names)

    def unfixable(self, why: str) -> PrepareError:
        return PrepareError(self.facts.path, why, self.findings)


def plan_image(
    facts: ImageFacts,
    role: Role,
    options: PrepareOptions,
    findings: Sequence[Finding],
    *,
    faces: Sequence[Box] = (),
    target_ratio: Fraction | None = None,
    crop: Box | None = None,
    room: Room | None = None,
    turn: Literal[90, 180, 270] | None = None,
) -> Planned:
    """The fewest steps, in the order they run, that make a picture fit the safe limits of a role.

    Args:
        facts: at level `decode` or above, so that damage is known.
        findings: the findings of `check` in this input. Every step is needed for one of them, or for another step.
        faces: boxes that a crop must keep whole, the most important first; of whole persons if the model needs a body.
        target_ratio: width over height that the picture gets if `picture-ratio-differs` was found.
        crop: crop the picture to this box; if it extends beyond the picture, the rest is padded.
        room: extend the picture to have this room, if `no-box-fits` or `face-too-large` was found and no `crop` is given.

        turn: degrees clockwise by which the picture is turned at the end.

    Boxes are in pixels of the displayed picture.

    Returns: the steps, the extension of the output without its dot, and what the output will be. If `Convert` has a byte limit,
        the output may be smaller than expected, with the same ratio.

    Raises: PrepareError for a picture that cannot be read completely, or cannot be made to fit.
    """
    case = _case(facts, role, options, tuple(findings))
    layout = _layout(case, faces, target_ratio, crop, room)
    if layout is None and turn is None and not _needs_pixels(case):
        return _without_encode(case)
    if detail := facts.problem(Problem.NOT_RUN) or facts.problem(Problem.OVERSIZED):
        raise case.unfixable(say("it has to be decoded, but cannot be: {detail}", detail=detail))
    most = max_pixels(case.format)
    if case.size[0] * case.size[1] > most:
        raise case.unfixable(
            say(
                "{size} x {size2} px are more than the {most:.0f} megapixels that can be decoded",
                size=case.size[0],
                size2=case.size[1],
                most=most / 1e6,
            )
        )
    layout = layout or Layout.unchanged(case.size)
    causes = (*_CROPPING, *_ROOM) if crop else (*_ROOM, *_FRAMING) if room else _FRAMING
    turning = (Turn(reason=case.first(_LYING, say("asked for")), size=layout.size, degrees=turn),) if turn else ()
    steps = (*_picture_steps(case), *_frame_steps(case, layout, causes), *turning, *_dropped_location(case))
    convert = _convert(case, layout.size, steps)
    width, height = turning[0].new_size if turning else layout.size
    expected = Expected(format=convert.format, width=width, height=height)
    return (*steps, convert), aims.extension(convert.format), expected


def _case(facts: ImageFacts, role: Role, options: PrepareOptions, findings: tuple[Finding, ...]) -> _Case:
    for problem in _DAMAGED:
        if detail := facts.problem(problem):
            raise PrepareError(facts.path, say("its data is damaged: {detail}", detail=detail), findings)
    if not facts.format or not facts.width or not facts.height:
        raise PrepareError(facts.path, clauses(facts.problems) or say("its size is not known"), findings)
    return _Case(facts, facts.format, (facts.width, facts.height), role, options, findings, aims.reasons_of(findings))


def _needs_pixels(case: _Case) -> bool:
    return (
        case.found(*_PIXELS)
        or (case.found(_SEVERAL) and case.format not in _SEVERAL_EDITED)
        or (case.found(_LOCATION) and case.format not in _LOCATION_EDITED)
    )


def _layout(
    case: _Case, faces: Sequence[Box], target_ratio: Fraction | None, crop: Box | None, room: Room | None
) -> Layout | None:
    """The new frame and size of the picture; None if they do not change."""
    target = target_ratio if case.found(_TARGET_RATIO) else None
    around = room if case.found(*_ROOM) else None
    if target is None and around is None and crop is None and not case.found(*_FRAMING):
        return None
    try:
        bounds = Bounds.of(case.role, target)
        layout = lay_out(case.size, bounds, case.options.fit, keep=faces, crop=crop, room=around)
    except NoFrameError as error:
        raise case.unfixable(str(error)) from None
    return None if layout == Layout.unchanged(case.size) else layout


def _without_encode(case: _Case) -> Planned:
    """The steps that change only the name and the metadata."""
    renamed, suffix = aims.renamed(case.facts, case.reasons)
    steps: list[Step] = [*renamed]
    if case.found(_FALSE):
        steps.append(RewriteHeader(reason=case.reasons[_FALSE]))
    if case.found(_SEVERAL):
        steps.append(KeepFirst(reason=case.reasons[_SEVERAL], frames=case.facts.frames or 2, lossless=True))
        suffix = aims.extension(case.format) if suffix.lower() in _NAMES_OF_SEVERAL else suffix
    if case.found(_LOCATION):
        steps.append(StripLocation(reason=case.reasons[_LOCATION], whole_metadata=False))
    return tuple(steps), suffix, Expected(format=case.format, width=case.size[0], height=case.size[1])


def _picture_steps(case: _Case) -> Iterator[Step]:
    """The steps of an encode."""
    facts = case.facts
    if facts.frames is not None and facts.frames > 1:
        yield KeepFirst(reason=case.first((_SEVERAL,), _NEEDED), frames=facts.frames, lossless=False)
    if facts.transfer in ("pq", "hlg"):
        yield ToneMap(reason=case.first((_HDR,), _NEEDED), transfer=facts.transfer)
    if facts.color != "rgb" or facts.bit_depth != 8 or facts.color_space not in (None, "srgb"):
        yield ToSrgb(reason=case.first((_CMYK, _DEPTH, _PROFILE), _NEEDED), stored_as=_stored_as(facts))
    if facts.has_alpha:
        yield Flatten(reason=case.first((_ALPHA,), _NEEDED), background=case.options.background)
    if facts.orientation != 1:
        stored = case.size[::-1] if facts.orientation >= 5 else case.size
        reason = case.first((_TURNED,), _NEEDED)
        yield BakeOrientation(reason=reason, orientation=facts.orientation, stored=stored, displayed=case.size)


def _stored_as(facts: ImageFacts) -> str:
    names = {"cmyk": "CMYK", "grey": say("grey"), "palette": say("palette"), "yuv": "YUV", "rgb": "RGB", None: say("its colours")}
    is_standard = facts.color_space is None or facts.color_space == "srgb"
    colours = names[facts.color] if is_standard else SPACES_IN_WORDS[facts.color_space or "srgb"]
    if facts.bit_depth in (None, 8) or facts.color == "palette":
        return colours
    return say("{bits}-bit {colours}", bits=facts.bit_depth, colours=colours)


def _frame_steps(case: _Case, layout: Layout, causes: Sequence[str]) -> Iterator[Step]:
    """Crop, scale and pad, as far as the layout needs them.

    `causes`: the findings that a crop or padding can fix, most specific first.
    """
    kept = layout.kept.width, layout.kept.height
    reason = case.first(causes, say("asked for"))
    if kept != case.size:
        yield Crop(reason=reason, size=case.size, box=layout.kept)
    if layout.scaled != kept:
        shorter = layout.scaled[0] * layout.scaled[1] < kept[0] * kept[1]
        named = (_TOO_LONG, _TOO_SHORT) if shorter else (_TOO_SHORT, _TOO_LONG)
        yield Scale(reason=case.first(named, say("needed by the new shape")), size=kept, new_size=layout.scaled)
    if layout.size != layout.scaled:
        edges = {"left": layout.left, "top": layout.top, "right": layout.right, "bottom": layout.bottom}
        yield Pad(reason=reason, size=layout.scaled, background=case.options.background, **edges)


def _dropped_location(case: _Case) -> Iterator[Step]:
    if case.found(_LOCATION):
        yield StripLocation(reason=case.reasons[_LOCATION], whole_metadata=True)


def _convert(case: _Case, size: Size, steps: Sequence[Step]) -> Convert:
    max_bytes = aims.most_bytes(case.role)
    format = _target_format(case, size, max_bytes)
    cause = next((step.name for step in steps if step.reason != _NEEDED), say("the source"))
    return Convert(
        reason=case.first((_FORMAT, _TOO_LARGE), say("needed by {cause}", cause=cause)),
        source_format=case.format,
        format=format,
        quality=HIGHEST_QUALITY if format == "jpeg" else None,
        max_bytes=max_bytes,
        least_side=min(Bounds.of(case.role).least, *size),
    )


def _target_format(case: _Case, size: Size, max_bytes: int | None) -> str:
    """PNG for a source stored without loss, if it certainly fits the byte limit; else JPEG.

    If the role takes only one of them, that one.
    """
    accepted = case.role.known_formats.safe_names
    taken = [name for name in ("jpeg", "png") if name in accepted]
    if not taken:
        raise case.unfixable(
            say("only {safe_names} is accepted, but pictures can be written only as JPEG or PNG", safe_names=", ".join(accepted))
        )
    fits = max_bytes is None or _png_bytes(case, size) <= max_bytes
    return taken[-1] if case.format in _WITHOUT_LOSS and fits else taken[0]


def _png_bytes(case: _Case, size: Size) -> int:
    """The estimated upper limit for the bytes of a PNG of this size."""
    pixels = size[0] * size[1]
    raw = 3 * pixels + size[1] + pixels // 1000 + _PNG_OVERHEAD
    facts = case.facts
    if facts.format != "png" or facts.color != "rgb" or facts.bytes is None:
        return raw
    return min(raw, floor(_PNG_GROWTH * facts.bytes * Fraction(pixels, case.size[0] * case.size[1])) + _PNG_OVERHEAD)
