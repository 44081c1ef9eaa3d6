"""Make the videos of tasks, with properties from the catalog's output rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import MissingLibraryError, UnreadableMediaError
from ..media.facts import AudioFacts, ImageFacts, VideoFacts
from ..submit.forecast import expected_output, ratio_of
from .state import Task

if TYPE_CHECKING:
    import numpy as np
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from numpy.typing import NDArray

    from ..check.containment import Containment

    Samples = NDArray[np.float32]
    Picture = NDArray[np.uint8]

_SOUND_RATE = 44_100
_PACKET = 1024
_TONE_HZ = 220
# Used if the documents say nothing, or the input was not fetched.
_SECONDS = 5.0
_FPS = 25.0
_AREA = 1280 * 720
_STEP = 16
_WIDE = (16, 9)


@dataclass(frozen=True)
class Shape:
    """The properties of a task's video: pixels, frames per second, seconds. `ratio` and `resolution`: for `usage`."""

    width: int
    height: int
    fps: float
    seconds: float
    sound: bool
    ratio: str = "standard"
    resolution: int = 720


def shape_of(task: Task) -> Shape:
    """The video a task makes: as the catalog says, else with default properties."""
    model, job = task.model, task.call.job
    expected = expected_output(job, model, task.facts)
    clip = next((facts for facts in task.facts.values() if isinstance(facts, VideoFacts)), None)
    width, height = expected.width, expected.height
    if not width or not height:
        width, height = _likely_size(task)
    voiced = any(role.kind == "audio" and name in job.inputs for name, role in model.roles.items())
    resolution = str(job.value("resolution", model) or "").rstrip("Pp")
    return Shape(
        # H.264 needs even sides.
        width=max(2, width - width % 2),
        height=max(2, height - height % 2),
        fps=expected.fps or (clip and clip.fps) or _FPS,
        seconds=expected.duration_s or _SECONDS,
        sound=voiced or bool(clip and clip.audio_codec) if expected.sound is None else expected.sound,
        ratio=_ratio(task, str(job.value("mode", model) or "")),
        resolution=int(resolution) if resolution.isdecimal() else 720,
    )


def _likely_size(task: Task) -> tuple[int, int]:
    """The shape of an input, at 720P."""
    sides = ((facts.width, facts.height) for facts in task.facts.values() if isinstance(facts, ImageFacts | VideoFacts))
    width, height = next(((width, height) for width, height in sides if width and height), _WIDE)
    across, down = isqrt(_AREA * width // height), isqrt(_AREA * height // width)
    return max(_STEP, across - across % _STEP), max(_STEP, down - down % _STEP)


def _ratio(task: Task, mode: str) -> str:
    """What `usage.video_ratio` says."""
    output = task.model.output
    if output is not None and len(output.sizes) > 1:
        return ratio_of(task.call.job, task.model) or "standard"
    return "pro" if mode.endswith("-pro") else "standard"


def render(task: Task, target: Path, containment: Containment) -> None:
    """Write a task's video: its own picture as a still, with a mark that moves across it, and its own sound.

    Raises UnreadableMediaError if making it crashes on the inputs, or takes too long.
    """
    containment.call(str(target), _render_here, task, target)


def _render_here(task: Task, target: Path) -> None:
    import av

    shape = shape_of(task)
    rate = Fraction(shape.fps).limit_denominator(1001)
    base = _background(task, shape)
    with av.open(str(target), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        video = container.add_stream("libx264", rate=rate, options={"preset": "ultrafast", "crf": "26"})
        video.width, video.height, video.pix_fmt = shape.width, shape.height, "yuv420p"
        track = container.add_stream("aac", rate=_SOUND_RATE, layout="mono") if shape.sound else None
        frames = max(1, round(shape.seconds * rate))
        for number in range(frames):
            container.mux(video.encode(av.VideoFrame.from_ndarray(_marked(base, shape, number / frames), format="yuv420p")))
        container.mux(video.encode(None))
        if track is not None:
            for frame in _sound_frames(_samples(task, shape.seconds)):
                container.mux(track.encode(frame))
            container.mux(track.encode(None))


def _marked(base: Picture, shape: Shape, share: float) -> Picture:
    frame = base.copy()
    side = max(2, min(shape.width, shape.height) // 16)
    left = int((shape.width - side) * share)
    frame[shape.height - side : shape.height, left : left + side] ^= 0xFF
    return frame


def _background(task: Task, shape: Shape) -> Picture:
    """The task's picture, or the first one of its video, in yuv420p; grey if there is none."""
    import av
    import numpy as np

    rgb = np.full((shape.height, shape.width, 3), 128, dtype=np.uint8)
    for name, path in task.paths.items():
        try:
            if isinstance(task.facts[name], VideoFacts):
                from ..media.av.frames import sample_frames

                rgb = sample_frames(path, 1, max(shape.width, shape.height))[0].picture.rgb
                break
            if task.model.roles[name].kind == "image":
                rgb = _cropped(path, task.call.job.inputs.get("ext_bbox"))
        except (UnreadableMediaError, MissingLibraryError):
            continue
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
    return np.asarray(frame.reformat(width=shape.width, height=shape.height, format="yuv420p").to_ndarray(), dtype=np.uint8)


def _cropped(path: Path, box: list[int] | None) -> Picture:
    from ..media.image.pixels import load_picture

    picture = load_picture(path, 2048)
    if box is None:
        return picture.rgb
    scale = picture.rgb.shape[1] / picture.width
    left, top, right, bottom = (round(edge * scale) for edge in box)
    return picture.rgb[top:bottom, left:right]


def _samples(task: Task, seconds: float) -> Samples:
    """The task's own sound, or a quiet tone, cut or filled up to its length."""
    import numpy as np

    count = round(seconds * _SOUND_RATE)
    voices = [name for name, facts in task.facts.items() if isinstance(facts, AudioFacts)]
    clips = [name for name, facts in task.facts.items() if isinstance(facts, VideoFacts) and facts.audio_codec]
    if not voices and not clips:
        return np.asarray(0.1 * np.sin(np.arange(count) * (2 * np.pi * _TONE_HZ / _SOUND_RATE)), dtype=np.float32)
    try:
        pieces = _decoded(task.paths[(voices + clips)[0]], count)
    except UnreadableMediaError:
        pieces = []
    heard = np.concatenate([np.zeros(0, np.float32), *pieces])[:count]
    return np.pad(heard, (0, count - len(heard)))


def _decoded(path: Path, count: int) -> list[Samples]:
    """The first sound track of a file: at least `count` samples, if it has that many. Raises UnreadableMediaError."""
    from ..media.av.containers import first_audio, opened_container
    from ..media.image.decoding import guarded

    with opened_container(path) as container:
        stream = first_audio(container)
        return [] if stream is None else guarded(str(path), lambda: list(_resampled(container, stream, count)))


def _resampled(container: InputContainer, stream: AudioStream, count: int) -> Iterator[Samples]:
    from ..media.av.sound import mono

    heard = 0
    for piece in mono(container, stream, _SOUND_RATE):
        yield piece
        heard += len(piece)
        if heard >= count:
            return


def _sound_frames(samples: Samples) -> Iterator[Any]:
    import av

    for start in range(0, len(samples), _PACKET):
        frame = av.AudioFrame.from_ndarray(samples[None, start : start + _PACKET], format="fltp", layout="mono")
        frame.sample_rate, frame.pts = _SOUND_RATE, start
        yield frame
