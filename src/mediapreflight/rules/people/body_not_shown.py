"""Less of the person is shown than the model needs.

Judged by the body landmarks inside the picture: `full` is head to ankles, `half` head to hips,
`head` less than that.

Why it matters: AnimateAnyone takes a full body, or one from the waist up, with nothing covered; its template
video needs the whole body from the first frame (`InvalidFile.FullBody`).

Fix: none here; use a picture or video that shows more of the person.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...text import listed
from ..base import Fault, InputCase
from .bodies import judged_bodies

LEVEL = "content"
FIXABLE = False


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the largest person's framing is none of the accepted ones."""
    found = judged_bodies(case)
    if found is None or not found.bodies or found.wanted.framing is None or found.bodies[0].framing in found.wanted.framing:
        return
    accepted = listed(tuple(_WORDS[name] for name in found.wanted.framing)).replace(" and ", " or ")
    yield Fault(
        severity="error",
        message=f"{found.where} shows {_WORDS[found.bodies[0].framing]}; {case.model.id} needs {accepted}",
        help="use one that shows more of the person",
        measured=found.bodies[0].framing,
        limit=", ".join(found.wanted.framing),
        service_code=found.wanted.errors.get("body"),
        source=found.wanted.source,
    )


_WORDS = {"full": "the full body", "half": "the upper half of the body", "head": "a head", "part": "a body without its head"}
