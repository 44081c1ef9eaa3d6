"""JUnit XML, for the test reports of build servers: a suite per job, a case per file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from xml.etree import ElementTree

from ..findings import Finding, JobReport
from ..text import plain
from .style import Style

_REQUEST = "request"


def render(jobs: Iterable[JobReport], style: Style) -> Iterator[str]:
    """A suite for every job, as it is done."""
    opening = '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="mediapreflight">\n'
    for job in jobs:
        suite = _suite(job)
        ElementTree.indent(suite)
        yield opening + ElementTree.tostring(suite, encoding="unicode") + "\n"
        opening = ""
    yield opening + "</testsuites>\n"


def _suite(job: JobReport) -> ElementTree.Element:
    cases = [_case(job.model, role, name, findings) for role, name, findings in _cases(job)]
    failures, errors = (str(sum(case.find(tag) is not None for case in cases)) for tag in ("failure", "error"))
    suite = ElementTree.Element("testsuite", name=plain(job.model), tests=str(len(cases)), failures=failures, errors=errors)
    suite.extend(cases)
    return suite


def _cases(job: JobReport) -> Iterator[tuple[str, str, Sequence[Finding]]]:
    """Role, name and findings of each case: the inputs, and the request if it has findings or there are no inputs."""
    for role, item in job.inputs.items():
        yield role, item.path, [finding for finding in job.findings if finding.role == role]
    others = [finding for finding in job.findings if finding.role not in job.inputs]
    if others or not job.inputs:
        yield _REQUEST, _REQUEST, others


def _case(model: str, role: str, name: str, findings: Sequence[Finding]) -> ElementTree.Element:
    case = ElementTree.Element("testcase", name=plain(name), classname=plain(f"{model}.{role}"))
    # The schema requires errors (could not be checked) before failures (would be refused).
    for tag, severity in (("error", "unchecked"), ("failure", "error")):
        grave = [finding for finding in findings if finding.severity == severity]
        if grave:
            first = plain(f"{grave[0].code} {grave[0].name}: {grave[0].message}")
            failed = ElementTree.SubElement(case, tag, type=plain(f"{grave[0].code} {grave[0].name}"), message=first)
            failed.text = _lines(grave)
    others = [finding for finding in findings if finding.severity in ("warning", "info")]
    if others:
        ElementTree.SubElement(case, "system-out").text = _lines(others)
    return case


def _lines(findings: Sequence[Finding]) -> str:
    return "".join(f"{_line(finding)}\n" for finding in findings)


def _line(finding: Finding) -> str:
    parts = [f"{finding.severity} {finding.code} {finding.name}: {finding.message}"]
    parts += [f"next: {finding.help}"] if finding.help else []
    parts += [f"source: {finding.source}"] if finding.source else []
    return plain("; ".join(parts))
