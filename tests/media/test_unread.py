"""Media of formats that are not read here is unchecked, with the reason: it is not called something else."""

import struct

import pytest
from av import logging

from mediapreflight.media.facts import Problem
from mediapreflight.media.probe import probe

from .make import FIXTURES, MediaMaker, encoded, lavfi, picture

ID3 = b"ID3\x04\0\0\0\0\x02\0" + bytes(256)
XPM = b'/* XPM */\nstatic char *x[] = {\n"2 2 2 1",\n"a c #FFFFFF",\n"b c #000000",\n"ab",\n"ba"\n};\n'
RADIANCE = b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 2 +X 2\n" + bytes(range(128, 144))
OPENEXR = b"v/1\x01\x02\0\0\0channels\0chlist\0" + struct.pack("<i", 1) + bytes(400)
FITS = (
    b"SIMPLE  =                    T".ljust(80)
    + b"BITPIX  =                    8".ljust(80)
    + b"NAXIS   =                    0".ljust(80)
    + b"END".ljust(2640)
)


@pytest.mark.every(
    ("name", "data"),
    [
        *((format.lower(), encoded(picture(), format)) for format in ("TGA", "PCX", "DDS", "SGI", "ICNS")),
        *((name, encoded(picture(mode), "PPM")) for name, mode in (("ppm", "RGB"), ("pgm", "L"), ("pbm", "1"), ("pfm", "F"))),
        ("xbm", encoded(picture("1"), "XBM")),
        ("xpm", XPM),
        ("hdr", RADIANCE),
        ("exr", OPENEXR),
        ("fits", FITS),
        ("photocd", bytes(2048) + b"PCD_IPI" + bytes(500)),
        ("jpegxs", b"\xff\x10\xff\x50" + bytes(500)),
        ("jxr", b"II\xbc\x01\x20\0\0\0" + bytes(300)),
    ],
)
def test_pictures(make: MediaMaker, name: str, data: bytes) -> None:
    facts = probe(make.write(f"{name}.bin", data))
    assert (facts.kind, facts.format) == ("image", name)
    assert (facts.problem(Problem.NOT_RUN) or "").endswith("is a format that is not read here")
    assert len(facts.problems) == 1


def test_picture_with_what_looks_like_frames(make: MediaMaker) -> None:
    sound = (FIXTURES / "formats/cbr.mp3").read_bytes()[:3000]
    facts = probe(make.write("frames.bin", b"P6\n100 10\n255\n" + sound[:3000]))
    assert (facts.kind, facts.format) == ("image", "ppm")


@pytest.mark.every(
    ("name", "head"),
    [
        ("ape", b"MAC \x96\x0f"),
        ("mpc", b"MP+\x07"),
        ("tak", b"tBaK"),
        ("dsf", b"DSD \x1c"),
        ("rm", b".RMF\0\0"),
        ("adif", b"ADIF"),
        ("midi", b"MThd\0\0\0\6"),
        ("rifx", b"RIFX\0\0\0\x24WAVE"),
    ],
)
def test_sound(make: MediaMaker, name: str, head: bytes) -> None:
    facts = probe(make.write(f"{name}.bin", head + bytes(200)))
    assert (facts.kind, facts.format, facts.problem(Problem.NOT_RUN) is None) == ("unknown", name, False)


@pytest.mark.every(("name", "form"), [("truehd", "truehd"), ("mlp", "mlp"), ("loas", "latm")])
def test_bare_streams(make: MediaMaker, name: str, form: str) -> None:
    path = make(f"bare-{name}.bin", *lavfi("sine=440:d=1"), "-ac", "2", "-strict", "-2", "-f", form)
    facts = probe(path)
    assert (facts.format, facts.problem(Problem.NOT_RUN) is None) == (name, False)


@pytest.mark.every("name", ["opus.opus", "pcm.aiff"])
def test_sound_behind_a_tag_that_its_players_do_not_expect(make: MediaMaker, name: str) -> None:
    facts = probe(make.write(f"tagged-{name}", ID3 + (FIXTURES / "formats" / name).read_bytes()))
    assert (facts.problem(Problem.NOT_RUN) or "").endswith("behind an ID3 tag is not read here")


@pytest.mark.every(
    "text", [b"P1 roadmap\n", b"#define X_H\n#include <a.h>\n", b"1\n00:00:01,000 --> 00:00:02,000\nhello\n", b"a,b\n1,2\n"]
)
def test_text_stays_text(make: MediaMaker, text: bytes) -> None:
    assert probe(make.write("text.bin", text * 9)).problem(Problem.NOT_MEDIA) == "its bytes are those of plain text"


def test_what_ffmpeg_logs_is_not_printed(make: MediaMaker, capfd: pytest.CaptureFixture[str]) -> None:
    from av import logging

    before = logging.get_level()
    probe(make.write("ape.bin", b"MAC \x96\x0f" + bytes(200)))
    assert (logging.get_level(), *capfd.readouterr()) == (before, "", "")


def test_the_level_of_messages_stays_a_number(make: MediaMaker) -> None:
    """PyAV compares it with that of each message: where it is None, those of other threads end in a TypeError on stderr."""
    logging.set_level(None)
    assert probe(make.write("some.exr", bytes.fromhex("762f3101") + bytes(400))).format == "exr"
    assert logging.get_level() == logging.PANIC
    logging.set_level(logging.WARNING)
    probe(make.write("some.exr", bytes.fromhex("762f3101") + bytes(400)))
    assert logging.get_level() == logging.WARNING
    logging.set_level(None)
