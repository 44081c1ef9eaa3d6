"""Large WebPs are read another way than small ones; nobody can see it in the pixels."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from mediapreflight.media.facts import Problem
from mediapreflight.media.image import webp_still
from mediapreflight.media.image.decoding import DecodeError
from mediapreflight.media.image.picture import probe_image
from mediapreflight.media.image.pixels import read_rgb
from mediapreflight.media.opening import open_source
from mediapreflight.media.probe import probe

from ..make import FIXTURES, riff, riff_chunk

BACKGROUND = (10, 200, 90)
SORTS: list[dict[str, Any]] = [
    {"quality": 80},
    {"quality": 20, "alpha_quality": 40},
    {"lossless": True},
    {"lossless": True, "exact": True, "quality": 0},
]


def coloured(size: tuple[int, int], bands: int) -> Image.Image:
    small = np.random.default_rng(1).integers(0, 255, (size[1] // 3 + 1, size[0] // 3 + 1, bands), dtype=np.uint8)
    return Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)


def read(path: Path) -> NDArray[np.uint8]:
    with open_source(str(path)) as source:
        return read_rgb(source, probe_image(source, "webp", decode=False), BACKGROUND)


def assert_same_either_way(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    is_lossy = b"VP8 " in path.read_bytes()
    as_small = read(path)
    monkeypatch.setattr(webp_still, "LARGE_PIXELS", 0)
    apart = np.abs(read(path).astype(int) - as_small)
    # Two ways to round, where colours are coded apart from brightness.
    assert apart.max() <= (3 if is_lossy else 0)
    assert apart.mean() < 0.1
    assert probe(path).problems == ()


@pytest.mark.parametrize("animated", [False, True], ids=["still", "animated"])
@pytest.mark.parametrize("bands", [3, 4], ids=["opaque", "transparent"])
@pytest.mark.parametrize("options", SORTS, ids=["lossy", "coarse", "lossless", "exact"])
def test_the_pixels_are_the_same(
    options: dict[str, Any], bands: int, animated: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = coloured((303, 201), bands)
    more = {"save_all": True, "append_images": [picture.rotate(180)]} if animated else {}
    picture.save(tmp_path / "p.webp", **options, **more)
    assert_same_either_way(tmp_path / "p.webp", monkeypatch)


@pytest.mark.parametrize("name", ["lossy", "lossless", "alpha", "animated", "exif-6"])
def test_the_pixels_of_the_fixtures_are_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_same_either_way(next(FIXTURES.rglob(f"{name}.webp")), monkeypatch)


def three(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(3, "little") for number in numbers)


@pytest.mark.parametrize("flags", [0x12, 0x02], ids=["transparent canvas", "opaque canvas"])
def test_a_first_frame_smaller_than_the_canvas(flags: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    coloured((40, 30), 3).save(tmp_path / "frame.webp")
    frame = riff_chunk(b"ANMF", three(10, 5, 39, 29, 100) + b"\0" + (tmp_path / "frame.webp").read_bytes()[12:])
    canvas = riff_chunk(b"VP8X", bytes((flags, 0, 0, 0)) + three(99, 79)) + riff_chunk(b"ANIM", bytes(6))
    (tmp_path / "p.webp").write_bytes(riff(b"WEBP", canvas + frame))
    assert_same_either_way(tmp_path / "p.webp", monkeypatch)


@pytest.mark.parametrize("share", [0.02, 0.5, 0.99])
@pytest.mark.parametrize("options", [{"quality": 80}, {"lossless": True}], ids=["lossy", "lossless"])
def test_damage_is_found_and_said(options: dict[str, Any], share: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webp_still, "LARGE_PIXELS", 0)
    path = tmp_path / "p.webp"
    coloured((303, 201), 3).save(path, **options)
    data = path.read_bytes()
    # A part of the data, in a chunk that is whole.
    path.write_bytes(riff(b"WEBP", riff_chunk(data[12:16], data[20 : int(len(data) * share)])))
    assert probe(path).problem(Problem.CORRUPT) or probe(path).problem(Problem.TRUNCATED)
    with pytest.raises(DecodeError):
        read(path)


def test_data_larger_than_the_header_says_are_not_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webp_still, "LARGE_PIXELS", 0)
    coloured((303, 201), 3).save(tmp_path / "p.webp")
    picture = bytearray((tmp_path / "p.webp").read_bytes()[12:])
    struct.pack_into("<HH", picture, 14, 16_000, 16_000)
    canvas = riff_chunk(b"VP8X", bytes(4) + three(302, 200))
    (tmp_path / "p.webp").write_bytes(riff(b"WEBP", canvas + bytes(picture)))
    found = probe(tmp_path / "p.webp").problem(Problem.CORRUPT)
    assert found == "its picture of 16000 x 16000 px is not of the size that its header says"


def test_a_file_of_metadata_only_holds_no_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webp_still, "LARGE_PIXELS", 0)
    canvas = riff_chunk(b"VP8X", bytes(4) + three(302, 200))
    (tmp_path / "p.webp").write_bytes(riff(b"WEBP", canvas + riff_chunk(b"ALPH", b"")))
    assert probe(tmp_path / "p.webp").problem(Problem.CORRUPT) == "it contains no picture data"
