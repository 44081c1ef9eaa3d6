"""What the catalog says a job's video will be, and how a video differs from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from mediapreflight import Job
from mediapreflight.catalog import builtin_catalog
from mediapreflight.media.facts import AudioFacts, Facts, ImageFacts, VideoFacts
from mediapreflight.media.probe import probe
from mediapreflight.submit.forecast import ExpectedOutput, differences, expected_output


def picture(width: int, height: int) -> ImageFacts:
    return ImageFacts(path="p.png", format="png", width=width, height=height)


def sound(seconds: float | None) -> AudioFacts:
    return AudioFacts(path="s.wav", format="wav", duration_s=seconds)


def video(width: int = 640, height: int = 640, seconds: float = 4.0) -> VideoFacts:
    return VideoFacts(path="v.mp4", format="mp4", width=width, height=height, duration_s=seconds, fps=25.0)


def expected(
    model: str, facts: dict[str, Facts] | None = None, ratio: str | None = None, inputs: Any = None, **parameters: Any
) -> ExpectedOutput:
    job = Job(model, parameters=parameters, **(inputs or {}))
    return expected_output(job, builtin_catalog().model(model), facts or {}, ratio=ratio)


def size(found: ExpectedOutput) -> tuple[int | None, int | None]:
    return found.width, found.height


# Sizes

# Worked out by hand: the square root of area times ratio, and of area over ratio, each rounded down to a multiple of 16. The
# documents give one of these, 750x1000 at 720P.
AREAS = {
    (750, 1000): {"480P": (544, 720), "720P": (816, 1104), "1080P": (1232, 1648)},
    (1000, 1000): {"480P": (624, 624), "720P": (960, 960), "1080P": (1440, 1440)},
    (1920, 1080): {"480P": (832, 464), "720P": (1280, 720), "1080P": (1920, 1072)},
    (1080, 1920): {"480P": (464, 832), "720P": (720, 1280), "1080P": (1072, 1920)},
}


@pytest.mark.every("resolution", ["480P", "720P", "1080P"])
@pytest.mark.every("sides", AREAS)
def test_wan_keeps_the_ratio_at_the_area_of_the_resolution(sides: tuple[int, int], resolution: str) -> None:
    found = expected("wan2.5-i2v-preview", {"image": picture(*sides)}, resolution=resolution)
    assert size(found) == AREAS[sides][resolution]


def test_wan_takes_the_default_resolution_of_the_model() -> None:
    facts: dict[str, Facts] = {"image": picture(750, 1000)}
    assert size(expected("wan2.2-i2v-flash", facts)) == (816, 1104)
    assert size(expected("wan2.5-i2v-preview", facts)) == (1232, 1648)


def test_an_area_without_a_step_is_kept_to_the_pixel() -> None:
    model = builtin_catalog().model("wan2.5-i2v-preview")
    assert model.output is not None
    exact = msgspec.structs.replace(model, output=msgspec.structs.replace(model.output, multiple_of=None))
    found = expected_output(Job(model.id, parameters={"resolution": "480P"}), exact, {"image": picture(750, 1000)})
    # 480P is an area of 832x480 px: the roots of 299520 and 532480.
    assert (size(found), found.side_tolerance) == ((547, 729), 1)


def test_a_resolution_that_no_area_is_known_for_leaves_the_size_open() -> None:
    assert size(expected("wan2.5-i2v-preview", {"image": picture(750, 1000)}, resolution="8K")) == (None, None)


def test_the_size_of_a_picture_that_was_not_measured_is_not_guessed() -> None:
    assert size(expected("wan2.5-i2v-preview")) == (None, None)
    assert size(expected("liveportrait")) == (None, None)
    assert size(expected("liveportrait", {"image": ImageFacts(path="p")})) == (None, None)


def test_wan_2_7_follows_the_clip_it_continues_and_not_the_last_frame() -> None:
    facts: dict[str, Facts] = {"last_frame": picture(1080, 1920), "first_clip": video(1920, 1080)}
    assert size(expected("wan2.7-i2v", facts, resolution="720P")) == (1280, 720)


@pytest.mark.parametrize(
    ("ext_bbox", "ratio", "sides"),
    [
        ([71, 9, 840, 778], None, (512, 512)),
        ([0, 0, 300, 400], None, (512, 704)),
        ([0, 0, 300, 400], "1:1", (512, 704)),
        (None, None, (512, 512)),
        (None, "1:1", (512, 512)),
        (None, "3:4", (512, 704)),
        ("no box", "3:4", (512, 704)),
    ],
)
def test_emo_delivers_the_size_of_the_box_ratio(ext_bbox: Any, ratio: str | None, sides: tuple[int, int]) -> None:
    assert size(expected("emo-v1", ratio=ratio, inputs={"ext_bbox": ext_bbox})) == sides


def test_emoji_delivers_one_size() -> None:
    assert size(expected("emoji-v1", inputs={"ext_bbox": [63, 30, 609, 575]})) == (512, 512)


def test_liveportrait_keeps_the_size_of_the_picture_unless_only_the_face_comes_back() -> None:
    facts: dict[str, Facts] = {"image": picture(901, 1200)}
    assert size(expected("liveportrait", facts)) == (901, 1200)
    assert size(expected("liveportrait", facts, paste_back=False)) == (None, None)


def test_videoretalk_keeps_the_size_of_the_video_and_not_of_the_reference_picture() -> None:
    facts: dict[str, Facts] = {"ref_image": picture(400, 400), "video": video(720, 1280), "audio": sound(3)}
    assert size(expected("videoretalk", facts)) == (720, 1280)


@pytest.mark.parametrize("model", ["animate-anyone-gen2", "wan2.2-s2v", "video-style-transform", "wan2.2-animate-move"])
def test_an_undocumented_size_is_not_guessed(model: str) -> None:
    facts: dict[str, Facts] = {"image": picture(1440, 1797), "video": video(), "audio": sound(3)}
    assert size(expected(model, facts, resolution="480P", mode="wan-std")) == (None, None)


# Frame rates


@pytest.mark.every(
    ("model", "parameters", "fps"),
    [
        ("emo-v1", {}, 15),
        ("wan2.6-i2v", {}, 30),
        ("liveportrait", {}, 24),
        ("liveportrait", {"video_fps": 30}, 30),
        ("liveportrait", {"video_fps": "fast"}, None),
        ("video-style-transform", {"video_fps": 20}, 20),
        ("video-style-transform", {}, 15),
        ("wan2.2-animate-mix", {"mode": "wan-pro"}, 25),
        ("wan2.2-animate-mix", {"mode": "wan-std"}, 15),
        ("wan2.2-animate-mix", {}, None),
        ("wan2.2-s2v", {}, 16),
        ("wan2.2-s2v", {"resolution": "720P"}, 30),
        ("videoretalk", {}, None),
    ],
)
def test_the_frame_rate(model: str, parameters: dict[str, Any], fps: float | None) -> None:
    assert expected(model, **parameters).fps == fps


# Lengths


@pytest.mark.every(
    ("model", "facts", "parameters", "seconds"),
    [
        ("emo-v1", {"audio": sound(13.93)}, {}, 13.93),
        ("emo-v1", {"audio": sound(61)}, {}, 60),
        ("emo-v1", {"audio": sound(None)}, {}, None),
        ("emo-v1", {"audio": AudioFacts(path="s.mp3", stated_duration_s=7)}, {}, 7),
        ("emo-v1", {}, {}, None),
        ("liveportrait", {"audio": sound(100)}, {}, 100),
        ("wan2.2-s2v", {"audio": sound(30)}, {}, 20),
        ("wan2.6-i2v", {}, {}, 5),
        ("wan2.6-i2v", {"audio": sound(9)}, {"duration": 15}, 15),
        ("wan2.6-i2v", {}, {"duration": "long"}, None),
        ("wan2.6-i2v", {}, {"duration": True}, None),
        ("videoretalk", {"video": video(seconds=30), "audio": sound(12)}, {}, 12),
        ("videoretalk", {"video": video(seconds=8), "audio": sound(12)}, {}, 8),
        ("videoretalk", {"video": video(seconds=8), "audio": sound(12)}, {"video_extension": True}, 12),
        ("videoretalk", {"video": video(seconds=8)}, {}, None),
        ("wan2.2-animate-move", {"video": video(seconds=6)}, {"mode": "wan-std"}, 6),
        ("video-style-transform", {"video": video(seconds=6)}, {}, 6),
        ("animate-anyone-template-gen2", {"video": video(seconds=6)}, {}, 6),
        ("animate-anyone-gen2", {"image": picture(800, 800)}, {}, None),
        ("emoji-v1", {}, {}, None),
    ],
)
def test_the_length(model: str, facts: dict[str, Facts], parameters: dict[str, Any], seconds: float | None) -> None:
    assert expected(model, facts, **parameters).duration_s == seconds


def test_the_length_is_known_where_nothing_else_of_the_output_is() -> None:
    model = msgspec.structs.replace(builtin_catalog().model("wan2.6-i2v"), output=None)
    assert expected_output(Job(model.id, parameters={"duration": 10}), model, {}) == ExpectedOutput(duration_s=10)


# Sound and codec


def test_sound_and_codec() -> None:
    assert (expected("wan2.2-i2v-plus").sound, expected("wan2.2-i2v-plus").video_codec) == (False, "h264")
    assert expected("wan2.6-i2v").sound is True
    assert expected("wan2.6-i2v-flash").sound is True
    assert expected("wan2.6-i2v-flash", audio=False).sound is False
    assert expected("emo-v1").sound is None
    assert expected("emo-v1").container == "mp4"


def test_every_model_says_what_its_output_size_is_taken_from() -> None:
    for model in builtin_catalog().models():
        if model.output is not None:
            assert bool(model.output.size_of) == (model.output.size in ("area", "input")), model.id


# What came

AS_EXPECTED = ExpectedOutput(640, 640, 25.0, 3.96, "h264", True, "mp4")


def test_a_video_as_expected_has_no_differences(fixtures: Path) -> None:
    facts = probe(fixtures / "talking-head.mp4")
    assert isinstance(facts, VideoFacts)
    assert differences(AS_EXPECTED, facts) == ()
    assert differences(ExpectedOutput(), facts) == ()


def test_each_difference_is_said(fixtures: Path) -> None:
    facts = probe(fixtures / "talking-head.mp4")
    assert isinstance(facts, VideoFacts)
    assert differences(ExpectedOutput(512, 512, 15.0, 13.93, "hevc", False, "mov"), facts) == (
        "has 640x640 px, but 512x512 was expected",
        "has 25 frames per second, but 15 were expected",
        "lasts 3.96 s, but 13.93 s were expected",
        "its picture is h264, but hevc was expected",
        "its file is mp4, but mov was expected",
        "has sound, but none was expected",
    )


def test_missing_sound_is_a_difference(fixtures: Path) -> None:
    facts = probe(fixtures / "talking-head.mp4")
    silent = msgspec.structs.replace(facts, audio_codec=None)
    assert isinstance(silent, VideoFacts)
    assert differences(AS_EXPECTED, silent) == ("has no sound",)


@pytest.mark.parametrize(
    ("fps", "seconds", "is_quiet"),
    [(29.97, 60, True), (29.9, 60, False), (30.25, 4, True), (30.3, 4, False), (24, 60, False), (29.5, None, False)],
)
def test_a_frame_rate_may_be_off_by_one_frame_or_a_thousandth(fps: float, seconds: float | None, is_quiet: bool) -> None:
    facts = VideoFacts(path="v.mp4", fps=fps, duration_s=seconds)
    assert (differences(ExpectedOutput(fps=30.0), facts) == ()) is is_quiet


def test_differences_are_said_to_the_hundredth() -> None:
    facts = VideoFacts(path="v.mp4", fps=23.97602, duration_s=3.96449)
    assert differences(ExpectedOutput(fps=30.0, duration_s=13.92781), facts) == (
        "has 23.98 frames per second, but 30 were expected",
        "lasts 3.96 s, but 13.93 s were expected",
    )


def test_what_was_not_measured_does_not_differ() -> None:
    assert differences(ExpectedOutput(640, 640, 25.0, 4.0), VideoFacts(path="v.mp4")) == ()
    assert differences(ExpectedOutput(width=640), video()) == ()


def test_sides_may_differ_as_far_as_the_rule_is_open() -> None:
    area = expected("wan2.2-i2v-flash", {"image": picture(750, 1000)})
    came = VideoFacts(path="v.mp4", width=832, height=1104, fps=30, duration_s=5, video_codec="h264", format="mp4")
    assert differences(area, came) == ()
    assert differences(area, msgspec.structs.replace(came, width=848))
    even = msgspec.structs.replace(came, width=900, height=1200, fps=24, duration_s=None)
    assert differences(expected("liveportrait", {"image": picture(901, 1200)}), even) == ()
    assert differences(expected("liveportrait", {"image": picture(902, 1200)}), even)
    assert differences(expected("emo-v1"), msgspec.structs.replace(even, width=511, height=512, fps=15))
