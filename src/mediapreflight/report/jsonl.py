"""One JSON object per job and line, written as each job is done; memory use is constant, however many there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from ..findings import JobReport
from .style import Style


def render(jobs: Iterable[JobReport], style: Style) -> Iterator[str]:
    """A line per job, in the shape of an entry of `jobs` in the JSON report."""
    for job in jobs:
        yield msgspec.json.encode(job).decode() + "\n"
