"""From the facts of a video to the steps that make it fit. No file is opened.

A file that fits is not changed. A wrong container, header, start or length is fixed by copying the packets into a new file;
everything that needs other pixels or other frame times takes one encode, and its result is always of the same kind: H.264,
8-bit 4:2:0, upright, progressive, with square pixels, at a constant rate, from time zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import ceil, floor, inf
from typing import Literal

from ...catalog.interval import Interval
from ...catalog.schema import Role
from ...errors import PrepareError
from ...findings import Finding
from ...language import say
from ...media.facts import VideoFacts, differ, sound_lead
from ...rules import names
from ...text import clauses
from .. import aims
from ..aims import Lengths, Reasons, first_of
from ..options import PrepareOptions
from ..steps import Expected, Flatten, Planned, Scale, Step, StripLocation, ToneMap
from .steps import ASKED, NEEDED, Trim
from .video import (
    CropVideo,
    CutSound,
    Deinterlace,
    EncodeVideo,
    Extend,
    FrameRate,
    PadVideo,
    RemuxVideo,
    SquarePixels,
    ToYuv420,
    ToZero,
    Upright,
)
from .video_frame import Framing, Sides, Spacing, constant_rate, framed

_FORMAT, _TOO_LARGE = names("file-format-not-accepted", "file-too-large")
_CODEC, _INTERLACED, _HDR, _PIXELS = names(
    "video-codec-not-accepted", "video-is-interlaced", "video-is-hdr", "video-pixel-format-unusual"
)
(_ALPHA,) = names("video-has-alpha")
_ROTATED, _NOT_SQUARE, _ODD = names("video-relies-on-rotation-tag", "video-pixels-not-square", "video-size-odd")
_SIDES = names("video-side-too-long", "video-side-too-short", "video-aspect-ratio-too-extreme")
_RATES = names("video-frame-rate-too-high", "video-frame-rate-too-low", "video-frame-rate-varies", "video-frame-rate-misstated")
_LATE, _LOCATION, _MISSTATED = names("video-starts-late", "video-has-location", "video-duration-misstated")
(_FALSE,) = names("file-header-false")
_TOO_LONG, _TOO_SHORT = names("video-too-long", "video-too-short")
_EQUAL = names("lengths-differ")
# Findings that need other pixels or other frame times, and findings that a new container fixes.
_ENCODED = (_CODEC, _INTERLACED, _HDR, _ALPHA, _PIXELS, _ROTATED, _NOT_SQUARE, *_SIDES, _ODD, *_RATES)
_REMUXED = (_FORMAT, _FALSE, _LATE, _TOO_LONG, _TOO_SHORT, _MISSTATED, _LOCATION)
# Containers that are written, the preferred one first, and the codecs that readers expect in each in addition to H.264 and HEVC.
_CONTAINERS = ("mp4", "mov", "mkv", "avi", "flv", "ts")
# The container that cannot store when a stream starts.
_WITHOUT_START = "avi"
_COPIED_VIDEO = frozenset({"h264", "hevc", "mpeg4", "av1"})
_COPIED_SOUND = frozenset({"aac", "mp3"})
# MPEG-2.5, with lower rates, is an extension by one company.
_LEAST_MP3_RATE = 16_000
# Enough for the sound of a speaker, in bits per second; and the least for any video.
_SOUND_RATE = 256_000
_LEAST_PICTURE_RATE = 50_000
# The most that H.264 defines (level 6.2, high profile); the encoder takes no larger number.
_MOST_PICTURE_RATE = 1_000_000_000
# A cut by copy has about the same share of the bytes as of the length.
_UNEVEN = 1.2

Sound = Literal["copy", "aac"] | None


class _Case(aims.Case, frozen=True):
    """`goal`: the length of the picture wanted, in seconds; `start`: where it begins. `is_part`: whether the user chose them;
    `is_exact`: whether the end is meant to the frame, and not only within a limit."""

    facts: VideoFacts
    goal: float
    container: str
    start: float = 0.0
    is_part: bool = False
    is_exact: bool = False

    def reason(self, *names: str) -> str:
        """The reason of a step in an encode: the finding it fixes, or the encode itself."""
        return first_of(self.reasons, *names) or NEEDED

    @property
    def spacing(self) -> Spacing:
        facts = self.facts
        return Spacing(facts.fps or 0.0, facts.fps_nominal, facts.fps_min, facts.fps_max, bool(facts.variable_frame_rate))


def plan_video(
    facts: VideoFacts,
    role: Role,
    options: PrepareOptions,
    findings: Sequence[Finding],
    *,
    length: float | None = None,
    keep: tuple[float, float] | None = None,
) -> Planned:
    """The fewest steps, in the order they run, that make a video fit the safe limits of a role. The last one writes the file.

    Args:
        facts: at level `decode` or above, so that lengths are measured.
        findings: the findings of `check` in this input. Every step is needed for one of them, or for another step.
        length: bring the video to this length in seconds, as far as the role accepts.
        keep: instead, keep the part between these two times, in seconds.

    Returns: the steps, the extension of the output without its dot, and what the output will be.

    Raises: PrepareError for a video that cannot be read, or cannot be made to fit.
    """
    reasons = aims.reasons_of(findings)
    seconds = _readable(facts, tuple(findings))
    part = aims.kept_part(facts.path, seconds, role, keep)
    start, end = part or (0.0, seconds)
    if part and (interval := aims.safe_lengths(role)).is_below(end - start):
        aims.refuse_part(facts.path, end - start, interval.lower_text)
    goal = _goal(end - start, role, reasons, None if keep else length)
    is_part, is_exact = part is not None, part is not None or length is not None
    case = _Case(role, options, reasons, seconds, facts, goal, _container(facts, role), start, is_part, is_exact)
    if (why := _encode_reason(case)) is not None:
        return _encoded(case, why)
    if (why := _remux_reason(case)) is not None:
        return _remuxed(case, why)
    return _named(case)


def _readable(facts: VideoFacts, findings: tuple[Finding, ...]) -> float:
    """How long its picture lasts. Raises PrepareError if there is nothing to work with."""
    if facts.encrypted:
        raise PrepareError(facts.path, say("its picture is encrypted"), findings)
    if facts.transfer == "ipt-pq":
        raise PrepareError(facts.path, say("it is Dolby Vision profile 5, whose colours cannot be read here"), findings)
    if facts.has_alpha and facts.transfer in ("pq", "hlg"):
        reason = say("it is both transparent and high dynamic range, which is not supported here")
        raise PrepareError(facts.path, reason, findings)
    seconds = aims.measured_length(facts)
    if seconds is None or not facts.width or not facts.height or not facts.fps:
        raise PrepareError(facts.path, clauses(facts.problems) or say("its size, rate or length is not known"), findings)
    return seconds


def _goal(seconds: float, role: Role, reasons: Reasons, length: float | None) -> float:
    """How long the picture should become."""
    lengths = Lengths.of(role)
    if length is not None and differ(seconds, length):
        return lengths.nearest(length)
    interval = aims.safe_lengths(role)
    is_bad = (interval.is_above(seconds) and _TOO_LONG in reasons) or (interval.is_below(seconds) and _TOO_SHORT in reasons)
    return lengths.nearest(seconds) if is_bad else seconds


def _container(facts: VideoFacts, role: Role) -> str:
    """The output container: the current one if it is accepted and usual, else the first of ours that is."""
    accepted = [name for name in _CONTAINERS if name in role.known_formats.safe_names]
    if not accepted:
        raise PrepareError(
            facts.path, say("video cannot be written as {safe_names} here", safe_names=", ".join(role.known_formats.safe_names))
        )
    kept = facts.format if facts.format in ("mp4", "mov") else None
    return kept if kept in accepted else accepted[0]


def _encode_reason(case: _Case) -> str | None:
    """Why its pixels must change; None if they need not."""
    facts = case.facts
    if why := first_of(case.reasons, *_ENCODED):
        return why
    if case.start or case.goal > case.length:
        return _length_reason(case)
    if _FORMAT in case.reasons and facts.video_codec not in _COPIED_VIDEO:
        return case.reasons[_FORMAT]
    limit = aims.most_bytes(case.role)
    if _TOO_LARGE in case.reasons and limit and (facts.bytes or inf) * case.goal / case.length * _UNEVEN > limit:
        return case.reasons[_TOO_LARGE]
    return None


def _remux_reason(case: _Case) -> str | None:
    if why := first_of(case.reasons, *_REMUXED, _TOO_LARGE):
        return why
    return _length_reason(case) if case.goal < case.length else None


def _length_reason(case: _Case) -> str:
    """Why the picture gets another length."""
    if case.is_part:
        return ASKED
    return first_of(case.reasons, _TOO_SHORT, _TOO_LONG, *_EQUAL) or say("equal lengths asked for")


def _named(case: _Case) -> Planned:
    facts = case.facts
    expected = Expected(
        format=facts.format,
        width=facts.width,
        height=facts.height,
        duration_s=case.length,
        fps=facts.fps,
        video_codec=facts.video_codec,
        audio_codec=facts.audio_codec,
    )
    return *aims.renamed(facts, case.reasons), expected


def _remuxed(case: _Case, why: str) -> Planned:
    facts = case.facts
    sound = _sound(case)
    remux = RemuxVideo(
        reason=why,
        source_format=facts.format or "",
        format=case.container,
        sound=sound,
        seconds=case.goal,
        rate=_rate(case),
        lengths=case.interval,
        max_bytes=aims.most_bytes(case.role),
        lead_s=None if sound is None else sound_lead(facts),
        is_exact=case.is_exact,
        otherwise=_encoded(case, why)[0],
    )
    expected = Expected(
        format=case.container,
        width=facts.width,
        height=facts.height,
        duration_s=round(case.goal, 3),
        fps=facts.fps,
        video_codec=facts.video_codec,
        audio_codec={"copy": facts.audio_codec, "aac": "aac", None: None}[sound],
    )
    steps = (*_time_steps(case), *_dropped_location(case), remux)
    return steps, aims.extension(case.container), expected


def _encoded(case: _Case, why: str) -> Planned:
    encode = _encode(case, why)
    steps = (*_time_steps(case, encode), *_picture_steps(case), *_rate_steps(case, encode), *_extend_steps(case, encode))
    expected = Expected(
        format=case.container,
        width=encode.size[0],
        height=encode.size[1],
        duration_s=round(encode.seconds, 3),
        fps=round(float(encode.rate), 4),
        video_codec="h264",
        audio_codec={"copy": case.facts.audio_codec, "aac": "aac", None: None}[encode.sound],
    )
    return (*steps, *_dropped_location(case), encode), aims.extension(case.container), expected


def _time_steps(case: _Case, encode: EncodeVideo | None = None) -> Iterator[Step]:
    """The steps that change times. `encode`: the steps after them, if the pixels change anyway."""
    facts = case.facts
    if _LATE in case.reasons:
        yield ToZero(reason=case.reasons[_LATE], start_s=facts.start_s or 0.0)
    end = case.goal if encode is None else encode.seconds
    if case.start or (end < case.length and (encode is None or case.length - end > 1 / encode.rate)):
        reason = _length_reason(case) if case.goal < case.length else NEEDED
        yield Trim(reason=reason, start_s=case.start, end_s=min(case.start + end, case.length), of_s=case.length)
    elif (why := first_of(case.reasons, _MISSTATED, _TOO_LONG)) and (facts.audio_duration_s or 0.0) > case.length:
        # The last frame of sound may be longer; if the limit is near, it must not.
        end = min(case.length, case.lengths.most)
        yield CutSound(reason=why, from_s=facts.audio_duration_s or 0.0, to_s=end)


def _picture_steps(case: _Case) -> Iterator[Step]:
    facts = case.facts
    assert facts.width and facts.height
    if facts.interlaced:
        yield Deinterlace(reason=case.reason(_INTERLACED))
    if facts.has_alpha:
        yield Flatten(reason=case.reason(_ALPHA), background=case.options.background)
    if facts.transfer in ("pq", "hlg"):
        yield ToneMap(reason=case.reason(_HDR), transfer=facts.transfer)
    if facts.pixel_format and (facts.bit_depth != 8 or facts.chroma != "4:2:0"):
        yield ToYuv420(reason=case.reason(_PIXELS), stored_as=facts.pixel_format, rgb=facts.chroma == "rgb")
    if facts.rotation or facts.mirrored:
        yield Upright(reason=case.reason(_ROTATED), rotation=facts.rotation, mirrored=facts.mirrored)
    if facts.sample_aspect_ratio not in (None, "1:1", "0:1"):
        yield SquarePixels(reason=case.reason(_NOT_SQUARE), pixel_ratio=facts.sample_aspect_ratio)
    yield from _frame_steps(case, _framing(case))


def _frame_steps(case: _Case, framing: Framing) -> Iterator[Step]:
    facts = case.facts
    assert facts.width and facts.height
    size = facts.width, facts.height
    reason = case.reason(*_SIDES, _ODD)
    if framing.kept != size:
        yield CropVideo(reason=reason, size=size, new_size=framing.kept)
    if framing.scaled != framing.kept:
        yield Scale(reason=reason, size=framing.kept, new_size=framing.scaled)
    if framing.size != framing.scaled:
        yield PadVideo(reason=reason, size=framing.scaled, new_size=framing.size, background=case.options.background)


def _rate_steps(case: _Case, encode: EncodeVideo) -> Iterator[Step]:
    found = first_of(case.reasons, *_RATES)
    if found or case.facts.variable_frame_rate:
        yield FrameRate(reason=found or NEEDED, from_fps=case.facts.fps or 0.0, to_fps=encode.rate)


def _extend_steps(case: _Case, encode: EncodeVideo) -> Iterator[Step]:
    if case.goal > case.length:
        frames = max(_frames_of(case, case.length, encode.rate), 1)
        yield Extend(reason=_length_reason(case), frames=frames, from_s=case.length, to_s=encode.seconds)


def _dropped_location(case: _Case) -> Iterator[Step]:
    if _LOCATION in case.reasons:
        yield StripLocation(reason=case.reasons[_LOCATION], whole_metadata=True)


def _framing(case: _Case) -> Framing:
    facts = case.facts
    assert facts.width and facts.height
    return framed((facts.width, facts.height), Sides.of(case.role), crop=case.options.fit == "crop")


def _encode(case: _Case, why: str) -> EncodeVideo:
    facts = case.facts
    size, rate = _framing(case).size, _rate(case)
    frames = _frames(case, rate)
    sound: Sound = None
    if facts.audio_codec:
        is_in_place = not facts.start_s and not case.start and (case.container != _WITHOUT_START or not sound_lead(facts))
        sound = "copy" if _is_usual(case) and is_in_place else "aac"
    return EncodeVideo(
        reason=why,
        source=f"{(facts.format or '').upper()} ({facts.video_codec})",
        format=case.container,
        size=size,
        rate=rate,
        frames=frames,
        max_rate=_picture_rate(case, float(frames / rate)),
        sound=sound,
    )


def _sound(case: _Case) -> Sound:
    """How the sound is kept: unchanged if the container stays the same, or if readers expect this codec in the new one."""
    if case.facts.audio_codec is None:
        return None
    return "copy" if _is_usual(case) or case.facts.format == case.container else "aac"


def _is_usual(case: _Case) -> bool:
    """Whether readers expect this codec in the output container. MP3 of half the rate and less is not defined for MP4."""
    facts = case.facts
    is_slow = facts.audio_codec == "mp3" and (facts.audio_sample_rate or _LEAST_MP3_RATE) < _LEAST_MP3_RATE
    return facts.audio_codec in _COPIED_SOUND and not is_slow


def _rate(case: _Case) -> Fraction:
    return constant_rate(case.spacing, case.role.fps.safe_interval if case.role.fps else Interval())


def _frames(case: _Case, rate: Fraction) -> int:
    """The number of frames with a length within the limits, and as near to the goal as possible."""
    wanted = _frames_of(case, case.goal, rate)
    # A picture is never shorter than the lowest length; one frame more is less than any margin.
    least = aims.whole_above(max(case.interval.lower, 0) * rate, is_open=case.interval.lower_open)
    most = floor(case.lengths.most * rate) if case.lengths.most < inf else wanted + least
    return max(min(max(wanted, least), most), 1)


def _frames_of(case: _Case, seconds: float, rate: Fraction) -> int:
    """How many frames fill a length: the current number, if neither length nor rate changes."""
    if seconds == case.length and rate == case.spacing.true_rate and case.facts.frames:
        return case.facts.frames
    return ceil(seconds * rate) if seconds > case.length else round(seconds * rate)


def _picture_rate(case: _Case, seconds: float) -> int | None:
    total = aims.budget(case.role, seconds)
    if total is None:
        return None
    # The encoder may use the bits of one second in advance.
    rate = int((total - (_SOUND_RATE if case.facts.audio_codec else 0)) * seconds / (seconds + 1))
    if rate < _LEAST_PICTURE_RATE:
        raise PrepareError(
            case.facts.path,
            say("{seconds:.2f} s of video do not fit into {aims:,} bytes", seconds=seconds, aims=aims.most_bytes(case.role)),
        )
    return min(rate, _MOST_PICTURE_RATE)
