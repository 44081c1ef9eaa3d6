"""Videos made to fit, with real files."""

import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import av
import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps

from mediapreflight import Job
from mediapreflight.check.run import check
from mediapreflight.errors import FfmpegError, PrepareError
from mediapreflight.media.facts import VideoFacts
from mediapreflight.media.probe import probe
from mediapreflight.prepare.av import ffmpeg as engine
from mediapreflight.prepare.av.packets import FrameCut, survey
from mediapreflight.prepare.av.video import EncodeVideo, RemuxVideo, run_video
from mediapreflight.prepare.av.video_plan import plan_video
from mediapreflight.prepare.options import PrepareOptions
from mediapreflight.prepare.steps import Step

from .sound_and_video import VIDEO_INPUTS, Input, a_third_of, changed, ffmpeg

DANCE = VIDEO_INPUTS["animate-anyone-template-gen2/video"]
RETALK, WAN, STYLE = (
    VIDEO_INPUTS[f"{name}"] for name in ("videoretalk/video", "wan2.7-i2v/first_clip", "video-style-transform/video")
)
FIXTURES = Path(__file__).resolve().parents[3] / "fixtures"
OPTIONS = PrepareOptions()
# What of their sound is damaged is copied; `prepare` itself refuses such a source.
LOST_SOUND = {"corrupt-frames.mp4", "truncated-after-index.mp4"}
UNFIXABLE = {"encrypted.mp4": "encrypted"}
FACES = FIXTURES / "talking-head.mp4"
X264 = ("-c:v", "libx264", "-preset", "ultrafast")


def videos() -> list[Path]:
    return sorted(path for path in FIXTURES.rglob("*") if path.is_file() and isinstance(probe(path, "metadata"), VideoFacts))


@pytest.fixture(autouse=True)
def _fast_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """The preset decides how many bytes the same pictures take, which is not what is tested."""
    start = engine._started
    monkeypatch.setattr(
        engine, "_started", lambda command: start(["ultrafast" if word == "medium" else word for word in command])
    )


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def video_facts(path: Path) -> VideoFacts:
    facts = probe(path)
    assert isinstance(facts, VideoFacts), facts
    return facts


def made(
    source: Path, item: Input, folder: Path, options: PrepareOptions = OPTIONS, **other: Any
) -> tuple[Path, tuple[Step, ...]]:
    """The file prepared, or itself where it needs nothing but a name; and the steps as they were done."""
    facts = video_facts(source)
    steps, suffix, _ = plan_video(facts, item.role, options, item.findings(facts), **other)
    target = folder / f"out.{suffix}"
    if not steps or steps[-1].name == "rename":
        shutil.copyfile(source, target)
        return target, steps
    return target, run_video(str(source), steps, str(target)).steps


def faults(path: Path, item: Input) -> list[str]:
    """What the check of the finished file says."""
    if item.model.id == "own":
        return item.faults(probe(path))
    report = check(Job(item.model.id, whole=False, **{item.name: path}), level="decode")
    return [f"{finding.code}: {finding.message}" for finding in report.findings if finding.severity != "info"]


def clip(folder: Path, filters: str, *options: object, name: str = "clip.mp4") -> Path:
    """A drawn clip with a tone as long as its pictures, or what the options make of it."""
    path = folder / name
    # Not by `-shortest`: how far the sound then runs on depends on how busy the machine is.
    seconds = re.search(r":d=([\d.]+)", filters)
    tone = ("-f", "lavfi", "-i", f"sine=440:d={seconds[1]}") if seconds else ()
    ffmpeg("-f", "lavfi", "-i", filters, *tone, *options, path)
    return path


def frames(path: Path) -> list[NDArray[np.uint8]]:
    """Every frame, as shown, in grey."""
    with av.open(str(path)) as container:
        return [np.rot90(frame.to_ndarray(format="gray"), frame.rotation // 90) for frame in container.decode(video=0)]


def packets(path: Path, kind: str) -> list[bytes]:
    with av.open(str(path)) as container:
        streams = container.streams.video if kind == "video" else container.streams.audio
        return [bytes(packet) for packet in container.demux(streams[0]) if packet.size]


def similarity(first: Path, second: Path, filters: str = "null") -> float:
    """SSIM of two videos, the first one after filters."""
    said = ffmpeg("-i", first, "-i", second, "-filter_complex", f"[0:v]{filters}[a];[a][1:v]ssim", "-f", "null", "-")
    return float(re.findall(r"All:([\d.]+)", said)[-1])


@pytest.mark.sweep
@pytest.mark.parametrize("source", a_third_of(videos()), ids=lambda path: str(path.relative_to(FIXTURES)))
def test_every_fixture_fits_afterwards(source: Path, tmp_path: Path) -> None:
    before = sha256(source)
    if (why := UNFIXABLE.get(source.name)) is not None:
        with pytest.raises(PrepareError, match=why):
            made(source, DANCE, tmp_path)
        return
    target, steps = made(source, DANCE, tmp_path)
    facts = video_facts(target)

    assert sha256(source) == before
    if source.name in LOST_SOUND:
        assert [fault.partition(":")[0] for fault in faults(target, DANCE)] == ["FILE011"]
        return
    assert faults(target, DANCE) == []
    assert plan_video(facts, DANCE.role, OPTIONS, DANCE.findings(facts))[0] == (), steps


@pytest.mark.parametrize(
    ("item", "name"),
    [(WAN, "formats/vp9.webm"), (STYLE, "video/fps-75.mp4"), (WAN, "formats/h264.avi"), (STYLE, "orientation/rotation-90.mp4")],
    ids=["vp9.webm", "fps-75.mp4", "h264.avi", "rotation-90.mp4"],
)
def test_other_models_are_met_too(item: Input, name: str, tmp_path: Path) -> None:
    assert faults(made(FIXTURES / name, item, tmp_path)[0], item) == []


@pytest.mark.parametrize("name", ["formats/h264.mkv", "video/late-picture.mp4"])
def test_a_second_run_writes_the_same_bytes(name: str, tmp_path: Path) -> None:
    for folder in ("first", "second"):
        (tmp_path / folder).mkdir()
        made(FIXTURES / name, STYLE, tmp_path / folder)

    assert sha256(tmp_path / "first" / "out.mp4") == sha256(tmp_path / "second" / "out.mp4")


@pytest.mark.parametrize("name", ["talking-head.mp4", "dance.mp4"])
def test_a_remux_keeps_every_packet(name: str, tmp_path: Path) -> None:
    source = tmp_path / "v.mkv"
    ffmpeg("-i", FIXTURES / name, "-c", "copy", source)
    target, steps = made(source, DANCE, tmp_path)

    assert isinstance(steps[-1], RemuxVideo)
    assert [packets(target, kind) for kind in ("video", "audio")] == [
        packets(FIXTURES / name, kind) for kind in ("video", "audio")
    ]
    assert video_facts(target).stated_duration_s == pytest.approx(video_facts(FIXTURES / name).stated_duration_s, abs=0.05)


@pytest.mark.parametrize("suffix", ["avi", "mp4"])
def test_what_is_cut_off_behind_all_frames_is_written_anew(suffix: str, tmp_path: Path) -> None:
    whole, source = tmp_path / f"whole.{suffix}", tmp_path / f"cut.{suffix}"
    ffmpeg("-i", FIXTURES / "dance.mp4", "-c", "copy", *(["-an"] if suffix == "avi" else []), whole)
    source.write_bytes(whole.read_bytes()[:-20])
    assert any("its header is wrong" in fault for fault in faults(source, STYLE))
    target, steps = made(source, STYLE, tmp_path)

    assert faults(target, STYLE) == []
    assert len(packets(target, "video")) == len(packets(whole, "video"))
    # The rate of an AVI may ask for more than a new container.
    assert suffix == "avi" or isinstance(steps[-1], RemuxVideo)


def test_a_location_goes_and_the_picture_stays(tmp_path: Path) -> None:
    source = FIXTURES / "orientation" / "location.mov"
    item = changed("video-style-transform", "video", tmp_path, 'side = ">= 16"')
    target, steps = made(source, item, tmp_path)

    assert [step.name for step in steps] == ["strip-location", "remux"]
    assert not video_facts(target).has_location
    assert packets(target, "video") == packets(source, "video")


@pytest.mark.parametrize("b_frames", [0, 3])
def test_a_cut_by_copy_keeps_the_packets_and_ends_cleanly(b_frames: int, tmp_path: Path) -> None:
    source = clip(
        tmp_path,
        "testsrc2=s=320x240:r=25:d=13",
        "-bf",
        b_frames,
        "-g",
        50,
        "-preset",
        "ultrafast",
        "-x264-params",
        "b-pyramid=2:b-adapt=0",
    )
    target, steps = made(source, WAN, tmp_path)
    kept, facts = packets(target, "video"), video_facts(target)

    assert [step.name for step in steps] == ["trim", "remux"]
    assert kept == packets(source, "video")[: len(kept)]
    assert packets(target, "audio") == packets(source, "audio")[: len(packets(target, "audio"))]
    # Every frame decodes, none is missing between the others, and both clocks agree.
    assert len(frames(target)) == len(kept) == facts.frames
    assert not facts.variable_frame_rate
    assert 9.5 < (facts.duration_s or 0) <= 9.9
    assert (facts.stated_duration_s or 0) < 10
    assert (facts.start_s or 0) < 1 / 25
    assert faults(target, WAN) == []


def test_a_cut_that_no_frame_border_allows_is_an_encode(tmp_path: Path) -> None:
    # One frame every two seconds: the nearest border is too far away.
    item = changed("wan2.7-i2v", "first_clip", tmp_path, 'duration = "[2, 9]"')
    source = clip(tmp_path, "testsrc2=s=320x240:r=0.5:d=20", "-preset", "ultrafast")
    target, steps = made(source, item, tmp_path)

    assert isinstance(steps[-1], EncodeVideo)
    assert faults(target, item) == []


def test_an_encode_in_place_of_a_copy_is_whole_even_where_a_fault_was_let_pass(tmp_path: Path) -> None:
    source = clip(tmp_path, "testsrc=s=321x241:r=0.5:d=20", "-preset", "ultrafast", "-pix_fmt", "yuv444p")
    facts = video_facts(source)
    let_pass = ("video-size-odd", "video-pixel-format-unusual")
    found = [finding for finding in WAN.findings(facts) if finding.name not in let_pass]
    steps, _, _ = plan_video(facts, WAN.role, OPTIONS, found)
    done = run_video(str(source), steps, str(tmp_path / "out.mp4")).steps

    assert [step.name for step in steps] == ["trim", "remux"]
    assert [step.name for step in done] == ["trim", "pixel-format", "crop", "encode"]
    assert faults(tmp_path / "out.mp4", WAN) == []


def test_the_last_clean_cut_leaves_no_gap(tmp_path: Path) -> None:
    # I P B B B P B B B …: a cut is clean after each group only.
    options = ("-an", "-bf", 3, "-g", 100, "-preset", "ultrafast", "-x264-params", "b-pyramid=0:b-adapt=0:scenecut=0")
    source = clip(tmp_path, "testsrc2=s=64x64:r=10:d=10", *options)

    assert survey(str(source), 5.0).cut == FrameCut(49, pytest.approx(4.9))
    assert survey(str(source), 4.85).cut == FrameCut(45, pytest.approx(4.5))
    assert survey(str(source), 0.05).cut is None


def test_cuts_are_the_same_with_and_without_an_index(tmp_path: Path) -> None:
    source = clip(tmp_path, "testsrc2=s=64x64:r=25:d=20", "-an", "-g", 25, "-preset", "ultrafast")
    bare = tmp_path / "bare.mkv"
    ffmpeg("-i", source, "-c", "copy", bare)

    for end in (1.0, 7.77, 13.3, 19.9):
        assert survey(str(source), end).cut == survey(str(bare), end).cut


def test_sound_that_runs_on_is_cut_without_touching_the_picture(tmp_path: Path) -> None:
    source = tmp_path / "v.mp4"
    picture = clip(tmp_path, "testsrc2=s=320x240:r=25:d=4", "-an", "-preset", "ultrafast")
    ffmpeg("-i", picture, "-f", "lavfi", "-i", "sine=440:d=8", "-map", "0:v", "-map", "1:a", "-c:v", "copy", source)
    target, steps = made(source, DANCE, tmp_path)

    assert [step.name for step in steps] == ["cut-sound", "remux"]
    assert packets(target, "video") == packets(source, "video")
    assert video_facts(target).stated_duration_s == pytest.approx(4, abs=0.1)
    assert faults(target, DANCE) == []


def test_sound_that_begins_first_stays_in_step_where_it_is_cut(tmp_path: Path) -> None:
    """In a broadcast format, a file of which only the sound is read begins at another time."""
    picture = ("-itsoffset", 0.02, "-f", "lavfi", "-i", "color=s=320x240:r=25:d=2.2")
    source = tmp_path / "v.ts"
    ffmpeg(*picture, "-f", "lavfi", "-i", "sine=440:d=4", *X264, "-c:a", "aac", source)
    target, steps = made(source, WAN, tmp_path)
    before, after = video_facts(source), video_facts(target)

    assert [step.name for step in steps] == ["cut-sound", "remux"]
    lead = (before.audio_start_s or 0.0) - (before.start_s or 0.0)
    assert lead < -0.05
    assert (after.audio_start_s or 0.0) - (after.start_s or 0.0) == pytest.approx(lead, abs=0.002)


def test_a_late_picture_starts_at_zero_with_its_sound(tmp_path: Path) -> None:
    # A flash and a beep, both one second after the picture begins, which begins one second late.
    source = tmp_path / "late.mp4"
    flash = "color=black:s=320x240:r=25:d=4,drawbox=c=white:t=fill:enable='between(t,1,1.2)'"
    ffmpeg(
        *(
            "-itsoffset",
            "1",
            "-f",
            "lavfi",
            "-i",
            flash,
            "-f",
            "lavfi",
            "-i",
            "sine=1000:d=5,volume='between(t,2,2.2)':eval=frame",
        ),
        *("-preset", "ultrafast", "-g", "10", source),
    )
    assert video_facts(source).start_s == pytest.approx(1.0, abs=0.05)
    for number, item in enumerate((DANCE, RETALK)):
        (tmp_path / str(number)).mkdir()
        target, _ = made(source, item, tmp_path / str(number))
        brightness = [frame.mean() for frame in frames(target)]
        with av.open(str(target)) as container:
            heard = [(frame.time, np.abs(frame.to_ndarray()).max()) for frame in container.decode(audio=0)]
        beep = next(time for time, level in heard if level > 0.05)

        assert faults(target, item) == []
        assert next(place for place, level in enumerate(brightness) if level > 100) == pytest.approx(25, abs=1)
        assert beep == pytest.approx(1.0, abs=0.06)


@pytest.mark.parametrize(
    ("options", "filters"),
    [
        (("-pix_fmt", "yuv444p"), "format=yuv420p"),
        (("-pix_fmt", "yuv420p10le"), "format=yuv420p"),
        (("-c:v", "mpeg4", "-q:v", "2"), "null"),
        (("-vf", "scale=320:240,setsar=4/3", "-pix_fmt", "yuv420p"), "scale=427:240:flags=lanczos,crop=426:240,setsar=1"),
        (("-s", "321x241", "-pix_fmt", "yuv444p"), "crop=320:240:0:0,format=yuv420p"),
        (("-s", "160x120", "-pix_fmt", "yuv420p"), "scale=266:200:flags=lanczos"),
    ],
    ids=["4:4:4", "10 bit", "mpeg4", "wide pixels", "odd size", "too small"],
)
def test_what_an_encode_does_not_change_looks_the_same(options: tuple[str, ...], filters: str, tmp_path: Path) -> None:
    source = tmp_path / "v.mp4"
    ffmpeg("-i", FACES, "-t", 2.1, "-vf", "scale=320:240", "-an", "-crf", "10", "-preset", "ultrafast", *options, source)
    target, steps = made(source, DANCE, tmp_path)

    assert isinstance(steps[-1], EncodeVideo)
    assert similarity(source, target, filters) > 0.95


def test_how_to_look_at_the_source_is_not_said_of_the_result(tmp_path: Path) -> None:
    """FFmpeg's filters refuse some videos that are said to be a side of a stereo pair."""
    source = clip(tmp_path, "testsrc2=s=320x240:r=25:d=1", *X264, "-an", "-metadata:s:v", "stereo_mode=left_right", name="v.mkv")
    target, steps = made(source, DANCE, tmp_path)
    assert isinstance(steps[-1], EncodeVideo)
    assert "Stereo 3D" in ffmpeg("-i", source, "-f", "null", "-")
    assert "Stereo 3D" not in ffmpeg("-i", target, "-f", "null", "-")


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_rotation_is_baked(turn: int, tmp_path: Path) -> None:
    item = changed("video-style-transform", "video", tmp_path, 'side = ">= 16"')
    source = FIXTURES / "orientation" / f"rotation-{turn}.mp4"
    target, _ = made(source, item, tmp_path)
    shown, baked = frames(source)[0].astype(float), frames(target)[0].astype(float)

    assert video_facts(target).rotation == 0
    assert shown.shape == baked.shape
    assert np.abs(shown - baked).mean() < 3


@pytest.mark.sweep
@pytest.mark.parametrize("orientation", [2, 5])
def test_the_mirror_that_the_pictures_of_motion_jpeg_ask_for_is_baked(orientation: int, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x112] = orientation
    stored = Image.fromarray(frames(FACES)[0]).convert("RGB")
    for number in range(25):
        stored.save(tmp_path / f"{number}.jpg", exif=exif)
    source = tmp_path / "clip.mov"
    ffmpeg("-framerate", 12, "-i", tmp_path / "%d.jpg", "-c", "copy", source)
    target, steps = made(source, STYLE, tmp_path)

    assert [step.name for step in steps] == ["bake-rotation", "encode"]
    shown = np.asarray(ImageOps.exif_transpose(Image.open(tmp_path / "0.jpg")).convert("L")).astype(float)
    assert np.abs(shown - frames(target)[0]).mean() < 4


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("v.webm", ("-c:v", "libvpx-vp9", "-b:v", "2M", "-pix_fmt", "yuva420p")),
        ("v.mkv", ("-c:v", "libvpx", "-b:v", "2M", "-pix_fmt", "yuva420p", "-auto-alt-ref", 0)),
        ("v.mov", ("-c:v", "prores_ks", "-profile:v", "4444", "-pix_fmt", "yuva444p10le")),
        ("v.mov", ("-c:v", "png", "-pix_fmt", "rgba")),
        ("v.mov", ("-c:v", "qtrle", "-pix_fmt", "argb")),
    ],
    ids=["vp9", "vp8", "prores", "png", "animation"],
)
def test_transparency_is_laid_onto_the_background(name: str, options: tuple[object, ...], tmp_path: Path) -> None:
    item = changed("video-style-transform", "video", tmp_path, 'side = ">= 16"')
    source, colour = tmp_path / name, (0x20, 0xC0, 0x40)
    # Red; the left third is transparent, the middle half so.
    alpha = "color=red:s=96x64:r=10:d=2.2,format=rgba,geq=r=255:g=0:b=0:a='if(lt(X,32),0,if(lt(X,64),128,255))'"
    ffmpeg("-f", "lavfi", "-i", alpha, *options, source)
    target, steps = made(source, item, tmp_path, PrepareOptions(background="#20c040"))

    assert video_facts(source).has_alpha
    assert "flatten" in [step.name for step in steps]
    assert faults(target, item) == []
    with av.open(str(target)) as container:
        rgb = next(container.decode(video=0)).to_ndarray(format="rgb24").astype(int)
    assert np.abs(rgb[8:-8, 8:24] - colour).max() <= 12
    assert np.abs(rgb[8:-8, 42:54] - [(own + behind) / 2 for own, behind in zip((255, 0, 0), colour, strict=True)]).max() <= 12
    assert np.abs(rgb[8:-8, 72:88] - (255, 0, 0)).max() <= 12


@pytest.mark.sweep
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("v.avi", ("-c:v", "mpeg4", "-c:a", "libmp3lame", "-ar", 11025)),
        ("v.avi", ("-c:v", "libx264", "-c:a", "libmp3lame", "-ar", 8000)),
        ("v.avi", ("-c:v", "mpeg4", "-c:a", "pcm_s16le")),
        ("v.wmv", ("-c:v", "wmv2", "-c:a", "wmav2")),
        ("v.mkv", (*X264, "-c:a", "libvorbis")),
        ("v.mkv", (*X264, "-c:a", "pcm_f32le")),
    ],
)
def test_sound_of_every_sort_goes_into_mp4(name: str, options: tuple[object, ...], tmp_path: Path) -> None:
    source = clip(tmp_path, "color=gray:s=640x640:r=25:d=2.2", "-pix_fmt", "yuv420p", *options, name=name)
    target, _ = made(source, RETALK, tmp_path)
    facts = video_facts(target)
    assert faults(target, RETALK) == []
    assert (facts.format, facts.audio_codec) == ("mp4", "aac")
    # With MP3 beside it ffmpeg holds the first frame of an AVI until the sound has caught up.
    assert facts.audio_duration_s == pytest.approx(2.2, abs=0.15)


def test_sound_that_begins_late_does_so_in_a_container_that_cannot_store_it(tmp_path: Path) -> None:
    source = tmp_path / "late.mkv"
    tone = ("-itsoffset", 0.5, "-f", "lavfi", "-i", "sine=1000:d=2.5")
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=640x480:r=25:d=3", *tone, *X264, "-c:a", "libmp3lame", source)
    target, steps = made(source, changed("video-style-transform", "video", tmp_path, 'formats = ["avi"]'), tmp_path)
    with av.open(str(target)) as container:
        sounds = [(frame.time, np.abs(frame.to_ndarray()).max()) for frame in container.decode(audio=0)]

    assert steps[-1].name == "encode"
    assert next(time for time, loudest in sounds if loudest > 0.05) == pytest.approx(0.5, abs=0.05)


@pytest.mark.sweep
@pytest.mark.parametrize("codec", ["libx264", "mpeg2video"])
def test_a_recording_cut_out_of_a_broadcast_stays_in_step(codec: str, tmp_path: Path) -> None:
    """What comes before its first keyframe is heard and not seen: neither of the two is there in the result."""
    whole = tmp_path / "whole.ts"
    flash = "testsrc2=s=320x240:r=25:d=6,drawbox=color=white:t=fill:enable='gte(t,4)'"
    beep = "aevalsrc='if(gte(t,4),sin(880*PI*t),0)':s=48000:d=6"
    ffmpeg("-f", "lavfi", "-i", flash, "-f", "lavfi", "-i", beep, "-c:v", codec, "-g", 25, "-pix_fmt", "yuv420p", whole)
    data = whole.read_bytes()
    source = tmp_path / "cut.ts"
    source.write_bytes(data[len(data) * 15 // 100 // 188 * 188 :])
    target, _ = made(source, DANCE, tmp_path)

    assert faults(target, DANCE) == []
    with av.open(str(target)) as container:
        pictures = [(frame.time, frame.to_ndarray(format="gray").min()) for frame in container.decode(video=0)]
    with av.open(str(target)) as container:
        sounds = [(frame.time, np.abs(frame.to_ndarray()).max()) for frame in container.decode(audio=0)]
    assert pictures[0][0] == 0.0
    seen, heard = (next(time for time, value in found if value > limit) for found, limit in ((pictures, 200), (sounds, 0.3)))
    assert seen == pytest.approx(heard, abs=0.06)


def test_without_a_decoder_of_transparency_nothing_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = clip(tmp_path, "testsrc2=s=64x64:d=2.2,format=yuva420p", "-c:v", "libvpx-vp9", "-an", name="v.webm")
    monkeypatch.setattr(engine, "has_decoder", lambda name: False)
    with pytest.raises(FfmpegError, match="transparency"):
        made(source, DANCE, tmp_path)


@pytest.mark.parametrize(("container", "turn"), [("mp4", 0), ("mkv", 90), ("mp4", 180), ("mkv", 270)])
def test_mirrors_are_baked(container: str, turn: int, tmp_path: Path) -> None:
    item = changed("video-style-transform", "video", tmp_path, 'side = ">= 16"')
    source = tmp_path / f"mirrored.{container}"
    ffmpeg("-display_rotation", -turn, "-display_hflip", "-i", FIXTURES / "formats" / "h264.mp4", "-c", "copy", source)
    target, steps = made(source, item, tmp_path)
    baked = video_facts(target)

    assert "bake-rotation" in [step.name for step in steps]
    assert (baked.rotation, baked.mirrored) == (0, False)
    assert similarity(source, target) > 0.95


@pytest.mark.sweep
@pytest.mark.parametrize(
    ("transfer", "name", "with_zscale"), [("smpte2084", "pq", True), ("arib-std-b67", "hlg", True), ("smpte2084", "pq", False)]
)
def test_high_dynamic_range_comes_back_to_what_it_was_graded_from(
    transfer: str, name: str, with_zscale: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not engine.has_filter("zscale"):
        pytest.skip("needs zscale to make the source")
    source, portrait = tmp_path / "v.mp4", FIXTURES / "portrait.jpg"
    to_linear = "zscale=min=bt470bg:pin=bt709:tin=bt709:rin=full:p=bt2020:t=linear:npl=203,format=gbrpf32le"
    to_hdr = f"zscale=pin=bt2020:tin=linear:t={transfer}:npl=203:m=bt2020nc:r=limited,format=yuv420p10le"
    still = ("-loop", "1", "-r", "25", "-i", portrait, "-t", "2.2", "-vf", f"scale=200:200,{to_linear},{to_hdr}")
    ffmpeg(
        *still,
        "-c:v",
        "libx265",
        "-preset",
        "ultrafast",
        "-crf",
        "12",
        "-x265-params",
        "log-level=none",
        "-tag:v",
        "hvc1",
        source,
    )
    assert video_facts(source).transfer == name
    if not with_zscale:
        monkeypatch.setattr(engine, "has_filter", lambda _: False)
    target, steps = made(source, DANCE, tmp_path)
    ffmpeg("-i", target, "-frames:v", 1, tmp_path / "after.png")
    with Image.open(portrait) as before, Image.open(tmp_path / "after.png") as after:
        difference = np.asarray(before.resize((200, 200)).convert("RGB"), float) - np.asarray(after.convert("RGB"), float)

    assert [step.name for step in steps] == ["tone-map", "pixel-format", "encode"]
    assert np.abs(difference).mean() < 10
    assert faults(target, DANCE) == []


def test_interlaced_pictures_lose_their_combs(tmp_path: Path) -> None:
    source = clip(
        *(tmp_path, "testsrc2=s=320x240:r=50:d=2.5", "-vf", "interlace=scan=tff:lowpass=off", "-flags", "+ildct+ilme"),
        *("-preset", "ultrafast", "-x264-params", "tff=1"),
    )
    assert video_facts(source).interlaced
    target, _ = made(source, DANCE, tmp_path)

    def combing(path: Path) -> float:
        """How much more neighbouring lines differ than those of one field do."""
        shown = [frame.astype(float) for frame in frames(path)[5:30]]
        return float(np.mean([np.abs(np.diff(f, axis=0)).mean() - np.abs(f[2:] - f[:-2]).mean() / 2 for f in shown]))

    assert combing(target) < combing(source) / 3
    assert video_facts(target).fps == 25


def test_a_short_clip_plays_backward_then_forward(tmp_path: Path) -> None:
    # Each frame brighter than the one before.
    source = clip(tmp_path, "color=s=256x256:r=25:d=0.6,geq=lum='40+N*12':cb=128:cr=128", "-preset", "ultrafast", "-crf", "5")
    target, steps = made(source, DANCE, tmp_path)
    first, second = (frame.mean() for frame in frames(source)[:2])
    order = [round((frame.mean() - first) / (second - first)) for frame in frames(target)]
    once = list(range(15))
    expected = (once + once[-2:0:-1]) * 3

    assert [step.name for step in steps] == ["extend", "encode"]
    assert len(order) == 53
    assert order == expected[:53]
    assert faults(target, DANCE) == []


@pytest.mark.parametrize("count", [1, 2, 3])
def test_clips_of_few_frames_are_long_enough_afterwards(count: int, tmp_path: Path) -> None:
    source = clip(tmp_path, "testsrc2=s=256x256:r=25", "-an", "-frames:v", count, "-preset", "ultrafast")
    target, _ = made(source, DANCE, tmp_path)

    assert video_facts(target).frames == 53
    assert faults(target, DANCE) == []


def test_a_variable_rate_keeps_every_picture_in_its_time(tmp_path: Path) -> None:
    source = tmp_path / "v.mp4"
    # Half a second at 10 fps, the rest at 30: frame k of the brightness ramp is due at its own time.
    ramp = "color=s=16x16:r=30:d=3,geq=lum='30+N*2':cb=128:cr=128,select='if(lt(t,1.5),not(mod(n,3)),1)',scale=256:256"
    ffmpeg("-f", "lavfi", "-i", ramp, "-fps_mode", "vfr", "-preset", "ultrafast", "-crf", "5", source)
    assert video_facts(source).variable_frame_rate
    target, _ = made(source, DANCE, tmp_path)
    facts, shown = video_facts(target), [frame.mean() for frame in frames(target)]

    assert (facts.fps, facts.variable_frame_rate) == (30.0, False)
    assert facts.duration_s == pytest.approx(3.0, abs=0.07)
    first = shown[0]
    step = (shown[-1] - first) / 89
    assert all(abs((level - first) / step - place) <= 3.1 for place, level in enumerate(shown))


@pytest.mark.sweep
def test_a_byte_limit_is_kept(tmp_path: Path) -> None:
    item = changed("video-style-transform", "video", tmp_path, 'megabytes = "<= 0.4"')
    source = clip(tmp_path, "testsrc2=s=320x256:r=25:d=2.5,noise=alls=40:allf=t", "-preset", "ultrafast", "-crf", "15")
    assert source.stat().st_size > 700_000
    target, _ = made(source, item, tmp_path)

    assert 200_000 < target.stat().st_size <= 400_000
    assert faults(target, item) == []


def test_padding_has_the_colour_asked_for(tmp_path: Path) -> None:
    source = clip(tmp_path, "color=red:s=800x300:r=25:d=2.2", "-preset", "ultrafast")
    target, _ = made(source, STYLE, tmp_path, PrepareOptions(background="#0000ff"))
    ffmpeg("-i", target, "-frames:v", 1, tmp_path / "f.png")
    with Image.open(tmp_path / "f.png") as frame:
        corner, middle = frame.convert("RGB").getpixel((5, 5)), frame.convert("RGB").getpixel((400, frame.height // 2))

    assert np.allclose(corner, (0, 0, 255), atol=12)
    assert np.allclose(middle, (255, 0, 0), atol=12)


def test_the_first_of_several_streams_is_kept_and_no_cover(tmp_path: Path) -> None:
    source = tmp_path / "v.mkv"
    sounds = ("-f", "lavfi", "-i", "sine=440:d=3", "-f", "lavfi", "-i", "sine=880:d=3")
    ffmpeg(
        "-i", FIXTURES / "dance.mp4", *sounds, "-map", "0:v", "-map", "1:a", "-map", "2:a", "-c:v", "copy", "-c:a", "aac", source
    )
    target, steps = made(source, DANCE, tmp_path)
    with av.open(str(target)) as container:
        kinds = [stream.type for stream in container.streams]

    assert isinstance(steps[-1], RemuxVideo)
    assert kinds == ["video", "audio"]
    assert packets(target, "audio") == packets(source, "audio")


@pytest.mark.sweep
def test_equal_lengths_are_reached_to_the_frame(tmp_path: Path) -> None:
    # A copy can end only at every fourth frame.
    source = clip(tmp_path, "testsrc2=s=256x256:r=25:d=6", "-preset", "ultrafast", "-x264-params", "bframes=3:b-adapt=0")
    ways = set()
    for length in (4.02, 4.06, 4.10, 4.14):
        shorter, steps = made(source, DANCE, tmp_path, length=length)
        assert abs((video_facts(shorter).duration_s or 0.0) - length) < 0.04
        ways.add(type(steps[-1]))
    assert ways == {RemuxVideo, EncodeVideo}
    longer, _ = made(source, DANCE, tmp_path, length=7.0)
    assert video_facts(longer).duration_s == pytest.approx(7.0, abs=0.05)


@pytest.mark.sweep
def test_progress_rises_and_an_exception_stops_it(tmp_path: Path) -> None:
    source = clip(tmp_path, "testsrc2=s=320x240:r=60:d=3", "-preset", "ultrafast", "-pix_fmt", "yuv444p")
    facts = video_facts(source)
    steps, _, _ = plan_video(facts, DANCE.role, OPTIONS, DANCE.findings(facts))
    seen: list[float] = []
    run_video(str(source), steps, str(tmp_path / "out.mp4"), seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0

    def stop(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_video(str(source), steps, str(tmp_path / "other.mp4"), stop)


def test_a_truncated_file_that_still_decodes_is_no_crash(tmp_path: Path) -> None:
    source = tmp_path / "v.mp4"
    facts = video_facts(FACES)
    whole = FACES.read_bytes()
    source.write_bytes(whole[: len(whole) // 2])
    steps, _, _ = plan_video(msgspec.structs.replace(facts, duration_s=200.0), RETALK.role, OPTIONS, [])
    assert steps == ()
    found = RETALK.findings(msgspec.structs.replace(facts, video_codec="vp9"))
    steps, _, _ = plan_video(facts, RETALK.role, OPTIONS, found)
    with pytest.raises((PrepareError, FfmpegError)):
        run_video(str(source), steps, str(tmp_path / "out.mp4"))


@pytest.mark.skipif(not (shutil.which("ffprobe") and shutil.which("mediainfo")), reason="needs ffprobe and mediainfo")
@pytest.mark.parametrize(
    "name", ["formats/vp9.webm", "video/variable-frame-rate.mp4", "orientation/pixels-4-3.mp4", "formats/h264.ts"]
)
def test_other_judges_agree(name: str, tmp_path: Path) -> None:
    target, _ = made(FIXTURES / name, DANCE, tmp_path)
    command = ["ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", str(target)]
    found = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    picture = next(stream for stream in found["streams"] if stream["codec_type"] == "video")
    said = subprocess.run(["mediainfo", "--Output=JSON", str(target)], capture_output=True, check=True).stdout
    track = next(track for track in json.loads(said)["media"]["track"] if track["@type"] == "Video")

    assert (picture["codec_name"], picture["pix_fmt"]) == ("h264", "yuv420p")
    assert picture["avg_frame_rate"] == picture["r_frame_rate"]
    assert min(picture["width"], picture["height"]) >= 200
    assert 2 <= float(found["format"]["duration"]) < 60
    assert picture.get("sample_aspect_ratio", "1:1") == "1:1"
    assert (track["Format"], track["FrameRate_Mode"], track["ScanType"]) == ("AVC", "CFR", "Progressive")
    assert (int(track["Width"]), int(track["Height"])) == (picture["width"], picture["height"])
    assert float(track["FrameRate"]) >= 24


@pytest.mark.sweep
def test_a_part_is_cut_out_with_its_sound(tmp_path: Path) -> None:
    # Brighter with every frame, and a tone that starts after 4 s.
    filters = "color=s=16x16:r=25:d=8,geq=lum='16+N':cb=128:cr=128,scale=400:400:flags=neighbor"
    tone = ("-af", "volume=0:enable='lt(t,4)'", *X264, "-g", 250, "-c:a", "aac")
    source = clip(tmp_path, filters, *tone, name="source.mp4")
    target, _ = made(source, RETALK, tmp_path, keep=(3.0, 6.0))
    known, shown = video_facts(target), frames(target)

    assert known.duration_s == pytest.approx(3.0, abs=0.05)
    assert len(shown) == 75
    # The frames 75 to 149, as a display has them: 255 steps for 219.
    assert float(shown[0].mean()) == pytest.approx(75 * 255 / 219, abs=1)
    assert float(shown[-1].mean()) == pytest.approx(149 * 255 / 219, abs=1)
    sound = np.concatenate([frame.to_ndarray()[0] for frame in av.open(str(target)).decode(audio=0)])
    rate = len(sound) / 3.0
    assert float(np.abs(sound[: int(0.9 * rate)]).max()) < 0.01
    assert float(np.abs(sound[int(1.1 * rate) :]).max()) > 0.05
