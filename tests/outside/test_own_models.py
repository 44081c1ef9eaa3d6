"""A model of the user's own, with what a catalog can express, written from the schema that `schema catalog` prints: just inside a
limit, on it, and just outside. The files are made here."""

import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from mediapreflight import Catalog, CatalogError, Job, check

SMILE = "\N{GRINNING FACE}"  # two units of UTF-16
ACCENT = "e\N{COMBINING ACUTE ACCENT}"  # two characters that look like one
HAN = "\N{CJK UNIFIED IDEOGRAPH-597D}"
RARE = "\N{CJK UNIFIED IDEOGRAPH-20000}"  # Chinese, and two units of UTF-16

MODEL = """
id = "own"
title = "Ours"
summary = "Takes what we say."
provider = "house"
[sources.house]
page = "our delivery guide"
date = "2026-11-01"

[roles.first]
field = "first"
kind = "image"
source = "house"
required = false
sizes = { documented = ["64x48", "48x64"], source = "house" }
[roles.last]
field = "last"
kind = "image"
source = "house"
required = false
[roles.wide]
field = "wide"
kind = "image"
source = "house"
required = false
pixels = { documented = "[3000, 4000)", source = "house" }
[roles.narrow]
field = "narrow"
kind = "image"
source = "house"
required = false
short_side = { documented = "(40, 60]", source = "house" }
[roles.people]
field = "people"
kind = "image"
source = "house"
required = false
count = "[0, 3]"
[roles.things]
field = "things"
kind = "image"
source = "house"
required = false
count = "[0, 3]"
[roles.voices]
field = "voice"
kind = "audio"
source = "house"
required = false
count = "[0, 3]"
key_of = ["people"]

[fields.units]
type = "string"
source = "house"
max_length = 10
length_unit = "utf16"
[fields.characters]
type = "string"
source = "house"
max_length = 10
[fields.chinese]
type = "string"
source = "house"
max_length = 10
max_chinese = 4
[fields.cut]
type = "string"
source = "house"
max_length = 10
excess_cut = true
[fields.shots]
type = "list"
source = "house"
range = "[2, 3]"
[fields.shots.keys.text]
type = "string"
source = "house"
required = true
max_length = 10
[fields.shots.keys.seconds]
type = "integer"
source = "house"
range = "[1, 5)"
[parameters.words]
type = "list"
source = "house"
range = "[1, 3]"
choices = ["red", "green"]
[parameters.seconds]
type = "integer"
source = "house"
range = "[3, 10]"
special_values = [-1]

[[groups]]
roles = ["people", "things"]
source = "house"
count = "[0, 4]"
[[groups]]
roles = ["voices"]
source = "house"
seconds = "[1, 3)"
[[pairs.matches]]
roles = ["first", "last"]
source = "house"
same = ["size", "format"]
[[pairs.matches]]
roles = ["wide", "narrow"]
source = "house"
quotient = "<= 1.25"
"""

Make = Callable[..., str]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return Catalog([_written(tmp_path_factory.mktemp("catalog"), MODEL)])


def _written(folder: Path, text: str) -> str:
    file = folder / "own.toml"
    file.write_text(text, "utf-8")
    return str(file)


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Make:
    folder = tmp_path_factory.mktemp("pictures")

    def make(width: int, height: int, orientation: int = 1, form: str = "jpeg") -> str:
        path = folder / f"{width}-{height}-{orientation}.{form}"
        exif = Image.Exif()
        exif[274] = orientation
        Image.new("RGB", (width, height), "grey").save(path, form, exif=exif)
        return str(path)

    return make


@pytest.fixture(scope="module")
def voice(tmp_path_factory: pytest.TempPathFactory) -> Make:
    folder = tmp_path_factory.mktemp("voices")

    def make(samples: int) -> str:
        path = folder / f"{samples}.wav"
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(b"\0\x10\0\xf0" * (samples // 2) + b"\0\0" * (samples % 2))
        return str(path)

    return make


def refused(own: Catalog, parameters: dict[str, Any] | None = None, **inputs: Any) -> set[str]:
    """The names of the findings that stop a job."""
    findings = check(Job("own", parameters=parameters, **inputs), level="decode", catalog=own, contained=False).findings
    return {finding.name for finding in findings if finding.severity in ("error", "unchecked")}


@pytest.mark.parametrize(
    ("field", "text", "fits"),
    [
        ("units", "x" * 10, True),
        ("units", "x" * 11, False),
        ("units", SMILE * 5, True),
        ("units", SMILE * 5 + "x", False),
        ("units", SMILE * 4 + "xxx", False),
        ("units", ACCENT * 5, True),
        ("units", HAN * 10, True),
        ("units", RARE * 6, False),
        ("characters", SMILE * 10, True),
        ("characters", SMILE * 11, False),
        ("characters", ACCENT * 5 + "x", False),
        ("chinese", "x" * 10, True),
        ("chinese", HAN * 4, True),
        ("chinese", HAN * 5, False),
        ("chinese", RARE * 5, False),
        ("chinese", "x" * 11, False),
        ("cut", "x" * 11, True),
    ],
)
def test_texts(own: Catalog, field: str, text: str, fits: bool) -> None:
    assert refused(own, **{field: text}) == (set() if fits else {"text-too-long"})


@pytest.mark.parametrize(
    ("given", "faults"),
    [
        ({"parameters": {"words": ["red"]}}, set()),
        ({"parameters": {"words": ["red", "green", "red"]}}, set()),
        ({"parameters": {"words": []}}, {"parameter-out-of-range"}),
        ({"parameters": {"words": ["red"] * 4}}, {"parameter-out-of-range"}),
        ({"parameters": {"words": ["blue"]}}, {"parameter-choice-unknown"}),
        ({"parameters": {"words": "red"}}, {"parameter-type-wrong"}),
        ({"shots": [{"text": "x" * 10, "seconds": 4}, {"text": "b"}]}, set()),
        ({"shots": [{"text": "a"}]}, {"parameter-out-of-range"}),
        ({"shots": [{"text": "a"}] * 4}, {"parameter-out-of-range"}),
        ({"shots": [{"text": "a"}, {"text": "x" * 11}]}, {"text-too-long"}),
        ({"shots": [{"text": "a"}, {"text": "b", "seconds": 5}]}, {"parameter-out-of-range"}),
        ({"shots": [{"text": "a"}, {"text": "b", "seconds": "4"}]}, {"parameter-type-wrong"}),
        ({"shots": [{"text": "a"}, {"seconds": 1}]}, {"input-missing"}),
        ({"shots": [{"text": "a"}, {"text": "b", "colour": 1}]}, {"parameter-unknown"}),
        ({"shots": [{"text": "a"}, "b"]}, {"parameter-type-wrong"}),
        ({"parameters": {"seconds": -1}}, set()),
        ({"parameters": {"seconds": 3}}, set()),
        ({"parameters": {"seconds": 2}}, {"parameter-out-of-range"}),
        ({"parameters": {"seconds": -2}}, {"parameter-out-of-range"}),
        ({"parameters": {"seconds": True}}, {"parameter-type-wrong"}),
        ({"parameters": {"seconds": float("nan")}}, {"parameter-type-wrong"}),
    ],
)
def test_values(own: Catalog, given: dict[str, Any], faults: set[str]) -> None:
    assert refused(own, **given) == faults


@pytest.mark.parametrize(
    ("role", "size", "fault"),
    [
        ("first", (64, 48), None),
        ("first", (48, 64), None),
        ("first", (64, 48, 6), None),  # shown as 48 x 64
        ("first", (64, 49), "image-size-not-accepted"),
        ("first", (128, 96), "image-size-not-accepted"),
        ("wide", (60, 50), None),
        ("wide", (59, 50), "image-size-not-accepted"),
        ("wide", (80, 50), "image-size-not-accepted"),
        ("wide", (31, 129), None),
        ("narrow", (41, 400), None),
        ("narrow", (400, 40), "image-size-not-accepted"),
        ("narrow", (60, 400), None),
        ("narrow", (400, 61), "image-size-not-accepted"),
    ],
)
def test_sizes(own: Catalog, picture: Make, role: str, size: tuple[int, ...], fault: str | None) -> None:
    assert refused(own, **{role: picture(*size)}) == ({fault} if fault else set())


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [
        ((64, 48), (64, 48), True),
        ((64, 48), (48, 64, 6), True),  # both are shown as 64 x 48
        ((64, 48), (64, 48, 6), False),
        ((64, 48), (64, 47), False),
        ((64, 48), (64, 48, 1, "png"), False),
        ((64, 48, 1, "png"), (64, 48, 1, "png"), True),
    ],
)
def test_files_of_one_size_and_format(
    own: Catalog, picture: Make, one: tuple[Any, ...], other: tuple[Any, ...], agree: bool
) -> None:
    assert refused(own, first=picture(*one), last=picture(*other)) == (set() if agree else {"files-do-not-match"})
    assert refused(own, first=picture(*one)) == set()


@pytest.mark.parametrize(("short", "agree"), [(48, True), (49, True), (47, False), (59, True), (60, True)])
def test_files_whose_pixels_are_near(own: Catalog, picture: Make, short: int, agree: bool) -> None:
    """3000 pixels against 50 times so many: from 0.8 to 1.25 of it."""
    found = refused(own, wide=picture(60, 50), narrow=picture(short, 50))
    assert found == (set() if agree else {"files-do-not-match"})


@pytest.mark.parametrize(
    ("people", "things", "fault"),
    [(3, 1, None), (1, 3, None), (2, 2, None), (3, 2, "input-count-wrong"), (2, 3, "input-count-wrong"), (0, 0, None)],
)
def test_files_counted_together(own: Catalog, picture: Make, people: int, things: int, fault: str | None) -> None:
    files = [picture(50, 50)] * 3
    given = {name: files[:count] for name, count in (("people", people), ("things", things)) if count}
    assert refused(own, **given) == ({fault} if fault else set())


def test_more_files_than_a_role_takes(own: Catalog, picture: Make) -> None:
    assert refused(own, people=[picture(50, 50)] * 4)


@pytest.mark.parametrize(
    ("samples", "fits"),
    [((8000,), True), ((7999,), False), ((8000, 8000, 7999), True), ((8000, 8000, 8000), False), ((23999,), True)],
)
def test_seconds_counted_together(own: Catalog, picture: Make, voice: Make, samples: tuple[int, ...], fits: bool) -> None:
    given = {"people": [picture(50, 50)] * 3, "voices": [voice(count) for count in samples]}
    assert refused(own, **given) == (set() if fits else {"total-duration-wrong"})


def test_a_voice_goes_with_the_picture_of_its_number(own: Catalog, picture: Make, voice: Make) -> None:
    people, sound = [picture(50, 50)] * 2, voice(8000)
    assert refused(own, people=people, voices=[sound, sound]) == set()
    assert refused(own, people=people, voices_2=sound) == set()
    assert refused(own, people=people, voices=[sound] * 3) != set()
    assert refused(own, people=people, voices_3=sound) != set()
    assert refused(own, voices=sound) != set()


SLIPS = {
    "[parameters.words]": "[fields.words]",
    'short_side = { documented = "(40, 60]"': 'aspect_ratio = { documented = "[1.5, 2]"',
    'pixels = { documented = "[3000, 4000)"': 'megabytes = { documented = ">= 1"',
    'sizes = { documented = ["64x48", "48x64"]': 'sizes = { documented = ["64 by 48"]',
    'quotient = "<= 1.25"': 'quotient = "about 1.25"',
    'roles = ["first", "last"]': 'roles = ["first", "final"]',
    'roles = ["people", "things"]': 'roles = ["people", "thing"]',
    'key_of = ["people"]': 'key_of = ["persons"]',
    'length_unit = "utf16"': 'length_unit = "utf8"',
    'same = ["size", "format"]': 'same = ["colour"]',
    'count = "[0, 4]"': 'count = "[4, 0]"',
    'range = "[3, 10]"': 'range = "[3, 10"',
    "max_chinese = 4": 'max_chinese = "4"',
    "excess_cut = true": "excess_cuts = true",
    "special_values = [-1]": 'special_values = ["auto"]',
}


@pytest.mark.parametrize("right", SLIPS)
def test_a_slip_is_named_with_the_file(tmp_path: Path, right: str) -> None:
    assert right in MODEL
    with pytest.raises(CatalogError) as error:
        Catalog([_written(tmp_path, MODEL.replace(right, SLIPS[right]))])
    assert "own.toml" in str(error.value)
    assert "\n" not in str(error.value)
