"""Pictures of every sort become the same plain pixels."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from mediapreflight.prepare import image_read
from mediapreflight.prepare.image_read import DecodeError, read_rgb
from mediapreflight.probe.image import probe_image
from mediapreflight.probe.sniff import sniff
from mediapreflight.probe.source import open_source

from .heic import Rgb, write_heic
from .icc import swapped_profile

ORIENTATION = 0x0112
WHITE, TEAL = (255, 255, 255), (0, 128, 128)
# What a camera has done to the upright picture when it writes each value.
STORED_AS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def read(path: Path, background: tuple[int, int, int] = WHITE, *, for_side: int | None = None) -> Rgb:
    with open_source(str(path)) as source:
        facts = probe_image(source, sniff(source.stream).format, decode=False)
        return read_rgb(source, facts, background, for_side=for_side)


def psnr(first: NDArray[Any], second: NDArray[Any]) -> float:
    """Of two pictures of one size, in dB."""
    assert first.shape == second.shape
    error = float(np.mean((first.astype(float) - second.astype(float)) ** 2))
    return 99.0 if error == 0 else 10 * float(np.log10(255**2 / error))


@pytest.fixture(scope="module")
def portrait(fixtures: Path) -> Image.Image:
    """60 x 80 px, no side like another."""
    with Image.open(fixtures / "formats" / "rgb.png") as picture:
        return picture.convert("RGB")


@pytest.mark.parametrize(
    "name",
    [
        "baseline.jpg",
        "progressive.jpg",
        "two-pictures.mpo",
        "rgb.png",
        "rgba-opaque.png",
        "animated.png",
        "sixteen-bit.png",
        "interlaced.png",
        "rgb.bmp",
        "lossy.webp",
        "lossless.webp",
        "animated.webp",
        "rgb.tiff",
        "rgb.avif",
    ],
)
def test_the_same_picture_is_read_from_every_format(name: str, fixtures: Path, portrait: Image.Image) -> None:
    # The fixtures are compressed hard. Another frame, order of channels or turn comes to less than 15.
    assert psnr(read(fixtures / "formats" / name), np.asarray(portrait)) > 25


@pytest.mark.parametrize("name", ["palette.png", "palette.bmp", "still.gif", "cmyk.jpg", "rgb.jp2"])
def test_formats_that_lose_colours_come_near(name: str, fixtures: Path, portrait: Image.Image) -> None:
    assert psnr(read(fixtures / "formats" / name), np.asarray(portrait)) > 20


@pytest.mark.parametrize("name", ["grey.jpg", "grey.png", "sixteen-bit-grey.png"])
def test_grey_stays_grey_at_its_full_range(name: str, fixtures: Path, portrait: Image.Image) -> None:
    assert psnr(read(fixtures / "formats" / name), np.asarray(portrait.convert("L").convert("RGB"))) > 30


def test_sixteen_bits_are_rounded_to_eight(tmp_path: Path) -> None:
    values = np.array([[0, 128, 129, 257, 32_767, 65_535]], np.uint16)
    Image.fromarray(values).save(tmp_path / "deep.png")

    assert read(tmp_path / "deep.png")[0, :, 0].tolist() == [0, 0, 1, 1, 127, 255]


@pytest.mark.parametrize(
    "name", ["rgba.png", "grey-alpha.png", "alpha.webp", "palette-transparent.png", "rgb-transparent-colour.png"]
)
def test_the_background_shows_where_a_picture_is_transparent(name: str, fixtures: Path) -> None:
    path = fixtures / "formats" / name
    with Image.open(path) as picture:
        hidden = np.asarray(picture.convert("RGBA"))[..., 3] == 0

    assert hidden.any()
    assert (read(path, TEAL)[hidden] == TEAL).all()
    assert (read(path, TEAL)[~hidden] != TEAL).any()


@pytest.mark.parametrize("value", range(1, 9))
@pytest.mark.parametrize("format", ["jpg", "png", "webp", "tiff", "avif"])
def test_every_orientation_is_shown_alike(format: str, value: int, portrait: Image.Image, tmp_path: Path) -> None:
    stored, exif = portrait.transpose(STORED_AS[value]) if value > 1 else portrait, Image.Exif()
    exif[ORIENTATION] = value
    path = tmp_path / f"turned.{format}"
    stored.save(path, exif=exif, **({"quality": 95} if format in ("jpg", "webp", "avif") else {}))

    assert psnr(read(path), np.asarray(portrait)) > 30


@pytest.mark.parametrize("format", ["jpg", "png", "webp", "tiff"])
def test_colours_go_through_the_embedded_profile(format: str, tmp_path: Path) -> None:
    Image.new("RGB", (16, 16), (230, 40, 20)).save(tmp_path / f"red.{format}", icc_profile=swapped_profile())

    red, _, blue = read(tmp_path / f"red.{format}")[8, 8]

    assert blue > 200
    assert red < 60


def test_a_profile_goes_through_transparency_too(tmp_path: Path) -> None:
    Image.new("RGBA", (16, 16), (230, 40, 20, 255)).save(tmp_path / "red.png", icc_profile=swapped_profile())

    assert read(tmp_path / "red.png")[8, 8, 2] > 200


@pytest.mark.parametrize("profile", [b"no profile at all", swapped_profile()], ids=["broken", "of another colour space"])
def test_a_profile_that_cannot_be_meant_is_left_out(profile: bytes, tmp_path: Path) -> None:
    Image.new("L", (16, 16), 200).save(tmp_path / "grey.png", icc_profile=profile)

    assert read(tmp_path / "grey.png")[8, 8].tolist() == [200, 200, 200]


def test_lab_pictures_become_rgb(tmp_path: Path, portrait: Image.Image) -> None:
    from PIL import ImageCms

    to_lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
    lab = ImageCms.applyTransform(portrait, to_lab)
    assert lab is not None
    lab.save(tmp_path / "lab.tiff")

    assert psnr(read(tmp_path / "lab.tiff"), np.asarray(portrait)) > 30


class TestHeic:
    """No other library at hand reads these, so they are compared with what was put in."""

    @pytest.mark.parametrize("turns", range(4))
    def test_tiles_are_put_together_and_turned(self, turns: int, portrait: Image.Image, tmp_path: Path) -> None:
        write_heic(tmp_path / "p.heic", np.asarray(portrait), 64, turns=turns)
        write_heic(tmp_path / "tiles.heic", np.asarray(portrait), 32, turns=turns)

        wanted = np.rot90(np.asarray(portrait), turns)
        assert psnr(read(tmp_path / "p.heic"), wanted) > 35
        assert psnr(read(tmp_path / "tiles.heic"), wanted) > 35

    def test_only_the_aperture_is_shown(self, portrait: Image.Image, tmp_path: Path) -> None:
        write_heic(tmp_path / "p.heic", np.asarray(portrait), 64, aperture=(50, 60, 3, 11))

        assert psnr(read(tmp_path / "p.heic"), np.asarray(portrait)[11:71, 3:53]) > 35

    def test_the_profile_is_used(self, tmp_path: Path) -> None:
        write_heic(tmp_path / "p.heic", np.full((64, 64, 3), (230, 40, 20), np.uint8), 64, profile=swapped_profile())

        assert read(tmp_path / "p.heic")[8, 8, 2] > 200

    def test_a_tile_that_is_lost_is_said(self, portrait: Image.Image, tmp_path: Path) -> None:
        path = tmp_path / "p.heic"
        write_heic(path, np.asarray(portrait), 32)
        data = path.read_bytes()
        path.write_bytes(data[: data.index(b"mdat") + 40])

        with pytest.raises(DecodeError):
            read(path)


def test_a_format_without_a_decoder_is_named(tmp_path: Path) -> None:
    (tmp_path / "p.jxl").write_bytes(b"\xff\x0a" + bytes(100))

    with pytest.raises(DecodeError, match="no decoder for jxl"):
        read(tmp_path / "p.jxl")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("giant.png", "65 megapixels"),
        ("giant-screen.gif", "65 megapixels"),
        ("truncated.png", "."),
        ("truncated.jpg", "truncated"),
        ("truncated.webp", "."),
        ("wrong-data.png", "cannot be decoded"),
        ("text-bomb.png", "too large"),
    ],
)
def test_hostile_and_broken_pictures_are_refused_with_a_reason(name: str, said: str, fixtures: Path) -> None:
    with pytest.raises(DecodeError, match=said):
        read(fixtures / "faults" / name)


def test_no_reader_is_chosen_by_the_file_itself(tmp_path: Path) -> None:
    """Pillow hands PostScript to Ghostscript; here only the reader of the sniffed format is asked."""
    (tmp_path / "p.jpg").write_bytes(b"\xff\xd8\xff" + b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")

    with pytest.raises(DecodeError):
        read(tmp_path / "p.jpg")


LARGE = [
    "cmyk.jpg",
    "rgba.png",
    "palette-transparent.png",
    "rgb-transparent-colour.png",
    "grey-alpha.png",
    "sixteen-bit-grey.png",
]


@pytest.mark.parametrize("name", [*LARGE, "alpha.webp", "rgb.tiff", "rgb.avif", "animated.gif"])
def test_large_pictures_are_the_same_band_by_band(name: str, fixtures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = read(fixtures / "formats" / name, TEAL)
    monkeypatch.setattr(image_read, "_BAND_PIXELS", 7 * whole.shape[1])
    assert np.array_equal(read(fixtures / "formats" / name, TEAL), whole)


@pytest.mark.parametrize("name", [*LARGE, "rgb.tiff"])
def test_a_large_picture_that_is_looked_at_comes_smaller(name: str, fixtures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = read(fixtures / "formats" / name, TEAL)
    assert np.array_equal(read(fixtures / "formats" / name, TEAL, for_side=10), whole)
    monkeypatch.setattr(image_read, "_LARGE_PIXELS", 1000)
    monkeypatch.setattr(image_read, "_BAND_PIXELS", 1000)
    smaller = read(fixtures / "formats" / name, TEAL, for_side=10)
    assert smaller.shape == (20, 15, 3)
    assert psnr(smaller, np.asarray(Image.fromarray(whole).reduce(4))) > 45


def test_a_large_picture_comes_smaller_the_right_way_up(fixtures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_read, "_LARGE_PIXELS", 1000)
    upright, turned = (read(fixtures / "orientation" / f"exif-{each}.jpg", for_side=10) for each in (1, 6))
    assert psnr(upright, turned) > 20
