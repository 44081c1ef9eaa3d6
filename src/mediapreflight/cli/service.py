"""Shared by the commands that call the service: options for its address, results, progress."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from ..check.containment import UNCONTAINED, Containment
from ..errors import UsageError
from ..language import say, tr, tr_many, translated
from ..report.style import Style
from ..text import clauses, listed, plain
from . import FINDINGS, OK
from .arguments import positive
from .output import put, style_of, write
from .progress import job_board

if TYPE_CHECKING:
    from ..catalog import Catalog
    from ..submit.forecast import Estimate
    from ..submit.pipeline import Order
    from ..submit.result import JobResult
    from ..submit.session import Event, Session


def add_service_arguments(parser: argparse.ArgumentParser) -> None:
    """The options for the service's address, and for waiting."""
    group = parser.add_argument_group(tr("service"))
    group.add_argument(
        "--base-url",
        metavar="URL",
        help=tr("base URL, which ends in /api/v1; default: DASHSCOPE_HTTP_BASE_URL, then the region's host"),
    )
    group.add_argument(
        "--workspace", metavar="ID", help=tr("id of the workspace, for the newer host names; default: DASHSCOPE_WORKSPACE_ID")
    )
    group.add_argument(
        "--poll-interval",
        type=positive,
        metavar="SECONDS",
        help=tr("time between two queries of a task; default: 15"),
    )
    group.add_argument("--allow-private-urls", action="store_true", help=tr("allow inputs that are URLs of private addresses"))


def client_settings(options: argparse.Namespace, session: Session) -> dict[str, Any]:
    """The options as arguments of a client that uses this catalog and this ledger."""
    return {**chosen_service(options), "catalog": session.catalog, "ledger": session.ledger}


def chosen_service(options: argparse.Namespace) -> dict[str, Any]:
    """The options as arguments of a client."""
    from ..submit.session import Pace

    return {
        "region": options.region,
        "workspace": options.workspace,
        "base_url": options.base_url,
        "pace": Pace(poll_interval=options.poll_interval),
        "private_urls": options.allow_private_urls,
    }


def chosen_session(
    options: argparse.Namespace, catalog: Catalog, *, with_key: bool, containment: Containment = UNCONTAINED
) -> Session:
    """The session for these options. Raises UsageError for a missing key, or an address that cannot be used."""
    from ..submit.http.key import find_key
    from ..submit.ledger import Ledger
    from ..submit.session import Session

    settings = chosen_service(options)
    known: dict[str, Any] = {"account": ""}
    if with_key:
        key = find_key(None)
        known = {"account": key.account, "mask": key.mask}
    return Session(ledger=Ledger(), catalog=catalog, containment=containment, **known, **settings)


def refuse_cost(options: argparse.Namespace, estimates: Sequence[Estimate]) -> None:
    """Raises UsageError if the estimates are above `--max-cost`, or unknown."""
    from ..submit.forecast import over

    if options.max_cost is None or not (why := over(estimates, options.max_cost)):
        return
    is_unknown = options.prices != "any" and any(call.amount is None for each in estimates for call in each.calls)
    way_out = say("`--prices any` uses a third party's price if there is one") if is_unknown else ""
    raise UsageError(clauses((say("nothing was sent: {why}", why=why), way_out)))


def mask_of_key() -> Callable[[str], str]:
    """A function that removes the API key from a text. A dry run needs no key, but if there is one, a value may contain it."""
    from ..submit.http.key import find_key

    try:
        return find_key(None).mask
    except UsageError:
        return str


def result_line(result: JobResult, style: Style, *, concise: bool, resuming: bool = False) -> str:
    """One job and its result. `resuming`: the reader knows that an earlier run submitted it."""
    inputs = ", ".join(plain(value) for value in result.inputs.values())
    head = f"{style(result.model, 'bold')}  {inputs}"
    if result.error is not None:
        unsent = tr("UNCLEAR") if result.error.code == "Unclear" else tr("NOT SENT")
        status = (result.status or "FAILED") if result.task_id else unsent
        line = f"{head}  {style(status, 'red', 'bold')}  {plain(translated(result.error.message))}\n"
        return line if concise else line + "".join(f"  {hint}\n" for hint in _hints(result))
    came = result.video or result.template_id or ""
    parts = [style(result.status or "", "green", "bold")]
    parts += _bill(result)
    found = tr("task {id}", id=result.task_id) if result.task_id else plain(msgspec.json.encode(result.detected).decode())
    parts.append(f"-> {plain(came)}" if came else found)
    prepared = tr("prepared")
    steps = (
        ""
        if concise
        else "".join(f"  {prepared}  {role}: {plain(translated(clauses(done)))}\n" for role, done in result.prepared.items())
    )
    earlier = result.resumed and not resuming
    told = [*result.notes, *([say("submitted by an earlier run; `--again` makes a new task")] if earlier else [])]
    mark = tr("note")
    notes = "" if concise else "".join(f"  {mark}  {plain(translated(note))}\n" for note in told)
    return f"{head}  {'  '.join(parts)}\n{steps}{notes}"


def _bill(result: JobResult) -> Iterator[str]:
    """The billed seconds and their cost; for a task that ended before this run, marked as billed earlier."""
    if result.seconds_billed is not None:
        yield f"{result.seconds_billed:g} s"
    if result.cost.amount is not None:
        cost = f"{result.cost.amount:.2f} {result.cost.currency}"
        yield tr("billed earlier: {cost}", cost=cost) if result.cost.earlier else cost
    elif result.cost.earlier:
        yield tr("billed earlier")


def _hints(result: JobResult) -> Iterator[str]:
    error = result.error
    if error is None:
        return
    if bill := ", ".join(_bill(result)):
        yield tr("the task was billed anyway: {bill}", bill=bill)
    if error.rules:
        yield tr("see {rules}: `mediapreflight rule {first}`", rules=", ".join(error.rules), first=error.rules[0])
    if error.retry_helps:
        yield tr("the same job can succeed later")
    helps = dict.fromkeys(finding.help for finding in result.findings if finding.severity == "error" and finding.help)
    yield from (f"{tr('next:')} {plain(translated(help))}" for help in helps)


def summary(results: Sequence[JobResult], style: Style, *, out: str | None = None) -> str:
    """The last line: how many jobs were delivered, and what this run was billed.

    Args:
        out: the folder for the results of running tasks; None if none was named.
    """
    running = sum(_runs(result) for result in results)
    done = sum(result.ok for result in results) - running
    color = "green" if done + running == len(results) else "red"
    parts = [] if running == len(results) > 0 else [_done(done, len(results))]
    if running:
        command = "mediapreflight tasks resume --out DIR" if out is None else "mediapreflight tasks resume"
        parts.append(
            tr_many(
                "{count} task running; `{command}` fetches it.",
                "{count} tasks running; `{command}` fetches them.",
                running,
                command=command,
            )
        )
    said = style(" ".join(parts), color, "bold")
    if billed := _billed(results):
        money = listed(tuple(f"{amount:.2f} {currency}" for currency, amount in sorted(billed.items())))
        said = tr("{said} {more}", said=said, more=tr("Billed for the tasks by the documented prices: {money}.", money=money))
    return said + "\n"


def _done(done: int, count: int) -> str:
    if done == count:
        return tr_many("{done} of {count} job delivered.", "{done} of {count} jobs delivered.", count, done=done)
    return tr_many("{done} of {count} job done.", "{done} of {count} jobs done.", count, done=done)


def _runs(result: JobResult) -> bool:
    return result.ok and not (result.video or result.template_id or result.detected)


def _billed(results: Sequence[JobResult]) -> dict[str, Decimal]:
    """What this run was billed, by currency. Equal jobs of a run share a task, which counts once."""
    billed = {result.task_id or number: result.cost for number, result in enumerate(results) if not result.cost.earlier}
    sums: dict[str, Decimal] = {}
    for cost in billed.values():
        if cost.exact is not None and cost.currency is not None:
            sums[cost.currency] = sums.get(cost.currency, Decimal(0)) + Decimal(cost.exact)
    return sums


class Shown:
    """Prints each job as it ends, if the format allows that, and the rest at the end."""

    def __init__(self, options: argparse.Namespace, *, resuming: bool = False) -> None:
        self._options = options
        self._resuming = resuming
        self._lines: list[str] = []

    def add(self, result: JobResult) -> None:
        """Show the result of a job."""
        if self._options.output_format == "json":
            return
        concise = self._options.output_format == "concise"
        line = result_line(result, style_of(self._options), concise=concise, resuming=self._resuming)
        if self._options.output is None:
            put([line], at_once=True)
        else:
            self._lines.append(line)

    def close(self, results: Sequence[JobResult], *, nothing: str | None = None) -> int:
        """Write the closing lines, and return the exit status.

        Args:
            nothing: the message if there was no job; None: the usual summary.
        """
        from ..submit.result import document

        if self._options.output_format == "json":
            encoded = msgspec.json.encode(document(results))
            write(self._options, [msgspec.json.format(encoded, indent=2).decode() + "\n"])
        elif self._options.output_format == "text":
            last = summary(results, style_of(self._options), out=self._options.out) if results or nothing is None else nothing
            write(self._options, [*self._lines, last])
        else:
            write(self._options, self._lines)
        return OK if all(result.ok for result in results) else FINDINGS


def deliver(
    options: argparse.Namespace, session: Session, orders: Sequence[Order], shown: Shown, *, detach: bool = False
) -> list[JobResult]:
    """Deliver the orders: a result for each, in their order. If interrupted, it prints how to continue."""
    import anyio

    from ..submit import batch
    from ..submit.client import AsyncClient

    async def all_of_them() -> list[JobResult]:
        with job_board() as board:

            def done(result: JobResult) -> None:
                with board.ended(result.number) if board else contextlib.nullcontext():
                    shown.add(result)

            notify = board.tell if board else _tell_of_long_waits
            async with AsyncClient(**client_settings(options, session), notify=notify) as client:
                return await batch.deliver(client.session, orders, out=options.out, detach=detach, done=done)

    if not orders:
        return []
    try:
        return anyio.run(all_of_them)
    except KeyboardInterrupt:
        sys.stderr.write(tr("mediapreflight: interrupted; `mediapreflight tasks resume` finishes what is open") + "\n")
        raise


def _tell_of_long_waits(event: Event) -> None:
    if event.stage == "settle":
        said = tr("mediapreflight: submission {number}: {message}", number=event.number, message=event.text)
        sys.stderr.write(f"{plain(said)}\n")
