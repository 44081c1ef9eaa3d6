"""Many or all frames of the video show no face.

Judged on frames spread over the video. Threshold, which the catalog can override: `face_frames_min`, the share of
them that must show a face (0.8). If none of them shows a face, it is an error.

Why it matters: VideoRetalk does not change frames without a face: the lips do not move there, but the
seconds are billed.

Fix: trim to the part that shows the face.

Source: videoretalk-api.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...text import exact
from ..base import Fault, InputCase
from .faces import frames

LEVEL = "content"
FIXABLE = False
FACE_FRAMES_MIN = 0.8


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where too few of the looked-at frames show a face."""
    found = frames(case)
    if found is None:
        return
    least = case.threshold("face_frames_min", FACE_FRAMES_MIN)
    share = sum(1 for sample in found.samples if sample.faces) / len(found.samples)
    if share < least:
        yield Fault(
            severity="warning" if share else "error",
            message=(
                say(
                    "{share:.0%} of the {count} frames looked at show a face; the model does not change the others",
                    share=share,
                    count=len(found.samples),
                )
                if share
                else say(
                    "none of the {count} frames looked at shows a face; {model} needs one",
                    count=len(found.samples),
                    model=case.model.id,
                )
            ),
            help=say("trim it to the part that shows the face") if share else say("give a video with a clear, frontal face"),
            measured=round(share, 3),
            limit=f">= {exact(least)}",
            unit=say("of the frames"),
            service_code=None if share else found.wanted.errors.get("none"),
            source=found.wanted.source,
        )
