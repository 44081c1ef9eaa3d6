"""One line per finding, for scripts and editors: `PATH: severity CODE name: message`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..findings import JobReport
from ..language import translated
from ..text import plain
from .style import Style


def render(jobs: Iterable[JobReport], style: Style) -> Iterator[str]:
    """A line for every finding, as it is found."""
    for job in jobs:
        for finding in job.findings:
            place = plain(finding.path or finding.role or job.model)
            color = "red" if finding.severity in ("error", "unchecked") else "yellow"
            what = f"{style(f'{finding.severity} {finding.code}', color)} {finding.name}"
            yield f"{style(place, 'bold')}: {what}: {plain(translated(finding.message))}\n"
