"""Pictures: the header at level `metadata`, every pixel's data at level `decode`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO, TypeVar, cast

from ...errors import MissingLibraryError
from ...language import say
from .. import display
from ..facts import ImageFacts, Problem, missing_library
from ..foreign_words import ENDS_EARLY, TOO_MANY_PIXELS, UNPACKS_TO_TOO_MUCH
from .headers import READERS, UNSTATED, Color, Colors, DamagedError, Header, HeaderError, HeifError, UndecodedError, read_header
from .headers.exif import ExifFacts, read_exif, read_xmp

if TYPE_CHECKING:
    from PIL import Image

    from ..source import Source

_Read = TypeVar("_Read")
# An upper limit, because a length in the file may be any number.
_TOO_MUCH_MEMORY = "it needs more memory than is available"
_SAID_OF_BOMBS = (UNPACKS_TO_TOO_MUCH, TOO_MANY_PIXELS, _TOO_MUCH_MEMORY)
# The messages of libavif about the data, and not about the structure of the file.
_AVIF_DAMAGE = ("Decoding of", "Truncated data")
# The beginnings of messages about files that are cut off.
_TRUNCATED = "truncated"
# Formats that no library here decodes.
_UNDECODED = frozenset({"jxl"})
_COLORS: dict[tuple[str, ...], Color] = {
    ("1",): "grey",
    ("L",): "grey",
    ("P",): "palette",
    ("R", "G", "B"): "rgb",
    ("C", "M", "Y", "K"): "cmyk",
}
# Pillow's messages about a layout that it does not know, in a bitmap and in what it opens.
_SAID_OF_BITMAPS = "unsupported bmp"
_SAID_OF_LAYOUTS = ("unknown pixel mode", "unknown data organization", "unable to determine j2k image mode")
_LAYOUT_UNKNOWN = say("its layout of samples is not decoded here")
# An animation is decoded up to as many pixels as a video; and the cost of any frame, in pixels.
_MAX_ANIMATED_PIXELS, _LEAST_FRAME_PIXELS = 300_000_000, 30_000
_NO_EXIF = ExifFacts(None, False)
_TIFF_WIDTH, _TIFF_HEIGHT, _TIFF_BITS, _TIFF_ORIENTATION, _TIFF_GPS, _GPS_LATITUDE = 0x100, 0x101, 0x102, 0x112, 0x8825, 2


def probe_image(source: Source, format: str, *, decode: bool) -> ImageFacts:
    """The facts of a picture whose bytes say it is `format`. Never raises for bad data: see `ImageFacts.problems`."""
    if missing := _missing_reader(format):
        return ImageFacts(path=source.path, format=format, bytes=source.size, problems=(missing,))
    try:
        header = read_header(format, source.stream, source.size) if format in READERS else _rarer_header(source, format)
    except HeaderError as error:
        return ImageFacts(path=source.path, format=format, bytes=source.size, problems=(Problem.BROKEN.because(str(error)),))
    except UndecodedError as error:
        return ImageFacts(path=source.path, format=format, bytes=source.size, problems=(Problem.NOT_RUN.because(str(error)),))
    problems = [Problem.TRUNCATED.because(header.truncated)] if header.truncated else []
    problems += [Problem.NOT_RUN.because(header.undecoded)] if header.undecoded else []
    if decode and not problems:
        problem = _decode_problem(source, format, header)
        problems += [problem] if problem else []
    return _facts(source, format, header, tuple(problems))


def _facts(source: Source, format: str, header: Header, problems: tuple[str, ...]) -> ImageFacts:
    from_exif = read_exif(header.exif) if header.exif else _NO_EXIF
    from_xmp = read_xmp(header.xmp) if header.xmp else _NO_EXIF
    orientation = header.orientation or from_exif.orientation or from_xmp.orientation or 1
    width, height = display.oriented(*(header.aperture or (header.width, header.height)), orientation)
    colors = header.colors if header.colors is not UNSTATED else None
    return ImageFacts(
        path=source.path,
        format=header.format or format,
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
        color_space=colors.color_space if colors and header.color not in ("grey", "cmyk") else None,
        transfer=colors.transfer if colors else None,
    )


def _missing_reader(format: str) -> str | None:
    if format in _UNDECODED:
        return Problem.NOT_RUN.because(f"no decoder for {format} is available")
    if format in READERS:
        return None
    try:
        import PIL.Image  # noqa: F401
    except ImportError as error:
        return missing_library(format, error)
    return None


def _rarer_header(source: Source, format: str) -> Header:
    """The header of a rarer format (TIFF, ICO, PSD, JPEG 2000, …), by Pillow where Pillow is right.

    Raises HeaderError, and UndecodedError if even the sides cannot be known here.
    """
    from .headers import psd, tiff

    own = None
    if format in ("tiff", "psd"):
        own = tiff.read(source.stream) if format == "tiff" else psd.read(source.stream)
        if own.undecoded:
            return own
    try:
        header, trouble = _guarded(lambda stream: _pillow_header(stream, format), source)
    except UndecodedError as error:
        if own is None:
            raise
        return own._replace(undecoded=str(error))
    if header is None:
        raise HeaderError(trouble or "no size found")
    if header.width <= 0 or header.height <= 0:
        raise HeaderError(f"the header says {header.width} x {header.height} px")
    return header


def _pillow_header(stream: BinaryIO, format: str) -> Header:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(stream) as picture:
            bands = picture.getbands()
            color = _COLORS.get(tuple(band for band in bands if band != "A"))
            has_alpha = "A" in bands and picture.mode != "LAB"
            header = Header(*picture.size, channels=len(bands), color=color, has_alpha=has_alpha, frames=None)
            header = header._replace(colors=Colors(picture.info.get("icc_profile")))
            if format == "jpeg2000" and picture.mode in ("P", "PA"):
                # Pillow joins equal colours of the palette, so that all later ones move.
                header = header._replace(undecoded=say("JPEG 2000 with a palette is not decoded here"))
            return _with_tags(header, picture.getexif()) if picture.format == "TIFF" else header
    except UnidentifiedImageError:
        raise _unopened(stream, format) from None


def _unopened(stream: BinaryIO, format: str) -> Exception:
    """Why Pillow does not open a file of this format, in its reader's words: they distinguish unknown layouts from damage."""
    from PIL import Image

    stream.seek(0)
    try:
        Image.OPEN[format.upper()][0](stream, "")
    except Exception as error:  # The readers raise any exception on hostile bytes.
        if any(words in str(error).lower() for words in _SAID_OF_LAYOUTS):
            return UndecodedError(_LAYOUT_UNKNOWN)
    return HeaderError(say("its header cannot be read"))


def _with_tags(header: Header, tags: Image.Exif) -> Header:
    """The header from the tags of a TIFF: Pillow already turns the sides, and does not count the bits."""
    bits, turn = tags.get(_TIFF_BITS), tags.get(_TIFF_ORIENTATION)
    # Some scanners write it as a byte and not as a short.
    orientation = int.from_bytes(turn[:1]) if isinstance(turn, bytes) else turn
    return header._replace(
        width=int(tags[_TIFF_WIDTH]),
        height=int(tags[_TIFF_HEIGHT]),
        bit_depth=int(max(bits)) if isinstance(bits, tuple) else bits,
        orientation=orientation if isinstance(orientation, int) and orientation in range(1, 9) else None,
        has_location=_GPS_LATITUDE in tags.get_ifd(_TIFF_GPS),
    )


def _decode_problem(source: Source, format: str, header: Header) -> str | None:
    """Why the picture's data cannot be read completely; None if it can."""
    from . import webp_still
    from .decoding import max_bytes, max_pixels, scans_trouble

    pixels, most = header.width * header.height, max_pixels(format)
    if pixels > most:
        return Problem.OVERSIZED.because(f"{pixels / 1e6:.0f} megapixels; more than {most / 1e6:.0f} are not decoded")
    if source.size > max_bytes(format):
        return Problem.OVERSIZED.because(f"{source.size} bytes; pictures over {max_bytes(format)} are not decoded")
    if format == "jpeg" and (trouble := scans_trouble(source.stream, source.size)):
        return Problem.OVERSIZED.because(trouble)
    refusal = None
    try:
        if format == "heic":
            from . import heic

            _, trouble = _guarded(lambda stream: heic.decode(stream, source.size, deep=False), source)
        elif format == "webp" and pixels > webp_still.LARGE_PIXELS:
            _, trouble = _guarded(lambda stream: webp_still.verify(webp_still.read_still(stream, source.size)), source)
        else:
            decode = _DECODERS.get(format, _decode_with_pillow)
            refusal, trouble = _guarded(lambda stream: decode(stream, header.frames or 1), source)
    except ImportError as error:
        return missing_library(format, error)
    except (MissingLibraryError, HeifError, UndecodedError) as error:
        return Problem.NOT_RUN.because(str(error))
    if trouble is None:
        return Problem.MISSTATED.because(refusal) if refusal else None
    return _problem_of(trouble).because(trouble)


def _problem_of(trouble: str) -> Problem:
    if trouble == ENDS_EARLY or trouble.startswith(_TRUNCATED):
        return Problem.TRUNCATED
    return Problem.OVERSIZED if trouble in _SAID_OF_BOMBS else Problem.CORRUPT


# These return why strict readers refuse a picture that is decoded completely; None if they do not.


def _decode_jpeg(stream: BinaryIO, _frames: int) -> str | None:
    from . import jpeg_data

    return jpeg_data.verify(stream.read())


def _decode_png(stream: BinaryIO, frames: int) -> str | None:
    from .png_data import has_unknown_critical_chunk
    from .rewritten import has_png_end, rewritten

    try:
        _decode_strictly(stream, frames)
    except (OSError, SyntaxError, ValueError):
        whole = rewritten(stream, "png")
        if whole is None:
            raise
        _decode_strictly(whole, frames)
    else:
        # Pillow does not read the end chunk.
        if has_png_end(stream):
            unknown = say("it has a part of an unknown kind that readers must not pass over")
            return unknown if has_unknown_critical_chunk(stream) else None
    return say("a part that makes no pixels is damaged")


def _decode_strictly(stream: BinaryIO, frames: int) -> None:
    """With the checksums of all chunks, and data for all rows."""
    from PIL import Image

    from .png_data import has_all_rows

    stream.seek(0)
    with Image.open(stream) as picture:
        picture.verify()
    stream.seek(0)
    with Image.open(stream) as picture:
        picture.load()
        # Rows without data are left blank; in an interlaced picture this need not be the last one.
        is_doubtful = picture.info.get("interlace") or not any(picture.crop((0, picture.height - 1, *picture.size)).tobytes())
        _decode_later_frames(picture, frames)
    if is_doubtful and not has_all_rows(stream):
        raise OSError("the data is truncated")


def _decode_bmp(stream: BinaryIO, _frames: int) -> None:
    from PIL import Image

    with Image.open(stream) as picture:
        picture.load()
        colours = len(picture.palette.palette) // 3 if picture.mode == "P" and picture.palette else None
        if colours is not None and cast("tuple[int, int]", picture.getextrema())[1] >= colours:
            raise DamagedError("its pixels refer to colours that it does not have")


def _decode_with_pillow(stream: BinaryIO, frames: int) -> None:
    from PIL import Image

    with Image.open(stream) as picture:
        picture.load()
        _decode_later_frames(picture, frames)


def _decode_later_frames(picture: Image.Image, frames: int) -> None:
    """Decode the frames after the first, up to a budget: damage in one of them is damage of the file.

    Does nothing if a frame needs too much memory for several copies.
    Raises DamagedError if one of them cannot be decoded, or is missing.
    """
    from . import webp_still

    pixels = picture.width * picture.height
    if pixels > webp_still.LARGE_PIXELS:
        return
    for number in range(1, min(frames, _MAX_ANIMATED_PIXELS // max(pixels, _LEAST_FRAME_PIXELS))):
        try:
            picture.seek(number)
            picture.load()
        except (ValueError, OSError, SyntaxError, EOFError):
            raise DamagedError(f"frame {number + 1} of {frames} cannot be decoded") from None


def _decode_avif(stream: BinaryIO, frames: int) -> str | None:
    """Raises HeifError if libavif refuses the file before it reads the data, as it does with structures it does not know."""
    from PIL import UnidentifiedImageError

    from .rewritten import rewritten

    try:
        try:
            _decode_with_pillow(stream, frames)
        except UnidentifiedImageError:
            joined = rewritten(stream, "avif")
            if joined is None:
                raise
            _decode_with_pillow(joined, frames)
            return say("its item properties are in several tables in place of one")
    except UnidentifiedImageError:
        raise HeifError(say("the available decoder cannot read its index")) from None
    except (ValueError, OSError, RuntimeError, SyntaxError) as error:
        if any(words in str(error) for words in _AVIF_DAMAGE):
            raise
        raise HeifError(say("the available decoder does not know its structure")) from None
    return None


def _decode_tiff(stream: BinaryIO, frames: int) -> None:
    from . import tiff_data

    _decode_with_pillow(stream, frames)
    tiff_data.verify(stream)


_DECODERS: dict[str, Callable[[BinaryIO, int], str | None]] = {
    "jpeg": _decode_jpeg,
    "png": _decode_png,
    "bmp": _decode_bmp,
    "avif": _decode_avif,
    "tiff": _decode_tiff,
}


def _guarded(read: Callable[[BinaryIO], _Read], source: Source) -> tuple[_Read | None, str | None]:
    """What a library's decoder returns, and the reason if it fails.

    Decoders raise any exception on hostile bytes (ValueError, SyntaxError, struct.error, OverflowError, …), so
    every Exception means "the data is bad". A missing library does not, nor does a HEIC file with a structure
    that is not read here: these exceptions are raised again.
    """
    from ..quiet import quiet
    from .decoding import in_plain_words

    source.stream.seek(0)
    try:
        with quiet():
            return read(source.stream), None
    except (ImportError, MissingLibraryError, HeifError, UndecodedError):
        raise
    except MemoryError:
        return None, _TOO_MUCH_MEMORY
    except Exception as error:
        if _SAID_OF_BITMAPS in str(error).lower():
            raise UndecodedError(say("its layout of bits is not decoded here")) from None
        return None, in_plain_words(error)
