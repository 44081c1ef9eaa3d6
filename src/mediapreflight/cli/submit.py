"""`mediapreflight submit`: check, prepare if needed, send, wait, download."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ..check.containment import TIME_LIMIT_S, contained
from ..errors import UsageError
from ..findings import JobReport
from ..job import Job
from ..language import say, tr
from ..media.source import display_name
from ..report.closing import jobs_counted
from ..text import listed, plain
from .arguments import home_expanded, positive
from .output import add_output_arguments
from .progress import tracked
from .service import Shown, add_service_arguments, chosen_session, deliver, mask_of_key, refuse_cost
from .targets import add_target_arguments, jobs_and_catalog

if TYPE_CHECKING:
    from ..catalog import Catalog
    from ..submit.forecast import Estimate
    from ..submit.pipeline import Candidate, Order, SubmitOptions
    from ..submit.session import Session

_FORMATS = ("text", "concise", "json", "curl")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `submit`."""
    add_target_arguments(parser)
    add = parser.add_argument
    add("--out", type=home_expanded, metavar="DIR", help=tr("folder for the videos; required without --dry-run or --detach"))
    add("--dry-run", action="store_true", help=tr("print each HTTP request, and send nothing"))
    add(
        "--level",
        choices=("decode", "content"),
        default="content",
        help=tr("how much is checked before sending: all data (decode), or people and voices too (content); default: content"),
    )
    add("--detach", action="store_true", help=tr("exit as soon as the tasks run; `tasks resume` fetches their videos"))
    add(
        "--boxes",
        choices=("local", "service"),
        default="service",
        help=tr(
            "who finds the face: this program (local), or the detect call of the service, which costs money; default: service"
        ),
    )
    add("--ratio", choices=("1:1", "3:4"), help=tr("ratio of ext_bbox, if the model takes boxes; default: 1:1"))
    add("--no-prepare", action="store_true", help=tr("do not prepare files: send them as they are, or not at all"))
    add("--again", action="store_true", help=tr("make a new task even if the job is running or done"))
    add("--force", action="store_true", help=tr("send jobs even if their report has errors"))
    add(
        "--inline",
        action="store_true",
        help=tr("send pictures inside the request (Base64) instead of uploading them, if the model takes that"),
    )
    add(
        "--max-cost",
        type=positive,
        metavar="N",
        help=tr("send nothing if the estimate, in any currency, is above N or unknown"),
    )
    add(
        "--prices",
        choices=("official", "any"),
        default="official",
        help=tr(
            "prices for estimates: the provider's own, or also a third party's where the provider states none; default: official"
        ),
    )
    add("--yes", action="store_true", help=tr("do not ask before sending what costs money"))
    add_service_arguments(parser)
    add_output_arguments(parser, _FORMATS)


def run(options: argparse.Namespace) -> int:
    """Send the jobs and download their videos; status 1 if any was not delivered."""
    if options.output_format == "curl" and not options.dry_run:
        raise UsageError(say("--output-format curl needs --dry-run"))
    jobs, catalog = jobs_and_catalog(options)
    for job in jobs:
        catalog.model(job.model).require_service()
    if options.out is None and not (options.dry_run or options.detach):
        raise UsageError(say("choose a folder for the videos with --out DIR, or use --detach and fetch them with `tasks resume`"))
    _refuse_parts(jobs, catalog)
    with contained(TIME_LIMIT_S, os.cpu_count()) as containment:
        session = chosen_session(options, catalog, with_key=not options.dry_run, containment=containment)
        return _run(options, session, jobs)


def _run(options: argparse.Namespace, session: Session, jobs: Sequence[Job]) -> int:
    from ..submit.pipeline import candidates, estimated, order_of, prepared
    from .progress import file_progress

    chosen = _chosen(options)
    _tell_of_regions(session, jobs)
    several = list(tracked(candidates(session, jobs, chosen), len(jobs)))
    if options.dry_run:
        from .dry_run import rehearse

        return rehearse(options, session, several, chosen)
    with file_progress() as progress:
        several = prepared(session, several, chosen, progress)
    fit = [each for each in several if each.refusal is None]
    _tell_of_warnings(each.report for each in fit)
    orders = [order_of(session, each, chosen) for each in fit]
    _agree(options, session, [estimated(session, each.job, each.report, chosen) for each in fit])
    return _send(options, session, several, orders, chosen)


def _refuse_parts(jobs: Sequence[Job], catalog: Catalog) -> None:
    """Raises UsageError if the files are given without roles, form one job together, and none is a whole job by itself."""
    if len(jobs) < 2 or any(job.whole for job in jobs) or len({job.model for job in jobs}) > 1:
        return
    model = catalog.model(jobs[0].model)
    required = {name for name, role in model.roles.items() if role.required}
    given = [(role, value) for job in jobs for role, value in job.inputs.items() if role in model.roles]
    if len(required) > 1 and required <= {role for role, _ in given} and len(given) == len({role for role, _ in given}):
        written = " ".join(f"{role}={display_name(value)}" for role, value in given)
        raise UsageError(
            say(
                "a job for {model} needs {required}; to make one job of these files, write {written}",
                model=model.id,
                required=listed(tuple(sorted(required))),
                written=written,
            )
        )


def _chosen(options: argparse.Namespace) -> SubmitOptions:
    from ..submit.pipeline import SubmitOptions

    return SubmitOptions(
        level=options.level,
        boxes=options.boxes,
        ratio=options.ratio,
        prepare=not options.no_prepare,
        again=options.again,
        force=options.force,
        inline=options.inline,
        prices=options.prices,
        out=options.out,
    )


# --- before anything is sent


def _tell_of_regions(session: Session, jobs: Sequence[Job]) -> None:
    """Say once per model that no document states whether the region serves it."""
    models = [(session.catalog.model(job.model), job.region) for job in jobs]
    places = [(session.region_of(model, region), model) for model, region in models]
    for region, model in dict.fromkeys((region, model.id) for region, model in places if region in model.unconfirmed_regions):
        unknown = tr(
            "no document says whether {model} runs in {region}; the service may refuse the job", model=model, region=region
        )
        sys.stderr.write(f"mediapreflight: {unknown}\n")


def _tell_of_warnings(reports: Iterable[JobReport]) -> None:
    """Print the warnings: they do not stop the job, but the result may be bad."""
    mask = mask_of_key()
    for report in reports:
        for finding in report.findings:
            if finding.severity == "warning":
                place = finding.path or finding.role or report.model
                said = mask(
                    tr(
                        "{place}: warning {code} {name}: {message}",
                        place=place,
                        code=finding.code,
                        name=finding.name,
                        message=finding.message,
                    )
                )
                sys.stderr.write(f"mediapreflight: {plain(said)}\n")


def _agree(options: argparse.Namespace, session: Session, estimates: Sequence[Estimate]) -> None:
    """Raises UsageError if the estimate is above `--max-cost`, or the user says no."""
    from ..submit.forecast import in_words

    if not estimates:
        return
    refuse_cost(options, estimates)
    if options.yes or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return
    asked = tr(
        "Send {jobs} to {url}? Estimated cost: {cost}. [y/N]",
        jobs=jobs_counted(len(estimates)),
        url=session.home().base_url,
        cost=in_words(estimates),
    )
    sys.stderr.write(f"{asked} ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise UsageError(say("nothing was sent"))


# --- sending


def _send(
    options: argparse.Namespace, session: Session, several: Sequence[Candidate], orders: Sequence[Order], chosen: SubmitOptions
) -> int:
    from ..submit.batch import failed
    from ..submit.pipeline import registered

    orders = registered(session, orders, chosen, detach=options.detach)
    refused = [failed(each.job, each.refusal, None) for each in several if each.refusal is not None]
    shown = Shown(options)
    for result in refused:
        shown.add(result)
    return shown.close([*refused, *deliver(options, session, orders, shown, detach=options.detach)])
