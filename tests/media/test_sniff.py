"""What a file is, from its bytes alone."""

import io
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.media.facts import AudioFacts
from mediapreflight.media.formats import FORMATS
from mediapreflight.media.probe import probe
from mediapreflight.media.sniff import HEAD_BYTES, Sniffed, sniff

from .make import FIXTURES, PICTURE, TONE, X264, MediaMaker, encoded, lavfi, picture

FORMATS_BY_NAME = {
    "jpg": "jpeg",
    "mpo": "jpeg",
    "tiff": "tiff",
    "jp2": "jpeg2000",
    "opus": "ogg",
    "wma": "asf",
}
MEDIA = sorted(
    path.relative_to(FIXTURES).as_posix()
    for folder in ("formats", "orientation", "video", ".")
    for path in (FIXTURES / folder).iterdir()
    if path.suffix not in {".svg", ".md", ".py", ""}
)


def named(data: bytes) -> str:
    return sniff(io.BytesIO(data)).format


@pytest.mark.parametrize("name", MEDIA)
def test_every_format_under_a_wrong_name(make: MediaMaker, name: str) -> None:
    path = make.copy(FIXTURES / name, "wrong.doc")
    extension = Path(name).suffix.removeprefix(".")
    assert probe(path, level="metadata").format == FORMATS_BY_NAME.get(extension, extension)


@pytest.mark.parametrize(
    ("name", "format", "said"),
    [
        ("faults/text-named-png.png", "text", "plain text"),
        ("faults/html-named-jpg.jpg", "HTML page", "an HTML page"),
        ("faults/pdf-named-jpg.jpg", "PDF document", "a PDF document"),
        ("faults/zip-named-png.png", "ZIP archive", "a ZIP archive"),
        ("faults/playlist-named-mp4.mp4", "HLS playlist", "an HLS playlist"),
        ("faults/concat-named-mp4.mp4", "ffconcat script", "an ffconcat script"),
        ("faults/lfs-pointer-named-png.png", "Git LFS pointer", "a Git LFS pointer"),
        ("faults/one-byte.png", "unrecognised data", "no known media format"),
        ("formats/drawing.svg", "SVG drawing", "an SVG drawing"),
    ],
)
def test_what_is_no_media_is_named(name: str, format: str, said: str) -> None:
    facts = probe(FIXTURES / name)
    assert (facts.kind, facts.format) == ("unknown", format)
    assert facts.problems == (f"not media: its bytes are those of {said}",)


@pytest.mark.every(
    ("data", "format"),
    [
        (b"\x7fELF\x02\x01\x01" + bytes(60), "program"),
        (b"MZ\x90\0\3\0", "program"),
        (b"\x1f\x8b\x08\0", "gzip archive"),
        (b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nm=video 5004 RTP/AVP 96\r\n", "SDP session description"),
        (b"[playlist]\nFile1=a.mp4\n", "playlist"),
        (b"#EXTM3U\na.mp4\n", "HLS playlist"),
        (b"\xef\xbb\xbf#EXTM3U\na.mp4\n", "HLS playlist"),
        (b"\n\n  ffconcat version 1.0\nfile a.mp4\n", "ffconcat script"),
        (b'<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"/>', "DASH manifest"),
        (b'<?xml version="1.0"?>\n<!-- drawn -->\n<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG drawing"),
        (b"<svg width='1' height='1'/>", "SVG drawing"),
        (b'<?xml version="1.0"?><rss/>', "XML document"),
        (b"<!DOCTYPE html><p>", "HTML page"),
        (b"\n<HTML lang='en'>", "HTML page"),
        (b'<!doctype html><html><body><svg viewBox="0 0 8 8"></svg></body></html>', "HTML page"),
        (b"<!-- made by a tool --><html><svg/></html>", "HTML page"),
        (b"<Error><Code>AccessDenied</Code></Error>", "text"),
        (b'{"code": "InvalidURL"}', "text"),
        ("Ein Satz über Käse, 一行文字.\n".encode(), "text"),
        (("ü" * HEAD_BYTES).encode(), "text"),
        (("x" + "ü" * HEAD_BYTES).encode(), "text"),
        ("Ein Satz über Käse.".encode("latin-1"), "unrecognised data"),
        ("UTF-16".encode("utf-16"), "unrecognised data"),
        (b"\x89", "unrecognised data"),
        (b"text and \xe4", "unrecognised data"),
        (b"text\0and zeros", "unrecognised data"),
        (bytes(5000), "unrecognised data"),
        (b"BM says hello", "text"),
        (b"RIFF\x10\0\0\0ACON", "unrecognised data"),
        (b"G" + bytes(187) + b"G" + bytes(187), "unrecognised data"),
    ],
)
def test_other_bytes(data: bytes, format: str) -> None:
    assert sniff(io.BytesIO(data)) == Sniffed(format, "other")


@pytest.mark.every(
    ("brands", "format"),
    [
        (b"isom\0\0\2\0isomiso2avc1mp41", "mp4"),
        (b"mp42\0\0\0\0mp42", "mp4"),
        (b"M4V \0\0\0\0M4V mp42", "mp4"),
        (b"M4A \0\0\0\0M4A mp42", "m4a"),
        (b"M4B \0\0\0\0M4B mp42", "m4a"),
        (b"qt  \0\0\0\0qt  ", "mov"),
        (b"3gp4\0\0\0\x003gp4", "3gp"),
        (b"3g2a\0\0\0\x003g2a", "3gp"),
        (b"heic\0\0\0\0mif1heic", "heic"),
        (b"mif1\0\0\0\0mif1heic", "heic"),
        (b"mif1\0\0\0\0mif1avifmiaf", "avif"),
        (b"avif\0\0\0\0avifmif1", "avif"),
        (b"avis\0\0\0\0avisavif", "avif"),
        (b"jpeg\0\0\0\0mif1jpegmiaf", "heic"),
        (b"j2ki\0\0\0\0mif1j2kimiaf", "heic"),
        (b"avci\0\0\0\0mif1avcimiaf", "heic"),
        (b"vvic\0\0\0\0mif1vvicmiaf", "heic"),
        (b"mif3heic", "heic"),
        (b"mif3avif", "avif"),
    ],
)
def test_brands(brands: bytes, format: str) -> None:
    head = (8 + len(brands)).to_bytes(4, "big") + b"ftyp" + brands
    # Brands behind the box belong to something else.
    assert named(head + b"\0\0\0\x10freeavifheicqt  ") == format


@pytest.mark.parametrize("first", [b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"])
def test_quicktime_files_from_before_brands(first: bytes) -> None:
    assert named(b"\0\0\0\x08" + first + bytes(20)) == "mov"


def test_segments_of_a_fragmented_file() -> None:
    assert named(b"\0\0\0\x18stypmsdh\0\0\0\0msdhmsix") == "mp4"


@pytest.mark.parametrize(
    ("name", "arguments", "format"),
    [
        ("a.m2ts", (*X264, "-f", "mpegts", "-mpegts_m2ts_mode", "1"), "ts"),
        ("a.3gp", ("-an", *X264), "3gp"),
        ("a.mov", X264, "mov"),
        ("a.wmv", ("-c:v", "wmv2"), "asf"),
        ("a.ogv", ("-c:v", "libtheora"), "ogg"),
        ("a.mka", ("-vn", "-c:a", "flac"), "mkv"),
        ("rf64.wav", ("-vn", "-rf64", "always"), "wav"),
        ("a.caf", ("-vn", "-c:a", "pcm_s16be"), "caf"),
        ("a.w64", ("-vn", "-c:a", "pcm_s16le"), "w64"),
        ("a.au", ("-vn", "-c:a", "pcm_s16be"), "au"),
        ("a.ac3", ("-vn", "-ar", "48000", "-c:a", "ac3"), "ac3"),
        ("a-44.ac3", ("-vn", "-ar", "44100", "-c:a", "ac3"), "ac3"),
        ("a-32.ac3", ("-vn", "-ar", "32000", "-c:a", "ac3"), "ac3"),
        ("a.eac3", ("-vn", "-ar", "48000", "-c:a", "eac3"), "eac3"),
        ("a.dts", ("-vn", "-ar", "48000", "-c:a", "dca", "-strict", "-2"), "dts"),
        ("a.wv", ("-vn", "-c:a", "wavpack"), "wavpack"),
        ("a.tta", ("-vn", "-c:a", "tta"), "tta"),
        ("a.aifc", ("-vn", "-c:a", "pcm_s16be", "-f", "aiff"), "aiff"),
    ],
)
def test_rarer_containers(make: MediaMaker, name: str, arguments: tuple[str, ...], format: str) -> None:
    path = make(f"rare-{name}", *lavfi(PICTURE, TONE), *arguments)
    assert named(path.read_bytes()) == format


@pytest.mark.parametrize("name", ["a.w64", "a.au", "a.ac3", "a.eac3", "a.dts", "a.wv", "a.tta"])
def test_rarer_sound_is_measured(make: MediaMaker, name: str) -> None:
    codecs = {"w64": "pcm_s16le", "au": "pcm_s16be", "dts": "dca", "wv": "wavpack"}
    codec = codecs.get(name[2:], name[2:])
    tone = TONE.replace("16000", "48000")
    facts = probe(make(f"measured-{name}", *lavfi(tone), "-ac", "2", "-c:a", codec, "-strict", "-2"))
    assert isinstance(facts, AudioFacts)
    assert (facts.problems, facts.duration_s) == ((), pytest.approx(1.0, abs=0.033))


def test_flac_behind_an_id3_tag(make: MediaMaker) -> None:
    data = (FIXTURES / "formats/voice.flac").read_bytes()
    facts = probe(make.write("tagged.flac", b"ID3\x04\0\0\0\0\x02\0" + bytes(256) + data))
    assert isinstance(facts, AudioFacts)
    assert (facts.format, facts.duration_s, facts.problems) == ("flac", 0.6, ())


@pytest.mark.parametrize(("format", "name"), [("QOI", "qoi"), ("ICO", "ico"), ("TIFF", "tiff"), ("JPEG2000", "jpeg2000")])
def test_rarer_pictures(format: str, name: str) -> None:
    assert sniff(io.BytesIO(encoded(picture(), format))) == Sniffed(name, "image")


def test_jpeg_2000_without_a_container(make: MediaMaker) -> None:
    data = encoded(picture(), "JPEG2000", no_jp2=True)
    assert data.startswith(b"\xff\x4f\xff\x51")
    facts = probe(make.write("bare.j2k", data))
    assert (facts.kind, facts.format, facts.problems) == ("image", "jpeg2000", ())


@given(st.binary(max_size=5000))
def test_any_bytes_have_a_name(data: bytes) -> None:
    found = sniff(io.BytesIO(data))
    assert found.format
    assert (found.family == "other") == (found.format not in FORMATS)


@given(st.integers(0, 2**64), st.sampled_from([100, 4096, 5000, 66_000]))
def test_random_bytes_are_neither_sound_nor_picture(seed: int, size: int) -> None:
    data = random.Random(seed).randbytes(size)
    # Signatures of two bytes turn up by chance.
    if data[:2] not in (b"MZ", b"\x1f\x8b", b"\xff\x0a"):
        assert sniff(io.BytesIO(data)) == Sniffed("unrecognised data", "other")
