"""The last line of the reports for people."""

from __future__ import annotations

from collections.abc import Sequence

from ..findings import JobReport, Summary
from .style import Style


def closing_line(summary: Summary, jobs: Sequence[JobReport], style: Style) -> str:
    """The number of findings and files; or that all files fit."""
    models = sorted({job.model for job in jobs})
    if not summary.jobs:
        return style("Nothing to check.", "yellow")
    files = counted(summary.files, "file") if summary.files else ""
    job_count = counted(summary.jobs, "job") if summary.jobs != summary.files else ""
    what = " in ".join(filter(None, (files, job_count)))
    model = models[0] if len(models) == 1 else f"{len(models)} models"
    found = ", ".join(
        counted(number, noun)
        for number, noun in (
            (summary.errors, "error"),
            (summary.unchecked, "unchecked finding"),
            (summary.warnings, "warning"),
            (summary.infos, "note"),
        )
        if number
    )
    failing = summary.errors or summary.unchecked
    if not found:
        return style(f"All clear: {what} checked, nothing found against {model}.", "green", "bold")
    verdict = "" if failing else style(" Nothing that stops a submission.", "green")
    fix = f" `mediapreflight prepare` can fix {summary.fixable} of them." if summary.fixable else ""
    return style(f"Found {found} in {what} for {model}.", "red" if failing else "yellow", "bold") + verdict + fix


def counted(number: int, noun: str) -> str:
    """A number of things: `1 file`, `3 files`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
