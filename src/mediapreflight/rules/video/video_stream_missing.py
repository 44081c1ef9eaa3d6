"""The container is for video, but has no moving picture.

Reported if it has only sound, or a cover picture instead of a video.

Why it matters: the service cannot open it as a video.

Fix: `prepare` cannot fix this; export it with its picture.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...media.facts import AudioFacts
from ...media.formats import FORMATS
from ..base import Fault, InputCase

LEVEL = "metadata"
FIXABLE = False


def applies(case: InputCase) -> bool:
    """Whether the case is a video container without a picture, and the input takes a video."""
    if case.role.kind != "video" or not isinstance(case.facts, AudioFacts):
        return False
    known = FORMATS.get(case.facts.format or "")
    return known is not None and known.kind == "video"


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where there is no moving picture in a video container."""
    if applies(case):
        yield Fault(
            severity="error",
            message=say("its {format} container has no moving picture", format=case.facts.format),
            help=say("export it with its picture"),
            measured="audio",
            limit="video",
            service_code=case.role.format_error,
        )
