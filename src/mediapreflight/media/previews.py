"""What a page shows of a file: a small picture, frames of a video, the outline of a sound."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, NamedTuple

from ..errors import MediaPreflightError
from .facts import AudioFacts, Facts, ImageFacts, Problem, VideoFacts

if TYPE_CHECKING:
    import numpy as np
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from numpy.typing import NDArray
    from PIL import Image

# Pixels of the longest side.
_PICTURE_SIDE, _FRAME_SIDE = 480, 224
# The result may be a quarter smaller than requested.
_DECODED_SIDE = 640
_QUALITY = 74
_FRAMES = 6
_SOUND_RATE = 8000
_SAMPLES_A_PEAK = 160
_COLUMNS = 360


class Still(NamedTuple):
    """A small picture. `width` and `height` in its own pixels; `time_s`: of a frame, when it is shown."""

    jpeg: bytes
    width: int
    height: int
    time_s: float | None = None


class Sound(NamedTuple):
    """The outline of a sound: its peaks, 0 to 1 (full scale), in even steps over `duration_s`."""

    peaks: tuple[float, ...]
    duration_s: float


class Preview(NamedTuple):
    """What can be shown of one file. `trouble`: why something is missing."""

    stills: tuple[Still, ...] = ()
    sound: Sound | None = None
    trouble: str | None = None


NOTHING = Preview()


def preview_of(path: str, facts: Facts) -> Preview:
    """What can be shown of a local file with these facts. Never raises for bad media: `trouble` says why nothing is shown."""
    # A file that is known to be damaged is not decoded again for a preview.
    damage = [problem for problem in facts.problems if not problem.startswith((Problem.NOT_RUN, Problem.MISSTATED))]
    if damage:
        return Preview(trouble=damage[0])
    try:
        match facts:
            case ImageFacts():
                return Preview((_picture(path),))
            case VideoFacts():
                return _video(path, facts)
            case AudioFacts():
                return Preview(sound=outline_of(path))
    except ImportError as error:
        return Preview(trouble=f"{error.name or 'a library'} does not load")
    except MediaPreflightError as error:
        return Preview(trouble=str(error).removeprefix(f"{path}: "))
    return NOTHING


def _video(path: str, facts: VideoFacts) -> Preview:
    from .av.frames import sample_frames

    frames = sample_frames(path, _FRAMES, _FRAME_SIDE)
    stills = tuple(_still(_image(frame.picture.rgb), frame.time_s) for frame in frames)
    return Preview(stills, outline_of(path) if facts.audio_codec else None)


def _image(rgb: NDArray[np.uint8]) -> Image.Image:
    from PIL import Image

    return Image.fromarray(rgb)


def _picture(path: str) -> Still:
    from .image.pixels import load_picture, within

    return _still(_image(within(load_picture(path, _DECODED_SIDE).rgb, _PICTURE_SIDE)))


def _still(picture: Image.Image, time_s: float | None = None) -> Still:
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=_QUALITY, optimize=True)
    return Still(written.getvalue(), picture.width, picture.height, time_s)


def outline_of(path: str, columns: int = _COLUMNS) -> Sound | None:
    """The outline of a file's first sound track, in up to `columns` peaks; None without sound. Raises UnreadableMediaError."""
    from .av.containers import first_audio, opened_container
    from .image.decoding import guarded

    with opened_container(path) as container:
        stream = first_audio(container)
        return None if stream is None else guarded(path, lambda: _outline(container, stream, columns))


def _outline(container: InputContainer, stream: AudioStream, most: int) -> Sound | None:
    import numpy as np

    from .av.sound import mono

    parts: list[NDArray[np.float32]] = []
    rest = np.zeros(0, np.float32)
    heard = 0
    for piece in mono(container, stream, _SOUND_RATE):
        heard += len(piece)
        rest = np.concatenate([rest, np.nan_to_num(np.abs(piece))])
        whole = len(rest) // _SAMPLES_A_PEAK * _SAMPLES_A_PEAK
        parts.append(rest[:whole].reshape(-1, _SAMPLES_A_PEAK).max(axis=1))
        rest = rest[whole:]
    peaks = np.concatenate(parts) if parts else np.zeros(0, np.float32)
    if not len(peaks):
        return None
    columns = np.array_split(peaks, min(most, len(peaks)))
    return Sound(tuple(min(round(float(column.max()), 3), 1.0) for column in columns), heard / _SOUND_RATE)
