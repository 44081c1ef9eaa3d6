"""The face reaches the edge of the picture.

Why it matters: the documents require a complete face (`InvalidFile.FullFace`); the model invents the part beyond the
edge.

Fix: `prepare` cannot fix this; use a picture that shows the whole head.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...text import listed
from ..base import Fault, InputCase
from .faces import main_face

LEVEL = "content"
FIXABLE = False


_EDGES = {"left": say("left"), "top": say("top"), "right": say("right"), "bottom": say("bottom")}


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the largest face touches an edge."""
    found = main_face(case)
    if found is None:
        return
    edges = {
        "left": found.face.bbox[0] <= 0,
        "top": found.face.bbox[1] <= 0,
        "right": found.face.bbox[2] >= found.picture.width,
        "bottom": found.face.bbox[3] >= found.picture.height,
    }
    touched = tuple(name for name, touches in edges.items() if touches)
    if touched:
        yield Fault(
            severity="warning",
            message=say("the face is cut off at the {touched}", touched=listed(tuple(_EDGES[name] for name in touched))),
            help=say("use a picture that shows the whole head"),
            measured=", ".join(touched),
            limit="none",
            service_code=found.wanted.errors.get("face"),
        )
