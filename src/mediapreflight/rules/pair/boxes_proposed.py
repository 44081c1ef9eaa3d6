"""The job gives no boxes; these would be used.

EMO and Emoji need `face_bbox` and `ext_bbox`, which their detect call returns. mediapreflight computes them from the
chosen face, or from the largest one, as in the documented sample. They predict the boxes of the detect call, and can
be sent instead.

Why it matters: you see how the picture will be cropped before anything is sent, and can save the detect call.

Fix: nothing is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...people.geometry import ExtBox
from ..base import Fault, JobCase
from ..portrait import gives_boxes, portrait

LEVEL = "content"
FIXABLE = False


def check(case: JobCase) -> Iterator[Fault]:
    """A note where the model takes boxes, the job gives none, and they can be computed."""
    found = portrait(case)
    if found is None or "ext_bbox" not in case.model.fields or gives_boxes(case):
        return
    boxes = found.boxes()
    if boxes is not None and isinstance(boxes[1], ExtBox):
        face, outer = list(boxes[0]), list(boxes[1].box)
        yield Fault(
            severity="info",
            message=say(
                "boxes for {which}, {ratio}: face_bbox {face}, ext_bbox {outer}",
                which=_which(case),
                ratio=found.ratio,
                face=face,
                outer=outer,
            ),
            help=say(
                "nothing to do; to set them yourself: --set face_bbox={face} --set ext_bbox={outer}",
                face=_joined(face),
                outer=_joined(outer),
            ),
            measured={"face_bbox": face, "ext_bbox": outer},
            unit="px",
            role=found.role,
        )


def _which(case: JobCase) -> str:
    return say("the largest face") if case.job.face is None else say("face {number}", number=case.job.face)


def _joined(box: list[int]) -> str:
    return ",".join(map(str, box))
