"""PNG data that end between two rows, against whole ones of every layout."""

import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from mediapreflight.media.facts import Problem
from mediapreflight.media.image.png_data import has_all_rows
from mediapreflight.media.probe import probe

from ..make import FIXTURES, PNG_SIGNATURE, png_chunk, png_header

ROW = b"\0" + bytes(range(1, 91))


def png_of(rows: int, height: int = 20) -> bytes:
    data = zlib.compress(ROW * rows)
    return png_header(30, height) + png_chunk(b"IDAT", data[:40]) + png_chunk(b"IDAT", data[40:]) + png_chunk(b"IEND")


@pytest.mark.parametrize("rows", [1, 10, 19])
@pytest.mark.parametrize("end", [None, -12])
def test_data_that_end_between_two_rows_are_cut_off(rows: int, end: int | None, tmp_path: Path) -> None:
    path = tmp_path / "cut.png"
    path.write_bytes(png_of(rows)[:end])
    assert probe(path).problem(Problem.TRUNCATED)


def test_whole_pictures_that_end_in_blank_rows(tmp_path: Path) -> None:
    sizes = [(1, 1), (3, 2), (5, 5), (9, 17)]
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
        for size in sizes:
            path = tmp_path / "blank.png"
            Image.new(mode, size).save(path)
            assert probe(path).problems == (), (mode, size)


def test_interlaced_pictures() -> None:
    # Pillow writes none. 5 x 3 px in grey: rows of 1, 1, 1, 3, 2, 2 and 5 px, each with a byte for its filter.
    header = PNG_SIGNATURE + png_chunk(b"IHDR", struct.pack(">IIBBBBB", 5, 3, 8, 0, 0, 0, 1))
    for count in (21, 22):
        data = header + png_chunk(b"IDAT", zlib.compress(bytes(count))) + png_chunk(b"IEND")
        assert has_all_rows(io.BytesIO(data)) == (count == 22)


def test_fixtures_are_whole() -> None:
    for path in FIXTURES.rglob("*.png"):
        if "faults" not in path.parts:
            with path.open("rb") as stream:
                assert has_all_rows(stream), path
    assert not has_all_rows(io.BytesIO(png_of(19)))
    assert has_all_rows(io.BytesIO(png_of(20)))
