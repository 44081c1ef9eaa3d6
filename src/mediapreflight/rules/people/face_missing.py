"""No face is to be seen in the picture.

Faces are looked for as the service does before it generates: photographed, drawn or painted ones count,
animals do not. Where the detectors disagree, on a flat drawing or an animal for instance, it is a warning.

Why it matters: EMO, LivePortrait and their kin refuse the picture ("No human face detected."), after the
upload.

Fix: give a picture with a clear, frontal face. One that lies on its side or its head is turned by `prepare --upright`.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...people.facts import PictureContent
from ..base import Fault, InputCase

LEVEL = "content"
FIXABLE = False


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the model needs a face and there is none."""
    wanted, seen = case.role.content, case.content
    if wanted is None or wanted.faces is None or not isinstance(seen, PictureContent) or seen.faces:
        return
    turn = seen.turn_deg
    yield Fault(
        severity="warning" if seen.doubtful else "error",
        message=f"shows {'nothing that is surely a' if seen.doubtful else 'no'} face; {case.model.id} needs one"
        + (f"; turned by {turn} degrees clockwise it shows one" if turn else ""),
        help="`prepare --upright` turns it" if turn else "give a picture with a clear, frontal face",
        measured=0,
        limit=">= 1",
        unit="faces",
        service_code=wanted.errors.get("none"),
        source=wanted.source,
    )
