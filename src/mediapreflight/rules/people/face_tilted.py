"""The head is tilted to one side.

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


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where a frontal face is wanted and the largest one leans."""
    found = main_face(case)
    roll_max = case.threshold("roll_max", ROLL_MAX)
    if found is not None and found.wanted.frontal and abs(found.face.roll_deg) > roll_max:
        yield Fault(
            severity="warning",
            message=say(
                "the head is tilted by {roll_deg:.0f} degrees; up to {roll_max} counts as upright",
                roll_deg=abs(found.face.roll_deg),
                roll_max=exact(roll_max),
            ),
            help=say("`prepare --upright` turns it")
            if found.picture.turn_deg
            else say(
                "turn the picture upright, or use another one",
            ),
            measured=round(found.face.roll_deg, 1),
            limit=f"[{exact(-roll_max)}, {exact(roll_max)}]",
            unit="degrees",
            service_code=found.wanted.errors.get("face"),
        )
