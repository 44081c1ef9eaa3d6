"""Edits of metadata that leave the picture's own bytes as they are."""

import io
import struct
import time
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mediapreflight.media.facts import ImageFacts
from mediapreflight.media.image.headers.exif import read_exif, read_xmp
from mediapreflight.media.probe import probe
from mediapreflight.prepare.image.encode import exif_without_location, first_picture, without_location, xmp_without_location

FORMATS = ("jpeg", "png", "webp")
ORIENTATION, GPS, MAKE, COPYRIGHT = 0x0112, 0x8825, 0x010F, 0x8298
PLACE = {1: "N", 2: (28.0, 34.0, 22.4), 3: "W", 4: (80.0, 38.0, 56.4)}
XMP = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" exif:GPSLatitude="28,34.37N" exif:GPSLongitude='80,38.94W' tiff:Make="Camera">
<exif:GPSAltitude>3/1</exif:GPSAltitude><exif:GPSMapDatum/></rdf:Description></rdf:RDF></x:xmpmeta>"""


def exif_block() -> bytes:
    exif = Image.Exif()
    exif.update({ORIENTATION: 6, GPS: PLACE, MAKE: "Camera of a maker", COPYRIGHT: "Somebody, somewhere"})
    return exif.tobytes().removeprefix(b"Exif\0\0")


def picture(format: str, **options: object) -> bytes:
    data = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").save(data, format, exif=b"Exif\0\0" + exif_block(), **options)
    return data.getvalue()


def png_of(text: bytes) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (8, 8)).save(data, "PNG")
    chunk = struct.pack(">I", len(text)) + b"iTXt" + text + struct.pack(">I", zlib.crc32(b"iTXt" + text))
    return data.getvalue()[:33] + chunk + data.getvalue()[33:]


def facts_of(data: bytes, folder: Path) -> ImageFacts:
    path = folder / "picture"
    path.write_bytes(data)
    facts = probe(path)
    assert isinstance(facts, ImageFacts)
    return facts


def pixels(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data)) as opened:
        return opened.convert("RGBA").tobytes()


@pytest.mark.parametrize("format", FORMATS)
def test_the_position_goes_and_everything_else_stays(format: str, tmp_path: Path) -> None:
    before = picture(format)

    after = without_location(before, format)

    assert facts_of(before, tmp_path).has_location
    assert not facts_of(after, tmp_path).has_location
    assert facts_of(after, tmp_path).problems == ()
    assert len(after) == len(before)
    assert pixels(after) == pixels(before)
    with Image.open(io.BytesIO(after)) as opened:
        tags = opened.getexif()
        assert (tags[ORIENTATION], tags[MAKE], tags[COPYRIGHT]) == (6, "Camera of a maker", "Somebody, somewhere")
        assert GPS not in tags


@pytest.mark.parametrize("format", FORMATS)
def test_no_figure_of_the_position_stays_behind(format: str) -> None:
    # 28 degrees as a rational, in both byte orders.
    figures = struct.pack(">II", 28, 1), struct.pack("<II", 28, 1)
    before = picture(format)

    assert any(figure in before for figure in figures)
    assert not any(figure in without_location(before, format) for figure in figures)


@pytest.mark.parametrize("format", FORMATS)
def test_a_position_in_xmp_goes(format: str, tmp_path: Path) -> None:
    packets = {
        "jpeg": {"xmp": XMP},
        "webp": {"xmp": XMP},
        "png": {},
    }
    before = picture(format, **packets[format])
    if format == "png":
        content = b"XML:com.adobe.xmp\0\0\0\0\0" + XMP
        chunk = struct.pack(">I", len(content)) + b"iTXt" + content + struct.pack(">I", zlib.crc32(b"iTXt" + content))
        before = before[:33] + chunk + before[33:]

    after = without_location(before, format)

    assert b"GPS" in before
    assert b"GPS" not in after
    assert b'tiff:Make="Camera"' in after
    assert len(after) == len(before)
    assert pixels(after) == pixels(before)
    assert facts_of(after, tmp_path).problems == ()


def test_big_and_little_endian_blocks_are_read() -> None:
    for order in "<>":
        values = struct.pack(order + "6I", 28, 1, 34, 1, 22, 1)
        directory = struct.pack(order + "HHHIIHHI4sI", 2, ORIENTATION, 3, 1, 6 << (16 if order == ">" else 0), GPS, 4, 1, b"", 0)
        directory = directory[:-8] + struct.pack(order + "II", 38, 0)
        gps = struct.pack(order + "HHHIII", 1, 2, 5, 3, 56, 0)
        block = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8) + directory + gps + values
        assert read_exif(block) == (6, True)

        cleared = exif_without_location(block)

        assert read_exif(cleared) == (6, False)
        assert len(cleared) == len(block)
        assert values not in cleared


@given(block=st.binary(max_size=200), order=st.sampled_from([b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08", b""]))
def test_any_bytes_in_place_of_exif_come_out_at_their_length(block: bytes, order: bytes) -> None:
    assert len(exif_without_location(order + block)) == len(order + block)


@given(
    entries=st.lists(
        st.tuples(st.sampled_from([GPS, ORIENTATION, 2]), st.integers(0, 13), st.integers(0, 40), st.integers(0, 90))
    ),
    count=st.integers(0, 12),
)
def test_no_directory_however_knotted_keeps_a_position(entries: list[tuple[int, int, int, int]], count: int) -> None:
    body = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    block = b"II*\0" + struct.pack("<IH", 8, count) + body + bytes(40)

    cleared = exif_without_location(block)

    assert not read_exif(cleared).has_location
    assert len(cleared) == len(block)


@given(data=st.binary(max_size=300), format=st.sampled_from(FORMATS), head=st.booleans())
def test_any_bytes_in_place_of_a_picture_are_only_edited(data: bytes, format: str, head: bool) -> None:
    heads = {"jpeg": b"\xff\xd8\xff\xe1", "png": b"\x89PNG\r\n\x1a\n", "webp": b"RIFF\0\0\0\0WEBP"}
    whole = heads[format] + data if head else data

    assert len(without_location(whole, format)) <= max(len(whole), 8)


@given(packet=st.text("<>/\"'= exif:GPSLatitude\n").map(str.encode))
def test_an_edited_packet_keeps_its_length(packet: bytes) -> None:
    edited = xmp_without_location(packet)

    assert len(edited) == len(packet)
    assert xmp_without_location(edited) == edited or not read_xmp(edited).has_location


def test_pictures_behind_the_first_are_cut_off(fixtures: Path, tmp_path: Path) -> None:
    before = (fixtures / "formats" / "two-pictures.mpo").read_bytes()

    after = first_picture(before, "jpeg")

    assert facts_of(before, tmp_path).frames == 2
    assert facts_of(after, tmp_path).frames == 1
    assert facts_of(after, tmp_path).problems == ()
    assert after.endswith(b"\xff\xd9")
    assert b"MPF" not in after
    assert pixels(after) == pixels(before)


def test_a_clip_behind_a_picture_goes_with_the_position(fixtures: Path) -> None:
    """Phones append a video to a "motion photo", and the video holds the position, too."""
    alone = picture("jpeg", progressive=True)
    clip = (fixtures / "orientation" / "location.mov").read_bytes()

    assert without_location(alone + clip, "jpeg") == without_location(alone, "jpeg")


def test_a_thumbnail_in_the_metadata_is_not_taken_for_the_end(fixtures: Path) -> None:
    thumbnail = (fixtures / "formats" / "baseline.jpg").read_bytes()
    alone = picture("jpeg")
    with_thumbnail = alone[:2] + b"\xff\xe1" + struct.pack(">H", len(thumbnail) + 2) + thumbnail + alone[2:]

    assert first_picture(with_thumbnail + alone, "jpeg") == with_thumbnail


def test_a_jpeg_without_an_end_stays_as_it_is() -> None:
    cut_off = picture("jpeg")[:-200]

    assert first_picture(cut_off, "jpeg") == cut_off


def test_an_animated_png_becomes_the_still_that_every_reader_shows(fixtures: Path, tmp_path: Path) -> None:
    before = (fixtures / "formats" / "animated.png").read_bytes()

    after = first_picture(before, "png")

    assert (facts_of(before, tmp_path).frames, facts_of(after, tmp_path).frames) == (2, 1)
    assert facts_of(after, tmp_path).problems == ()
    assert pixels(after) == pixels(before)


@pytest.mark.parametrize("kind", [b"tEXt", b"zTXt"])
def test_a_position_in_exif_that_a_png_holds_as_digits(kind: bytes, tmp_path: Path) -> None:
    block = exif_block()
    digits = f"\nexif\n{len(block):8}\n{block.hex()}\n".encode()
    text = b"Raw profile type exif\0" + (digits if kind == b"tEXt" else b"\0" + zlib.compress(digits))
    data = io.BytesIO()
    Image.new("RGB", (8, 8)).save(data, "PNG")
    plain = data.getvalue()
    chunk = struct.pack(">I", len(text)) + kind + text + struct.pack(">I", zlib.crc32(kind + text))
    path = tmp_path / "located.png"
    path.write_bytes(plain[:33] + chunk + plain[33:])
    facts = probe(path)
    assert isinstance(facts, ImageFacts) and facts.has_location and facts.orientation == 6
    assert without_location(path.read_bytes(), "png") == plain


@pytest.mark.parametrize(
    ("data", "format"),
    [
        (png_of(b"XML:com.adobe.xmp\0\0\0\0\0" + b"<exif:GPSLatitude " * 100_000), "png"),
        (png_of(b"XML:com.adobe.xmp\0\0\0\0\0" + b"<exif:GPSLatitude>" * 100_000), "png"),
        (b"\xff\xd8" + b"\xff" * 300_000 + b"\x00", "jpeg"),
    ],
)
def test_files_made_to_keep_an_editor_busy(data: bytes, format: str) -> None:
    before = time.process_time()
    assert len(without_location(data, format)) == len(data)
    assert time.process_time() - before < 5
