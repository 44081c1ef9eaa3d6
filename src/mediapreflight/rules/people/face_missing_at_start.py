"""The first frame of the video shows no face.

Why it matters: VideoRetalk takes the largest face of the first frame as the speaker, where no reference
picture names one.

Cure: trim the video so that it starts with the face.

Source: videoretalk-api.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...people.facts import VideoContent
from ..base import Fault, InputCase

LEVEL = "content"
FIXABLE = False


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where a face is wanted from the start, is there later, and is not there at first."""
    wanted, seen = case.role.content, case.content
    if wanted is None or wanted.faces is None or not wanted.first_frame or not isinstance(seen, VideoContent):
        return
    later = next((sample.time_s for sample in seen.samples if sample.faces), None)
    if seen.samples and not seen.samples[0].faces and later is not None:
        yield Fault(
            severity="warning",
            message=f"its first frame shows no face; the first one is seen at {later:.1f} s",
            help=f"trim it to start at {later:.1f} s",
            measured=round(later, 2),
            limit="== 0",
            unit="s",
            service_code=wanted.errors.get("none"),
            source=case.model.source(wanted.source),
        )
