"""What headers state about the first real video stream and the first sound, and the facts of level `metadata` that follow."""

from __future__ import annotations

import sys
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

from ...language import say
from .. import display
from ..facts import ENCRYPTED_PICTURE, ENCRYPTED_SOUND, Chroma, Problem, VideoFacts
from .containers import seen_at_end

if TYPE_CHECKING:
    from ..parsers.sequence_header import SequenceHeader
    from ..source import Source
    from .tracks import PictureHeader

TRANSFERS: dict[int, Literal["pq", "hlg"]] = {16: "pq", 18: "hlg"}
UNKNOWN_TRANSFER = 2
_CHROMAS: dict[str, Chroma] = {"420": "4:2:0", "422": "4:2:2", "444": "4:4:4"}


class Pixels(NamedTuple):
    """The layout of decoded pixels: FFmpeg's name for it, bits of a sample, chroma as in `VideoFacts`."""

    pixel_format: str | None = None
    bit_depth: int | None = None
    chroma: Chroma | None = None
    has_alpha: bool = False


class Stated(NamedTuple):
    """What the headers say. Sides in stored pixels, 0 if not stated; rates in frames per second, times in seconds.

    `codec`: None if no decoder knows it; `pixel_ratio`: width over height of one pixel; `transfer`: a code of H.273.
    `is_complete`: whether nominal rate, start, sound, place and order of fields are known, or FFmpeg is to be asked.
    """

    header: PictureHeader
    codec: str | None
    average_rate: float | None
    nominal_rate: float | None
    frames: int | None
    start_s: float | None
    duration_s: float | None
    sides: tuple[int, int] = (0, 0)
    pixels: Pixels = Pixels()
    pixel_ratio: Fraction | None = None
    transfer: int = UNKNOWN_TRANSFER
    is_interlaced: bool = False
    sound_codec: str | None = None
    sample_rate: int | None = None
    is_sound_encrypted: bool = False
    has_location: bool = False
    is_complete: bool = True

    def with_sequence_header(self, header: SequenceHeader, *, is_full: bool) -> Stated:
        """The same with what the sequence header of H.264 or H.265 adds.

        `is_full`: whether the container says full range, which counts if the header does not say.
        """
        ratio = header.pixel_ratio
        return self._replace(
            pixels=_pixels_of(header, is_full=is_full),
            pixel_ratio=self.pixel_ratio or (Fraction(*ratio) if ratio and all(ratio) else None),
            transfer=self.transfer if header.transfer is None else header.transfer,
        )


def facts_of(source: Source, format: str, stated: Stated) -> VideoFacts:
    """The facts of level `metadata`."""
    problems = (
        seen_at_end(source, format),
        ENCRYPTED_PICTURE if stated.header.encrypted else None,
        ENCRYPTED_SOUND if stated.is_sound_encrypted and not stated.header.encrypted else None,
    )
    facts = VideoFacts(
        path=source.path,
        format=format,
        bytes=source.size,
        problems=tuple(filter(None, problems)),
        rotation=stated.header.turn.rotation,
        mirrored=stated.header.turn.mirrored,
        stated_duration_s=stated.duration_s,
        fps=stated.average_rate,
        stated_fps=stated.average_rate,
        fps_nominal=stated.nominal_rate,
        stated_frames=stated.frames,
        start_s=stated.start_s,
        audio_codec=stated.sound_codec,
        audio_sample_rate=stated.sample_rate,
        encrypted=stated.header.encrypted,
        has_location=stated.has_location,
    )
    if stated.codec is None:
        return facts
    if not all(stated.sides):
        problem = Problem.BROKEN.because(say("its picture size or codec is not stated"))
        return msgspec.structs.replace(facts, problems=(*facts.problems, problem))
    ratio = stated.pixel_ratio
    width, height = display.displayed(*stated.sides, stated.header.turn.rotation, ratio)
    return msgspec.structs.replace(
        facts,
        width=width,
        height=height,
        stored_width=stated.sides[0],
        stored_height=stated.sides[1],
        sample_aspect_ratio=f"{ratio.numerator}:{ratio.denominator}" if ratio else None,
        video_codec=stated.codec,
        transfer="ipt-pq" if stated.header.dolby_vision else TRANSFERS.get(stated.transfer, "sdr"),
        interlaced=stated.is_interlaced,
        **stated.pixels._asdict(),
    )


def _pixels_of(header: SequenceHeader, *, is_full: bool) -> Pixels:
    """Chroma and depth by FFmpeg's names, where 8 bits in full range are a separate format.

    `is_full`: whether the container says full range; the header counts first.
    """
    wide = f"10{sys.byteorder[0]}e" if header.bit_depth == 10 else ""
    full = "j" if not wide and (is_full if header.full_range is None else header.full_range) else ""
    return Pixels(f"yuv{full}{header.chroma}p{wide}", header.bit_depth, _CHROMAS[header.chroma])
