"""`mediapreflight tasks`: list the submitted jobs; resume, cancel or adopt tasks."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from ..errors import LedgerError, RequestRefusedError, SubmitError, UsageError
from ..language import say, tr, tr_many, translated
from ..media.data_url import is_data_url
from ..report.style import Style
from ..text import clauses, padded, plain, width_of
from . import FINDINGS, OK
from .arguments import home_expanded
from .catalogs import add_catalog_argument, catalog_here
from .output import add_output_arguments, style_of, write
from .service import Shown, add_service_arguments, chosen_session, client_settings, deliver

if TYPE_CHECKING:
    from ..submit.ledger import Ledger, Submission
    from ..submit.pipeline import Order
    from ..submit.session import Session

_ACTION_HELP = say(
    "list (the default): submitted jobs; resume: fetch what is running, look again for what is unclear, "
    "send what could not be sent; show: everything known about a job; cancel: a waiting task, or a job "
    "that was not sent; adopt: connect a task with a job by hand"
)
_GOES_ON = say("only a waiting task can be canceled; `mediapreflight tasks resume` fetches a running one")
_COLORS = {"delivered": "green", "failed": "red"}
# Not the word `model` itself: a parameter can have that name, and names are not translated.
_HEAD = (
    say("number"),
    say("registered"),
    say("stage"),
    say("status"),
    say("Model"),
    say("task"),
    say("inputs"),
    say("result"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `tasks`."""
    parser.add_argument("action", nargs="?", choices=tuple(_ACTIONS), default="list", help=translated(_ACTION_HELP))
    parser.add_argument(
        "ids",
        nargs="*",
        metavar="ID",
        help=tr("for show and cancel: task ids, or numbers from the list; for adopt: a number and a task id"),
    )
    parser.add_argument(
        "--out",
        type=home_expanded,
        metavar="DIR",
        help=tr("for resume: folder for videos of jobs that were submitted without one"),
    )
    parser.add_argument(
        "--yes",
        action="store_true",
        help=tr("for resume: do not ask before sending jobs that were not sent yet"),
    )
    parser.add_argument(
        "--all",
        action="store_true",
        help=tr("for list: everything that was ever submitted, not only the last 50"),
    )
    parser.add_argument(
        "--region",
        help=tr("region of the service, such as beijing or singapore"),
    )
    add_catalog_argument(parser)
    add_service_arguments(parser)
    add_output_arguments(parser, ("text", "concise", "json"))


def run(options: argparse.Namespace) -> int:
    """Run the subcommand."""
    if options.ids and options.action in ("list", "resume"):
        raise UsageError(
            say("{ids!r} is one argument too many: `tasks {action}` takes no ID", ids=options.ids[0], action=options.action)
        )
    return _ACTIONS[options.action](options)


def _list(options: argparse.Namespace) -> int:
    from ..submit.ledger import Ledger

    ledger = Ledger()
    rows = ledger.all(limit=None if options.all else 50)
    if options.output_format == "json":
        write(options, [_json([_record(row) for row in rows])])
    else:
        write(options, _lines(rows, style_of(options), concise=options.output_format == "concise"))
    return _print_left_alone(ledger.damaged())


def _print_left_alone(lines: Sequence[str]) -> int:
    """Print on standard error which submissions were left alone; return the exit status."""
    for line in lines:
        print(plain(tr("mediapreflight: left alone: {what}", what=line)), file=sys.stderr)
    return FINDINGS if lines else OK


def _record(row: Submission) -> dict[str, object]:
    hidden = {"fingerprint", "owner", "hashes", "before"}
    return {name: value for name, value in msgspec.structs.asdict(row).items() if name not in hidden}


def _json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"


# --- show


def _show(options: argparse.Namespace) -> int:
    from ..submit.ledger import Ledger

    if not options.ids:
        raise UsageError(say("say which: `tasks show ID`, with a task id or a number from the list"))
    rows = [_named(Ledger(), word) for word in options.ids]
    if options.output_format == "json":
        write(options, [_json([_record(row) for row in rows])])
    else:
        write(options, (line for row in rows for line in _whole(row, style_of(options))))
    return OK


def _whole(row: Submission, style: Style) -> Iterator[str]:
    """Everything known about a submission, one line each; the service's last answer is unchanged."""
    yield style(tr("submission {id}", id=row.id), "bold") + "\n"
    for name, value in _record(row).items():
        if name in ("id", "answer") or value is None:
            continue
        text = _moment(value) if name.endswith("_at") and isinstance(value, float) else value
        yield f"  {name:16} {plain(text if isinstance(text, str) else msgspec.json.encode(text).decode())}\n"
    if row.answer is not None:
        yield "  answer\n"
        yield from (f"    {plain(line)}\n" for line in _json(row.answer).splitlines())


def _lines(rows: Sequence[Submission], style: Style, *, concise: bool) -> Iterator[str]:
    """A line per submission, in columns; with a heading for people."""
    if not rows:
        if not concise:
            yield tr("Nothing was submitted yet.") + "\n"
        return
    table = [_cells(row) for row in rows]
    if not concise:
        table.insert(0, tuple(translated(name).lower() for name in _HEAD))
    widths = [max(map(width_of, column)) for column in zip(*table, strict=True)]
    for number, cells in enumerate(table):
        line = "  ".join(padded(cell, width) for cell, width in zip(cells, widths, strict=True)).rstrip()
        stage = cells[2]
        if number == 0 and not concise:
            yield style(line, "bold") + "\n"
        else:
            yield line.replace(stage, style(stage, _COLORS.get(stage, "yellow")), 1) + "\n"


def _cells(row: Submission) -> tuple[str, ...]:
    inputs = ", ".join(plain(value) for value in row.job["inputs"].values() if _names_file(value))
    came = plain(row.result) if row.result else plain(translated(row.error_message or ""))
    return str(row.id), _moment(row.registered_at), row.stage, row.status or "-", row.model, row.task_id or "-", inputs, came


def _names_file(value: object) -> bool:
    """Whether an input is a file, which the ledger has by its whole path, or a URL."""
    return isinstance(value, str) and (os.path.isabs(value) or "://" in value or is_data_url(value))  # noqa: PTH117


def _moment(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).astimezone().strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):
        return "????-??-?? ??:??"


# --- resume


def _resume(options: argparse.Namespace) -> int:
    session = chosen_session(options, catalog_here(options.catalog), with_key=True)
    orders, left = _open(session)
    shown = Shown(options, resuming=True)
    results = deliver(options, session, orders if options.yes else _agreed(orders), shown)
    status = shown.close(results, nothing="" if left else tr("No job is open.") + "\n")
    return max(status, _print_left_alone(left))


def _agreed(orders: list[Order]) -> list[Order]:
    """The orders. On a terminal, jobs that were never sent are left out unless the user agrees, because sending them costs
    money."""
    unsent = [order for order in orders if order.submission is not None and order.submission.stage == "ready"]
    if not unsent or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return orders
    asked = tr_many(
        "Also send {count} job that was not sent yet? This costs money. [y/N]",
        "Also send {count} jobs that were not sent yet? This costs money. [y/N]",
        len(unsent),
    )
    sys.stderr.write(f"{asked} ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() in ("y", "yes"):
        return orders
    return [order for order in orders if order not in unsent]


def _open(session: Session) -> tuple[list[Order], list[str]]:
    """The submissions that can be finished here, and a line for each that cannot: it has another key or service, or is
    unreadable."""
    from ..submit.pipeline import Order
    from ..submit.sending import job_of

    orders, left = [], [*session.ledger.damaged()]
    for row in session.ledger.open():
        try:
            session.catalog.model(row.model)
            session.endpoint_of(row)
            orders.append(Order(job_of(row), row, resumed=True))
        except (UsageError, LedgerError) as error:
            text = str(error)
            is_named = text.startswith(f"submission {row.id} ")
            left.append(text if is_named else say("submission {submission}: {message}", submission=row.id, message=text))
    return orders, left


# --- cancel


def _cancel(options: argparse.Namespace) -> int:
    from ..submit.client import Client

    if not options.ids:
        raise UsageError(say("say which: `tasks cancel ID`, with a task id or a number from the list"))
    session = chosen_session(options, catalog_here(options.catalog), with_key=True)
    rows = [_named(session.ledger, word) for word in options.ids]
    ok = True
    with Client(**client_settings(options, session)) as client:
        for row in rows:
            try:
                client.cancel(row.id)
                write(options, [f"{row.task_id or row.id}  {tr('canceled')}\n"])
            except SubmitError as error:
                ok = False
                goes_on = _GOES_ON if isinstance(error, RequestRefusedError) else ""
                why = translated(clauses((say("not canceled: {error}", error=error), goes_on)))
                write(options, [f"{row.task_id or row.id}  {plain(why)}\n"])
    return OK if ok else FINDINGS


def _named(ledger: Ledger, word: str) -> Submission:
    found = ledger.by_task(word)
    if found is None and word.isdecimal():
        found = next((row for row in ledger.all(limit=None) if row.id == int(word)), None)
    if found is None:
        raise UsageError(say("{word!r} is not a task or number in the ledger; `mediapreflight tasks` lists them", word=word))
    return found


# --- adopt


def _adopt(options: argparse.Namespace) -> int:
    from ..submit.client import Client

    if len(options.ids) != 2:
        raise UsageError(
            say(
                "say which: `tasks adopt NUMBER TASK_ID`, with a number from the list and the id of its task",
            )
        )
    word, task_id = options.ids
    session = chosen_session(options, catalog_here(options.catalog), with_key=True)
    row = _named(session.ledger, word)
    with Client(**client_settings(options, session)) as client:
        task = client.adopt(row.id, task_id)
    fetched = tr("`mediapreflight tasks resume` fetches its result")
    write(options, [f"{task.id}  {task.status}: {fetched}\n"])
    return OK


_ACTIONS = {"list": _list, "resume": _resume, "show": _show, "cancel": _cancel, "adopt": _adopt}
