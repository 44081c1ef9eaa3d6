"""The first frame of the video shows no face.

Why it matters: without a reference picture, VideoRetalk takes the largest face of the first frame as the speaker.

Fix: trim the video so that it starts with the face.

Source: videoretalk-api.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ..base import Fault, InputCase
from .faces import frames

LEVEL = "content"
FIXABLE = False


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where a face is wanted from the start, is there later, and is not there at first."""
    found = frames(case)
    if found is None or not found.wanted.first_frame:
        return
    later = next((sample.time_s for sample in found.samples if sample.faces), None)
    if not found.samples[0].faces and later is not None:
        yield Fault(
            severity="warning",
            message=say("its first frame shows no face; the first face is seen at {later:.1f} s", later=later),
            help=say("trim it to start at {later:.1f} s", later=later),
            measured=round(later, 2),
            limit="== 0",
            unit="s",
            service_code=found.wanted.errors.get("none"),
            source=found.wanted.source,
        )
