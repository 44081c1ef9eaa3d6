"""Previews for the page, made in a process for untrusted media. Each function opens one file, and writes at most one."""

from __future__ import annotations

import contextlib
import math
import wave
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from ..errors import MediaPreflightError, MissingLibraryError, UnreadableMediaError
from ..language import say
from ..media.source import display_name
from ..people.facts import Span

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Enough to fill a screen, and to draw a box to the pixel.
_PICTURE_SIDE, _QUALITY = 1600, 90
_FRAME_SIDE, _FRAMES, _FRAME_QUALITY = 224, 12, 80
# Speech has little above 12 kHz, and ten minutes take 29 MB.
_SOUND_RATE, _SAMPLE_BYTES = 24_000, 2
_FULL_SCALE = 32_767
_PEAKS = 2000


class Frame(Struct, frozen=True, kw_only=True):
    """One frame in a strip: its time in seconds, and its place in pixels."""

    time_s: float
    x: int
    width: int
    height: int


class Strip(Struct, frozen=True, kw_only=True):
    """Frames of a video side by side in one picture."""

    width: int
    height: int
    frames: tuple[Frame, ...]


class Heard(Struct, frozen=True, kw_only=True):
    """The data to draw a sound: `peaks`, 0 to 1, in even steps; speech and pauses; `snaps`, times at which a cut hits no speech.

    `trouble`: why speech could not be measured.
    """

    duration_s: float
    peaks: tuple[float, ...]
    speech: tuple[Span, ...] = ()
    pauses: tuple[Span, ...] = ()
    snaps: tuple[float, ...] = ()
    trouble: str | None = None


def get_ready() -> None:
    """Load the face detectors, so that the first picture does not wait for them. Does nothing if they are not installed."""
    import numpy as np

    from ..media.image.pixels import Picture
    from ..people.faces import faces_in

    with contextlib.suppress(ImportError, MissingLibraryError):
        faces_in(Picture(np.full((_FRAME_SIDE, _FRAME_SIDE, 3), 128, np.uint8), _FRAME_SIDE, _FRAME_SIDE))


def write_picture(path: str, target: str) -> None:
    """Write the displayed picture as a JPEG of limited size. Raises UnreadableMediaError."""
    from ..media.image.pixels import load_picture

    # A decoded JPEG may be a quarter smaller than requested.
    _save(load_picture(path, _PICTURE_SIDE).rgb, target, _QUALITY)


def write_strip(path: str, target: str) -> Strip:
    """Write frames of a video side by side as a JPEG. Raises UnreadableMediaError."""
    import numpy as np

    from ..media.av.frames import sample_frames

    frames = sample_frames(path, _FRAMES, _FRAME_SIDE)
    height = max(frame.picture.rgb.shape[0] for frame in frames)
    columns = [np.pad(rgb, ((0, height - len(rgb)), (0, 0), (0, 0))) for rgb in (frame.picture.rgb for frame in frames)]
    _save(np.concatenate(columns, axis=1), target, _FRAME_QUALITY)
    placed, x = [], 0
    for frame in frames:
        across, down = frame.picture.rgb.shape[1], frame.picture.rgb.shape[0]
        placed.append(Frame(time_s=frame.time_s, x=x, width=across, height=down))
        x += across
    return Strip(width=x, height=height, frames=tuple(placed))


def write_sound(path: str, target: str) -> None:
    """Write the first sound track as a WAV that every browser plays: one channel, 16 bits. Raises UnreadableMediaError."""
    import numpy as np

    from ..media.av.containers import first_audio, opened_container
    from ..media.av.sound import mono
    from ..media.image.decoding import guarded

    shown = display_name(path)
    with opened_container(path) as container, wave.open(target, "wb") as written:
        stream = first_audio(container)
        if stream is None:
            raise UnreadableMediaError(shown, say("it contains no sound"))
        written.setparams((1, _SAMPLE_BYTES, _SOUND_RATE, 0, "NONE", ""))

        def write() -> None:
            for piece in mono(container, stream, _SOUND_RATE):
                samples = np.clip(np.nan_to_num(piece), -1, 1) * _FULL_SCALE
                written.writeframes(samples.astype("<i2").tobytes())

        guarded(shown, write)


def hear(path: str) -> Heard:
    """The outline of a sound, with speech and pauses. Raises UnreadableMediaError."""
    from ..media.previews import outline_of
    from ..people.speech import listen

    outline = outline_of(path, _PEAKS)
    if outline is None:
        raise UnreadableMediaError(display_name(path), say("it contains no sound"))
    drawn = Heard(duration_s=round(outline.duration_s, 3), peaks=outline.peaks)
    ends = (0.0, drawn.duration_s)
    try:
        facts = listen(path)
    except (MissingLibraryError, UnreadableMediaError) as error:
        return Heard(duration_s=drawn.duration_s, peaks=drawn.peaks, snaps=ends, trouble=str(error))
    middles = (round((start + end) / 2, 2) for start, end in facts.pauses)
    snaps = tuple(sorted({*ends, *(at for at in middles if math.isfinite(at) and 0 < at < drawn.duration_s)}))
    return Heard(duration_s=drawn.duration_s, peaks=drawn.peaks, speech=facts.speech, pauses=facts.pauses, snaps=snaps)


def _save(rgb: NDArray[np.uint8], target: str, quality: int) -> None:
    from PIL import Image

    try:
        Image.fromarray(rgb).save(target, "JPEG", quality=quality)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise MediaPreflightError(
            say("{target}: cannot be written: {strerror}", target=Path(target).name, strerror=reason)
        ) from None
