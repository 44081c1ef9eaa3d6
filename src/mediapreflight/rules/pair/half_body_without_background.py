"""The picture shows half a body, but the template video's background will be used.

AnimateAnyone puts the person into the template's video unless `use_ref_img_bg` is true.

Why it matters: the model has to invent the legs; the documents advise against it.

Fix: set `use_ref_img_bg=true`, or use a full-body picture.

Source: animateanyone-video-generation-api.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...people.facts import PictureContent
from ..base import Fault, JobCase

LEVEL = "content"
FIXABLE = False


def check(case: JobCase) -> Iterator[Fault]:
    """A fault where no full body is shown, somebody is cut at the waist, and the picture's background is not kept."""
    if "use_ref_img_bg" not in case.model.parameters or case.value("use_ref_img_bg") is not False:
        return
    for name, item in case.inputs.items():
        seen = item.content
        framings = {body.framing for body in seen.bodies or ()} if isinstance(seen, PictureContent) else set()
        if "half" in framings and "full" not in framings:
            yield Fault(
                severity="warning",
                message=say("shows half a body, but the template's background will be used, so the model invents the legs"),
                help=say("set use_ref_img_bg=true, or use a full-body picture"),
                measured="half",
                limit="full",
                source=case.model.parameters["use_ref_img_bg"].source,
                role=name,
            )
