"""The recording is overloaded: many samples in a row are at full scale.

Threshold, which the catalog can override: `clipping_share_max` (0.001), the share of such samples.

Why it matters: distorted sounds are heard as other sounds, and the lips follow them.

Fix: `prepare` cannot fix this; record it again at a lower level.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...text import exact
from ..base import Fault, InputCase
from .voices import judged_sound

LEVEL = "content"
FIXABLE = False
CLIPPING_SHARE_MAX = 0.001


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where too many samples are clipped."""
    heard = judged_sound(case)
    share_max = case.threshold("clipping_share_max", CLIPPING_SHARE_MAX)
    if heard is not None and heard.clipping_share > share_max:
        yield Fault(
            severity="warning",
            message=say("is overloaded: {clipping_share:.2%} of its samples are clipped", clipping_share=heard.clipping_share),
            help=say("record it again at a lower level"),
            measured=round(heard.clipping_share, 5),
            limit=f"<= {exact(share_max)}",
            unit=say("of the samples"),
        )
