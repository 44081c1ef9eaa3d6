"""What no decoder here reads rightly is not measured, and says so in plain words; it is never called damaged."""

import struct

import pytest
from PIL import Image

from mediapreflight.media.facts import ImageFacts, Problem

from ..make import box, encoded, patched, picture, picture_facts, png_chunk

PIXELS = bytes(range(256)) * 12


def tiff(*directories: dict[int, tuple[int, ...]], order: str = "<") -> bytes:
    """A TIFF of these directories in a chain, their strips left to where the first bytes stand. Values are written as LONG."""
    data = bytearray(struct.pack(order + "2sHI", b"II" if order == "<" else b"MM", 42, 8 + len(PIXELS)) + PIXELS)
    for number, tags in enumerate(directories):
        start = len(data)
        behind = start + 2 + 12 * len(tags) + 4
        entries, values = b"", b""
        for tag, value in sorted(tags.items()):
            packed = struct.pack(f"{order}{len(value)}I", *value)
            at = packed if len(value) == 1 else struct.pack(order + "I", behind + len(values))
            values += b"" if len(value) == 1 else packed
            entries += struct.pack(order + "HHI", tag, 4, len(value)) + at
        following = behind + len(values) if number + 1 < len(directories) else 0
        data += struct.pack(order + "H", len(tags)) + entries + struct.pack(order + "I", following) + values
    return bytes(data)


def directory(width: int = 16, height: int = 16, **changed: int | tuple[int, ...]) -> dict[int, tuple[int, ...]]:
    """An uncompressed RGB picture; `t<tag>=…` changes a tag."""
    tags = {256: (width,), 257: (height,), 258: (8, 8, 8), 259: (1,), 262: (2,), 273: (8,), 277: (3,), 278: (height,)}
    tags[279] = (3 * width * height,)
    for name, value in changed.items():
        tags[int(name[1:])] = value if isinstance(value, tuple) else (value,)
    return tags


def assert_not_measured(facts: ImageFacts, words: str) -> None:
    assert len(facts.problems) == 1, facts.problems
    assert words in (facts.problem(Problem.NOT_RUN) or "")
    for sign in ("<", "b'", "-1"):
        assert sign not in facts.problems[0]


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_plain_tiff_is_decoded(order: str) -> None:
    assert picture_facts(tiff(directory(), order=order), decode=True).problems == ()


@pytest.mark.every(
    ("changed", "words"),
    [
        ({"t258": (10, 10, 10)}, "10 bits"),
        ({"t258": 12, "t277": 1, "t262": 1}, "12 bits"),
        ({"t258": 16, "t277": 1, "t262": 0}, "whose 0 is white"),
        ({"t258": (16, 16, 16), "t284": 2}, "separate planes"),
        ({"t258": (16, 16, 16, 16), "t259": 5, "t262": 5, "t277": 4, "t284": 2}, "separate planes"),
        ({"t339": 3, "t258": 32}, "32 bits"),
        ({"t339": (3, 3, 3), "t258": (16, 16, 16)}, "floating-point"),
        ({"t259": 6}, "compression 6"),
        ({"t259": 65000}, "compression 65000"),
        ({"t262": 32845}, "colour model 32845"),
        ({"t262": 6}, "subsampled"),
        ({"t258": (4, 4, 4)}, "layout of samples"),
    ],
)
def test_layouts_of_tiff_that_are_not_decoded(changed: dict[str, int | tuple[int, ...]], words: str) -> None:
    facts = picture_facts(tiff(directory(**changed)), decode=True)
    assert_not_measured(facts, words)
    assert (facts.width, facts.height) == (16, 16)


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_preview_is_never_taken_for_the_picture(order: str) -> None:
    facts = picture_facts(tiff(directory(8, 8, t254=1), directory(), order=order), decode=True)
    assert_not_measured(facts, "small preview")
    assert (facts.width, facts.height) == (16, 16)


@pytest.mark.parametrize("sign", [{"t50706": (1, 4, 0, 0)}, {}])
def test_a_camera_s_raw_file_is_not_developed(sign: dict[str, tuple[int, ...]]) -> None:
    facts = picture_facts(tiff(directory(8, 8, **sign), directory(t262=32803, t258=8, t277=1)), decode=True)
    assert_not_measured(facts, "raw file")
    assert (facts.width, facts.height) == (16, 16)
    assert facts.format == ("dng" if sign else "tiff")


def test_bigtiff_of_the_other_byte_order() -> None:
    tags = [(tag, 4, value) for tag, (value, *_) in directory(t258=8, t262=1, t277=1).items()]
    entries = b"".join(struct.pack(">HHQI4x", tag, kind, 1, value) for tag, kind, value in tags)
    data = struct.pack(">2sHHHQ", b"MM", 43, 8, 0, 16) + struct.pack(">Q", len(tags)) + entries + bytes(8) + PIXELS
    assert_not_measured(picture_facts(data, decode=True), "BigTIFF")


def test_a_second_page_is_no_main_picture() -> None:
    facts = picture_facts(tiff(directory(8, 8), directory()), decode=True)
    assert (facts.width, facts.problems) == (8, ())


def test_directories_in_a_ring() -> None:
    data = bytearray(tiff(directory()))
    data[-16:-12] = struct.pack("<I", 8 + len(PIXELS))
    assert picture_facts(bytes(data), decode=True).width == 16


def test_lab_has_no_alpha() -> None:
    lab = encoded(Image.new("LAB", (10, 10), (128, 10, 10)), "TIFF")
    assert picture_facts(lab).has_alpha is False


def psd(*, mode: int = 3, depth: int = 8, channels: int = 3, version: int = 1, resources: bytes = b"", coding: int = 0) -> bytes:
    head = struct.pack(">4sH6xHIIHH", b"8BPS", version, channels, 8, 8, depth, mode)
    sections = b"".join(struct.pack(">I", len(section)) + section for section in (b"", resources, b""))
    return head + sections + struct.pack(">H", coding) + bytes(range(64)) * channels


def version_info(*, has_picture: bool) -> bytes:
    content = struct.pack(">IB", 1, has_picture) + bytes(12)
    return b"8BIM" + struct.pack(">HHI", 1057, 0, len(content)) + content + bytes(len(content) % 2)


def test_a_plain_photoshop_file_is_decoded() -> None:
    for data in (psd(), psd(mode=1, channels=1), psd(resources=version_info(has_picture=True))):
        assert picture_facts(data, decode=True).problems == ()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (psd(mode=0, depth=1, channels=1), "bitmap of 1 bit "),
        (psd(mode=7), "multichannel"),
        (psd(mode=9), "Lab"),
        (psd(depth=16), "16 bits"),
        (psd(version=2), "large"),
        (psd(channels=4), "fourth channel"),
        (psd(coding=3), "deflate"),
        (psd(resources=version_info(has_picture=False)), "without the picture"),
    ],
)
def test_photoshop_files_that_are_not_decoded(data: bytes, words: str) -> None:
    facts = picture_facts(data, decode=True)
    assert_not_measured(facts, words)
    assert (facts.width, facts.height) == (8, 8)


def test_a_bitmap_of_a_rare_layout() -> None:
    data = bytearray(encoded(picture("RGB", (16, 16)), "BMP"))
    data[28:34] = struct.pack("<HI", 16, 3)
    masks = struct.pack("<3I", 0x0F, 0xF0, 0xF00)
    odd = bytes(data[:10]) + struct.pack("<I", 66) + bytes(data[14:54]) + masks + bytes(data[54:])
    assert_not_measured(picture_facts(odd, decode=True), "layout of bits")


def test_a_png_as_apple_writes_it_for_apps() -> None:
    plain = encoded(picture(), "PNG")
    facts = picture_facts(plain[:8] + png_chunk(b"CgBI", b"\x50\0\x20\x02") + plain[8:], decode=True)
    assert "(CgBI) is not decoded here" in (facts.problem(Problem.NOT_RUN) or "")
    assert (facts.width, facts.height) == picture().size


def test_jpeg_xl_is_not_decoded() -> None:
    assert_not_measured(picture_facts(b"\xff\x0a" + bytes(100), decode=True), "no decoder for jxl")


@pytest.mark.parametrize("data", [b"8BPS\0\1" + bytes(20), b"II*\0" + bytes(40), b"\0\0\1\0\1\0" + bytes(20)])
def test_nothing_of_python_is_in_what_is_said(data: bytes) -> None:
    for problem in picture_facts(data, decode=True).problems:
        assert "<" not in problem
    png = encoded(picture(), "PNG")
    damaged = patched(png, png.index(b"IDAT") + 8, b"\x00\x00")
    assert all("b'" not in problem for problem in picture_facts(damaged, decode=True).problems)


def test_a_jpeg_2000_with_a_palette() -> None:
    plain = encoded(picture("L"), "JPEG2000")
    assert picture_facts(plain, decode=True).problems == ()
    palette = box(b"pclr", struct.pack(">HB3B", 256, 3, 7, 7, 7) + bytes(3 * 256)) + box(
        b"cmap", bytes.fromhex("000001000000010100000102")
    )
    at = plain.index(b"jp2h") - 4
    length = int.from_bytes(plain[at : at + 4], "big")
    longer = (length + len(palette)).to_bytes(4, "big")
    with_palette = plain[:at] + longer + plain[at + 4 : at + length] + palette + plain[at + length :]
    grey, srgb = (b"colr\1\0\0" + number.to_bytes(4, "big") for number in (17, 16))
    assert with_palette.count(grey) == 1
    with_palette = with_palette.replace(grey, srgb)
    assert_not_measured(picture_facts(with_palette, decode=True), "with a palette")
