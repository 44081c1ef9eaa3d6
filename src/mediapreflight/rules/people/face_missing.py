"""No face is visible in the picture.

Photographed, drawn and painted faces count, as they do for the service; animals do not. If the detectors disagree,
for example about a simple drawing or an animal, it is a warning.

Why it matters: EMO, LivePortrait and similar models refuse the picture ("No human face detected."), after the
upload.

Fix: use a picture with a clear, frontal face. `prepare --upright` turns a picture that is sideways or upside down.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
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
    found = (
        say("shows nothing that is certainly a face; {model} needs one", model=case.model.id)
        if seen.doubtful
        else say("shows no face; {model} needs one", model=case.model.id)
    )
    yield Fault(
        severity="warning" if seen.doubtful else "error",
        message=say("{found}; turned by {turn} degrees clockwise it shows one", found=found, turn=turn) if turn else found,
        help=say("`prepare --upright` turns it") if turn else say("give a picture with a clear, frontal face"),
        measured=0,
        limit=">= 1",
        unit="faces",
        service_code=wanted.errors.get("none"),
        source=wanted.source,
    )
