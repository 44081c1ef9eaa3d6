"""Whether an encoded video shows what its source shows: a few small frames of both are compared.

An encoder writes whatever a decoder gives it, so a result may be valid and show garbage. Here both are decoded by another
decoder than the one that made it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ...media.av.frames import Frame

    Pixels = NDArray[np.float32]

_FRAMES = 3
_LONGEST_SIDE = 256
_CELLS = 16
# A frame rate conversion shows the neighbour of a frame, and a scene may change in between.
_WITHIN_S = 0.25
# Of 255. Frames that are only scaled, padded, deinterlaced or encoded differ by less than 6; wrong colours or orientation by 20.
_MOST_APART = 16.0
# Tone mapping changes brightness, not what is bright and what is dark. Flatter frames say nothing.
_LEAST_ALIKE = 0.5
_FLAT = 8.0


class Change(NamedTuple):
    """The requested changes.

    `kept`, `filled`: the share of the source's width and height, around its middle, that was kept, and of the result's that it
    fills. `toned`: whether it was tone-mapped. `seconds`: how long the result is. `start_s`: where in the source it begins.
    """

    kept: tuple[float, float] = (1.0, 1.0)
    filled: tuple[float, float] = (1.0, 1.0)
    toned: bool = False
    seconds: float = 0.0
    start_s: float = 0.0


def first_unlike(source: str, target: str, change: Change) -> float | None:
    """When, in seconds after its first frame, the source shows what the target does not; None if it never does.

    Raises UnreadableMediaError if one of them shows no frame at all.
    """
    from ...media.av.frames import frames_around

    compared = _compared(source, change)
    times = [sample.time_s - change.start_s for sample in compared]
    nearby = frames_around(target, times, _WITHIN_S, _LONGEST_SIDE)
    for sample, candidates in zip(compared, nearby, strict=True):
        shown = _cells(sample.picture.rgb, change.kept)
        made = [_cells(candidate.picture.rgb, change.filled) for candidate in candidates]
        if made and not any(_are_alike(shown, other, toned=change.toned) for other in made):
            return sample.time_s
    return None


def _compared(source: str, change: Change) -> list[Frame]:
    """Some frames of the source that the result should show."""
    from ...media.av.frames import frames_around, sample_frames

    if not change.start_s:
        return [sample for sample in sample_frames(source, _FRAMES, _LONGEST_SIDE) if sample.time_s < change.seconds]
    times = [change.start_s + change.seconds * number / _FRAMES for number in range(_FRAMES)]
    found = frames_around(source, times, _WITHIN_S, _LONGEST_SIDE)
    return [inside[0] for frames in found if (inside := [each for each in frames if each.time_s >= change.start_s])]


def _cells(rgb: NDArray[np.uint8], share: tuple[float, float]) -> Pixels:
    """The middle of a frame as a few large cells of one colour each."""
    import numpy as np
    from PIL import Image

    height, width = rgb.shape[:2]
    across, down = width * share[0], height * share[1]
    middle = ((width - across) / 2, (height - down) / 2, (width + across) / 2, (height + down) / 2)
    small = Image.fromarray(rgb).resize((_CELLS, _CELLS), Image.Resampling.BOX, box=middle)
    return np.asarray(small, np.float32)


def _are_alike(first: Pixels, second: Pixels, *, toned: bool) -> bool:
    import numpy as np

    if not toned:
        return float(np.abs(first - second).mean()) <= _MOST_APART
    bright, other = first.mean(axis=2).ravel(), second.mean(axis=2).ravel()
    if bright.std() < _FLAT or other.std() < _FLAT:
        return True
    return float(np.corrcoef(bright, other)[0, 1]) >= _LEAST_ALIKE
