"""Less of the person is shown than the model needs.

Judged by the body landmarks inside the picture: `full` is head to ankles, `half` is head to hips, `head` is less than
that.

Why it matters: AnimateAnyone takes a full body, or one from the waist up, with nothing covered. Its template video
needs the whole body from the first frame on (`InvalidFile.FullBody`).

Fix: `prepare` cannot fix this; use a picture or video that shows more of the person.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...text import alternatives
from ..base import Fault, InputCase
from .bodies import judged_bodies

LEVEL = "content"
FIXABLE = False


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where nobody's framing is one of the accepted ones."""
    found = judged_bodies(case)
    if found is None or (framings := found.wanted.framing) is None:
        return
    person = found.largest_unless(lambda body: body.framing in framings)
    if person is None:
        return
    accepted = alternatives(tuple(_WORDS[name] for name in framings))
    yield Fault(
        severity="error",
        message=say(
            "{where} shows {words}; {model} needs {accepted}",
            where=found.where,
            words=_WORDS[person.framing],
            model=case.model.id,
            accepted=accepted,
        ),
        help=say("use one that shows more of the person"),
        measured=person.framing,
        limit=", ".join(framings),
        service_code=found.wanted.errors.get("body"),
        source=found.wanted.source,
    )


_WORDS = {
    "full": say("the full body"),
    "half": say("the upper half of the body"),
    "head": say("a head"),
    "part": say(
        "a body without its head",
    ),
}
