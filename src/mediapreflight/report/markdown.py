"""Markdown, for the summary of a GitHub Actions job (`>> "$GITHUB_STEP_SUMMARY"`), which holds up to 1 MiB."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator

from ..findings import SEVERITIES, Finding, JobReport, summary_of
from ..language import say, tr, tr_many, translated
from ..text import plain
from .closing import closing_line
from .style import Style

# The size limit of a summary, minus the sentences around the table.
_MOST_BYTES = 1_000_000
_MOST_CHARACTERS = 400
_MARKS = {
    "error": say("🔴 error"),
    "unchecked": say("🟣 unchecked"),
    "warning": say("🟡 warning"),
    "info": say("🔵 note"),
}
_ACTIVE = re.compile(r"([\\`*_{}\[\]()#!|~@:])")


def render(jobs: Iterable[JobReport], style: Style) -> Iterator[str]:
    """The counts, then a table of the findings, most severe first."""
    done = tuple(jobs)
    yield f"### mediapreflight\n\n{_text(closing_line(summary_of(done), done, Style()))}\n"
    found = [(job, finding) for job in done for finding in job.findings]
    if not found:
        return
    found.sort(key=lambda each: SEVERITIES.index(each[1].severity))
    heads = " | ".join((tr("File"), tr("Rule"), tr("What is wrong"), tr("Next")))
    yield f"\n| | {heads} |\n| --- | --- | --- | --- | --- |\n"
    room = _MOST_BYTES
    for number, (job, finding) in enumerate(found):
        row = _row(job, finding)
        room -= len(row.encode())
        if room < 0:
            left = len(found) - number
            said = tr_many("{count} more finding not shown here.", "{count} more findings not shown here.", left)
            yield f"\n{said}\n"
            return
        yield row


def _row(job: JobReport, finding: Finding) -> str:
    place = finding.path or tr("request for {model}", model=job.model)
    cells = (place, f"{finding.code} {finding.name}", translated(finding.message), translated(finding.help or ""))
    return f"| {' | '.join((translated(_MARKS[finding.severity]), *map(_text, cells)))} |\n"


def _text(text: str) -> str:
    """Text that no renderer reads as markup, a link or a mention; very long text is cut."""
    said = plain(text)
    said = said if len(said) <= _MOST_CHARACTERS else said[: _MOST_CHARACTERS - 1] + "…"
    return html.escape(_ACTIVE.sub(r"\\\1", said), quote=False)
