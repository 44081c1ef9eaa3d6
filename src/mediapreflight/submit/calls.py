"""Calls to the service: within its rates, and repeated only if nothing can be billed twice."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from ..catalog import Model
from ..errors import ProtocolError, ServiceError, ServiceFaultError, SubmitError, ThrottledError, TransportError, UnreachableError
from .dashscope.answers import TaskAnswer, error_of, is_own_error, parse_task
from .dashscope.endpoint import Endpoint
from .dashscope.requests import model_id, query_request
from .http import Answer, Request
from .ledger import Submission
from .session import Session

_Result = TypeVar("_Result")
# Time-outs, and calls that were given up: these may have had an effect.
UNSURE = frozenset({408, 499})


async def ask(session: Session, request: Request, rate: Rate, parse: Callable[[Answer], _Result], *, repeatable: bool) -> _Result:
    """Send a request to the service, wait if it is throttled, and return the content of its answer with status 2xx.

    Args:
        rate: how often such calls may be made, over all threads and processes that share the ledger.
        parse: reads the answer; raises ProtocolError if it cannot be understood.
        repeatable: whether it may be sent again if there was no answer, none that can be understood, or the service failed. A
            request that was not received, or was refused for its rate, is always sent again.

    Raises ServiceError and TransportError.
    """

    async def once() -> _Result:
        answer = await _answered(session, request)
        if not 200 <= answer.status < 300:
            raise error_of(answer)
        return parse(answer)

    def passes(error: SubmitError) -> bool:
        is_fault = isinstance(error, ServiceFaultError) and error.retry_helps is True
        return may_pass(error) or (repeatable and (is_fault or isinstance(error, TransportError | ProtocolError)))

    return await retried(session, once, rate, passes)


async def retried(
    session: Session, call: Callable[[], Awaitable[_Result]], rate: Rate, passes: Callable[[SubmitError], bool]
) -> _Result:
    """The result of a call, made in its turn, and again after each error that passes."""
    for attempt in range(session.pace.attempts):
        await turn(session, rate)
        try:
            return await call()
        except SubmitError as error:
            if attempt + 1 == session.pace.attempts or not passes(error):
                raise
            await wait_out(session, error, attempt, rate)
    raise AssertionError("the last attempt returns or raises")


class UnknownOutcome(Exception):  # noqa: N818 - it says what is known, and is caught where it is raised
    """It is not known whether a request that costs money had an effect.

    Attributes:
        error: what came instead of a clear answer.
        failed: whether the service itself answered that it failed.
    """

    def __init__(self, error: SubmitError, *, failed: bool) -> None:
        self.error = error
        self.failed = failed
        super().__init__(str(error))


async def ask_once(session: Session, request: Request, parse: Callable[[Answer], _Result]) -> _Result:
    """Send a request that may cost money, once only, and return the content of its answer with status 2xx.

    Raises UnreachableError and ServiceError if it certainly had no effect: no connection was made, or the service
    itself refused it. Raises UnknownOutcome for everything else that is not an answer.
    """
    try:
        answer = await _answered(session, request)
    except UnreachableError:
        raise
    except (TransportError, ProtocolError) as error:
        raise UnknownOutcome(error, failed=False) from None
    is_own = is_own_error(answer)
    if is_own and answer.status < 500 and not _is_of_the_service(error_of(answer)):
        raise error_of(answer)
    try:
        if is_own or not 200 <= answer.status < 300:
            raise error_of(answer)
        return parse(answer)
    except ServiceError as error:
        raise UnknownOutcome(error, failed=is_own) from None


def _is_of_the_service(error: ServiceError) -> bool:
    """Whether an error with the status of a refusal says that the service failed. Then it may have created something."""
    return isinstance(error, ServiceFaultError) or error.status in UNSURE


async def _answered(session: Session, request: Request) -> Answer:
    answer: Answer = await session.send(request)
    session.service_clock.hear(answer.headers)
    return answer


def may_pass(error: SubmitError) -> bool:
    """Whether a request that certainly had no effect can be sent again after this error, and may succeed."""
    return isinstance(error, UnreachableError) or (isinstance(error, ThrottledError) and error.retry_helps is True)


async def wait_out(session: Session, error: SubmitError, attempt: int, rate: Rate) -> None:
    """Wait until a request may be sent again after a temporary error; if it was throttled, all who share the rate wait."""
    asked = error.retry_after if isinstance(error, ServiceError) else None
    pause = backoff(attempt, asked, session.random, first=session.pace.first_backoff)
    if isinstance(error, ThrottledError):
        await session.run(session.ledger.hold, rate.bucket, pause)
    else:
        await session.sleep(pause)


class Rate(NamedTuple):
    """How often calls of one kind may be made: the name of the shared limit, and calls per second."""

    bucket: str
    per_second: float


async def turn(session: Session, rate: Rate) -> None:
    """Wait until the rate allows a call."""
    while wait := await session.run(session.ledger.wait_before, *rate):
        await session.sleep(wait)


@dataclass(frozen=True)
class Service:
    """A model at an endpoint."""

    session: Session
    endpoint: Endpoint
    model: Model

    @classmethod
    def of(cls, session: Session, submission: Submission) -> Service:
        """The service of a submission. Raises UsageError if the chosen service or key is another one."""
        return cls(session, session.endpoint_of(submission), session.catalog.model(submission.model))

    @property
    def sent_as(self) -> str:
        """The model's id in this region."""
        return model_id(self.model, self.endpoint.region)

    @property
    def rate(self) -> Rate:
        """The rate of create and detect calls: per account and model. Without a documented rate, one per second."""
        documented = [rates.requests_per_second for rates in self.model.rates if self.endpoint.region in rates.regions]
        return Rate(f"{self.session.account} {self.endpoint.base_url} {self.model.id}", min(documented, default=1.0))

    async def task(self, task_id: str, *, repeatable: bool = True) -> TaskAnswer:
        """The state of a task. Raises ServiceError and TransportError."""
        parse = functools.partial(parse_task, model=self.model, task_id=task_id)
        rate = query_rate(self.session, self.endpoint)
        return await ask(self.session, query_request(self.endpoint, task_id), rate, parse, repeatable=repeatable)


def query_rate(session: Session, endpoint: Endpoint) -> Rate:
    """Calls about tasks: per account."""
    return Rate(f"{session.account} {endpoint.base_url} tasks", session.catalog.terms.query_rate)


def concurrent_tasks(model: Model, region: str) -> int | None:
    """How many tasks of the model run at once; None if no limit is documented."""
    return min(
        (rates.concurrent_tasks for rates in model.rates if region in rates.regions and rates.concurrent_tasks), default=None
    )


# --- waits

LONGEST_WAIT_S = 60.0
# A throttled account recovers in about a minute; a wait of more than twice that is not done here.
LONGEST_RETRY_AFTER_S = 120.0
_MAX_DOUBLINGS = 32
_PASSING = frozenset({408, 425, 429})


def can_pass(status: int) -> bool:
    """Whether an HTTP status says that the same request may succeed later."""
    return status in _PASSING or status >= 500


def backoff(attempt: int, retry_after: float | None, random: Callable[[], float], *, first: float = 1.0) -> float:
    """Seconds to wait after an attempt, counted from 0, that failed; `retry_after`: what the server asked for.

    The wait is drawn evenly from 0 to its ceiling, which is `first` at first and doubles with every attempt: clients that failed
    together do not retry together.
    """
    drawn = random() * min(first * 2.0 ** min(attempt, _MAX_DOUBLINGS), LONGEST_WAIT_S)
    if retry_after is None or not retry_after > 0:
        return drawn
    # The random wait is added: all refused clients got the same number.
    return min(retry_after, LONGEST_RETRY_AFTER_S) + min(drawn, first)
