"""HEIC pictures through libheif, from files written box by box, and the damage it passes over."""

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mediapreflight import Job, Problem, plan, probe
from mediapreflight.media.image import decoding
from mediapreflight.media.image.decoding import DecodeError
from mediapreflight.media.image.pixels import read_rgb
from mediapreflight.media.opening import open_source

from ..make import exif_block, patched
from .heic import Rgb, write_heic
from .test_pixels import psnr, read

# How each EXIF orientation is told by quarter turns counter-clockwise, and the mirroring behind them.
TOLD_AS = {1: (0, None), 2: (0, 1), 3: (2, None), 4: (0, 0), 5: (1, 0), 6: (3, None), 7: (1, 1), 8: (1, None)}
WHITE = (255, 255, 255)


@pytest.fixture(scope="module")
def picture(fixtures: Path) -> Rgb:
    with Image.open(fixtures / "portrait-3x4.jpg") as portrait:
        return np.asarray(portrait.convert("RGB").resize((150, 200)))


def shown(rgb: Rgb, turns: int, mirror: int | None) -> Rgb:
    turned = np.rot90(rgb, turns)
    return turned if mirror is None else turned[::-1] if mirror == 0 else turned[:, ::-1]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("contradicted", [False, True])
def test_every_turn_is_made_once_and_exif_has_no_say(orientation: int, contradicted: bool, picture: Rgb, tmp_path: Path) -> None:
    path = tmp_path / "p.heic"
    turns, mirror = TOLD_AS[orientation]
    exif = exif_block(orientation=6 if orientation != 6 else 3) if contradicted else b""
    write_heic(path, picture, 128, turns=turns, mirror=mirror, exif=exif)

    facts = probe(path)
    assert (facts.orientation, facts.problems) == (orientation, ())
    assert psnr(read(path), shown(picture, turns, mirror)) > 35


@pytest.mark.parametrize("mirror", [0, 1])
@pytest.mark.parametrize("turns", range(4))
def test_turns_and_mirrors_are_made_in_the_order_of_the_file(turns: int, mirror: int, picture: Rgb, tmp_path: Path) -> None:
    path = tmp_path / "p.heic"
    write_heic(path, picture, 256, turns=turns, mirror=mirror, mirror_first=True)

    facts = probe(path)
    wanted = np.rot90(shown(picture, 0, mirror), turns)
    assert (facts.height, facts.width, facts.problems) == (*wanted.shape[:2], ())
    assert psnr(read(path), wanted) > 35


def test_a_file_without_turns_ignores_the_orientation_of_exif(picture: Rgb, tmp_path: Path) -> None:
    write_heic(tmp_path / "p.heic", picture, 256, turns=None, exif=exif_block(orientation=6))
    assert psnr(read(tmp_path / "p.heic"), picture) > 35


@pytest.mark.parametrize("tile", [64, 256])
def test_property_zero_stands_for_none(tile: int, picture: Rgb, tmp_path: Path) -> None:
    path = tmp_path / "p.heic"
    write_heic(path, picture, tile, turns=1, index_zero=True)

    assert probe(path).problems == ()
    assert psnr(read(path), np.rot90(picture)) > 35


@pytest.mark.parametrize("tile", [64, 256])
def test_the_background_shows_through_the_alpha_plane(tile: int, picture: Rgb, tmp_path: Path) -> None:
    path = tmp_path / "p.heic"
    alpha = np.full(picture.shape[:2], 255, np.uint8)
    alpha[:100] = 0
    write_heic(path, picture, tile, alpha=alpha)

    facts = probe(path)
    assert (facts.has_alpha, facts.channels, facts.problems) == (True, 4, ())
    assert np.abs(read(path, WHITE)[:90].astype(int) - 255).max() < 4
    assert psnr(read(path, (0, 0, 0))[110:], picture[110:]) > 35


def test_the_alpha_plane_of_another_picture_is_not_its_own(picture: Rgb, tmp_path: Path) -> None:
    path = tmp_path / "p.heic"
    write_heic(path, picture, 512, alpha=np.zeros(picture.shape[:2], np.uint8), exif=exif_block(orientation=1))
    data = path.read_bytes()
    # The reference has the item it is from, a count, and the item it is to: the fourth is neither the picture nor its tile.
    path.write_bytes(patched(data, data.index(b"auxl") + 8, (4).to_bytes(2, "big")))

    facts = probe(path)
    assert (facts.has_alpha, facts.channels, facts.problems) == (False, 3, ())
    assert psnr(read(path, WHITE), picture) > 35


def test_a_transparent_picture_is_prepared(picture: Rgb, fixtures: Path, tmp_path: Path) -> None:
    path = tmp_path / "p.heic"
    write_heic(path, np.tile(picture, (2, 2, 1)), 512, alpha=np.full((400, 300), 128, np.uint8))

    (planned,) = plan(Job("liveportrait", image=path, audio=fixtures / "voice.wav"))

    assert planned.unfixable == {}
    assert "flatten" in [step.name for step in planned.files["image"].steps]


def test_ten_bits(picture: Rgb, tmp_path: Path) -> None:
    write_heic(tmp_path / "p.heic", picture.astype(np.uint16) * 257, 128)

    assert probe(tmp_path / "p.heic").problems == ()
    assert psnr(read(tmp_path / "p.heic"), picture) > 35


@pytest.mark.parametrize("tile", [64, 256])
@pytest.mark.parametrize("left", [300, 3000])
def test_a_picture_whose_data_end_too_early_is_truncated_by_its_header(
    tile: int, left: int, picture: Rgb, tmp_path: Path
) -> None:
    path = tmp_path / "p.heic"
    write_heic(path, picture, tile)
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"mdat") + left])

    for level in ("metadata", "decode"):
        detail = probe(path, level=level).problem(Problem.TRUNCATED)
        assert detail == f"its data needs {len(data) - data.index(b'mdat') - left} bytes more than the file has"


@pytest.mark.parametrize("tile", [64, 256])
@pytest.mark.parametrize(("start", "end"), [(-1500, -1000), (-3000, -1), (-25, None)])
def test_zeros_where_data_were_are_damage(start: int, end: int | None, tile: int, picture: Rgb, tmp_path: Path) -> None:
    path = tmp_path / "p.heic"
    write_heic(path, picture, tile)
    data = bytearray(path.read_bytes())
    data[start:end] = bytes(len(data[start:end]))
    path.write_bytes(data)

    assert probe(path).problems == (Problem.CORRUPT.because("a part of its data is lost: there are zeros in its place"),)


def test_a_picture_of_a_kind_that_is_not_decoded_is_not_called_damaged(picture: Rgb, tmp_path: Path) -> None:
    path = tmp_path / "p.heic"
    write_heic(path, picture, 256)
    path.write_bytes(path.read_bytes().replace(b"hvc1", b"vvc1").replace(b"hvcC", b"vvcC"))

    assert probe(path).problem(Problem.NOT_RUN)


def test_no_other_picture_stands_in_for_the_one_that_is_named(picture: Rgb, tmp_path: Path) -> None:
    path = tmp_path / "p.heic"
    write_heic(path, picture, 256)
    # The grid is no longer one, and its only tile is a picture by itself.
    path.write_bytes(path.read_bytes().replace(b"grid\0", b"mime\0"))

    facts = probe(path)
    assert facts.problem(Problem.NOT_RUN)
    with pytest.raises(DecodeError):
        read(path)


@pytest.mark.parametrize(("deep", "transparent"), [(False, True), (True, False), (True, True)])
def test_pixels_that_take_more_memory_may_be_fewer(
    deep: bool, transparent: bool, picture: Rgb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Four bytes for each pixel whose colours are at full resolution, where three are usual.
    monkeypatch.setitem(decoding._MAX_PIXELS_OF, "heic", 150 * 200 * 4 // 3)
    path = tmp_path / "p.heic"
    write_heic(path, picture, 256)
    assert probe(path).problems == ()
    alpha = np.full(picture.shape[:2], 128, np.uint8) if transparent else None
    write_heic(path, picture.astype(np.uint16) * 257 if deep else picture, 256, alpha=alpha)

    weight = (5 if transparent else 4) * (2 if deep else 1)
    words = f"its 150 x 200 px take more memory than is allowed: {weight} bytes each"
    assert probe(path).problems == (Problem.NOT_RUN.because(words),)


def test_without_its_library_nothing_is_passed(picture: Rgb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    write_heic(tmp_path / "p.heic", picture, 256)

    (problem,) = probe(tmp_path / "p.heic").problems
    assert problem.startswith(Problem.NOT_RUN.value)
    assert "pip install pi-heif" in problem


def test_the_memory_of_a_picture_outlives_its_reader(picture: Rgb, tmp_path: Path) -> None:
    write_heic(tmp_path / "p.heic", picture, 256)
    with open_source(str(tmp_path / "p.heic")) as source:
        facts = probe(tmp_path / "p.heic", level="metadata")
        first = read_rgb(source, facts, WHITE)
        for _ in range(20):
            read_rgb(source, facts, WHITE)
    assert psnr(first, picture) > 35
