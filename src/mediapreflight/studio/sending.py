"""Sending jobs from the page: estimates, the user's agreement, and tasks.

An agreement is valid for one task. A task continues without the page; it is recorded in the ledger, like those of `submit`.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
import time
from pathlib import Path
from typing import Any, Literal, NamedTuple

from ..catalog import Catalog
from ..errors import MediaPreflightError, UsageError
from ..language import say, translated
from ..submit import batch
from ..submit.client import AsyncClient
from ..submit.forecast import decimal_of, in_words, money
from ..submit.http.key import ApiKey
from ..submit.ledger import Ledger
from ..submit.pipeline import Order, SubmitOptions, candidates, estimated, order_of, registered
from ..submit.result import Cost, JobResult
from ..submit.session import Event, Pace
from ..submit.tasks import cancel
from ..system import relative_path
from .access import RefusedError
from .limits import AGREE_S, OFFERS_KEPT, TASKS_AT_ONCE, TASKS_KEPT
from .runs import Run


class Account(NamedTuple):
    """Where jobs are sent, and for whom.

    `stand_in`: whether it is the emulator, which bills nothing. `out`: the folder for videos. `ledger` None: the user's own.
    """

    key: ApiKey
    out: Path
    base_url: str | None = None
    region: str | None = None
    workspace: str | None = None
    ledger: Path | None = None
    stand_in: bool = False
    poll_interval: float | None = None


class _Offer(NamedTuple):
    """An estimate that can be agreed to. `until`: by the monotonic clock."""

    run: Run
    order: Order
    options: SubmitOptions
    until: float


class Sent:
    """A task, or a job that is being sent."""

    def __init__(self, id: str, run: Run, account: Account) -> None:
        self.id = id
        self.run = run
        self.model = run.order.model.id
        self.account = account
        self.state: Literal["running", "done", "failed", "stopped"] = "running"
        self.stage: str | None = None
        self.words = ""
        self.number: int | None = None
        self.result: JobResult | None = None
        self.error: str | None = None
        self.work: asyncio.Task[None] | None = None

    @property
    def video(self) -> Path | None:
        """The downloaded video; None before."""
        # By its name, because results leave out the session's folder from paths.
        return self.account.out / Path(self.result.video).name if self.result and self.result.video else None


class Sender:
    """Estimates, agreements and tasks. Everything happens in the event loop's thread."""

    def __init__(self, account: Account, catalog: Catalog) -> None:
        self.account = account
        self._client = AsyncClient(
            account.key,
            base_url=account.base_url,
            region=account.region,
            workspace=account.workspace,
            catalog=catalog,
            ledger=Ledger(account.ledger),
            pace=Pace(poll_interval=account.poll_interval),
            notify=self._notice,
        )
        self._numbers = itertools.count(1)
        self._offers: dict[str, _Offer] = {}
        self._sent: dict[str, Sent] = {}
        self._agreed: dict[str, Sent] = {}

    @property
    def service(self) -> str:
        """The address of the service."""
        return self._client.session.home().base_url

    def mask(self, text: str) -> str:
        """A text without the key."""
        return self._client.session.mask(text)

    @property
    def all(self) -> list[Sent]:
        """All tasks, in order."""
        return list(self._sent.values())

    def sent(self, id: str) -> Sent:
        """The task with this number. Raises RefusedError."""
        if id not in self._sent:
            raise RefusedError(404, say("there is no task {number}", number=id))
        return self._sent[id]

    async def offer(self, run: Run) -> dict[str, Any]:
        """The cost of sending the files of a run, and the token that agrees to it. Nothing is sent.

        Raises UsageError, JobNotFitError, UploadError.
        """
        if run.state != "done" or run.result is None or not run.result.record.ok:
            raise UsageError(say("only what is ready can be sent"))
        options = SubmitOptions(boxes="local", prepare=False, out=self.account.out)
        session, job = self._client.session, run.result.job
        (candidate,) = await session.run(lambda: list(candidates(session, [job], options)))
        if candidate.refusal is not None:
            raise candidate.refusal
        order = await session.run(order_of, session, candidate, options)
        estimate = estimated(session, candidate.job, candidate.report, options)
        now = time.monotonic()
        self._offers = {word: offer for word, offer in self._offers.items() if offer.until > now}
        for oldest in [*self._offers][: max(len(self._offers) - OFFERS_KEPT + 1, 0)]:
            del self._offers[oldest]
        word = secrets.token_urlsafe(24)
        self._offers[word] = _Offer(run, order, options, now + AGREE_S)
        warnings = [finding.message for finding in candidate.report.findings if finding.severity == "warning"]
        return {
            "confirm": word,
            "cost": translated(in_words([estimate])),
            "amount": None if estimate.amount is None else float(estimate.amount),
            "currency": estimate.currency,
            "jobs": 1,
            "to": self.service,
            "stand_in": self.account.stand_in,
            "notes": [self.mask(translated(warning)) for warning in warnings],
            "valid_s": AGREE_S,
        }

    async def agree(self, word: str) -> Sent:
        """Send what was offered. The same token returns the same task again.

        Raises UsageError for a token that is unknown or has expired; RefusedError.
        """
        if word in self._agreed:
            return self._agreed[word]
        offer = self._offers.get(word)
        if offer is None or offer.until <= time.monotonic():
            raise UsageError(say("this estimate is too old, or was never made; ask for another one"))
        if sum(sent.state == "running" for sent in self._sent.values()) >= TASKS_AT_ONCE:
            raise RefusedError(429, say("too many tasks run; wait for one to end"))
        self._make_room()
        del self._offers[word]
        offer.run.is_sending = True
        sent = self._agreed[word] = Sent(f"t{next(self._numbers)}", offer.run, self.account)
        self._sent[sent.id] = sent
        sent.work = asyncio.create_task(self._deliver(sent, offer))
        return sent

    def _make_room(self) -> None:
        """Drop the oldest of many tasks that have ended."""
        ended = [sent for sent in self._sent.values() if sent.state != "running"]
        for sent in ended[: max(len(ended) - TASKS_KEPT + 1, 0)]:
            del self._sent[sent.id]
            self._agreed = {word: other for word, other in self._agreed.items() if other is not sent}

    async def cancel(self, id: str) -> Sent:
        """Ask the service to cancel a pending task. Raises RefusedError, UsageError, SubmitError."""
        sent = self.sent(id)
        if sent.state != "running" or sent.number is None:
            raise UsageError(say("it cannot be cancelled now"))
        session = self._client.session
        await cancel(session, await session.run(session.ledger.submission, sent.number))
        return sent

    @property
    def open_submissions(self) -> list[int]:
        """The submissions whose tasks still run, by number."""
        return [sent.number for sent in self._sent.values() if sent.state == "running" and sent.number is not None]

    async def close(self) -> None:
        """Close all connections. Running tasks stay in the ledger."""
        works = [sent.work for sent in self._sent.values() if sent.work is not None and not sent.work.done()]
        for work in works:
            work.cancel()
        await asyncio.gather(*works, return_exceptions=True)
        await self._client.close()
        self._client.session.ledger.close()

    async def _deliver(self, sent: Sent, offer: _Offer) -> None:
        session = self._client.session
        try:
            (order,) = await session.run(registered, session, [offer.order], offer.options)
            if order.submission is not None:
                sent.number = order.submission.id
            (sent.result,) = await batch.deliver(session, [order], out=offer.options.out)
            error = sent.result.error
            sent.state, sent.error = ("done", None) if error is None else ("failed", error.message)
        except asyncio.CancelledError:
            sent.state = "stopped"
            raise
        except MediaPreflightError as error:
            sent.state, sent.error = "failed", str(error)
        except Exception as error:
            sent.state, sent.error = "failed", say("it failed ({name}: {error})", name=type(error).__name__, error=error)
        finally:
            sent.run.is_sending = any(other.run is sent.run and other.state == "running" for other in self._sent.values())

    def _notice(self, event: Event) -> None:
        for sent in self._sent.values():
            if event.number is not None and sent.number == event.number:
                sent.stage, sent.words = event.stage, event.text

    def record(self, sent: Sent) -> dict[str, Any]:
        """A task as JSON for the page, without the API key."""
        mask, result = self.mask, sent.result
        cost = result.cost if result else None
        video = sent.video
        return {
            "id": sent.id,
            "run": sent.run.id,
            "model": sent.model,
            "stand_in": self.account.stand_in,
            "state": sent.state,
            "stage": sent.stage,
            "words": mask(translated(sent.words)),
            "task_id": result.task_id if result else None,
            "status": result.status if result else None,
            "video": f"tasks/{sent.id}/video" if video else None,
            "saved": None if self.account.stand_in or video is None else mask(relative_path(video)),
            "cost": _in_words(cost),
            "notes": [mask(translated(note)) for note in (result.notes if result else ())],
            "error": mask(translated(sent.error)) if sent.error else None,
            "submission": sent.number,
        }


def _in_words(cost: Cost | None) -> str | None:
    """The cost of a task; None if it is not known."""
    amount = decimal_of(cost.amount) if cost else None
    return money(amount, cost.currency) if cost and cost.currency and amount is not None else None
