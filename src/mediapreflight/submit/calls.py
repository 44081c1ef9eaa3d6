"""Calls to the service: within its rates, and repeated only where nothing can be billed twice."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TypeVar

from ..catalog import Model
from ..errors import ProtocolError, ServiceError, ServiceFaultError, ThrottledError, TransportError, UnreachableError
from .answers import error_of
from .endpoint import Endpoint
from .exchange import Answer, Call, Flow, Request, Send, Sleep
from .retries import backoff
from .surroundings import Surroundings

_Result = TypeVar("_Result")


def ask(
    around: Surroundings, request: Request, rate: Rate, parse: Callable[[Answer], _Result], *, repeatable: bool
) -> Flow[_Result]:
    """Send a request to the service, wait where it is throttled, and return what its answer of status 2xx says.

    Args:
        rate: how often calls of its kind may be made; held over all threads and processes that share the ledger.
        parse: reads the answer; raises ProtocolError where it cannot be understood.
        repeatable: whether it may be sent again when no answer came, none that can be understood, or the service failed. A
            request that was not received, or was turned away for its rate, is sent again in any case.

    Raises ServiceError and TransportError.
    """
    for attempt in range(around.pace.attempts):
        yield from turn(around, rate)
        last = attempt + 1 == around.pace.attempts
        try:
            answer: Answer = yield Send(request)
        except TransportError as error:
            if last or not (repeatable or isinstance(error, UnreachableError)):
                raise
            yield Sleep(backoff(attempt, None, around.random, first=around.pace.first_backoff))
            continue
        try:
            if 200 <= answer.status < 300:
                return parse(answer)
            refusal = error_of(answer)
        except ProtocolError as error:
            refusal = error
        if last or not _passes(refusal, repeatable):
            raise refusal
        pause = backoff(attempt, refusal.retry_after, around.random, first=around.pace.first_backoff)
        if isinstance(refusal, ThrottledError):
            yield Call(functools.partial(around.ledger.hold, rate.bucket, pause))
        else:
            yield Sleep(pause)
    raise AssertionError("the last attempt returns or raises")


def _passes(refusal: ServiceError, repeatable: bool) -> bool:
    """Whether the same request can be sent again after this answer, without a second bill."""
    if isinstance(refusal, ThrottledError):
        return refusal.retry_helps
    if isinstance(refusal, ProtocolError):
        return repeatable
    return repeatable and isinstance(refusal, ServiceFaultError) and refusal.retry_helps


class Rate:
    """How often calls of one kind may be made: a name for all that share the limit, and calls per second."""

    def __init__(self, bucket: str, per_second: float) -> None:
        self.bucket = bucket
        self.per_second = per_second


def turn(around: Surroundings, rate: Rate) -> Flow[None]:
    """Wait until the rate allows a call."""
    while wait := (yield Call(lambda: around.ledger.wait_before(rate.bucket, rate.per_second))):
        yield Sleep(wait)


def query_rate(around: Surroundings, endpoint: Endpoint) -> Rate:
    """Calls about tasks: per account."""
    return Rate(f"{around.account} {endpoint.base_url} tasks", around.catalog.provider.query_rate)


def policy_rate(around: Surroundings, endpoint: Endpoint, model: str) -> Rate:
    """Calls for upload credentials: per account and model."""
    return Rate(f"{around.account} {endpoint.base_url} uploads {model}", around.catalog.provider.upload_policy_rate)


def model_rate(around: Surroundings, endpoint: Endpoint, model: Model) -> Rate:
    """Calls that submit jobs or detect: per account and model. Without a documented rate, one a second."""
    documented = [rates.requests_per_second for rates in model.rates if endpoint.region in rates.regions]
    return Rate(f"{around.account} {endpoint.base_url} {model.id}", min(documented, default=1.0))


def concurrent_tasks(model: Model, region: str) -> int | None:
    """How many tasks of the model run at once; None where no limit is documented."""
    return min(
        (rates.concurrent_tasks for rates in model.rates if region in rates.regions and rates.concurrent_tasks), default=None
    )
