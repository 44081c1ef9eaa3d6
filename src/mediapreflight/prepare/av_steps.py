"""The steps that make recordings and videos fit. Times in seconds, sizes in pixels of the displayed picture."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import ClassVar, Literal, TypeVar

from ..catalog.interval import Interval
from .steps import Step

Size = tuple[int, int]
NEEDED = "needed by encode"

_S = TypeVar("_S", bound=Step)


def step_of(steps: Sequence[Step], kind: type[_S]) -> _S | None:
    """The first step of a kind; None where there is none."""
    return next((step for step in steps if isinstance(step, kind)), None)


class Trim(Step, frozen=True, kw_only=True):
    """Keep what lies between two times of a file that lasts `of_s`.

    `place`: a `pause` between words, the `limit` because none was found before it, or a hard cut at the `end`. `fade_s`: how long
    the sound fades out before the cut.
    """

    name: ClassVar[str] = "trim"
    start_s: float = 0.0
    end_s: float
    of_s: float
    place: Literal["pause", "limit", "end"] = "end"
    fade_s: float = 0.0

    @property
    def detail(self) -> str:
        span = f"{_seconds(self.of_s)} to {_seconds(self.end_s)}"
        if self.start_s:
            span = f"{_seconds(self.start_s)} to {_seconds(self.end_s)} of {_seconds(self.of_s)}"
        places = {"pause": ", at a pause", "limit": ", at the limit: no pause in the 5 s before it", "end": ""}
        fade = f", fading out over {self.fade_s * 1000:.0f} ms" if self.fade_s else ""
        return span + places[self.place] + fade


class PadSilence(Step, frozen=True, kw_only=True):
    """Add silence at the end."""

    name: ClassVar[str] = "pad-silence"
    from_s: float
    to_s: float

    @property
    def detail(self) -> str:
        return f"{_seconds(self.from_s)} to {_seconds(self.to_s)} with silence at its end"


class ExtractSound(Step, frozen=True, kw_only=True):
    """Take the first sound track out of a video."""

    name: ClassVar[str] = "extract-sound"
    source_format: str

    @property
    def detail(self) -> str:
        return f"the sound track of the {self.source_format.upper()}"


class DropPictures(Step, frozen=True, kw_only=True):
    """Drop attached pictures and all other tags; the sound stays."""

    name: ClassVar[str] = "drop-pictures"
    size: int

    @property
    def detail(self) -> str:
        return f"{self.size:,} bytes of attached pictures, and all tags"


class Denoise(Step, frozen=True, kw_only=True):
    """Lower the noise floor."""

    name: ClassVar[str] = "denoise"

    @property
    def detail(self) -> str:
        return "noise lowered by up to 12 dB"


class MixDown(Step, frozen=True, kw_only=True):
    """Mix all channels into one. `channels`: how many there are, None where that is not known."""

    name: ClassVar[str] = "mono"
    channels: int | None

    @property
    def detail(self) -> str:
        return "mixed down to one channel" if self.channels is None else f"{self.channels} channels mixed down to one"


class Loudness(Step, frozen=True, kw_only=True):
    """Bring the whole to this loudness, by one gain where the peaks leave room for it."""

    name: ClassVar[str] = "loudness"
    target_lufs: float

    @property
    def detail(self) -> str:
        return f"to {self.target_lufs:g} LUFS"


class RemuxSound(Step, frozen=True, kw_only=True):
    """Write the sound, bit for bit, into a new file with an honest header. `seconds`: how long it will be."""

    name: ClassVar[str] = "remux"
    source_format: str
    format: str
    seconds: float

    @property
    def detail(self) -> str:
        formats = dict.fromkeys((self.source_format.upper(), self.format.upper()))
        return f"{' to '.join(formats)} with a new header, sound bit for bit"


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
        return f"{self.source} to {self.format.upper()} ({self.codec}{rate})"


class ToZero(Step, frozen=True, kw_only=True):
    """Move the first picture to time zero, the sound with it; what is heard before it is dropped."""

    name: ClassVar[str] = "start-at-zero"
    start_s: float

    @property
    def detail(self) -> str:
        return f"first picture from {_seconds(self.start_s)} to 0 s; what sounds before it is dropped"


class CutSound(Step, frozen=True, kw_only=True):
    """Cut a sound track that runs on after the picture."""

    name: ClassVar[str] = "cut-sound"
    from_s: float
    to_s: float

    @property
    def detail(self) -> str:
        return f"sound of {_seconds(self.from_s)} to {_seconds(self.to_s)}; the picture ends there"


class DropLocation(Step, frozen=True, kw_only=True):
    """Drop the place where it was taken, and all other metadata."""

    name: ClassVar[str] = "strip-location"

    @property
    def detail(self) -> str:
        return "position and all other metadata"


class Extend(Step, frozen=True, kw_only=True):
    """Lengthen a clip of so many `frames` by playing it backward, then forward, and so on. Its sound is heard once."""

    name: ClassVar[str] = "extend"
    frames: int
    from_s: float
    to_s: float

    @property
    def detail(self) -> str:
        return f"{_seconds(self.from_s)} to {_seconds(self.to_s)} by playing it backward and forward"


class Deinterlace(Step, frozen=True, kw_only=True):
    """Make whole pictures of half ones, at the same rate."""

    name: ClassVar[str] = "deinterlace"

    @property
    def detail(self) -> str:
        return "half pictures to whole ones"


class ToneMap(Step, frozen=True, kw_only=True):
    """Bring high dynamic range to standard range (BT.709)."""

    name: ClassVar[str] = "tone-map"
    transfer: Literal["pq", "hlg"]

    @property
    def detail(self) -> str:
        return f"{self.transfer.upper()} to standard range"


class ToYuv420(Step, frozen=True, kw_only=True):
    """Store pixels as 8-bit 4:2:0. `rgb`: they are stored as red, green and blue now."""

    name: ClassVar[str] = "pixel-format"
    stored_as: str
    rgb: bool

    @property
    def detail(self) -> str:
        return f"{self.stored_as} to yuv420p"


class Upright(Step, frozen=True, kw_only=True):
    """Turn the frames as the rotation tag (degrees clockwise) asks, and drop the tag."""

    name: ClassVar[str] = "bake-rotation"
    rotation: int

    @property
    def detail(self) -> str:
        return f"frames turned by {self.rotation} degrees"


class SquarePixels(Step, frozen=True, kw_only=True):
    """Scale so that pixels are as wide as high."""

    name: ClassVar[str] = "square-pixels"
    pixel_ratio: str

    @property
    def detail(self) -> str:
        return f"pixels of {self.pixel_ratio} to 1:1"


class CropVideo(Step, frozen=True, kw_only=True):
    """Keep the middle."""

    name: ClassVar[str] = "crop"
    size: Size
    new_size: Size

    @property
    def detail(self) -> str:
        return f"{_by(self.size)} to {_by(self.new_size)} px, around the middle"


class ScaleVideo(Step, frozen=True, kw_only=True):
    """Scale every frame."""

    name: ClassVar[str] = "scale"
    size: Size
    new_size: Size

    @property
    def detail(self) -> str:
        adds = self.new_size[0] * self.new_size[1] > self.size[0] * self.size[1]
        return f"{_by(self.size)} to {_by(self.new_size)} px" + ("; this adds no detail" if adds else "")


class PadVideo(Step, frozen=True, kw_only=True):
    """Extend every frame on both sides, in one colour, `#rrggbb`."""

    name: ClassVar[str] = "pad"
    size: Size
    new_size: Size
    background: str

    @property
    def detail(self) -> str:
        return f"{_by(self.size)} to {_by(self.new_size)} px with {self.background}"


class FrameRate(Step, frozen=True, kw_only=True):
    """Show frames at one constant rate: some are dropped or repeated, none invented. `from_fps`: the average now."""

    name: ClassVar[str] = "frame-rate"
    from_fps: float
    to_fps: Fraction

    @property
    def detail(self) -> str:
        return f"{self.from_fps:.5g} fps to a constant {float(self.to_fps):.5g} fps"


class EncodeVideo(Step, frozen=True, kw_only=True):
    """Write the picture as H.264, constant quality up to a bit rate, and the sound beside it.

    `frames`: exactly so many. `max_rate`: of the picture, in bits per second; None without a byte limit. `sound`: `copy`, `aac`
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
        sound = {"copy": ", sound bit for bit", "aac": ", sound as AAC", None: ""}[self.sound]
        picture = f"h264, {_by(self.size)} px, {float(self.rate):.5g} fps"
        return f"{self.source} to {self.format.upper()} ({picture}){sound}"


class RemuxVideo(Step, frozen=True, kw_only=True):
    """Write the picture, bit for bit, into a new container with an honest header.

    `seconds`, `rate`: how long it will be, and its frames per second. `lengths`, `max_bytes`: what the copy is measured against.
    `otherwise`: the steps, with one encode, that take the place of all where the copy turns out not to fit: a cut that no frame
    border allows, time stamps the container cannot hold.
    """

    name: ClassVar[str] = "remux"
    source_format: str
    format: str
    sound: Literal["copy", "aac"] | None
    seconds: float
    rate: Fraction
    lengths: Interval
    max_bytes: int | None
    otherwise: tuple[Step, ...]

    @property
    def detail(self) -> str:
        formats = " to ".join(dict.fromkeys((self.source_format.upper(), self.format.upper())))
        copied = "picture and sound" if self.sound == "copy" else "picture"
        aac = ", sound as AAC" if self.sound == "aac" else ""
        return f"{formats}, {copied} bit for bit{aac}; encoded once where that does not come out exact"


def _seconds(value: float) -> str:
    return f"{round(value, 2):g} s"


def _by(size: Size) -> str:
    return f"{size[0]} x {size[1]}"
