"""Every limit of every model, with real files just inside, on, and just outside each end.

What is expected comes from `table.py`, which nobody derives from the catalog.
"""

import base64
import itertools
import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from mediapreflight import Finding, Job, check
from mediapreflight.media.facts import Level

from .limits import Alike, Bound, Choice, Entries, Model, Number, Only, Parameter, Role, Switch, Text, Together
from .media import CONTAINER_CODECS, MediaMaker
from .table import MODELS

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
        "image-size-not-accepted",
        "video-size-not-accepted",
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
COUNT_RULES = frozenset({"input-count-wrong", "input-missing", "input-unknown", "inputs-not-combinable"})
SIZES = frozenset({"side", "aspect", "pixels", "short_side"})
RULE_STEMS = {"side": "side-too", "duration": "too", "fps": "frame-rate-too"}
RULE_ENDS = {"side": ("short", "long"), "duration": ("short", "long"), "fps": ("low", "high")}
COMFORTABLE_SECONDS = 4
LONG_SECONDS, LARGE_PICTURE = {"video": 121, "audio": 301}, 21 << 20
SMALL_PICTURE = 6 << 20
VIDEO_FPS = 25
LONG_LABEL = 60
MANY_ROLES = 5
# Of the models without a service, those with limits that no other model has, and one with plain limits.
WITHOUT_SERVICE = frozenset({"gen4_turbo", "kling-multi-elements", "kling-motion-control", "omnihuman-1.5"})
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
    like: object = None
    """What is judged, of whichever model; what is judged of another model already is left to the long run."""
    slow: bool = False
    whole: bool = False


def parametrized(cases: Iterable[Case]) -> pytest.MarkDecorator:
    """A test for each model, of all its cases: one for each case would cost as much again.

    The long run has what takes long, most models to which nothing is sent, and what an earlier model judges already:
    `test_agreement.py` tells whether the catalog has each figure of each model.
    """
    quick, more = (defaultdict[str, list[Case]](list) for _ in range(2))
    of = dict[object, str]()
    for case in cases:
        is_first = of.setdefault(case.like, case.model) == case.model
        (quick if is_first and not case.slow and is_quick(case.model) else more)[case.model].append(case)
    tests = [pytest.param(judged, id=model) for model, judged in quick.items()]
    marks = (pytest.mark.sweep, pytest.mark.release)
    tests += [pytest.param(judged, id=f"{model}-more", marks=marks) for model, judged in more.items()]
    return pytest.mark.parametrize("cases", tests)


def judge(cases: Iterable[Case], media: MediaMaker, rules: Collection[str] = LIMIT_RULES) -> None:
    """Check each case, and name those to which these rules say something else than is expected."""
    wrong = {}
    for case in cases:
        found = {each.name: each.severity for each in findings(case, media) if each.name in rules}
        if found != case.expected:
            wrong[case.label] = (found, case.expected)
    assert wrong == {}


def findings(case: Case, media: MediaMaker) -> Sequence[Finding]:
    try:
        return check(Job(case.model, whole=case.whole, **case.make(media)), level=case.level).findings
    except Exception as error:
        error.add_note(case.label)
        raise


def is_quick(model: str) -> bool:
    return MODELS[model].service is not None or model in WITHOUT_SERVICE


def nameless(role: Role) -> Role:
    """A role without its name: what the same limits hold for is the same."""
    return replace(role, bounds=tuple(map(unplaced, role.bounds)))


def unplaced(bound: Bound) -> Bound:
    """A limit, of whichever role it is."""
    return replace(bound, role="")


def of_size(role: Role) -> tuple[object, ...]:
    """All limits of the size of a picture, or of the pictures of a video."""
    return role.kind, role.sizes, *(unplaced(bound) for bound in role.bounds if bound.property in SIZES)


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> MediaMaker:
    return MediaMaker(tmp_path_factory.mktemp("media"))


# --- files -------------------------------------------------------------------------------------------------------------


def bound_cases() -> Iterator[Case]:
    makers = {
        "pixels": pixel_cases,
        "short_side": short_side_cases,
        "side": side_cases,
        "aspect": aspect_cases,
        "duration": duration_cases,
        "fps": fps_cases,
        "bytes": bytes_cases,
    }
    for model, role, bound in each_bound():
        yield from makers[bound.property](model, role, bound)


def each_role() -> Iterator[tuple[str, str, Role]]:
    for model, entry in MODELS.items():
        for name, role in entry.roles.items():
            yield model, name, role


def each_bound() -> Iterator[tuple[str, Role, Bound]]:
    for model, entry in MODELS.items():
        for role in entry.roles.values():
            for bound in role.bounds:
                yield model, role, bound


def side_cases(model: str, role: Role, bound: Bound) -> Iterator[Case]:
    for end in bound.ends():
        for side in (end - 1, end, end + 1):
            other = partner(role, bound, side)
            for width, height in ((side, other), (other, side)):
                yield size_case(model, role, bound, (int(width), int(height)))


def partner(role: Role, bound: Bound, side: float) -> int:
    """A length for the other side that stays clear of every limit."""
    if bound.low is not None and side <= bound.low + 1:
        return even(side * 1.25)
    aspect = next((other.safe_high or other.high for other in role.bounds if other.property == "aspect"), None)
    return max(even(side / (0.9 * aspect)) if aspect else 0, comfortable_size(role)[0])


def aspect_cases(model: str, role: Role, bound: Bound) -> Iterator[Case]:
    short = comfortable_size(role)[0]
    for end in bound.ends():
        for long in (round(short * end) + step for step in (-1, 0, 1) if end > 1):
            for size in ((short, long), (long, short)):
                yield size_case(model, role, bound, size)


def pixel_cases(model: str, role: Role, bound: Bound) -> Iterator[Case]:
    for end in map(int, bound.ends()):
        width = math.isqrt(end)
        for height in (end // width + step for step in (-1, 0, 1)):
            yield size_case(model, role, bound, (width, height))


def short_side_cases(model: str, role: Role, bound: Bound) -> Iterator[Case]:
    for end in map(int, bound.ends()):
        for short in (end - 1, end, end + 1):
            for size in ((short, even(end * 1.25)), (even(end * 1.25), short)):
                yield size_case(model, role, bound, size)


def size_case(model: str, role: Role, bound: Bound, size: tuple[int, int]) -> Case:
    def make(media: MediaMaker) -> Mapping[str, Any]:
        return {bound.role: media.picture(*size) if role.kind == "image" else media.video(*size)}

    label = f"{model}-{bound.role}-{bound.property}-{size[0]}x{size[1]}"
    return Case(label, model, size_verdict(role, size), make, like=(of_size(role), size))


def size_verdict(role: Role, size: tuple[int, int]) -> Expected:
    found: dict[str, str] = {}
    for bound in role.bounds:
        if bound.property == "side":
            found |= expect(role, bound, min(size)) | expect(role, bound, max(size))
        elif bound.property == "aspect" and (severity := bound.verdict(max(size) / min(size))):
            found[f"{role.kind}-aspect-ratio-too-extreme"] = severity
        elif bound.property in ("pixels", "short_side"):
            value = min(size) if bound.property == "short_side" else size[0] * size[1]
            if severity := bound.verdict(value):
                found[f"{role.kind}-size-not-accepted"] = severity
    return found


def exact_size_cases() -> Iterator[Case]:
    for model, name, role in each_role():
        sizes = [each.rpartition("=")[2] for each in role.sizes]
        for each, (accepted, value) in itertools.product(sizes, [(each.rpartition("=")[2], each) for each in role.sizes]):
            asked = {"size": accepted} if "=" in value else {}
            width, height = map(int, each.split("x"))
            for size in ((width, height), (width + 2, height), (width, height - 2)):
                taken = {accepted} if asked else set(sizes)
                expected = {} if f"{size[0]}x{size[1]}" in taken else {f"{role.kind}-size-not-accepted": "error"}

                def make(
                    media: MediaMaker,
                    name: str = name,
                    role: Role = role,
                    size: tuple[int, int] = size,
                    asked: Mapping[str, str] = asked,
                ) -> Mapping[str, Any]:
                    long = comfortable_seconds(role)
                    file = media.picture(*size) if role.kind == "image" else media.video(*size, seconds=long)
                    return {name: file, "parameters": asked}

                label = "-".join([model, name, f"{size[0]}x{size[1]}", *asked.values()])
                yield Case(label, model, expected, make, like=(of_size(role), size, *asked.items()))


def duration_cases(model: str, role: Role, bound: Bound) -> Iterator[Case]:
    step = Fraction(1, VIDEO_FPS) if role.kind == "video" else Fraction(1, 20)
    parameters = values_for(MODELS[model], role, bound)
    for end in bound.ends():
        # A video ends with a frame.
        first = end // step * step if role.kind == "video" else Fraction(end)
        for seconds in (first + steps * step for steps in (-1, 0, 1)):

            def make(media: MediaMaker, seconds: Fraction = seconds) -> Mapping[str, Any]:
                return {bound.role: timed_file(media, role, seconds), "parameters": parameters}

            label = "-".join([model, bound.role, "duration", str(float(seconds)), *parameters.values()])
            expected, slow = expect(role, bound, float(seconds)), seconds > LONG_SECONDS[role.kind]
            like = (role.kind, unplaced(bound), *parameters.items())
            yield Case(label, model, expected, make, level="decode", like=like, slow=slow)


def values_for(entry: Model, role: Role, bound: Bound) -> dict[str, str]:
    """The values of a job for which this bound counts, and not another that stands in its place."""
    others = [each.when.split("=") for each in role.bounds if each.when and each.property == bound.property]
    if bound.when or not others:
        return dict([bound.when.split("=")]) if bound.when else {}
    name, taken = others[0][0], {value for _, value in others}
    parameter = entry.parameters[name]
    assert isinstance(parameter, Choice)
    return {name: str(next(value for value in parameter.values if value not in taken))} if set(parameter.values) - taken else {}


def fps_cases(model: str, role: Role, bound: Bound) -> Iterator[Case]:
    for end in bound.ends():
        for fps in (Fraction(end) + Fraction(step, 2) for step in (-1, 0, 1)):

            def make(media: MediaMaker, fps: Fraction = fps) -> Mapping[str, Any]:
                return {bound.role: media.video(*comfortable_size(role), fps=fps, seconds=comfortable_seconds(role))}

            label, expected = f"{model}-{bound.role}-fps-{float(fps)}", expect(role, bound, float(fps))
            yield Case(label, model, expected, make, level="decode", like=unplaced(bound))


def bytes_cases(model: str, role: Role, bound: Bound) -> Iterator[Case]:
    for end in bound.ends():
        # What is behind a URL is not fetched.
        for size in (int(end) + step for step in (-1, 0, 1)) if bound.when != "as url" else ():
            severity = bound.verdict(size)

            def make(media: MediaMaker, size: int = size) -> Mapping[str, Any]:
                file = comfortable_file(media, role, bytes=size)
                return {bound.role: inside_request(file, role) if bound.when == "as data" else file}

            label = "-".join([model, bound.role, "bytes", str(size), *([bound.when] if bound.when else [])])
            expected = {"file-too-large": severity} if severity else {}
            slow = role.kind == "image" and size > (SMALL_PICTURE if bound.when else LARGE_PICTURE)
            yield Case(label, model, expected, make, like=(role.kind, unplaced(bound)), slow=slow)


def expect(role: Role, bound: Bound, value: float) -> dict[str, str]:
    severity = bound.verdict(value)
    if severity is None:
        return {}
    is_low = bound.low is not None and value <= max(bound.low, bound.safe_low or 0)
    return {f"{role.kind}-{RULE_STEMS[bound.property]}-{RULE_ENDS[bound.property][not is_low]}": severity}


def comfortable_size(role: Role) -> tuple[int, int]:
    """Short and long side, well inside every limit; the short one such that ratios of one decimal give whole sides.

    Of roles that take certain sizes only, the first of them.
    """
    if role.sizes:
        width, height = map(int, role.sizes[0].rpartition("=")[2].split("x"))
        return width, height
    low = next((bound.low for bound in role.bounds if bound.property == "side"), None) or 0
    low = max(low, *(math.sqrt(bound.low or 0) for bound in role.bounds if bound.property == "pixels"), 0)
    short = max(500, math.ceil(low * 1.25 / 10) * 10)
    return short, even(short * 1.25)


def even(length: float) -> int:
    return math.ceil(length / 2) * 2


def comfortable_seconds(role: Role) -> Fraction:
    ends = [(bound.low or 0, bound.high or math.inf) for bound in role.bounds if bound.property == "duration"]
    low, high = ends[0] if ends else (0, math.inf)
    return Fraction(min(high - 1, COMFORTABLE_SECONDS) if low <= COMFORTABLE_SECONDS else math.ceil(low) + 1)


def comfortable_file(
    media: MediaMaker, role: Role, *, format: str | None = None, codec: str | None = None, bytes: int | None = None
) -> Path:
    size, seconds = comfortable_size(role), comfortable_seconds(role)
    match role.kind:
        case "image":
            return media.picture(*size, format=format or "jpeg", bytes=bytes)
        case "audio":
            return media.audio(float(seconds), format=format or "mp3", bytes=bytes)
        case _:
            return media.video(*size, seconds=seconds, container=format or "mp4", codec=codec, bytes=bytes)


@parametrized([*bound_cases(), *exact_size_cases()])
def test_bound(cases: list[Case], media: MediaMaker) -> None:
    judge(cases, media)


# --- formats, codecs, alpha --------------------------------------------------------------------------------------------


def format_cases() -> Iterator[Case]:
    for model, name, role in each_role():
        for format in FORMATS[role.kind]:

            def make(media: MediaMaker, name: str = name, role: Role = role, format: str = format) -> Mapping[str, Any]:
                return {name: comfortable_file(media, role, format=format)}

            expected = dict(format_verdict(role, format))
            if role.kind == "video":
                expected |= codec_verdict(role, CONTAINER_CODECS.get(format, "h264"))
            yield Case(f"{model}-{name}-{format}", model, expected, make, level="decode", like=(format, *expected.items()))


def format_verdict(role: Role, format: str) -> Expected:
    if role.formats and format not in role.formats:
        return {"file-format-not-accepted": "error"}
    return {"file-format-not-accepted": "warning"} if format in role.wary_formats else {}


def codec_verdict(role: Role, codec: str) -> Expected:
    return {"video-codec-not-accepted": "error"} if role.codecs and codec not in role.codecs else {}


def codec_cases() -> Iterator[Case]:
    for model, name, role in each_role():
        for codec in CODECS if role.kind == "video" else ():

            def make(media: MediaMaker, name: str = name, role: Role = role, codec: str = codec) -> Mapping[str, Any]:
                return {name: comfortable_file(media, role, codec=codec)}

            expected = codec_verdict(role, codec)
            yield Case(f"{model}-{name}-{codec}", model, expected, make, like=(codec, *expected.items()))


def alpha_cases() -> Iterator[Case]:
    for model, name, role in each_role():
        for format in ("png", "webp") if role.kind == "image" else ():

            def make(media: MediaMaker, name: str = name, role: Role = role, format: str = format) -> Mapping[str, Any]:
                return {name: media.picture(*comfortable_size(role), format=format, alpha=True)}

            expected = dict(format_verdict(role, format))
            if format in role.formats_without_alpha:
                expected["image-has-alpha"] = "error"
            yield Case(f"{model}-{name}-{format}-alpha", model, expected, make, like=(format, *expected.items()))


@parametrized([*format_cases(), *codec_cases(), *alpha_cases()])
def test_format(cases: list[Case], media: MediaMaker) -> None:
    judge(cases, media)


def comfortable_cases() -> Iterator[Case]:
    for model, name, role in each_role():
        format = next(format for format in FORMATS[role.kind] if not format_verdict(role, format))

        def make(media: MediaMaker, name: str = name, role: Role = role, format: str = format) -> Mapping[str, Any]:
            return {name: comfortable_file(media, role, format=format)}

        yield Case(f"{model}-{name}", model, {}, make, level="decode", like=nameless(role))


@parametrized(comfortable_cases())
def test_a_comfortable_file_has_no_finding_at_all(cases: list[Case], media: MediaMaker) -> None:
    for case in cases:
        said = [(each.name, each.message) for each in findings(case, media) if each.severity != "info"]
        assert said == [], case.label


# --- values ------------------------------------------------------------------------------------------------------------


def value_cases() -> Iterator[Case]:
    for model, entry in MODELS.items():
        for kind, values in (("parameters", entry.parameters), ("fields", entry.fields)):
            for name, parameter in values.items():
                for value, expected in values_of(parameter):
                    yield value_case(model, kind, name, value, expected, like=(kind, name, parameter))


def value_case(model: str, kind: str, name: str, value: object, expected: Expected, *, like: object) -> Case:
    arguments = {"parameters": {name: value}} if kind == "parameters" else {name: value}
    label = f"{len(value)}-characters" if isinstance(value, str) and len(value) > LONG_LABEL else repr(value)
    return Case(f"{model}-{name}-{label}", model, expected, lambda _: arguments, like=like)


def values_of(parameter: Parameter) -> Iterator[tuple[object, Expected]]:
    match parameter:
        case Number():
            yield from number_values(parameter)
        case Choice():
            yield from choice_values(parameter)
        case Switch():
            yield from ((True, {}), (False, {}), ("yes", {"parameter-type-wrong": "error"}))
        case Only():
            yield from ((parameter.value, {}), (not parameter.value, {"parameter-choice-unknown": "error"}))
        case Entries():
            yield from entries_values(parameter)
        case Text():
            yield "x" * parameter.most, {}
            # Characters are counted, not bytes.
            yield "\N{CJK UNIFIED IDEOGRAPH-4F60}" * (parameter.most_chinese or parameter.most), {}
            yield "x" * (parameter.most + 1), {"text-too-long": parameter.beyond}
            if parameter.most_chinese:
                yield "\N{CJK UNIFIED IDEOGRAPH-4F60}" * (parameter.most_chinese + 1), {"text-too-long": parameter.beyond}
            emoji = "\N{GRINNING FACE}" * (parameter.most // 2)
            yield emoji + "\N{GRINNING FACE}", {"text-too-long": parameter.beyond} if parameter.utf16 else {}
            yield emoji, {}
            yield 5, {"parameter-type-wrong": "error"}


def entries_values(entries: Entries) -> Iterator[tuple[object, Expected]]:
    outside = {"parameter-out-of-range": "error"}
    one: Any = {name: fitting(limits) for name, limits in entries.keys} or entries.values[0]
    yield from (([one] * count, {}) for count in (entries.least, entries.most))
    yield from (([one] * count, outside) for count in (entries.least - 1, entries.most + 1))
    yield from ((value, {"parameter-type-wrong": "error"}) for value in ("one", [5]))
    if entries.values:
        yield ["none-of-them"], {"parameter-choice-unknown": "error"}
    for name, limits in entries.keys:
        for value, expected in values_of(limits) if limits else ():
            yield [{**one, name: value}], expected


def fitting(limits: Number | Text | None) -> object:
    return limits.low if isinstance(limits, Number) else "x"


def number_values(number: Number) -> Iterator[tuple[object, Expected]]:
    outside, wrong = {"parameter-out-of-range": "error"}, {"parameter-type-wrong": "error"}
    step = 1 if number.integer else 0.01
    accepted = {number.low, *number.special_values}
    yield from ((value - step, outside) for value in sorted(accepted) if value - step not in accepted)
    yield from ((value, {}) for value in sorted(accepted))
    if number.high is None or number.low + step <= number.high:
        yield number.low + step, {}
    if number.high is not None:
        yield from ((number.high - step, {}), (number.high, {})) if number.high > number.low else ()
        yield number.high + step, outside
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


@parametrized(value_cases())
def test_value(cases: list[Case], media: MediaMaker) -> None:
    judge(cases, media)


def depending_cases() -> Iterator[Case]:
    for model, entry in MODELS.items():
        for name, cases in entry.depending.items():
            for condition, parameter in cases:
                for value, expected in values_of(parameter):
                    yield depending_case(model, name, value, condition, expected, like=(condition, name, parameter))


def depending_case(model: str, name: str, value: object, condition: str, expected: Expected, *, like: object) -> Case:
    def make(media: MediaMaker) -> Mapping[str, Any]:
        inputs, values = fulfilled(MODELS[model], condition, media)
        is_field = name in MODELS[model].fields
        return {**inputs, **({name: value} if is_field else {}), "parameters": values if is_field else {**values, name: value}}

    return Case(f"{model}-{condition}-{name}-{value!r}", model, expected, make, like=like)


def fulfilled(entry: Model, condition: str, media: MediaMaker) -> tuple[dict[str, Any], dict[str, Any]]:
    """The inputs and the parameters of which a condition is true."""
    terms = [term for term in condition.split(" + ") if not term.startswith("no ")]
    values = dict(term.split("=") for term in terms if "=" in term)
    inputs = {term: given(entry, term, media) for term in terms if "=" not in term}
    inputs |= {name: value for name, value in values.items() if name in entry.fields}
    return inputs, {name: value for name, value in values.items() if name not in entry.fields}


def given(entry: Model, name: str, media: MediaMaker) -> Any:
    """A file of a role; a text for a field."""
    return comfortable_file(media, entry.roles[name]) if name in entry.roles else "https://host/of-it"


@parametrized(depending_cases())
def test_value_that_depends_on_inputs_and_other_values(cases: list[Case], media: MediaMaker) -> None:
    judge(cases, media)


@pytest.mark.parametrize(
    ("model", "name", "condition"),
    [(model, name, when) for model, entry in MODELS.items() for name, cases in entry.required_when.items() for when in cases],
)
def test_value_that_is_required_at_times(model: str, name: str, condition: str, media: MediaMaker) -> None:
    entry = MODELS[model]
    files, values = fulfilled(entry, condition, media)
    assert name in missing(Job(model, parameters=values, **files))
    # The table does not say of values without limits whether they are parameters.
    ways: tuple[dict[str, Any], ...] = ({"parameters": {**values, name: "16:9"}}, {name: "a"})
    assert any(name not in missing(Job(model, **{"parameters": values, **files, **given})) for given in ways)
    for role in (term.removeprefix("no ") for term in condition.split(" + ") if term.startswith("no ")):
        assert name not in missing(Job(model, parameters=values, **{role: given(entry, role, media)}))
    if values:
        assert name not in missing(Job(model, **files))
    chosen = {term.partition("=")[0] for term in condition.split(" + ") if "=" in term} & entry.fields.keys()
    if chosen:
        assert name not in missing(Job(model, **{role: value for role, value in files.items() if role not in chosen}))


def missing(job: Job) -> set[str | None]:
    return {finding.role for finding in check(job, level="metadata").findings if finding.name == "input-missing"}


# --- files together ----------------------------------------------------------------------------------------------------

SEVERAL = {
    name: entry
    for name, entry in MODELS.items()
    if entry.sets or entry.together or any(role.count for role in entry.roles.values())
}


def is_lawful(entry: Model, given: Mapping[str, int], when: str) -> bool:
    """Whether a job of so many files a role has neither too many, nor too few, nor a wrong set of roles, where that is true."""
    there = {role for role, count in given.items() if count}
    for name, role in entry.roles.items():
        least, most = role.count or (int(role.required), 1)
        if not least <= given.get(name, 0) <= most:
            return False
    for limit in entry.together:
        if limit.files and (limit.when is None or limit.when in there or limit.when == when):
            least, most = limit.files
            if not least <= sum(given.get(role, 0) for role in limit.roles) <= most:
                return False
    for name, others in entry.keys_of.items():
        if name in entry.roles and given.get(name, 0) > max(given.get(other, 0) for other in others):
            return False
    there -= entry.keys_of.keys()
    sets = entry.sets_when.get(when, entry.sets)
    return not sets or any(is_of_set(there, each) for each in sets)


def is_of_set(there: set[str], legal: str) -> bool:
    words = legal.split(" + ") if legal else []
    needed = {word for word in words if not word.endswith("?")}
    return needed <= there <= {word.removesuffix("?") for word in words} and (bool(there) or not words)


def counts_to_try(entry: Model) -> Iterator[dict[str, int]]:
    """Every set of roles; every number of files at the end of a range, beside each set; all sums at the ends of groups."""
    names = list(entry.roles)
    several = {name: role.count for name, role in entry.roles.items() if role.count}
    for given in itertools.product((0, 1), repeat=len(names)):
        yield dict(zip(names, given, strict=True))
    for name, (least, most) in several.items():
        partners = [frozenset[str](), *(frozenset({other}) for other in names if other != name)]
        for others, count in itertools.product(partners, {least - 1, least, most, most + 1} - {-1}):
            yield {**dict.fromkeys(others, 1), name: count}
    for limit in entry.together:
        for ends in [{limit.files[0] - 1, limit.files[0], limit.files[1], limit.files[1] + 1}] if limit.files else []:
            ranges = [range((entry.roles[role].count or (0, 1))[1] + 1) for role in limit.roles]
            for counts in itertools.product(*ranges):
                if sum(counts) in ends:
                    beside = {limit.when: 1} if limit.when in entry.roles else {}
                    yield {**dict(zip(limit.roles, counts, strict=True)), **beside}


@parametrized(
    Case(name, name, {}, lambda _: {}, like=(*entry.roles, *entry.sets, *entry.together), slow=len(entry.roles) > MANY_ROLES)
    for name, entry in SEVERAL.items()
)
def test_how_many_files_and_which_together(cases: list[Case], media: MediaMaker) -> None:
    (case,) = cases
    entry = SEVERAL[case.model]
    files = {name: comfortable_file(media, role) for name, role in entry.roles.items()}
    tried = {tuple(given.items()): given for given in counts_to_try(entry)}.values()
    for when in ("", *entry.sets_when):
        values = dict([when.split("=")]) if when else {}
        lists = [{role: [files[role]] * count for role, count in given.items() if count} for given in tried]
        found = [
            not any(each.name in COUNT_RULES and is_of_files(each.role, entry) for each in report.findings)
            for report in (check(Job(case.model, **each, **values), level="metadata") for each in lists)
        ]
        assert {True, False} == set(found)
        assert [given for given, ok in zip(tried, found, strict=True) if ok != is_lawful(entry, given, when)] == []


def fields_combined() -> Iterator[tuple[str, tuple[str, ...], bool]]:
    """Jobs with the fields that combinations name, each beside one of every set of roles."""
    for model, entry in MODELS.items():
        sets = [{word.removesuffix("?") for word in each.split(" + ") if word} for each in entry.sets]
        fields = sorted(set().union(*sets) - entry.roles.keys())
        for given in itertools.product((0, 1), repeat=len(entry.roles) + len(fields)) if fields else ():
            there = {name for name, count in zip((*entry.roles, *fields), given, strict=True) if count}
            if there & set(fields):
                yield model, tuple(sorted(there)), any(is_of_set(there, each) for each in entry.sets)


def test_fields_beside_files(media: MediaMaker) -> None:
    wrong, seen = [], set()
    for model, there, lawful in fields_combined():
        job = Job(model, **{name: given(MODELS[model], name, media) for name in there})
        found = not any(each.name == "inputs-not-combinable" for each in check(job, level="metadata").findings)
        seen.add((model, found))
        wrong += [(model, there)] if found != lawful else []
    assert (wrong, len(seen)) == ([], 2 * len({model for model, _ in seen}))


def test_what_is_sent_with_a_file_needs_it(media: MediaMaker) -> None:
    for model, entry in MODELS.items():
        for name, others in entry.keys_of.items():
            value = given(entry, name, media)

            def alone(**files: Any) -> bool:
                findings = check(Job(model, **{name: value}, **files), level="metadata").findings  # noqa: B023
                return any(each.name == "inputs-not-combinable" and each.role == name for each in findings)  # noqa: B023

            assert alone()
            assert not any(alone(**{other: given(entry, other, media)}) for other in others)
            if entry.roles[others[0]].count:
                second = {f"{name}_2": value, others[0]: given(entry, others[0], media)}
                assert any(each.role == f"{name}_2" for each in check(Job(model, **second), level="metadata").findings)


def is_of_files(name: str | None, entry: Model) -> bool:
    return name is None or any(name == role or name.startswith(f"{role}_") for role in entry.roles)


def total_cases() -> Iterator[Case]:
    for model, entry in MODELS.items():
        for limit in entry.together:
            if limit.seconds is None:
                continue
            role = entry.roles[limit.roles[0]]
            step = Fraction(1, VIDEO_FPS)
            for steps in (-1, 0, 1):
                expected = {"total-duration-wrong": "error"} if steps > 0 else {}
                parts = (Fraction(limit.seconds // 2), limit.seconds - limit.seconds // 2 + steps * step)
                if limit.plus is None:
                    yield total_case(model, limit, role, parts, {}, expected)
                else:
                    asked = limit.seconds - COMFORTABLE_SECONDS
                    lengths = (COMFORTABLE_SECONDS + steps * step,)
                    yield total_case(model, limit, role, lengths, {limit.plus: asked}, expected)
                    yield total_case(model, limit, role, lengths, {limit.plus: -1}, {})


def total_case(
    model: str, limit: Together, role: Role, parts: tuple[Fraction, ...], parameters: Mapping[str, int], expected: Expected
) -> Case:
    def make(media: MediaMaker) -> Mapping[str, Any]:
        files = [timed_file(media, role, seconds) for seconds in parts]
        several = role.count is not None or len(files) == 1
        given = {limit.roles[0]: files} if several else dict(zip(limit.roles, files, strict=True))
        return {**given, "parameters": parameters}

    label = "-".join([model, *limit.roles, *(str(float(part)) for part in parts), *map(str, parameters.values())])
    return Case(label, model, expected, make, like=(limit, parts, *parameters.items()))


def timed_file(media: MediaMaker, role: Role, seconds: Fraction) -> Path:
    return media.audio(float(seconds)) if role.kind == "audio" else media.video(*comfortable_size(role), seconds=seconds)


@parametrized(total_cases())
def test_seconds_together(cases: list[Case], media: MediaMaker) -> None:
    judge(cases, media, LIMIT_RULES | {"total-duration-wrong"})


# --- files that agree --------------------------------------------------------------------------------------------------


def alike_cases() -> Iterator[Case]:
    for model, entry in MODELS.items():
        for alike in entry.alike:
            for name in alike.same:
                changed: dict[str, Any] = {
                    "size": {"size": (502, 624)},
                    "fps": {"fps": Fraction(30)},
                    "duration": {"seconds": Fraction(60, 25)},
                    "format": {"container": "mov"},
                }[name]
                yield alike_case(model, alike, {}, {}, {}, name)
                yield alike_case(model, alike, changed, {}, {"files-do-not-match": "error"}, name)
            if alike.factor is not None:
                on, beyond = {"size": (1000, round(1000 / alike.factor))}, {"size": (1000, round(1000 / alike.factor) - 1)}
                square = {"size": (1000, 1000)}
                for given, expected in ((on, {}), (beyond, {"files-do-not-match": "error"})):
                    yield alike_case(model, alike, given, square, expected, "factor")
                    yield alike_case(model, alike, square, given, expected, "factor")


def alike_case(model: str, alike: Alike, first: dict[str, Any], second: dict[str, Any], expected: Expected, what: str) -> Case:
    def make(media: MediaMaker) -> Mapping[str, Any]:
        shapes = {alike.first: first, alike.second: second}
        return {role: shaped(media, MODELS[model].roles[role], **shape) for role, shape in shapes.items()}

    label = f"{model}-{alike.first}-{alike.second}-{what}-{first}-{second}"
    return Case(label, model, expected, make, level="decode", like=(alike, what, str(first), str(second)))


def shaped(
    media: MediaMaker,
    role: Role,
    *,
    size: tuple[int, int] = (500, 624),
    fps: Fraction = Fraction(25),
    seconds: Fraction = Fraction(2),
    container: str = "mp4",
) -> Path:
    if role.kind == "image":
        return media.picture(*size)
    return media.video(*size, fps=fps, seconds=seconds, container=container)


@parametrized(alike_cases())
def test_files_that_agree(cases: list[Case], media: MediaMaker) -> None:
    judge(cases, media, {"files-do-not-match"})


# --- how files travel --------------------------------------------------------------------------------------------------


def way_cases() -> Iterator[Case]:
    for model, name, role in each_role():
        like = (role.kind, role.oss, role.base64)
        named = {"url-kind-not-accepted": "warning"}
        in_store = {} if role.oss else named
        yield Case(
            f"{model}-{name}-oss", model, in_store, lambda _, name=name: {name: "oss://bucket/file"}, like=like, whole=True
        )

        def make(media: MediaMaker, name: str = name, role: Role = role) -> Mapping[str, Any]:
            return {name: inside_request(comfortable_file(media, role), role)}

        inside = {} if role.base64 else {"url-kind-not-accepted": "info"} if role.oss else named
        yield Case(f"{model}-{name}-base64", model, inside, make, like=like, whole=True)


def inside_request(file: Path, role: Role) -> str:
    content = base64.b64encode(file.read_bytes()).decode("ascii")
    return f"data:{role.kind}/{file.suffix[1:]};base64,{content}"


@parametrized(way_cases())
def test_way_that_a_file_travels(cases: list[Case], media: MediaMaker) -> None:
    judge(cases, media, {"url-kind-not-accepted"})
