"""Frames of a video that an edit list hides: damage in them may spread to those that are shown."""

from __future__ import annotations

import zlib
from collections.abc import Set
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from av.packet import Packet

# Their decoders can leave out one frame that no other needs; that of AV1 leaves out all from the start or none.
_SKIPS_UNNEEDED = frozenset({"h264", "hevc", "mpeg4", "mpeg2video"})
# Damage in a frame shows in those that follow at once, or never.
_FOLLOWERS = 50
_MAX_KEPT_BYTES = 2**26
# The header of a slice, and the length before it: with another one, frames that do not need this one change too.
_HEADER_BYTES = 40
_OTHER_BITS = 0x55
# What a demuxer tells a decoder beside the data of a packet.
_CHANGES: tuple[Literal["new_extradata", "palette"], ...] = ("new_extradata", "palette")


class _Place(NamedTuple):
    """Of a hidden packet among the kept ones; travels with it through the decoder."""

    number: int


class Hidden:
    """Packets that an edit list hides, and some after them. Damage in the former counts if it shows in the latter.

    `skips`: whether the decoder may leave out single frames that no other needs.

    Attributes:
        frames: how many of them were decoded.
    """

    def __init__(self, decoder: Any, codec: str, *, skips: bool) -> None:
        self.frames = 0
        self._decoder = decoder
        self._skipped = "NONREF" if skips and codec in _SKIPS_UNNEEDED else None
        self._kept: list[Packet[Any]] = []
        self._room = _MAX_KEPT_BYTES
        self._followers = self._waiting = self._failed = 0
        self._damaged: set[int] = set()

    def decode(self, packet: Packet[Any]) -> list[Any]:
        """The frames that the decoder returns for a hidden packet. FFmpeg would drop its frame, and the mark of its damage."""
        self._followers = 0
        self._keep(packet)
        before = self._decoder.skip_frame
        self._decoder.skip_frame = self._skipped or before
        try:
            return list(self._decoder.decode(_unmarked(packet, bytes(packet), len(self._kept) - 1)))
        finally:
            self._decoder.skip_frame = before

    def fail(self) -> None:
        """The last one did not decode."""
        self._waiting += 1

    def follow(self, packet: Packet[Any]) -> None:
        """A packet that is not hidden."""
        if not self._kept:
            return
        self._failed += self._waiting
        self._waiting = 0
        if self._followers < _FOLLOWERS:
            self._followers += 1
            self._keep(packet)

    def _keep(self, packet: Packet[Any]) -> None:
        self._room -= packet.size
        if self._room > 0:
            self._kept.append(packet)

    def sift(self, frames: list[Any]) -> list[Any]:
        """Those of the frames that are shown."""
        hidden = [frame for frame in frames if frame.opaque]
        self.frames += len(hidden)
        self._damaged.update(frame.opaque.number for frame in hidden if frame.is_corrupt)
        return [frame for frame in frames if not frame.opaque] if hidden else frames

    def spread(self) -> int:
        """How many fail or are damaged, and others need them: if more of their data is spoiled, what is shown changes.

        Others always need a key frame, which some decoders replace as a whole.
        """
        damaged = self._damaged & set(range(len(self._kept)))
        has_key = any(self._kept[number].is_keyframe for number in damaged)
        shows = has_key or (damaged and self._pictures(frozenset()) != self._pictures(damaged))
        return self._failed + (len(damaged) if shows else 0)

    def _pictures(self, spoiled: Set[int]) -> list[int]:
        """Checksums of what is shown. `spoiled`: packets of which most data is made wrong."""
        import av

        decoder = another(self._decoder)
        found = []
        for number, packet in enumerate([*self._kept, None]):
            try:
                frames = decoder.decode(_spoiled(packet, number) if packet and number in spoiled else packet)
            except av.FFmpegError:
                continue
            found += [zlib.crc32(frame.to_ndarray(format="gray")) for frame in frames if not frame.opaque]
        return found


def _spoiled(packet: Packet[Any], place: int) -> Packet[Any]:
    head, rest = bytes(packet)[:_HEADER_BYTES], bytes(packet)[_HEADER_BYTES:]
    return _unmarked(packet, head + bytes(byte ^ _OTHER_BITS for byte in rest), place)


def _unmarked(packet: Packet[Any], data: bytes, place: int) -> Packet[Any]:
    """The packet with these data and its place, without the mark of a hidden one."""
    import av

    # A packet made of bytes has no zeros behind them, where decoders read on.
    copy: Packet[Any] = av.Packet(len(data))
    copy.update(data)
    copy.time_base, copy.pts, copy.dts, copy.is_keyframe = packet.time_base, packet.pts, packet.dts, packet.is_keyframe
    copy.opaque = _Place(place)
    for kind in _CHANGES:
        if packet.has_sidedata(kind):
            copy.set_sidedata(packet.get_sidedata(kind))
    return copy


def another(decoder: Any) -> Any:
    """A new decoder of the same kind."""
    import av

    context: Any = av.CodecContext.create(decoder.codec.name, "r")
    context.extradata, context.thread_count, context.options = decoder.extradata, 1, decoder.options
    context.copy_opaque = True
    return context
