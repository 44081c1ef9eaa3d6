"""The types of a step, and of the plan for one file; the steps that pictures, recordings and videos share.

A step is a typed record of a change, with its figures. A dry run prints the same object that is run.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, ClassVar, Literal, TypeVar

import msgspec
from msgspec import Struct

from ..language import say
from ..media.source import display_name
from ..people.geometry import Mapping, orient, resize
from ..text import shown

Size = tuple[int, int]
# The steps, in the order they run; the extension of the output, without its dot; and what it will be.
Planned = tuple[tuple["Step", ...], str, "Expected"]
_S = TypeVar("_S", bound="Step")


class Step(Struct, frozen=True, kw_only=True):
    """One change to one file. Subclasses add the figures and show them in `detail`.

    `reason`: the code and name of the finding it fixes (`IMG006 image-side-too-long`), or the option or step that needs it.
    """

    name: ClassVar[str]
    reason: str

    @property
    def detail(self) -> str:
        """What is done, in words, with figures: `5000 x 3000 to 4096 x 2458 px`."""
        raise NotImplementedError

    @property
    def mapping(self) -> Mapping:
        """From displayed pixels before the step to those after it."""
        return orient(1, 1, 1)

    def to_dict(self) -> dict[str, Any]:
        """As `prepared.json` and a dry run write it."""
        return {"name": self.name, "detail": self.detail, "reason": self.reason}


class Expected(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The planned output; fields that the steps do not determine are absent. Pixels, seconds, frames per second."""

    format: str | None = None
    width: int | None = None
    height: int | None = None
    duration_s: float | None = None
    fps: float | None = None
    video_codec: str | None = None
    audio_codec: str | None = None

    @property
    def in_words(self) -> str:
        """What is known of it, as `mp4, h264, 640 x 480 px, 24 fps, 2.00 s`."""
        parts = (
            self.format,
            self.video_codec or self.audio_codec,
            f"{self.width} x {self.height} px" if self.width else None,
            f"{shown(self.fps)} fps" if self.fps else None,
            f"{self.duration_s:.2f} s" if self.duration_s else None,
        )
        # A format and its codec may have one name.
        return ", ".join(dict.fromkeys(part for part in parts if part))


class FilePlan(Struct, frozen=True, kw_only=True):
    """What will be done to one file.

    `source`: its path. `suffix`: the extension the output gets. No steps: the file fits, and is linked or copied byte for byte.
    """

    role: str
    kind: str
    source: str
    suffix: str
    steps: tuple[Step, ...]
    expected: Expected

    @property
    def is_copy(self) -> bool:
        """Whether no byte of the file changes."""
        return all(step.name == "rename" for step in self.steps)

    def to_dict(self) -> dict[str, Any]:
        """As a dry run writes it."""
        return {
            "source": display_name(self.source),
            "suffix": self.suffix,
            "steps": [step.to_dict() for step in self.steps],
            "expected": msgspec.to_builtins(self.expected),
        }


def from_format_to(source: str, target: str) -> str:
    """Two formats as a step names them: `HEIC to JPEG`; only one if they are equal."""
    before, after = source.upper(), target.upper()
    return after if before == after else say("{before} to {after}", before=before, after=after)


def in_pixels(size: Size) -> str:
    """A size as steps name it: `640 x 480`."""
    return f"{size[0]} x {size[1]}"


def mapping(steps: Sequence[Step]) -> Mapping:
    """From the displayed pixels of the source to those of the planned output.

    If a picture is smaller than planned (see `Convert`), apply `geometry.resize` from the planned size afterwards.
    """
    return functools.reduce(Mapping.then, (step.mapping for step in steps), orient(1, 1, 1))


def step_of(steps: Sequence[Step], kind: type[_S]) -> _S | None:
    """The first step of a kind; None if there is none."""
    return next((step for step in steps if isinstance(step, kind)), None)


class Scale(Step, frozen=True, kw_only=True):
    """Scale both sides by one factor: videos by Lanczos's filter, pictures too, but down by Hamming's."""

    name: ClassVar[str] = "scale"
    size: Size
    new_size: Size

    @property
    def mapping(self) -> Mapping:
        return resize(self.size, self.new_size)

    @property
    def detail(self) -> str:
        before, after = in_pixels(self.size), in_pixels(self.new_size)
        if self.new_size[0] * self.new_size[1] > self.size[0] * self.size[1]:
            return say("{before} to {after} px; this adds no detail", before=before, after=after)
        return say("{before} to {after} px", before=before, after=after)


class StripLocation(Step, frozen=True, kw_only=True):
    """Remove the location from the metadata, without changing pixels. `whole_metadata`: all metadata is removed, by an encode."""

    name: ClassVar[str] = "strip-location"
    whole_metadata: bool

    @property
    def detail(self) -> str:
        if self.whole_metadata:
            return say("GPS position, with all other metadata")
        return say("GPS position in EXIF and XMP; pixels unchanged")


class Flatten(Step, frozen=True, kw_only=True):
    """Put one colour, `#rrggbb`, behind the picture, or behind every frame; it shows where they are transparent."""

    name: ClassVar[str] = "flatten"
    background: str

    @property
    def detail(self) -> str:
        return say("transparency onto {background}", background=self.background)


class ToneMap(Step, frozen=True, kw_only=True):
    """Bring high dynamic range to standard range: BT.709 for videos, sRGB for pictures."""

    name: ClassVar[str] = "tone-map"
    transfer: Literal["pq", "hlg"]

    @property
    def detail(self) -> str:
        return say("{transfer} to standard range", transfer=self.transfer.upper())


class Rename(Step, frozen=True, kw_only=True):
    """Give the file another extension; no byte changes."""

    name: ClassVar[str] = "rename"
    extension: str
    format: str

    @property
    def detail(self) -> str:
        return say("contains {format} data: renamed to .{extension}", format=self.format, extension=self.extension)
