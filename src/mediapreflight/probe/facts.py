"""What a file measurably is. Facts hold no opinion: no limit is known here.

Units: bytes, pixels, seconds, frames per second, hertz, degrees clockwise. A value that was not measured, or that the file
does not say, is None. `width` and `height` are as displayed: after EXIF orientation, rotation metadata and with square pixels.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar, Literal

from msgspec import Struct

Level = Literal["metadata", "decode", "content"]
LEVELS: tuple[Level, ...] = ("metadata", "decode", "content")


class Problem(StrEnum):
    """What can be wrong with a file itself, whatever model it is for. An entry of `problems` reads `<problem>: <detail>`."""

    MISSING = "missing"
    UNREADABLE = "unreadable"
    EMPTY = "empty"
    NOT_MEDIA = "not media"
    BROKEN = "broken header"
    TRUNCATED = "truncated"
    CORRUPT = "corrupt"
    OVERSIZED = "beyond bounds"
    NOT_RUN = "not measured"

    def because(self, detail: str) -> str:
        """The entry for `Facts.problems`."""
        return f"{self.value}: {detail}"


def missing_library(format: str, error: ImportError) -> str:
    """The entry for `Facts.problems` where the library that reads this format does not load."""
    reason = f"a library that reads {format} does not load ({error}); `mediapreflight doctor` says more"
    return Problem.NOT_RUN.because(reason)


class _Common(Struct, frozen=True, kw_only=True, tag_field="kind"):
    path: str
    format: str | None = None
    bytes: int | None = None
    problems: tuple[str, ...] = ()

    def problem(self, which: Problem) -> str | None:
        """The detail of the first problem of this sort; None where there is none."""
        if not self.problems:
            return None
        prefix = f"{which.value}: "
        return next((entry.removeprefix(prefix) for entry in self.problems if entry.startswith(prefix)), None)


class UnknownFacts(_Common, frozen=True, kw_only=True, tag="unknown"):
    """A file that is no media, or that could not be read; `problems` says which."""

    kind: ClassVar[str] = "unknown"


class ImageFacts(_Common, frozen=True, kw_only=True, tag="image"):
    """A still picture, or an animated one.

    `orientation` is the EXIF value 1 to 8; absent or nonsense counts as 1. `channels` counts stored components, alpha
    included (a palette picture has 1). `frames` of an animation; None where counting would mean decoding.
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


class VideoFacts(_Common, frozen=True, kw_only=True, tag="video"):
    """A file whose first real video stream was measured, with its first audio stream.

    `fps` is the average, `fps_nominal` what the stream states, `fps_min` and `fps_max` the longest and shortest frame's.
    `frames`, `duration_s` and the frame times are measured by walking the packets (level `decode`); `stated_*` is what headers
    say.
    `start_s`: when the first picture is shown. `rotation`: degrees clockwise the stored picture is turned for display.
    """

    kind: ClassVar[str] = "video"
    width: int | None = None
    height: int | None = None
    stored_width: int | None = None
    stored_height: int | None = None
    rotation: int = 0
    sample_aspect_ratio: str | None = None
    video_codec: str | None = None
    pixel_format: str | None = None
    bit_depth: int | None = None
    chroma: Literal["4:2:0", "4:2:2", "4:4:4", "4:0:0", "4:1:1", "rgb"] | None = None
    transfer: Literal["sdr", "pq", "hlg"] | None = None
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
    audio_duration_s: float | None = None
    has_location: bool = False


class AudioFacts(_Common, frozen=True, kw_only=True, tag="audio"):
    """A recording: a sound file, or a container without a real video stream.

    `duration_s` is measured by walking the packets (level `decode`), `stated_duration_s` what the header says.
    `peak_dbfs`: the loudest sample, 0 at full scale, -200 for digital silence. `cover_art_bytes`: size of attached pictures.
    """

    kind: ClassVar[str] = "audio"
    audio_codec: str | None = None
    sample_rate: int | None = None
    channels: int | None = None
    duration_s: float | None = None
    stated_duration_s: float | None = None
    peak_dbfs: float | None = None
    cover_art_bytes: int = 0


Facts = ImageFacts | VideoFacts | AudioFacts | UnknownFacts
