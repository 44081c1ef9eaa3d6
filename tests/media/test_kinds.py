"""The kind of a file at a glance."""

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.media.kinds import kind_by_name, kind_of
from mediapreflight.media.parsers.streams import has_picture
from mediapreflight.media.probe import probe

from .make import FIXTURES, PICTURE, TONE, MediaMaker, lavfi


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("formats/baseline.jpg", "image"),
        ("formats/animated.webp", "image"),
        ("formats/rgb.avif", "image"),
        ("formats/cbr.mp3", "audio"),
        ("formats/aac.m4a", "audio"),
        ("formats/opus.opus", "audio"),
        ("formats/h264.mp4", "video"),
        ("formats/h264.ts", "video"),
        ("formats/vp9.webm", "video"),
    ],
)
def test_bytes_count_more_than_names(make: MediaMaker, name: str, kind: str) -> None:
    for other in ("kind.jpg", "kind.mp3", "kind.mp4", "kind.txt", "kind"):
        assert kind_of(str(make.copy(FIXTURES / name, other))) == kind


@pytest.mark.parametrize(("name", "kind"), [("a.PNG", "image"), ("a.WaV", "audio"), ("a.b.mkv", "video")])
def test_names_count_where_bytes_say_nothing(tmp_path: Path, name: str, kind: str) -> None:
    path = tmp_path / name
    assert kind_of(str(path)) == kind
    path.write_bytes(b"")
    assert kind_of(str(path)) == kind
    path.write_bytes(b"\0\1\2")
    assert kind_of(str(path)) == kind


@pytest.mark.parametrize("name", ["notes.txt", "mp4", ".mp4", "a.", "", "a.mp4.part"])
def test_names_that_are_no_media(name: str) -> None:
    assert kind_by_name(name) is None


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("mp42.m4a", ("-c:a", "aac", "-brand", "mp42", "-f", "mp4")),
        ("isom.mp4", ("-c:a", "aac", "-brand", "isom")),
        ("dash.mp4", ("-c:a", "aac", "-brand", "dash", "-movflags", "+empty_moov")),
        ("voice.3gp", ("-c:a", "aac")),
        ("voice.mov", ("-c:a", "aac")),
        ("voice.wma", ("-c:a", "wmav2")),
        ("voice.mka", ("-c:a", "flac", "-f", "matroska")),
        ("voice.webm", ("-c:a", "libvorbis")),
        ("voice.ogg", ("-c:a", "libvorbis")),
        ("voice.ts", ("-c:a", "aac")),
        ("voice.m2ts", ("-c:a", "ac3", "-f", "mpegts", "-mpegts_m2ts_mode", "1")),
        ("voice.flv", ("-c:a", "aac")),
        ("voice.avi", ("-c:a", "pcm_s16le")),
        ("voice.mpg", ("-c:a", "mp2")),
    ],
)
def test_the_kind_of_a_container_is_that_of_its_streams(make: MediaMaker, name: str, arguments: tuple[str, ...]) -> None:
    path = make(f"kind-{name}", *lavfi(TONE), *arguments)
    assert (kind_of(str(path)), probe(path, "metadata").kind) == ("audio", "audio")
    codec = {
        "webm": "libvpx",
        "ogg": "libtheora",
        "flv": "flv",
        "avi": "mpeg4",
        "wma": "wmv2",
        "mpg": "mpeg2video",
        "3gp": "h263",
    }
    picture = PICTURE.replace("64x48", "128x96")
    video = ("-c:v", codec.get(path.suffix[1:], "libx264"), "-pix_fmt", "yuv420p")
    both = make(f"both-{name}", *lavfi(picture, TONE.replace("16000", "44100")), *video, *arguments)
    assert (kind_of(str(both)), probe(both, "metadata").kind) == ("video", "video")


@pytest.mark.parametrize("format", ["mp4", "mkv", "ogg", "asf", "flv", "ts", "mpg", "avi"])
@given(data=st.binary(max_size=600))
def test_no_bytes_make_the_look_at_streams_fail(format: str, data: bytes) -> None:
    has_picture(io.BytesIO(data), len(data), format)


def test_a_folder_has_the_kind_that_its_name_claims(tmp_path: Path) -> None:
    assert kind_of(str(tmp_path)) is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.m4a", "audio"),
        ("a.mp4", "video"),
        ("a.ogg", "audio"),
        ("a.m4v", "video"),
        ("a.ogv", "video"),
        ("a.wma", "audio"),
        ("a.mka", "audio"),
    ],
)
def test_extensions_that_several_formats_share(name: str, kind: str) -> None:
    assert kind_by_name(name) == kind
