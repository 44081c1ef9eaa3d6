"""What a page shows of a file: a small picture, frames of a video, the outline of a sound. Only this module opens files."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from ...errors import MediaPreflightError, UnreadableMediaError
from ...job import is_local
from ...probe.facts import AudioFacts, Facts, ImageFacts, Problem, VideoFacts

if TYPE_CHECKING:
    import numpy as np
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from numpy.typing import NDArray
    from PIL import Image

    from ...containment import Containment

# Pixels of the longest side.
_PICTURE_SIDE, _FRAME_SIDE = 480, 224
_QUALITY = 74
_FRAMES = 6
# What shows through transparent pictures: the middle between black and white.
_BEHIND = (128, 128, 128)
# Turns that bring a stored picture upright, by EXIF orientation, in the names of `PIL.Image.Transpose`.
_TURNS = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}
_SOUND_RATE = 8000
_SAMPLES_A_PEAK = 160
_COLUMNS = 360


class Still(NamedTuple):
    """A small picture as a `data:` URI. `width` and `height` in its own pixels; `time_s`: of a frame, when it is shown."""

    uri: str
    width: int
    height: int
    time_s: float | None = None


class Sound(NamedTuple):
    """The outline of a sound: its peaks, 0 to 1 (full scale), in even steps over `duration_s`."""

    peaks: tuple[float, ...]
    duration_s: float


class Preview(NamedTuple):
    """What can be shown of one file. `trouble`: why there is less than there could be."""

    stills: tuple[Still, ...] = ()
    sound: Sound | None = None
    trouble: str | None = None


NOTHING = Preview()


def preview_of(path: str, facts: Facts | None) -> Preview:
    """What can be shown of a sound file with these facts. Never raises for bad media: `trouble` says why nothing is there."""
    if facts is None or not is_local(path):
        return NOTHING
    # What is known to be damaged is not given to a decoder once more, only to be looked at.
    damage = [problem for problem in facts.problems if not problem.startswith(Problem.NOT_RUN)]
    if damage:
        return Preview(trouble=damage[0])
    try:
        match facts:
            case ImageFacts():
                return Preview((_picture(path, facts),))
            case VideoFacts():
                return _video(path, facts)
            case AudioFacts():
                return Preview(sound=_sound(path))
    except ImportError as error:
        return Preview(trouble=f"{error.name or 'a library'} does not load")
    except MediaPreflightError as error:
        return Preview(trouble=str(error).removeprefix(f"{path}: "))
    return NOTHING


def contained_preview(containment: Containment, path: str, facts: Facts | None) -> Preview:
    """The same, where a decoder that crashes or hangs ends nothing else."""
    try:
        return containment.call(path, preview_of, path, facts)
    except UnreadableMediaError as error:
        return Preview(trouble=error.reason)


def _video(path: str, facts: VideoFacts) -> Preview:
    from ...people.frames import sample_frames

    frames = sample_frames(path, _FRAMES, _FRAME_SIDE)
    stills = tuple(_still(_image(frame.picture.rgb), frame.time_s) for frame in frames)
    return Preview(stills, _sound(path) if facts.audio_codec else None)


def _image(rgb: NDArray[np.uint8]) -> Image.Image:
    from PIL import Image

    return Image.fromarray(rgb)


def _picture(path: str, facts: ImageFacts) -> Still:
    from ...people.media import guarded, opened
    from ...prepare.image_read import read_rgb, refuse_oversized
    from ...probe.quiet import quiet

    def decoded() -> Image.Image:
        if facts.format == "jpeg":
            refuse_oversized(facts.width or 0, facts.height or 0, facts.format)
            return _reduced_jpeg(source.stream, facts.orientation)
        return _image(read_rgb(source, facts, _BEHIND, for_side=_PICTURE_SIDE))

    with opened(path) as source, quiet():
        picture = guarded(source.path, decoded)
        picture.thumbnail((_PICTURE_SIDE, _PICTURE_SIDE))
    return _still(picture)


def _reduced_jpeg(stream: BinaryIO, orientation: int) -> Image.Image:
    from PIL import Image

    stream.seek(0)
    with Image.open(stream, formats=("JPEG", "MPO")) as picture:
        picture.draft(None, (_PICTURE_SIDE, _PICTURE_SIDE))
        picture.thumbnail((_PICTURE_SIDE, _PICTURE_SIDE))
        plain = picture.convert("RGB")
    return plain.transpose(Image.Transpose[_TURNS[orientation]]) if orientation in _TURNS else plain


def _still(picture: Image.Image, time_s: float | None = None) -> Still:
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=_QUALITY, optimize=True)
    uri = "data:image/jpeg;base64," + base64.b64encode(written.getvalue()).decode()
    return Still(uri, picture.width, picture.height, time_s)


def _sound(path: str) -> Sound | None:
    """The outline of the first sound of a file; None where it has none."""
    from ...people.media import guarded, opened_container
    from ...probe.containers import first_audio

    with opened_container(path) as container:
        stream = first_audio(container)
        return None if stream is None else guarded(path, lambda: _outline(container, stream))


def _outline(container: InputContainer, stream: AudioStream) -> Sound | None:
    import av
    import numpy as np

    from ...people.speech import decoded

    resampler = av.AudioResampler(format="flt", layout="mono", rate=_SOUND_RATE)
    parts: list[NDArray[np.float32]] = []
    rest = np.zeros(0, np.float32)
    heard = 0
    for frame in decoded(container, stream):
        for part in resampler.resample(frame):
            samples = np.nan_to_num(np.abs(part.to_ndarray()[0]))
            heard += len(samples)
            rest = np.concatenate([rest, samples])
            whole = len(rest) // _SAMPLES_A_PEAK * _SAMPLES_A_PEAK
            parts.append(rest[:whole].reshape(-1, _SAMPLES_A_PEAK).max(axis=1))
            rest = rest[whole:]
    peaks = np.concatenate(parts) if parts else np.zeros(0, np.float32)
    if not len(peaks):
        return None
    columns = np.array_split(peaks, min(_COLUMNS, len(peaks)))
    return Sound(tuple(min(round(float(column.max()), 3), 1.0) for column in columns), heard / _SOUND_RATE)
