"""Files as trees of named parts, for mutations that a reader does not turn away at the first byte.

`parse` and `build` undo each other. Lengths and checksums are made anew when a tree is built, so a change in one part leaves the
rest of the file readable; a part whose `lie` is set states that length instead of its own.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(eq=False)
class Node:
    """A part of a file: its `tag`, and either bytes or parts. `prefix`: bytes of the body before its first part."""

    tag: bytes
    body: bytes = b""
    parts: list[Node] | None = None
    prefix: bytes = b""
    lie: int | None = None

    def all(self) -> list[Node]:
        """This part and everything below it."""
        return [self, *(node for part in self.parts or () for node in part.all())]


@dataclass(frozen=True)
class Syntax:
    """How the files of one family are taken apart and put together. `tags`: names of parts that mean something."""

    parse: Callable[[bytes], list[Node]]
    build: Callable[[list[Node]], bytes]
    tags: tuple[bytes, ...] = field(default=())


def syntax_of(data: bytes) -> Syntax | None:
    """How this file is taken apart; None where it has no such structure."""
    if data[:8] == _PNG_SIGNATURE:
        return PNG
    if data[:2] == b"\xff\xd8":
        return JPEG
    if data[4:8] in (b"ftyp", b"moov", b"free", b"mdat", b"jP  "):
        return BOXES
    if data[:4] == b"RIFF":
        return RIFF
    if data[:4] == b"FORM":
        return IFF
    if data[:4] == b"\x1a\x45\xdf\xa3":
        return EBML
    return OGG if data[:4] == b"OggS" else None


# --- PNG

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def _parse_png(data: bytes) -> list[Node]:
    nodes, at = [], 8
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        nodes.append(Node(data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += 12 + length
    return nodes


def _build_png(nodes: list[Node]) -> bytes:
    pieces = [_PNG_SIGNATURE]
    for node in nodes:
        length = len(node.body) if node.lie is None else node.lie & 0xFFFFFFFF
        pieces += [struct.pack(">I", length), node.tag, node.body, struct.pack(">I", zlib.crc32(node.tag + node.body))]
    return b"".join(pieces)


# --- JPEG

_STANDALONE = frozenset({0x01, *range(0xD0, 0xDA)})


def _parse_jpeg(data: bytes) -> list[Node]:
    """Segments; what follows a start of scan stays one piece."""
    nodes, at = [], 0
    while at + 2 <= len(data) and data[at] == 0xFF:
        marker = data[at : at + 2]
        if marker[1] in _STANDALONE:
            nodes.append(Node(marker))
            at += 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if marker[1] == 0xDA or length < 2:
            break
        nodes.append(Node(marker, data[at + 4 : at + 2 + length]))
        at += 2 + length
    return [*nodes, Node(b"", data[at:])]


def _build_jpeg(nodes: list[Node]) -> bytes:
    pieces = []
    for node in nodes:
        pieces.append(node.tag)
        if len(node.tag) == 2 and node.tag[1] not in _STANDALONE:
            length = len(node.body) + 2 if node.lie is None else node.lie
            pieces.append(struct.pack(">H", length & 0xFFFF))
        pieces.append(node.body)
    return b"".join(pieces)


# --- boxes of ISO media files

_CONTAINERS = frozenset(
    b"moov trak mdia minf stbl edts udta dinf mvex moof traf mfra ilst iprp ipco sinf schi jp2h tref gmhd wave".split()
)
_FULL_CONTAINERS = {b"meta": 4, b"stsd": 8, b"dref": 8, b"iinf": 6, b"iref": 4}


def _parse_boxes(data: bytes) -> list[Node]:
    nodes, at = [], 0
    while at + 8 <= len(data):
        length, tag = struct.unpack_from(">I4s", data, at)
        start = at + 8
        if length == 1:
            length, start = int.from_bytes(data[at + 8 : at + 16], "big"), at + 16
        elif length == 0:
            length = len(data) - at
        if length < start - at:
            break
        body = data[start : at + length]
        skip = _FULL_CONTAINERS.get(tag, 0)
        if tag in _CONTAINERS or (skip and len(body) >= skip):
            nodes.append(Node(tag, parts=_parse_boxes(body[skip:]), prefix=body[:skip]))
        else:
            nodes.append(Node(tag, body))
        at += length
    return [*nodes, Node(b"", data[at:])] if at < len(data) else nodes


def _build_boxes(nodes: list[Node]) -> bytes:
    pieces = []
    for node in nodes:
        body = node.prefix + _build_boxes(node.parts) if node.parts is not None else node.body
        if not node.tag:
            pieces.append(body)
        elif node.lie is not None and node.lie > 0xFFFFFFFF:
            pieces += [struct.pack(">I4sQ", 1, node.tag, node.lie & 2**64 - 1), body]
        else:
            length = len(body) + 8 if node.lie is None else node.lie
            pieces += [struct.pack(">I4s", length & 0xFFFFFFFF, node.tag), body]
    return b"".join(pieces)


# --- RIFF (little endian) and IFF (big endian)


def _parse_chunks(order: str, data: bytes) -> list[Node]:
    nodes, at = [], 0
    while at + 8 <= len(data):
        tag, length = struct.unpack_from(order + "4sI", data, at)
        body = data[at + 8 : at + 8 + length]
        if tag in (b"RIFF", b"LIST", b"FORM") and len(body) >= 4:
            nodes.append(Node(tag, parts=_parse_chunks(order, body[4:]), prefix=body[:4]))
        else:
            nodes.append(Node(tag, body))
        at += 8 + length + (length & 1)
    return nodes


def _build_chunks(order: str, nodes: list[Node]) -> bytes:
    pieces = []
    for node in nodes:
        body = node.prefix + _build_chunks(order, node.parts) if node.parts is not None else node.body
        length = len(body) if node.lie is None else node.lie
        pieces += [struct.pack(order + "4sI", node.tag[:4].ljust(4), length & 0xFFFFFFFF), body, b"\0" * (len(body) & 1)]
    return b"".join(pieces)


# --- EBML: Matroska and WebM

_EBML_CONTAINERS = frozenset(
    number.to_bytes((number.bit_length() + 7) // 8, "big")
    for number in (
        *(0x1A45DFA3, 0x18538067, 0x114D9B74, 0x4DBB, 0x1549A966, 0x1654AE6B, 0xAE, 0xE0, 0xE1, 0x6D80, 0x6240, 0x5035),
        *(0x1C53BB6B, 0xBB, 0xB7, 0x1254C367, 0x7373, 0x67C8, 0x7670, 0x1F43B675, 0xA0, 0x55B0, 0x1941A469, 0x61A7),
    )
)


def _parse_ebml(data: bytes) -> list[Node]:
    nodes, at = [], 0
    while at < len(data):
        tag_bytes = 9 - data[at].bit_length()
        place = at + tag_bytes
        size_bytes = 9 - data[place].bit_length() if place < len(data) else 9
        if tag_bytes > 4 or size_bytes > 8:
            break
        length = int.from_bytes(data[place : place + size_bytes], "big") & (1 << 7 * size_bytes) - 1
        start = place + size_bytes
        if length == (1 << 7 * size_bytes) - 1:
            length = len(data) - start
        tag, body = data[at:place], data[start : start + length]
        nodes.append(Node(tag, parts=_parse_ebml(body)) if tag in _EBML_CONTAINERS else Node(tag, body))
        at = start + length
    return [*nodes, Node(b"", data[at:])] if at < len(data) else nodes


def _build_ebml(nodes: list[Node]) -> bytes:
    pieces = []
    for node in nodes:
        body = _build_ebml(node.parts) if node.parts is not None else node.body
        if not node.tag:
            pieces.append(body)
            continue
        length = len(body) if node.lie is None else node.lie
        pieces += [node.tag, (1 << 56 | length & (1 << 56) - 1).to_bytes(8, "big"), body]
    return b"".join(pieces)


# --- Ogg


def _parse_ogg(data: bytes) -> list[Node]:
    """Pages; the tag of each is its header without the lacing, so that any part of it can be changed."""
    nodes, at = [], 0
    while data[at : at + 4] == b"OggS" and at + 27 <= len(data):
        count = data[at + 26]
        lacing = data[at + 27 : at + 27 + count]
        end = at + 27 + count + sum(lacing)
        nodes.append(Node(b"OggS", data[at + 4 : end]))
        at = end
    return nodes


def _build_ogg(nodes: list[Node]) -> bytes:
    pieces = []
    for node in nodes:
        page = b"OggS" + node.body
        if len(page) >= 26:
            page = page[:22] + bytes(4) + page[26:]
            page = page[:22] + struct.pack("<I", _ogg_checksum(page)) + page[26:]
        pieces.append(page)
    return b"".join(pieces)


def _checksum_of(byte: int) -> int:
    value = byte << 24
    for _ in range(8):
        value = (value << 1 ^ 0x04C11DB7 if value & 0x80000000 else value << 1) & 0xFFFFFFFF
    return value


_CHECKSUMS = tuple(map(_checksum_of, range(256)))


def _ogg_checksum(page: bytes) -> int:
    """CRC-32 with the polynomial of RFC 3533, not reflected, from 0: none that zlib has."""
    value = 0
    for byte in page:
        value = (value << 8 & 0xFFFFFFFF) ^ _CHECKSUMS[value >> 24 ^ byte]
    return value


PNG = Syntax(_parse_png, _build_png, tuple(b"IHDR PLTE IDAT IEND tRNS acTL fcTL fdAT eXIf iTXt zTXt tEXt iCCP gAMA sRGB".split()))
JPEG = Syntax(_parse_jpeg, _build_jpeg, tuple(bytes([0xFF, marker]) for marker in range(0xC0, 0x100)))
BOXES = Syntax(
    _parse_boxes,
    _build_boxes,
    (
        *sorted(_CONTAINERS),
        *_FULL_CONTAINERS,
        *b"ftyp mvhd tkhd mdhd hdlr stts stsc stsz stco co64 ctts stss elst trex tfhd tfdt trun mdat free sidx pitm".split(),
        *b"iloc infe ispe irot imir clap pixi colr auxC ipma idat avc1 hvc1 av01 mp4a encv tmcd rdrf cmov jp2c ihdr".split(),
    ),
)
RIFF = Syntax(
    lambda data: _parse_chunks("<", data),
    lambda nodes: _build_chunks("<", nodes),
    tuple(
        tag.ljust(4) for tag in b"RIFF LIST fmt data ds64 fact avih strh strf idx1 indx VP8 VP8L VP8X ANIM ANMF ALPH EXIF".split()
    ),
)
IFF = Syntax(
    lambda data: _parse_chunks(">", data), lambda nodes: _build_chunks(">", nodes), (b"FORM", b"COMM", b"SSND", b"MARK", b"ID3 ")
)
EBML = Syntax(_parse_ebml, _build_ebml, tuple(sorted(_EBML_CONTAINERS)))
OGG = Syntax(_parse_ogg, _build_ogg, (b"OggS",))
