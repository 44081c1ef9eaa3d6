"""Pictures of every sort become the same plain pixels."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from mediapreflight import Problem, probe
from mediapreflight.media.image import colour, pixels
from mediapreflight.media.image.decoding import DecodeError
from mediapreflight.media.image.picture import probe_image
from mediapreflight.media.image.pixels import read_rgb
from mediapreflight.media.opening import open_source
from mediapreflight.media.parsers.boxes import boxes
from mediapreflight.media.sniff import sniff

from ..make import box, encoded, exif, patched, png_chunk, png_header, png_with
from .heic import Rgb, write_heic
from .icc import SRGB, gamma, profile, srgb_curve, swapped_profile
from .test_coded_colours import CURVES, SRGB_TO_2020, SRGB_TO_P3, linear, stored

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


def test_a_tiff_whose_orientation_is_a_byte_is_turned_too(tmp_path: Path) -> None:
    stored, path = Image.linear_gradient("L").resize((24, 16)), tmp_path / "scanned.tiff"
    for orientation in range(1, 9):
        as_short, as_byte = (struct.pack("<HHII", ORIENTATION, kind, 1, orientation) for kind in (3, 1))
        data = encoded(stored, "TIFF", exif=exif(orientation))
        path.write_bytes(data)
        turned = read(path)
        assert as_short in data
        path.write_bytes(data.replace(as_short, as_byte))
        assert np.array_equal(read(path), turned)


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


def coded_as(rgb: Rgb, primaries: int, transfer: int, depth: int) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """The same colours by these coding points."""
    light = linear(rgb) @ (SRGB_TO_2020 if primaries == 9 else SRGB_TO_P3).T
    return stored(CURVES[transfer](light), depth)


def written(path: Path, rgb: Rgb, primaries: int, transfer: int) -> None:
    """A picture by coding points, in 10 bits where the format has them here."""
    if path.suffix == ".heic":
        return write_heic(path, coded_as(rgb, primaries, transfer, 16), 128, coding=(primaries, transfer))
    image = Image.fromarray(coded_as(rgb, primaries, transfer, 8))
    if path.suffix == ".avif":
        data = encoded(image, "AVIF", quality=100, subsampling="4:4:4")
        data = patched(data, data.index(b"nclx") + 4, struct.pack(">HH", primaries, transfer))
    else:
        data = png_with(encoded(image, "PNG"), b"IDAT", png_chunk(b"cICP", bytes([primaries, transfer, 0, 1])))
    path.write_bytes(data)
    return None


@pytest.mark.parametrize("coding", [(9, 16), (9, 18), (12, 16), (12, 13), (9, 13)])
@pytest.mark.parametrize("format", ["avif", "heic", "png"])
def test_colours_given_by_coding_points_become_srgb(
    format: str, coding: tuple[int, int], portrait: Image.Image, tmp_path: Path
) -> None:
    path = tmp_path / f"p.{format}"
    written(path, np.asarray(portrait), *coding)
    assert psnr(read(path), np.asarray(portrait)) > 33


def test_coded_colours_are_the_same_band_by_band(portrait: Image.Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("p.heic", "p.png"):
        written(tmp_path / name, np.asarray(portrait), 9, 16)
        whole = read(tmp_path / name)
        with monkeypatch.context() as narrow:
            narrow.setattr(colour, "_BAND_PIXELS", 7 * whole.shape[1])
            assert psnr(read(tmp_path / name), whole) > 45


def test_transparency_of_high_dynamic_range(portrait: Image.Image, tmp_path: Path) -> None:
    rgb = np.asarray(portrait)
    alpha = np.full(rgb.shape[:2], 255, np.uint8)
    alpha[:40] = 0
    write_heic(tmp_path / "p.heic", coded_as(rgb, 9, 16, 16), 128, coding=(9, 16), alpha=alpha)
    shown = read(tmp_path / "p.heic", TEAL)
    assert np.abs(shown[:30].astype(int) - TEAL).max() < 6
    assert psnr(shown[48:], rgb[48:]) > 33


@pytest.mark.parametrize("name", ["sRGB IEC61966-2.1", "Unnamed"])
def test_a_profile_counts_for_what_it_does(name: str, portrait: Image.Image, tmp_path: Path) -> None:
    rgb = np.asarray(portrait)
    light = Image.fromarray(np.round(linear(rgb) * 255).astype(np.uint8))
    light.save(tmp_path / "linear.png", icc_profile=profile(SRGB, gamma(1.0), name=name))
    portrait.save(tmp_path / "plain.png", icc_profile=profile(SRGB, srgb_curve(), name=name))

    assert psnr(read(tmp_path / "linear.png"), rgb) > 33
    assert np.array_equal(read(tmp_path / "plain.png"), rgb)


@pytest.mark.parametrize("turns", range(4))
def test_only_the_aperture_of_an_avif_is_shown(turns: int, portrait: Image.Image, tmp_path: Path) -> None:
    data = encoded(portrait, "AVIF", quality=95)
    numbers = struct.pack(">IIIIiIiI", 50, 1, 60, 1, 2 * 3 + 50 - 60, 2, 2 * 11 + 60 - 80, 2)
    properties = box(b"clap", numbers) + box(b"irot", bytes([turns]))
    (tmp_path / "p.avif").write_bytes(with_properties(data, properties, 2))

    wanted = np.rot90(np.asarray(portrait)[11:71, 3:53], turns)
    assert psnr(read(tmp_path / "p.avif"), wanted) > 30


def test_an_avif_that_is_not_understood_is_not_called_damaged(portrait: Image.Image, tmp_path: Path) -> None:
    data = encoded(portrait, "AVIF")
    path = tmp_path / "p.avif"
    path.write_bytes(data.replace(b"av1C", b"av2C"))
    words = "the available decoder does not know its structure"
    assert probe(path).problems == (Problem.NOT_RUN.because(words),)


@pytest.mark.parametrize("cut", [1, 200])
def test_an_avif_that_is_cut_off_is_truncated(cut: int, portrait: Image.Image, tmp_path: Path) -> None:
    (tmp_path / "p.avif").write_bytes(encoded(portrait, "AVIF")[:-cut])
    for level in ("metadata", "decode"):
        detail = probe(tmp_path / "p.avif", level=level).problem(Problem.TRUNCATED)
        assert detail == f"its data needs {cut} bytes more than the file has"


def test_an_avif_whose_data_are_garbled_is_damaged(portrait: Image.Image, tmp_path: Path) -> None:
    data = bytearray(encoded(portrait, "AVIF"))
    start = data.index(b"mdat") + 4
    data[start + 12 : start + 40] = bytes(range(100, 128))
    (tmp_path / "p.avif").write_bytes(data)
    assert probe(tmp_path / "p.avif").problem(Problem.CORRUPT)


def with_properties(data: bytes, properties: bytes, count: int) -> bytes:
    """A HEIF file of one picture with more properties behind those it has."""
    table, associations, locations = data.index(b"ipco") - 4, data.index(b"ipma") - 4, data.index(b"iloc") - 4
    first_new = len(list(boxes(io.BytesIO(data), table + 8, associations))) + 1
    numbers = bytes(0x80 | index for index in range(first_new, first_new + count))
    (inside,) = struct.unpack_from(">I", data, associations)
    assert data[associations + 12 : associations + 16] == b"\0\0\0\1"
    known = data[associations + 18]
    added = len(properties) + count
    changed = bytearray(data)
    for at, more in (
        (data.index(b"meta") - 4, added),
        (data.index(b"iprp") - 4, added),
        (table, len(properties)),
        (associations, count),
    ):
        struct.pack_into(">I", changed, at, struct.unpack_from(">I", data, at)[0] + more)
    changed[associations + 18] = known + count
    # The one piece of the one item: its offset stands before its length, at the end of the table.
    end = locations + struct.unpack_from(">I", data, locations)[0]
    struct.pack_into(">I", changed, end - 8, struct.unpack_from(">I", data, end - 8)[0] + added)
    return bytes(
        changed[:associations]
        + properties
        + changed[associations : associations + inside]
        + numbers
        + changed[associations + inside :]
    )


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
        ("truncated.jpg", "ends before its picture does"),
        ("truncated.webp", "."),
        ("wrong-data.png", "cannot be decoded"),
        ("text-bomb.png", "too large when decompressed"),
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
    monkeypatch.setattr(colour, "_BAND_PIXELS", 7 * whole.shape[1])
    assert np.array_equal(read(fixtures / "formats" / name, TEAL), whole)


@pytest.mark.parametrize("name", [*LARGE, "rgb.tiff"])
def test_a_large_picture_that_is_looked_at_comes_smaller(name: str, fixtures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = read(fixtures / "formats" / name, TEAL)
    assert np.array_equal(read(fixtures / "formats" / name, TEAL, for_side=10), whole)
    monkeypatch.setattr(pixels, "_LARGE_PIXELS", 1000)
    monkeypatch.setattr(colour, "_BAND_PIXELS", 1000)
    smaller = read(fixtures / "formats" / name, TEAL, for_side=10)
    assert smaller.shape == (20, 15, 3)
    assert psnr(smaller, np.asarray(Image.fromarray(whole).reduce(4))) > 45


def test_a_large_picture_comes_smaller_the_right_way_up(fixtures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pixels, "_LARGE_PIXELS", 1000)
    upright, turned = (read(fixtures / "orientation" / f"exif-{each}.jpg", for_side=10) for each in (1, 6))
    assert psnr(upright, turned) > 20


def test_colours_of_16_bits_with_a_transparent_one(tmp_path: Path) -> None:
    pixels = np.full((8, 16, 3), 0x4321, ">u2")
    pixels[:, :8] = (0x1234, 0x5678, 0x9ABC)
    # It differs from the transparent colour in its lower bits only.
    pixels[0, :8] = (0x1235, 0x5678, 0x9ABC)
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    data = png_header(16, 8, bit_depth=16) + png_chunk(b"tRNS", bytes.fromhex("123456789abc"))
    path = tmp_path / "colours.png"
    path.write_bytes(data + png_chunk(b"IDAT", zlib.compress(rows)) + png_chunk(b"IEND"))
    rgb = read(path, (255, 0, 0))
    assert (rgb[1:, :8] == (255, 0, 0)).all()
    assert (rgb[0, :8] == (0x12, 0x56, 0x9A)).all()
    assert (rgb[:, 8:] == 0x43).all()


@pytest.mark.parametrize("value", [0, 255, 40_000, 65_535])
def test_grey_of_16_bits_with_a_transparent_value(value: int, tmp_path: Path) -> None:
    """Pillow's own conversion compares eight bits of the sixteen."""
    shades = np.full((8, 16), 30_000, np.uint16)
    shades[:, :8] = value
    shades[0] = value ^ 1
    Image.fromarray(shades).save(tmp_path / "grey.png", transparency=value)
    rgb = read(tmp_path / "grey.png", (255, 0, 0))
    assert (rgb[1:, :8] == (255, 0, 0)).all()
    assert (rgb[1:, 8:] == round(30_000 / 257)).all()
    assert (rgb[0] == round((value ^ 1) / 257)).all()


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw"])
def test_a_palette_of_a_tiff_that_is_filled_with_8_bits(compression: str, tmp_path: Path) -> None:
    """LibTIFF takes it as such; Pillow and FFmpeg show a black picture."""
    plain, narrow = tmp_path / "plain.tiff", tmp_path / "narrow.tiff"
    Image.fromarray(np.arange(96, dtype=np.uint8).reshape(8, 12)).convert("P").save(plain, compression=compression)
    with Image.open(plain) as picture:
        colours = picture.tag_v2[320]
    data = plain.read_bytes()
    wide = struct.pack(f"<{len(colours)}H", *colours)
    assert data.count(wide) == 1
    narrow.write_bytes(data.replace(wide, struct.pack(f"<{len(colours)}H", *(value >> 8 for value in colours))))
    assert read(plain).std() > 5
    assert np.array_equal(read(narrow), read(plain))
