"""What `check` answers: findings, grouped by job, in one report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

import msgspec
from msgspec import Struct

from ._version import __version__
from .media.facts import Facts, ImageFacts, Problem, UnknownFacts, VideoFacts
from .people.facts import Content

Severity = Literal["error", "warning", "info", "unchecked"]
# In order: the service documents a refusal; a check could not run; one reading of the documents refuses; for information.
SEVERITIES: tuple[Severity, ...] = ("error", "unchecked", "warning", "info")
FAILING: frozenset[Severity] = frozenset({"error", "unchecked"})
SCHEMA = "mediapreflight.report/1"
_NOT_WHOLE = (Problem.BROKEN, Problem.EMPTY, Problem.TRUNCATED, Problem.CORRUPT)
_OF_ANOTHER_KIND = frozenset({"file-kind-wrong", "video-stream-missing"})


class Finding(Struct, frozen=True, kw_only=True):
    """One fault in one input of one job, found by one rule.

    `measured` and `limit` are in `unit`. `service_code`: the service's error code, if its documents name it.
    `fixable`: whether preparing the file can fix it. `help`: what to do next, one sentence. It names options of the commands;
    Python has the same names, in `PrepareOptions` and `Job`, and `parameters` for `--set`. `source`: pages and dates of the
    limit; `source_urls`: their addresses, if known.
    """

    code: str
    name: str
    severity: Severity
    role: str | None
    path: str | None
    message: str
    measured: Any = None
    limit: str | None = None
    unit: str | None = None
    service_code: str | None = None
    fixable: bool = False
    help: str | None = None
    source: str | None = None
    source_urls: dict[str, str] = {}


class InputReport(Struct, frozen=True, kw_only=True):
    """One input of a job: a local path or a URL, its facts (None if it was not measured), and who is seen and heard."""

    path: str
    facts: Facts | None = None
    content: Content | None = None


class JobReport(Struct, frozen=True, kw_only=True):
    """One job and everything found in it. `ok`: no finding of severity error or unchecked. `face`: the number it chooses.

    Its `repr` is short; a notebook shows it as the page of `check --output-format html`, without pictures.
    """

    model: str
    ok: bool
    parameters: dict[str, Any]
    fields: dict[str, Any]
    inputs: dict[str, InputReport]
    findings: tuple[Finding, ...]
    face: int | None = None

    def __repr__(self) -> str:
        inputs = ", ".join(f"{role}={item.path!r}" for role, item in self.inputs.items())
        return f"<JobReport {self.model}({inputs}): {_in_words(summary_of((self,)))}>"

    def _repr_html_(self) -> str | None:
        return _page_of((self,))


class Summary(Struct, frozen=True, kw_only=True):
    """Counts over a whole report. `files` counts inputs, each as often as a job names it; `fixable` what preparing can fix."""

    jobs: int
    files: int
    errors: int
    warnings: int
    unchecked: int
    infos: int = 0
    fixable: int = 0


class Report(Struct, frozen=True, kw_only=True):
    """All findings of one or many jobs.

    Its `repr` is short; a notebook shows it as the page of `check --output-format html`, without pictures.
    """

    jobs: tuple[JobReport, ...]

    def __repr__(self) -> str:
        return f"<Report of {len(self.jobs)} {'job' if len(self.jobs) == 1 else 'jobs'}: {_in_words(self.summary)}>"

    def _repr_html_(self) -> str | None:
        return _page_of(self.jobs)

    @property
    def ok(self) -> bool:
        """Whether every job fits: no finding of severity error or unchecked."""
        return all(job.ok for job in self.jobs)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of all jobs, in order."""
        return tuple(finding for job in self.jobs for finding in job.findings)

    @property
    def summary(self) -> Summary:
        """Counts by severity."""
        return summary_of(self.jobs)

    def to_dict(self) -> Mapping[str, Any]:
        """The report as plain values, in the shape of `mediapreflight schema report`."""
        head = {"schema": SCHEMA, "version": __version__, "ok": self.ok}
        return {**head, "summary": self.summary, "jobs": self.jobs}

    def to_json(self, *, indent: int | None = None) -> str:
        """The report as JSON text."""
        encoded = msgspec.json.encode(self.to_dict())
        return (msgspec.json.format(encoded, indent=indent) if indent else encoded).decode()


# Makes the page that a notebook shows. The package's `__init__` sets it, because this module may not import `report`.
notebook_page: Callable[[tuple[JobReport, ...]], str] | None = None


def _page_of(jobs: tuple[JobReport, ...]) -> str | None:
    """The page; None if `notebook_page` is not set, and a notebook then shows the `repr`."""
    return notebook_page(jobs) if notebook_page else None


def _in_words(summary: Summary) -> str:
    counts = {"error": summary.errors, "unchecked finding": summary.unchecked, "warning": summary.warnings, "note": summary.infos}
    found = (f"{number} {noun}" if number == 1 else f"{number} {noun}s" for noun, number in counts.items() if number)
    return ", ".join(found) or "nothing found"


def summary_of(jobs: tuple[JobReport, ...]) -> Summary:
    """Counts over these jobs."""
    findings = [finding for job in jobs for finding in job.findings]
    counts = {severity: sum(finding.severity == severity for finding in findings) for severity in SEVERITIES}
    return Summary(
        jobs=len(jobs),
        files=sum(len(job.inputs) for job in jobs),
        errors=counts["error"],
        warnings=counts["warning"],
        unchecked=counts["unchecked"],
        infos=counts["info"],
        fixable=sum(1 for job in jobs for _ in fixable(job)),
    )


def fixable(job: JobReport) -> Iterator[Finding]:
    """The findings that preparing the files can fix: the fixable ones, except those of files that cannot be prepared."""
    refused: set[str | None] = {
        role for role, item in job.inputs.items() if item.facts is not None and not _can_be_read(item.facts)
    }
    refused |= {finding.role for finding in job.findings if finding.name in _OF_ANOTHER_KIND and not finding.fixable}
    return (finding for finding in job.findings if finding.fixable and finding.role not in refused)


def _can_be_read(facts: Facts) -> bool:
    if any(facts.problem(problem) is not None for problem in _NOT_WHOLE):
        return False
    match facts:
        case UnknownFacts():
            return False
        case ImageFacts():
            return facts.width is not None and facts.problem(Problem.OVERSIZED) is None
        case VideoFacts():
            return not facts.encrypted
    return True


def added(first: Summary, second: Summary) -> Summary:
    """The sum of both, for reports that do not fit into memory."""
    return Summary(**{name: getattr(first, name) + getattr(second, name) for name in Summary.__struct_fields__})
