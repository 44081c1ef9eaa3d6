"""The steps that make a recording fit, and running them. Times in seconds."""

from __future__ import annotations

import contextlib
import json
import math
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

from ...check.containment import UNCONTAINED, Containment
from ...errors import FfmpegError, PrepareError
from ...language import say
from ...media.av.containers import played_part
from ...media.opening import open_source
from ...media.parsers.mpeg_audio import end_of_id3
from ...media.sniff import sniff
from ...media.source import OpenError, display_name
from ..steps import Step, from_format_to, step_of
from . import ffmpeg
from .ffmpeg import INPUT_OPTIONS, MUXERS, OUTPUT_OPTIONS, SOURCE, TARGET, Bounds, Progress
from .packets import Streams, survey
from .steps import Trim, as_seconds

_SAMPLE_RATES = (48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000)
# No tags; and a first frame that states the correct number of frames.
_MUXER_OPTIONS: dict[str, dict[str, Any]] = {
    "mp3": {"id3v2_version": 0, "write_id3v1": 0, "write_xing": 1},
    "m4a": {"movflags": "+faststart"},
}
# In the first frame of an MP3: where an encoder is named, by which names its delay is known, and how long a name is.
_FIRST_FRAME_BYTES, _ENCODERS, _MUXER_NAME, _NAME_BYTES = 256, (b"LAME", b"Lavf", b"Lavc"), b"Lavf", 9
# The level at which peaks are limited, in dB below full scale: encoders raise them a little.
_TRUE_PEAK = -1.5
_LEAST_GAP_S = 0.01
# Time stamps may be this much behind the samples before them. aresample drops sound that is behind by 0.1 s.
_MOST_BEHIND_S = 0.05
# A frame that begins at the time of a cut is not copied; times are rounded.
_LESS_THAN_A_FRAME_S = 0.001
# Silence that is worth a word; what decoders leave out at the start is shorter.
_SHOWN_LEAD_S = 0.1
# Noise up to this level, in dB below full scale, is lowered by this many dB; speech is louder.
_NOISE_FLOOR, _NOISE_REDUCTION = -30, 12


class PadSilence(Step, frozen=True, kw_only=True):
    """Add silence at the end."""

    name: ClassVar[str] = "pad-silence"
    from_s: float
    to_s: float

    @property
    def detail(self) -> str:
        before, after = as_seconds(self.from_s), as_seconds(self.to_s)
        return say("{from_s} to {to_s}, with silence added at the end", from_s=before, to_s=after)


class DropCutFrame(Step, frozen=True, kw_only=True):
    """Leave out the last frame, which is incomplete. `at_s`: when it begins."""

    name: ClassVar[str] = "drop-cut-frame"
    at_s: float

    @property
    def detail(self) -> str:
        return say("the last frame, at {at_s}, which is incomplete", at_s=as_seconds(self.at_s))


class FillGap(Step, frozen=True, kw_only=True):
    """Replace sound that cannot be decoded by silence."""

    name: ClassVar[str] = "fill-gap"
    at_s: float
    length_s: float
    untimed_s: float = 0.0

    @property
    def detail(self) -> str:
        length, place = self.length_s * 1000, as_seconds(self.at_s)
        return say("{length_s:.0f} ms at {at_s} cannot be decoded: silence instead", length_s=length, at_s=place)


class ExtractSound(Step, frozen=True, kw_only=True):
    """Take the first sound track out of a video.

    `picture_s`: when the first picture is shown. The recording begins there, so that the two stay in step; None: it begins with
    its first sound. `lead_s`: how much later than the recording its sound begins; negative if a part of the sound is cut off.
    `before_s`: how much earlier than the picture the recording begins, so that the two are not in step.
    """

    name: ClassVar[str] = "extract-sound"
    source_format: str
    picture_s: float | None = None
    lead_s: float = 0.0
    before_s: float = 0.0

    @property
    def detail(self) -> str:
        taken = say("the sound track of the {source_format}", source_format=self.source_format.upper())
        if self.before_s:
            return say("{taken}, which begins {before_s} before the picture", taken=taken, before_s=as_seconds(self.before_s))
        if self.lead_s < -_SHOWN_LEAD_S:
            return say("{taken}, without the {early_s} before the picture", taken=taken, early_s=as_seconds(-self.lead_s))
        if self.lead_s < _SHOWN_LEAD_S:
            return taken
        return say(
            "{taken}, which begins {lead_s} after the picture: silence before it", taken=taken, lead_s=as_seconds(self.lead_s)
        )


class DropPictures(Step, frozen=True, kw_only=True):
    """Drop attached pictures and all other tags; the sound stays."""

    name: ClassVar[str] = "drop-pictures"
    size: int

    @property
    def detail(self) -> str:
        return say("{size:,} bytes of attached pictures, and all tags", size=self.size)


class Denoise(Step, frozen=True, kw_only=True):
    """Lower the noise floor."""

    name: ClassVar[str] = "denoise"

    @property
    def detail(self) -> str:
        return say("noise lowered by up to 12 dB")


class MixDown(Step, frozen=True, kw_only=True):
    """Mix all channels into one. `channels`: how many there are, None if that is not known."""

    name: ClassVar[str] = "mono"
    channels: int | None

    @property
    def detail(self) -> str:
        if self.channels is None:
            return say("mixed down to one channel")
        return say("{channels} channels mixed down to one", channels=self.channels)


class Loudness(Step, frozen=True, kw_only=True):
    """Bring the whole recording to this loudness, with one gain if the peaks leave room for it."""

    name: ClassVar[str] = "loudness"
    target_lufs: float

    @property
    def detail(self) -> str:
        return say("to {target_lufs:g} LUFS", target_lufs=self.target_lufs)


class RemuxSound(Step, frozen=True, kw_only=True):
    """Write the sound, bit for bit, into a new file with a correct header. `seconds`: how long it will be."""

    name: ClassVar[str] = "remux"
    source_format: str
    format: str
    seconds: float

    @property
    def detail(self) -> str:
        formats = from_format_to(self.source_format, self.format)
        return say("{formats} with a new header, sound unchanged", formats=formats)


class EncodeSound(Step, frozen=True, kw_only=True):
    """Decode the sound and write it. `bit_rate`: bits per second, None for PCM. `seconds`: how long it will be."""

    name: ClassVar[str] = "encode"
    source: str
    format: str
    codec: str
    sample_rate: int | None
    channels: int | None
    bit_rate: int | None
    seconds: float

    @property
    def detail(self) -> str:
        rate = f", {self.bit_rate / 1000:.0f} kbit/s" if self.bit_rate else ""
        written = f"{self.format.upper()} ({self.codec}{rate})"
        return say("{before} to {after}", before=self.source, after=written)


def run_audio(
    source: str, steps: Sequence[Step], target: str, progress: Progress | None = None, containment: Containment = UNCONTAINED
) -> None:
    """Do what `plan_audio` planned, and write the whole file to `target`.

    Args:
        target: replaced if it exists. After an error it may be missing or unfinished.
        progress: called with 0 to 1; an exception it raises stops the work.
        containment: where the source's index is read.

    Raises: PrepareError if the source cannot be opened or holds no sound, FfmpegError if ffmpeg fails.
    """
    streams = containment.call(source, survey, source)
    if streams.audio is None:
        raise PrepareError(display_name(source), say("has no sound"))
    with _played(source, target) as played:
        try:
            _run(played, streams, steps, target, progress)
        except FfmpegError as error:
            raise FfmpegError(display_name(source), str(error).removeprefix(f"{error.path}: "), error.log) from None


def _run(source: str, streams: Streams, steps: Sequence[Step], target: str, progress: Progress | None) -> None:
    last = steps[-1]
    bounds = Bounds.for_source(streams.bytes)
    if isinstance(last, RemuxSound):
        graph = _copy(streams, steps, last)
    elif isinstance(last, EncodeSound):
        graph = _encode(source, streams, steps, last, bounds)
    else:
        raise TypeError(f"the last step must write the file, not {last.name}")
    ffmpeg.run(graph, source, target, seconds=last.seconds, bounds=bounds, progress=progress)
    if isinstance(last, RemuxSound) and last.format == "mp3" and not (streams.demuxer == "mp3" and _names_encoder(source)):
        _forget_encoder(target)


def _names_encoder(path: str) -> bool:
    """Whether the first frame of an MP3 names its encoder: readers then leave out what was put before the sound."""
    with Path(path).open("rb") as file:
        file.seek(end_of_id3(file))
        head = file.read(_FIRST_FRAME_BYTES)
    return any(name in head for name in _ENCODERS)


def _forget_encoder(path: str) -> None:
    """Clear the name that ffmpeg writes there: where the source has none, the sound would begin 529 samples earlier."""
    with Path(path).open("r+b") as file:
        place = file.read(_FIRST_FRAME_BYTES).find(_MUXER_NAME)
        if place >= 0:
            file.seek(place)
            file.write(bytes(_NAME_BYTES))


@contextlib.contextmanager
def _played(source: str, target: str) -> Iterator[str]:
    """The source; or a temporary copy of its playable part, next to the target."""
    with contextlib.ExitStack() as stack:
        try:
            opened = stack.enter_context(open_source(source, whole=True))
        except OpenError as error:
            raise PrepareError(display_name(source), str(error)) from None
        part = played_part(opened, sniff(opened.stream).format)
        if part.is_all_of(opened.size):
            yield source
            return
        copy = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=Path(target).parent)), "played")
        with copy.open("wb") as written:
            shutil.copyfileobj(part, written)
        yield str(copy)


def _copy(streams: Streams, steps: Sequence[Step], remux: RemuxSound) -> Any:
    options: dict[str, Any] = {"c:a": "copy"}
    if (trim := step_of(steps, Trim)) is not None:
        options["t"] = f"{trim.end_s:.6f}"
    elif (cut := step_of(steps, DropCutFrame)) is not None:
        options["t"] = f"{cut.at_s - _LESS_THAN_A_FRAME_S:.6f}"
    return _output(_sound(streams), remux.format, options)


def _encode(source: str, streams: Streams, steps: Sequence[Step], encode: EncodeSound, bounds: Bounds) -> Any:
    stream = _treated(_sound(streams), streams, steps)
    if (loudness := step_of(steps, Loudness)) is not None:
        stream = _levelled(stream, loudness, source, bounds)
    stream = _finished(stream, steps, encode)
    options: dict[str, Any] = {"c:a": encode.codec}
    if encode.bit_rate is not None:
        options["b:a"] = encode.bit_rate
    return _output(stream, encode.format, options)


def _sound(streams: Streams) -> Any:
    return ffmpeg.ffmpeg_python().input(SOURCE, f=streams.demuxer, **INPUT_OPTIONS)[str(streams.audio)]


def _output(stream: Any, format: str, options: dict[str, Any]) -> Any:
    options = {**OUTPUT_OPTIONS, **_MUXER_OPTIONS.get(format, {}), **options}
    return ffmpeg.ffmpeg_python().output(stream, TARGET, f=MUXERS[format], **options)


def _treated(stream: Any, streams: Streams, steps: Sequence[Step]) -> Any:
    """The filters before loudness is measured: the kept part, its noise, its channels."""
    # From time zero on, like the timeline of a recording; gaps in a stream become silence.
    options: dict[str, Any] = {"async": 1, "first_pts": 0}
    if (gap := step_of(steps, FillGap)) is not None:
        stream = stream.filter("asetpts", f"PTS+gt(T,{gap.at_s:.6f})*{gap.untimed_s:.6f}/TB")
        options |= {"min_hard_comp": _LEAST_GAP_S}
    # A recording begins with its first sound: a decoder that needs an earlier packet (WMA) starts late, and so do some tracks.
    start = "max(STARTPTS,0)"
    if (extract := step_of(steps, ExtractSound)) is not None and extract.picture_s is not None:
        start = f"{extract.picture_s + streams.sound_clock_s:.6f}/TB"
    times = f"max(PTS,STARTPTS+(N/SR-{_MOST_BEHIND_S})/TB)"
    stream = stream.filter("asetpts", f"{times}-{start}")
    if extract is not None and extract.lead_s < -_SHOWN_LEAD_S:
        stream = stream.filter("atrim", start=0)
    stream = stream.filter("aresample", **options)
    if (trim := step_of(steps, Trim)) is not None:
        stream = stream.filter("atrim", start=f"{trim.start_s:.6f}", end=f"{trim.end_s:.6f}").filter("asetpts", "PTS-STARTPTS")
    elif (cut := step_of(steps, DropCutFrame)) is not None:
        stream = stream.filter("atrim", end=f"{cut.at_s:.6f}")
    if step_of(steps, Denoise):
        stream = stream.filter("afftdn", nr=_NOISE_REDUCTION, nf=_NOISE_FLOOR)
    return stream.filter("aformat", channel_layouts="mono") if step_of(steps, MixDown) else stream


def _levelled(stream: Any, loudness: Loudness, source: str, bounds: Bounds) -> Any:
    """One gain for the whole, measured in a separate run; peaks without room for it are limited."""
    module = ffmpeg.ffmpeg_python()
    graph = module.output(stream.filter("loudnorm", print_format="json"), "-", f="null")
    loud, peak = _measurement(ffmpeg.run(graph, source, None, seconds=1, bounds=bounds), source)
    if math.isinf(loud):
        # Silence has no loudness: no gain would bring it to the target.
        return stream
    gain = loudness.target_lufs - loud
    stream = stream.filter("volume", f"{gain:.2f}dB")
    if peak + gain <= _TRUE_PEAK:
        return stream
    return stream.filter("alimiter", limit=f"{10 ** (_TRUE_PEAK / 20):.4f}", attack=2, release=20, level=0, latency=1)


def _measurement(log: tuple[str, ...], source: str) -> tuple[float, float]:
    """Loudness in LUFS and true peak in dB, as measured by loudnorm; minus infinity for silence."""
    text = "\n".join(line.removeprefix("[info] ") for line in log)
    try:
        found = json.loads(text[text.rindex("{") : text.rindex("}") + 1])
        return float(found["input_i"]), float(found["input_tp"])
    except (ValueError, KeyError):
        raise FfmpegError(display_name(source), say("ffmpeg did not say how loud it is"), log[-8:]) from None


def _finished(stream: Any, steps: Sequence[Step], encode: EncodeSound) -> Any:
    """The fade, the silence at the end, and the encoder's format."""
    trim, padded = step_of(steps, Trim), step_of(steps, PadSilence)
    if encode.sample_rate is not None and (encode.format == "wav" or encode.sample_rate in _SAMPLE_RATES):
        rates = str(encode.sample_rate)
    else:
        rates = "|".join(map(str, _SAMPLE_RATES))
    layouts = {1: "mono", 2: "stereo", None: "mono|stereo"}[encode.channels]
    stream = stream.filter("aformat", sample_rates=rates, channel_layouts=layouts)
    if trim and trim.fade_s:
        start = trim.end_s - trim.start_s - trim.fade_s
        stream = stream.filter("afade", t="out", st=f"{start:.6f}", d=trim.fade_s)
    return stream.filter("apad", whole_dur=f"{padded.to_s:.6f}") if padded else stream
