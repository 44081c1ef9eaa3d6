"""Annotations for GitHub Actions. Source: GitHub docs, "Workflow commands for GitHub Actions".

GitHub shows the first ten errors, ten warnings and ten notices of a step as annotations; all of them stay in its log.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ..findings import JobReport
from ..job import is_local
from ..language import translated
from ..text import plain
from .places import below
from .style import Style

_COMMANDS = {"error": "error", "unchecked": "error", "warning": "warning", "info": "notice"}


def render(jobs: Iterable[JobReport], style: Style) -> Iterator[str]:
    """A workflow command for every finding; paths are relative to the current folder, which is the root of the checkout."""
    root = str(Path.cwd())
    for job in jobs:
        for finding in job.findings:
            path = finding.path
            place = f"file={_property(below(root, path) or path)}," if path and is_local(path) else ""
            title = _property(f"{finding.code} {finding.name}")
            yield f"::{_COMMANDS[finding.severity]} {place}title={title}::{_data(translated(finding.message))}\n"


def _data(text: str) -> str:
    return plain(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
