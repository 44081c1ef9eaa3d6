"""HEIC and AVIF: properties of the primary picture. Nothing here writes HEIC, so its boxes are put together by hand."""

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mediapreflight.media.facts import Problem

from ...make import box, encoded, exif, exif_block, patched, picture, picture_facts


def full_box(kind: bytes, *contents: bytes, version: int = 0, flags: int = 0) -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags), *contents)


def heic(*properties: bytes, wide: bool = False, unrelated: tuple[bytes, ...] = (), items: bytes = b"") -> bytes:
    """A HEIC header whose primary item, number 2, has `properties`; an item number 1 has the `unrelated` ones."""
    indices = [index + 1 for index in range(len(unrelated))], [len(unrelated) + index + 1 for index in range(len(properties))]
    entry, index_mask = (">IB", 0x8000) if wide else (">HB", 0x80)
    associations = b"".join(
        struct.pack(entry, item, len(own)) + b"".join(struct.pack(">H" if wide else ">B", index | index_mask) for index in own)
        for item, own in zip((1, 2), indices, strict=True)
    )
    ipma = full_box(b"ipma", struct.pack(">I", 2) + associations, version=wide, flags=wide)
    pitm = full_box(b"pitm", struct.pack(">I" if wide else ">H", 2), version=wide)
    meta = full_box(b"meta", pitm, items, box(b"iprp", box(b"ipco", *unrelated, *properties), ipma))
    return box(b"ftyp", b"heic\0\0\0\0mif1heic") + meta


def size(width: int, height: int) -> bytes:
    return full_box(b"ispe", struct.pack(">II", width, height))


def turn(quarters: int) -> bytes:
    return box(b"irot", bytes([quarters]))


def aperture(width: int, height: int, divisor: int = 1) -> bytes:
    return box(b"clap", struct.pack(">8I", width * divisor, divisor, height * divisor, divisor, 0, 1, 0, 1))


@pytest.mark.every("orientation", range(1, 9))
@pytest.mark.every("located", [False, True])
def test_avif_says_the_same_as_pillow(orientation: int, located: bool) -> None:
    data = encoded(picture(size=(24, 16)), "AVIF", exif=exif(orientation, located=located))
    facts = picture_facts(data)
    with Image.open(io.BytesIO(data)) as image:
        assert image.getexif().get(0x112, 1) == orientation
    assert (facts.orientation, facts.has_location) == (orientation, located)
    assert (facts.stored_width, facts.stored_height) == (24, 16)
    assert (facts.width, facts.height) == ((16, 24) if orientation > 4 else (24, 16))


@pytest.mark.parametrize(("mode", "channels", "color"), [("L", 1, "grey"), ("RGB", 3, "rgb"), ("RGBA", 4, "rgb")])
def test_channels_of_avif(mode: str, channels: int, color: str) -> None:
    facts = picture_facts(encoded(picture(mode), "AVIF"), decode=True)
    assert (facts.channels, facts.color, facts.has_alpha, facts.problems) == (channels, color, mode == "RGBA", ())


def test_depth() -> None:
    data = encoded(picture(), "AVIF")
    at = data.index(b"pixi") + 9
    assert data[at : at + 3] == b"\x08\x08\x08"
    assert picture_facts(patched(data, at, b"\x0a\x0a\x0a")).bit_depth == 10


@pytest.mark.parametrize("frames", [2, 5])
def test_frames_of_a_sequence(frames: int) -> None:
    pictures = [picture("L", (16, 16)).rotate(7 * index) for index in range(frames)]
    assert picture_facts(encoded(pictures[0], "AVIF", save_all=True, append_images=pictures[1:])).frames == frames


@pytest.mark.parametrize("wide", [False, True])
def test_only_properties_of_the_primary_item_count(wide: bool) -> None:
    facts = picture_facts(heic(size(4032, 3024), turn(3), wide=wide, unrelated=(size(320, 240), turn(1))))
    assert (facts.format, facts.width, facts.height, facts.orientation) == ("heic", 3024, 4032, 6)


@pytest.mark.parametrize("divisor", [1, 2])
def test_clean_aperture_cuts_off_what_pads_the_coded_picture(divisor: int) -> None:
    facts = picture_facts(heic(size(128, 64), aperture(123, 50, divisor), turn(1)))
    assert (facts.stored_width, facts.stored_height, facts.width, facts.height) == (128, 64, 50, 123)


@pytest.mark.parametrize("broken", [box(b"clap", bytes(32)), box(b"clap", b"\0"), aperture(500, 500), aperture(0, 9)])
def test_senseless_apertures_do_not_count(broken: bytes) -> None:
    facts = picture_facts(heic(size(128, 64), broken))
    assert (facts.width, facts.height) == (128, 64)


@pytest.mark.parametrize("name", [b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1"])
def test_alpha_plane(name: bytes) -> None:
    facts = picture_facts(heic(size(8, 8), unrelated=(full_box(b"auxC", name + b"\0"),)))
    assert (facts.has_alpha, facts.channels) == (True, 4)


@pytest.mark.parametrize("name", [b"urn:mpeg:hevc:2015:auxid:2", b"urn:com:apple:photo:2020:aux:hdrgainmap"])
def test_depth_and_gain_maps_are_no_alpha(name: bytes) -> None:
    assert picture_facts(heic(size(8, 8), unrelated=(full_box(b"auxC", name + b"\0"),))).has_alpha is False


@pytest.mark.parametrize("version", [0, 1, 2])
@pytest.mark.parametrize("located", [False, True])
def test_position_in_the_exif_item(version: int, located: bool) -> None:
    block = b"\0\0\0\6Exif\0\0" + exif_block(located=located)
    at = 5000
    item = struct.pack(">I" if version == 2 else ">H", 7) + (b"\0\0" if version else b"") + b"\0\0"
    locations = b"\x44\0" + struct.pack(">I" if version == 2 else ">H", 1) + item + struct.pack(">HII", 1, at, len(block))
    infe = full_box(b"infe", struct.pack(">HH", 7, 0) + b"Exif\0", version=2)
    items = full_box(b"iinf", b"\0\1", infe) + full_box(b"iloc", locations, version=version)
    data = heic(size(8, 8), items=items).ljust(at, b"\0") + block
    assert picture_facts(data).has_location == located


@pytest.mark.parametrize("located", [False, True])
def test_position_in_an_exif_item_that_lies_inside_the_index(located: bool) -> None:
    block = b"\0\0\0\6Exif\0\0" + exif_block(located=located)
    infe = full_box(b"infe", struct.pack(">HH", 7, 0) + b"Exif\0", version=2)
    locations = b"\x44\0" + struct.pack(">HHHHHII", 1, 7, 1, 0, 1, 0, len(block))
    items = full_box(b"iinf", b"\0\1", infe) + full_box(b"iloc", locations, version=1) + box(b"idat", block)
    assert picture_facts(heic(size(8, 8), items=items)).has_location == located


@given(st.binary(max_size=60), st.sampled_from([b"iloc", b"ipma", b"pitm", b"iinf"]), st.integers(0, 3))
def test_damaged_tables_never_raise(garbage: bytes, table: bytes, version: int) -> None:
    infe = full_box(b"infe", struct.pack(">HH", 7, 0) + b"Exif\0", version=2)
    items = full_box(b"iinf", b"\0\1", infe)
    broken = full_box(table, garbage, version=version)
    meta = full_box(b"meta", broken, items, box(b"iprp", broken, box(b"ipco", size(8, 8))))
    facts = picture_facts(box(b"ftyp", b"heic\0\0\0\0") + meta)
    assert facts.width == 8 or facts.problems


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no picture index"),
        (full_box(b"meta", full_box(b"pitm", b"\0\1")), "no picture properties"),
        (full_box(b"meta", box(b"iprp", box(b"ipco"))), "no picture size"),
        (full_box(b"meta", box(b"iprp", box(b"ipco", size(0, 9)))), "no picture size"),
    ],
)
def test_broken(data: bytes, words: str) -> None:
    facts = picture_facts(box(b"ftyp", b"heic\0\0\0\0mif1heic") + data)
    assert words in (facts.problem(Problem.BROKEN) or "")


def test_heic_that_is_put_together_in_no_known_way_is_not_called_damaged() -> None:
    facts = picture_facts(heic(size(8, 8)), decode=True)
    assert facts.problems == (Problem.NOT_RUN.because("its index has no iinf box"),)


@pytest.mark.parametrize("index", [b"", full_box(b"meta", full_box(b"pitm", b"\0\1"))])
@pytest.mark.parametrize("brand", [b"msf1", b"avis"])
def test_a_sequence_without_a_still_picture_is_no_broken_header(brand: bytes, index: bytes) -> None:
    sizes = full_box(b"stsz", struct.pack(">II", 0, 7) + bytes(28))
    track = full_box(b"tkhd", bytes(72) + struct.pack(">II", 640 << 16, 360 << 16))
    movie = box(b"moov", box(b"trak", track, box(b"mdia", box(b"minf", box(b"stbl", sizes)))))
    compatible = b"hevc" if brand == b"msf1" else b"avif"
    facts = picture_facts(box(b"ftyp", brand + b"\0\0\0\0" + brand + compatible) + index + movie, decode=True)
    assert (facts.width, facts.height, facts.frames) == (640, 360, 7)
    assert facts.problems == ("not measured: it is a sequence of pictures without a still one, and those are not decoded here",)


def test_neither_a_picture_nor_a_sequence() -> None:
    data = box(b"ftyp", b"msf1\0\0\0\0msf1hevc") + box(b"moov", box(b"trak", full_box(b"tkhd", bytes(80))))
    assert picture_facts(data).problem(Problem.BROKEN) == "it contains no picture index"


def test_a_small_index_is_not_read() -> None:
    facts = picture_facts(box(b"ftyp", b"mif3avif") + box(b"mini", bytes(40)))
    assert facts.format == "avif"
    assert facts.problems == (Problem.NOT_RUN.because("its small index (mini) is not read here"),)
