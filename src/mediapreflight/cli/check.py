"""`mediapreflight check`: report findings; change nothing."""

from __future__ import annotations

import argparse
import contextlib
import functools
import itertools
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence

from ..check.cache import Cache
from ..check.run import check_jobs
from ..errors import UsageError
from ..findings import JobReport
from ..language import say, tr
from ..media.facts import LEVELS
from ..report import FORMATS, renderer
from . import FINDINGS, OK
from .arguments import count, parted
from .output import add_output_arguments, style_of, write
from .progress import tracked
from .targets import Targets, add_target_arguments, names_only_files, targets_from, why_nothing

ANY = "any"
# Up to this many jobs are held in memory, so that progress can show their number.
_MOST_COUNTED = 20_000
_FORMATS_WITH_STATISTICS = ("text", "concise")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `check`."""
    add_target_arguments(parser)
    parser.add_argument(
        "--level",
        choices=LEVELS,
        help=tr("how much is read: headers, all data, or people and voices too; default: as configured, or content"),
    )
    parser.add_argument(
        "--select",
        action="append",
        metavar="RULES",
        help=tr("codes, prefixes or names of rules, separated by commas; replaces those of the configuration"),
    )
    parser.add_argument(
        "--ignore",
        action="append",
        metavar="RULES",
        help=tr("codes, prefixes or names of rules, separated by commas; replaces those of the configuration"),
    )
    parser.add_argument(
        "--preview",
        action=argparse.BooleanOptionalAction,
        help=tr("also run rules that are new in this release"),
    )
    parser.add_argument("--strict", action=argparse.BooleanOptionalAction, help=tr("warnings fail too"))
    parser.add_argument("--watch", action="store_true", help=tr("check again whenever a file changes (extra `watch`)"))
    parser.add_argument("--statistics", action="store_true", help=tr("also show how often each rule found something"))
    parser.add_argument(
        "--workers",
        type=count,
        metavar="N",
        help=tr("how many files are measured at once; default: one per core (of the cluster, with --engine)"),
    )
    parser.add_argument("--engine", choices=("ray",), help=tr("check on a Ray cluster, without the cache (extra `ray`)"))
    parser.add_argument("--no-cache", action="store_true", help=tr("measure every file again, and cache nothing"))
    add_output_arguments(parser, FORMATS)


def run(options: argparse.Namespace) -> int:
    """Check the targets and write the report; status 0 if all fit, else 1."""
    if options.statistics and options.output_format not in _FORMATS_WITH_STATISTICS:
        raise UsageError(
            say(
                "--statistics needs --output-format {formats_with_statistics}",
                formats_with_statistics=" or ".join(_FORMATS_WITH_STATISTICS),
            )
        )
    if options.model == ANY:
        from .any_model import run as run_any

        return run_any(options)
    if options.watch:
        from .watch import watch

        return watch(options, functools.partial(_run_once, options))
    return _run_once(options)


def _run_once(options: argparse.Namespace) -> int:
    tally = _Tally()
    targets, total = _counted(targets_from(options))
    with contextlib.nullcontext() if options.no_cache else Cache() as cache:
        jobs = itertools.chain.from_iterable([_checked(each, options, tally, cache) for each in targets])
        write(options, _pieces(options, tally, tracked(jobs, total), targets))
    if not tally.jobs and not names_only_files(options):
        raise UsageError(why_nothing(options, targets))
    return OK if tally.ok else FINDINGS


def _counted(targets: Sequence[Targets]) -> tuple[Sequence[Targets], int | None]:
    """The targets, and the number of jobs for the progress display; None without a terminal, or if there are too many to hold."""
    if not sys.stderr.isatty():
        return targets, None
    counted, total = [], 0
    for each in targets:
        jobs = iter(each.jobs)
        first = tuple(itertools.islice(jobs, _MOST_COUNTED + 1 - total))
        counted.append(each._replace(jobs=itertools.chain(first, jobs)))
        total += len(first)
    return counted, total if total <= _MOST_COUNTED else None


def _checked(targets: Targets, options: argparse.Namespace, tally: _Tally, cache: Cache | None) -> Iterator[JobReport]:
    """The reports on targets of one configuration. Command-line options override its keys."""
    project = targets.project
    config = project.config if project else None
    reports = _checker(options, cache)(
        targets.jobs,
        level=options.level or (config.level if config else "content"),
        select=parted(options.select) or (config.select if config else ("ALL",)),
        ignore=parted(options.ignore) if options.ignore is not None or config is None else config.ignore,
        preview=options.preview if options.preview is not None else config is not None and config.preview,
        catalog=targets.catalog,
    )
    strict = options.strict if options.strict is not None else config is not None and config.strict
    return tally.watching(map(project.without_ignored, reports) if project else reports, strict=strict)


def _checker(options: argparse.Namespace, cache: Cache | None) -> Callable[..., Iterator[JobReport]]:
    """The function that checks jobs: on this machine, or with the engine of `--engine`."""
    if options.engine is None:
        workers = options.workers or os.cpu_count() or 1
        return functools.partial(check_jobs, workers=workers, cache=cache)
    from ..engines.ray import check_jobs as check_jobs_on_ray

    return functools.partial(check_jobs_on_ray, workers=options.workers)


def _pieces(options: argparse.Namespace, tally: _Tally, jobs: Iterable[JobReport], targets: Sequence[Targets]) -> Iterator[str]:
    catalogs = {id(each.catalog): each.catalog for each in targets}
    shared = next(iter(catalogs.values())) if len(catalogs) == 1 else None
    if options.output_format == "html":
        from .pages import checked_page

        yield from checked_page(jobs, style_of(options), shared)
    else:
        yield from renderer(options.output_format)(jobs, style_of(options))
    if options.statistics and tally.counts:
        from ..report.statistics import table

        yield "\n" + table(tally.counts)


class _Tally:
    """Counts reports as they pass: how many, whether all fit, and how often each rule fired."""

    def __init__(self) -> None:
        self.ok = True
        self.jobs = 0
        self.counts: dict[tuple[str, str], int] = {}

    def watching(self, jobs: Iterable[JobReport], *, strict: bool) -> Iterator[JobReport]:
        """The reports, unchanged. `strict`: warnings count as failures."""
        for job in jobs:
            self.jobs += 1
            warned = strict and any(finding.severity == "warning" for finding in job.findings)
            self.ok = self.ok and job.ok and not warned
            for finding in job.findings:
                key = finding.code, finding.name
                self.counts[key] = self.counts.get(key, 0) + 1
            yield job
