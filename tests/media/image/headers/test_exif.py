"""The two EXIF facts, from good blocks and bad."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.media.image.headers.exif import ExifFacts, read_exif, read_xmp

from ...make import exif_block

ORIENTATION, GPS = 0x0112, 0x8825
SHORT, LONG = 3, 4


def tiff(order: str, *entries: tuple[int, int, int], gps: tuple[int, ...] = ()) -> bytes:
    """A TIFF block with entries of (tag, type, value); tag GPS points at a directory with the tags `gps`."""
    head = struct.pack(order + "2sHI", b"II" if order == "<" else b"MM", 42, 8)
    gps_at = 8 + 2 + 12 * len(entries) + 4
    directory = struct.pack(order + "H", len(entries))
    for tag, kind, value in entries:
        shown = gps_at if tag == GPS else value
        packed = struct.pack(order + "HH", shown, 0) if kind == SHORT else struct.pack(order + "I", shown)
        directory += struct.pack(order + "HHI", tag, kind, 1) + packed
    positions = b"".join(struct.pack(order + "HHII", tag, 5, 3, 0) for tag in gps)
    return head + directory + bytes(4) + struct.pack(order + "H", len(gps)) + positions


@pytest.mark.every("order", ["<", ">"])
@pytest.mark.every("value", range(1, 9))
def test_orientations(order: str, value: int) -> None:
    assert read_exif(tiff(order, (ORIENTATION, SHORT, value))) == ExifFacts(value, False)


@pytest.mark.parametrize("order", ["<", ">"])
@given(value=st.integers(0, 0xFFFF).filter(lambda value: value not in range(1, 9)))
def test_nonsense_is_no_orientation(order: str, value: int) -> None:
    assert read_exif(tiff(order, (ORIENTATION, SHORT, value))).orientation is None


@pytest.mark.every(("kind", "form"), [(1, "B3x"), (3, "H2x"), (4, "I"), (6, "b3x"), (8, "h2x"), (9, "i"), (13, "I")])
@pytest.mark.every("order", ["<", ">"])
def test_orientation_of_any_integer_type(order: str, kind: int, form: str) -> None:
    block = tiff(order, (ORIENTATION, LONG, 0))
    entry = struct.pack(order + "HHI", ORIENTATION, kind, 1) + struct.pack(order + form, 6)
    assert read_exif(block[:10] + entry + block[22:]).orientation == 6


@pytest.mark.every(("order", "kind"), [(order, kind) for order in "<>" for kind in (16, 17, 18)])
def test_orientation_in_64_bits(order: str, kind: int) -> None:
    block = tiff(order, (ORIENTATION, LONG, 26))
    block = block[:12] + struct.pack(order + "H", kind) + block[14:26]
    assert read_exif(block + struct.pack(order + "Q", 6)).orientation == 6
    assert read_exif(block + bytes(7)).orientation is None


@pytest.mark.parametrize("kind", [2, 5, 7, 10, 11, 12])
def test_orientation_of_another_type_does_not_count(kind: int) -> None:
    assert read_exif(tiff("<", (ORIENTATION, kind, 6))).orientation is None


@pytest.mark.parametrize("order", ["<", ">"])
def test_position(order: str) -> None:
    assert read_exif(tiff(order, (ORIENTATION, SHORT, 8), (GPS, LONG, 0), gps=(0, 1, 2, 3, 4))) == ExifFacts(8, True)


@pytest.mark.parametrize("tags", [(), (0,), (0, 5, 6, 29)])
def test_gps_directory_without_a_latitude_is_no_position(tags: tuple[int, ...]) -> None:
    assert not read_exif(tiff("<", (GPS, LONG, 0), gps=tags)).has_location


@given(st.binary(max_size=200))
def test_random_bytes_never_raise(block: bytes) -> None:
    assert read_exif(block).orientation in (None, *range(1, 9))


@given(st.sampled_from([b"II*\0", b"MM\0*"]), st.binary(max_size=200))
def test_random_directories_never_raise(start: bytes, rest: bytes) -> None:
    assert read_exif(start + rest).orientation in (None, *range(1, 9))


@given(st.data())
def test_truncations_and_flips_never_raise(data: st.DataObject) -> None:
    block = bytearray(exif_block(6, located=True))
    block[data.draw(st.integers(4, len(block) - 1))] = data.draw(st.integers(0, 255))
    assert read_exif(bytes(block[: data.draw(st.integers(0, len(block)))])).orientation in (None, *range(1, 9))


def test_a_directory_that_claims_everything_is_read_once() -> None:
    block = tiff("<", *[(ORIENTATION, SHORT, 3)] * 3)
    assert read_exif(block[:8] + b"\xff\xff" + block[10:]).orientation == 3


@pytest.mark.parametrize(
    "packet",
    [
        b'<rdf:Description tiff:Orientation="6"/>',
        b"<rdf:Description tiff:Orientation = '6' />",
        b"<tiff:Orientation>6</tiff:Orientation>",
        b"<tiff:Orientation>\n  6\n</tiff:Orientation>",
    ],
)
def test_xmp_forms(packet: bytes) -> None:
    assert read_xmp(packet) == ExifFacts(6, False)


@pytest.mark.parametrize(
    "packet", [b"", b"tiff:Orientation", b'tiff:Orientation="0"', b'tiff:Orientation="9"', b"tiff:Orientation 6"]
)
def test_xmp_without_orientation(packet: bytes) -> None:
    assert read_xmp(packet).orientation is None


def test_xmp_position() -> None:
    assert read_xmp(b"<exif:GPSLatitude>28,34.4N</exif:GPSLatitude>").has_location
    assert not read_xmp(b"<exif:GPSLatitudeRef/>").has_location
