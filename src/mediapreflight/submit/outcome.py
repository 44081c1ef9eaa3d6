"""What a job's video will be by the catalog's output rule, and how what came differs from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isqrt
from typing import Any

from ..catalog.schema import Length, Model, Output
from ..job import Job
from ..media.facts import Facts, ImageFacts, VideoFacts, differ, length_of
from ..people.geometry import Box, is_box, nearest_ratio
from ..text import shown

# 30000/1001 frames a second are called 30.
_FPS_TOLERANCE_SHARE = 0.002


@dataclass(frozen=True)
class ExpectedOutput:
    """What the catalog says of a job's video; None where it cannot be known before.

    Sides in pixels as displayed, `fps` in frames a second, `duration_s` in seconds. `side_tolerance`: how many pixels a side may
    differ without a word.
    """

    width: int | None = None
    height: int | None = None
    fps: float | None = None
    duration_s: float | None = None
    video_codec: str | None = None
    sound: bool | None = None
    container: str | None = None
    side_tolerance: int = 0

    @property
    def in_words(self) -> str:
        """What is known, as `512 x 512 px, 15 fps, 4.03 s`."""
        parts = (
            f"{self.width} x {self.height} px" if self.width else "",
            f"{shown(self.fps)} fps" if self.fps else "",
            f"{self.duration_s:.2f} s" if self.duration_s else "",
        )
        return ", ".join(part for part in parts if part)


def expected_output(job: Job, model: Model, facts: Mapping[str, Facts], *, ratio: str | None = None) -> ExpectedOutput:
    """What the job's video will be.

    Args:
        facts: of the inputs that were measured, by role.
        ratio: the one the boxes will have, where the job does not give them yet; None takes the model's first.
    """
    output = model.output
    if output is None:
        return ExpectedOutput(duration_s=expected_seconds(job, model, facts))
    chosen = _chosen(job, model, ratio)
    size = None if any(job.holds(condition, model) for condition in output.size_unless) else _size(output, facts, chosen)
    return ExpectedOutput(
        width=size[0] if size else None,
        height=size[1] if size else None,
        fps=_fps(output, job, model, chosen),
        duration_s=expected_seconds(job, model, facts),
        video_codec=output.video_codec,
        sound=False if any(job.holds(condition, model) for condition in output.silent_when) else output.sound,
        container=output.container,
        side_tolerance=_side_tolerance(output),
    )


def expected_seconds(job: Job, model: Model, facts: Mapping[str, Facts]) -> float | None:
    """How long the job's result will be, in seconds; None where that is not documented, or what it follows was not measured."""
    length = length_rule(job, model)
    if length is None:
        return None
    seconds = _stated_seconds(job, model, length, facts)
    longest = model.output.max_duration if model.output else None
    return seconds if seconds is None or longest is None else min(seconds, longest)


def length_rule(job: Job, model: Model) -> Length | None:
    """The first of the model's length rules that holds for the job."""
    return next((length for length in model.lengths if length.when is None or job.holds(length.when, model)), None)


def ratio_of(job: Job, model: Model, ratio: str | None = None) -> str | None:
    """The ratio of the job's crop: of the box it gives, else the one asked for, else the model's first; None without boxes."""
    for name, field in model.fields.items():
        if field.ratios:
            given: Any = job.inputs.get(name)
            return nearest_ratio(Box(*given)) if is_box(given) else ratio or field.ratios[0]
    return None


def differences(expected: ExpectedOutput, facts: VideoFacts) -> tuple[str, ...]:
    """How a video differs from what was expected, a clause each; none where it is as expected, or nothing was.

    The average frame rate may be off by one frame over the whole length: that much depends on where the cut falls. Lengths
    are compared as everywhere: encoders pad both streams to whole frames.
    """
    found = (
        _size_difference(expected, facts),
        _fps_difference(expected, facts),
        _duration_difference(expected, facts),
        _name_difference("picture", expected.video_codec, facts.video_codec),
        _name_difference("file", expected.container, facts.format),
        _sound_difference(expected, facts),
    )
    return tuple(text for text in found if text is not None)


def _chosen(job: Job, model: Model, ratio: str | None) -> list[str]:
    """The names under which a table of the output rule can list this job: its parameters' values, and its boxes' ratio."""
    values = (job.value(name, model) for name in model.parameters)
    boxed = ratio_of(job, model, ratio)
    return [*(str(value) for value in values if value is not None), *([boxed] if boxed else [])]


def _listed(table: Mapping[str, Any], chosen: Iterable[str]) -> Any:
    return next((table[name] for name in chosen if name in table), None)


def _size(output: Output, facts: Mapping[str, Facts], chosen: Iterable[str]) -> tuple[int, int] | None:
    if output.size == "fixed":
        size: tuple[int, int] | None = _listed(output.sizes, chosen)
        return size
    source = _sides(output, facts)
    if output.size == "input" or source is None:
        return source if output.size == "input" else None
    area, step = _listed(output.areas, chosen), output.multiple_of or 1
    if output.size != "area" or area is None:
        return None
    width, height = source
    return isqrt(area * width // height) // step * step, isqrt(area * height // width) // step * step


def _sides(output: Output, facts: Mapping[str, Facts]) -> tuple[int, int] | None:
    """The sides of the input that decides the size: of the first of its roles that was measured."""
    for role in output.size_of:
        found = facts.get(role)
        if isinstance(found, ImageFacts | VideoFacts) and found.width and found.height:
            return found.width, found.height
    return None


def _side_tolerance(output: Output) -> int:
    """What the rules leave open: codecs want even sides, and of an area only the multiple is documented, not the rounding."""
    if output.size == "area":
        return output.multiple_of or 1
    return 1 if output.size == "input" else 0


def _fps(output: Output, job: Job, model: Model, chosen: Iterable[str]) -> float | None:
    if output.fps_parameter is not None:
        return _number(job.value(output.fps_parameter, model))
    listed = _listed(output.fps_by, chosen)
    return _number(listed if listed is not None else output.fps)


def _stated_seconds(job: Job, model: Model, length: Length, facts: Mapping[str, Facts]) -> float | None:
    if length.parameter is not None:
        return _number(job.value(length.parameter, model))
    found = [length_of(facts.get(role)) for role in length.roles]
    known = [seconds for seconds in found if seconds is not None]
    return min(known) if len(known) == len(found) else None


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _size_difference(expected: ExpectedOutput, facts: VideoFacts) -> str | None:
    if not (expected.width and expected.height and facts.width and facts.height):
        return None
    off = max(abs(facts.width - expected.width), abs(facts.height - expected.height))
    if off <= expected.side_tolerance:
        return None
    return f"came as {facts.width}x{facts.height} px, {expected.width}x{expected.height} was expected"


def _fps_difference(expected: ExpectedOutput, facts: VideoFacts) -> str | None:
    if expected.fps is None or facts.fps is None:
        return None
    one_frame = 1 / facts.duration_s if facts.duration_s else 0.0
    if abs(facts.fps - expected.fps) <= max(one_frame, expected.fps * _FPS_TOLERANCE_SHARE):
        return None
    return f"came with {shown(facts.fps)} frames a second, {shown(expected.fps)} were expected"


def _duration_difference(expected: ExpectedOutput, facts: VideoFacts) -> str | None:
    lasts = length_of(facts)
    if expected.duration_s is None or lasts is None or not differ(lasts, expected.duration_s):
        return None
    return f"lasts {shown(lasts)} s, {shown(expected.duration_s)} s were expected"


def _name_difference(what: str, expected: str | None, came: str | None) -> str | None:
    return f"its {what} came as {came}, {expected} was expected" if expected and came and came != expected else None


def _sound_difference(expected: ExpectedOutput, facts: VideoFacts) -> str | None:
    has_sound = facts.audio_codec is not None
    if expected.sound is None or expected.sound == has_sound:
        return None
    return "came with sound, none was expected" if has_sound else "came without sound"
