"""Several files together are too long or too short: those of several roles, or of one role that takes several.

If the documents say so, the seconds that the job asks for count as well.

Why it matters: the service refuses the job.

Fix: cut the files, or leave some out.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...catalog import Interval
from ...catalog.schema import Group
from ...language import say
from ...media.facts import AudioFacts, VideoFacts
from ...text import listed, shown
from ..base import Fault, JobCase

LEVEL = "metadata"
FIXABLE = False


def check(case: JobCase) -> Iterator[Fault]:
    """A fault for every group whose total length is too long or too short; none if a length is not known, or for a file that is
    checked by itself."""
    for group in case.groups:
        if group.seconds is None:
            continue
        takes, seconds = Interval.parse(group.seconds), _seconds(case, group)
        if seconds is not None and seconds not in takes:
            names = (*group.roles, *([group.and_parameter] if group.and_parameter else ()))
            end = takes.upper if takes.is_above(seconds) else takes.lower
            yield Fault(
                severity="error",
                message=say(
                    "{names} last {seconds} s together; {model} takes {in_words} s",
                    names=listed(names),
                    seconds=shown(seconds, end),
                    model=case.model.id,
                    in_words=takes.in_words,
                ),
                help=say("cut the files, or leave some out") if takes.is_above(seconds) else say("give longer files"),
                measured=seconds,
                limit=str(takes),
                unit="s",
                service_code=group.error,
                source=group.source,
            )


def _seconds(case: JobCase, group: Group) -> float | None:
    """The seconds of the files and of the parameter; None if there are no files, or a length is not known."""
    lengths: list[float | None] = []
    for name in case.given(group.roles):
        facts = case.inputs[name].facts if name in case.inputs else None
        lengths.append((facts.duration_s or facts.stated_duration_s) if isinstance(facts, AudioFacts | VideoFacts) else None)
    if lengths and group.and_parameter is not None:
        asked = case.value(group.and_parameter)
        # A negative number lets the model choose the length.
        lengths.append(asked if isinstance(asked, int | float) and asked >= 0 else None)
    if len(lengths) == 1 and not case.job.whole:
        return None
    known = [length for length in lengths if length is not None]
    return sum(known) if known and len(known) == len(lengths) else None
