"""`mediapreflight tasks`: the ledger of submitted jobs; finish what is open, cancel what waits."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ..errors import SubmitError, UsageError
from ..report.style import Style, plain
from . import FINDINGS, OK
from .output import add_output_arguments, style_of, write
from .service import add_service_arguments, client_settings, result_line, summary, surroundings, watching

if TYPE_CHECKING:
    from ..catalog import Catalog
    from ..submit.batch import Order
    from ..submit.ledger import Submission
    from ..submit.result import JobResult
    from ..submit.surroundings import Surroundings

_COLORS = {"delivered": "green", "failed": "red"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `tasks`."""
    parser.add_argument("action", nargs="?", choices=("list", "resume", "cancel"), default="list", help="default: list")
    parser.add_argument("ids", nargs="*", metavar="ID", help="for cancel: task ids, or numbers of the list")
    parser.add_argument("--out", metavar="DIR", help="for resume: where videos go that were submitted without a folder")
    parser.add_argument("--all", action="store_true", help="for list: whatever was ever submitted, not only the last 50")
    parser.add_argument("--region", help="the region whose service is asked: beijing, singapore, virginia or frankfurt")
    add_service_arguments(parser)
    add_output_arguments(parser, ("text", "concise", "json"))


def run(options: argparse.Namespace) -> int:
    """List, resume or cancel."""
    if options.ids and options.action != "cancel":
        raise UsageError(f"{options.ids[0]!r} is one argument too many: `tasks {options.action}` takes no ID")
    if options.action == "cancel":
        return _cancel(options)
    if options.action == "resume":
        return _resume(options)
    from ..submit.ledger import Ledger

    rows = Ledger().all(limit=None if options.all else 50)
    if options.output_format == "json":
        write(options, [msgspec.json.format(msgspec.json.encode([_record(row) for row in rows]), indent=2).decode() + "\n"])
    else:
        write(options, _lines(rows, style_of(options), concise=options.output_format == "concise"))
    return OK


def _record(row: Submission) -> dict[str, object]:
    hidden = {"fingerprint", "owner", "hashes"}
    return {name: value for name, value in msgspec.structs.asdict(row).items() if name not in hidden}


def _lines(rows: Sequence[Submission], style: Style, *, concise: bool) -> Iterator[str]:
    if not rows and not concise:
        yield "Nothing was submitted yet.\n"
    for row in rows:
        yield _line(row, style)


def _line(row: Submission, style: Style) -> str:
    when = datetime.fromtimestamp(row.registered_at, UTC).astimezone().strftime("%Y-%m-%d %H:%M")
    state = style(f"{row.stage:9}", _COLORS.get(row.stage, "yellow"))
    inputs = ", ".join(plain(value) for value in row.job["inputs"].values() if isinstance(value, str) and "/" in value)
    came = plain(row.result) if row.result else plain(row.error_message or "")
    return (
        f"{row.id:4}  {when}  {state}  {row.status or '':9}  {row.model}  {row.task_id or '-'}  {inputs}  {came}".rstrip() + "\n"
    )


def _catalog() -> Catalog:
    """The catalog of the current folder's configuration, which the jobs may have been submitted with."""
    from ..catalog import builtin_catalog
    from ..config.discovery import nearest_config
    from ..config.loading import load

    found = nearest_config(str(Path.cwd()))
    return load(found).catalog if found else builtin_catalog()


# --- resume


def _resume(options: argparse.Namespace) -> int:
    import anyio

    from ..submit.batch import deliver
    from ..submit.client import AsyncClient

    around = surroundings(options, _catalog(), with_key=True)
    orders = _open(around)
    style = style_of(options)
    lines: list[str] = []

    def show(number: int, result: JobResult) -> None:
        if options.output_format != "json":
            lines.append(result_line(result, style, concise=options.output_format == "concise"))
            if options.output is None:
                sys.stdout.write(lines.pop())
                sys.stdout.flush()

    async def all_of_them() -> list[JobResult]:
        with watching() as notify:
            async with AsyncClient(**client_settings(options, around), notify=notify) as client:
                return await deliver(client, orders, out=options.out, done=show)

    results = anyio.run(all_of_them) if orders else []
    if options.output_format == "json":
        from .submit import encoded_results

        write(options, [encoded_results(results)])
    elif options.output_format == "text":
        write(options, [*lines, summary(results, style) if results else "Nothing is open.\n"])
    else:
        write(options, lines)
    return OK if all(result.ok for result in results) else FINDINGS


def _open(around: Surroundings) -> list[Order]:
    """What can be finished here. What belongs to another service, or cannot be taken up again, is named on standard error."""
    from ..submit.batch import Order
    from ..submit.sending import job_of

    orders = []
    for row in around.ledger.open():
        try:
            around.endpoint_of(row)
        except UsageError as error:
            print(f"mediapreflight: left alone: {plain(str(error))}", file=sys.stderr)
            continue
        orders.append(Order(job_of(row), row))
    return orders


# --- cancel


def _cancel(options: argparse.Namespace) -> int:
    from ..submit.client import Client
    from ..submit.tasks import cancel_submission_flow

    if not options.ids:
        raise UsageError("say which: `tasks cancel ID`, with a task id or a number of the list")
    around = surroundings(options, _catalog(), with_key=True)
    rows = [_named(around, word) for word in options.ids]
    ok = True
    with Client(**client_settings(options, around)) as client:
        for row in rows:
            try:
                client.run(cancel_submission_flow(around, row))
                write(options, [f"{row.task_id or row.id}  canceled\n"])
            except SubmitError as error:
                ok = False
                write(options, [f"{row.task_id or row.id}  not canceled: {plain(str(error))}\n"])
    return OK if ok else FINDINGS


def _named(around: Surroundings, word: str) -> Submission:
    found = around.ledger.by_task(word)
    if found is None and word.isdecimal():
        found = next((row for row in around.ledger.all(limit=None) if row.id == int(word)), None)
    if found is None:
        raise UsageError(f"{word!r} is no task or number of the ledger; `mediapreflight tasks` lists them")
    return found
