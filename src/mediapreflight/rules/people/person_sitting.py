"""The person sits or squats.

Judged by how far both thighs are from upright, if hips and a knee are visible. A jump with both knees drawn up looks the
same.

Why it matters: the service requires visible shoulders and ankles, "not sitting" (`InvalidFile.BodyPose`), for
pictures and templates of full bodies.

Fix: `prepare` cannot fix this; use one in which the person stands.

Source: error-code.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ..base import Fault, InputCase
from .bodies import judged_bodies

LEVEL = "content"
FIXABLE = False


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where a full body may be wanted and everybody sits."""
    found = judged_bodies(case)
    if found is None or "full" not in (found.wanted.framing or ()):
        return
    if found.largest_unless(lambda body: body.posture != "sitting"):
        yield Fault(
            severity="warning",
            message=say(
                "{where} shows the person sitting; {model} asks for a standing one", where=found.where, model=case.model.id
            ),
            help=say("use one in which the person stands"),
            measured="sitting",
            limit="standing",
            service_code=found.wanted.errors.get("pose"),
            source=found.wanted.source,
        )
