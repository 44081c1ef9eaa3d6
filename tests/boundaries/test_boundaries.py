"""Every limit of every model, with real files just inside, on, and just outside each end.

What is expected comes from `table.py`, which nobody derives from the catalog.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from mediapreflight import Job, check
from mediapreflight.media.facts import Level

from .media import CONTAINER_CODECS, MediaMaker
from .table import MODELS, Bound, Choice, Number, Parameter, Role, Switch, Text

FORMATS = {
    "image": ("jpeg", "png", "bmp", "webp", "gif", "tiff", "avif"),
    "audio": ("wav", "mp3", "aac", "m4a", "flac", "ogg"),
    "video": ("mp4", "mov", "avi", "mkv", "webm", "flv", "ts", "mpg", "mxf"),
}
CODECS = ("h264", "h265", "mpeg4", "vp9")
LIMIT_RULES = frozenset(
    {
        "file-format-not-accepted",
        "file-too-large",
        "image-side-too-short",
        "image-side-too-long",
        "image-aspect-ratio-too-extreme",
        "image-has-alpha",
        "video-side-too-short",
        "video-side-too-long",
        "video-aspect-ratio-too-extreme",
        "video-frame-rate-too-low",
        "video-frame-rate-too-high",
        "video-codec-not-accepted",
        "video-too-short",
        "video-too-long",
        "audio-too-short",
        "audio-too-long",
        "parameter-out-of-range",
        "parameter-choice-unknown",
        "parameter-type-wrong",
        "text-too-long",
    }
)
RULE_STEMS = {"side": "side-too", "duration": "too", "fps": "frame-rate-too"}
RULE_ENDS = {"side": ("short", "long"), "duration": ("short", "long"), "fps": ("low", "high")}
COMFORTABLE_SECONDS = 4
VIDEO_FPS = 25
Expected = Mapping[str, str]


@dataclass(frozen=True)
class Case:
    """One file or value, and the severities it must get, by rule name."""

    label: str
    model: str
    expected: Expected
    make: Callable[[MediaMaker], Mapping[str, Any]]
    """The keyword arguments of `Job`."""
    level: Level = "metadata"


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> MediaMaker:
    return MediaMaker(tmp_path_factory.mktemp("media"))


def limit_findings(case: Case, media: MediaMaker) -> Expected:
    report = check(Job(case.model, whole=False, **case.make(media)), level=case.level)
    return {finding.name: finding.severity for finding in report.findings if finding.name in LIMIT_RULES}


# --- files -------------------------------------------------------------------------------------------------------------


def bound_cases() -> Iterator[Case]:
    makers = {"side": side_cases, "aspect": aspect_cases, "duration": duration_cases, "fps": fps_cases, "bytes": bytes_cases}
    for model, role, bound in each_bound():
        yield from makers[bound.property](model, role, bound)


def each_bound() -> Iterator[tuple[str, Role, Bound]]:
    for model, entry in MODELS.items():
        for role in entry.roles.values():
            for bound in role.bounds:
                yield model, role, bound


def side_cases(model: str, role: Role, bound: Bound) -> Iterator[Case]:
    for end in bound.ends():
        for side in (end - 1, end, end + 1):
            other = partner(role, bound, side)
            expected = expect(role, bound, side)
            for width, height in ((side, other), (other, side)):
                yield size_case(model, role, bound, (int(width), int(height)), expected)


def partner(role: Role, bound: Bound, side: float) -> int:
    """A length for the other side that stays clear of every limit."""
    if bound.low is not None and side <= bound.low + 1:
        return even(side * 1.25)
    aspect = next((other.high for other in role.bounds if other.property == "aspect"), None)
    return max(even(side / (0.9 * aspect)) if aspect else 0, comfortable_size(role)[0])


def aspect_cases(model: str, role: Role, bound: Bound) -> Iterator[Case]:
    short = comfortable_size(role)[0]
    for end in bound.ends():
        for long in (round(short * end) + step for step in (-1, 0, 1)):
            severity = bound.verdict(long / short)
            expected = {f"{role.kind}-aspect-ratio-too-extreme": severity} if severity else {}
            for size in ((short, long), (long, short)):
                yield size_case(model, role, bound, size, expected)


def size_case(model: str, role: Role, bound: Bound, size: tuple[int, int], expected: Expected) -> Case:
    def make(media: MediaMaker) -> Mapping[str, Any]:
        return {bound.role: media.picture(*size) if role.kind == "image" else media.video(*size)}

    return Case(f"{model}-{bound.role}-{bound.property}-{size[0]}x{size[1]}", model, expected, make)


def duration_cases(model: str, role: Role, bound: Bound) -> Iterator[Case]:
    step = Fraction(1, VIDEO_FPS) if role.kind == "video" else Fraction(1, 20)
    for end in bound.ends():
        for seconds in (Fraction(end) + steps * step for steps in (-1, 0, 1)):

            def make(media: MediaMaker, seconds: Fraction = seconds) -> Mapping[str, Any]:
                if role.kind == "audio":
                    return {bound.role: media.audio(float(seconds))}
                return {bound.role: media.video(*comfortable_size(role), seconds=seconds)}

            label = f"{model}-{bound.role}-duration-{float(seconds)}"
            yield Case(label, model, expect(role, bound, float(seconds)), make, level="decode")


def fps_cases(model: str, role: Role, bound: Bound) -> Iterator[Case]:
    for end in bound.ends():
        for fps in (Fraction(end) + Fraction(step, 2) for step in (-1, 0, 1)):

            def make(media: MediaMaker, fps: Fraction = fps) -> Mapping[str, Any]:
                return {bound.role: media.video(*comfortable_size(role), fps=fps)}

            yield Case(f"{model}-{bound.role}-fps-{float(fps)}", model, expect(role, bound, float(fps)), make, level="decode")


def bytes_cases(model: str, role: Role, bound: Bound) -> Iterator[Case]:
    for end in bound.ends():
        for size in (int(end) + step for step in (-1, 0, 1)):
            severity = bound.verdict(size)

            def make(media: MediaMaker, size: int = size) -> Mapping[str, Any]:
                return {bound.role: comfortable_file(media, role, bytes=size)}

            yield Case(f"{model}-{bound.role}-bytes-{size}", model, {"file-too-large": severity} if severity else {}, make)


def expect(role: Role, bound: Bound, value: float) -> Expected:
    severity = bound.verdict(value)
    if severity is None:
        return {}
    is_low = bound.low is not None and value <= bound.low
    return {f"{role.kind}-{RULE_STEMS[bound.property]}-{RULE_ENDS[bound.property][not is_low]}": severity}


def comfortable_size(role: Role) -> tuple[int, int]:
    """Short and long side, well inside every limit; the short one such that ratios of one decimal give whole sides."""
    low = next((bound.low for bound in role.bounds if bound.property == "side"), None) or 0
    short = max(500, math.ceil(low * 1.25 / 10) * 10)
    return short, even(short * 1.25)


def even(length: float) -> int:
    return math.ceil(length / 2) * 2


def comfortable_file(media: MediaMaker, role: Role, *, format: str | None = None, bytes: int | None = None) -> Path:
    size = comfortable_size(role)
    match role.kind:
        case "image":
            return media.picture(*size, format=format or "jpeg", bytes=bytes)
        case "audio":
            return media.audio(COMFORTABLE_SECONDS, format=format or "mp3", bytes=bytes)
        case _:
            return media.video(*size, container=format or "mp4", bytes=bytes)


@pytest.mark.parametrize("case", list(bound_cases()), ids=lambda case: case.label)
def test_bound(case: Case, media: MediaMaker) -> None:
    assert limit_findings(case, media) == case.expected


# --- formats, codecs, alpha --------------------------------------------------------------------------------------------


def each_role() -> Iterator[tuple[str, str, Role]]:
    for model, entry in MODELS.items():
        for name, role in entry.roles.items():
            yield model, name, role


def format_cases() -> Iterator[Case]:
    for model, name, role in each_role():
        for format in FORMATS[role.kind]:

            def make(media: MediaMaker, name: str = name, role: Role = role, format: str = format) -> Mapping[str, Any]:
                return {name: comfortable_file(media, role, format=format)}

            expected = dict(format_verdict(role, format))
            if role.kind == "video":
                expected |= codec_verdict(role, CONTAINER_CODECS.get(format, "h264"))
            yield Case(f"{model}-{name}-{format}", model, expected, make, level="decode")


def format_verdict(role: Role, format: str) -> Expected:
    if format not in role.formats:
        return {"file-format-not-accepted": "error"}
    return {"file-format-not-accepted": "warning"} if format in role.wary_formats else {}


def codec_verdict(role: Role, codec: str) -> Expected:
    return {"video-codec-not-accepted": "error"} if role.codecs and codec not in role.codecs else {}


def codec_cases() -> Iterator[Case]:
    for model, name, role in each_role():
        for codec in CODECS if role.kind == "video" else ():

            def make(media: MediaMaker, name: str = name, role: Role = role, codec: str = codec) -> Mapping[str, Any]:
                return {name: media.video(*comfortable_size(role), codec=codec)}

            yield Case(f"{model}-{name}-{codec}", model, codec_verdict(role, codec), make)


def alpha_cases() -> Iterator[Case]:
    for model, name, role in each_role():
        for format in ("png", "webp") if role.kind == "image" else ():

            def make(media: MediaMaker, name: str = name, role: Role = role, format: str = format) -> Mapping[str, Any]:
                return {name: media.picture(*comfortable_size(role), format=format, alpha=True)}

            expected = dict(format_verdict(role, format))
            if format in role.formats_without_alpha:
                expected["image-has-alpha"] = "error"
            yield Case(f"{model}-{name}-{format}-alpha", model, expected, make)


@pytest.mark.parametrize("case", [*format_cases(), *codec_cases(), *alpha_cases()], ids=lambda case: case.label)
def test_format(case: Case, media: MediaMaker) -> None:
    assert limit_findings(case, media) == case.expected


@pytest.mark.parametrize("case", [case for case in format_cases() if not case.expected], ids=lambda case: case.label)
def test_a_comfortable_file_has_no_finding_at_all(case: Case, media: MediaMaker) -> None:
    report = check(Job(case.model, whole=False, **case.make(media)), level="decode")
    assert [(finding.name, finding.message) for finding in report.findings if finding.severity != "info"] == []


# --- values ------------------------------------------------------------------------------------------------------------


def value_cases() -> Iterator[Case]:
    for model, entry in MODELS.items():
        for kind, values in (("parameters", entry.parameters), ("fields", entry.fields)):
            for name, parameter in values.items():
                for value, expected in values_of(parameter):
                    yield value_case(model, kind, name, value, expected)


def value_case(model: str, kind: str, name: str, value: object, expected: Expected) -> Case:
    arguments = {"parameters": {name: value}} if kind == "parameters" else {name: value}
    label = f"{len(value)}-characters" if isinstance(value, str) and name.endswith("prompt") else repr(value)
    return Case(f"{model}-{name}-{label}", model, expected, lambda _: arguments)


def values_of(parameter: Parameter) -> Iterator[tuple[object, Expected]]:
    match parameter:
        case Number():
            yield from number_values(parameter)
        case Choice():
            yield from choice_values(parameter)
        case Switch():
            yield from ((True, {}), (False, {}), ("yes", {"parameter-type-wrong": "error"}))
        case Text():
            yield "x" * parameter.most, {}
            # Characters are counted, not bytes.
            yield "\N{CJK UNIFIED IDEOGRAPH-4F60}" * parameter.most, {}
            yield "x" * (parameter.most + 1), {"text-too-long": parameter.beyond}
            yield 5, {"parameter-type-wrong": "error"}


def number_values(number: Number) -> Iterator[tuple[object, Expected]]:
    outside, wrong = {"parameter-out-of-range": "error"}, {"parameter-type-wrong": "error"}
    step = 1 if number.integer else 0.01
    yield from ((number.low - step, outside), (number.low, {}), (number.low + step, {}))
    yield from ((number.high - step, {}), (number.high, {}), (number.high + step, outside))
    yield from (("middle", wrong), (True, wrong))
    if number.integer:
        yield number.low + 0.5, wrong


def choice_values(choice: Choice) -> Iterator[tuple[object, Expected]]:
    for value in choice.values:
        yield value, {}
    if isinstance(choice.values[0], str):
        yield "none-of-them", {"parameter-choice-unknown": "error"}
        yield 5, {"parameter-type-wrong": "error"}
    else:
        yield max(int(value) for value in choice.values) + 1, {"parameter-choice-unknown": "error"}
        yield min(int(value) for value in choice.values) - 1, {"parameter-choice-unknown": "error"}
        yield "none-of-them", {"parameter-type-wrong": "error"}


@pytest.mark.parametrize("case", list(value_cases()), ids=lambda case: case.label)
def test_value(case: Case, media: MediaMaker) -> None:
    assert limit_findings(case, media) == case.expected
