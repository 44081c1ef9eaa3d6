"""The video is compressed with a codec that the model does not take.

The codec is read from the stream, not guessed from the container: an MP4 can contain H.264, HEVC, AV1, MPEG-4 part 2
or other codecs.

Why it matters: the service refuses the video, or fails while decoding it.

Fix: transcode it to H.264 (yuv420p).
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...media.facts import VideoFacts
from ..base import Fault, InputCase
from ..limits import not_among

LEVEL = "metadata"
FIXABLE = True
LIMIT = "video_codecs"


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the codec is not among the accepted ones."""
    facts = case.facts
    if isinstance(facts, VideoFacts):
        yield from not_among(
            case,
            case.role.video_codecs,
            facts.video_codec,
            say("the video codec"),
            say(
                "transcode it to h264",
            ),
        )
