"""Apply the rules to a measured job. Nothing is read."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ..catalog import Model
from ..findings import FAILING, Finding, InputReport, JobReport
from ..job import Job, as_used
from ..media.source import display_name
from ..people.facts import PictureContent
from ..rules import rules_in
from ..rules.base import Fault, InputCase, JobCase
from .measure import Measured

if TYPE_CHECKING:
    from ..people.geometry import Box


def judge(job: Job, model: Model, measured: Mapping[str, Measured], codes: frozenset[str]) -> JobReport:
    """What the selected rules find in a measured job. Pure: no file is opened."""
    model, face = as_used(model, job), job.chosen_face(model)
    cases = {
        name: InputCase(
            model,
            name,
            model.roles[name],
            display_name(str(job.inputs[name])),
            *each,
            _existing_face(face, each),
            _part(job, model, each, face),
        )
        for name, each in led_by_face(measured, model, face).items()
    }
    findings = [finding for case in cases.values() for finding in _input_findings(case, codes)]
    findings += _job_findings(JobCase(model, job, cases), codes)
    inputs = {
        name: _input_report(str(value), measured.get(name))
        for name, value in job.inputs.items()
        if name in model.roles and value not in (None, "")
    }
    return JobReport(
        model=model.id,
        ok=not any(finding.severity in FAILING for finding in findings),
        face=job.face,
        parameters=_encodable(job.parameters),
        fields=_encodable({name: value for name, value in job.inputs.items() if name not in model.roles}),
        inputs=inputs,
        findings=tuple(findings),
    )


def _existing_face(face: int | None, measured: Measured) -> int | None:
    """The number of the face; None if the file is not a picture with that many faces."""
    seen = measured.content
    return face if face is not None and isinstance(seen, PictureContent) and face <= len(seen.faces) else None


def _part(job: Job, model: Model, measured: Measured, face: int | None) -> Box | None:
    """The part of a picture that the job's boxes or its chosen face say; None if it is no picture, or there is no such face."""
    seen = measured.content
    if not isinstance(seen, PictureContent) or face != _existing_face(face, measured):
        return None
    from ..rules.portrait import part_of

    return part_of(job, model, seen)


def led_by_face(measured: Mapping[str, Measured], model: Model, face: int | None) -> Mapping[str, Measured]:
    """The same with this face first in the checked pictures, so that code that takes the first face gets the chosen one."""
    if face is None:
        return measured
    from ..people.portraits import led_by

    led = {
        role: item._replace(content=led_by(item.content, face))
        for role in model.face_roles
        if (item := measured.get(role)) and isinstance(item.content, PictureContent)
    }
    return {**measured, **led}


def _input_report(value: str, measured: Measured | None) -> InputReport:
    path = display_name(value)
    return InputReport(path=path, facts=measured.facts, content=measured.content) if measured else InputReport(path=path)


def _encodable(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with text that any encoder accepts: arguments of the command line may contain bytes that are not UTF-8."""
    return {_text(name): _text(value) if isinstance(value, str) else value for name, value in values.items()}


def _text(value: str) -> str:
    return value.encode("utf-8", "backslashreplace").decode()


def _input_findings(case: InputCase, codes: frozenset[str]) -> Iterator[Finding]:
    groups = ["file"]
    # Limits of a role say nothing about a file of another kind, but there is a rule for a sound file instead of a video.
    if case.role.kind in (case.facts.kind, "video"):
        groups.append(case.role.kind)
    if case.content is not None or case.content_trouble is not None:
        groups.append("people")
    for group in groups:
        for check in _checks(group, codes):
            for fault in check.find(case):
                yield _finding(case.model, check, fault, case.name, case.path)


def _job_findings(case: JobCase, codes: frozenset[str]) -> Iterator[Finding]:
    if _is_one_file(case):
        return
    for group in ("request", "pair"):
        for check in _checks(group, codes):
            for fault in check.find(case):
                yield _finding(case.model, check, fault, fault.role, _path_of(case, fault.role))


def _is_one_file(case: JobCase) -> bool:
    """Whether the job is only one file without boxes: then no rule over several inputs applies."""
    job = case.job
    alone = (
        not job.whole
        and not job.parameters
        and job.region is None
        and job.face is None
        and job.inputs.keys() == case.inputs.keys()
    )
    return alone and len(case.inputs) == 1 and all(measured.content is None for measured in case.inputs.values())


class _Check(NamedTuple):
    """A rule, with what is asked of it for each of many files looked up once."""

    code: str
    name: str
    fixable: bool
    find: Callable[[Any], Iterable[Fault]]


@functools.lru_cache(maxsize=64)
def _checks(group: str, codes: frozenset[str]) -> tuple[_Check, ...]:
    """The selected rules of a folder."""
    return tuple(_Check(rule.code, rule.name, rule.fixable, rule.check) for rule in rules_in(group) if rule.code in codes)


def _path_of(case: JobCase, role: str | None) -> str | None:
    value = case.job.inputs.get(role) if role in case.model.roles else None
    return display_name(value) if isinstance(value, str) and value else None


def _finding(model: Model, check: _Check, fault: Fault, role: str | None, path: str | None) -> Finding:
    return Finding(
        code=check.code,
        name=check.name,
        severity=fault.severity,
        role=role,
        path=path,
        message=fault.message,
        measured=_text(fault.measured) if isinstance(fault.measured, str) else fault.measured,
        limit=fault.limit,
        unit=fault.unit,
        service_code=fault.service_code,
        fixable=check.fixable if fault.fixable is None else fault.fixable,
        help=fault.help,
        source=model.source(fault.source) if fault.source else None,
        source_urls=model.source_urls(fault.source) if fault.source else {},
    )
