"""One file, measured."""

from __future__ import annotations

import os
from math import inf
from typing import TYPE_CHECKING, Any

import msgspec

from ..language import say
from .facts import (
    ENCRYPTED_PICTURE,
    ENCRYPTED_SOUND,
    AudioFacts,
    Facts,
    ImageFacts,
    Level,
    Problem,
    UnknownFacts,
    VideoFacts,
    counted,
    missing_library,
)
from .opening import open_source
from .parsers.mpeg_audio import begins_with_junk
from .sniff import UNNAMED, sniff
from .source import OpenError, display_name, local_path

if TYPE_CHECKING:
    from .av.containers import ContainerError
    from .av.stated import Stated
    from .source import Source
    from .unread import Unread


def probe(path: str | os.PathLike[str], level: Level = "decode") -> Facts:
    """Measure one file.

    Args:
        path: a local file by its path or a `file://` URL, a file in a `data:` URL, or a remote one such as
            `s3://bucket/portrait.png` (extra `remote`); opened for reading, never changed.
        level: `metadata` reads headers; `decode` also walks and decodes the data. `content` adds nothing here: what is
            seen and heard is measured by `mediapreflight.people`.

    Returns: ImageFacts, VideoFacts or AudioFacts; UnknownFacts for anything else, and for a file that cannot be opened.
        Faults are in `problems`; bad data never raises.
    """
    return _probed(local_path(os.fsdecode(path)), None if level == "metadata" else inf)


def probe_to_be_cut(path: str, decoded_s: float) -> Facts:
    """The same at level `decode`, of a video of which only the beginning will be kept: its first `decoded_s` are decoded.

    Its `problems` are those of its container and of the part that was decoded.
    """
    return _probed(local_path(path), decoded_s)


def _probed(name: str, decoded_s: float | None) -> Facts:
    """`decoded_s`: how much of a video is decoded, in seconds; None: nothing is, of no file."""
    try:
        with open_source(name, whole=decoded_s is not None) as source:
            return _probe_source(source, decoded_s)
    except OpenError as error:
        problem = str(error)
        if error.problem is Problem.OVERSIZED and decoded_s is not None:
            facts = _probed(name, None)
            return msgspec.structs.replace(facts, problems=(*facts.problems, problem))
    except OSError as error:
        problem = Problem.UNREADABLE.because((error.strerror or str(error)).lower())
    return UnknownFacts(path=display_name(name), problems=(problem,))


def _probe_source(source: Source, decoded_s: float | None) -> Facts:
    found = sniff(source.stream)
    if found.format in ("mp3", "aac") and begins_with_junk(source.stream):
        # Something that looks like frames is in many files, and in pictures most of all.
        from .unread import unread

        if (media := unread(source)) and media.is_picture:
            return _of_unread(source, media)
    if found.family == "image":
        from .image.picture import probe_image

        return probe_image(source, found.format, decode=decoded_s is not None)
    if found.family == "stream":
        return _probe_stream(source, found.format, decoded_s)
    return _probe_other(source, found.format)


def _probe_other(source: Source, format: str) -> Facts:
    if format in UNNAMED:
        from .unread import unread

        try:
            media = unread(source)
        except ImportError as error:
            problem = missing_library("rarer formats", error)
            return UnknownFacts(path=source.path, format=format, bytes=source.size, problems=(problem,))
        if media:
            return _of_unread(source, media)
    problem = Problem.NOT_MEDIA.because(f"its bytes are those of {_with_article(format)}")
    return UnknownFacts(path=source.path, format=format, bytes=source.size, problems=(problem,))


def _of_unread(source: Source, media: Unread) -> Facts:
    facts = ImageFacts if media.is_picture else UnknownFacts
    problem = Problem.NOT_RUN.because(media.reason)
    return facts(path=source.path, format=media.format, bytes=source.size, problems=(problem,))


def _probe_stream(source: Source, format: str, decoded_s: float | None) -> Facts:
    from .formats import DEMUXERS

    if decoded_s is not None or DEMUXERS[format] != "mov":
        return _probe_container(source, format, None, decoded_s)
    from .av.movie import read_movie
    from .av.stated import facts_of

    stated = read_movie(source)
    if stated and stated.is_complete:
        return facts_of(source, format, stated)
    return _probe_container(source, format, stated, None)


def _probe_container(source: Source, format: str, stated: Stated | None, decoded_s: float | None) -> Facts:
    """The facts by FFmpeg, which needs no decoder for what an index that was read leaves open."""
    from .av.audio import probe_audio
    from .av.containers import MAX_HEADER_BYTES_READ, ContainerError, Reader, first_video, open_container
    from .av.stated import facts_of
    from .av.tracks import unknown_codecs
    from .av.video import completed, probe_video
    from .source import MAX_BYTES_READ

    decode = decoded_s is not None
    budget = MAX_BYTES_READ if decode else MAX_HEADER_BYTES_READ
    reader = Reader(source, format, budget)
    facts: Facts
    try:
        with open_container(source, format, reader, decoders=stated is None) as container:
            if first_video(container) is None:
                found: AudioFacts | VideoFacts = probe_audio(source, format, container, decode=decode)
            elif stated:
                found = facts_of(source, format, completed(stated, source, format, container))
            else:
                found = probe_video(source, format, container, decoded_s)
            facts = _with_unknown(found, unknown_codecs(source, format, container))
        if decode:
            facts = _with_parts(source, format, facts)
    except ContainerError as error:
        facts = _unopened(source, format, error)
    except ImportError as error:
        problem = missing_library(format, error)
        return UnknownFacts(path=source.path, format=format, bytes=source.size, problems=(problem,))
    if reader.is_exhausted:
        # The result for the part that was read would look like damage.
        problem = Problem.OVERSIZED.because(f"no more than {budget} bytes of it are read")
        return msgspec.structs.replace(facts, problems=(problem,))
    return facts


def _unopened(source: Source, format: str, error: ContainerError) -> Facts:
    """A container that FFmpeg does not open; of an encrypted one, whose tables it cannot make out, what its headers say."""
    from .parsers.streams import picture_is_encrypted, sound_is_encrypted

    known: dict[str, Any] = {"path": source.path, "format": format, "bytes": source.size}
    if error.problem is Problem.BROKEN:
        with source.peeking() as stream:
            if picture_is_encrypted(stream, source.size, format):
                return VideoFacts(**known, encrypted=True, problems=(ENCRYPTED_PICTURE,))
            if sound_is_encrypted(stream, source.size, format):
                return AudioFacts(**known, problems=(ENCRYPTED_SOUND,))
    return UnknownFacts(**known, problems=(str(error),))


def _with_unknown(facts: AudioFacts | VideoFacts, unknown: tuple[str, ...]) -> AudioFacts | VideoFacts:
    """Sound that cannot be decoded here is not known to be silent."""
    if not unknown:
        return facts
    heard = {"peak_dbfs": None} if isinstance(facts, AudioFacts) else {}
    return msgspec.structs.replace(facts, problems=(*facts.problems, *unknown), **heard)


def _with_parts(source: Source, format: str, facts: Facts) -> Facts:
    """Add the faults in parts of a file that FFmpeg skips without a report."""
    known = (Problem.TRUNCATED, Problem.CORRUPT, Problem.EMPTY)
    if any(facts.problem(problem) for problem in known):
        return facts
    return msgspec.structs.replace(facts, problems=(*facts.problems, *_broken_parts(source, format)))


def _broken_parts(source: Source, format: str) -> list[str]:
    from .formats import DEMUXERS
    from .parsers import asf, extents, transport
    from .parsers.flv import read_tags
    from .parsers.matroska import read_clusters
    from .parsers.ogg import read_pages

    found = []
    with source.peeking() as stream:
        if format == "ogg":
            pages = read_pages(stream, source.size)
            found += _corrupt(pages.broken, "1 of its pages is damaged or missing", "{count} of its pages are damaged or missing")
            found += [Problem.TRUNCATED.because(say("it ends within a page"))] if pages.is_cut else []
        elif DEMUXERS[format] == "matroska":
            clusters = read_clusters(stream, source.size)
            found += _corrupt(clusters.broken, "1 of its clusters is damaged", "{count} of its clusters are damaged")
            found += [Problem.TRUNCATED.because(say("it ends within a frame"))] if clusters.is_cut else []
        elif DEMUXERS[format] == "mov":
            count = extents.damaged_fragments(stream, source.size)
            found += _corrupt(
                count, "the index of 1 of its fragments is damaged", "the indexes of {count} of its fragments are damaged"
            )
        elif format in ("asf", "ts"):
            damaged_packets = asf.damaged_packets if format == "asf" else transport.damaged_packets
            count = damaged_packets(stream, source.size)
            found += _corrupt(count, "1 of its packets is damaged", "{count} of its packets are damaged")
        elif format == "flv":
            tags = read_tags(stream, source.size)
            found += _corrupt(tags.broken, "it is damaged in 1 place", "it is damaged in {count} places")
            lacks = counted(tags.missing, "its last packet lacks 1 byte", "its last packet lacks {count} bytes")
            found += [Problem.TRUNCATED.because(lacks)] if tags.missing else []
    return found


def _corrupt(count: int, one: str, several: str) -> list[str]:
    return [Problem.CORRUPT.because(counted(count, one, several))] if count else []


def _with_article(name: str) -> str:
    if name in UNNAMED:
        return UNNAMED[name]
    return f"{'an' if name[0] in 'aeioAHSX' or name.startswith('ff') else 'a'} {name}"
