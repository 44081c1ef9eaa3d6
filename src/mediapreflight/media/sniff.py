"""The format of a file from its bytes, never from its name."""

from __future__ import annotations

from typing import BinaryIO, Literal, NamedTuple

from .parsers.mpeg_audio import end_of_id3, find_audio_frames

HEAD_BYTES = 4096
_AC3_SYNC = b"\x0b\x77"
_LAST_AC3_VERSION = 10
_AC3_KBITS = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640)
# Formats that can have an ID3 tag before them.
_TAGGED = frozenset({"flac", "tta"})
_MPEGTS_PACKET = 188
_M2TS_PACKET = 192

Family = Literal["image", "stream", "other"]


class Sniffed(NamedTuple):
    """A format name and what reads it: `image` headers, a `stream` demuxer, or nothing (`other`: then `format` is what it is)."""

    format: str
    family: Family


_IMAGE_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"II+\x00", "tiff"),
    (b"MM\x00+", "tiff"),
    (b"8BPS", "psd"),
    (b"\x00\x00\x01\x00", "ico"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "jpeg2000"),
    (b"\xff\x4f\xff\x51", "jpeg2000"),
    (b"\x00\x00\x00\x0cJXL \r\n\x87\n", "jxl"),
    (b"\xff\x0a", "jxl"),
    (b"qoif", "qoi"),
)
_STREAM_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"fLaC", "flac"),
    (b"OggS", "ogg"),
    (b"FLV\x01", "flv"),
    (b"\x00\x00\x01\xba", "mpg"),
    (b"0&\xb2u\x8ef\xcf\x11", "asf"),
    (b"\x06\x0e+4\x02\x05\x01\x01\r\x01\x02", "mxf"),
    (b"#!AMR", "amr"),
    (b"caff\x00\x01", "caf"),
    (b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00", "w64"),
    (b".snd", "au"),
    (b"wvpk", "wavpack"),
    (b"TTA1", "tta"),
    (b"\x7f\xfe\x80\x01", "dts"),
)
_SIGNATURES = (
    *((signature, Sniffed(name, "image")) for signature, name in _IMAGE_SIGNATURES),
    *((signature, Sniffed(name, "stream")) for signature, name in _STREAM_SIGNATURES),
)
# None of the others needs to be looked at.
_BY_FIRST_BYTE = {
    first: [entry for entry in _SIGNATURES if entry[0][:1] == first] for first in {each[0][:1] for each in _SIGNATURES}
}
_OTHER_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"version https://git-lfs.github.com/spec/", "Git LFS pointer"),
    (b"%PDF-", "PDF document"),
    (b"PK\x03\x04", "ZIP archive"),
    (b"\x1f\x8b", "gzip archive"),
    (b"#EXTM3U", "HLS playlist"),
    (b"ffconcat version", "ffconcat script"),
    (b"v=0", "SDP session description"),
    (b"[playlist]", "playlist"),
    (b"\x7fELF", "program"),
    (b"MZ", "program"),
)
_MARKUP: tuple[tuple[bytes, str], ...] = (
    (b"<svg", "SVG drawing"),
    (b"<mpd", "DASH manifest"),
    (b"<!doctype html", "HTML page"),
    (b"<html", "HTML page"),
)
_RIFF_FORMS = {b"WAVE": Sniffed("wav", "stream"), b"AVI ": Sniffed("avi", "stream"), b"WEBP": Sniffed("webp", "image")}
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
# The same container with pictures coded in AVC, JPEG, JPEG 2000 or VVC.
_RARE_HEIF_BRANDS = {b"avci", b"jpeg", b"j2ki", b"vvic"}
_AVIF_BRANDS = {b"avif", b"avis"}
_ISOBMFF_BOXES = {b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp", b"sidx", b"moof"}
# What has no signature, in words.
UNNAMED = {"text": "plain text", "unrecognised data": "no known media format"}
_BMP_HEADER_SIZES = {12, 16, 40, 52, 56, 64, 108, 124}


def sniff(stream: BinaryIO) -> Sniffed:
    """The format of the stream from its first bytes (and, past an ID3 tag, from what follows it)."""
    stream.seek(0)
    head = stream.read(HEAD_BYTES)
    return (
        _by_signature(head)
        or _riff(head)
        or _iso_media(head)
        or _bitmap(head)
        or _matroska(head)
        or _other(head)
        or _transport_stream(head)
        or _dolby(stream, head)
        or _mpeg_audio(stream)
        or Sniffed("text" if is_text(head) else "unrecognised data", "other")
    )


def _by_signature(head: bytes) -> Sniffed | None:
    for signature, found in _BY_FIRST_BYTE.get(head[:1], ()):
        if head.startswith(signature):
            return found
    return None


def _riff(head: bytes) -> Sniffed | None:
    if head[:4] in (b"RIFF", b"RF64", b"BW64"):
        return _RIFF_FORMS.get(head[8:12])
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return Sniffed("aiff", "stream")
    return None


def _iso_media(head: bytes) -> Sniffed | None:
    box = head[4:8]
    if box not in _ISOBMFF_BOXES:
        return None
    if box != b"ftyp":
        # QuickTime files before 2001 have no ftyp box; other writers always put it first.
        return Sniffed("mp4" if box in (b"styp", b"sidx", b"moof") else "mov", "stream")
    length = min(int.from_bytes(head[:4], "big"), len(head))
    # A file with a small index names its codec in place of a version.
    major = head[12:16] if head[8:12] == b"mif3" else head[8:12]
    brands = {major, *(head[at : at + 4] for at in range(16, length - 3, 4))}
    if major in _AVIF_BRANDS or (major in _HEIF_BRANDS and brands & _AVIF_BRANDS):
        return Sniffed("avif", "image")
    if major in _HEIF_BRANDS | _RARE_HEIF_BRANDS:
        return Sniffed("heic", "image")
    if major == b"qt  ":
        return Sniffed("mov", "stream")
    if major in (b"M4A ", b"M4B "):
        return Sniffed("m4a", "stream")
    return Sniffed("3gp" if major[:2] == b"3g" else "mp4", "stream")


def _bitmap(head: bytes) -> Sniffed | None:
    is_bitmap = head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADER_SIZES
    return Sniffed("bmp", "image") if is_bitmap else None


def _matroska(head: bytes) -> Sniffed | None:
    if head[:4] != b"\x1a\x45\xdf\xa3":
        return None
    return Sniffed("webm" if b"webm" in head[:64] else "mkv", "stream")


def _other(head: bytes) -> Sniffed | None:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for signature, name in _OTHER_SIGNATURES:
        if text.startswith(signature):
            return Sniffed(name, "other")
    lowered = text.lower()
    if lowered.startswith(b"<"):
        found = [(lowered.find(tag), name) for tag, name in _MARKUP if tag in lowered]
        if found:
            return Sniffed(min(found)[1], "other")
        return Sniffed("XML document", "other") if lowered.startswith(b"<?xml") else None
    return None


def _transport_stream(head: bytes) -> Sniffed | None:
    for length, offset in ((_MPEGTS_PACKET, 0), (_M2TS_PACKET, 4)):
        syncs = head[offset::length]
        if len(syncs) > 2 and all(byte == 0x47 for byte in syncs[: len(syncs) - 1]):
            return Sniffed("ts", "stream")
    return None


def _dolby(stream: BinaryIO, head: bytes) -> Sniffed | None:
    """AC-3 and its successor: a frame, and another one after it unless the file ends there."""
    length = dolby_length(head)
    stream.seek(length)
    following = stream.read(2)
    return Sniffed("eac3" if _is_enhanced(head) else "ac3", "stream") if length and following in (_AC3_SYNC, b"") else None


def dolby_length(frame: bytes) -> int:
    """Bytes of the AC-3 or E-AC-3 frame with this beginning; 0 if it is none."""
    if len(frame) < 6 or not frame.startswith(_AC3_SYNC):
        return 0
    return 2 * (((frame[2] & 7) << 8 | frame[3]) + 1) if _is_enhanced(frame) else _ac3_bytes(frame[4])


def _is_enhanced(frame: bytes) -> bool:
    return frame[5] >> 3 > _LAST_AC3_VERSION


def _ac3_bytes(code: int) -> int:
    """Bytes of an AC-3 frame, by its rate and size codes; 0 for codes that no frame has. Source: ETSI TS 102 366, table 4.13."""
    rate, size = code >> 6, code & 63
    if rate > 2 or size >= 2 * len(_AC3_KBITS):
        return 0
    kbits = _AC3_KBITS[size // 2]
    return 2 * (kbits * 96000 // 44100 + (size & 1)) if rate == 1 else kbits * (4 if rate == 0 else 6)


def _mpeg_audio(stream: BinaryIO) -> Sniffed | None:
    behind_tags = end_of_id3(stream)
    if behind_tags:
        stream.seek(behind_tags)
        tagged = _by_signature(stream.read(HEAD_BYTES))
        # Some taggers put an ID3 tag before formats that have tags of their own; players skip it.
        if tagged is not None and tagged.format in _TAGGED:
            return tagged
    found = find_audio_frames(stream)
    return Sniffed(found, "stream") if found else None


def is_text(head: bytes) -> bool:
    """Whether the first bytes of a file are text in UTF-8."""
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        # A character may be cut in two at the end of the read part, but not at the end of the file.
        if len(head) < HEAD_BYTES or error.start < len(head) - 3:
            return False
        text = head[: error.start].decode("utf-8")
    return all(character.isprintable() or character in "\r\n\t\f" for character in text)
