"""The face is small in the video, at least in some frames.

Judged on frames spread over the video, by the largest face in each. Threshold, which the catalog can override:
`video_face_px_min`, its width in pixels (80). We chose the figure: the documents warn of "tiny faces" and give none.

Why it matters: a mouth of few pixels gives blurred lips.

Fix: film from closer up, or crop to the person and scale up.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...text import exact
from ..base import Fault, InputCase
from .faces import frames

LEVEL = "content"
FIXABLE = False
VIDEO_FACE_PX_MIN = 80


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the largest face of a looked-at frame is small."""
    found = frames(case)
    if found is None:
        return
    widths = [(sample.faces[0].bbox[2] - sample.faces[0].bbox[0], sample.time_s) for sample in found.samples if sample.faces]
    least = case.threshold("video_face_px_min", VIDEO_FACE_PX_MIN)
    if widths and min(widths)[0] < least:
        narrowest, when = min(widths)
        yield Fault(
            severity="warning",
            message=say(
                "the face is {narrowest} px wide at {when:.1f} s; at least {least} px are recommended",
                narrowest=narrowest,
                when=when,
                least=exact(least),
            ),
            help=say("film from closer up, or crop to the person"),
            measured=narrowest,
            limit=f">= {exact(least)}",
            unit="px",
            service_code=found.wanted.errors.get("proportion"),
        )
