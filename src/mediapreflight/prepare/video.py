"""Running the steps of a video's plan: one pass of ffmpeg, by copy where that comes out exact."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from ..containment import UNCONTAINED, Containment
from ..errors import FfmpegError
from ..probe import VideoFacts, probe
from ..rules.durations import differ
from . import ffmpeg
from .av_steps import (
    CropVideo,
    CutSound,
    Deinterlace,
    EncodeVideo,
    Extend,
    PadVideo,
    RemuxVideo,
    ScaleVideo,
    SquarePixels,
    ToneMap,
    ToYuv420,
    ToZero,
    Trim,
    step_of,
)
from .ffmpeg import INPUT_OPTIONS, OUTPUT_OPTIONS, SOURCE, TARGET, THREADS, Bounds, Progress
from .packets import FrameCut, Streams, survey
from .steps import Step

_MUXERS = {"mp4": "mp4", "mov": "mov", "mkv": "matroska", "avi": "avi", "flv": "flv", "ts": "mpegts"}
_QUICKTIME = ("mp4", "mov")
_SOUND_OPTIONS = {"c:a": "aac", "b:a": "192k"}
_SOUND_FORMAT = {"sample_rates": "48000|44100|32000|24000|22050|16000|12000|11025|8000", "channel_layouts": "mono|stereo"}
# No byte is waited for longer than this, and no pixel of an encode: a tenth of what the slowest machines do.
_BYTES_PER_SECOND, _PIXELS_PER_SECOND = 1_000_000, 1_000_000
_LEAST_SECONDS = 120
# ffmpeg with its threads, and the frames that decoder, filters and encoder hold.
_BASE_MEMORY = 3 << 30
_HELD_FRAMES = 300
_BYTES_PER_PIXEL = 3 / 2
_TRANSFERS = {"pq": "smpte2084", "hlg": "arib-std-b67"}
# The white of a page or a shirt in HDR, in cd/m2 (ITU-R BT.2408); what is darker keeps its brightness, highlights are rolled off.
_REFERENCE_WHITE = 203
_KEPT_SHARE = 0.5


def run_video(
    source: str,
    steps: Sequence[Step],
    target: str,
    progress: Progress | None = None,
    containment: Containment = UNCONTAINED,
) -> tuple[Step, ...]:
    """Do what `plan_video` planned, and write the whole file to `target`.

    Args:
        target: replaced where it exists. After an error it may be missing or unfinished.
        progress: called with 0 to 1; an exception it raises stops the work.
        containment: where the source's index is read.

    Returns: the steps as they were done: where a copy did not come out exact, the encode that took its place.

    Raises: PrepareError where the source cannot be opened, FfmpegError where ffmpeg fails.
    """
    last, trim = steps[-1], step_of(steps, Trim)
    cut_s = trim.end_s if trim and isinstance(last, RemuxVideo) else None
    streams = containment.call(source, survey, source, cut_s)
    if isinstance(last, RemuxVideo):
        copied = _remux(source, steps, last, streams, target, progress)
        if copied is not None and containment.call(source, _is_exact, target, last, *copied):
            return tuple(steps)
        steps, last = last.otherwise, last.otherwise[-1]
    if not isinstance(last, EncodeVideo):
        raise TypeError(f"the last step must write the file, not {last.name}")
    _encode(source, steps, last, streams, target, progress)
    return tuple(steps)


def _remux(
    source: str, steps: Sequence[Step], remux: RemuxVideo, streams: Streams, target: str, progress: Progress | None
) -> tuple[FrameCut | None, float] | None:
    """Write a copy. Returns where it is cut, and how long after the file its picture should start; None where it fails."""
    trim = step_of(steps, Trim)
    cut = streams.cut
    if trim and (cut is None or differ(cut.end_s, trim.end_s)):
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
    if (shorter := step_of(steps, CutSound)) is not None:
        # Read a second time, so that only the sound ends there.
        sound = _sound_of(_input(streams, t=_time(streams.start_s + shorter.to_s)), streams)
    if streams.video_codec == "hevc" and remux.format in _QUICKTIME:
        options["tag:v"] = "hvc1"
    graph = _output(file[str(streams.video)], sound, remux, options)
    bounds = Bounds(_LEAST_SECONDS + streams.bytes / _BYTES_PER_SECOND, _BASE_MEMORY)
    try:
        ffmpeg.run(graph, source, target, seconds=remux.seconds, bounds=bounds, progress=progress)
    except FfmpegError:
        return None
    return cut, streams.start_s - start


def _is_exact(target: str, remux: RemuxVideo, cut: FrameCut | None, start_s: float) -> bool:
    """Whether a copy whose picture should start `start_s` after the file does is what was planned."""
    # After a cut the packets are known, and the index of the copy says whether it holds them; else they are walked.
    facts = probe(target, level="metadata" if cut and remux.format in _QUICKTIME else "decode")
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
        and (cut is None or (facts.frames or facts.stated_frames) == cut.frames)
    )


def _encode(
    source: str, steps: Sequence[Step], encode: EncodeVideo, streams: Streams, target: str, progress: Progress | None
) -> None:
    file = _input(streams)
    picture = _picture(file[str(streams.video)], steps, encode)
    sound = _sound_of(file, streams)
    if sound is not None and encode.sound == "aac":
        sound = _sound(sound, encode, streams.start_s)
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


def _bounds(steps: Sequence[Step], encode: EncodeVideo, streams: Streams) -> Bounds:
    area = max(streams.area, encode.size[0] * encode.size[1])
    held = _HELD_FRAMES + (encode.frames if step_of(steps, Extend) else 0)
    depth = 4 if step_of(steps, ToneMap) else 2
    seconds = _LEAST_SECONDS + streams.bytes / _BYTES_PER_SECOND + area * encode.frames / _PIXELS_PER_SECOND
    return Bounds(seconds, int(_BASE_MEMORY + area * held * _BYTES_PER_PIXEL * depth))


def _input(streams: Streams, **options: Any) -> Any:
    return ffmpeg.ffmpeg_python().input(SOURCE, f=streams.demuxer, **INPUT_OPTIONS, **options)


def _sound_of(file: Any, streams: Streams) -> Any:
    """The sound as it is in the file; None where there is none."""
    return None if streams.audio is None else file[str(streams.audio)]


def _output(picture: Any, sound: Any, last: RemuxVideo | EncodeVideo, options: dict[str, Any]) -> Any:
    """The graph's end; `sound` is left out where there is none, or the plan has none."""
    kept = [picture]
    if sound is not None and last.sound is not None:
        kept.append(sound)
        options |= {"c:a": "copy"} if last.sound == "copy" else _SOUND_OPTIONS
    return ffmpeg.ffmpeg_python().output(*kept, TARGET, f=_MUXERS[last.format], **OUTPUT_OPTIONS, **options)


def _picture(stream: Any, steps: Sequence[Step], encode: EncodeVideo) -> Any:
    """The filters of the picture. Rotation is undone by ffmpeg itself, before the first of them."""
    stream = stream.filter("setpts", "PTS-STARTPTS")
    if step_of(steps, Deinterlace):
        stream = stream.filter("bwdif", mode="send_frame", deint="all")
    stream = stream.filter("fps", fps=_ratio(encode.rate), start_time=0)
    stream = _sized(stream, steps, encode)
    if (extend := step_of(steps, Extend)) is None:
        return _exactly(stream, encode.frames)
    stream = _extended(_exactly(stream, extend.frames), extend.frames, encode.frames)
    return stream.filter("setpts", f"N/({_ratio(encode.rate)}*TB)").filter("trim", end_frame=encode.frames)


def _exactly(stream: Any, frames: int) -> Any:
    """So many frames: rounding may leave the rate conversion one short of the count that was planned."""
    return stream.filter("tpad", stop_mode="clone", stop_duration=1).filter("trim", end_frame=frames)


def _sized(stream: Any, steps: Sequence[Step], encode: EncodeVideo) -> Any:
    crop, scale, pad = step_of(steps, CropVideo), step_of(steps, ScaleVideo), step_of(steps, PadVideo)
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
    return stream.filter("setsar", 1)


def _coloured(stream: Any, steps: Sequence[Step]) -> Any:
    if (tone := step_of(steps, ToneMap)) is not None:
        return _tone_mapped(stream, _TRANSFERS[tone.transfer])
    pixels = step_of(steps, ToYuv420)
    if pixels is not None and pixels.rgb:
        # Nothing says by which matrix a reader should undo this: the one of high definition, written into the file.
        stream = stream.filter("scale", out_color_matrix="bt709", out_range="limited").filter("format", "yuv420p")
        return stream.filter("setparams", colorspace="bt709", color_primaries="bt709", color_trc="bt709", range="limited")
    return stream.filter("format", "yuv420p")


def _tone_mapped(stream: Any, transfer: str) -> Any:
    # PQ and HLG are defined for BT.2020 (ITU-R BT.2100), whatever a file leaves unsaid.
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

    Only what is played backward is held in memory.
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
