"""The kind of a file at a glance."""

from pathlib import Path

import pytest

from mediapreflight.probe.kinds import kind_by_name, kind_of

from .make import FIXTURES, MediaMaker


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


def test_a_folder_has_the_kind_that_its_name_claims(tmp_path: Path) -> None:
    assert kind_of(str(tmp_path)) is None


@pytest.mark.parametrize(("name", "kind"), [("a.m4a", "audio"), ("a.mp4", "video"), ("a.ogg", "audio"), ("a.m4v", "video")])
def test_extensions_that_several_formats_share(name: str, kind: str) -> None:
    assert kind_by_name(name) == kind
