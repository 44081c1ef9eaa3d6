"""The last line of the reports for people."""

from __future__ import annotations

from collections.abc import Sequence

from ..findings import JobReport, Summary
from ..language import say, say_many, tr
from ..text import enumerated
from .style import Style


def closing_line(summary: Summary, jobs: Sequence[JobReport], style: Style) -> str:
    """The number of findings and files; or that all files fit."""
    models = sorted({job.model for job in jobs})
    if not summary.jobs:
        return style(tr("Nothing to check."), "yellow")
    what = _what(summary)
    model = models[0] if len(models) == 1 else say_many("{count} model", "{count} models", len(models))
    found = _found(summary)
    failing = summary.errors or summary.unchecked
    if not found:
        return style(tr("All clear: {what} checked for {model}, nothing found.", what=what, model=model), "green", "bold")
    said = style(
        tr("Found {found} in {what} for {model}.", found=enumerated(found), what=what, model=model),
        "red" if failing else "yellow",
        "bold",
    )
    if not failing:
        said = tr("{said} {more}", said=said, more=style(tr("Nothing stops a submission."), "green"))
    if summary.fixable:
        fix = tr("`mediapreflight prepare` can fix {count} of them.", count=summary.fixable)
        said = tr("{said} {more}", said=said, more=fix)
    return said


def _what(summary: Summary) -> str:
    files, jobs = (files_counted(summary.files) if summary.files else ""), jobs_counted(summary.jobs)
    if summary.jobs == summary.files:
        return files
    return say("{files} in {jobs}", files=files, jobs=jobs) if files else jobs


def _found(summary: Summary) -> tuple[str, ...]:
    counts = (
        say_many("{count} error", "{count} errors", summary.errors),
        say_many("{count} unchecked finding", "{count} unchecked findings", summary.unchecked),
        say_many("{count} warning", "{count} warnings", summary.warnings),
        say_many("{count} note", "{count} notes", summary.infos),
    )
    numbers = (summary.errors, summary.unchecked, summary.warnings, summary.infos)
    return tuple(words for words, number in zip(counts, numbers, strict=True) if number)


def files_counted(number: int) -> str:
    """So many files: `1 file`, `3 files`."""
    return say_many("{count} file", "{count} files", number)


def jobs_counted(number: int) -> str:
    """So many jobs: `1 job`, `3 jobs`."""
    return say_many("{count} job", "{count} jobs", number)
