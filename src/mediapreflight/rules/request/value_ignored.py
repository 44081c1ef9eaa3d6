"""The job gives an input or parameter that the service will ignore because of another value.

The catalog says which: `video_ratio` of AnimateAnyone without the picture's background, `query_face_threshold` of
VideoRetalk without a reference picture, a Wan sound track with `audio` set to false.

Why it matters: the setting has no effect, and no message says so.

Fix: change the other value, or leave out this one.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...catalog.schema import Condition
from ...language import say
from ..base import Fault, JobCase
from .values import given_values

LEVEL = "metadata"
FIXABLE = False


def check(case: JobCase) -> Iterator[Fault]:
    """A fault for every given value whose condition for being ignored holds."""
    entries = [(given.name, given.known.ignored_when, given.known.source) for given in given_values(case)]
    entries += [(name, role.ignored_when, role.source) for name, role in case.model.roles.items() if case.job.inputs.get(name)]
    for name, conditions, source in entries:
        for condition in conditions:
            if not _not_judged(case, condition) and case.holds(condition):
                yield Fault(
                    severity="warning",
                    message=say("{name} will be ignored because {condition}", name=name, condition=_reason(condition)),
                    help=say("leave out {name}, or change that", name=name),
                    source=source,
                    role=name if name in case.model.roles else None,
                )
                break


def _reason(condition: Condition) -> str:
    # A role and a parameter may share a name: wan2.6-i2v-flash has an input `audio` and a parameter `audio`.
    return say("the parameter {condition}", condition=condition.in_words) if condition.parameter else condition.in_words


def _not_judged(case: JobCase, condition: Condition) -> bool:
    """Whether the condition is about an input that is absent only because files are checked each by itself."""
    return not case.job.whole and condition.role is not None
