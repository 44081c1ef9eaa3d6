"""A required input is missing, or one file in a row of several.

The files of a role that takes several have no gaps: no third file without a second one. They are sent in their order,
and a prompt refers to them by their numbers.

Only whole jobs are checked; of files that are checked one by one, no input is missing. Boxes that a detect call fills
in (EMO's `face_bbox` and `ext_bbox`) are not missing either.

Why it matters: the service answers `InvalidParameter`, "Field required".

Fix: add the input.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ..base import Fault, JobCase
from .values import sound_values

LEVEL = "metadata"
FIXABLE = False


def check(case: JobCase) -> Iterator[Fault]:
    """A fault for every required role, field or parameter that is not given."""
    if not case.job.whole:
        return
    for name, role in case.model.roles.items():
        needed = role.required and not any(case.holds(condition) for condition in role.ignored_when)
        if needed and case.job.inputs.get(name) in (None, ""):
            yield _fault(case, name, role.field, say("give {name}=FILE", name=name), role.source)
    yield from _left_out(case)
    for name, field in case.model.fields.items():
        if field.required and field.filled_by is None and case.job.inputs.get(name) in (None, "", []):
            yield _fault(case, name, name, say("give it with --set {name}=VALUE", name=name), field.source)
    for name, parameter in case.model.parameters.items():
        if parameter.required and parameter.default is None and name not in case.job.parameters:
            yield _fault(case, name, name, say("give it with --set {name}=VALUE", name=name), parameter.source)
    yield from _in_lists(case)


def _in_lists(case: JobCase) -> Iterator[Fault]:
    """A fault for every key that an entry of a list lacks."""
    for given in sound_values(case):
        for number, entry in enumerate(given.value if given.known.keys else (), start=1):
            for key, known in given.known.keys.items():
                if known.required and key not in entry:
                    name = f"{given.name}[{number}].{key}"
                    yield _fault(
                        case,
                        name,
                        name,
                        say("give entry {number} of {name} a {key}", number=number, name=given.name, key=key),
                        known.source,
                    )


def _left_out(case: JobCase) -> Iterator[Fault]:
    """A fault for every file that is not given before the last one of its role, except those that are required by themselves."""
    given = {
        name: role for name, role in case.model.roles.items() if case.job.inputs.get(name) not in (None, "") and not role.key_of
    }
    last = {role.follows: name for name, role in given.items() if role.follows is not None}
    for first, name in last.items():
        names = case.model.files_of(first)
        for each in names[: names.index(name)]:
            role = case.model.roles[each]
            if each not in given and not role.required:
                yield Fault(
                    severity="error",
                    message=say("{name} is given, but {missing} is not", missing=each, name=name),
                    help=say("give {missing}=FILE, or give the file of {name} there", missing=each, name=name),
                    source=role.source,
                    role=each,
                )


def _fault(case: JobCase, name: str, field: str, help: str, source: str) -> Fault:
    called = name if name == field else f"{name} ({field})"
    return Fault(
        severity="error",
        message=say("{called} is missing; {model} requires it", called=called, model=case.model.id),
        help=help,
        service_code="InvalidParameter",
        source=source,
        role=name,
    )
