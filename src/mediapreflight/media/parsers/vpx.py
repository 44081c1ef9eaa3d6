"""Packets of VP8 and VP9 with a reference frame that is never shown. Sources: RFC 6386, 9.1; VP9 Bitstream
Specification 0.7, 6.2 and annex B."""

from __future__ import annotations


def is_hidden(codec: str, packet: bytes) -> bool:
    """Whether nothing of a packet is shown; False for other codecs, and for packets in which a shown frame follows."""
    if not packet:
        return False
    first = packet[0]
    if codec == "vp8":
        return not first & 0x10
    if codec != "vp9" or first >> 6 != 2 or packet[-1] >> 5 == 6:
        return False
    # Profile 3 has one bit more before these.
    shows_older, is_shown = (0x04, 0x01) if first & 0x30 == 0x30 else (0x08, 0x02)
    return not first & (shows_older | is_shown)
