"""What was measured of a file. Facts contain no opinion: no limits are known here.

Units: bytes, pixels, seconds, frames per second, hertz, degrees clockwise. A value that was not measured, or that the file
does not say, is None. `width` and `height` are as displayed: after EXIF orientation, rotation metadata and with square pixels.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar, Literal

from msgspec import Struct

from ..language import say

ColorSpace = Literal["srgb", "display-p3", "adobe-rgb", "prophoto-rgb", "bt2020", "other"]
# The names of kinds in sentences.
SPACES_IN_WORDS: Mapping[ColorSpace, str] = {
    "srgb": "sRGB",
    "display-p3": "Display P3",
    "adobe-rgb": "Adobe RGB",
    "prophoto-rgb": "ProPhoto RGB",
    "bt2020": "BT.2020",
    "other": "a colour space of its own",
}
Transfer = Literal["sdr", "pq", "hlg"]
Chroma = Literal["4:2:0", "4:2:2", "4:4:4", "4:0:0", "4:1:1", "rgb"]
Level = Literal["metadata", "decode", "content"]
LEVELS: tuple[Level, ...] = ("metadata", "decode", "content")


class Problem(StrEnum):
    """The faults of a file itself, independent of models. An entry of `problems` is `<problem>: <detail>`."""

    MISSING = "missing"
    UNREADABLE = "unreadable"
    EMPTY = "empty"
    NOT_MEDIA = "not media"
    BROKEN = "broken header"
    MISSTATED = "false header"
    TRUNCATED = "truncated"
    CORRUPT = "corrupt"
    ENCRYPTED = "encrypted"
    OVERSIZED = "beyond bounds"
    NOT_RUN = "not measured"

    def because(self, detail: str) -> str:
        """The entry for `Facts.problems`."""
        return f"{self.value}: {detail}"


ENCRYPTED_PICTURE = Problem.ENCRYPTED.because(say("its picture cannot be read without a key"))
ENCRYPTED_SOUND = Problem.ENCRYPTED.because(say("its sound cannot be decoded without a key"))


def counted(count: int, one: str, several: str) -> str:
    """The words for one thing, or those for several, which hold `{count}`."""
    return one if count == 1 else several.format(count=count)


def missing_library(format: str, error: ImportError) -> str:
    """The entry for `Facts.problems` if the library that reads this format does not load."""
    reason = f"a library that reads {format} does not load ({error}); `mediapreflight doctor` says more"
    return Problem.NOT_RUN.because(reason)


def undecoded_after(seconds: float) -> str:
    """The entry for `Facts.problems` of a video of which only the first `seconds` were decoded: the rest will be cut off."""
    return Problem.NOT_RUN.because(f"it will be cut, and nothing after {seconds:g} s of it was decoded")


class _Common(Struct, frozen=True, kw_only=True, tag_field="kind"):
    path: str
    format: str | None = None
    bytes: int | None = None
    problems: tuple[str, ...] = ()

    def has_only(self, *sorts: Problem) -> bool:
        """Whether all problems are of these kinds; also true if there are none."""
        return all(entry.startswith(tuple(sort.because("") for sort in sorts)) for entry in self.problems)

    def problem(self, which: Problem) -> str | None:
        """The detail of the first problem of this kind; None if there is none."""
        if not self.problems:
            return None
        prefix = f"{which.value}: "
        return next((entry.removeprefix(prefix) for entry in self.problems if entry.startswith(prefix)), None)


class UnknownFacts(_Common, frozen=True, kw_only=True, tag="unknown"):
    """A file that is not media, or that could not be read; `problems` says which."""

    kind: ClassVar[str] = "unknown"


class ImageFacts(_Common, frozen=True, kw_only=True, tag="image"):
    """A still picture, or an animated one.

    `orientation` is the EXIF value 1 to 8; absent or nonsense counts as 1. `channels` counts stored components, alpha
    included (a palette picture has 1). `frames` of an animation; None if counting would mean decoding.
    `color_space` is what the profile or coding points really are, whatever their name; it and `transfer` are None if the
    file does not say.
    """

    kind: ClassVar[str] = "image"
    width: int | None = None
    height: int | None = None
    stored_width: int | None = None
    stored_height: int | None = None
    orientation: int = 1
    channels: int | None = None
    bit_depth: int | None = None
    color: Literal["rgb", "grey", "palette", "cmyk", "yuv"] | None = None
    has_alpha: bool | None = None
    frames: int | None = None
    has_location: bool = False
    color_space: ColorSpace | None = None
    transfer: Transfer | None = None


class VideoFacts(_Common, frozen=True, kw_only=True, tag="video"):
    """A file whose first real video stream was measured, with its first audio stream.

    `fps` is the average, `fps_nominal` what the stream states, `fps_min` and `fps_max` the longest and shortest frame's.
    `frames`, `duration_s` and the frame times are measured by walking the packets (level `decode`); `stated_*` is what headers
    say.
    `start_s`: when the first picture is shown; `audio_start_s`: when the first sound is heard, measured as well.
    `rotation`: degrees clockwise the stored picture is turned for display, after it was mirrored left to right where it is
    `mirrored`. `transfer`: `ipt-pq` is that of Dolby Vision profile 5.
    """

    kind: ClassVar[str] = "video"
    width: int | None = None
    height: int | None = None
    stored_width: int | None = None
    stored_height: int | None = None
    rotation: int = 0
    mirrored: bool = False
    sample_aspect_ratio: str | None = None
    video_codec: str | None = None
    pixel_format: str | None = None
    bit_depth: int | None = None
    chroma: Chroma | None = None
    has_alpha: bool = False
    transfer: Transfer | Literal["ipt-pq"] | None = None
    interlaced: bool | None = None
    encrypted: bool = False
    fps: float | None = None
    stated_fps: float | None = None
    fps_nominal: float | None = None
    fps_min: float | None = None
    fps_max: float | None = None
    variable_frame_rate: bool | None = None
    frames: int | None = None
    stated_frames: int | None = None
    duration_s: float | None = None
    stated_duration_s: float | None = None
    start_s: float | None = None
    audio_codec: str | None = None
    audio_sample_rate: int | None = None
    audio_start_s: float | None = None
    audio_duration_s: float | None = None
    has_location: bool = False


# What encoders put before the sound is shorter. It is heard in some containers, and not in others.
MAX_PRIMING_S = 0.1


def sound_lead(facts: VideoFacts) -> float | None:
    """How many seconds after the first picture the sound begins, by the time stamps; negative if it begins before.

    None if that is not known, and for sound that begins so much before the picture that it was recorded.
    """
    if facts.start_s is None or facts.audio_start_s is None:
        return None
    lead = facts.audio_start_s - facts.start_s
    return lead if lead >= -MAX_PRIMING_S else None


# The beginning of a problem that concerns a single packet.
GAP_WORDS = "1 of its packets cannot be decoded"


class Gap(Struct, frozen=True, kw_only=True):
    """A place in a recording where its sound cannot be decoded, in seconds. `untimed_s`: the part that has no time stamps."""

    at_s: float
    length_s: float
    untimed_s: float = 0.0


class AudioFacts(_Common, frozen=True, kw_only=True, tag="audio"):
    """A recording: a sound file, or a container without a real video stream.

    `duration_s` is measured by walking the packets (level `decode`), `stated_duration_s` what the header says.
    `peak_dbfs`: the loudest sample, 0 at full scale, -200 for digital silence. `cover_art_bytes`: size of attached pictures.
    `gaps`: the first places where sound is lost in the middle; or the last frame, if only that is cut.
    """

    kind: ClassVar[str] = "audio"
    audio_codec: str | None = None
    sample_rate: int | None = None
    channels: int | None = None
    duration_s: float | None = None
    stated_duration_s: float | None = None
    peak_dbfs: float | None = None
    cover_art_bytes: int = 0
    gaps: tuple[Gap, ...] = ()


# Shorter than a syllable: silence in its place sounds like a click, and no word is lost.
_FIXABLE_S = 0.2


def fixable_gap(facts: Facts) -> Gap | None:
    """The only place where an otherwise intact AAC or MP3 recording lost a packet; None for any other damage."""
    if not isinstance(facts, AudioFacts) or facts.audio_codec not in ("aac", "mp3") or len(facts.gaps) != 1:
        return None
    (gap,) = facts.gaps
    (problem, *others) = facts.problems or ("",)
    is_it = problem.startswith(Problem.CORRUPT.because(GAP_WORDS)) and not others and 0 < gap.length_s <= _FIXABLE_S
    return gap if is_it else None


def cut_frame(facts: Facts) -> Gap | None:
    """The last frame of an otherwise intact recording, if only part of that frame is there; else None."""
    if not isinstance(facts, AudioFacts) or facts.problem(Problem.MISSTATED) is None or len(facts.gaps) != 1:
        return None
    return facts.gaps[0]


Facts = ImageFacts | VideoFacts | AudioFacts | UnknownFacts

# Encoder padding, priming and the length of the last frame make correct files differ by up to two frames.
_TOLERANCE_S = 0.1
_TOLERANCE_SHARE = 0.02


def length_of(facts: Facts | None) -> float | None:
    """How long a recording or the picture of a video lasts, in seconds: as measured, else as its header states."""
    return facts.duration_s or facts.stated_duration_s if isinstance(facts, AudioFacts | VideoFacts) else None


def differ(first: float, second: float) -> bool:
    """Whether two lengths in seconds differ by more than in correct files."""
    return abs(first - second) > _TOLERANCE_S + _TOLERANCE_SHARE * min(first, second)
