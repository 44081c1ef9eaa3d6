"""What follows the last packet that decodes: a tag, filler, the cut-off end of a download, or damage.

Streams without an index do not state where they end: a reader treats what follows as another frame, which then fails. Sources:
"ID3 tag version 1.1", "Lyrics3 v2.00", "APEv2 specification" (all at hydrogenaudio and id3.org).
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, NamedTuple

from ..parsers import amr
from ..parsers.id3 import FILLER, TAGS
from ..parsers.mpeg_audio import LAYERS, adts_length, find_audio_frames, mpeg_length
from ..sniff import dolby_length

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.packet import Packet

    from ..source import Source
    from .listening import Listener

# Formats that are frame after frame, up to the end of the file.
_BARE = frozenset({"mp3", "aac", "amr", "flac", "ac3", "eac3", "dts", "tta", "wavpack"})
_SEARCHED_BYTES = 2**16
# Of a frame of MP3.
_HEADER_BYTES = 4
# Less than this share of a file is in the place of no sound.
_FILLER_SHARE = 0.25
# At the end of a frame that is cut off.
_FILLED = bytes(4)


class Tail(NamedTuple):
    """`is_no_sound`: the refused bytes at the end are not sound and never were.

    `cut`: how the last frame shows that it is cut off; None if it is not. `is_filled`: whether something else stands where the
    rest of that frame was, and was decoded with it. `wasted`: bytes where sound should be and none is.
    """

    is_no_sound: bool = False
    cut: str | None = None
    is_filled: bool = False
    wasted: int = 0


def read_tail(source: Source, format: str, codec: str | None, listener: Listener, promised: int | None = None) -> Tail:
    """What the end of a file says about its sound. `promised`: how many frames its header states; None if it states none."""
    if format not in _BARE:
        # What makes the length of MP3 in a WAV even comes with it if the WAV states no length.
        is_padding = format == "wav" and codec in LAYERS and listener.refused == 1 and _is_short(listener.first_refused)
        return Tail(is_no_sound=is_padding)
    if filled := _filled(codec, bytes(listener.accepted) if listener.accepted else b""):
        return filled
    if listener.ends_garbled:
        return Tail(is_no_sound=True, cut="its last frame is not whole", is_filled=True)
    if listener.refused == 0:
        return _of_last_frame(codec, bytes(listener.last)) if listener.last and listener.is_whole else Tail()
    first = bytes(listener.first_refused) if listener.first_refused else b""
    length = _frame_bytes(codec, first)
    if length == 0:
        return _of_no_frame(source, listener, promised)
    if listener.refused > 1:
        return Tail()
    return Tail(cut="its last frame is not whole") if length is None else _of_last_frame(codec, first)


def _is_short(packet: Packet[AudioStream] | None) -> bool:
    return packet is not None and packet.size < _HEADER_BYTES


def is_no_sound(source: Source, format: str, at: int) -> bool:
    """Whether the file has no frame of a stream without an index from an offset on: then nothing is missing there."""
    if format not in _BARE:
        return False
    with source.peeking() as stream:
        stream.seek(at)
        return find_audio_frames(io.BytesIO(stream.read(_SEARCHED_BYTES))) is None


def _of_no_frame(source: Source, listener: Listener, promised: int | None) -> Tail:
    with source.peeking() as stream:
        stream.seek(listener.end)
        behind = stream.read(_SEARCHED_BYTES).lstrip(FILLER)
    rest = source.size - listener.end
    is_whole = behind.startswith(TAGS) or (not behind and _ends_whole(listener, promised))
    return Tail(is_no_sound=True, wasted=rest if not is_whole and rest > _FILLER_SHARE * source.size else 0)


def _ends_whole(listener: Listener, promised: int | None) -> bool:
    """Whether filler stands behind the sound and not in its place, as in a download that stopped."""
    if promised is not None:
        return promised <= len(listener.sound)
    return listener.accepted is not None and not bytes(listener.accepted).endswith(_FILLED)


def _filled(codec: str | None, frame: bytes) -> Tail | None:
    """The result if a tag is within the last frame that decodes; None if there is no such tag."""
    if codec not in (*LAYERS, "aac"):
        return None
    begins = [at for at in (frame.find(tag, 1) for tag in TAGS) if at > 0]
    if not begins or not frame[: min(begins)].strip(FILLER):
        return None
    length = max(_frame_bytes(codec, frame) or 0, len(frame))
    return Tail(is_no_sound=True, cut=f"its last frame has {min(begins)} of {length} bytes", is_filled=True)


def _of_last_frame(codec: str | None, frame: bytes) -> Tail:
    length = _frame_bytes(codec, frame)
    if length is not None and length > len(frame):
        return Tail(cut=f"its last frame has {len(frame)} of {length} bytes")
    return Tail()


def _frame_bytes(codec: str | None, frame: bytes) -> int | None:
    """How long the frame should be, in bytes; 0 if this does not begin a frame, None if the codec does not say."""
    if codec in LAYERS:
        return mpeg_length(frame, 0)
    if codec == "aac":
        return adts_length(frame, 0)
    if codec in ("ac3", "eac3"):
        return dolby_length(frame)
    return amr.frame_bytes(frame, codec) if codec in amr.CODECS else None
