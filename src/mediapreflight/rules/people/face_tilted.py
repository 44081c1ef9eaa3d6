"""The head is tilted to one side, or the picture is sideways or upside down.

The tilt is that of the line between the eyes. Threshold, which the catalog can override: `roll_max` (25 degrees).

Why it matters: the documents require an upright head; the service may not find a strongly tilted face.

Fix: turn the picture upright (with `prepare --upright` if it is sideways), or use another one.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...text import exact
from ..base import Fault, InputCase
from .faces import main_face

LEVEL = "content"
FIXABLE = False
ROLL_MAX = 25.0
_HALF_A_TURN = 180


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the picture must be turned, or a frontal face is wanted and the largest one leans."""
    found = main_face(case, of_a_body=True)
    roll_max = case.threshold("roll_max", ROLL_MAX)
    if found is None:
        return
    roll_deg, turn_deg = found.face.roll_deg, found.picture.turn_deg
    if turn_deg or (found.wanted.frontal and abs(roll_deg) > roll_max):
        yield Fault(
            severity="warning",
            message=_words(roll_deg, turn_deg, exact(roll_max)),
            help=say("`prepare --upright` turns it") if turn_deg else say("turn the picture upright, or use another one"),
            measured=round(roll_deg, 1),
            limit=f"[{exact(-roll_max)}, {exact(roll_max)}]",
            unit="degrees",
            service_code=found.wanted.errors.get("face"),
        )


def _words(roll_deg: float, turn_deg: int | None, roll_max: str) -> str:
    if turn_deg:
        return say("the picture is upside down") if turn_deg == _HALF_A_TURN else say("the picture lies on its side")
    return say(
        "the head is tilted by {roll_deg:.0f} degrees; up to {roll_max} counts as upright",
        roll_deg=abs(roll_deg),
        roll_max=roll_max,
    )
