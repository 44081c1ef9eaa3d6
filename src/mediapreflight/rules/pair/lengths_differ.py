"""Video and voice have different lengths, and the longer one is cut.

VideoRetalk cuts the longer one, unless `video_extension` is true: that plays the video backward and forward until the
voice ends. Differences of up to 0.1 s, or 2 % of the length, are not reported.

Why it matters: the end of the voice or of the video is lost, and no message says so.

Fix: if the voice is longer, set `video_extension=true`. `mediapreflight prepare --equal-lengths` cuts the longer one.

Source: videoretalk-api.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...media.facts import differ, length_of
from ...text import shown
from ..base import Fault, InputCase, JobCase

LEVEL = "metadata"
FIXABLE = False


def check(case: JobCase) -> Iterator[Fault]:
    """A fault where the lengths of the two roles differ, saying which one is cut."""
    pair = case.model.pairs.equal_lengths
    if pair is None or (pair.unless is not None and case.holds(pair.unless)):
        return
    lengths = {name: length for name in pair.roles if (length := _length(case.inputs.get(name))) is not None}
    if len(lengths) != len(pair.roles) or not differ(*lengths.values()):
        return
    longer, shorter = sorted(lengths, key=lambda name: lengths[name], reverse=True)
    way_out = pair.unless.parameter if pair.unless and longer == pair.roles[1] else None
    yield Fault(
        severity="warning",
        message=say(
            "{longer} lasts {longer_s} s and {shorter} {shorter_s} s; {model} cuts off the rest of the {longer}",
            longer=longer,
            longer_s=shown(lengths[longer]),
            shorter=shorter,
            shorter_s=shown(lengths[shorter]),
            model=case.model.id,
        ),
        help=(
            say(
                "set {way_out}=true to extend the {shorter}, or cut the {longer} yourself with `mediapreflight "
                "prepare --equal-lengths`",
                way_out=way_out,
                shorter=shorter,
                longer=longer,
            )
            if way_out
            else say(
                "cut the {longer} to the length of the {shorter} with `mediapreflight prepare --equal-lengths`",
                longer=longer,
                shorter=shorter,
            )
        ),
        measured=round(lengths[longer], 3),
        unit="s",
        source=pair.source,
        role=longer,
    )


def _length(item: InputCase | None) -> float | None:
    return length_of(item.facts) if item else None
