"""Pictures at level `decode`: damage that a header does not show, and rarer formats that Pillow reads."""

import struct
import subprocess
import sys
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.media.facts import ImageFacts, Problem
from mediapreflight.media.image import decoding
from mediapreflight.media.image.decoding import MAX_DECODED_PIXELS, max_pixels
from mediapreflight.media.probe import probe

from ..make import FIXTURES, MediaMaker, encoded, exif, patched, picture, picture_facts, png_chunk, png_header, png_with

WHOLE = sorted(
    path.relative_to(FIXTURES).as_posix()
    for folder in (".", "formats", "orientation")
    for path in (FIXTURES / folder).iterdir()
    if path.suffix in {".jpg", ".png", ".webp", ".gif", ".bmp", ".avif", ".mpo", ".tiff", ".jp2"}
)


@pytest.mark.every("name", WHOLE)
@pytest.mark.every("level", ["metadata", "decode", "content"])
def test_whole_pictures_have_no_problems(name: str, level: str) -> None:
    facts = probe(FIXTURES / name, level=level)  # type: ignore[arg-type]
    assert isinstance(facts, ImageFacts)
    assert facts.problems == ()
    assert facts.bytes == (FIXTURES / name).stat().st_size


@pytest.mark.parametrize(
    ("name", "problem", "words"),
    [
        ("truncated.jpg", Problem.TRUNCATED, "the file ends before its picture does"),
        ("truncated.png", Problem.TRUNCATED, "its IDAT chunk needs 4201 bytes more than the file has"),
        ("truncated.webp", Problem.TRUNCATED, "the file is 3201 bytes shorter than its header says"),
        ("truncated.gif", Problem.TRUNCATED, "the end mark is missing"),
        ("truncated.bmp", Problem.TRUNCATED, "its pixels need 7227 bytes more than the file has"),
        ("corrupt-scan.jpg", Problem.CORRUPT, "its parts contradict each other"),
        ("corrupt-scan-slightly.jpg", Problem.CORRUPT, "77 bytes are left over where its data should end"),
        ("wrong-crc.png", Problem.CORRUPT, "its IDAT chunk has a wrong checksum"),
        ("wrong-data.png", Problem.CORRUPT, "its IDAT chunk has a wrong checksum"),
    ],
)
def test_damage_is_named(name: str, problem: Problem, words: str) -> None:
    facts = probe(FIXTURES / "faults" / name)
    assert words in (facts.problem(problem) or "")
    assert len(facts.problems) == 1


def test_a_jpeg_with_a_hole_before_its_end_is_not_called_cut_off() -> None:
    data = (FIXTURES / "portrait.jpg").read_bytes()
    holed = data[:30_000] + bytes(400) + data[30_400:]
    words = picture_facts(holed, decode=True).problem(Problem.CORRUPT)
    assert words == "its data ends before its picture does"


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_that_lacks_its_last_bytes(mode: str, progressive: bool) -> None:
    data = encoded(picture(mode, (64, 48)), "JPEG", progressive=progressive, quality=95)
    assert picture_facts(data, decode=True).problems == ()
    assert picture_facts(data[:-3], decode=True).problem(Problem.TRUNCATED) == "the file ends before its picture does"
    for missing in range(50, 1000, 50):
        # Where the cut goes through a table between two scans, that is what the decoder stumbles over.
        assert len(picture_facts(data[:-missing], decode=True).problems) == 1


@pytest.mark.every("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.every("size", [(1, 1), (7, 5), (64, 64), (65, 63), (1000, 3)])
def test_jpegs_of_every_size_and_sampling(size: tuple[int, int], subsampling: str) -> None:
    assert picture_facts(encoded(picture(size=size), "JPEG", subsampling=subsampling), decode=True).problems == ()


def test_a_jpeg_of_a_sampling_that_turbojpeg_does_not_know() -> None:
    data = encoded(picture(size=(64, 64)), "JPEG", subsampling="4:2:0")
    frame = data.index(b"\xff\xc0")
    # Chroma twice as wide and as high as luma, which is legal, and which nobody writes.
    odd = patched(patched(patched(data, frame + 11, b"\x11"), frame + 14, b"\x22"), frame + 17, b"\x22")
    facts = picture_facts(odd, decode=True)
    assert facts.width == 64
    assert facts.problem(Problem.NOT_RUN) is None


@given(at=st.integers(0, 10**6), value=st.integers(0, 255))
def test_damaged_data_never_raises(at: int, value: int) -> None:
    for format in ("JPEG", "PNG", "WEBP", "GIF", "BMP", "AVIF"):
        data = encoded(picture(size=(32, 24)), format)
        mutant = patched(data, 40 + at % (len(data) - 40), bytes([value]))
        facts = picture_facts(mutant, decode=True)
        assert facts.width or facts.problems


def test_megapixels_beyond_the_bound_are_not_decoded() -> None:
    side = int(MAX_DECODED_PIXELS**0.5) + 1
    row = zlib.compress(bytes(1 + (side + 7) // 8) * 10, 9)
    data = png_header(side, side, 1, 0) + png_chunk(b"IDAT", row) + png_chunk(b"IEND")
    facts = picture_facts(data, decode=True)
    assert facts.problem(Problem.OVERSIZED) == "65 megapixels; more than 65 are not decoded"
    assert picture_facts(data).problems == ()


@pytest.mark.parametrize(("name", "format"), [("rgb.jp2", "jpeg2000"), ("rgb.avif", "avif")])
def test_formats_that_take_more_memory_have_closer_bounds(name: str, format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert max_pixels(format) < max_pixels("png") == max_pixels(None) == MAX_DECODED_PIXELS
    monkeypatch.setitem(decoding._MAX_PIXELS_OF, format, 100)
    assert probe(FIXTURES / "formats" / name).problem(Problem.OVERSIZED) is not None
    assert probe(FIXTURES / "formats/rgb.png").problems == ()


def test_text_that_inflates_beyond_bounds_is_not_called_damage() -> None:
    facts = probe(FIXTURES / "faults/text-bomb.png")
    assert facts.problem(Problem.OVERSIZED) is not None
    assert facts.problem(Problem.CORRUPT) is None
    assert probe(FIXTURES / "faults/text-bomb.png", level="metadata").problems == ()


def test_what_decoders_say_can_be_printed() -> None:
    data = png_with(encoded(picture(), "PNG"), b"IEND", struct.pack(">I4s", 0, b"\x1b[2J") + bytes(4))
    for problem in picture_facts(data, decode=True).problems:
        assert problem.isprintable()


@pytest.mark.every(
    ("said", "told"),
    [
        ("broken PNG file (bad header checksum in b'IDAT')", "its IDAT chunk has a wrong checksum"),
        ("broken PNG file (chunk b'\\x89\\x02')", "one of its chunks is damaged"),
        ("Corrupt JPEG data: 1 extraneous bytes before marker 0xd9", "1 byte is left over where its data should end"),
        ("Corrupt JPEG data: 12 extraneous bytes before marker 0xd9", "12 bytes are left over where its data should end"),
        ("Corrupt JPEG data: found marker 0xd5 instead of RST2", "a restart is missing within its data"),
        ("Quantization table 0x01 was not defined", "a table that its data needs is missing or damaged"),
        ("image file is truncated (5 bytes not processed)", "the file ends before its picture does"),
        ("Error -3 while decompressing data: invalid stored block lengths", "its compressed data is damaged"),
        ("Failed to decode frame 0: Decoding of color planes failed", "its colours cannot be decoded"),
        ("broken data stream when reading image file", decoding.UNREADABLE),
        ("cannot identify image file <_io.BufferedReader name=5>", decoding.UNREADABLE),
        ("'NoneType' object has no attribute 'size'", decoding.UNREADABLE),
        (
            "Decompressed data too large for PngImagePlugin.MAX_TEXT_CHUNK",
            "a compressed part of it is too large when decompressed",
        ),
        ("decoder error -2 when reading image file", decoding.UNREADABLE),
        ("-1", decoding.UNREADABLE),
        ("", decoding.UNREADABLE),
    ],
)
def test_what_decoders_say_is_told_in_plain_words(said: str, told: str) -> None:
    assert decoding.in_plain_words(OSError(said)) == told
    assert decoding.unreadable(OSError(said)).startswith("cannot be decoded")


# -- formats that Pillow reads


@pytest.mark.parametrize("orientation", range(1, 9))
def test_tiff_is_turned_like_any_other_picture(orientation: int) -> None:
    facts = picture_facts(encoded(picture(size=(24, 16)), "TIFF", exif=exif(orientation)), decode=True)
    assert (facts.orientation, facts.stored_width, facts.stored_height) == (orientation, 24, 16)
    assert (facts.width, facts.height) == ((16, 24) if orientation > 4 else (24, 16))
    assert facts.problems == ()


@pytest.mark.parametrize(
    ("mode", "bit_depth", "color", "has_alpha"),
    [
        ("L", 8, "grey", False),
        ("RGB", 8, "rgb", False),
        ("RGBA", 8, "rgb", True),
        ("CMYK", 8, "cmyk", False),
        ("I;16", 16, None, False),
    ],
)
def test_traits_of_tiff(mode: str, bit_depth: int, color: str | None, has_alpha: bool) -> None:
    facts = picture_facts(encoded(picture(mode), "TIFF"))
    assert (facts.bit_depth, facts.color, facts.has_alpha) == (bit_depth, color, has_alpha)


def test_position_in_a_tiff() -> None:
    """Pillow does not write one: the GPS directory is put behind the file, and an entry that nobody needs points at it."""
    data = encoded(picture(), "TIFF", software="nobody needs this")
    entry = data.index(struct.pack("<HH", 0x0131, 2))
    directory = struct.pack("<HHHII", 1, 2, 5, 3, 8) + bytes(4)
    located = patched(data, entry, struct.pack("<HHII", 0x8825, 4, 1, len(data))) + directory
    assert picture_facts(located).has_location
    assert not picture_facts(data).has_location


@pytest.mark.parametrize(("format", "name"), [("JPEG2000", "jpeg2000"), ("ICO", "ico"), ("QOI", "qoi")])
def test_rarer_formats(format: str, name: str) -> None:
    for mode in ("RGB", "RGBA"):
        facts = picture_facts(encoded(picture(mode, (32, 32)), format), decode=True)
        assert (facts.format, facts.width, facts.height, facts.problems) == (name, 32, 32, ())
        assert (facts.has_alpha, facts.color) == (mode == "RGBA", "rgb")


@pytest.mark.parametrize("data", [b"II*\0\xff\xff\xff\xff", b"\0\0\1\0\1\0", b"8BPS\0\1" + bytes(20), b"qoif"])
def test_broken_headers_of_rarer_formats(data: bytes) -> None:
    facts = picture_facts(data)
    assert facts.problem(Problem.BROKEN) is not None
    assert facts.width is None


def test_nothing_is_printed_about_a_broken_tiff(make: MediaMaker) -> None:
    """In a process of its own: pytest turns warnings into errors and catches what is logged."""
    data = encoded(picture(), "TIFF")
    at = data.index(struct.pack("<HH", 0x0115, 3))
    paths = [make.write(f"{value}.tiff", patched(data, at + 8, struct.pack("<H", value))) for value in (9, 99, 33_027)]
    paths += [make.write(f"short-{kept}.tiff", data[:kept]) for kept in (12, 50, 100, len(data) - 20)]
    code = (
        "import sys; from mediapreflight.media.probe import probe; print(*[len(probe(path).problems) for path in sys.argv[1:]])"
    )
    done = subprocess.run([sys.executable, "-c", code, *map(str, paths)], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("1 1 1 1 1 1 1\n", "")


def test_pictures_that_are_too_large_for_pillow_to_open() -> None:
    data = encoded(picture(), "TIFF")
    for tag in (0x0100, 0x0101):
        data = patched(data, data.index(struct.pack("<HHI", tag, 4, 1)) + 8, struct.pack("<I", 30_000))
    facts = picture_facts(data)
    assert "more pixels than are decoded" in (facts.problem(Problem.BROKEN) or "")
