"""The steps that make a video fit, and running them: one pass of ffmpeg, as a copy if that gives the exact result.

Times in seconds, sizes in pixels of the displayed picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, ClassVar, Literal, NamedTuple

from msgspec import structs

from ...catalog.interval import Interval
from ...check.containment import UNCONTAINED, Containment
from ...errors import FfmpegError, PrepareError
from ...language import say
from ...media.facts import MAX_PRIMING_S, Facts, Problem, VideoFacts, differ, sound_lead
from ...media.probe import probe_to_be_cut
from ...media.source import display_name
from ...people.geometry import Box, Mapping, crop_to
from ..steps import Flatten, Scale, Size, Step, ToneMap, from_format_to, in_pixels, step_of
from . import ffmpeg
from .ffmpeg import INPUT_OPTIONS, MUXERS, OUTPUT_OPTIONS, SOURCE, TARGET, THREADS, Bounds, Progress
from .likeness import Change, first_unlike
from .packets import CUT_ANYWHERE, FrameCut, Streams, survey
from .steps import Trim, as_seconds

_QUICKTIME = ("mp4", "mov")
# FFmpeg's own decoders ignore the transparency that WebM stores separately.
_ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
_SOUND_OPTIONS = {"c:a": "aac", "b:a": "192k"}
_SOUND_FORMAT = {"sample_rates": "48000|44100|32000|24000|22050|16000|12000|11025|8000", "channel_layouts": "mono|stereo"}
# An encode may take a tenth of the speed of the slowest machines, and memory for the frames in decoder, filters and encoder.
_PIXELS_PER_SECOND = 1_000_000
_HELD_FRAMES = 300
_BYTES_PER_PIXEL = 3 / 2
_TRANSFERS = {"pq": "smpte2084", "hlg": "arib-std-b67"}
# The white of a page or a shirt in HDR, in cd/m2 (ITU-R BT.2408); what is darker keeps its brightness, highlights are rolled off.
_REFERENCE_WHITE = 203
_KEPT_SHARE = 0.5


class ToZero(Step, frozen=True, kw_only=True):
    """Move the first picture to time zero, and the sound with it; sound before it is dropped."""

    name: ClassVar[str] = "start-at-zero"
    start_s: float

    @property
    def detail(self) -> str:
        return say("first frame from {start_s} to 0 s; sound before it is cut off", start_s=as_seconds(self.start_s))


class CutSound(Step, frozen=True, kw_only=True):
    """Cut a sound track that is longer than the video."""

    name: ClassVar[str] = "cut-sound"
    from_s: float
    to_s: float

    @property
    def detail(self) -> str:
        before, after = as_seconds(self.from_s), as_seconds(self.to_s)
        return say("sound of {from_s} to {to_s}; the picture ends there", from_s=before, to_s=after)


class Extend(Step, frozen=True, kw_only=True):
    """Lengthen a clip of `frames` frames by playing it backward, then forward, and so on. Its sound is heard once."""

    name: ClassVar[str] = "extend"
    frames: int
    from_s: float
    to_s: float

    @property
    def detail(self) -> str:
        before, after = as_seconds(self.from_s), as_seconds(self.to_s)
        return say("{from_s} to {to_s} by playing it backward and forward", from_s=before, to_s=after)


class Deinterlace(Step, frozen=True, kw_only=True):
    """Combine interlaced fields into full frames, at the same rate."""

    name: ClassVar[str] = "deinterlace"

    @property
    def detail(self) -> str:
        return say("interlaced to progressive")


class ToYuv420(Step, frozen=True, kw_only=True):
    """Store pixels as 8-bit 4:2:0. `rgb`: they are stored as red, green and blue now."""

    name: ClassVar[str] = "pixel-format"
    stored_as: str
    rgb: bool

    @property
    def detail(self) -> str:
        return say("{stored_as} to yuv420p", stored_as=self.stored_as)


class Upright(Step, frozen=True, kw_only=True):
    """Mirror the frames, then turn them (degrees clockwise), as the display matrix asks, and drop it."""

    name: ClassVar[str] = "bake-rotation"
    rotation: int
    mirrored: bool = False

    @property
    def detail(self) -> str:
        if not self.rotation:
            return say("frames mirrored")
        if self.mirrored:
            return say("frames mirrored and turned by {degrees} degrees", degrees=self.rotation)
        return say("frames turned by {degrees} degrees", degrees=self.rotation)


class SquarePixels(Step, frozen=True, kw_only=True):
    """Scale so that pixels are as wide as high."""

    name: ClassVar[str] = "square-pixels"
    pixel_ratio: str

    @property
    def detail(self) -> str:
        return say("pixels of {pixel_ratio} to 1:1", pixel_ratio=self.pixel_ratio)


def _centred(size: Size, new_size: Size) -> Mapping:
    """Around the middle of a frame of one size, one of another size."""
    return crop_to(Box((size[0] - new_size[0]) // 2, (size[1] - new_size[1]) // 2, 0, 0))


class CropVideo(Step, frozen=True, kw_only=True):
    """Keep the middle of every frame."""

    name: ClassVar[str] = "crop"
    size: Size
    new_size: Size

    @property
    def mapping(self) -> Mapping:
        return _centred(self.size, self.new_size)

    @property
    def detail(self) -> str:
        return say("{size} to {new_size} px, around the middle", size=in_pixels(self.size), new_size=in_pixels(self.new_size))


class PadVideo(Step, frozen=True, kw_only=True):
    """Extend every frame on both sides, in one colour, `#rrggbb`."""

    name: ClassVar[str] = "pad"
    size: Size
    new_size: Size
    background: str

    @property
    def mapping(self) -> Mapping:
        return _centred(self.size, self.new_size)

    @property
    def detail(self) -> str:
        before, after = in_pixels(self.size), in_pixels(self.new_size)
        return say("{size} to {new_size} px with {background}", size=before, new_size=after, background=self.background)


class FrameRate(Step, frozen=True, kw_only=True):
    """Show frames at one constant rate: some are dropped or repeated, none invented. `from_fps`: the average now."""

    name: ClassVar[str] = "frame-rate"
    from_fps: float
    to_fps: Fraction

    @property
    def detail(self) -> str:
        return say("{from_fps:.5g} fps to a constant {to_fps:.5g} fps", from_fps=self.from_fps, to_fps=float(self.to_fps))


class EncodeVideo(Step, frozen=True, kw_only=True):
    """Write the picture as H.264, with constant quality up to a bit rate, and the sound.

    `frames`: the exact number. `max_rate`: of the picture, in bits per second; None without a byte limit. `sound`: `copy`, `aac`
    or None without any.
    """

    name: ClassVar[str] = "encode"
    source: str
    format: str
    size: Size
    rate: Fraction
    frames: int
    max_rate: int | None
    sound: Literal["copy", "aac"] | None

    @property
    def seconds(self) -> float:
        """How long it will be."""
        return float(self.frames / self.rate)

    @property
    def detail(self) -> str:
        picture = f"{self.format.upper()} (h264, {in_pixels(self.size)} px, {float(self.rate):.5g} fps)"
        encoded = say("{before} to {after}", before=self.source, after=picture)
        if self.sound is None:
            return encoded
        if self.sound == "copy":
            return say("{picture}, sound unchanged", picture=encoded)
        return say("{picture}, sound as AAC", picture=encoded)


class RemuxVideo(Step, frozen=True, kw_only=True):
    """Write the video, bit for bit, into a new container with a correct header.

    `seconds`, `rate`: how long it will be, and its frames per second. `lengths`, `max_bytes`: what the copy is measured against.
    `lead_s`: how much later than the picture the sound begins; None if that does not count. AVI cannot store it.
    `is_exact`: where it ends was asked for, so a copy that ends a frame or more before that does not fit.
    `otherwise`: the steps with one encode that are used if the copy does not fit: a cut that no frame
    border allows, time stamps that the container cannot store. Empty once it is known that the copy fits.
    """

    name: ClassVar[str] = "remux"
    source_format: str
    format: str
    sound: Literal["copy", "aac"] | None
    seconds: float
    rate: Fraction
    lengths: Interval
    max_bytes: int | None
    lead_s: float | None = None
    is_exact: bool = False
    otherwise: tuple[Step, ...]

    @property
    def detail(self) -> str:
        formats = from_format_to(self.source_format, self.format)
        if self.sound == "copy":
            copied = say("{formats}, picture and sound unchanged", formats=formats)
        elif self.sound == "aac":
            copied = say("{formats}, picture unchanged, sound as AAC", formats=formats)
        else:
            copied = say("{formats}, picture unchanged", formats=formats)
        if not self.otherwise:
            return copied
        return say("{copied}; encoded once if that is not exact", copied=copied)


class Made(NamedTuple):
    """What was done for a video: one of its `outcomes`. `facts`: of the new file at level `decode`; None if not measured yet."""

    steps: tuple[Step, ...]
    facts: Facts | None = None


def outcomes(steps: Sequence[Step]) -> tuple[tuple[Step, ...], ...]:
    """The steps that may be done where these are planned: those with a copy, and the encode that takes its place."""
    last = steps[-1]
    if not isinstance(last, RemuxVideo):
        return (tuple(steps),)
    return (*steps[:-1], structs.replace(last, otherwise=())), last.otherwise


def run_video(
    source: str, steps: Sequence[Step], target: str, progress: Progress | None = None, containment: Containment = UNCONTAINED
) -> Made:
    """Do what `plan_video` planned, and write the whole file to `target`.

    Args:
        target: replaced if it exists. After an error it may be missing or unfinished.
        progress: called with 0 to 1; an exception it raises stops the work.
        containment: where the source's index is read, and a copy measured.

    Raises: PrepareError if the source cannot be opened, or what was made does not look like it; FfmpegError if ffmpeg
        fails.
    """
    last, trim = steps[-1], step_of(steps, Trim)
    cut_s = trim.end_s if trim and isinstance(last, RemuxVideo) else None
    streams = containment.call(source, survey, source, cut_s)
    if (late := step_of(steps, ToZero)) is not None and streams.demuxer in CUT_ANYWHERE:
        # The first packets of a recording cut out of a broadcast show nothing: the picture starts later.
        streams = streams._replace(start_s=late.start_s)
    if isinstance(last, RemuxVideo):
        copied = _remux(source, steps, last, streams, target, progress)
        if copied is not None and _is_exact(facts := containment.facts(target, "decode"), last, *copied):
            return Made(outcomes(steps)[0], facts)
        if cut_s is not None and (damage := containment.call(source, _damage_in, source, cut_s)) is not None:
            raise PrepareError(display_name(source), say("its data is damaged: {detail}", detail=damage))
        steps, last = last.otherwise, last.otherwise[-1]
    if not isinstance(last, EncodeVideo):
        raise TypeError(f"the last step must write the file, not {last.name}")
    _encode(source, steps, last, streams, target, progress)
    # Transparent parts have no colour to compare.
    if step_of(steps, Flatten):
        return Made(tuple(steps))
    unlike = containment.call(source, first_unlike, source, target, _change(steps, last))
    if unlike is not None:
        raise PrepareError(
            display_name(source), say("the result does not show the same picture at {unlike}", unlike=as_seconds(unlike))
        )
    return Made(tuple(steps))


def _change(steps: Sequence[Step], encode: EncodeVideo) -> Change:
    crop, pad = step_of(steps, CropVideo), step_of(steps, PadVideo)
    return Change(
        kept=_share(crop.new_size, crop.size) if crop else (1.0, 1.0),
        filled=_share(pad.size, pad.new_size) if pad else (1.0, 1.0),
        toned=step_of(steps, ToneMap) is not None,
        seconds=encode.seconds,
        start_s=_start(steps),
    )


def _start(steps: Sequence[Step]) -> float:
    """Where what is kept begins, in seconds after the first picture."""
    trim = step_of(steps, Trim)
    return trim.start_s if trim else 0.0


def _share(part: Size, whole: Size) -> tuple[float, float]:
    return part[0] / whole[0], part[1] / whole[1]


def _remux(
    source: str, steps: Sequence[Step], remux: RemuxVideo, streams: Streams, target: str, progress: Progress | None
) -> tuple[FrameCut | None, float] | None:
    """Write a copy. Returns where it is cut, and how long after the file its picture should start; None if it fails."""
    trim = step_of(steps, Trim)
    cut = streams.cut
    if trim and (cut is None or differ(cut.end_s, trim.end_s)):
        return None
    if trim and cut and remux.is_exact and trim.end_s - cut.end_s >= 1 / remux.rate:
        return None
    file = _input(streams, fflags="+genpts")
    sound = _sound_of(file, streams)
    options: dict[str, Any] = {"c:v": "copy"}
    start = 0.0
    if step_of(steps, ToZero):
        # Just before the first picture, so that it is not lost to rounding.
        start = max(streams.start_s - float(1 / remux.rate) / 2, 0.0)
        options["ss"] = _time(start)
    if cut:
        options |= {"frames:v": cut.frames, "t": _time(streams.start_s - start + cut.end_s)}
    if sound is not None and (shorter := step_of(steps, CutSound)) is not None:
        # The packets behind it: an end of the output would be that of the picture too.
        end = _time(streams.start_s - start + shorter.to_s)
        options["bsf:a"] = f"noise=drop='gte(pts*tb,{end})'"
    if streams.video_codec == "hevc" and remux.format in _QUICKTIME:
        options["tag:v"] = "hvc1"
    graph = _output(file[str(streams.video)], sound, remux, options)
    bounds = Bounds.for_source(streams.bytes)
    try:
        ffmpeg.run(graph, source, target, seconds=remux.seconds, bounds=bounds, progress=progress)
    except FfmpegError:
        return None
    return cut, streams.start_s - start


def _is_exact(facts: Facts, remux: RemuxVideo, cut: FrameCut | None, start_s: float) -> bool:
    """Whether a copy whose picture should start `start_s` after the file does is what was planned."""
    if not isinstance(facts, VideoFacts) or facts.problems or not facts.fps or not facts.stated_fps:
        return False
    if remux.max_bytes is not None and (facts.bytes or 0) > remux.max_bytes:
        return False
    lengths = [length for length in (facts.duration_s, facts.stated_duration_s) if length is not None]
    return (
        bool(lengths)
        and (facts.start_s or 0.0) - start_s <= 1 / facts.fps
        and all(length in remux.lengths for length in lengths)
        and not differ(min(lengths), max(lengths))
        and abs(facts.fps - facts.stated_fps) * 20 <= facts.fps
        and not facts.variable_frame_rate
        and _is_in_step(sound_lead(facts), remux.lead_s)
        and (cut is None or facts.frames == cut.frames)
    )


def _is_in_step(lead: float | None, planned: float | None) -> bool:
    return lead is None or planned is None or abs(lead - planned) <= MAX_PRIMING_S


def _damage_in(source: str, seconds: float) -> str | None:
    """What cannot be decoded in the beginning of a video; None if all can. An encoder writes whatever a decoder gives it."""
    facts = probe_to_be_cut(source, seconds)
    return next(filter(None, map(facts.problem, (Problem.CORRUPT, Problem.TRUNCATED))), None)


def _encode(
    source: str, steps: Sequence[Step], encode: EncodeVideo, streams: Streams, target: str, progress: Progress | None
) -> None:
    file = _input(streams, **_decoder(source, steps, streams))
    start = streams.start_s + _start(steps)
    shown = file[str(streams.video)]
    picture = _picture(shown, steps, encode, start if _start(steps) else None)
    sound = _sound_of(file, streams)
    if sound is not None and encode.sound == "aac":
        sound = _sound(sound, encode, start)
    options: dict[str, Any] = {
        "c:v": "libx264",
        "preset": "medium",
        "crf": 18,
        "pix_fmt": "yuv420p",
        "r": _ratio(encode.rate),
        "threads:v": THREADS,
        "frames:v": encode.frames,
        "t": _time(encode.seconds),
    }
    if encode.format in _QUICKTIME:
        options["movflags"] = "+faststart"
    if encode.max_rate is not None:
        options |= {"maxrate": encode.max_rate, "bufsize": encode.max_rate}
    graph = _output(picture, sound, encode, options)
    bounds = _bounds(steps, encode, streams)
    ffmpeg.run(graph, source, target, seconds=encode.seconds, bounds=bounds, progress=progress)


def _decoder(source: str, steps: Sequence[Step], streams: Streams) -> dict[str, str]:
    """The decoder that also returns transparency, if the usual one does not. Raises FfmpegError without it."""
    decoder = _ALPHA_DECODERS.get(streams.video_codec or "") if step_of(steps, Flatten) else None
    if decoder is None:
        return {}
    if not ffmpeg.has_decoder(decoder):
        reason = say("this ffmpeg has no {decoder}, which is needed to read the transparency", decoder=decoder)
        raise FfmpegError(display_name(source), reason)
    return {"c:v": decoder}


def _bounds(steps: Sequence[Step], encode: EncodeVideo, streams: Streams) -> Bounds:
    area = max(streams.area, encode.size[0] * encode.size[1])
    held = _HELD_FRAMES + (encode.frames if step_of(steps, Extend) else 0)
    depth = 4 if step_of(steps, ToneMap) else 2
    # What comes before the part that is kept is decoded too.
    frames = encode.frames + float(encode.rate) * _start(steps)
    copying = Bounds.for_source(streams.bytes)
    return Bounds(
        copying.seconds + area * frames / _PIXELS_PER_SECOND, int(copying.memory + area * held * _BYTES_PER_PIXEL * depth)
    )


def _input(streams: Streams, **options: Any) -> Any:
    return ffmpeg.ffmpeg_python().input(SOURCE, f=streams.demuxer, **INPUT_OPTIONS, **options)


def _sound_of(file: Any, streams: Streams) -> Any:
    """The sound as it is in the file; None if there is none."""
    return None if streams.audio is None else file[str(streams.audio)]


def _output(picture: Any, sound: Any, last: RemuxVideo | EncodeVideo, options: dict[str, Any]) -> Any:
    """The graph's end, without `sound` if there is none or the plan has none."""
    kept = [picture]
    if sound is not None and last.sound is not None:
        kept.append(sound)
        options |= {"c:a": "copy"} if last.sound == "copy" else _SOUND_OPTIONS
    return ffmpeg.ffmpeg_python().output(*kept, TARGET, f=MUXERS[last.format], **OUTPUT_OPTIONS, **options)


def _picture(stream: Any, steps: Sequence[Step], encode: EncodeVideo, start_s: float | None) -> Any:
    """The filters of the picture. ffmpeg itself mirrors and turns, before the first of them.

    `start_s`: where what is kept begins; None for the first picture. What is shown then comes first, also if it began before:
    the next one would be early against the sound.
    """
    stream = stream.filter("setpts", "PTS-STARTPTS" if start_s is None else f"PTS-{_time(start_s)}/TB")
    if step_of(steps, Deinterlace):
        stream = stream.filter("bwdif", mode="send_frame", deint="all")
    stream = stream.filter("fps", fps=_ratio(encode.rate), start_time=0)
    stream = _sized(stream, steps, encode)
    if (extend := step_of(steps, Extend)) is None:
        return _exactly(stream, encode.frames)
    stream = _extended(_exactly(stream, extend.frames), extend.frames, encode.frames)
    return stream.filter("setpts", f"N/({_ratio(encode.rate)}*TB)").filter("trim", end_frame=encode.frames)


def _exactly(stream: Any, frames: int) -> Any:
    """Exactly this many frames: after rounding, the rate conversion may be one frame short of the plan."""
    return stream.filter("tpad", stop_mode="clone", stop_duration=1).filter("trim", end_frame=frames)


def _sized(stream: Any, steps: Sequence[Step], encode: EncodeVideo) -> Any:
    crop, scale, pad = step_of(steps, CropVideo), step_of(steps, Scale), step_of(steps, PadVideo)
    if (flatten := step_of(steps, Flatten)) is not None:
        stream = _flattened(stream, flatten.background)
    if step_of(steps, SquarePixels):
        shown = crop.size if crop else scale.new_size if scale else pad.size if pad else encode.size
        stream = stream.filter("scale", *shown, flags="lanczos")
    if crop:
        stream = stream.filter("crop", *crop.new_size)
    if scale and (crop or not step_of(steps, SquarePixels)):
        stream = stream.filter("scale", *scale.new_size, flags="lanczos")
    stream = _coloured(stream, steps)
    if pad:
        stream = stream.filter("pad", *pad.new_size, "(ow-iw)/2", "(oh-ih)/2", color=pad.background.replace("#", "0x"))
    # What says how to look at the source (a side of a stereo pair, a sphere, captions) is not true of the result.
    return stream.filter("setsar", 1).filter("sidedata", mode="delete")


def _flattened(stream: Any, background: str) -> Any:
    """In red, green and blue, so that the background is exactly the requested colour."""
    layers = stream.filter("format", "rgba").filter_multi_output("split")
    behind = layers[0].filter("drawbox", color=background.replace("#", "0x"), thickness="fill", replace=1)
    return ffmpeg.ffmpeg_python().filter([behind, layers[1]], "overlay", format="rgb", shortest=1)


def _coloured(stream: Any, steps: Sequence[Step]) -> Any:
    if (tone := step_of(steps, ToneMap)) is not None:
        return _tone_mapped(stream, _TRANSFERS[tone.transfer])
    pixels = step_of(steps, ToYuv420)
    if (pixels is not None and pixels.rgb) or step_of(steps, Flatten):
        # Nothing says which matrix a reader should use to undo this: the one of high definition is used, and written into the
        # file.
        stream = stream.filter("scale", out_color_matrix="bt709", out_range="limited").filter("format", "yuv420p")
        return stream.filter("setparams", colorspace="bt709", color_primaries="bt709", color_trc="bt709", range="limited")
    return stream.filter("format", "yuv420p")


def _tone_mapped(stream: Any, transfer: str) -> Any:
    # PQ and HLG are defined for BT.2020 (ITU-R BT.2100), even if a file does not say so.
    if not ffmpeg.has_filter("zscale"):
        hdr = stream.filter("setparams", color_trc=transfer, color_primaries="bt2020", colorspace="bt2020nc")
        sdr = {"out_transfer": "bt709", "out_primaries": "bt709", "out_color_matrix": "bt709"}
        return hdr.filter("scale", **sdr).filter("format", "yuv420p")
    hdr = {"tin": transfer, "pin": "bt2020", "min": "bt2020nc", "rin": "limited"}
    stream = stream.filter("zscale", **hdr, t="linear", npl=_REFERENCE_WHITE).filter("format", "gbrpf32le")
    stream = stream.filter("zscale", p="bt709").filter("tonemap", "mobius", param=_KEPT_SHARE, desat=0)
    return stream.filter("zscale", t="bt709", m="bt709", r="limited").filter("format", "yuv420p")


def _extended(stream: Any, frames: int, wanted: int) -> Any:
    """The clip, then its frames backward without the last, forward without the first, and so on.

    Only the part that is played backward is kept in memory.
    """
    turning = frames - 1
    first = max(turning - (wanted - frames), 1)
    if first >= turning:
        return stream.filter("loop", loop=-1, size=frames)
    forth = stream.filter_multi_output("split")
    back = forth[1].filter("trim", start_frame=first, end_frame=turning).filter("setpts", "PTS-STARTPTS").filter("reverse")
    both = ffmpeg.ffmpeg_python().concat(forth[0], back)
    period = frames + turning - first
    return both if period >= wanted else both.filter("loop", loop=-1, size=period)


def _sound(stream: Any, encode: EncodeVideo, start_s: float) -> Any:
    """The filters of the sound: from the first picture on, gaps filled, as long as the picture."""
    stream = stream.filter("asetpts", f"PTS-{_time(start_s)}/TB").filter("atrim", start=0, end=_time(encode.seconds))
    stream = stream.filter("aresample", **{"async": 1, "first_pts": 0}).filter("aformat", **_SOUND_FORMAT)
    return stream.filter("apad", whole_dur=_time(encode.seconds))


def _ratio(rate: Fraction) -> str:
    return f"{rate.numerator}/{rate.denominator}"


def _time(seconds: float) -> str:
    return f"{seconds:.6f}"
