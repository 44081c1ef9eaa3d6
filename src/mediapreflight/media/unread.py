"""What a file is that `sniff` does not know: media of a format that is not read here, by the lists of FFmpeg and Pillow.

FFmpeg is asked only what the first bytes look like: all its demuxers are refused, so that none of them reads on.
"""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from .formats import DEMUXERS
from .parsers.mpeg_audio import end_of_id3
from .quiet import hush_log, quiet
from .sniff import HEAD_BYTES, is_text

if TYPE_CHECKING:
    from .source import Source


class Unread(NamedTuple):
    """`format`: a short name; `reason`: why the file is not read here."""

    format: str
    reason: str
    is_picture: bool


# Those that FFmpeg and Pillow do not know, or take for something else: FFmpeg plays RIFX as noise. The last: whether a picture.
_SIGNATURES: tuple[tuple[bytes, str, str, bool], ...] = (
    (b"RIFX", "rifx", "RIFX (WAV of the other byte order)", False),
    (b"ADIF", "adif", "AAC with an ADIF header", False),
    (b"OFR ", "optimfrog", "OptimFROG", False),
    (b"LA0", "la", "Lossless Audio (LA)", False),
    (b"MThd", "midi", "MIDI", False),
    (b"TTA2", "tta2", "TTA2", False),
    (b"II\xbc", "jxr", "JPEG XR", True),
    (b"FUJIFILMCCD-RAW", "raf", "Fujifilm's raw format", True),
    (b"FOVb", "x3f", "Sigma's raw format", True),
    (b"\0MRM", "mrw", "Minolta's raw format", True),
    (b"IIRO", "orf", "Olympus's raw format", True),
    (b"IIRS", "orf", "Olympus's raw format", True),
    (b"IIU\0", "rw2", "Panasonic's raw format", True),
    (b"P7\n", "pam", "PAM (Portable AnyMap)", True),
    # Its header is text, and may be longer than what FFmpeg is asked about.
    (b"SIMPLE  =", "fits", "FITS (Flexible Image Transport System)", True),
)
# Pillow's names of pictures that FFmpeg does not know, or that are text: it takes any `#define` for a picture.
_OF_PILLOW = ("CUR", "ICNS", "PPM", "TGA", "XBM", "XPM")
_OPINION = re.compile(r"Format (\w+) probed with size=\d+ and score=(\d+)")
# FFmpeg's scores go up to 100. Of 1,420 files that are neither text nor media it gives one to three, which are subtitles.
_LEAST_SCORE = 50
_OF_PICTURE = "_pipe"
_PICTURES_OF_FFMPEG = frozenset({"msp"})
# FFmpeg's level for no messages.
_QUIET = -8
_lock = threading.Lock()


def unread(source: Source) -> Unread | None:
    """The format of media that is not read here; None if the file is no media. Raises ImportError."""
    source.stream.seek(0)
    head = source.stream.read(HEAD_BYTES)
    return _by_signature(head) or (None if is_text(head) else _by_ffmpeg(source)) or _by_pillow(source.stream)


def _by_signature(head: bytes) -> Unread | None:
    found = (
        Unread(format, _not_read(name), is_picture) for start, format, name, is_picture in _SIGNATURES if head.startswith(start)
    )
    return next(found, None)


def _by_ffmpeg(source: Source) -> Unread | None:
    from av.format import ContainerFormat

    opinion = _opinion_of_ffmpeg(source)
    if opinion is None or int(opinion[2]) < _LEAST_SCORE:
        return None
    demuxer = opinion[1]
    if demuxer.endswith(_OF_PICTURE):
        format = demuxer.removesuffix(_OF_PICTURE)
        return Unread(format, _not_read(_name_of_codec(format)), is_picture=True)
    name = ContainerFormat(demuxer, "r").long_name
    if demuxer in DEMUXERS.values():
        is_tagged = end_of_id3(source.stream) > 0
        reason = f"{name} behind an ID3 tag is not read here" if is_tagged else f"{name} behind other bytes is not read here"
        return Unread(demuxer, reason, is_picture=False)
    return Unread(demuxer, _not_read(name), is_picture=demuxer in _PICTURES_OF_FFMPEG)


def _name_of_codec(name: str) -> str:
    """Its long name; a few demuxers of pictures have another name than their codec."""
    from av.codec import Codec

    try:
        return Codec(name, "r").long_name.removesuffix(" decoder")
    except ValueError:
        return name


def _opinion_of_ffmpeg(source: Source) -> re.Match[str] | None:
    """What FFmpeg logs of the bytes before it finds that their demuxer is refused. It says so in its log alone."""
    import av
    from av import logging

    from .av.containers import Reader

    # Only this thread's messages are kept; those of others must not be printed meanwhile.
    hush_log("libav")
    with _lock, logging.Capture() as messages:
        before = logging.get_level()
        logging.set_level(logging.DEBUG)
        try:
            av.open(Reader(source, ""), mode="r", options={"format_whitelist": "none", "protocol_whitelist": "none"}).close()
        except (av.FFmpegError, ValueError, OSError):
            pass
        finally:
            if before is None or before == logging.PANIC:
                _end_logging()
            else:
                logging.set_level(before)
    return next(filter(None, (_OPINION.match(text) for _, _, text in messages)), None)


def _end_logging() -> None:
    """FFmpeg logs nothing, as by default. The level stays a number: PyAV may still compare messages of other threads with it."""
    from av import logging

    logging.set_level(logging.PANIC)
    logging.set_libav_level(_QUIET)
    logging.restore_default_callback()


def _by_pillow(stream: BinaryIO) -> Unread | None:
    from PIL import Image

    Image.init()
    stream.seek(0)
    try:
        with quiet(), Image.open(stream, formats=_OF_PILLOW) as picture:
            return Unread(str(picture.format).lower(), _not_read(str(picture.format_description)), is_picture=True)
    except Exception:  # Its readers raise any exception on hostile bytes; those of another format are none of this one.
        return None


def _not_read(name: str) -> str:
    return f"{name} is a format that is not read here"
