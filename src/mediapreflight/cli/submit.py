"""`mediapreflight submit`: check, prepare when needed, send, wait, download."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import msgspec

from ..check import check_jobs
from ..containment import TIME_LIMIT_S, contained
from ..errors import MediaPreflightError, UsageError
from ..findings import FAILING, JobReport, curable
from ..job import Job
from ..report.style import Style, plain
from . import FINDINGS, OK
from .arguments import positive
from .output import add_output_arguments, style_of, write
from .progress import tracked
from .service import add_service_arguments, client_settings, result_line, summary, surroundings, watching
from .targets import add_target_arguments, jobs_and_catalog

if TYPE_CHECKING:
    from ..submit.batch import Order
    from ..submit.cost import Estimate
    from ..submit.ledger import NewSubmission
    from ..submit.outcome import ExpectedOutput
    from ..submit.result import JobResult
    from ..submit.surroundings import Surroundings

_FORMATS = ("text", "concise", "json", "curl")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `submit`."""
    add_target_arguments(parser)
    add = parser.add_argument
    add("--out", metavar="DIR", help="where the videos go; needed without --dry-run and --detach")
    add("--dry-run", action="store_true", help="print each HTTP request, send nothing")
    add("--detach", action="store_true", help="leave once the tasks run; `tasks resume` fetches their videos")
    add(
        "--boxes",
        choices=("local", "service"),
        default="service",
        help="who finds the face; service asks the detect call, which bills",
    )
    add("--ratio", choices=("1:1", "3:4"), help="the ratio of ext_bbox, where the model takes boxes; default: 1:1")
    add("--no-prepare", action="store_true", help="send files as they are, or not at all")
    add("--again", action="store_true", help="make new tasks even of jobs that run, or were done in the last 24 h")
    add("--force", action="store_true", help="send jobs whose report has errors")
    add("--max-cost", type=positive, metavar="N", help="send nothing when the estimate, in any currency, is above N or unknown")
    add("--yes", action="store_true", help="do not ask before what bills")
    add_service_arguments(parser)
    add_output_arguments(parser, _FORMATS)


@dataclass(frozen=True)
class _Checked:
    """A job with its report; `trouble` says why it cannot be sent, `prepared` what was done to each file."""

    job: Job
    report: JobReport
    trouble: MediaPreflightError | None = None
    prepared: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Ready:
    """A job about to be registered; a detect call has no entry."""

    checked: _Checked
    estimate: Estimate
    entry: NewSubmission | None


def run(options: argparse.Namespace) -> int:
    """Send the jobs and bring their videos home; status 1 where any was not."""
    if options.output_format == "curl" and not options.dry_run:
        raise UsageError("--output-format curl goes with --dry-run")
    if options.out is None and not (options.dry_run or options.detach):
        raise UsageError("say where the videos go, with --out DIR, or leave them to `tasks resume` with --detach")
    jobs, catalog = jobs_and_catalog(options)
    with contained(TIME_LIMIT_S, os.cpu_count()) as containment:
        around = surroundings(options, catalog, with_key=not options.dry_run, containment=containment)
        return _run(options, around, jobs)


def _run(options: argparse.Namespace, around: Surroundings, jobs: Sequence[Job]) -> int:
    for job in jobs:
        around.endpoint(around.region_of(around.catalog.model(job.model), job.region))
    checked = _checked(options, around, jobs)
    if options.dry_run:
        return _rehearse(options, around, checked)
    checked = _prepared(options, around, checked)
    ready = [_readied(options, around, each) for each in checked if each.trouble is None]
    _agree(options, around, ready)
    return _send(options, around, checked, ready)


# --- before anything is sent


def _checked(options: argparse.Namespace, around: Surroundings, jobs: Sequence[Job]) -> list[_Checked]:
    from ..submit.registering import not_fit

    reports = tracked(_reports(around, jobs))
    return [
        _Checked(job, report, None if report.ok or options.force else not_fit(report))
        for job, report in zip(jobs, reports, strict=True)
    ]


def _prepared(options: argparse.Namespace, around: Surroundings, checked: Sequence[_Checked]) -> list[_Checked]:
    """The jobs, those that did not fit in the shape `prepare` brought them into."""
    curable = [each for each in checked if each.trouble is not None and _is_curable(each.report)]
    if options.no_prepare or not curable:
        return list(checked)
    if options.out is None:
        raise UsageError("some files must be prepared first: say where they go, with --out DIR")
    from ..prepare import PrepareOptions, prepare_jobs
    from .progress import file_progress

    chosen = PrepareOptions(ratio=options.ratio)
    with file_progress() as progress:
        results = prepare_jobs(
            [each.job for each in curable],
            out=str(Path(options.out) / "prepared"),
            options=chosen,
            catalog=around.catalog,
            progress=progress,
            time_limit_s=TIME_LIMIT_S,
        )
    made = {id(each): result for each, result in zip(curable, results, strict=True)}
    return [_after(options, around, each, made[id(each)]) if id(each) in made else each for each in checked]


def _is_curable(report: JobReport) -> bool:
    return any(finding.severity in FAILING for finding in curable(report))


def _after(options: argparse.Namespace, around: Surroundings, before: _Checked, result: Any) -> _Checked:
    from ..errors import JobNotFitError
    from ..job import revised
    from ..submit.registering import not_fit

    job = result.job
    if options.boxes == "service":
        # The boxes that prepare computed are predictions; the detect call is to find its own.
        given = before.job.inputs
        kept = {name: value for name, value in job.inputs.items() if name in given or not name.endswith("_bbox")}
        job = revised(job, inputs=kept)
    if result.record.error:
        return _Checked(job, before.report, JobNotFitError(result.record.error, before.report))
    (report,) = _reports(around, [job])
    done = {role: tuple(step.detail for step in steps) for role, steps in result.steps.items() if steps}
    return _Checked(job, report, None if report.ok else not_fit(report), done)


def _reports(around: Surroundings, jobs: Iterable[Job]) -> Iterator[JobReport]:
    from ..submit.registering import NOT_OURS

    workers = os.cpu_count() or 1
    return check_jobs(jobs, ignore=NOT_OURS, catalog=around.catalog, workers=workers, time_limit_s=TIME_LIMIT_S)


def _readied(options: argparse.Namespace, around: Surroundings, checked: _Checked) -> _Ready:
    from ..submit.registering import estimated, new_submission

    expected = estimated(around, checked.job, checked.report, boxes=options.boxes, ratio=options.ratio)
    if around.catalog.model(checked.job.model).service.mode == "synchronous":
        return _Ready(checked, expected, None)
    entry = new_submission(around, checked.job, checked.report, boxes=options.boxes, ratio=options.ratio, out=options.out)
    return _Ready(checked, expected, entry)


def _agree(options: argparse.Namespace, around: Surroundings, ready: Sequence[_Ready]) -> None:
    """Raises UsageError where the estimate is above what the user set, or the user says no."""
    from ..submit.cost import in_words, over

    estimates = [each.estimate for each in ready]
    if not ready:
        return
    if options.max_cost is not None and (why := over(estimates, options.max_cost)):
        raise UsageError(f"nothing was sent: {why}")
    if options.yes or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return
    many = "1 job" if len(ready) == 1 else f"{len(ready)} jobs"
    sys.stderr.write(f"Send {many} to {around.home().base_url}? Estimated cost: {in_words(estimates)}. [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise UsageError("nothing was sent")


# --- sending


def _send(options: argparse.Namespace, around: Surroundings, checked: Sequence[_Checked], ready: Sequence[_Ready]) -> int:
    from ..submit.batch import failed

    orders = _registered(options, around, ready)
    refused = [failed(each.job, each.trouble, None) for each in checked if each.trouble is not None]
    style, shown = style_of(options), _Shown(options)
    for result in refused:
        shown.add(result)
    results = [*refused, *(_delivered(options, around, orders, shown) if orders else [])]
    shown.close(results, style)
    return OK if all(result.ok for result in results) else FINDINGS


def _registered(options: argparse.Namespace, around: Surroundings, ready: Sequence[_Ready]) -> list[Order]:
    """All jobs in the ledger, in one step, before the first is sent: a crash from here on forgets none."""
    from ..submit.batch import Order

    entries = [each.entry for each in ready if each.entry is not None]
    began = around.clock()
    rows = iter(around.ledger.register(entries, again=options.again))
    orders = []
    for each in ready:
        expected = _expected(options, around, each.checked) if each.entry else None
        row = next(rows) if each.entry else None
        resumed = row is not None and row.registered_at < began
        orders.append(Order(each.checked.job, row, expected, options.ratio, resumed, each.checked.prepared))
    return orders


def _expected(options: argparse.Namespace, around: Surroundings, checked: _Checked) -> ExpectedOutput:
    from ..submit.outcome import expected_output
    from ..submit.registering import facts_of

    model = around.catalog.model(checked.job.model)
    return expected_output(checked.job, model, facts_of(checked.report), ratio=options.ratio)


def _delivered(options: argparse.Namespace, around: Surroundings, orders: Sequence[Order], shown: _Shown) -> list[JobResult]:
    import anyio

    from ..submit.batch import deliver
    from ..submit.client import AsyncClient

    async def all_of_them() -> list[JobResult]:
        with watching() as notify:
            async with AsyncClient(**client_settings(options, around), notify=notify) as client:
                return await deliver(
                    client, orders, out=options.out, detach=options.detach, done=lambda number, result: shown.add(result)
                )

    try:
        return anyio.run(all_of_them)
    except KeyboardInterrupt:
        sys.stderr.write("mediapreflight: interrupted; `mediapreflight tasks resume` finishes what is open\n")
        raise


class _Shown:
    """Prints each job as it ends, where the format allows it."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._lines: list[str] = []

    def add(self, result: JobResult) -> None:
        if self._options.output_format == "json":
            return
        line = result_line(result, style_of(self._options), concise=self._options.output_format == "concise")
        if self._options.output is None:
            sys.stdout.write(line)
            sys.stdout.flush()
        else:
            self._lines.append(line)

    def close(self, results: Sequence[JobResult], style: Style) -> None:
        """Write what is only known at the end."""
        if self._options.output_format == "json":
            write(self._options, [encoded_results(results)])
        elif self._options.output_format == "text":
            write(self._options, [*self._lines, summary(results, style)])
        else:
            write(self._options, self._lines)


def encoded_results(results: Sequence[JobResult]) -> str:
    """The result document as JSON text."""
    from ..submit.result import document

    return msgspec.json.format(msgspec.json.encode(document(results)), indent=2).decode() + "\n"


# --- the dry run


def _rehearse(options: argparse.Namespace, around: Surroundings, checked: Sequence[_Checked]) -> int:
    pieces = list(_rehearsals(options, around, checked))
    if options.output_format == "json":
        jobs = [piece for piece in pieces if isinstance(piece, dict)]
        document = {"dry_run": True, "ok": all(job["ok"] for job in jobs), "jobs": jobs}
        write(options, [msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"])
    else:
        write(options, cast("list[str]", pieces))
    return OK if all(each.trouble is None or _will_be_prepared(options, each) for each in checked) else FINDINGS


def _will_be_prepared(options: argparse.Namespace, checked: _Checked) -> bool:
    return not options.no_prepare and _is_curable(checked.report)


def _rehearsals(options: argparse.Namespace, around: Surroundings, checked: Sequence[_Checked]) -> Iterator[str | dict[str, Any]]:
    from ..submit.cost import in_words
    from ..submit.rehearsal import rehearsed, rehearsed_detection
    from ..submit.render import as_curl, as_dict, as_text

    style = style_of(options)
    for each in checked:
        if each.trouble is not None and not _will_be_prepared(options, each):
            if options.output_format == "json":
                yield {"model": each.job.model, "ok": False, "error": str(each.trouble), "requests": []}
            else:
                yield f"# {each.job.model}: {style('not sent', 'red', 'bold')}: {plain(str(each.trouble))}\n"
            continue
        ready = _readied(options, around, each)
        expected = _expected(options, around, each) if ready.entry else None
        if ready.entry is None:
            requests = rehearsed_detection(around, each.job, options.ratio)
        else:
            requests = rehearsed(around, ready.entry, each.job)
        if options.output_format == "json":
            yield {
                "model": each.job.model,
                "ok": True,
                "prepared_first": each.trouble is not None,
                "estimate": in_words([ready.estimate]),
                "expected": expected,
                "requests": [as_dict(request) for request in requests],
            }
            continue
        first = "; its files would be prepared first" if each.trouble is not None else ""
        yield f"# {each.job.model}: {len(requests)} requests; estimate: {in_words([ready.estimate])}{first}\n"
        if expected is not None and expected.in_words:
            yield f"# expected: {expected.in_words}\n"
        show = as_curl if options.output_format == "curl" else as_text
        for request in requests:
            yield show(request) + "\n\n"
