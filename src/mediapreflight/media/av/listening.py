"""Decode the sound of a recording packet by packet: how long it plays, how loud it is, and what is lost."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast

from ..facts import Gap, Problem, counted
from ..parsers import amr
from ..parsers.flac import frame_number
from ..parsers.id3 import FILLER, TAGS
from ..sniff import dolby_length
from .containers import codec_of, is_end, sample_type, stored_planes
from .timing import SoundPacket

if TYPE_CHECKING:
    from collections.abc import Container

    from av.audio.codeccontext import AudioCodecContext
    from av.audio.stream import AudioStream
    from av.packet import Packet
    from numpy.typing import NDArray

# The longest documented recording is 180 s; after ten minutes samples are only counted.
MAX_DECODED_S = 600.0
# The largest number of places with lost sound that are listed.
MAX_GAPS = 20
# Stamps in milliseconds and frames that do not end with a packet make whole files of WMA differ by 11 ms; a frame has 32 or more.
_LEAST_MISSING_S = 0.03
_FEW_PLACES, _FEW_SHARE = 1, 0.01
# FFmpeg subtracts what the last page of an Ogg file cuts off the last packet in unsigned 32 bits.
_UNSIGNED_WRAP = 2**32
# How many channels of frames are measured at once.
_MEASURED_PIECES = 128
# Codecs whose frames have checksums that all encoders write.
_CHECKSUMMED = frozenset({"flac", "ac3", "eac3", "wavpack", "tta"})


class Listener:
    """Decodes packets, up to `most_s` seconds of sound; what follows, or all without decoding, only has its times recorded.

    `is_bare`: whether packets are found by their first bytes. Bytes that do not begin a packet then belong to the one before.
    `tags`: the offsets of tags between packets, which a reader makes packets of.
    The loudest sample is found only on request.

    Attributes:
        sound: when its packets are played.
        stored_s: how long all packets last, including those that are never played.
        start_s: when the first sound is heard, or should be, by the container's clock; None if nothing was given to a decoder.
        heard_s: how long the decoded sound lasts. `frame_s`: the longest piece of it.
        lost: packets that do not decode although sound follows; `gaps`: the first places of this kind.
        refused: packets that do not decode after the last one that does; `first_refused`: the first of them.
        last: the last packet of all. `accepted`: the last one that decodes.
        first: the time stamp of the first packet that has one. `span_s`: from there to the end of the last one.
        garbled: places where frames of MP3 decode to garbled sound; `garbled_at_s`: when the first of them is heard.
        ends_garbled: whether the last frame that decodes is such a place.
        behind_s: how far decoded sound of a WMA or WMV falls behind time stamps, more than it does from its first sound on.
    """

    def __init__(
        self,
        stream: AudioStream,
        *,
        decode: bool = True,
        is_bare: bool = False,
        tags: Container[int] = (),
        finds_peak: bool = True,
        most_s: float = MAX_DECODED_S,
    ) -> None:
        self.tick = float(stream.time_base or 0)
        self.sound: list[SoundPacket] = []
        self.start_s: float | None = None
        self.stored_s = self.heard_s = self.frame_s = 0.0
        self.lost = self.refused = 0
        self.lost_s = self.refused_s = self.behind_s = 0.0
        self.gaps: list[Gap] = []
        self.first_refused: Packet[AudioStream] | None = None
        self.last: Packet[AudioStream] | None = None
        self.accepted: Packet[AudioStream] | None = None
        self._meter = _PeakMeter() if finds_peak else None
        self._most_s = min(most_s, MAX_DECODED_S)
        self._codec = codec_of(stream)
        self._is_amr = self._codec in amr.CODECS
        # Other decoders start late or skip a packet in whole files.
        self._counts_on_stamps = stream.container.format.name == "asf"
        self._is_bare = is_bare
        self._tags = tags
        self._accepted = self._accepted_bytes = 0
        self.garbled = 0
        self.garbled_at_s = 0.0
        self.ends_garbled = False
        self._strict: AudioCodecContext | None = None
        self.first: int | None = None
        self.span_s = 0.0
        self._delay_s: float | None = None
        # Readers pass over broken frames of FLAC. Most files count their samples, which tells.
        self._looks_at_numbers = stream.container.format.name == "flac" and not stream.duration
        self._before_s: float | None = None
        self._is_decodable = decode and stream.codec_context is not None
        if self._is_decodable and self._codec in _CHECKSUMMED and not stream.codec_context.is_open:
            # By default their decoders play a frame with a wrong checksum.
            stream.codec_context.options = {"err_detect": "crccheck+explode"}
        if self._is_decodable and self._codec == "mp3":
            self._strict = _strict_decoder(stream.codec_context.codec.name)

    @property
    def is_whole(self) -> bool:
        """Whether every packet was also given to a decoder."""
        return self._is_decodable and self.heard_s + self.lost_s + self.refused_s <= self._most_s

    @property
    def end(self) -> int:
        """The offset behind the last packet that decodes, in bytes."""
        return (self.accepted.pos or 0) + self.accepted.size if self.accepted else 0

    @property
    def peak(self) -> float:
        """The loudest sample, 1 at full scale; 0 if it was not asked for."""
        return self._meter.peak if self._meter else 0.0

    def feed(self, packet: Packet[AudioStream]) -> None:
        """The next packet of the stream, or the mark behind its last."""
        size, stamp, duration = packet.size, packet.pts, packet.duration or 0
        seconds = duration * self.tick
        if size:
            self.last = packet
            self.stored_s += seconds
            if not packet.is_discard:
                self.sound.append(SoundPacket(stamp, duration if duration < _UNSIGNED_WRAP // 2 else duration - _UNSIGNED_WRAP))
        if stamp is not None:
            if self.first is None:
                self.first = stamp
            span_s = (stamp - self.first) * self.tick + seconds
            self.span_s = max(self.span_s, span_s)
        if not self.is_whole or not (size or is_end(packet)):
            return
        if not size and self.refused == 1 and (frame := self._last_frame()):
            # A tag behind it came with it.
            self.first_refused, self.refused, self.refused_s = None, 0, 0.0
            self._hear(frame, frame.duration or 0)
        self._hear(packet, duration)

    def _hear(self, packet: Packet[AudioStream], duration: int) -> None:
        import av

        size, stamp, seconds = packet.size, packet.pts, duration * self.tick
        if self._counts_on_stamps and self.heard_s and stamp is not None:
            self._compare_with(stamp)
        if self._is_amr and amr.is_damaged(bytes(packet), self._codec or ""):
            self._refuse(packet, seconds)
            return
        try:
            frames = packet.decode()
        except av.FFmpegError:
            if self._is_amr and amr.is_silence(bytes(packet)):
                self.heard_s += seconds
            else:
                self._refuse(packet, seconds)
            return
        stored = [stored_planes(frame) for frame in frames] if self._meter or self._strict else []
        if size:
            self._accept(packet)
            if self._looks_at_numbers:
                self._look_at_number(packet)
            if self._strict:
                self._listen_again(self._strict, packet, stored)
        if self._meter:
            for frame, planes in zip(frames, stored, strict=True):
                self._meter.add(sample_type(frame), planes)
        if frames and self.start_s is None:
            self.start_s = frames[0].time
        for frame in frames:
            seconds = frame.samples / (frame.sample_rate or 1)
            self.heard_s += seconds
            self.frame_s = max(self.frame_s, seconds)

    def _last_frame(self) -> Packet[AudioStream] | None:
        """The refused frame of Dolby's codecs without the tag or filler behind it; None if there is nothing like that."""
        import av

        refused = bytes(self.first_refused) if self.first_refused else b""
        length = dolby_length(refused) if self._codec in ("ac3", "eac3") else 0
        behind = refused[length:].lstrip(FILLER)
        if self.first_refused is None or not 0 < length < len(refused) or (behind and not behind.startswith(TAGS)):
            return None
        frame = cast("Packet[AudioStream]", av.Packet(length))
        frame.update(refused[:length])
        frame.stream, frame.time_base = self.first_refused.stream, self.first_refused.time_base
        frame.pts, frame.duration = self.first_refused.pts, self.first_refused.duration
        return frame

    def _listen_again(self, strict: AudioCodecContext, packet: Packet[AudioStream], stored: list[list[bytes]]) -> None:
        """Whether a decoder that silences a frame whose data run past their own end hears something else."""
        import av

        try:
            others = [stored_planes(frame) for frame in strict.decode(packet)]
        except av.FFmpegError:
            others = []
        was_garbled, self.ends_garbled = self.ends_garbled, stored != others
        if self.ends_garbled and not was_garbled:
            self.garbled_at_s = self.garbled_at_s if self.garbled else self.heard_s + self.lost_s
            self.garbled += 1

    def _look_at_number(self, packet: Packet[AudioStream]) -> None:
        """Whether frames of FLAC before this one were passed over."""
        found = frame_number(bytes(packet))
        if found is None:
            return
        # All frames but the last are as long as the longest, or count samples.
        unit = self.tick if found.counts_samples else max(self.frame_s, (packet.duration or 0) * self.tick)
        before = found.value * unit - self.heard_s - self.lost_s
        if self._before_s is None or before < self._before_s:
            self._before_s = before
        missing = before - self._before_s
        if missing > self.tick / 2:
            self.miss(Gap(at_s=round(self.heard_s + self.lost_s, 3), length_s=round(missing, 3)), missing)

    def miss(self, gap: Gap, seconds: float, packets: int = 1) -> None:
        """Count sound as lost: so many packets at a place."""
        if len(self.gaps) < MAX_GAPS:
            self.gaps.append(gap)
        self.lost += packets
        self.lost_s += seconds

    def _compare_with(self, stamp: int) -> None:
        behind = (stamp - (self.first or 0)) * self.tick - self.heard_s - self.lost_s - self.refused_s
        if self._delay_s is None:
            self._delay_s = behind
        self.behind_s = max(self.behind_s, behind - self._delay_s)

    def _refuse(self, packet: Packet[AudioStream], seconds: float) -> None:
        self.first_refused = self.first_refused or packet
        if self.start_s is None and packet.pts is not None:
            self.start_s = packet.pts * self.tick
        self.refused += 1
        if self._is_bare and self._accepted:
            seconds *= max(round(packet.size * self._accepted / self._accepted_bytes), 1)
        self.refused_s += seconds

    def _accept(self, packet: Packet[AudioStream]) -> None:
        """Sound follows the refused packets: they were sound too, and are lost."""
        self.accepted = packet
        if self._is_bare:
            self._accepted += 1
            self._accepted_bytes += packet.size
        if self.first_refused is None:
            return
        if self.first_refused.pos in self._tags:
            # The reader took the head of the first frame behind it for a part of the tag, so the second may lack data.
            self.ends_garbled = True
        else:
            at_s = max((self.first_refused.pts or 0) * self.tick, 0.0)
            untimed = self.refused_s - ((packet.pts or 0) - (self.first_refused.pts or 0)) * self.tick
            gap = Gap(at_s=round(at_s, 3), length_s=round(self.refused_s, 3), untimed_s=round(max(untimed, 0.0), 3))
            # Behind a broken header a reader makes packets of what is between it and the next frames.
            self.miss(gap, self.refused_s, 1 if self._is_bare else self.refused)
        self.first_refused, self.refused, self.refused_s = None, 0, 0.0


def garbled_sound(listener: Listener) -> str | None:
    """The entry for `Facts.problems` if frames of MP3 decode to garbled sound.

    Some old encoders, such as BladeEnc, count the data of one frame in thirty wrong: where many are wrong, nothing is damaged.
    """
    count = listener.garbled
    if not count or count > max(_FEW_PLACES, len(listener.sound) * _FEW_SHARE):
        return None
    one = f"its sound is damaged in 1 place, at {listener.garbled_at_s:.2f} s"
    several = f"its sound is damaged in {{count}} places, the first at {listener.garbled_at_s:.2f} s"
    return Problem.CORRUPT.because(counted(count, one, several))


def _strict_decoder(name: str) -> AudioCodecContext:
    import av

    context = cast("AudioCodecContext", av.CodecContext.create(name, "r"))
    context.options = {"err_detect": "compliant"}
    return context


def missing_sound(listener: Listener) -> str | None:
    """The entry for `Facts.problems` if less sound of a WMA or WMV is decoded than its time stamps require."""
    if listener.behind_s <= _LEAST_MISSING_S:
        return None
    return Problem.CORRUPT.because(f"{listener.behind_s:.2f} s of its sound is missing between its time stamps")


class _PeakMeter:
    """The loudest sample of many frames. Frames are short, and a call of numpy takes longer than what it does to one of them."""

    def __init__(self) -> None:
        self._waiting: list[bytes] = []
        self._type = ""
        self._peak = 0.0

    def add(self, type: str, planes: list[bytes]) -> None:
        """The samples of the next frame, and their numpy type."""
        if len(self._waiting) >= _MEASURED_PIECES or type != self._type:
            self._measure()
            self._type = type
        self._waiting += planes

    @property
    def peak(self) -> float:
        """The largest sample so far, 1 at full scale."""
        self._measure()
        return self._peak

    def _measure(self) -> None:
        import numpy as np

        together = b"".join(self._waiting)
        if together:
            self._peak = max(self._peak, _peak_of(np.frombuffer(together, self._type)))
        self._waiting.clear()


def _peak_of(stored: NDArray[Any]) -> float:
    import numpy as np

    if stored.dtype == np.uint8:
        return float(np.abs(stored.astype(np.int16) - 128).max()) / 128
    largest: float = max(float(stored.max()), -float(stored.min()))
    if stored.dtype.kind == "i":
        return largest / float(2 ** (8 * stored.dtype.itemsize - 1))
    return largest if math.isfinite(largest) else float(np.abs(stored[np.isfinite(stored)]).max(initial=0))
