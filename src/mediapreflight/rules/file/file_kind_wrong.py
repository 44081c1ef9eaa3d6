"""The file is media, but of another kind than the input takes.

For example, a recording is given as a picture, or a video as a recording. The kind of a file is read from its bytes
and streams: an MP4 that contains only sound is a recording.

Why it matters: the service refuses it.

Fix: give the right file. If a recording is needed and the file is a video with sound, `prepare` can extract the sound.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...media.facts import VideoFacts
from ..base import Fault, InputCase
from ..video import video_stream_missing

LEVEL = "metadata"
FIXABLE = False


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the kinds differ, unless `video-stream-missing` reports it."""
    kind = case.facts.kind
    if kind in ("unknown", case.role.kind) or video_stream_missing.applies(case):
        return
    has_sound = isinstance(case.facts, VideoFacts) and case.facts.audio_codec is not None and case.role.kind == "audio"
    yield Fault(
        severity="error",
        message=say(
            "contains {found}; {role} of {model} takes {wanted}",
            found=_NOUNS[kind],
            role=case.name,
            model=case.model.id,
            wanted=_NOUNS[case.role.kind],
        ),
        fixable=has_sound,
        help=say("extract its sound track and give that") if has_sound else _help(case),
        measured=kind,
        limit=case.role.kind,
        service_code=case.role.format_error,
        source=case.role.source,
    )


def _help(case: InputCase) -> str:
    roles, format = case.model.roles, case.facts.format
    others = [name for name in case.model.roles_of_kind(case.facts.kind) if format in roles[name].known_formats.safe_names]
    wanted = _NOUNS[case.role.kind]
    if not others:
        return say("give {wanted} here", wanted=wanted)
    return say("give {wanted} here, and this file as {other}", wanted=wanted, other=others[0])


_NOUNS = {"image": say("a picture"), "video": say("a video"), "audio": say("a recording")}
