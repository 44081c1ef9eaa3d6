"""Small files that ask for much: of time, of memory, of both. Made at test time; none is larger than 64 MiB."""

import struct
import zlib
from collections.abc import Callable

from ..media.make import FIXTURES, box, encoded, picture, png_chunk, png_with, riff, riff_chunk, wav
from .make import element, frame, id3, mkv_with, sound

MEBIBYTE = 2**20
FTYP = box(b"ftyp", b"isom\0\0\0\0isom")


def gif(*, before: bytes = b"", after: bytes = b"") -> bytes:
    """A GIF with blocks put before and behind its picture."""
    data = encoded(picture("P"), "GIF")
    at = data.index(b"\x2c")
    return data[:at] + before + data[at:-1] + after + b";"


def bmp_runs() -> bytes:
    """79 million pixels in runs of 255."""
    side = 8900
    data = b"\xff\x01" * (side * side // 255 + 1) + b"\0\1"
    palette = bytes(4 * 256)
    start = 54 + len(palette)
    header = struct.pack("<IiiHHIIiiII", 40, side, side, 1, 8, 1, len(data), 0, 0, 256, 0)
    return b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start) + header + palette + data


def jpeg_segments() -> bytes:
    return b"\xff\xd8" + b"\xff\xfe\x00\x02" * 5_000_000 + encoded(picture(), "JPEG")[2:]


def flac_comments() -> bytes:
    """A FLAC that announces four thousand million comments."""
    data = (FIXTURES / "formats/voice.flac").read_bytes()
    comments = struct.pack("<II", 0, 2**32 - 1) + b"\1\0\0\0="
    return data[:42] + b"\4" + len(comments).to_bytes(3, "big") + comments + data[42:]


def mkv_compressed_header() -> bytes:
    """A Matroska track whose codec data inflate to a quarter of a gigabyte."""
    compression = element("5034", element("4254", b"\0"))
    encoding = element("6D80", element("6240", element("5032", b"\2") + element("5033", b"\0") + compression))
    data = element("63A2", zlib.compress(bytes(256 * MEBIBYTE), 9))
    track = element("D7", b"\5") + element("83", b"\1") + element("86", b"V_MPEG4/ISO/AVC") + data + encoding
    return mkv_with(element("1654AE6B", element("AE", track)))


def mkv_tracks() -> bytes:
    track = element("AE", element("D7", b"\1") + element("83", b"\1") + element("86", b"V_MPEG4/ISO/AVC"))
    return mkv_with(element("1654AE6B", track * 100_000))


def mp4_nested(kind: bytes) -> bytes:
    inner = b""
    for _ in range(10_000):
        inner = box(kind, inner)
    return FTYP + inner


def mp4_fragments() -> bytes:
    """A thousand fragments that each claim two thousand million samples."""
    run = box(b"trun", bytes(4) + struct.pack(">I", 2**31 - 1))
    fragment = box(b"moof", box(b"mfhd", bytes(8)), box(b"traf", box(b"tfhd", bytes(4) + b"\0\0\0\1"), run))
    return (FIXTURES / "formats/h264.mp4").read_bytes() + fragment * 1000


def mov_compressed() -> bytes:
    """A QuickTime movie whose header inflates to a quarter of a gigabyte."""
    data = struct.pack(">I", 2**31 - 1) + zlib.compress(bytes(256 * MEBIBYTE), 9)
    return box(b"ftyp", b"qt  \0\0\0\0qt  ") + box(b"moov", box(b"cmov", box(b"dcom", b"zlib"), box(b"cmvd", data)))


def id3_inflating() -> bytes:
    """Twenty texts that inflate to 64 MiB each."""
    text = struct.pack(">I", 64 * MEBIBYTE) + zlib.compress(bytes(64 * MEBIBYTE), 9)
    return id3(frame(b"TIT2", text, flags=0x0080) * 20) + sound()


def psd() -> bytes:
    """A Photoshop file of 900 million pixels in runs."""
    return b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 4, 30_000, 30_000, 8, 3) + bytes(12) + b"\0\1" + bytes(240_000)


BOMBS: dict[str, Callable[[], bytes]] = {
    "extensions.gif": lambda: gif(before=b"\x21\xfe\x00" * 10_000_000),
    "crumbs.gif": lambda: gif(before=b"\x21\xfe" + b"\1x" * 30_000_000 + b"\0"),
    "comment.gif": lambda: gif(before=b"\x21\xfe" + b"\1x" * 900_000 + b"\0"),
    "frames.gif": lambda: gif(after=(b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\2\2\x44\1\0") * 4_000_000),
    "runs.bmp": bmp_runs,
    "segments.jpg": jpeg_segments,
    "fill.jpg": lambda: b"\xff\xd8" + b"\xff" * 30_000_000 + encoded(picture(), "JPEG")[2:],
    "chunks.png": lambda: png_with(encoded(picture(), "PNG"), b"IDAT", png_chunk(b"tEXt", b"a\0b") * 1_000_000),
    "chunks.webp": lambda: riff(b"WEBP", riff_chunk(b"XXXX", b"") * 1_000_000),
    "entries.ico": lambda: b"\0\0\1\0\xff\xff" + struct.pack("<BBBBHHII", 0, 0, 0, 0, 1, 32, 100, 22) * 65_535 + bytes(1000),
    "runs.psd": psd,
    "inflating.mp3": id3_inflating,
    "frames.mp3": lambda: id3(frame(b"TXXX", b"\0a\0b") * 200_000) + sound(),
    "comments.flac": flac_comments,
    "chunks.wav": lambda: b"RIFF\xff\xff\xff\xffWAVE" + b"junk\0\0\0\0" * 2_000_000,
    "channels.wav": lambda: wav(bytes(10_000_000), channels=65_535, bits=8, rate=1),
    "endless.wav": lambda: wav(bytes(100), length=2**32 - 1),
    "endless.mkv": lambda: mkv_with(bytes.fromhex("1254C367") + b"\x01" + b"\xff" * 7 + b"x"),
    "void.mkv": lambda: mkv_with(element("EC", b"") * 1_000_000),
    "header.mkv": mkv_compressed_header,
    "tracks.mkv": mkv_tracks,
    "nested.mp4": lambda: mp4_nested(b"moov"),
    "fragments.mp4": mp4_fragments,
    "tracks.mp4": lambda: FTYP + box(b"moov", box(b"trak", box(b"mdia", box(b"minf", box(b"stbl")))) * 100_000),
    "boxes.mp4": lambda: FTYP + box(b"free") * 3_000_000 + (FIXTURES / "formats/h264.mp4").read_bytes(),
    "compressed.mov": mov_compressed,
}
