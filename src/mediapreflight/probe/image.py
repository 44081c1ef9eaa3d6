"""Pictures: the header at level `metadata`, every pixel's data at level `decode`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from ..errors import MissingLibraryError
from . import display, webp_still
from .facts import ImageFacts, Problem, missing_library
from .headers import READERS, Color, Header, HeaderError, read_header
from .headers.exif import ExifFacts, read_exif, read_xmp
from .headers.jpeg import coefficient_bytes

if TYPE_CHECKING:
    from PIL import Image

    from .source import Source

_Read = TypeVar("_Read")
# Wan takes 8000 x 8000 px, the largest documented picture, and phones take 9248 x 6936: 64 million. Beyond this no pixel is
# decoded: where a picture is prepared, each takes four bytes in Pillow and three in the array that is made of it.
MAX_DECODED_PIXELS = 65_000_000
MAX_DECODED_BYTES = 512 * 2**20
# The blocks of larger GIFs are not counted, and Pillow keeps a list of what it finds in them. Of the others, decoders hold the
# whole file, or more, while they hold the picture; no model takes more than 20 MB.
_MAX_BYTES_OF = {"gif": 64 * 2**20, "jpeg": 96 * 2**20, "webp": 48 * 2**20, "tiff": 256 * 2**20, "avif": 64 * 2**20}
# Decoders of these take up to 19 bytes for a pixel, and hold more of the file; no model takes their pictures.
_MAX_PIXELS_OF = {
    "jpeg2000": 25_000_000,
    "avif": 36_000_000,
    "heic": 50_000_000,
    # Pillow reads it in Python, in over a second for a million.
    "qoi": 6_000_000,
    "psd": 40_000_000,
    "ico": 40_000_000,
    "tiff": 45_000_000,
}
# What a decoder may keep of a JPEG in several scans, together with the file and what is made of it.
_MAX_JPEG_MEMORY = 490_000_000
_REDUCED_SIDE = 64
# A length in the file may ask for any amount.
_TOO_MUCH_MEMORY = "it takes more memory than there is"
_SAID_OF_BOMBS = ("data too large", "decompression bomb", _TOO_MUCH_MEMORY)
# Formats whose header is read here and which Pillow's wheels do not decode.
_UNDECODED = frozenset({"heic", "jxl"})
_COLORS: dict[tuple[str, ...], Color] = {
    ("1",): "grey",
    ("L",): "grey",
    ("P",): "palette",
    ("R", "G", "B"): "rgb",
    ("C", "M", "Y", "K"): "cmyk",
}
_TIFF_WIDTH, _TIFF_HEIGHT, _TIFF_BITS, _TIFF_ORIENTATION, _TIFF_GPS, _GPS_LATITUDE = 0x100, 0x101, 0x102, 0x112, 0x8825, 2


def probe_image(source: Source, format: str, *, decode: bool) -> ImageFacts:
    """The facts of a picture whose bytes say it is `format`. Never raises for bad data: see `ImageFacts.problems`."""
    if format not in READERS and (problem := _pillow_problem(format)):
        return ImageFacts(path=source.path, format=format, bytes=source.size, problems=(problem,))
    try:
        header = read_header(format, source.stream, source.size) if format in READERS else _pillow_header(source)
    except HeaderError as error:
        return ImageFacts(path=source.path, format=format, bytes=source.size, problems=(Problem.BROKEN.because(str(error)),))
    problems = [Problem.TRUNCATED.because(header.truncated)] if header.truncated else []
    if decode and not problems:
        problem = _decode_problem(source, format, header)
        problems += [problem] if problem else []
    return _facts(source, format, header, tuple(problems))


def _facts(source: Source, format: str, header: Header, problems: tuple[str, ...]) -> ImageFacts:
    from_exif = read_exif(header.exif) if header.exif else ExifFacts(None, False)
    from_xmp = read_xmp(header.xmp) if header.xmp else ExifFacts(None, False)
    orientation = header.orientation or from_exif.orientation or from_xmp.orientation or 1
    width, height = display.oriented(*(header.aperture or (header.width, header.height)), orientation)
    return ImageFacts(
        path=source.path,
        format=format,
        bytes=source.size,
        problems=problems,
        width=width,
        height=height,
        stored_width=header.width,
        stored_height=header.height,
        orientation=orientation,
        channels=header.channels,
        bit_depth=header.bit_depth,
        color=header.color,
        has_alpha=header.has_alpha,
        frames=header.frames,
        has_location=header.has_location or from_exif.has_location or from_xmp.has_location,
    )


def _pillow_problem(format: str) -> str | None:
    try:
        import PIL.Image  # noqa: F401
    except ImportError as error:
        return missing_library(format, error)
    return None


def _pillow_header(source: Source) -> Header:
    """The header of a rarer format (TIFF, ICO, PSD, JPEG 2000, …), as Pillow reads it."""
    from PIL import Image

    def header_of(stream: BinaryIO) -> Header:
        with Image.open(stream) as picture:
            bands = picture.getbands()
            color = _COLORS.get(tuple(band for band in bands if band != "A"))
            header = Header(*picture.size, channels=len(bands), color=color, has_alpha="A" in bands, frames=None)
            return _with_tags(header, picture.getexif()) if picture.format == "TIFF" else header

    result, trouble = _guarded(header_of, source)
    if result is None:
        raise HeaderError(trouble or "no size found")
    if result.width <= 0 or result.height <= 0:
        raise HeaderError(f"the header says {result.width} x {result.height} px")
    return result


def _with_tags(header: Header, tags: Image.Exif) -> Header:
    """The header as the tags of a TIFF give it: Pillow turns the sides before anyone asks, and does not count the bits."""
    bits, orientation = tags.get(_TIFF_BITS), tags.get(_TIFF_ORIENTATION)
    return header._replace(
        width=int(tags[_TIFF_WIDTH]),
        height=int(tags[_TIFF_HEIGHT]),
        bit_depth=int(max(bits)) if isinstance(bits, tuple) else bits,
        orientation=orientation if orientation in range(1, 9) else None,
        has_location=_GPS_LATITUDE in tags.get_ifd(_TIFF_GPS),
    )


def max_pixels(format: str | None) -> int:
    """How many pixels of a picture of this format are ever decoded."""
    return _MAX_PIXELS_OF.get(format or "", MAX_DECODED_PIXELS)


def max_bytes(format: str | None) -> int:
    """How large a file of this format is ever decoded."""
    return _MAX_BYTES_OF.get(format or "", MAX_DECODED_BYTES)


def scans_trouble(stream: BinaryIO, beside: int) -> str | None:
    """Why a JPEG is not decoded whose scans have to be kept, with `beside` bytes of other memory; None where it is."""
    try:
        kept = coefficient_bytes(stream)
    except HeaderError:
        return None
    if not kept or kept + beside <= _MAX_JPEG_MEMORY:
        return None
    return (
        f"decoding it in several scans takes {(kept + beside) / 1e6:.0f} MB of memory; {_MAX_JPEG_MEMORY / 1e6:.0f} are allowed"
    )


def _decode_problem(source: Source, format: str, header: Header) -> str | None:
    """Why the picture's data cannot be read whole; None where it can."""
    pixels, most = header.width * header.height, max_pixels(format)
    if pixels > most:
        return Problem.OVERSIZED.because(f"{pixels / 1e6:.0f} megapixels; more than {most / 1e6:.0f} are not decoded")
    if source.size > max_bytes(format):
        return Problem.OVERSIZED.because(f"{source.size} bytes; pictures over {max_bytes(format)} are not decoded")
    if format == "jpeg" and (trouble := scans_trouble(source.stream, source.size)):
        return Problem.OVERSIZED.because(trouble)
    if format in _UNDECODED:
        return Problem.NOT_RUN.because(f"no decoder for {format} is at hand; its header was read, its data was not")
    try:
        if format == "webp" and pixels > webp_still.LARGE_PIXELS:
            _, trouble = _guarded(lambda stream: webp_still.verify(webp_still.read_still(stream, source.size)), source)
        else:
            _, trouble = _guarded(_DECODERS.get(format, _decode_with_pillow), source)
    except ImportError as error:
        return missing_library(format, error)
    except MissingLibraryError as error:
        return Problem.NOT_RUN.because(str(error))
    if trouble is None:
        return None
    return _problem_of(trouble).because(trouble)


def _problem_of(trouble: str) -> Problem:
    said = trouble.lower()
    if "truncated" in said or "premature end" in said:
        return Problem.TRUNCATED
    return Problem.OVERSIZED if any(words in said for words in _SAID_OF_BOMBS) else Problem.CORRUPT


def _decode_jpeg(stream: BinaryIO) -> None:
    """Entropy-decode all of it, at the smallest scale, with libjpeg-turbo's warnings taken as faults.

    Pillow and OpenCV swallow those warnings and hand out grey or smeared blocks.
    """
    import simplejpeg

    data = stream.read()
    try:
        color_space = simplejpeg.decode_jpeg_header(data, strict=False)[2]
    except ValueError:
        # TurboJPEG knows the common chroma samplings only; rarer ones are legal and Pillow reads them.
        stream.seek(0)
        return _decode_with_pillow(stream)
    target = "CMYK" if color_space in ("CMYK", "YCCK") else "GRAY" if color_space == "Gray" else "RGB"
    simplejpeg.decode_jpeg(data, target, min_height=_REDUCED_SIDE, min_width=_REDUCED_SIDE, min_factor=8, strict=True)
    return None


def _decode_png(stream: BinaryIO) -> None:
    from PIL import Image

    with Image.open(stream) as picture:
        picture.verify()
    stream.seek(0)
    _decode_with_pillow(stream)


def _decode_with_pillow(stream: BinaryIO) -> None:
    from PIL import Image

    with Image.open(stream) as picture:
        picture.load()


_DECODERS: dict[str, Callable[[BinaryIO], None]] = {"jpeg": _decode_jpeg, "png": _decode_png}


def _guarded(read: Callable[[BinaryIO], _Read], source: Source) -> tuple[_Read | None, str | None]:
    """What a foreign decoder returns, and the reason where it fails.

    Decoders raise whatever comes to hand on hostile bytes (ValueError, SyntaxError, struct.error, OverflowError, …), so
    this is the one place where every Exception is taken for "the data is bad". A library that is missing is not: it raises on.
    """
    from .quiet import quiet

    source.stream.seek(0)
    try:
        with quiet():
            return read(source.stream), None
    except (ImportError, MissingLibraryError):
        raise
    except MemoryError:
        return None, _TOO_MUCH_MEMORY
    except Exception as error:
        return None, _one_line(error)


def _one_line(error: Exception) -> str:
    text = " ".join("".join(map(_printable, str(error))).split()) or type(error).__name__
    return text if len(text) <= 200 else text[:199] + "…"


def _printable(character: str) -> str:
    return character if character.isprintable() else " "
