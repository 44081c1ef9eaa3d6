"""`mediapreflight check`: report, change nothing."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Iterator

from ..check import check_jobs
from ..errors import UsageError
from ..findings import JobReport
from ..probe.facts import LEVELS
from ..report import FORMATS, renderer
from . import FINDINGS, OK
from .arguments import count
from .output import add_output_arguments, style_of, write
from .progress import tracked
from .targets import add_target_arguments, jobs_from

_FORMATS_WITH_STATISTICS = ("text", "concise")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `check`."""
    add_target_arguments(parser)
    parser.add_argument("--level", choices=LEVELS, default="content", help="how much is read; default: content")
    parser.add_argument(
        "--select", action="append", default=[], metavar="RULES", help="codes, prefixes or names, comma-separated; default: ALL"
    )
    parser.add_argument(
        "--ignore", action="append", default=[], metavar="RULES", help="codes, prefixes or names, comma-separated"
    )
    parser.add_argument("--strict", action="store_true", help="warnings fail too")
    parser.add_argument("--statistics", action="store_true", help="add how often each rule fired")
    parser.add_argument(
        "--workers", type=count, default=os.cpu_count() or 1, metavar="N", help="files measured at once; default: one a core"
    )
    parser.add_argument("--no-cache", action="store_true", help="read every file anew (nothing is cached by this version)")
    add_output_arguments(parser, FORMATS)


def run(options: argparse.Namespace) -> int:
    """Check the targets, write the report, and say by the status whether all fit."""
    if options.statistics and options.output_format not in _FORMATS_WITH_STATISTICS:
        raise UsageError(f"--statistics goes with --output-format {' or '.join(_FORMATS_WITH_STATISTICS)}")
    tally = _Tally(strict=options.strict)
    jobs = check_jobs(
        jobs_from(options),
        level=options.level,
        select=_listed(options.select) or ("ALL",),
        ignore=_listed(options.ignore),
        workers=options.workers,
    )
    write(options, _pieces(options, tally, tracked(jobs)))
    return OK if tally.ok else FINDINGS


def _pieces(options: argparse.Namespace, tally: _Tally, jobs: Iterable[JobReport]) -> Iterator[str]:
    yield from renderer(options.output_format)(tally.watching(jobs), style_of(options))
    if options.statistics and tally.counts:
        from ..report.statistics import table

        yield "\n" + table(tally.counts)


class _Tally:
    """Watches reports go by: whether all fit, and how often each rule fired."""

    def __init__(self, *, strict: bool) -> None:
        self.ok = True
        self.counts: dict[tuple[str, str], int] = {}
        self._strict = strict

    def watching(self, jobs: Iterable[JobReport]) -> Iterator[JobReport]:
        for job in jobs:
            warned = self._strict and any(finding.severity == "warning" for finding in job.findings)
            self.ok = self.ok and job.ok and not warned
            for finding in job.findings:
                key = finding.code, finding.name
                self.counts[key] = self.counts.get(key, 0) + 1
            yield job


def _listed(words: list[str]) -> tuple[str, ...]:
    return tuple(part.strip() for word in words for part in word.split(",") if part.strip())
