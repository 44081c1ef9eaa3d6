"""Compressed data of TIFFs that Pillow decodes without a word, whole and overwritten."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mediapreflight.media.facts import Problem
from mediapreflight.media.probe import probe

from ..make import patched

COMPRESSIONS = ("tiff_adobe_deflate", "tiff_deflate", "jpeg")


def picture(mode: str = "RGB") -> Image.Image:
    rows, columns = np.mgrid[:96, :128]
    return Image.fromarray((np.dstack([rows * 2, columns, rows + columns]) % 256).astype(np.uint8)).convert(mode)


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_whole_data_are_sound(compression: str, tmp_path: Path) -> None:
    path = tmp_path / "whole.tiff"
    for mode in ("RGB", "L", "CMYK"):
        for rows in (16, 96):
            picture(mode).save(path, compression=compression, tiffinfo={278: rows})
            assert probe(path).problems == (), (mode, rows)


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_overwritten_data_are_damage(compression: str, tmp_path: Path) -> None:
    path = tmp_path / "overwritten.tiff"
    for rows in (16, 96):
        picture().save(path, compression=compression, tiffinfo={278: rows})
        with Image.open(path) as whole:
            place, length = (np.atleast_1d(whole.getexif()[tag])[-1] for tag in (273, 279))
        data = bytearray(path.read_bytes())
        data[place + length // 2 : place + length // 2 + 40] = bytes(range(1, 41))
        path.write_bytes(data)
        assert probe(path).problem(Problem.CORRUPT), rows


FAX = ("group3", "group4", "tiff_ccitt")


def page() -> Image.Image:
    """Black and white, with runs of many lengths."""
    return picture("L").resize((640, 480)).convert("1")


@pytest.mark.parametrize("compression", FAX)
def test_whole_fax_is_sound(compression: str, tmp_path: Path) -> None:
    path = tmp_path / "whole.tiff"
    for info in ({278: 480}, {278: 100}, {278: 480, 266: 2}, {278: 480, 292: 1} if compression == "group3" else {278: 1}):
        page().save(path, compression=compression, tiffinfo=info)
        assert probe(path).problems == (), info


@pytest.mark.parametrize("compression", FAX)
def test_overwritten_fax_is_damage(compression: str, tmp_path: Path) -> None:
    """LibTIFF makes lines of what it cannot read."""
    path = tmp_path / "overwritten.tiff"
    for rows in (100, 480):
        page().save(path, compression=compression, tiffinfo={278: rows})
        whole = path.read_bytes()
        middle = len(whole) // 2
        path.write_bytes(patched(whole, middle, bytes(40)))
        assert probe(path).problem(Problem.CORRUPT), rows
        # The code for uncompressed parts is in these.
        path.write_bytes(patched(whole, middle, bytes(range(81, 121))))
        assert probe(path).problems, rows


def test_bytes_behind_the_picture_are_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "whole.tiff"
    picture().save(path, compression="tiff_adobe_deflate")
    path.write_bytes(path.read_bytes() + bytes(100))
    assert probe(path).problems == ()
