"""Annotations for GitHub Actions. Source: GitHub docs, "Workflow commands for GitHub Actions"."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..findings import JobReport
from .style import Style, plain

_COMMANDS = {"error": "error", "unchecked": "error", "warning": "warning", "info": "notice"}


def render(jobs: Iterable[JobReport], style: Style) -> Iterator[str]:
    """A workflow command for every finding."""
    for job in jobs:
        for finding in job.findings:
            place = f"file={_property(finding.path)}," if finding.path else ""
            title = _property(f"{finding.code} {finding.name}")
            yield f"::{_COMMANDS[finding.severity]} {place}title={title}::{_data(finding.message)}\n"


def _data(text: str) -> str:
    return plain(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
