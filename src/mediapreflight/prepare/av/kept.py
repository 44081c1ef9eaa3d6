"""Whether the part of a file that is kept can be decoded, where the rest of it is damaged."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from ...check.containment import Containment
from ...errors import FfmpegError
from ...media.facts import AudioFacts, Problem, VideoFacts, differ
from . import ffmpeg
from .ffmpeg import INPUT_OPTIONS, OUTPUT_OPTIONS, SOURCE, TARGET, Bounds
from .packets import Streams, survey


def is_whole(source: str, start_s: float, end_s: float, containment: Containment, *, picture: bool) -> bool:
    """Whether a part of a sound or video file, in seconds, is all there, and decodes. `picture`: with its picture.

    Its packets are copied and measured like a file: what lies outside is not decoded. Raises PrepareError if the file cannot be
    opened.
    """
    streams = containment.call(source, survey, source)
    bounds = Bounds.for_source(streams.bytes)
    with tempfile.TemporaryDirectory() as folder:
        part = str(Path(folder, "part.mkv"))
        try:
            ffmpeg.run(_copied(streams, start_s, end_s, picture=picture), source, part, seconds=end_s - start_s, bounds=bounds)
        except FfmpegError:
            return False
        facts = containment.facts(part, "decode")
    if not isinstance(facts, VideoFacts if picture else AudioFacts):
        return False
    length = facts.duration_s or 0.0
    is_there = length > end_s - start_s or not differ(length, end_s - start_s)
    return is_there and facts.problem(Problem.CORRUPT) is None and facts.problem(Problem.TRUNCATED) is None


def _copied(streams: Streams, start_s: float, end_s: float, *, picture: bool) -> Any:
    """The packets of a part; with a picture, from the key frame before it on."""
    module, length = ffmpeg.ffmpeg_python(), f"{end_s - start_s:.6f}"
    options: dict[str, Any] = {"f": streams.demuxer, "fflags": "+genpts", **INPUT_OPTIONS}
    written: dict[str, Any] = {"f": "matroska", "c": "copy", "t": length, **OUTPUT_OPTIONS}
    if not picture:
        # Read from the start: no format of sound has to be searched.
        return module.output(module.input(SOURCE, **options)[str(streams.audio)], TARGET, ss=f"{start_s:.6f}", **written)
    file = module.input(SOURCE, ss=f"{streams.start_s + start_s:.6f}", **options)
    kept = [file[str(each)] for each in (streams.video, streams.audio) if each is not None]
    # Pictures that are shown before the key frame that they follow need one that is not copied.
    return module.output(*kept, TARGET, **written, **{"bsf:v": "noise=drop='lt(pts,startpts)'"})
