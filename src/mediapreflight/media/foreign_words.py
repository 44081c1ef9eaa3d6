"""Translate decoders' messages about bad data into this program's own words.

libjpeg-turbo, Pillow, zlib, libavif and FFmpeg name markers, functions and constants, which mean nothing to most readers.
"""

from __future__ import annotations

import re

from ..language import say

ENDS_EARLY = say("the file ends before its picture does")
UNPACKS_TO_TOO_MUCH = say("a compressed part of it is too large when decompressed")
TOO_MANY_PIXELS = say("it has more pixels than are decoded")
ONE_BYTE_LEFT = say("1 byte is left over where its data should end")
# The first match counts.
_MEANINGS = (
    (r"premature end of jpeg|truncated", ENDS_EARLY),
    (r"too large|too much memory", UNPACKS_TO_TOO_MUCH),
    (r"decompression bomb", TOO_MANY_PIXELS),
    (r"bad huffman code", say("its data contains a code that does not exist")),
    (r"premature end of data segment", say("its data ends before its picture does")),
    (r"\b1 extraneous bytes", ONE_BYTE_LEFT),
    (r"(?P<count>\d+) extraneous bytes", "{count} bytes are left over where its data should end"),
    (r"instead of rst", say("a restart is missing within its data")),
    (r"(quantization|huffman|arithmetic) table|bogus d[hqa]", say("a table that its data needs is missing or damaged")),
    (r"marker|\bso[sfi]\b|\bdnl\b|progressi|component|sampling", say("its parts contradict each other")),
    (r"bad header checksum in (?P<chunk>\w{4})", "its {chunk} chunk has a wrong checksum"),
    (r"broken png", say("one of its chunks is damaged")),
    (
        r"decompressing|incorrect \w+ check|invalid (stored|distance|block|code)",
        say("its compressed data is damaged"),
    ),
    (r"invalid palette", say("its palette has a wrong size")),
    (r"color planes", say("its colours cannot be decoded")),
    (r"alpha plane", say("its transparency cannot be decoded")),
    (r"next frame", say("one of its frames cannot be decoded")),
    (r"invalid data found", say("its structure cannot be read")),
    (r"end of file|unexpected eof", say("the file ends inside its header")),
)
# Python's notation for bytes.
_BYTES_SIGNS = re.compile(r"""b(['"])(.*?)\1""")


def meaning_of(error: Exception) -> str | None:
    """A sentence about the file for a decoder's message; None if the message means nothing to people who do not know the
    decoder."""
    # The full text of an OSError contains the file's name, which could match anything.
    said = _BYTES_SIGNS.sub(r"\2", getattr(error, "strerror", None) or str(error))
    for pattern, meaning in _MEANINGS:
        if found := re.search(pattern, said, re.IGNORECASE):
            return meaning.format(**found.groupdict())
    return None
