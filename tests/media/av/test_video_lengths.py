"""How many frames a video has and how long it lasts, against what ffmpeg's own decode of it shows."""

import itertools
import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest

from mediapreflight.media.facts import VideoFacts
from mediapreflight.media.probe import probe

from ..make import MediaMaker, ffmpeg, lavfi

CLOCK = 90_000
RATE = 44_100
H264 = ("-c:v", "libx264", "-preset", "veryfast", "-g", "12", "-bf", "2")
CODECS: dict[str, tuple[str, ...]] = {
    "h264": H264,
    "open": (*H264, "-x264-params", "open-gop=1"),
    "hevc": ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none"),
    "mpeg4": ("-c:v", "mpeg4", "-bf", "2"),
    "mpeg2": ("-c:v", "mpeg2video", "-bf", "2"),
    "vp9": ("-c:v", "libvpx-vp9", "-cpu-used", "8"),
    "wmv2": (
        "-c:v",
        "wmv2",
    ),
    "flv1": (
        "-c:v",
        "flv1",
    ),
    "mjpeg": (
        "-c:v",
        "mjpeg",
    ),
    "theora": (
        "-c:v",
        "libtheora",
    ),
}
WRITTEN = {
    "mp4": ("h264", "open", "hevc", "mpeg4", "vp9"),
    "mov": ("h264", "mjpeg"),
    "mkv": ("open", "mpeg2", "vp9"),
    "avi": ("h264", "mpeg4", "mjpeg"),
    "flv": ("h264", "flv1"),
    "ts": ("open", "hevc", "mpeg2"),
    "mpg": ("h264", "mpeg2"),
    "wmv": ("wmv2",),
    "ogv": ("theora",),
}
PAIRS = [(container, codec) for container, codecs in WRITTEN.items() for codec in codecs]


def seen(path: Path) -> list[float]:
    """When ffmpeg shows each frame, in seconds."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(path), "-map", "0:v:0", "-fps_mode", "passthrough"]
    command += ["-enc_time_base", f"1:{CLOCK}", "-f", "framehash", "-hash", "crc32", "-"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    rows = (line.split(",") for line in done.stdout.splitlines() if line and not line.startswith("#"))
    return sorted(int(row[2]) / CLOCK for row in rows)


def assert_as_seen(path: Path) -> None:
    facts, times = probe(path), seen(path)
    assert isinstance(facts, VideoFacts)
    assert (facts.problems, facts.frames) == ((), len(times))
    gap = max(later - earlier for earlier, later in itertools.pairwise(times[-3:]))
    assert facts.duration_s == pytest.approx(times[-1] - times[0] + gap, abs=0.02)


@pytest.mark.parametrize(("container", "codec"), PAIRS)
def test_every_codec_in_every_container(make: MediaMaker, container: str, codec: str) -> None:
    shot = lavfi("testsrc2=size=96x64:rate=25:duration=2")
    assert_as_seen(make(f"{codec}.{container}", *shot, "-pix_fmt", "yuv420p", *CODECS[codec]))


@pytest.mark.parametrize("codec", ["h264", "mpeg2"])
@pytest.mark.parametrize("start", [2**33 / CLOCK - 1, 50_000, -1.9], ids=["wrapped", "late", "negative"])
def test_clocks_of_broadcasts(make: MediaMaker, codec: str, start: float) -> None:
    """Their clock starts anywhere, and starts anew every 26.5 hours."""
    plain = make(f"clock-{codec}.ts", *lavfi("testsrc2=size=96x64:rate=25:duration=2"), "-pix_fmt", "yuv420p", *CODECS[codec])
    path = make.folder / "moved.ts"
    ffmpeg("-i", plain, "-c", "copy", "-muxdelay", "0", "-copyts", "-output_ts_offset", str(start), path)
    assert_as_seen(path)


@pytest.mark.parametrize("container", ["mp4", "mkv", "flv", "ts"])
def test_frames_that_were_left_out(make: MediaMaker, container: str) -> None:
    gap = ("-vf", "select='not(between(n,20,30))'", "-fps_mode", "vfr", "-pix_fmt", "yuv420p")
    assert_as_seen(make(f"gap.{container}", *lavfi("testsrc2=size=96x64:rate=25:duration=2"), *gap, *H264))


@pytest.mark.parametrize("container", ["mp4", "mov", "mkv"])
def test_what_an_edit_hides(make: MediaMaker, container: str) -> None:
    plain = make(f"whole.{container}", *lavfi("testsrc2=size=96x64:rate=25:duration=2"), "-pix_fmt", "yuv420p", *H264)
    path = make.folder / f"edited.{container}"
    ffmpeg("-ss", "0.9", "-i", plain, "-c", "copy", path)
    assert_as_seen(path)


def heard(path: Path) -> float:
    """How long the sound is that ffmpeg decodes, in seconds."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(path), "-map", "0:a:0", "-ac", "1", "-f", "s16le", "-"]
    return len(subprocess.run(command, capture_output=True, check=True).stdout) / 2 / RATE


@pytest.mark.parametrize(
    ("container", "picture", "sound"),
    [
        ("ogv", "theora", "libvorbis"),
        ("wmv", "wmv2", "wmav2"),
        ("webm", "vp9", "libvorbis"),
        ("avi", "mpeg4", "libmp3lame"),
        ("mp4", "h264", "aac"),
    ],
)
def test_sound_beside_a_picture_lasts_as_long_as_it_decodes(make: MediaMaker, container: str, picture: str, sound: str) -> None:
    """The durations of Vorbis packets add up to too little, and the first packet of WMA is never heard."""
    shot, tone = lavfi("testsrc2=size=96x64:rate=25:duration=2"), lavfi(f"sine=440:r={RATE}:d=2")
    path = make(f"{sound}.{container}", *shot, *tone, "-pix_fmt", "yuv420p", *CODECS[picture], "-c:a", sound)
    facts = probe(path)
    assert isinstance(facts, VideoFacts)
    assert facts.audio_duration_s == pytest.approx(heard(path), abs=0.02)


@pytest.mark.parametrize(("extension", "muxer"), [("ts", "mpegts"), ("mpg", "vob")])
def test_joined_broadcasts_last_as_long_as_their_parts(make: MediaMaker, extension: str, muxer: str) -> None:
    """The clock of the second begins anew."""
    part = make(f"part.{extension}", *lavfi("testsrc2=s=160x120:r=25:d=3"), "-c:v", "mpeg2video", "-f", muxer)
    once, joined = probe(part), probe(make.write(f"joined.{extension}", part.read_bytes() * 2))
    assert isinstance(once, VideoFacts)
    assert isinstance(joined, VideoFacts)
    assert (once.frames, once.duration_s) == (75, 3.0)
    assert (joined.frames, joined.duration_s, joined.fps, joined.variable_frame_rate) == (150, 6.0, 25.0, False)
    assert joined.problems == ()
