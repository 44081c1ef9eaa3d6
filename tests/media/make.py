"""Media made at test time: with Pillow, with the bundled ffmpeg, and byte by byte where no writer makes what a test needs."""

import io
import random
import shutil
import struct
import subprocess
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import av
import imageio_ffmpeg
import numpy as np
from PIL import Image

from mediapreflight.media.facts import ImageFacts
from mediapreflight.media.image.picture import probe_image
from mediapreflight.media.sniff import sniff
from mediapreflight.media.source import Source

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
PICTURE = "testsrc2=size=64x48:rate=25:duration=1"
TONE = "sine=frequency=440:sample_rate=16000:duration=1"
X264 = ("-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-threads", "1")
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
EXIF_ORIENTATION, EXIF_GPS = 0x0112, 0x8825
SOMEWHERE = {1: "N", 2: (28.0, 34.0, 22.4), 3: "W", 4: (80.0, 38.0, 56.4)}


class MediaMaker:
    """Makes files with ffmpeg in `folder`, each once in a test session."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._made: dict[str, tuple[str | Path, ...]] = {}

    def __call__(self, name: str, *arguments: str | Path) -> Path:
        """The file `name`, made with these ffmpeg arguments, its output left out."""
        path = self.folder / name
        if name not in self._made:
            ffmpeg(*arguments, path)
        assert self._made.setdefault(name, arguments) == arguments, f"two tests make another {name}"
        return path

    def write(self, name: str, data: bytes) -> Path:
        """A file of exactly these bytes."""
        path = self.folder / name
        path.write_bytes(data)
        return path

    def copy(self, original: Path, name: str) -> Path:
        """The same bytes under another name."""
        return Path(shutil.copyfile(original, self.folder / name))


def ffmpeg(*arguments: str | Path) -> None:
    """Runs the bundled ffmpeg."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-y", "-v", "error", *map(str, arguments)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def lavfi(*sources: str) -> tuple[str, ...]:
    """The ffmpeg arguments that open generated sources as inputs."""
    return tuple(argument for source in sources for argument in ("-f", "lavfi", "-i", source))


def encode_shades(
    path: Path, encoder: str, pixel_format: str, size: tuple[int, int], frames: int, options: Mapping[str, str]
) -> Path:
    """A clip of plain frames, each brighter than the one before. `size`: width and height."""
    width, height = size
    with av.open(str(path), "w") as container:
        stream = container.add_stream(encoder, rate=25, options=dict(options))
        stream.width, stream.height, stream.pix_fmt = width, height, pixel_format
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(np.full((height, width, 3), number * 20, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


class CountingStream(io.BytesIO):
    """Bytes in memory that count how many of them were read."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.bytes_read = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.bytes_read += len(data)
        return data


def picture_facts(data: bytes | io.BytesIO, *, decode: bool = False) -> ImageFacts:
    """The facts of a picture in memory."""
    stream = data if isinstance(data, io.BytesIO) else io.BytesIO(data)
    found = sniff(stream)
    assert found.family == "image", found
    return probe_image(Source("made", stream, stream.getbuffer().nbytes), found.format, decode=decode)


def picture(mode: str = "RGB", size: tuple[int, int] = (24, 16)) -> Image.Image:
    """A picture of noise, the same every time; a size that is not square."""
    if mode.startswith("I;16"):
        return Image.new(mode, size, 40_000)
    noise = Image.frombytes("L", size, random.Random(0).randbytes(size[0] * size[1]))
    image = noise.quantize(16) if mode == "P" else noise.convert(mode)
    if "A" in mode:
        # Encoders leave out an alpha channel that is opaque everywhere.
        image.putalpha(noise.point(lambda value: value // 2))
    return image


def encoded(image: Image.Image, format: str, **options: Any) -> bytes:
    """The picture in a file format, through Pillow."""
    data = io.BytesIO()
    image.save(data, format, **options)
    return data.getvalue()


def exif(orientation: int | None = None, *, located: bool = False) -> Image.Exif:
    """EXIF with an orientation, a GPS position, or neither."""
    block = Image.Exif()
    if orientation is not None:
        block[EXIF_ORIENTATION] = orientation
    if located:
        block[EXIF_GPS] = SOMEWHERE
    return block


def exif_block(orientation: int | None = None, *, located: bool = False) -> bytes:
    """The same as the bytes of a TIFF block, without the prefix that JPEG puts before it."""
    return exif(orientation, located=located).tobytes().removeprefix(b"Exif\0\0")


def png_chunk(kind: bytes, data: bytes = b"") -> bytes:
    """One PNG chunk: length, type, data, CRC."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_with(png: bytes, before: bytes, *chunks: bytes) -> bytes:
    """The PNG with chunks put before its first chunk of type `before`."""
    at = png.index(before) - 4
    return png[:at] + b"".join(chunks) + png[at:]


def png_header(width: int, height: int, bit_depth: int = 8, color_type: int = 2) -> bytes:
    """Signature and IHDR."""
    return PNG_SIGNATURE + png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bit_depth, color_type, 0, 0, 0))


def jpeg_segment(marker: int, data: bytes) -> bytes:
    """One JPEG segment."""
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def jpeg_with(jpeg: bytes, *segments: bytes) -> bytes:
    """The JPEG with bytes put right behind its start mark."""
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def riff_chunk(kind: bytes, data: bytes, *, pad: bool = True) -> bytes:
    """One RIFF chunk, padded to an even length."""
    return kind + struct.pack("<I", len(data)) + data + (b"\0" if pad and len(data) % 2 else b"")


def riff(form: bytes, *chunks: bytes) -> bytes:
    """A RIFF file."""
    body = form + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def wav(
    data: bytes,
    *,
    rate: int = 8000,
    channels: int = 1,
    bits: int = 16,
    tag: int = 1,
    length: int | None = None,
    more: bytes = b"",
) -> bytes:
    """A WAV file; `length` lies about the data's length, `more` are chunks before the data."""
    frame = channels * bits // 8
    header = struct.pack("<HHIIHH", tag, channels, rate, rate * frame, frame, bits)
    claimed = struct.pack("<I", len(data) if length is None else length)
    return riff(b"WAVE", riff_chunk(b"fmt ", header), more, b"data" + claimed + data)


def box(kind: bytes, *contents: bytes) -> bytes:
    """One ISO media box."""
    body = b"".join(contents)
    return struct.pack(">I", 8 + len(body)) + kind + body


def box_at(data: bytes, *path: bytes) -> tuple[int, int]:
    """Start of the body and end of the first box along a path such as b"moov", b"mvhd"."""
    start, end = 0, len(data)
    for kind in path:
        while True:
            size, found = struct.unpack_from(">I4s", data, start)
            if found == kind:
                start, end = start + 8, start + size
                break
            start += size
            assert start < end, (kind, path)
    return start, end


def patched(data: bytes, at: int, new: bytes) -> bytes:
    """The data with bytes replaced from `at` on."""
    return data[:at] + new + data[at + len(new) :]


def with_box(data: bytes, new: bytes, *path: bytes) -> bytes:
    """The file with the box at `path` replaced by `new`, and the sizes of the boxes around it made to fit."""
    start, end = box_at(data, *path)
    start -= 8
    grown = len(new) - (end - start)
    changed = bytearray(data[:start] + new + data[end:])
    for depth in range(1, len(path)):
        at = box_at(data, *path[:depth])[0] - 8
        changed[at : at + 4] = struct.pack(">I", struct.unpack_from(">I", data, at)[0] + grown)
    return bytes(changed)
