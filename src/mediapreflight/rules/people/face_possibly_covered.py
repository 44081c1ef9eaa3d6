"""Something may cover a part of the face: a mask, a hand, hair, paper.

Judged by features of the face that distinguish covered faces from clear ones; sunglasses, microphones and a hand at
the chin do not count. Faces that are turned away by 40 degrees or more are not judged. Threshold, which the catalog
can override: `covered_max`, how likely it is, 0 to 1 (0.8). One in a hundred clear faces is above it, so this is only
a hint.

Why it matters: the documents ask for an uncovered face; the model invents what is hidden.

Fix: `prepare` cannot fix this; use a picture that shows the whole face.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...text import exact
from ..base import Fault, InputCase
from .faces import main_face

LEVEL = "content"
FIXABLE = False
# Of 323 covered faces, most of them drawn on, 285 are above it, of 256 clear ones that look ahead none.
COVERED_MAX = 0.8
# From here on, clear faces in profile look like covered ones.
TURNED_DEG = 40.0


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where something seems to hide a part of the largest face."""
    found = main_face(case)
    covered_max = case.threshold("covered_max", COVERED_MAX)
    if found is not None and abs(found.face.yaw_deg) < TURNED_DEG and found.face.covered > covered_max:
        yield Fault(
            severity="warning",
            message=say(
                "something seems to cover a part of the face (score {covered:.0%}; up to {covered_max}% counts as clear)",
                covered=found.face.covered,
                covered_max=exact(100 * covered_max),
            ),
            help=say("check whether a mask, a hand, hair or an object hides a part of the face"),
            measured=round(found.face.covered, 3),
            limit=f"<= {exact(covered_max)}",
            service_code=found.wanted.errors.get("face"),
        )
