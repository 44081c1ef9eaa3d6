"""A box is not four whole numbers `[x1, y1, x2, y2]` that span an area.

Why it matters: EMO and Emoji answer `InvalidParameter`, "Invalid ext_bbox."

Fix: give left, top, right and bottom in pixels, right and bottom larger than left and top.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...people.geometry import is_box
from ...text import quoted
from ..base import Fault, JobCase
from .boxes import raw_boxes

LEVEL = "metadata"
FIXABLE = False


def check(case: JobCase) -> Iterator[Fault]:
    """A fault for every box that is none."""
    for name, known, value in raw_boxes(case):
        if not is_box(value):
            yield Fault(
                severity="error",
                message=say(
                    "{name} is {value}, which is not four whole numbers [x1, y1, x2, y2] with x1 < x2 and y1 < y2",
                    name=name,
                    value=quoted(value),
                ),
                help=say("give left, top, right and bottom in pixels, as in 302,286,610,593"),
                measured=value,
                limit="[x1, y1, x2, y2]",
                unit="px",
                service_code=known.error or "InvalidParameter",
                source=known.source,
                role=name,
            )
