"""The last line of the reports people read."""

from __future__ import annotations

from collections.abc import Sequence

from ..findings import JobReport, Summary
from .style import Style


def closing_line(summary: Summary, jobs: Sequence[JobReport], style: Style) -> str:
    """What was found in how many files; or that all of them fit, and what."""
    models = sorted({job.model for job in jobs})
    what = (
        f"{_count(summary.files, 'file')} in {_count(summary.jobs, 'job')}"
        if summary.jobs != summary.files
        else _count(summary.files, "file")
    )
    if not summary.jobs:
        return style("Nothing to check.", "yellow")
    model = models[0] if len(models) == 1 else f"{len(models)} models"
    found = ", ".join(
        _count(number, noun)
        for number, noun in ((summary.errors, "error"), (summary.warnings, "warning"), (summary.infos, "note"))
        if number
    )
    if summary.unchecked:
        found = ", ".join(part for part in (found, f"{summary.unchecked} unchecked") if part)
    failing = summary.errors or summary.unchecked
    if not found:
        return style(f"All clear: {what} checked, nothing found against {model}.", "green", "bold")
    verdict = "" if failing else style(" Nothing that stops a submission.", "green")
    return style(f"Found {found} in {what} for {model}.", "red" if failing else "yellow", "bold") + verdict


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
