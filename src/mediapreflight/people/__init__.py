"""Who is in a picture or a video, and what is heard in a recording.

    content = see_picture("portrait.jpg")            # faces, with `bodies=True` bodies too
    content = watch_video("clip.mp4")                # the same for frames spread over its length
    facts = listen("voice.mp3")                      # speech, pauses, levels, clipping

They raise MissingLibraryError if a library or a system file it needs does not load, and UnreadableMediaError if the file cannot
be decoded. Detectors are loaded on first use, can be used from several threads, and are freed by `close_detectors` or when Python
ends.

May import: errors, language, media, system, workers.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from ..errors import UnreadableMediaError
from .facts import Body, Face, FrameContent, PictureContent, SpeechFacts, VideoContent

if TYPE_CHECKING:
    from ..media.image.pixels import Picture
    from .faces import Faces

__all__ = [
    "Body",
    "Face",
    "FrameContent",
    "PictureContent",
    "SpeechFacts",
    "UnreadableMediaError",
    "VideoContent",
    "close_detectors",
    "listen",
    "see_picture",
    "watch_video",
]

# One frame every five seconds of a one-minute video.
DEFAULT_SAMPLES = 12


def see_picture(path: str | os.PathLike[str], *, bodies: bool = False) -> PictureContent:
    """The faces of a picture; with `bodies` also all bodies."""
    from ..media.image.pixels import load_picture
    from .faces import LONGEST_SIDE
    from .upright import turn_to_upright

    picture = load_picture(path, LONGEST_SIDE)
    found, people = _seen(picture, bodies, lying=True)
    return PictureContent(
        width=picture.width,
        height=picture.height,
        **found._asdict(),
        **people,
        turn_deg=turn_to_upright(picture.rgb, found.faces),
    )


def watch_video(path: str | os.PathLike[str], *, samples: int = DEFAULT_SAMPLES, bodies: bool = False) -> VideoContent:
    """The faces in the first frame of a video and in up to `samples` - 1 more, spread over its length; with `bodies` also the
    bodies in the first frame.
    """
    from ..media.av.frames import sample_frames
    from .faces import LONGEST_SIDE

    frames = sample_frames(path, samples, LONGEST_SIDE)
    contents: list[FrameContent] = []
    for frame in frames:
        found, people = _seen(frame.picture, bodies and not contents)
        contents.append(FrameContent(time_s=frame.time_s, faces=found.faces, bystanders=found.bystanders, **people))
    return VideoContent(width=frames[0].picture.width, height=frames[0].picture.height, samples=tuple(contents))


def listen(path: str | os.PathLike[str]) -> SpeechFacts:
    """What is heard in the first sound track of a file."""
    from .speech import listen

    return listen(path)


def close_detectors() -> None:
    """Free the models; they are loaded again on the next use."""
    from . import bodies, detector

    detector.close_detectors()
    bodies.close_detectors()


def _seen(picture: Picture, with_bodies: bool, *, lying: bool = False) -> tuple[Faces, dict[str, Any]]:
    """The faces, and the people by their names in `PictureContent` if bodies are asked for."""
    from .faces import faces_in

    found = faces_in(picture, lying=lying)
    if not with_bodies:
        return found, {}
    from .bodies import people_in

    return found, people_in(picture, (*found.faces, *found.bystanders))._asdict()
