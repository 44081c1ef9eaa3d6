"""The whole report as one JSON object: `mediapreflight schema report` describes it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator

import msgspec

from ..findings import JobReport, Report, added, summary_of
from .style import Style

# The counts come before the jobs: longer output waits on disk.
_HELD_IN_MEMORY = 8 * 2**20
_PIECE = 2**16
_INDENT = 4


def render(jobs: Iterable[JobReport], style: Style) -> Iterator[str]:
    """One object, indented by two; memory use is constant, however many jobs there are."""
    summary, ok = summary_of(()), True
    with tempfile.SpooledTemporaryFile(_HELD_IN_MEMORY, "w+", encoding="utf-8", newline="") as body:
        for job in jobs:
            body.write(f"{',' if summary.jobs else ''}\n{_indented(job)}")
            summary, ok = added(summary, summary_of((job,))), ok and job.ok
        head = {**Report(jobs=()).to_dict(), "ok": ok, "summary": summary, "jobs": []}
        before, _, after = msgspec.json.format(msgspec.json.encode(head), indent=2).decode().rpartition("[]")
        if not summary.jobs:
            yield f"{before}[]{after}\n"
            return
        yield f"{before}["
        body.seek(0)
        while piece := body.read(_PIECE):
            yield piece
        yield f"\n  ]{after}\n"


def _indented(job: JobReport) -> str:
    # A line of JSON never begins inside a string.
    lines = msgspec.json.format(msgspec.json.encode(job), indent=2).decode()
    return " " * _INDENT + lines.replace("\n", "\n" + " " * _INDENT)
