"""The picture has another aspect ratio than the job sets for the video.

With the picture's background (`use_ref_img_bg` true), AnimateAnyone makes a video of `video_ratio` (9:16 if not set),
and distorts a picture of another ratio. Differences of up to 2 % are not reported.

Why it matters: people look squeezed or stretched.

Fix: crop or pad the picture to that ratio around the person, or choose the other `video_ratio`.

Source: animateanyone-video-generation-api.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from ...language import say
from ...media.facts import ImageFacts
from ...text import exact
from ..base import Fault, JobCase

LEVEL = "metadata"
FIXABLE = True

_TOLERANCE_SHARE = Fraction(2, 100)


def check(case: JobCase) -> Iterator[Fault]:
    """A fault where the picture's ratio is not the one the parameter names."""
    pair = case.model.pairs.picture_ratio
    if pair is None or not case.holds(pair.when):
        return
    item, wanted = case.inputs.get(pair.role), case.value(pair.parameter)
    if item is None or not isinstance(item.facts, ImageFacts) or not item.facts.width or not item.facts.height:
        return
    known = case.model.parameters[pair.parameter].choices or ()
    if wanted not in known:
        return
    across, _, down = str(wanted).partition(":")
    ratio, target = Fraction(item.facts.width, item.facts.height), Fraction(int(across), int(down))
    if abs(ratio / target - 1) > _TOLERANCE_SHARE:
        yield Fault(
            severity="warning",
            message=say(
                "is {width} x {height} px; the video will be {wanted}, so the picture is distorted",
                width=item.facts.width,
                height=item.facts.height,
                wanted=wanted,
            ),
            help=say(
                "crop or pad the picture to {wanted} around the person, or change {parameter}",
                wanted=wanted,
                parameter=pair.parameter,
            ),
            measured=round(float(ratio), 4),
            limit=f"== {exact(round(float(target), 4))}",
            source=pair.source,
            role=pair.role,
        )
