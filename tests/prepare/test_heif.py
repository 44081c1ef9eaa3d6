"""How HEIC pictures are put together, from files written box by box."""

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mediapreflight.prepare.heif import HeifError, read_tiling

from .heic import Rgb, write_heic


@pytest.fixture(scope="module")
def picture(fixtures: Path) -> Rgb:
    with Image.open(fixtures / "portrait-3x4.jpg") as portrait:
        return np.asarray(portrait.convert("RGB").resize((150, 200)))


@pytest.fixture(scope="module")
def heic(picture: Rgb, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("heic") / "grid.heic"
    write_heic(path, picture, 64, profile=b"profile", aperture=(149, 190, 1, 4))
    return path.read_bytes()


def test_the_tiles_stand_row_by_row_with_the_size_of_the_whole(heic: bytes) -> None:
    tiling = read_tiling(io.BytesIO(heic), len(heic))

    assert tiling.tiles == tuple(range(1, 13))
    assert (tiling.columns, tiling.size, tiling.profile) == (3, (150, 200), b"profile")


def test_an_aperture_says_where_it_lies(heic: bytes) -> None:
    (aperture,) = read_tiling(io.BytesIO(heic), len(heic)).apertures

    assert aperture.size == (149, 190)
    assert aperture.corner((150, 200)) == (1, 4)


def test_a_grid_that_names_too_few_tiles_is_refused(heic: bytes) -> None:
    twelve = heic.replace(b"\x00\x0d\x00\x0c\x00\x01", b"\x00\x0d\x00\x0b\x00\x01")
    assert twelve != heic

    with pytest.raises(HeifError, match="names 11"):
        read_tiling(io.BytesIO(twelve), len(twelve))


@given(data=st.data())
def test_a_damaged_index_is_refused_or_read_but_never_fails_otherwise(heic: bytes, data: st.DataObject) -> None:
    end = heic.index(b"mdat")
    damaged = bytearray(heic[: data.draw(st.integers(0, end))])
    for place, value in data.draw(st.lists(st.tuples(st.integers(0, end), st.integers(0, 255)), max_size=8)):
        if place < len(damaged):
            damaged[place] = value

    try:
        read_tiling(io.BytesIO(bytes(damaged)), len(damaged))
    except HeifError as error:
        assert str(error)
