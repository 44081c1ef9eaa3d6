"""The whole report as one JSON object: `mediapreflight schema report` describes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..findings import JobReport, Report
from .style import Style


def render(jobs: Iterable[JobReport], style: Style) -> Iterator[str]:
    """One object, indented by two."""
    yield Report(jobs=tuple(jobs)).to_json(indent=2) + "\n"
