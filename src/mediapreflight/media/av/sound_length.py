"""How long the sound of a recording or a video plays: what was decoded, and what should have been. Times in seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..formats import DEMUXERS
from .containers import codec_of, sound_start
from .timing import sound_ticks

if TYPE_CHECKING:
    from av.audio.stream import AudioStream

    from .listening import Listener

# They end the sound within the last frame, which decoders play completely.
_EXACT = frozenset({"mov", "matroska"})
_LEAST_FEW_S = 0.05


def length_of_sound(listener: Listener, stream: AudioStream, format: str, *, is_unheard: bool = False) -> float:
    """How long all packets of a stream play; by their time stamps if not all were decoded.

    Time stamps of Vorbis and WMA do not add up to what is heard. Some containers are more exact than the decoder, and an Ogg
    file counts samples.

    Args:
        is_unheard: whether the packets that were refused at the end are not sound.
    """
    sound = listener.sound[: -listener.refused] if is_unheard else listener.sound
    stamped = sound_ticks(sound, sound_start(stream, format)) * listener.tick
    if not listener.is_whole or not listener.heard_s:
        return stamped
    decoded = listener.heard_s + listener.lost_s + (0.0 if is_unheard else listener.refused_s)
    counted = promised(stream)
    if codec_of(stream) == "vorbis" and format == "ogg" and counted and abs(decoded - counted) <= few(listener):
        return counted
    return stamped if DEMUXERS[format] in _EXACT and 0 <= decoded - stamped <= listener.frame_s else decoded


def promised(stream: AudioStream) -> float:
    """How long the container says that the stream lasts; 0 if it does not say."""
    return float(stream.duration * stream.time_base) if stream.duration and stream.time_base else 0.0


def few(listener: Listener) -> float:
    """The time within which encoders and decoders count the first and last frame differently."""
    return max(_LEAST_FEW_S, 2 * listener.frame_s)
