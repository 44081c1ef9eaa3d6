"""A box reaches beyond the picture.

Boxes use the pixels of the displayed picture, after EXIF orientation; a box from the stored pixels of a turned
picture is found here too.

Why it matters: EMO crops the picture to `ext_bbox`, and refuses a crop beyond the edge ("Invalid ext_bbox.").

Fix: compute the box on exactly the file that is sent, or leave out the boxes, and they are computed.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...people.geometry import Box
from ..base import Fault, JobCase
from .boxes import picture, sound_boxes

LEVEL = "metadata"
FIXABLE = False


def check(case: JobCase) -> Iterator[Fault]:
    """A fault for every box that is not inside the picture."""
    found = picture(case)
    if found is None:
        return
    facts = found[1]
    width, height = facts.width or 0, facts.height or 0
    for box in sound_boxes(case).values():
        if not Box(0, 0, width, height).holds(box.box):
            yield Fault(
                severity="error",
                message=say(
                    "{name} {corners} reaches beyond the picture of {width} x {height} px",
                    name=box.name,
                    corners=box.corners,
                    width=width,
                    height=height,
                ),
                help=say("compute the box on the file that is sent"),
                measured=box.corners,
                limit=say("within [0, 0, {width}, {height}]", width=width, height=height),
                unit="px",
                service_code=box.known.error or "InvalidParameter",
                source=box.known.source,
                role=box.name,
            )
