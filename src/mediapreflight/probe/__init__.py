"""What a file is: `probe(path)` returns facts, for good files and bad.

facts = probe("portrait.jpg")                       # every byte read: damage found, lengths measured
facts = probe("portrait.jpg", level="metadata")     # headers only
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

from .facts import AudioFacts, Facts, ImageFacts, Level, Problem, UnknownFacts, VideoFacts, missing_library
from .sniff import sniff
from .source import OpenError, display_name, open_source

if TYPE_CHECKING:
    from .source import Source

__all__ = ["AudioFacts", "Facts", "ImageFacts", "Level", "Problem", "UnknownFacts", "VideoFacts", "probe"]


def probe(path: str | os.PathLike[str], level: Level = "decode") -> Facts:
    """Measure one file.

    Args:
        path: a local file, or a remote one such as `s3://bucket/portrait.png` (extra `remote`); opened for reading, never
            changed.
        level: `metadata` reads headers; `decode` also walks and decodes the data. `content` adds nothing here: what is
            to be seen and heard is measured by `mediapreflight.people`.

    Returns: ImageFacts, VideoFacts or AudioFacts; UnknownFacts for anything else, and for a file that cannot be opened.
        What is wrong stands in `problems`; bad data never raises.
    """
    name = os.fsdecode(path)
    try:
        with open_source(name, whole=level != "metadata") as source:
            return _probe_source(source, decode=level != "metadata")
    except OpenError as error:
        problem = str(error)
        if error.problem is Problem.OVERSIZED and level != "metadata":
            facts = probe(name, "metadata")
            return msgspec.structs.replace(facts, problems=(*facts.problems, problem))
    except OSError as error:
        problem = Problem.UNREADABLE.because((error.strerror or str(error)).lower())
    return UnknownFacts(path=display_name(name), problems=(problem,))


def _probe_source(source: Source, *, decode: bool) -> Facts:
    found = sniff(source.stream)
    if found.family == "image":
        from .image import probe_image

        return probe_image(source, found.format, decode=decode)
    if found.family == "stream":
        return _probe_stream(source, found.format, decode=decode)
    return UnknownFacts(
        path=source.path,
        format=found.format,
        bytes=source.size,
        problems=(Problem.NOT_MEDIA.because(f"its bytes are those of {_with_article(found.format)}"),),
    )


def _probe_stream(source: Source, format: str, *, decode: bool) -> Facts:
    from .audio import probe_audio
    from .containers import MAX_BYTES_READ, MAX_HEADER_BYTES_READ, ContainerError, Reader, first_video, open_container
    from .formats import DEMUXERS
    from .video import probe_undecoded, probe_video

    budget = MAX_BYTES_READ if decode else MAX_HEADER_BYTES_READ
    reader = Reader(source, format, budget)
    facts: Facts
    try:
        if not decode and DEMUXERS[format] == "mov":
            with open_container(source, format, reader, decoders=False) as container:
                undecoded = probe_undecoded(source, format, container)
            if undecoded is not None and not reader.is_exhausted:
                return undecoded
            reader = Reader(source, format, budget)
        with open_container(source, format, reader) as container:
            measure = probe_audio if first_video(container) is None else probe_video
            facts = measure(source, format, container, decode=decode)
    except ContainerError as error:
        facts = UnknownFacts(path=source.path, format=format, bytes=source.size, problems=(str(error),))
    except ImportError as error:
        problem = missing_library(format, error)
        return UnknownFacts(path=source.path, format=format, bytes=source.size, problems=(problem,))
    if reader.is_exhausted:
        # What was made of the part that was read would be taken for damage.
        problem = Problem.OVERSIZED.because(f"no more than {budget} bytes of it are read")
        return msgspec.structs.replace(facts, problems=(problem,))
    return facts


def _with_article(name: str) -> str:
    if name in ("text", "unrecognised data"):
        return "plain text" if name == "text" else "no known media format"
    return f"{'an' if name[0] in 'aeioHSX' or name.startswith('ff') else 'a'} {name}"
