"""Every fact of a video, against what is known from how the file was made."""

import itertools
import struct
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import av
import imageio_ffmpeg
import numpy as np
import pytest
from av.bitstream import BitStreamFilterContext
from msgspec.structs import asdict
from PIL import Image, ImageOps

from mediapreflight.media.av import video as video_probe
from mediapreflight.media.av.containers import MAX_STREAMS, open_container
from mediapreflight.media.av.frames import sample_frames
from mediapreflight.media.av.video import probe_video
from mediapreflight.media.display import Turn
from mediapreflight.media.facts import AudioFacts, Problem, VideoFacts
from mediapreflight.media.opening import open_source
from mediapreflight.media.parsers.vpx import is_hidden
from mediapreflight.media.probe import probe

from ..make import FIXTURES, PICTURE, TONE, X264, MediaMaker, box, box_at, ffmpeg, lavfi, patched, with_box
from ..parsers.h264_fields import fields

AAC = ("-c:a", "aac", "-b:a", "24k")
# One second of 96 x 128 at 25 fps, as every small fixture is unless its name says otherwise.
PLAIN: dict[str, Any] = {
    "width": 96,
    "height": 128,
    "stored_width": 96,
    "stored_height": 128,
    "rotation": 0,
    "video_codec": "h264",
    "pixel_format": "yuv420p",
    "bit_depth": 8,
    "chroma": "4:2:0",
    "transfer": "sdr",
    "interlaced": False,
    "encrypted": False,
    "fps": 25.0,
    "stated_fps": 25.0,
    "fps_nominal": 25.0,
    "fps_min": 25.0,
    "fps_max": 25.0,
    "variable_frame_rate": False,
    "frames": 25,
    "duration_s": 1.0,
    "start_s": 0.0,
    "audio_codec": "aac",
    "audio_duration_s": 1.0,
    "has_location": False,
    "problems": (),
}
SILENT = {"audio_codec": None, "audio_duration_s": None}
TURNED = {"stored_width": 128, "stored_height": 96}
# With MP3 beside it ffmpeg holds the first frame of an AVI for three frames' time, until the sound has caught up.
HELD = {
    "fps": 23.1481,
    "fps_min": 8.3333,
    "variable_frame_rate": True,
    "duration_s": 1.08,
    "audio_codec": "mp3",
    "audio_duration_s": 1.08,
}
# Frames that wait for their order start late where no edit list says otherwise; the sound's priming is then heard, too.
LATE = {"start_s": 0.08, "audio_duration_s": 1.08}
PADDED = {"start_s": 0.064, "audio_duration_s": 1.088}
# Its first packet starts 6.5 ms before zero, which Matroska counts as 7.
OPUS = {"audio_codec": "opus", "audio_duration_s": 1.0}
EXPECTED: dict[str, dict[str, Any]] = {
    "formats/h264.mp4": {"stated_frames": 25, "stated_duration_s": 1.0},
    "formats/h264-moov-first.mp4": {"stated_frames": 25, "stated_duration_s": 1.0},
    "formats/h264-fragmented.mp4": LATE | {"stated_frames": None, "stated_duration_s": 1.08},
    "formats/h264-silent.mp4": SILENT,
    "formats/h265.mp4": {"video_codec": "hevc"},
    "formats/av1.mp4": SILENT | {"video_codec": "av1"},
    "formats/mpeg4-part-2.mp4": {"video_codec": "mpeg4"},
    "formats/h264.mov": {"format": "mov", "audio_codec": "pcm_s16le"},
    "formats/h264.avi": HELD | {"format": "avi", "stated_frames": 27},
    "formats/mpeg4-part-2.avi": HELD | {"video_codec": "mpeg4", "stated_frames": 27},
    "formats/motion-jpeg.avi": SILENT
    | {"video_codec": "mjpeg", "pixel_format": "yuvj420p", "frames": 10}
    | dict.fromkeys(("fps", "stated_fps", "fps_nominal", "fps_min", "fps_max"), 10.0),
    "formats/h264.mkv": {"format": "mkv", "stated_frames": None, "stated_duration_s": 1.064},
    "formats/vp9.webm": {"format": "webm", "video_codec": "vp9"} | OPUS,
    "formats/h264.flv": {"format": "flv", "start_s": 0.08, "audio_duration_s": 1.088},
    "formats/h264.ts": PADDED | {"format": "ts"},
    "formats/mpeg2.mpg": {
        "format": "mpg",
        "video_codec": "mpeg2video",
        "start_s": 0.030067,
        "audio_codec": "mp2",
        "audio_duration_s": 1.008,
    },
    "formats/mpeg2.mxf": SILENT | {"format": "mxf", "video_codec": "mpeg2video"},
    "formats/two-videos.mp4": SILENT,
    "formats/h264-with-cover.mp4": {},
    "orientation/rotation-90.mp4": TURNED | {"rotation": 90},
    "orientation/rotation-180.mp4": {"rotation": 180},
    "orientation/rotation-270.mp4": TURNED | {"rotation": 270},
    "orientation/pixels-4-3.mp4": {"width": 128, "sample_aspect_ratio": "4:3"},
    "orientation/location.mov": SILENT | {"has_location": True},
    "video/ten-bit.mp4": {"pixel_format": "yuv420p10le", "bit_depth": 10},
    "video/ten-bit-h265.mp4": {"video_codec": "hevc", "pixel_format": "yuv420p10le", "bit_depth": 10},
    "video/chroma-4-4-4.mp4": {"pixel_format": "yuv444p", "chroma": "4:4:4"},
    "video/hdr-pq.mp4": {"video_codec": "hevc", "pixel_format": "yuv420p10le", "bit_depth": 10, "transfer": "pq"},
    "video/interlaced.mp4": {"interlaced": True},
    "video/odd-size.mp4": {"pixel_format": "yuv444p", "chroma": "4:4:4"}
    | dict(zip(("width", "height", "stored_width", "stored_height"), (95, 127, 95, 127), strict=True)),
    "video/variable-frame-rate.mp4": {
        "fps": 17.0,
        "stated_fps": pytest.approx(14.655, abs=0.001),
        "fps_min": 8.3333,
        "variable_frame_rate": True,
        "frames": 17,
    },
    "video/fps-12.mp4": {"frames": 12} | dict.fromkeys(("fps", "stated_fps", "fps_nominal", "fps_min", "fps_max"), 12.0),
    "video/fps-75.mp4": {"frames": 75} | dict.fromkeys(("fps", "stated_fps", "fps_nominal", "fps_min", "fps_max"), 75.0),
    "video/encrypted.mp4": {
        "encrypted": True,
        "problems": ("encrypted: its picture cannot be read without a key",),
        "pixel_format": None,
        "bit_depth": None,
        "chroma": None,
    },
    "video/late-picture.mp4": {"start_s": 1.0, "stated_duration_s": 2.0},
    "video/false-frame-rate.webm": {"video_codec": "vp9", "stated_fps": 600.0, "fps_nominal": 600.0} | OPUS,
    "faults/false-duration.mp4": {"stated_duration_s": 20.0},
    "faults/mkv-named-mp4.mp4": {"format": "mkv"},
}


def video(path: Path, level: str = "decode") -> VideoFacts:
    facts = probe(path, level=level)  # type: ignore[arg-type]
    assert isinstance(facts, VideoFacts), facts
    return facts


@pytest.mark.every("name", EXPECTED)
def test_every_field_of_the_fixtures(name: str) -> None:
    facts = asdict(video(FIXTURES / name))
    expected = PLAIN | EXPECTED[name]
    assert {field: facts[field] for field in expected} == expected


def test_no_video_fixture_is_left_out() -> None:
    stems = {path for folder in ("formats", "orientation", "video") for path in (FIXTURES / folder).iterdir()}
    videos = {path.relative_to(FIXTURES).as_posix() for path in stems if probe(path, level="metadata").kind == "video"}
    assert videos <= EXPECTED.keys()


@pytest.mark.parametrize("name", ["talking-head.mp4", "dance.mp4"])
def test_the_longer_clips(name: str) -> None:
    facts = video(FIXTURES / name)
    frames = 99 if name == "talking-head.mp4" else 75
    assert (facts.problems, facts.frames, facts.duration_s, facts.fps) == ((), frames, frames / 25, 25.0)
    assert facts.audio_duration_s == pytest.approx(frames / 25)


@pytest.mark.every("name", sorted(name for name in EXPECTED if not name.startswith("faults/")))
def test_headers_say_what_is_there(name: str) -> None:
    """At level `metadata` everything that headers say is as at level `decode`; what only packets tell is None."""
    quick, whole = asdict(video(FIXTURES / name, "metadata")), asdict(video(FIXTURES / name))
    measured = {"frames", "duration_s", "fps_min", "fps_max", "variable_frame_rate", "audio_start_s", "audio_duration_s"}
    assert all(quick[field] is None for field in measured)
    assert quick["fps"] == quick["stated_fps"]
    for field in quick.keys() - measured - {"fps"}:
        assert quick[field] == whole[field], field


# -- turned, stretched, mirrored


@pytest.mark.parametrize("container", ["mp4", "mov", "mkv"])
@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_rotation(make: MediaMaker, container: str, degrees: int) -> None:
    plain = make("plain.mp4", *lavfi(PICTURE, TONE), *X264, *AAC)
    # ffmpeg counts counter-clockwise.
    path = make(f"turned-{degrees}.{container}", "-display_rotation", str(-degrees), "-i", plain, "-c", "copy")
    facts = video(path)
    assert facts.rotation == video(path, "metadata").rotation == degrees
    assert (facts.stored_width, facts.stored_height) == (64, 48)
    assert (facts.width, facts.height) == ((48, 64) if degrees in (90, 270) else (64, 48))
    assert (facts.problems, facts.frames, facts.audio_duration_s) == ((), 25, 1.0)


MIRRORS = {"": (), "h": ("-display_hflip",), "v": ("-display_vflip",)}


@pytest.mark.parametrize("container", ["mp4", "mkv"])
@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
@pytest.mark.parametrize("mirror", ["", "h", "v"])
def test_what_a_display_matrix_says_is_what_ffmpeg_shows(make: MediaMaker, container: str, degrees: int, mirror: str) -> None:
    plain = make("plain.mp4", *lavfi(PICTURE, TONE), *X264, *AAC)
    turn = ("-display_rotation", str(-degrees), *MIRRORS[mirror])
    path = make(f"shown-{degrees}{mirror}.{container}", *turn, "-i", plain, "-c", "copy")
    facts, quick = video(path), video(path, "metadata")
    assert facts.mirrored == quick.mirrored == bool(mirror)
    assert facts.rotation == quick.rotation
    as_shown, as_stored = make.folder / "as-shown.png", make("as-stored.png", "-i", plain, "-frames:v", "1")
    ffmpeg("-i", path, "-frames:v", "1", as_shown)
    pixels = np.asarray(Image.open(as_stored).convert("RGB"))
    mirrored = pixels[:, ::-1] if facts.mirrored else pixels
    expected = np.asarray(Image.open(as_shown).convert("RGB"))
    assert (facts.height, facts.width) == expected.shape[:2]
    assert np.array_equal(np.rot90(mirrored, -(facts.rotation // 90)), expected)
    assert np.array_equal(sample_frames(path, 1, 1000)[0].picture.rgb, expected)


def test_what_the_stream_itself_says_counts_where_its_frames_are_decoded(make: MediaMaker) -> None:
    plain = make("plain.mp4", *lavfi(PICTURE, TONE), *X264, *AAC)
    oriented = "h264_metadata=display_orientation=insert:rotate=90:flip=horizontal"
    path = make("oriented.mp4", "-i", plain, "-c", "copy", "-bsf:v", oriented)
    facts, picture, shown = video(path), sample_frames(path, 1, 1000)[0].picture, make.folder / "oriented.png"
    ffmpeg("-i", path, "-frames:v", "1", shown)
    assert (facts.width, facts.height, facts.mirrored) == (48, 64, True)
    assert {frame.picture.rgb.shape for frame in sample_frames(path, 5, 1000)} == {(64, 48, 3)}
    assert np.array_equal(np.asarray(Image.open(shown).convert("RGB")), picture.rgb)
    assert (picture.width, picture.height) == (facts.width, facts.height)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_frame_with_side_data_that_has_no_name_here_is_turned_as_its_exif_says(make: MediaMaker, orientation: int) -> None:
    # FFmpeg 8 puts the EXIF of Motion JPEG beside each frame, as data of a sort that PyAV does not know.
    exif = Image.Exif()
    exif[0x112] = orientation
    with Image.open(FIXTURES / "formats/baseline.jpg") as picture:
        for number in range(3):
            picture.save(make.folder / f"exif-{number}.jpg", exif=exif, quality=95)
    with Image.open(make.folder / "exif-0.jpg") as stored:
        shown = np.asarray(ImageOps.exif_transpose(stored).convert("RGB")).astype(int)
    path = make(f"exif-{orientation}.avi", "-framerate", "5", "-i", make.folder / "exif-%d.jpg", "-c", "copy")
    facts = video(path)
    assert (facts.height, facts.width, facts.problems) == (*shown.shape[:2], ())
    assert Turn(facts.rotation, facts.mirrored).orientation == orientation
    assert np.abs(sample_frames(path, 1, 1000)[0].picture.rgb.astype(int) - shown).mean() < 3


@pytest.mark.parametrize("level", ["metadata", "decode"])
@pytest.mark.parametrize(
    ("encoder", "filter"), [("libx265", "hevc_metadata"), ("libx264", "h264_metadata"), ("libsvtav1", "av1_metadata")]
)
def test_the_transfer_in_the_sequence_header_counts_before_that_of_the_container(
    make: MediaMaker, encoder: str, filter: str, level: Literal["metadata", "decode"]
) -> None:
    named = "setparams=color_trc=bt709:color_primaries=bt709:colorspace=bt709"
    plain = make(
        f"bt709-{encoder}.mp4", *lavfi(PICTURE.replace("64x48", "128x96")), "-vf", named, "-pix_fmt", "yuv420p", "-c:v", encoder
    )
    path = make(
        f"pq-{encoder}.mp4",
        "-i",
        plain,
        "-c",
        "copy",
        "-movflags",
        "write_colr",
        "-bsf:v",
        f"{filter}=transfer_characteristics=16",
    )
    assert b"nclx\0\1\0\1\0\1" in path.read_bytes()
    facts = probe(path, level)
    assert isinstance(facts, VideoFacts)
    assert (facts.transfer, facts.problems) == ("pq", ())
    assert video(plain).transfer == "sdr"


QUARTER = struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30)
MIRROR = struct.pack(">9i", -1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)


@pytest.mark.parametrize(
    ("movie", "track", "rotation", "mirrored"),
    [(QUARTER, None, 90, False), (QUARTER, QUARTER, 180, False), (MIRROR, None, 0, True), (QUARTER, MIRROR, 90, True)],
)
def test_the_matrix_of_the_movie_counts_as_well(
    make: MediaMaker, movie: bytes, track: bytes | None, rotation: int, mirrored: bool
) -> None:
    data = make("plain.mp4", *lavfi(PICTURE, TONE), *X264, *AAC).read_bytes()
    data = patched(data, box_at(data, b"moov", b"mvhd")[0] + 36, movie)
    if track:
        data = patched(data, box_at(data, b"moov", b"trak", b"tkhd")[0] + 40, track)
    path = make.write("movie-matrix.mp4", data)
    facts, picture = video(path), sample_frames(path, 1, 1000)[0].picture
    assert (facts.rotation, facts.mirrored) == (rotation, mirrored)
    shown = make.folder / "movie-matrix.png"
    ffmpeg("-i", path, "-frames:v", "1", shown)
    assert np.array_equal(np.asarray(Image.open(shown).convert("RGB")), picture.rgb)
    assert (picture.width, picture.height) == (facts.width, facts.height)


def test_rotation_of_sound_that_starts_before_zero(make: MediaMaker) -> None:
    """Opus in Matroska starts 7 ms before zero; nothing of it may get lost on the way to the rotation."""
    plain = make("plain-opus.mkv", *lavfi(PICTURE, TONE), *X264, "-c:a", "libopus")
    turned = make("turned-opus.mkv", "-display_rotation", "-90", "-i", plain, "-c", "copy")
    assert video(plain).audio_duration_s == video(turned).audio_duration_s == pytest.approx(1.0, abs=0.002)
    assert video(turned).rotation == 90


def test_the_rotation_of_another_track_does_not_count(make: MediaMaker) -> None:
    plain = make("plain.mp4", *lavfi(PICTURE, TONE), *X264, *AAC)
    turned = make("turned.mp4", "-display_rotation", "-90", "-i", plain, "-c", "copy", "-an")
    first_turned = make("first-turned.mp4", "-i", turned, "-i", plain, "-map", "0:v", "-map", "1:v", "-c", "copy")
    second_turned = make("second-turned.mp4", "-i", plain, "-i", turned, "-map", "0:v", "-map", "1:v", "-c", "copy")
    assert (video(first_turned).rotation, video(second_turned).rotation) == (90, 0)


@pytest.mark.parametrize("container", ["mp4", "mov", "mkv", "avi", "ts"])
@pytest.mark.parametrize(("ratio", "width"), [("1/1", 64), ("16/11", 93), ("2/3", 43)])
def test_pixels_that_are_not_square(make: MediaMaker, container: str, ratio: str, width: int) -> None:
    path = make(f"sar-{width}.{container}", *lavfi(PICTURE), "-vf", f"setsar={ratio}", *X264)
    facts = video(path)
    assert (facts.width, facts.height, facts.stored_width) == (width, 48, 64)
    assert facts.sample_aspect_ratio == ratio.replace("/", ":")


def test_turned_and_stretched(make: MediaMaker) -> None:
    wide = make("wide.mp4", *lavfi(PICTURE), "-vf", "setsar=2/1", *X264)
    facts = video(make("wide-turned.mp4", "-display_rotation", "-90", "-i", wide, "-c", "copy"))
    assert (facts.width, facts.height) == (48, 128)


# -- rates


# `test_timing.py` has more rates, as time stamps without files.
RATES = ("24000/1001", "25", "30", "60000/1001", "120")


@pytest.fixture(scope="module", params=RATES)
def at_one_rate(request: pytest.FixtureRequest, make: MediaMaker) -> tuple[Fraction, list[Path]]:
    """A rate, and a file of it in every container."""
    rate = Fraction(request.param)
    names = [f"{rate.numerator}-{rate.denominator}.{name}" for name in ("mp4", "mov", "mkv", "webm", "flv", "ts", "avi")]
    paths = [make.folder / name for name in names]
    vp8, h264 = ("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8"), (*X264, "-bf", "2")
    outputs = [word for path in paths for word in (*(vp8 if path.suffix == ".webm" else h264), path)]
    ffmpeg(*lavfi(f"testsrc2=size=64x48:rate={rate}:duration=1"), *outputs)
    return rate, paths


def test_constant_rates_in_every_container(at_one_rate: tuple[Fraction, list[Path]]) -> None:
    exact, paths = float(at_one_rate[0]), at_one_rate[1]
    for path in paths:
        facts = video(path)
        assert facts.variable_frame_rate is False
        assert facts.frames == round(exact)
        # Flash Video states its rate through times in whole milliseconds.
        assert facts.fps == pytest.approx(exact, rel=1e-4 if path.suffix == ".flv" else 1e-6)
        assert facts.stated_fps == pytest.approx(exact, rel=1e-4)
        assert facts.duration_s == pytest.approx(facts.frames / exact, abs=0.0021)
        assert facts.fps_min is not None and facts.fps_max is not None
        assert facts.fps_min <= exact * 1.001 and facts.fps_max >= exact * 0.999
        assert facts.problems == ()


# Thirty frames a second for a second, then fifteen.
HALVED = ("-vf", "select='if(lt(n,30),1,not(mod(n,2)))'", "-fps_mode", "vfr")


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("mp4", ()),
        ("mkv", ()),
        ("flv", ("-bf", "0")),
        ("ts", ()),
        ("mov", ()),
        # Here one tick of the clock is one frame at the higher rate.
        ("frame-clock.mp4", ("-video_track_timescale", "30", "-bf", "0")),
        ("avi", ("-bf", "0")),
    ],
)
def test_variable_rates(make: MediaMaker, name: str, options: tuple[str, ...]) -> None:
    source = "testsrc2=size=64x48:rate=30:duration=2"
    facts = video(make(f"vfr.{name}", *lavfi(source), *HALVED, *X264, *options))
    assert facts.variable_frame_rate is True
    assert facts.fps_min == pytest.approx(15, rel=0.02)
    assert facts.fps_max == pytest.approx(30, rel=0.02)
    assert (facts.frames, facts.problems) == (45, ())


def test_a_single_frame_has_no_rate_of_its_own(make: MediaMaker) -> None:
    facts = video(make("one.mp4", *lavfi(PICTURE), "-frames:v", "1", *X264))
    assert (facts.frames, facts.fps_min, facts.variable_frame_rate, facts.problems) == (1, None, None, ())
    assert facts.duration_s == pytest.approx(0.04)


# -- where the picture starts, and what edits hide


@pytest.mark.parametrize("offset", [0, 1000, 95_000])
def test_broadcast_clocks_start_anywhere(make: MediaMaker, offset: int) -> None:
    path = make(f"offset-{offset}.ts", *lavfi(PICTURE), *X264, "-output_ts_offset", str(offset))
    facts = video(path)
    assert (facts.start_s, facts.duration_s, facts.frames) == (0.0, 1.0, 25)
    assert str(facts.start_s) == "0.0"


def test_sound_that_starts_late_is_no_late_picture(make: MediaMaker) -> None:
    plain = make("plain.mp4", *lavfi(PICTURE, TONE), *X264, *AAC)
    facts = video(
        make("late-sound.mp4", "-i", plain, "-itsoffset", "0.5", "-i", plain, "-map", "0:v", "-map", "1:a", "-c", "copy")
    )
    assert (facts.start_s, facts.duration_s, facts.audio_duration_s) == (0.0, 1.0, pytest.approx(1.0, abs=0.065))


@pytest.mark.parametrize("container", ["mp4", "mov"])
def test_frames_that_an_edit_hides_are_neither_shown_nor_missing(make: MediaMaker, container: str) -> None:
    source = PICTURE.replace("duration=1", "duration=2")
    long = make("long.mp4", *lavfi(source, TONE.replace("duration=1", "duration=2")), *X264, "-g", "10", *AAC)
    path = make(f"edited.{container}", "-ss", "0.52", "-i", long, "-c", "copy")
    with av.open(str(path)) as opened:
        listed = opened.streams.video[0].frames
    facts = video(path)
    assert listed > 37
    assert (facts.frames, facts.duration_s, facts.start_s, facts.problems) == (37, 1.48, 0.0, ())
    assert facts.audio_duration_s == pytest.approx(1.48)


# How a clip is encoded, the hidden packet in which damage is noticed, and what part of it is left whole at its beginning.
HIDDEN_BY_A_CUT: dict[str, tuple[tuple[str, ...], int, Fraction]] = {
    "h264": ((*X264, "-g", "25", "-bf", "3"), 0, Fraction(1, 3)),
    "hevc": (
        ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "keyint=25:log-level=none", "-pix_fmt", "yuv420p"),
        1,
        Fraction(1, 9),
    ),
    "mpeg4": (("-c:v", "mpeg4", "-g", "25", "-bf", "2"), 0, Fraction(1, 3)),
}


@pytest.mark.every("codec", HIDDEN_BY_A_CUT)
def test_damage_in_hidden_frames_counts_if_it_shows(make: MediaMaker, codec: str) -> None:
    """A cut without encoding begins at a key frame and hides what comes before its beginning."""
    source = PICTURE.replace("duration=1", "duration=2")
    encoder, noticed, whole = HIDDEN_BY_A_CUT[codec]
    long = make(f"to-be-cut-{codec}.mp4", *lavfi(source), *encoder)
    path = make(f"cut-{codec}.mp4", "-ss", "0.5", "-i", long, "-c", "copy")
    data = path.read_bytes()
    with av.open(str(path)) as opened:
        packets = itertools.takewhile(lambda packet: packet.is_discard, opened.demux(video=0))
        hidden = [(packet.pos or 0, packet.size) for packet in packets]
    assert len(hidden) >= 10
    (at, size), (last, small) = hidden[noticed], hidden[-1]
    damaged = patched(data, at + int(size * whole), b"\x55" * (size // 2))
    assert video(make.write(f"cut-damaged-{codec}.mp4", damaged)).problem(Problem.CORRUPT)
    # No shown frame needs the last one, which is a B frame.
    unneeded = patched(data, last + small // 2, b"\x55" * (small // 2))
    for sound in (path, make.write(f"cut-unneeded-{codec}.mp4", unneeded)):
        facts = video(sound)
        assert (facts.start_s, facts.problems) == (0.0, ()), sound


def test_a_long_cut_is_measured_from_its_beginning(make: MediaMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only key frames of a long video are decoded, and the first of a cut is hidden."""
    source = PICTURE.replace("duration=1", "duration=2")
    long = make("to-be-cut-long.mp4", *lavfi(source), *X264, "-g", "10", "-bf", "0")
    path = make("long-cut.mp4", "-ss", "0.5", "-i", long, "-c", "copy")
    whole = video(path)
    monkeypatch.setattr(video_probe, "FULL_DECODE_PIXELS", 64 * 48 * 10)
    assert (whole.start_s, whole.problems) == (0.0, ())
    assert video(path) == whole


def test_encoder_priming_is_not_heard(make: MediaMaker) -> None:
    for codec in ("aac", "libopus", "libvorbis", "libmp3lame"):
        facts = video(make(f"primed-{codec}.mkv", *lavfi(PICTURE, TONE.replace("16000", "48000")), *X264, "-c:a", codec))
        assert facts.audio_duration_s == pytest.approx(1.0, abs=0.003 if codec != "libmp3lame" else 0.04)


def test_a_fragmented_file_lasts_longer_than_its_movie_header_says(make: MediaMaker) -> None:
    path = make("hybrid.mp4", *lavfi(PICTURE), *X264, "-g", "10", "-bf", "0", "-movflags", "+frag_keyframe")
    assert (video(path).stated_duration_s, video(path).duration_s, video(path).problems) == (1.0, 1.0, ())


# -- streams


def test_a_cover_picture_is_no_video() -> None:
    assert probe(FIXTURES / "formats/cover-only.mp4").kind == "audio"
    assert video(FIXTURES / "formats/h264-with-cover.mp4").video_codec == "h264"


def test_the_first_of_two_sounds_counts(make: MediaMaker) -> None:
    long_tone = TONE.replace("duration=1", "duration=3")
    streams = ("-map", "0:v", "-map", "1:a", "-map", "2:a", "-c:a:0", "libmp3lame", "-c:a:1", "aac")
    facts = video(make("two-sounds.mkv", *lavfi(PICTURE, TONE, long_tone), *X264, *streams))
    assert facts.audio_codec == "mp3"
    assert facts.audio_duration_s == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("streams", [64, 65, 200])
def test_no_more_than_64_streams_are_set_up(make: MediaMaker, streams: int) -> None:
    inputs = lavfi("sine=duration=0.05:sample_rate=8000")
    path = make(f"{streams}-streams.mkv", *inputs, *["-map", "0:a"] * streams, "-c:a", "pcm_s16le")
    with open_source(str(path)) as source, open_container(source, "mkv") as container:
        assert len(container.streams) == MAX_STREAMS
    facts = probe(path)
    assert (facts.kind, facts.problems) == ("audio", ())


def test_a_codec_that_nothing_here_decodes(make: MediaMaker) -> None:
    data = (FIXTURES / "formats/h264-silent.mp4").read_bytes()
    facts = video(make.write("undecodable.mp4", data.replace(b"avc1", b"zzzz")))
    assert facts.problem(Problem.NOT_RUN) == "its picture is zzzz, which is not decoded here"
    assert facts.problem(Problem.BROKEN) is None


# -- colour and scanning


@pytest.mark.parametrize(
    ("name", "codec", "expected"),
    [
        ("422.mp4", ("-c:v", "libx264", "-pix_fmt", "yuv422p"), ("yuv422p", 8, "4:2:2")),
        ("12.mkv", ("-c:v", "ffv1", "-pix_fmt", "yuv420p12le"), ("yuv420p12le", 12, "4:2:0")),
        ("411.mkv", ("-c:v", "ffv1", "-pix_fmt", "yuv411p"), ("yuv411p", 8, "4:1:1")),
        ("440.mkv", ("-c:v", "ffv1", "-pix_fmt", "yuv440p"), ("yuv440p", 8, None)),
        ("410.mkv", ("-c:v", "ffv1", "-pix_fmt", "yuv410p"), ("yuv410p", 8, None)),
        ("grey.mkv", ("-c:v", "ffv1", "-pix_fmt", "gray"), ("gray", 8, "4:0:0")),
        ("rgb.mp4", ("-c:v", "libx264rgb", "-pix_fmt", "rgb24"), ("gbrp", 8, "rgb")),
        ("palette.avi", ("-vf", "format=pal8", "-c:v", "rawvideo"), ("pal8", 8, "rgb")),
        ("prores.mov", ("-c:v", "prores_ks", "-pix_fmt", "yuv422p10le"), ("yuv422p10le", 10, "4:2:2")),
    ],
)
def test_pixel_formats(make: MediaMaker, name: str, codec: tuple[str, ...], expected: tuple[str, int, str | None]) -> None:
    facts = video(make(f"pixels-{name}", *lavfi(PICTURE.replace("duration=1", "duration=0.2")), *codec))
    assert (facts.pixel_format, facts.bit_depth, facts.chroma) == expected


def test_hlg(make: MediaMaker) -> None:
    curve = "setparams=color_primaries=bt2020:color_trc=arib-std-b67:colorspace=bt2020nc"
    codec = ("-c:v", "libx265", "-x265-params", "log-level=error:pools=none", "-pix_fmt", "yuv420p10le")
    assert video(make("hlg.mp4", *lavfi(PICTURE), "-vf", curve, *codec)).transfer == "hlg"


@pytest.mark.parametrize("coding", ["x265", "x264"])
@pytest.mark.parametrize("ending", ["mp4", "mkv"])
def test_high_dynamic_range_that_only_the_coded_frames_name(make: MediaMaker, coding: str, ending: str) -> None:
    curve = "setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709"
    named = "colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc"
    quiet = ":log-level=none:pools=none" if coding == "x265" else ""
    codec = ("-c:v", f"lib{coding}", f"-{coding}-params", named + quiet, "-pix_fmt", "yuv420p10le", "-frames:v", "3")
    path = make(f"frames-pq-{coding}.{ending}", *lavfi(PICTURE), "-vf", curve, *codec)
    with av.open(str(path)) as container:
        assert container.streams.video[0].codec_context.color_trc == 1
    assert video(path).transfer == "pq"


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("mpg", ("-c:v", "mpeg2video", "-flags", "+ildct+ilme")),
        ("mkv", ("-c:v", "libx264", "-flags", "+ildct+ilme", "-x264-params", "tff=1")),
        ("mov", ("-c:v", "prores_ks")),
    ],
)
def test_interlaced(make: MediaMaker, name: str, codec: tuple[str, ...]) -> None:
    fields = PICTURE.replace("rate=25", "rate=50")
    path = make(f"interlaced.{name}", *lavfi(fields), "-vf", "tinterlace=interleave_top,setfield=tff", *codec)
    assert video(path).interlaced is True


@pytest.mark.parametrize("container", ["mp4", "mov", "mkv", "ts"])
def test_two_fields_in_packets_of_their_own_are_one_frame(make: MediaMaker, container: str) -> None:
    stream = make.write("fields.h264", fields(10))
    path = make(f"fields.{container}", "-r", "50", "-i", stream, "-c", "copy")
    facts = video(path)
    assert (facts.frames, facts.fps, facts.fps_nominal) == (10, 25.0, 25.0)
    assert facts.stated_fps == pytest.approx(25, abs=2)
    assert (facts.duration_s, facts.interlaced, facts.problems) == (0.4, True, ())
    assert facts.stated_frames in (10, None)


def in_two_passes(make: MediaMaker, codec: str) -> Path:
    """Only the second pass stores frames for others to build on."""
    shot = (*lavfi("testsrc2=size=128x96:rate=25:duration=2"), "-c:v", codec, "-b:v", "100k", "-auto-alt-ref", "1")
    passes = ("-lag-in-frames", "25", "-passlogfile", make.folder / codec, "-pass")
    make(f"first-{codec}.webm", *shot, *passes, "1")
    return make(f"second-{codec}.webm", *shot, *passes, "2")


def test_frames_that_are_never_shown_do_not_count(make: MediaMaker) -> None:
    path = in_two_passes(make, "libvpx")
    with av.open(str(path)) as container:
        assert sum(packet.size > 0 for packet in container.demux(video=0)) > 50
    assert (video(path).frames, video(path).problems) == (50, ())


def test_frames_of_vp9_that_are_never_shown(make: MediaMaker) -> None:
    """FFmpeg writes them into one packet with the next; other muxers do not."""
    with av.open(str(in_two_passes(make, "libvpx-vp9"))) as container:
        split = BitStreamFilterContext("vp9_superframe_split", container.streams.video[0])
        whole = [packet for packet in container.demux(video=0) if packet.size]
        parts = [bytes(part) for packet in whole for part in split.filter(packet)]
    assert not any(is_hidden("vp9", bytes(packet)) for packet in whole)
    assert len(whole) == sum(not is_hidden("vp9", part) for part in parts) == 50 < len(parts)


# -- what nothing here decodes


def renamed(data: bytes, was: bytes, name: bytes) -> bytes:
    """The file with another name for a codec, and without what else would tell the codec of MPEG-4 sound."""
    assert was in data
    return data.replace(was, name).replace(b"esds", b"free")


@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_sound_in_an_unknown_codec_is_said(make: MediaMaker, level: str) -> None:
    data = make("plain.mp4", *lavfi(PICTURE, TONE), *X264, *AAC).read_bytes()
    facts = video(make.write("unheard.mp4", renamed(data, b"mp4a", b"ac-4")), level)
    assert facts.problems == ("not measured: its sound is ac-4, which is not decoded here",)
    assert (facts.audio_codec, facts.width) == (None, 64)


@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_a_picture_in_an_unknown_codec_is_said(make: MediaMaker, level: str) -> None:
    data = make("plain.mp4", *lavfi(PICTURE, TONE), *X264, *AAC).read_bytes()
    facts = video(make.write("unseen.mp4", renamed(data, b"avc1", b"zzz9")), level)
    assert facts.problems == ("not measured: its picture is zzz9, which is not decoded here",)
    assert (facts.video_codec, facts.width) == (None, None)


def test_unknown_codecs_of_matroska_and_avi(make: MediaMaker) -> None:
    data = make("plain.mkv", *lavfi(PICTURE, TONE), *X264, "-c:a", "flac").read_bytes()
    facts = video(make.write("unheard.mkv", renamed(data, b"A_FLAC", b"A_ZIPS")))
    assert facts.problems == ("not measured: its sound is A_ZIPS, which is not decoded here",)
    data = make("plain.avi", *lavfi(PICTURE), "-c:v", "mpeg4").read_bytes()
    facts = video(make.write("unseen.avi", renamed(data, b"FMP4", b"zzz9")))
    assert facts.problems == ("not measured: the codec of its picture is not known here",)


def test_sound_alone_in_an_unknown_codec_is_not_silent(make: MediaMaker) -> None:
    data = make("sound.m4a", *lavfi(TONE), *AAC).read_bytes()
    facts = probe(make.write("unheard.m4a", renamed(data, b"mp4a", b"ac-4")))
    assert isinstance(facts, AudioFacts)
    assert facts.problem(Problem.NOT_RUN) == "its sound is ac-4, which is not decoded here"
    assert facts.peak_dbfs is None


# -- Dolby Vision


def with_dolby_vision(data: bytes, profile: int, base: int) -> bytes:
    """The MP4 with a configuration record of Dolby Vision in the sample entry of its first track."""
    path = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd")
    start, end = box_at(data, *path)
    record = box(b"dvvC" if profile > 7 else b"dvcC", bytes((1, 0, profile << 1, 0x2D, base << 4)) + bytes(19))
    entry = data[start + 8 : end] + record
    entry = struct.pack(">I", len(entry)) + entry[4:]
    return with_box(data, box(b"stsd", data[start : start + 8], entry), *path)


@pytest.mark.parametrize(
    ("profile", "base", "transfer"),
    [(5, 0, "ipt-pq"), (10, 0, "ipt-pq"), (8, 1, "pq"), (8, 4, "pq"), (7, 6, "pq"), (10, 1, "pq")],
)
def test_dolby_vision(make: MediaMaker, profile: int, base: int, transfer: str) -> None:
    data = (FIXTURES / "video/hdr-pq.mp4").read_bytes()
    path = make.write("dolby.mp4", with_dolby_vision(data, profile, base))
    for level in ("metadata", "decode"):
        facts = video(path, level)
        assert (facts.transfer, facts.problems) == (transfer, ())


# -- damage


@pytest.mark.parametrize("kept", [0.3, 0.5, 0.9])
@pytest.mark.parametrize("name", ["h264-moov-first.mp4", "h264-fragmented.mp4", "h264.mkv", "h264.avi", "vp9.webm"])
def test_cut_off_files_are_named_as_such_by_their_headers_alone(make: MediaMaker, name: str, kept: float) -> None:
    data = (FIXTURES / "formats" / name).read_bytes()
    cut = data[: int(len(data) * kept)]
    for level in ("metadata", "decode"):
        facts = probe(make.write(f"cut-{name}", cut), level=level)  # type: ignore[arg-type]
        assert facts.problem(Problem.TRUNCATED) == f"the file is {missing(name, data, cut)} bytes shorter than its header says"
        assert facts.problem(Problem.CORRUPT) is None


def missing(name: str, data: bytes, cut: bytes) -> int:
    """Bytes missing up to the end of the last part that the cut file still announces."""
    if not name.endswith("fragmented.mp4"):
        return len(data) - len(cut)
    at = 0
    while at < len(cut) and at + struct.unpack_from(">I", data, at)[0] <= len(cut):
        at += struct.unpack_from(">I", data, at)[0]
    return at + struct.unpack_from(">I", data, at)[0] - len(cut)


def test_missing_index() -> None:
    facts = probe(FIXTURES / "faults/truncated.mp4")
    assert (facts.kind, facts.format) == ("unknown", "mp4")
    assert facts.problem(Problem.TRUNCATED) == "its index (moov) is missing: the file is cut off, or was never finished"


def test_index_that_lists_more_frames(make: MediaMaker) -> None:
    """The media data box is whole, but empty."""
    data = (FIXTURES / "formats/h264-moov-first.mp4").read_bytes()
    start, _ = box_at(data, b"mdat")
    facts = video(make.write("hollow.mp4", data[: start - 8] + box(b"mdat")))
    assert facts.frames == 0
    assert facts.problem(Problem.TRUNCATED) == "its index lists 25 frames, but only 0 are there"


def test_corrupt_frames() -> None:
    facts = video(FIXTURES / "faults/corrupt-frames.mp4")
    assert facts.problem(Problem.CORRUPT) is not None
    assert (facts.frames, facts.duration_s) == (25, 1.0)


def test_video_of_which_no_frame_decodes(make: MediaMaker) -> None:
    """Its index is whole, and where its frames should be are zeros: the decoder says nothing, and shows nothing."""
    shot = ("-c:v", "libx264", "-g", "100", "-bf", "0", "-pix_fmt", "yuv420p")
    data = make("shot.mp4", *lavfi("testsrc2=size=320x240:rate=25:duration=1"), *shot).read_bytes()
    start, end = box_at(data, b"mdat")
    facts = video(make.write("hollow.mp4", patched(data, start, bytes(end - start))))
    assert facts.problem(Problem.CORRUPT) == "none of its frames can be decoded"


def test_a_long_clip_without_key_frames_is_no_damage(make: MediaMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    refreshed = ("-c:v", "libx264", "-bf", "0", "-pix_fmt", "yuv420p", "-x264-params", "intra-refresh=1:keyint=12")
    data = make("refreshed.ts", *lavfi(PICTURE.replace("duration=1", "duration=4")), *refreshed).read_bytes()
    path = make.write("refreshed-cut.ts", data[len(data) // 4 // 188 * 188 :])
    assert video(path).problems == ()
    monkeypatch.setattr(video_probe, "FULL_DECODE_PIXELS", 64 * 48 * 30)
    assert video(path).problems == ()


@pytest.mark.parametrize("codec", ["libx264", "mpeg2video", "libx265"])
def test_what_a_cut_broadcast_never_shows_is_neither_damage_nor_frames(make: MediaMaker, codec: str) -> None:
    """A recording begins where someone pressed the button: players start at the first key frame."""
    shot = lavfi("testsrc2=size=128x96:rate=25:duration=2")
    data = make(f"{codec}.ts", *shot, "-c:v", codec, "-g", "12", "-pix_fmt", "yuv420p").read_bytes()
    path = make.write(f"cut-{codec}.ts", data[len(data) // 3 // 188 * 188 :])
    facts = video(path)
    with av.open(str(path)) as container:
        shown = [frame.pts for frame in container.decode(video=0)]
    assert facts.problems == ()
    assert facts.frames == len(shown) < 40
    assert facts.duration_s == pytest.approx(len(shown) / 25, abs=0.001)


def test_a_recording_most_of_which_comes_before_its_first_key_frame_is_damaged(make: MediaMaker) -> None:
    shot = lavfi("testsrc2=size=128x96:rate=25:duration=3")
    data = make("late-key.ts", *shot, *X264, "-g", "60", "-bf", "0").read_bytes()
    facts = video(make.write("cut-late-key.ts", data[len(data) // 8 // 188 * 188 :]))
    assert "before the first that can be decoded" in (facts.problem(Problem.CORRUPT) or "")


@pytest.mark.parametrize("codec", ["mpeg4", "libx264", "mjpeg"])
def test_frames_that_the_index_of_an_avi_lists_and_nobody_finds(make: MediaMaker, codec: str) -> None:
    whole = make(f"indexed-{codec}.avi", *lavfi(PICTURE), "-c:v", codec, "-g", "5", "-pix_fmt", "yuv420p")
    assert video(whole).problems == ()
    data = whole.read_bytes()
    at = data.index(b"movi") + 4
    for _ in range(10):
        at += 8 + int.from_bytes(data[at + 4 : at + 8], "little") + 1 & ~1
    facts = video(make.write("hole.avi", patched(data, at, bytes(64))))
    assert facts.problem(Problem.TRUNCATED) is not None or facts.problem(Problem.CORRUPT) is not None


def test_sound_that_the_index_of_an_avi_lists_and_nobody_finds(make: MediaMaker) -> None:
    """The head of a chunk is overwritten: readers skip what is in it."""
    whole = make("indexed-sound.avi", *lavfi(PICTURE, TONE), *X264, "-c:a", "libmp3lame")
    assert video(whole).problems == ()
    data = whole.read_bytes()
    at = data.index(b"movi")
    for _ in range(5):
        at = data.index(b"01wb", at + 4)
    facts = video(make.write("hole-in-sound.avi", patched(data, at, bytes(8))))
    assert "bytes of sound" in (facts.problem(Problem.TRUNCATED) or "")


def test_damaged_motion_jpeg(make: MediaMaker) -> None:
    path = make("jpegs.mov", *lavfi(PICTURE), "-c:v", "mjpeg", "-q:v", "2")
    assert video(path).problems == ()
    data = path.read_bytes()
    facts = video(make.write("damaged.mov", patched(data, len(data) // 2, bytes(400))))
    assert facts.problem(Problem.CORRUPT) is not None


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_packets_of_which_no_frame_comes_are_damage(make: MediaMaker, codec: str) -> None:
    """Packets full of zeros pass a decoder without a word."""
    path = make(f"whole-{codec}.mp4", *lavfi("testsrc2=size=320x240:rate=25:duration=1"), "-c:v", codec, "-g", "25")
    data = path.read_bytes()
    start, end = box_at(data, b"mdat")
    hole = (start + end) // 2
    facts = video(make.write("zeros.mp4", patched(data, hole, bytes((end - start) // 4))))
    assert facts.problem(Problem.CORRUPT) is not None


def complaint(path: Path) -> str:
    """What FFmpeg says of a file's picture and sound, decoding all of it in one thread."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-threads", "1", "-i", path, "-f", "null", "-"]
    return subprocess.run(command, capture_output=True, text=True, check=False, errors="replace").stderr


def test_a_damaged_frame_is_found_where_the_header_counts_ticks_as_frames(make: MediaMaker) -> None:
    """By 1000 fps a short clip is a long one, of which only key frames are decoded."""
    shot = lavfi("testsrc2=s=640x480:r=25:d=2")
    data, frame_duration = make("ticks.mkv", *shot, *X264, "-g", "100", "-bf", "0").read_bytes(), b"\x23\xe3\x83\x84"
    data = patched(data, data.index(frame_duration) + 4, (1_000_000).to_bytes(4, "big"))
    facts = video(make.write("fast.mkv", data))
    assert (facts.stated_fps, facts.problems) == (1000.0, ())

    places = range(len(data) * 9 // 10, len(data) * 4 // 10, -len(data) // 30)
    damaged = (make.write("fast-damaged.mkv", patched(data, at, bytes(60))) for at in places)
    path = next(path for path in damaged if "error while decoding" in complaint(path))
    assert video(path).problem(Problem.CORRUPT) is not None


@pytest.mark.sweep
def test_a_damaged_frame_is_found_every_time(make: MediaMaker) -> None:
    """Frame threads of a decoder hand a frame out before they know that it did not decode cleanly."""
    shot = lavfi("testsrc2=size=1280x720:rate=25:duration=1")
    data = make("large.mp4", *shot, *X264, "-g", "25", "-bf", "0").read_bytes()
    start, end = box_at(data, b"mdat")
    places = range(start, end, (end - start) // 12)
    damaged = (make.write("large-damaged.mp4", patched(data, at, bytes(60))) for at in places)
    path = next(path for path in damaged if "error while decoding" in complaint(path))
    assert {video(path).problem(Problem.CORRUPT) is not None for _ in range(12)} == {True}


def test_bad_codes_that_a_decoder_only_mentions(make: MediaMaker) -> None:
    shot = lavfi("testsrc2=size=320x240:rate=25:duration=1")
    data = make(
        "codes.mp4", *shot, "-c:v", "libx265", "-g", "25", "-x265-params", "aq-mode=2", "-pix_fmt", "yuv420p"
    ).read_bytes()
    start, end = box_at(data, b"mdat")
    mentioned = 0
    for place in range(1, 13):
        at = start + (end - start) * place // 14
        path = make.write("codes-damaged.mp4", patched(data, at, bytes(200)))
        if complaint(path):
            mentioned += 1
            assert video(path).problem(Problem.CORRUPT) is not None, (place, complaint(path))
    assert mentioned


@pytest.mark.parametrize(("container", "codec"), [("mp4", "aac"), ("mov", "aac"), ("mkv", "aac"), ("ts", "aac"), ("mp4", "alac")])
def test_damage_in_the_sound_beside_a_picture(make: MediaMaker, container: str, codec: str) -> None:
    encoder = ("-c:a", codec, "-ac", "2", "-ar", "44100")
    path = make(f"sound-{codec}.{container}", *lavfi(PICTURE, TONE), *X264, *encoder)
    assert video(path).problems == ()
    with av.open(str(path)) as opened:
        packets = [bytes(packet) for packet in opened.demux(audio=0) if packet.size]
    hit, data = packets[len(packets) // 2], path.read_bytes()
    at = data.index(hit[-100:]) + 100 - len(hit)
    damaged = make.write(f"sound-damaged-{codec}.{container}", patched(data, max(at, 0), bytes(len(hit))))
    assert complaint(damaged)
    assert "of its sound cannot be decoded" in (video(damaged).problem(Problem.CORRUPT) or "")
    assert video(damaged, "metadata").problems == ()


def test_harmless_things_in_the_sound_beside_a_picture(make: MediaMaker) -> None:
    """Priming that an edit hides, sound that starts late or ends early, and a second track that nobody hears."""
    picture = lavfi("testsrc2=size=64x48:rate=25:duration=2", TONE)
    late = make("late-sound-harmless.mp4", *picture[:4], "-itsoffset", "0.5", *picture[4:], *X264, *AAC)
    short = make("short-sound.mkv", *picture, *X264, "-c:a", "libopus")
    twice = make("two-tracks.mp4", *picture, "-map", "0", "-map", "1", "-map", "1", *X264, *AAC)
    phone = make("phone.3gp", *picture, *X264, "-c:a", "libopencore_amrnb", "-ar", "8000", "-ac", "1")
    assert [video(path).problems for path in (late, short, twice, phone)] == [()] * 4


@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_frames_of_an_encrypted_file_are_not_called_corrupt(level: str) -> None:
    facts = video(FIXTURES / "video/encrypted.mp4", level)
    assert facts.problems == ("encrypted: its picture cannot be read without a key",)


@pytest.mark.parametrize("entry", [b"encv", b"drmi"])
def test_encryption_is_told_by_the_sample_entry(make: MediaMaker, entry: bytes) -> None:
    data = (FIXTURES / "formats/h264.mp4").read_bytes()
    start, _ = box_at(data, b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd")
    assert probe(make.write("locked.mp4", patched(data, start + 12, entry))).encrypted  # type: ignore[union-attr]


def locked(data: bytes, plain: bytes, entry: bytes) -> bytes:
    """The file with a sample entry that says its samples are encrypted."""
    return patched(data, data.index(plain, data.index(b"stsd")), entry)


def test_encrypted_sound_beside_a_picture_is_no_damage(make: MediaMaker) -> None:
    data = locked((FIXTURES / "talking-head.mp4").read_bytes(), b"mp4a", b"enca")
    facts = video(make.write("locked-sound.mp4", data))
    assert (facts.problems, facts.encrypted) == (("encrypted: its sound cannot be decoded without a key",), False)


@pytest.mark.parametrize("level", ["metadata", "decode"])
@pytest.mark.parametrize("kind", [VideoFacts, AudioFacts])
def test_an_encrypted_file_whose_tables_ffmpeg_does_not_know_is_encrypted(
    make: MediaMaker, kind: type[VideoFacts | AudioFacts], level: Literal["metadata", "decode"]
) -> None:
    """PIFF keeps its tables of keys in boxes of other names, which FFmpeg misses, and then opens nothing."""
    data = (FIXTURES / "video/encrypted.mp4").read_bytes()
    if kind is AudioFacts:
        key = ("-encryption_scheme", "cenc-aes-ctr", "-encryption_key", "76a6c65c5ea762046bd749a2e632ccbb")
        tone = lavfi(TONE)
        data = make(
            "locked-tone.mp4", *tone, "-c:a", "aac", *key, "-encryption_kid", "a7e61c373e219033c21091fa607bf3b8"
        ).read_bytes()
    facts = probe(make.write("piff.mp4", data.replace(b"senc", b"uuid").replace(b"tenc", b"uuid")), level)
    part = "picture cannot be read" if kind is VideoFacts else "sound cannot be decoded"
    assert isinstance(facts, kind)
    assert facts.problems == (f"encrypted: its {part} without a key",)


def test_movie_header_of_64_bits(make: MediaMaker) -> None:
    data = (FIXTURES / "formats/h264.mp4").read_bytes()
    header = box(b"mvhd", struct.pack(">IQQIQ", 1 << 24, 0, 0, 1000, 7000), data[slice(*box_at(data, b"moov", b"mvhd"))][20:])
    assert video(make.write("wide.mp4", with_box(data, header, b"moov", b"mvhd"))).stated_duration_s == 7.0


def test_repeated_pictures_of_theora_are_frames(make: MediaMaker) -> None:
    """Theora stores a picture that does not change as a packet without bytes."""
    still = "color=red:size=64x48:rate=25:duration=2"
    facts = video(make("still.ogv", *lavfi(still), "-c:v", "libtheora"))
    assert (facts.frames, facts.duration_s, facts.variable_frame_rate, facts.problems) == (50, 2.0, False, ())


@pytest.mark.parametrize("codec", ["mpeg4", "libx264"])
@pytest.mark.parametrize("frames_between", [0, 2])
def test_avi_starts_at_zero(make: MediaMaker, codec: str, frames_between: int) -> None:
    options = ("-c:v", codec, "-bf", str(frames_between), "-pix_fmt", "yuv420p", "-c:a", "pcm_s16le")
    facts = video(make(f"{codec}-{frames_between}.avi", *lavfi(PICTURE, TONE), *options))
    assert (facts.start_s, facts.frames, facts.duration_s, facts.problems) == (0.0, 25, 1.0, ())
    assert facts.fps_min == facts.fps_max == 25.0


def test_a_long_clip_is_decoded_at_its_key_frames(make: MediaMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Damage between key frames of a clip beyond the bound goes unseen; damage to a key frame does not."""
    path = make("keys.mp4", *lavfi(PICTURE), *X264, "-g", "5", "-bf", "0", "-x264-params", "scenecut=0")
    with av.open(str(path)) as opened:
        packets = [(packet.pos, packet.size, packet.is_keyframe) for packet in opened.demux(video=0) if packet.size]
    noise = np.random.default_rng(0)

    def damaged(index: int) -> VideoFacts:
        at, size, _ = packets[index]
        data = path.read_bytes()
        return video(make.write("damaged.mp4", patched(data, at + 8, noise.bytes(size - 8))))

    between, key = next(i for i, p in enumerate(packets) if not p[2]), next(i for i, p in enumerate(packets) if p[2] and i)
    assert damaged(between).problem(Problem.CORRUPT) is not None
    monkeypatch.setattr(sys.modules[probe_video.__module__], "FULL_DECODE_PIXELS", 64 * 48 * 10)
    assert damaged(between).problem(Problem.CORRUPT) is None
    assert damaged(key).problem(Problem.CORRUPT) is not None
    assert damaged(key).frames == 25


def test_frames_beyond_the_bound_are_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video_probe, "MAX_FRAME_PIXELS", 96 * 128 - 1)
    facts = probe(FIXTURES / "formats/h264.mp4")
    assert isinstance(facts, VideoFacts)
    assert (facts.problem(Problem.OVERSIZED), facts.frames) == ("frames of 0 megapixels; more than 0 are not decoded", 25)
    # Decoders count the margin of the picture, too.
    monkeypatch.setattr(video_probe, "MAX_FRAME_PIXELS", 2 * 96 * 128)
    assert probe(FIXTURES / "formats/h264.mp4").problems == ()


@pytest.mark.parametrize("more", ["", "open-gop=1"], ids=["closed", "open"])
def test_key_frames_that_are_far_apart_are_all_decoded(make: MediaMaker, monkeypatch: pytest.MonkeyPatch, more: str) -> None:
    """A decoder shows the first one only when it has the third: by then it was taken for a clip without key frames."""
    shot = lavfi(PICTURE.replace("duration=1", "duration=6"))
    options = f"keyint=50:min-keyint=50:scenecut=0:bframes=2:b-pyramid=normal:{more}".rstrip(":")
    path = make(f"far-{more}.mp4", *shot, "-c:v", "libx264", "-pix_fmt", "yuv420p", "-x264-params", options)
    monkeypatch.setattr(video_probe, "FULL_DECODE_PIXELS", 64 * 48 * 100)
    assert video(path).problems == ()
    with av.open(str(path)) as opened:
        *_, last = ((packet.pos or 0, packet.size) for packet in opened.demux(video=0) if packet.is_keyframe and packet.size)
    at, size = last
    damaged = make.write(f"far-damaged-{more}.mp4", patched(path.read_bytes(), at + size // 3, bytes(size // 3)))
    assert video(damaged).problem(Problem.CORRUPT) is not None
