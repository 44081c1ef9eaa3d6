"""`mediapreflight prepare`: make files that fit from files that do not."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from ..errors import UsageError
from ..findings import FAILING, Finding
from ..language import say, tr, tr_many, translated
from ..media.source import display_name
from ..prepare.execute import Prepared, document_of, prepare_jobs
from ..prepare.options import PrepareOptions
from ..prepare.plan import BOXES, JobPlan, plan
from ..prepare.record import SCHEMA, PreparedJob, StepRecord
from ..prepare.steps import FilePlan, Step
from ..report.style import Style
from ..report.text import severity_label
from ..text import clauses, plain
from . import FINDINGS, OK
from .arguments import count, home_expanded
from .output import add_output_arguments, place_of_report, style_of, write, write_file
from .progress import file_progress
from .targets import add_target_arguments, jobs_and_catalog

_LEFT = say("Files of jobs that are not ready are there too, and the next run uses them.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `prepare`."""
    add_target_arguments(parser)
    add = parser.add_argument
    add("--out", type=home_expanded, metavar="DIR", help=tr("folder for the files that fit; required without --dry-run"))
    add("--dry-run", action="store_true", help=tr("print the plan, and write nothing"))
    add(
        "--level",
        choices=("decode", "content"),
        default="content",
        help=tr("which limits count: all except those for people and voices (decode), or all (content); default: content"),
    )
    add(
        "--fit",
        choices=("auto", "crop", "pad"),
        default="auto",
        help=tr("how an aspect ratio is reached; default: auto"),
    )
    add("--trim", choices=("pause", "end"), default="pause", help=tr("where long recordings are cut; default: pause"))
    add(
        "--keep",
        type=_part,
        action="append",
        default=[],
        metavar="ROLE=START-END",
        help=tr("part of a recording or video to keep, in seconds, such as audio=1.5-9.25; once per role"),
    )
    add("--split", action="store_true", help=tr("split a recording that is too long into several jobs"))
    add("--ratio", choices=("1:1", "3:4"), help=tr("ratio of ext_bbox, if the model takes boxes"))
    add(
        "--crop-to-boxes",
        action="store_true",
        help=tr("crop the picture to ext_bbox, the box around the face; --face N does so if other people are in it"),
    )
    add(
        "--upright",
        action="store_true",
        help=tr("turn pictures that are sideways or upside down, judged by the face in them"),
    )
    add("--equal-lengths", action="store_true", help=tr("cut video and voice to the same length, if the model would"))
    add("--background", default="#ffffff", metavar="#RRGGBB", help=tr("colour of padding and of transparent parts"))
    add("--loudness", type=float, metavar="LUFS", help=tr("bring recordings to this loudness, such as -16"))
    add("--mono", action="store_true", help=tr("mix recordings down to one channel"))
    add("--denoise", action="store_true", help=tr("lower the noise of recordings"))
    add("--overwrite", action="store_true", help=tr("replace other files that have the name of an output"))
    add(
        "--workers",
        type=count,
        default=os.cpu_count() or 1,
        metavar="N",
        help=tr("how many files are prepared at once; default: one per core"),
    )
    add(
        "--report",
        type=place_of_report,
        metavar="FILE",
        help=tr("write a page that shows every file before and after, side by side (HTML)"),
    )
    add_output_arguments(parser, ("text", "json"))


def run(options: argparse.Namespace) -> int:
    """Prepare the targets, or print the plan; status 1 if a job cannot be made to fit."""
    if len(dict(options.keep)) < len(options.keep):
        raise UsageError(say("--keep names an input twice; one part of each can be kept"))
    chosen = PrepareOptions(
        fit=options.fit,
        trim=options.trim,
        keep=dict(options.keep),
        split=options.split,
        ratio=options.ratio,
        crop_to_boxes=options.crop_to_boxes,
        upright=options.upright,
        background=options.background,
        loudness=options.loudness,
        mono=options.mono,
        denoise=options.denoise,
        equal_lengths=options.equal_lengths,
        overwrite=options.overwrite,
    )
    if options.report is not None and options.dry_run:
        raise UsageError(say("--report needs prepared files; leave out --dry-run"))
    jobs, catalog = jobs_and_catalog(options)
    if options.dry_run:
        return _print_plan(options, plan(jobs, options=chosen, level=options.level, catalog=catalog))
    if options.out is None:
        raise UsageError(say("choose a folder with --out DIR, or print the plan with --dry-run"))
    with file_progress() as progress:
        results = prepare_jobs(
            jobs,
            out=options.out,
            options=chosen,
            level=options.level,
            catalog=catalog,
            workers=options.workers,
            progress=progress,
        )
    if options.report is not None:
        from .pages import prepared_page

        write_file(options.report, prepared_page((result.record for result in results), catalog))
    if options.output_format == "json":
        write(options, [_encoded(document_of(results))])
    else:
        write(options, _results(results, style_of(options)))
    return OK if all(result.ok for result in results) else FINDINGS


def _part(text: str) -> tuple[str, tuple[float, float]]:
    """The value of `--keep`: a role, and a start and an end in seconds."""
    found = re.fullmatch(r"(\w+)=(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)", text, re.ASCII)
    if not found:
        raise argparse.ArgumentTypeError(tr("{text!r} is not a part; write ROLE=START-END, in seconds", text=text))
    return found[1], (float(found[2]), float(found[3]))


def _print_plan(options: argparse.Namespace, plans: Sequence[JobPlan]) -> int:
    ok = all(each.ok for each in plans)
    if options.output_format == "json":
        write(options, [_encoded({"schema": SCHEMA, "ok": ok, "dry_run": True, "jobs": [each.to_dict() for each in plans]})])
    else:
        write(options, _plans(plans, style_of(options)))
    return OK if ok else FINDINGS


def _encoded(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"


def _plans(plans: Sequence[JobPlan], style: Style) -> Iterator[str]:
    for each in plans:
        yield _heading(each.model.id, each.part, style)
        for file in each.files.values():
            becomes = f"  {style(expected, 'dim')}" if (expected := _expected(file)) else ""
            yield f"  {file.role}  {plain(display_name(file.source))}{becomes}\n"
            yield from _steps(file.role, file.steps, each.stays, style)
        for role, why in each.unfixable.items():
            path = plain(display_name(str(each.job.inputs[role])))
            yield f"  {role}  {path}  {style(tr('cannot be prepared'), 'red', 'bold')}: {plain(translated(why))}\n"
            yield from _next_steps(_told(each.stays, why), style)
        # In a picture that changes, faces are found anew.
        yield from _boxes(
            each.foreseen.fields, are_foreseen=any(file.kind == "image" and file.steps for file in each.files.values())
        )
        yield from _findings(each.stays, clauses(each.unfixable.values()), style)


def _expected(file: FilePlan) -> str:
    described = file.expected.in_words
    return tr("becomes {expected}", expected=described) if file.steps and described else ""


def _results(results: Sequence[Prepared], style: Style) -> Iterator[str]:
    for result in results:
        yield from _job(result.record, style)
    ready = sum(result.ok for result in results)
    color = "green" if ready == len(results) else "red"
    said = style(
        tr_many("{ready} of {count} job ready.", "{ready} of {count} jobs ready.", len(results), ready=ready), color, "bold"
    )
    if any(result.record.inputs and not result.ok for result in results):
        said = tr("{said} {more}", said=said, more=_LEFT)
    yield said + "\n"


def _job(record: PreparedJob, style: Style) -> Iterator[str]:
    yield _heading(record.model, record.part, style)
    for role, item in record.inputs.items():
        yield f"  {role}  {plain(item.source)} -> {style(plain(item.path), 'bold')}\n"
        yield from _steps(role, item.steps, record.findings, style)
    yield from _boxes(record.fields)
    if record.error:
        yield f"  {style(tr('error'), 'red', 'bold')}  {plain(translated(record.error))}\n"
        yield from _next_steps(_told(record.findings, record.error), style)
    yield from _findings(record.findings, record.error or "", style)


def _heading(model: str, part: int | None, style: Style) -> str:
    return style(tr("{model}, part {part}", model=model, part=part) if part else model, "bold") + "\n"


def _boxes(fields: Mapping[str, Any], *, are_foreseen: bool = False) -> Iterator[str]:
    for name in BOXES:
        if name in fields:
            yield f"  {name}  {tr('about {box}', box=fields[name]) if are_foreseen else fields[name]}\n"


def _steps(role: str, steps: Sequence[Step | StepRecord], findings: Sequence[Finding], style: Style) -> Iterator[str]:
    if not steps:
        fits = all(finding.role != role or finding.severity not in FAILING for finding in findings)
        yield f"    {style(tr('fits as it is'), 'green') if fits else tr('stays as it is')}\n"
    for step in steps:
        reason = style(f"[{translated(step.reason)}]", "dim")
        yield f"    {style(step.name, 'cyan')}  {plain(translated(step.detail))}  {reason}\n"


def _told(findings: Sequence[Finding], said: str) -> list[Finding]:
    """The findings whose messages are part of what was printed."""
    return [finding for finding in findings if finding.message in said]


def _next_steps(findings: Sequence[Finding], style: Style) -> Iterator[str]:
    for help in dict.fromkeys(finding.help for finding in findings if finding.help):
        yield _next(help, style)


def _findings(findings: Sequence[Finding], said: str, style: Style) -> Iterator[str]:
    """The errors and warnings that stay, each with its next step, without those in `said`, which is printed above."""
    told = _told(findings, said)
    for finding in sorted(findings, key=lambda finding: finding.severity not in FAILING):
        if finding not in told and finding.severity != "info":
            color = "red" if finding.severity in FAILING else "yellow"
            severity = style(severity_label(finding.severity), color, "bold")
            yield f"  {severity}  {finding.code} {finding.name}: {plain(translated(finding.message))}\n"
            yield _next(finding.help, style) if finding.help else ""


def _next(help: str, style: Style) -> str:
    return f"    {style(tr('next:'), 'green')} {plain(translated(help))}\n"
