"""The report for people: each file with findings, its properties, and the next steps."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

from ..findings import SEVERITIES, Finding, InputReport, JobReport, Severity, Summary, added, summary_of
from ..language import say, tr, tr_many, translated
from ..media.facts import AudioFacts, Facts, ImageFacts, VideoFacts
from ..text import clauses, padded, plain, shown
from .by_model import table
from .closing import closing_line
from .evidence import measured_and_limit
from .style import Style

_COLORS = {"error": "red", "unchecked": "magenta", "warning": "yellow", "info": "cyan"}
_INDENT = " " * 2
_LABELS = {"error": say("error"), "unchecked": say("unchecked"), "warning": say("warning"), "info": say("info")}
_SEVERITY_WIDTH = max(map(len, SEVERITIES)) + 1
_HANGING = _INDENT + " " * _SEVERITY_WIDTH


def render(jobs: Iterable[JobReport], style: Style) -> Iterator[str]:
    """One block per file with findings, then the documents' addresses, a table of the models if several, and a closing line."""
    summary = summary_of(())
    summaries: dict[str, Summary] = {}
    by_model: dict[str, JobReport] = {}
    pages: dict[str, str] = {}
    for job in jobs:
        own = summary_of((job,))
        summary = added(summary, own)
        summaries[job.model] = added(summaries[job.model], own) if job.model in summaries else own
        by_model.setdefault(job.model, job)
        # Findings about a job are shown under the input they concern, if any.
        ordered = sorted(job.findings, key=lambda finding: _place(job, finding))
        for role, findings in itertools.groupby(
            ordered, key=lambda finding: finding.role if finding.role in job.inputs else None
        ):
            yield _heading(job, role, style)
            for finding in findings:
                pages |= finding.source_urls
                yield _block(finding, style)
            yield "\n"
    if pages:
        yield from _addresses(pages, style)
    if len(summaries) > 1:
        yield from table(summaries, style)
    yield closing_line(summary, tuple(by_model.values()), style) + "\n"


def _addresses(pages: dict[str, str], style: Style) -> Iterator[str]:
    width = max(map(len, pages))
    for page, url in sorted(pages.items()):
        yield style(f"{plain(page):<{width}}  {plain(url)}", "dim") + "\n"
    yield "\n"


def _place(job: JobReport, finding: Finding) -> int:
    return list(job.inputs).index(finding.role) if finding.role in job.inputs else len(job.inputs)


def _heading(job: JobReport, role: str | None, style: Style) -> str:
    if role is None:
        return style(tr("request for {model}", model=job.model), "bold") + "\n"
    item = job.inputs[role]
    about, what = say("{role} for {model}", role=role, model=job.model), described(item)
    said = tr("{role}; {what}", role=about, what=what) if what else translated(about)
    return f"{style(plain(item.path), 'bold')}  {style(said, 'dim')}\n"


def _block(finding: Finding, style: Style) -> str:
    severity = style(padded(severity_label(finding.severity), _SEVERITY_WIDTH), _COLORS[finding.severity], "bold")
    lines = [f"{_INDENT}{severity}{style(finding.code, 'bold')} {finding.name}: {plain(translated(finding.message))}"]
    if evidence := _evidence(finding):
        lines.append(style(_HANGING + evidence, "dim"))
    if finding.help:
        lines.append(f"{_HANGING}{style(tr('next:'), 'green')} {plain(translated(finding.help))}")
    return "\n".join(lines) + "\n"


def severity_label(severity: Severity) -> str:
    """A severity in the reader's language."""
    return translated(_LABELS[severity])


def _evidence(finding: Finding) -> str:
    parts = []
    if figures := measured_and_limit(finding):
        measured, limit = figures
        parts.append(
            say("found {found}, accepted {accepted}", found=measured, accepted=limit)
            if isinstance(finding.measured, str)
            else say("measured {measured}, limit {limit}", measured=measured, limit=limit)
        )
    if finding.source:
        parts.append(say("source: {pages}", pages=finding.source))
    if finding.service_code:
        parts.append(say("the service answers {code}", code=finding.service_code))
    return plain(translated(clauses(parts)))


def described(item: InputReport) -> str:
    """The properties of a file in a few words; empty if they are not known."""
    facts = item.facts
    if facts is None or facts.bytes is None:
        return ""
    return ", ".join(part for part in (*_parts(facts), _size(facts.bytes)) if part)


def _parts(facts: Facts) -> list[str]:
    match facts:
        case ImageFacts():
            return [facts.format or "", f"{facts.width} x {facts.height} px" if facts.width else ""]
        case VideoFacts():
            size = f"{facts.width} x {facts.height} px" if facts.width else ""
            rate = f"{shown(facts.fps)} fps" if facts.fps else ""
            return [facts.format or "", facts.video_codec or "", size, rate, _seconds(facts)]
        case AudioFacts():
            rate = f"{facts.sample_rate} Hz" if facts.sample_rate else ""
            return [facts.format or "", rate, _seconds(facts)]
    return [facts.format or ""]


def _seconds(facts: VideoFacts | AudioFacts) -> str:
    length = facts.duration_s if facts.duration_s is not None else facts.stated_duration_s
    return "" if length is None else f"{length:.2f} s"


def _size(count: int) -> str:
    for unit, factor in (("MB", 10**6), ("kB", 10**3)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return tr_many("{count} byte", "{count} bytes", count)
