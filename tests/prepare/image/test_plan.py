"""The plan for a picture, from facts alone."""

import os
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mediapreflight.catalog import Role, builtin_catalog
from mediapreflight.errors import PrepareError
from mediapreflight.findings import Finding
from mediapreflight.media.facts import ImageFacts, Problem
from mediapreflight.media.formats import FORMATS
from mediapreflight.media.image.decoding import max_pixels
from mediapreflight.people.geometry import Box
from mediapreflight.prepare.image.picture import Convert, Crop, Flatten, KeepFirst, Pad, Scale, StripLocation, ToSrgb
from mediapreflight.prepare.image.plan import Room, plan_image
from mediapreflight.prepare.options import PrepareOptions
from mediapreflight.prepare.steps import Expected, Rename, Step, mapping
from mediapreflight.rules import rules_in

from ..roles import IMAGE_ROLES, blocking, findings_of

OPTIONS = PrepareOptions()
LIVEPORTRAIT, EMO, WAN, DANCER = "liveportrait/image", "emo-v1/image", "wan2.7-i2v/first_frame", "animate-anyone-gen2/image"


def facts(name: str = "p.jpg", width: int = 1000, height: int = 800, **other: Any) -> ImageFacts:
    """Facts of a plain picture that fits everywhere, but for what is given."""
    known = {"format": "jpeg", "bytes": 300_000, "channels": 3, "bit_depth": 8, "color": "rgb", "has_alpha": False, "frames": 1}
    turned = other.get("orientation", 1) >= 5
    stored = {"stored_width": height, "stored_height": width} if turned else {"stored_width": width, "stored_height": height}
    return ImageFacts(path=name, width=width, height=height, **stored, **{**known, **other})


def role(place: str) -> Role:
    model, name = builtin_catalog().model(place.rpartition("/")[0]), place.rpartition("/")[2]
    return model.roles[name]


def plan(
    found: ImageFacts, place: str, extra: Sequence[Finding] = (), options: PrepareOptions = OPTIONS, **asked: Any
) -> tuple[tuple[Step, ...], str, Expected]:
    model, name = builtin_catalog().model(place.rpartition("/")[0]), place.rpartition("/")[2]
    return plan_image(found, role(place), options, [*findings_of(found, model, name), *extra], **asked)


def names(steps: Sequence[Step]) -> list[str]:
    return [step.name for step in steps]


def finding(code: str, name: str) -> Finding:
    return Finding(code=code, name=name, severity="error", role="image", path="p.jpg", message="")


RATIO_DIFFERS, NO_BOX = finding("PAIR004", "picture-ratio-differs"), finding("PAIR009", "no-box-fits")

_formats = [name for name, known in FORMATS.items() if known.kind == "image" and name != "jxl"]


@st.composite
def any_facts(draw: st.DrawFn) -> ImageFacts:
    format = draw(st.sampled_from(_formats))
    width, height = draw(st.integers(1, 20_000)), draw(st.integers(1, 20_000))
    assume(width * height <= max_pixels(format))
    return facts(
        f"p.{draw(st.sampled_from(FORMATS[format].extensions))}",
        width,
        height,
        format=format,
        bytes=draw(st.integers(100, 50_000_000)),
        color=draw(st.sampled_from(["rgb", "grey", "palette", "cmyk", None])),
        bit_depth=draw(st.sampled_from([1, 8, 16, None])),
        has_alpha=draw(st.booleans()),
        frames=draw(st.sampled_from([None, 1, 2])),
        orientation=draw(st.integers(1, 8)),
        has_location=draw(st.booleans()),
    )


def as_planned(before: ImageFacts, suffix: str, expected: Expected, steps: Sequence[Step]) -> ImageFacts:
    """The facts of an output that came out as planned."""
    encoded = isinstance(steps[-1], Convert) if steps else False
    own = {} if encoded else {"bit_depth": before.bit_depth, "color": before.color, "has_alpha": before.has_alpha}
    frames = before.frames if not steps or not {"keep-first", "convert"} & set(names(steps)) else 1
    assert expected.width and expected.height
    size = before.bytes if not encoded else 1000
    located = before.has_location and not {"strip-location", "convert"} & set(names(steps))
    return facts(
        f"out.{suffix}",
        expected.width,
        expected.height,
        format=expected.format,
        frames=frames,
        bytes=size,
        has_location=located,
        **own,
    )


@given(found=any_facts(), place=st.sampled_from(sorted(IMAGE_ROLES)), fit=st.sampled_from(["auto", "crop", "pad"]))
def test_a_picture_made_as_planned_has_no_finding_left_and_is_left_alone(found: ImageFacts, place: str, fit: Any) -> None:
    steps, suffix, expected = plan(found, place, options=PrepareOptions(fit=fit))

    model, name = IMAGE_ROLES[place]
    made = as_planned(found, suffix, expected, steps)
    left = findings_of(made, model, name)
    assert blocking(left) == []
    assert plan_image(made, role(place), OPTIONS, left)[0] == ()


@given(found=any_facts(), place=st.sampled_from(sorted(IMAGE_ROLES)))
def test_a_plan_encodes_once_and_last_or_not_at_all(found: ImageFacts, place: str) -> None:
    steps, _, _ = plan(found, place)

    assert [index for index, step in enumerate(steps) if isinstance(step, Convert)] in ([], [len(steps) - 1])
    assert len(set(names(steps))) == len(steps)


@given(found=any_facts(), place=st.sampled_from(sorted(IMAGE_ROLES)))
def test_every_step_names_a_finding_or_what_needs_it_and_says_what_it_does(found: ImageFacts, place: str) -> None:
    steps, _, _ = plan(found, place)

    model, name = IMAGE_ROLES[place]
    found_here = {f"{item.code} {item.name}" for item in findings_of(found, model, name)}
    assert all(step.reason in found_here or step.reason.startswith("needed by ") for step in steps)
    assert any(step.reason in found_here for step in steps) or not steps
    assert all(step.detail for step in steps)


@given(found=any_facts(), place=st.sampled_from(sorted(IMAGE_ROLES)))
def test_without_findings_nothing_is_done(found: ImageFacts, place: str) -> None:
    steps, suffix, expected = plan_image(found, role(place), OPTIONS, [])

    assert steps == ()
    assert suffix == os.path.splitext(found.path)[1].removeprefix(".")  # noqa: PTH122
    assert expected == Expected(format=found.format, width=found.width, height=found.height)


def test_every_fixable_finding_over_pictures_is_answered() -> None:
    faulty = {
        "image-has-alpha": (facts("p.png", format="png", has_alpha=True), WAN),
        "image-has-several-frames": (facts(frames=2), LIVEPORTRAIT),
        "image-bit-depth-unusual": (facts("p.png", format="png", bit_depth=16), LIVEPORTRAIT),
        "image-is-cmyk": (facts(color="cmyk", channels=4), LIVEPORTRAIT),
        "image-side-too-short": (facts(width=300, height=390), EMO),
        "image-side-too-long": (facts(width=5000, height=4000), LIVEPORTRAIT),
        "image-aspect-ratio-too-extreme": (facts(width=1000, height=300), LIVEPORTRAIT),
        "image-relies-on-orientation-tag": (facts(orientation=6), LIVEPORTRAIT),
        "image-is-hdr": (facts(color_space="bt2020", transfer="pq"), LIVEPORTRAIT),
        "image-relies-on-color-profile": (facts(color_space="display-p3", transfer="sdr"), LIVEPORTRAIT),
        "image-has-location": (facts(has_location=True), LIVEPORTRAIT),
        "file-format-not-accepted": (facts("p.tiff", format="tiff"), LIVEPORTRAIT),
        "file-extension-misleading": (facts("p.png"), LIVEPORTRAIT),
        "file-too-large": (facts(bytes=12_000_000), LIVEPORTRAIT),
        "file-header-false": (facts(problems=("false header: its end mark is missing",)), LIVEPORTRAIT),
    }
    # A `data:` URL is written out as a file of its own type, whatever else is done.
    answered = {*faulty, "media-type-misleading"}
    assert {rule.name for group in ("image", "file") for rule in rules_in(group) if rule.fixable} == answered

    for name, (found, place) in faulty.items():
        steps, _, _ = plan(found, place)
        assert any(step.reason.endswith(f" {name}") for step in steps), name


def test_what_fits_gets_no_step_and_keeps_its_extension() -> None:
    assert plan(facts("Photo.JPEG"), LIVEPORTRAIT) == ((), "JPEG", Expected(format="jpeg", width=1000, height=800))


def test_a_wrong_name_is_only_renamed() -> None:
    steps, suffix, _ = plan(facts("p.png"), LIVEPORTRAIT)

    assert steps == (Rename(reason="FILE007 file-extension-misleading", extension="jpg", format="jpeg"),)
    assert suffix == "jpg"


def test_a_position_is_taken_out_without_an_encode() -> None:
    for format in ("jpeg", "png", "webp"):
        steps, _, _ = plan(facts(f"p.{format}", format=format, has_location=True), LIVEPORTRAIT)
        assert steps == (StripLocation(reason="IMG009 image-has-location", whole_metadata=False),)


def test_a_second_picture_is_cut_off_without_an_encode() -> None:
    steps, suffix, _ = plan(facts("p.mpo", frames=2), LIVEPORTRAIT)

    assert steps == (KeepFirst(reason="IMG002 image-has-several-frames", frames=2, lossless=True),)
    assert suffix == "jpg"


def test_an_animated_webp_takes_an_encode() -> None:
    steps, suffix, _ = plan(facts("p.webp", format="webp", frames=3), LIVEPORTRAIT)

    assert names(steps) == ["keep-first", "convert"]
    assert suffix == "jpg"


def test_the_steps_of_an_encode_stand_in_the_order_they_run() -> None:
    everything = facts(
        "p.tiff", 9000, 1000, format="tiff", color="cmyk", has_alpha=True, frames=2, orientation=6, has_location=True
    )

    steps, suffix, expected = plan(everything, LIVEPORTRAIT, faces=[Box(100, 100, 500, 500)])

    order = ["keep-first", "to-srgb", "flatten", "bake-orientation", "crop", "strip-location", "convert"]
    assert names(steps) == order
    assert suffix == "png"
    assert expected == Expected(format="png", width=2000, height=1000)


def test_what_is_scaled_and_padded_is_scaled_first() -> None:
    steps, _, expected = plan(facts(width=9000, height=3000), LIVEPORTRAIT)

    assert [step.detail for step in steps[:2]] == [
        "9000 x 3000 to 4096 x 1365 px",
        "4096 x 1365 to 4096 x 2048 px with #ffffff: 341 top, 342 bottom",
    ]
    assert (expected.width, expected.height) == (4096, 2048)


@pytest.mark.parametrize(
    ("source", "place", "format"),
    [
        (facts("p.png", format="png", width=5000, height=4000, bytes=3_000_000), LIVEPORTRAIT, "png"),
        (facts("p.png", format="png", width=5000, height=4000, bytes=9_000_000), LIVEPORTRAIT, "jpeg"),
        (facts("p.png", format="png", width=9000, height=4000, bytes=90_000_000), EMO, "png"),
        (facts("p.png", format="png", color="palette", bytes=30_000, width=4200, height=4000), LIVEPORTRAIT, "jpeg"),
        (facts("p.gif", format="gif", color="palette"), LIVEPORTRAIT, "png"),
        (facts("p.bmp", format="bmp", width=300, height=300), EMO, "png"),
        (facts("p.webp", format="webp"), EMO, "jpeg"),
        (facts("p.heic", format="heic"), EMO, "jpeg"),
    ],
    ids=["png that stays small", "png that may not", "png without limit", "palette", "gif", "bmp", "webp", "heic"],
)
def test_png_is_written_for_lossless_sources_where_it_is_sure_to_fit(source: ImageFacts, place: str, format: str) -> None:
    _, suffix, expected = plan(source, place)

    assert expected.format == format
    assert suffix == {"png": "png", "jpeg": "jpg"}[format]


def test_convert_carries_the_byte_limit_and_the_least_side() -> None:
    steps, _, _ = plan(facts("p.tiff", format="tiff", width=4000, height=3000), "wan2.2-animate-mix/image")

    assert isinstance(steps[-1], Convert)
    assert (steps[-1].max_bytes, steps[-1].least_side, steps[-1].quality) == (5_000_000, 200, 95)
    assert steps[-1].detail == "TIFF to JPEG, quality 95, lower quality if it has more than 5,000,000 bytes"


def test_an_open_byte_limit_is_left_out() -> None:
    steps, _, _ = plan(facts(bytes=12_000_000), LIVEPORTRAIT)

    assert isinstance(steps[-1], Convert)
    assert steps[-1].max_bytes == 9_999_999


def test_transparent_areas_get_the_chosen_colour() -> None:
    steps, _, _ = plan(facts("p.png", format="png", has_alpha=True), WAN, options=PrepareOptions(background="#102030"))

    assert steps[0] == Flatten(reason="IMG001 image-has-alpha", background="#102030")


def test_transparency_stays_where_nothing_else_changes() -> None:
    assert plan(facts("p.png", format="png", has_alpha=True), LIVEPORTRAIT)[0] == ()


def test_colours_are_named_as_they_are_stored() -> None:
    steps, _, _ = plan(facts("p.png", format="png", color="grey", bit_depth=16), LIVEPORTRAIT)

    assert isinstance(steps[0], ToSrgb)
    assert steps[0].stored_as == "16-bit grey"


def test_a_finding_that_is_ignored_asks_for_nothing() -> None:
    found = facts(width=5000, height=4000, orientation=6)
    turned = [item for item in findings_of(found, *IMAGE_ROLES[LIVEPORTRAIT]) if item.code == "IMG008"]

    steps, _, expected = plan_image(found, role(LIVEPORTRAIT), OPTIONS, turned)

    assert names(steps) == ["bake-orientation", "convert"]
    assert (expected.width, expected.height) == (5000, 4000)


def test_a_video_ratio_is_brought_about_around_the_face() -> None:
    face = Box(600, 200, 700, 300)

    steps, _, expected = plan(facts(), DANCER, [RATIO_DIFFERS], target_ratio=Fraction(9, 16), faces=[face])

    assert names(steps) == ["crop", "convert"]
    assert (expected.width, expected.height) == (450, 800)
    assert isinstance(steps[0], Crop)
    assert steps[0].box.holds(face)
    assert steps[0].reason == "PAIR004 picture-ratio-differs"


def test_a_ratio_that_is_no_fault_stays() -> None:
    assert plan(facts(), DANCER, target_ratio=Fraction(9, 16))[0] == ()


def test_room_is_made_where_no_box_fits() -> None:
    """A face as wide as the picture."""
    face = Box(0, 100, 600, 700)

    steps, _, expected = plan(facts(width=600, height=800), EMO, [NO_BOX], room=Room(face, "1:1"))

    assert names(steps) == ["pad", "convert"]
    assert steps[0].reason == "PAIR009 no-box-fits"
    assert min(expected.width or 0, expected.height or 0) >= 600 / 0.8


def test_a_crop_is_made_on_request_and_a_whole_one_is_none() -> None:
    steps, _, expected = plan(facts(), EMO, crop=Box(100, 0, 700, 600))

    assert names(steps) == ["crop", "convert"]
    assert steps[0].reason == "asked for"
    assert (expected.width, expected.height) == (600, 600)
    assert plan(facts(), EMO, crop=Box(0, 0, 1000, 800))[0] == ()


def test_a_crop_on_request_does_not_pass_for_the_fix_of_something_else() -> None:
    steps, _, _ = plan(facts(width=9000, height=7100), EMO, crop=Box(0, 0, 7100, 7100))

    assert [step.reason for step in steps[:2]] == ["asked for", "IMG006 image-side-too-long"]


def test_a_crop_below_the_least_side_is_scaled_up() -> None:
    steps, _, expected = plan(facts(), EMO, crop=Box(100, 0, 300, 200))

    assert names(steps) == ["crop", "scale", "convert"]
    assert isinstance(steps[1], Scale)
    assert "adds no detail" in steps[1].detail
    assert (expected.width, expected.height) == (401, 401)


def test_the_mapping_follows_crop_scale_and_padding() -> None:
    steps = (
        Crop(reason="", size=(1000, 800), box=Box(100, 0, 500, 800)),
        Scale(reason="", size=(400, 800), new_size=(200, 400)),
        Pad(reason="", size=(200, 400), left=50, top=0, right=50, bottom=0, background="#ffffff"),
    )

    assert mapping(steps).box(Box(200, 200, 400, 600)) == Box(100, 100, 200, 300)
    assert mapping(()).box(Box(1, 2, 3, 4)) == Box(1, 2, 3, 4)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (facts(problems=(Problem.TRUNCATED.because("no end"),)), "no end"),
        (facts(problems=(Problem.CORRUPT.because("bad block"),)), "bad block"),
        (ImageFacts(path="p.jpg", format="jpeg", problems=(Problem.BROKEN.because("0 x 0 px"),)), "0 x 0 px"),
        (facts("p.png", format="png", width=10_000, height=10_000), "65 megapixels"),
    ],
    ids=["truncated", "corrupt", "broken header", "too many pixels"],
)
def test_what_cannot_be_read_whole_is_refused_with_its_name(source: ImageFacts, reason: str) -> None:
    with pytest.raises(PrepareError, match=f"^{source.path}: .*{reason}") as caught:
        plan(source, LIVEPORTRAIT)

    assert caught.value.path == source.path


def test_a_picture_too_large_to_decode_can_still_be_renamed() -> None:
    huge = facts("p.png", width=10_000, height=10_000)
    misnamed = [item for item in findings_of(huge, *IMAGE_ROLES[LIVEPORTRAIT]) if item.code == "FILE007"]

    assert names(plan_image(huge, role(LIVEPORTRAIT), OPTIONS, misnamed)[0]) == ["rename"]


def test_what_no_frame_meets_carries_the_findings() -> None:
    with pytest.raises(PrepareError, match="keeps the face whole") as caught:
        plan(facts(width=4000, height=1000), LIVEPORTRAIT, options=PrepareOptions(fit="crop"), faces=[Box(0, 0, 2500, 1000)])

    assert [item.name for item in caught.value.findings if isinstance(item, Finding)] == ["image-aspect-ratio-too-extreme"]
