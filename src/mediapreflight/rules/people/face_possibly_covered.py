"""Something may hide a part of the face: a hand, a mask, hair, glasses that mirror.

Judged by how surely the face is one: two detectors at two distances agree less on a face that is partly
hidden. Threshold, overridable in the catalog: `certainty_min` (0.7). Drawn faces can fall below it, too: it
is a hint, not a verdict.

Why it matters: the documents ask for an uncovered face; what is hidden is invented.

Fix: none here; use a picture that shows the whole face.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...text import exact
from ..base import Fault, InputCase
from .faces import main_face

LEVEL = "content"
FIXABLE = False
CERTAINTY_MIN = 0.7


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the detectors hardly agree on the largest face."""
    found = main_face(case)
    certainty_min = case.threshold("certainty_min", CERTAINTY_MIN)
    if found is not None and found.face.score < certainty_min:
        yield Fault(
            severity="warning",
            message=(
                f"the face may be partly covered: it is seen with certainty {found.face.score:.2f}, "
                f"a clear one with {exact(certainty_min)} or more"
            ),
            help="look whether a hand, hair, a mask or glare hides part of the face",
            measured=round(found.face.score, 3),
            limit=f">= {exact(certainty_min)}",
            service_code=found.wanted.errors.get("face"),
        )
