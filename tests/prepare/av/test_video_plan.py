"""The plan for a video, from facts alone."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mediapreflight.errors import PrepareError
from mediapreflight.media.display import displayed
from mediapreflight.media.facts import VideoFacts
from mediapreflight.prepare.av.steps import NEEDED, Trim
from mediapreflight.prepare.av.video import (
    CropVideo,
    CutSound,
    EncodeVideo,
    Extend,
    FrameRate,
    PadVideo,
    RemuxVideo,
    Scale,
    ToZero,
)
from mediapreflight.prepare.av.video_plan import plan_video
from mediapreflight.prepare.options import PrepareOptions
from mediapreflight.prepare.steps import Expected, Rename, Step, StripLocation, step_of

from .sound_and_video import VIDEO_INPUTS, Input, changed, is_in_order

RETALK, WAN, STYLE = "videoretalk/video", "wan2.7-i2v/first_clip", "video-style-transform/video"
OPTIONS = PrepareOptions()
ORDER = (
    *("start-at-zero", "trim", "cut-sound", "deinterlace", "tone-map", "pixel-format", "bake-rotation", "square-pixels"),
    *("crop", "scale", "pad", "frame-rate", "extend", "strip-location", "remux", "encode"),
)


def facts(seconds: float = 5.0, name: str = "v.mp4", *, fps: float = 25.0, **other: Any) -> VideoFacts:
    """Facts of a plain video that fits everywhere, but for what is given."""
    size = {"width": 1280, "height": 720, "stored_width": 1280, "stored_height": 720, "sample_aspect_ratio": "1:1"}
    coded = {"video_codec": "h264", "pixel_format": "yuv420p", "bit_depth": 8, "chroma": "4:2:0", "transfer": "sdr"}
    rates = {"fps": fps, "stated_fps": fps, "fps_nominal": fps, "fps_min": fps, "fps_max": fps, "variable_frame_rate": False}
    frames = {"frames": round(seconds * fps), "duration_s": seconds, "stated_duration_s": seconds, "start_s": 0.0}
    known = {"format": "mp4", "bytes": 5_000_000, "audio_codec": "aac", "audio_duration_s": seconds, "interlaced": False}
    return VideoFacts(path=name, **{**size, **coded, **rates, **frames, **known, **other})


@st.composite
def videos(draw: st.DrawFn) -> VideoFacts:
    """Videos with any of the traits that stop one from fitting."""
    width, height = draw(st.integers(16, 5000)), draw(st.integers(16, 5000))
    turned, shape = draw(st.sampled_from([0, 0, 90, 180, 270])), draw(st.sampled_from(["1:1", "1:1", "4:3"]))
    shown = displayed(width, height, turned, Fraction(shape.replace(":", "/")))
    pixels = draw(st.sampled_from([("yuv420p", 8, "4:2:0"), ("yuv420p10le", 10, "4:2:0"), ("gbrp", 8, "rgb")]))
    fps = draw(st.sampled_from([1.0, 12.0, 14.985, 24.0, 25.0, 29.97, 30.0, 59.94, 60.0, 75.0, 240.0]) | st.floats(0.5, 300))
    varies = draw(st.booleans())
    seconds = draw(st.floats(0.1, 400) | st.sampled_from([2.0, 10.0, 30.0, 60.0, 120.0, 9.95, 29.97]))
    sound = draw(st.sampled_from([None, "aac", "mp3", "opus", "pcm_s16le"]))
    format, codec = (
        draw(st.sampled_from(["mp4", "mov", "mkv", "webm", "avi", "ts"])),
        draw(st.sampled_from(["h264", "hevc", "av1", "vp9", "mpeg4", "mjpeg"])),
    )
    run_on = draw(st.sampled_from([1.0, 1.0, 3.0]))
    return facts(
        seconds,
        f"v.{draw(st.sampled_from(['mp4', 'dat', format]))}",
        fps=fps,
        width=shown[0],
        height=shown[1],
        stored_width=width,
        stored_height=height,
        rotation=turned,
        mirrored=draw(st.sampled_from([False, False, True])),
        sample_aspect_ratio=shape,
        video_codec=codec,
        pixel_format=pixels[0],
        bit_depth=pixels[1],
        chroma=pixels[2],
        transfer=draw(st.sampled_from(["sdr", "sdr", "pq", "hlg"])),
        interlaced=draw(st.sampled_from([False, False, True])),
        stated_fps=fps * draw(st.sampled_from([1.0, 1.0, 10.0])),
        fps_min=fps * (0.5 if varies else 1.0),
        fps_max=fps * (1.5 if varies else 1.0),
        variable_frame_rate=varies,
        frames=max(round(seconds * fps), 1),
        stated_duration_s=seconds * (run_on if sound else 1.0) * draw(st.sampled_from([1.0, 1.0, 1.0, 0.3])),
        start_s=draw(st.sampled_from([0.0, 0.0, 0.03, 5.0])),
        format=format,
        bytes=draw(st.integers(1000, 500_000_000)),
        audio_codec=sound,
        audio_duration_s=seconds * run_on if sound else None,
        has_location=draw(st.booleans()),
    )


places = st.sampled_from(sorted(VIDEO_INPUTS))
fits = st.builds(PrepareOptions, fit=st.sampled_from(["auto", "crop", "pad"]))
Plan = tuple[tuple[Step, ...], str, Expected]


def plan(place: str | Input, known: VideoFacts, options: PrepareOptions = OPTIONS, **other: Any) -> Plan:
    item = VIDEO_INPUTS[place] if isinstance(place, str) else place
    return plan_video(known, item.role, options, item.findings(known), **other)


def names(steps: tuple[Step, ...]) -> list[str]:
    return [step.name for step in steps]


def written(expected: Expected, suffix: str, known: VideoFacts, last: Step) -> VideoFacts:
    """The facts of what a plan writes, by the words of the plan: picture and sound as long as planned."""
    seconds, fps = expected.duration_s or 0.0, expected.fps or 0.0
    if isinstance(last, EncodeVideo):
        sound = seconds * 32_000 if known.audio_codec else 0
        size = (last.max_rate or 0) * (seconds + 1) / 8 + sound
    else:
        size = (known.bytes or 0) * seconds / (known.duration_s or 1.0)
    return facts(
        seconds,
        f"out.{suffix}",
        fps=fps,
        width=expected.width,
        height=expected.height,
        stored_width=expected.width,
        stored_height=expected.height,
        video_codec=expected.video_codec,
        format=expected.format,
        bytes=round(size),
        audio_codec=expected.audio_codec,
        # The last frame of sound runs on.
        stated_duration_s=seconds + (0.05 if isinstance(last, EncodeVideo) and expected.audio_codec else 0.0),
    )


def fixable_faults(place: str, facts: VideoFacts) -> list[str]:
    """Which of a few exact sizes a video gets, and how, is for its user to say."""
    return [fault for fault in VIDEO_INPUTS[place].faults(facts) if not fault.startswith("VID023")]


@given(places, videos(), fits)
def test_what_is_planned_fits(place: str, known: VideoFacts, options: PrepareOptions) -> None:
    steps, suffix, expected = plan(place, known, options)

    if not steps or names(steps) == ["rename"]:
        stays = [finding for finding in VIDEO_INPUTS[place].findings(known) if finding.severity != "info"]
        assert {finding.code for finding in stays} <= {"FILE007", "VID023"}
        return
    assert fixable_faults(place, written(expected, suffix, known, steps[-1])) == []
    assert is_in_order(names(steps), ORDER)
    if isinstance(steps[-1], RemuxVideo):
        # What takes its place, should the copy not come out exact, fits as well.
        other = steps[-1].otherwise[-1]
        assert isinstance(other, EncodeVideo)
        instead = Expected(
            format=other.format,
            width=other.size[0],
            height=other.size[1],
            duration_s=other.seconds,
            fps=float(other.rate),
            video_codec="h264",
            audio_codec="aac",
        )
        assert fixable_faults(place, written(instead, suffix, known, other)) == []


@given(places, videos(), fits)
def test_no_step_is_without_a_reason(place: str, known: VideoFacts, options: PrepareOptions) -> None:
    reasons = {f"{finding.code} {finding.name}" for finding in VIDEO_INPUTS[place].findings(known)}
    steps = plan(place, known, options)[0]

    assert {step.reason for step in steps} <= reasons | {NEEDED}
    assert not steps or steps[-1].reason in reasons
    for step in steps:
        assert step.detail
        assert "\n" not in step.detail


@given(places, videos())
def test_nothing_found_means_nothing_done(place: str, known: VideoFacts) -> None:
    assert plan_video(known, VIDEO_INPUTS[place].role, OPTIONS, [])[0] == ()


@given(places, videos(), st.floats(0.5, 200))
def test_a_wanted_length_is_reached_as_far_as_the_model_takes_it(place: str, known: VideoFacts, length: float) -> None:
    role = VIDEO_INPUTS[place].role
    assume((known.fps or 0) >= 10)
    interval = role.duration.safe_interval if role.duration else None
    wanted = length if interval is None else min(max(length, interval.lower), interval.upper)

    assert plan(place, known, length=length)[2].duration_s == pytest.approx(wanted, rel=0.03, abs=0.25)


def test_what_fits_is_left_alone() -> None:
    assert plan(RETALK, facts())[:2] == ((), "mp4")


def test_a_wrong_name_is_changed_and_nothing_else() -> None:
    steps, suffix, _ = plan(RETALK, facts(name="v.avi"))

    assert steps == (Rename(reason="FILE007 file-extension-misleading", extension="mp4", format="mp4"),)
    assert suffix == "mp4"


def test_a_wrong_container_is_a_remux() -> None:
    ((remux,), suffix, expected) = plan(RETALK, facts(name="v.mkv", format="mkv"))

    assert isinstance(remux, RemuxVideo)
    assert remux.reason == "FILE006 file-format-not-accepted"
    assert (suffix, expected.format, expected.video_codec, expected.audio_codec) == ("mp4", "mp4", "h264", "aac")
    assert remux.detail == "MKV to MP4, picture and sound unchanged; encoded once if that is not exact"


def test_a_container_that_is_taken_is_kept() -> None:
    (_, remux), suffix, _ = plan(WAN, facts(name="v.mov", format="mov", audio_codec="pcm_s16le", has_location=True))

    assert isinstance(remux, RemuxVideo)
    assert (remux.format, remux.sound, suffix) == ("mov", "copy", "mov")


def test_sound_that_no_reader_expects_in_mp4_becomes_aac_beside_a_copied_picture() -> None:
    (remux,), _, expected = plan(RETALK, facts(name="v.mkv", format="mkv", audio_codec="opus"))

    assert isinstance(remux, RemuxVideo)
    assert remux.sound == "aac"
    assert expected.audio_codec == "aac"
    assert "picture unchanged, sound as AAC" in remux.detail


def test_a_codec_that_mp4_readers_do_not_expect_is_encoded() -> None:
    (encode,), _, _ = plan(WAN, facts(name="v.webm", format="webm", video_codec="vp9", audio_codec="opus"))

    assert isinstance(encode, EncodeVideo)


def test_a_long_video_is_cut_by_copy() -> None:
    (trim, remux), _, expected = plan(RETALK, facts(600.0, bytes=400_000_000))

    assert isinstance(trim, Trim)
    assert isinstance(remux, RemuxVideo)
    assert (trim.detail, trim.reason) == ("600 s to 119.9 s", "VID010 video-too-long")
    assert expected.duration_s == 119.9


def test_one_encode_does_it_all() -> None:
    known = facts(200.0, fps=75.0, width=320, height=240, stored_width=320, stored_height=240, rotation=90, transfer="pq")
    steps, _, expected = plan(RETALK, known)

    assert names(steps) == ["trim", "tone-map", "bake-rotation", "scale", "frame-rate", "encode"]
    assert (expected.width, expected.height, expected.fps) == (854, 640, 37.5)
    assert expected.duration_s == pytest.approx(119.9, abs=0.03)


def test_sound_that_runs_on_is_cut_and_the_picture_copied() -> None:
    (cut, remux), _, _ = plan(RETALK, facts(11.7, stated_duration_s=20.0, audio_duration_s=20.0))

    assert isinstance(cut, CutSound)
    assert (cut.detail, cut.reason) == ("sound of 20 s to 11.7 s; the picture ends there", "VID011 video-duration-misstated")
    assert isinstance(remux, RemuxVideo)


def test_a_false_header_alone_is_a_remux() -> None:
    assert names(plan(RETALK, facts(5.0, stated_duration_s=20.0))[0]) == ["remux"]


def test_a_late_picture_is_moved_by_copy() -> None:
    shift, remux = plan(RETALK, facts(start_s=1.0))[0]

    assert isinstance(shift, ToZero)
    assert isinstance(remux, RemuxVideo)


def test_a_location_is_dropped_by_copy() -> None:
    assert [type(step) for step in plan(RETALK, facts(has_location=True))[0]] == [StripLocation, RemuxVideo]


def test_a_short_clip_is_played_backward() -> None:
    extend, encode = plan(RETALK, facts(1.0))[0]

    assert isinstance(extend, Extend)
    assert extend.detail == "1 s to 2.12 s by playing it backward and forward"
    assert isinstance(encode, EncodeVideo)
    assert (encode.frames, encode.sound) == (53, "copy")


def test_a_ratio_is_reached_by_padding_or_on_request_by_a_crop() -> None:
    wide = facts(width=2000, height=500, stored_width=2000, stored_height=500)
    padded, cropped = (plan(STYLE, wide, PrepareOptions(fit=fit, background="#102030"))[0] for fit in ("auto", "crop"))

    pad, crop = step_of(padded, PadVideo), step_of(cropped, CropVideo)
    assert pad is not None
    assert pad.detail == "2000 x 500 to 2000 x 1112 px with #102030"
    assert crop is not None
    assert crop.detail == "2000 x 500 to 900 x 500 px, around the middle"
    assert step_of(padded, Scale) is None


def test_a_rate_that_varies_becomes_constant() -> None:
    known = facts(fps=22.1, fps_nominal=30.0, fps_max=30.0, fps_min=15.0, variable_frame_rate=True)
    rate, _ = plan(RETALK, known)[0]

    assert isinstance(rate, FrameRate)
    assert rate.detail == "22.1 fps to a constant 30 fps"


def test_a_byte_limit_bounds_the_bit_rate(tmp_path: Path) -> None:
    tight = changed("videoretalk", "video", tmp_path, 'megabytes = "<= 2"')
    (encode,) = plan(tight, facts(10.0, bytes=5_000_000))[0]

    assert isinstance(encode, EncodeVideo)
    assert encode.reason == "FILE008 file-too-large"
    assert encode.max_rate is not None
    assert 1_000_000 < encode.max_rate < 1_600_000


def test_a_cut_that_makes_it_small_enough_is_no_reason_to_encode() -> None:
    assert isinstance(plan(RETALK, facts(1200.0, bytes=600_000_000))[0][-1], RemuxVideo)
    assert isinstance(plan(RETALK, facts(150.0, bytes=600_000_000))[0][-1], EncodeVideo)


def test_a_byte_limit_that_cannot_be_met_is_said(tmp_path: Path) -> None:
    tight = changed("videoretalk", "video", tmp_path, 'megabytes = "<= 0.1"')
    with pytest.raises(PrepareError, match="of video do not fit into 100,000 bytes"):
        plan(tight, facts(10.0))


def test_formats_that_are_not_written_are_said(tmp_path: Path) -> None:
    strange = changed("videoretalk", "video", tmp_path, 'formats = ["mxf"]')
    with pytest.raises(PrepareError, match="video cannot be written as mxf here"):
        plan(strange, facts())


@pytest.mark.parametrize(
    ("codec", "rate", "sound"),
    [("mp3", 11_025, "aac"), ("mp3", 16_000, "copy"), ("mp3", 44_100, "copy"), ("aac", 8_000, "copy"), ("wmav2", 44_100, "aac")],
)
def test_sound_that_mp4_does_not_take_is_encoded(codec: str, rate: int, sound: str) -> None:
    known = facts(format="avi", video_codec="mpeg4", audio_codec=codec, audio_sample_rate=rate)
    encode = plan(RETALK, known)[0][-1]
    assert isinstance(encode, EncodeVideo)
    assert encode.sound == sound


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"encrypted": True}, "its picture is encrypted"),
        ({"transfer": "ipt-pq"}, "it is Dolby Vision profile 5, whose colours cannot be read here"),
        ({"transfer": "pq", "has_alpha": True}, "it is both transparent and high dynamic range, which is not supported here"),
        ({"duration_s": 0.0, "problems": ("truncated: it contains no frame",)}, "truncated: it contains no frame"),
        ({"width": None}, "its size, rate or length is not known"),
    ],
)
def test_a_video_that_cannot_be_read_is_refused(other: dict[str, Any], why: str) -> None:
    with pytest.raises(PrepareError, match=rf"^v\.mp4: {why}$"):
        plan(RETALK, facts(**other))


@pytest.mark.parametrize(("model", "frames"), [("animate-anyone-template-gen2/video", 50), (RETALK, 53)])
def test_a_video_of_exactly_the_shortest_length_keeps_its_frames_if_that_length_is_accepted(model: str, frames: int) -> None:
    steps, _, expected = plan(model, facts(2.0, has_alpha=True))
    encode = steps[-1]
    assert isinstance(encode, EncodeVideo) and encode.frames == frames
    assert expected.duration_s == frames / 25
    assert ("extend" in names(steps)) == (frames > 50)


# --- the part that is to be kept


def test_a_part_from_the_start_is_cut_by_copy() -> None:
    steps, *_ = plan(RETALK, facts(5.0), keep=(0.0, 3.0))
    assert names(steps) == ["trim", "remux"]


def test_a_part_from_the_middle_is_an_encode_with_sound_of_its_own() -> None:
    steps, _, expected = plan(RETALK, facts(10.0, audio_codec="aac", audio_duration_s=10.0), keep=(2.0, 5.0))
    cut, encode = step_of(steps, Trim), steps[-1]
    assert cut and (cut.start_s, cut.end_s) == (2.0, 5.0)
    assert isinstance(encode, EncodeVideo) and (encode.frames, encode.sound) == (75, "aac")
    assert expected.duration_s == 3.0


@pytest.mark.parametrize(
    ("keep", "why"), [((0.0, 125.0), "125 s of it are to be kept; "), ((1.0, 1.5), "0.5 s of it are to be kept; ")]
)
def test_a_part_that_cannot_be_is_said(keep: tuple[float, float], why: str) -> None:
    with pytest.raises(PrepareError, match=why):
        plan(RETALK, facts(200.0), keep=keep)
