"""What a job costs: before it is sent, from the catalog's prices and the length of its result, and after, from what was used.

Only prices that the provider itself states count; without one the cost is unknown, never guessed. Free quotas are not
known here, and not subtracted.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from ..catalog.schema import Model, Price
from ..job import Job
from ..media.facts import Facts
from .outcome import expected_seconds, length_rule, ratio_of

# Where both are stated for the same thing.
_CURRENCIES = ("USD", "CNY")
_SMALL = Decimal("0.1")


class Cost(NamedTuple):
    """An amount of money; both None where no official price is known."""

    amount: Decimal | None
    currency: str | None


@dataclass(frozen=True)
class Estimate:
    """What one call will cost.

    Attributes:
        model: what is called.
        amount, currency: None where the cost is not known; `unknown` says why.
        seconds: of video that will be billed; None where that is not known, or the call is billed per picture.
        per: what is billed.
        at_most: the length is not known beforehand, and these are the most seconds the model takes or makes.
        parts: further calls of the same job, such as the detect call.
    """

    model: str
    amount: Decimal | None = None
    currency: str | None = None
    seconds: float | None = None
    per: Literal["second", "image"] | None = None
    at_most: bool = False
    unknown: str = ""
    parts: tuple[Estimate, ...] = ()

    @property
    def calls(self) -> Iterator[Estimate]:
        """This call and all its parts."""
        yield self
        for part in self.parts:
            yield from part.calls


def estimate(
    job: Job,
    model: Model,
    facts: Mapping[str, Facts],
    *,
    region: str | None = None,
    detect_model: Model | None = None,
    ratio: str | None = None,
) -> Estimate:
    """What a job will cost.

    Args:
        facts: of the inputs that were measured, by role.
        region: where it is sent; None takes the job's, else the model's first.
        detect_model: the model of the detect call that comes first; None where there is none, or local boxes save it.
        ratio: the one the boxes will have, where the job does not give them yet; None takes the model's first.
    """
    region = region or job.region
    own = _call(job, model, facts, region, ratio)
    if detect_model is None:
        return own
    return replace(own, parts=(_call(Job(detect_model.id), detect_model, {}, region, ratio_of(job, model, ratio)),))


def actual(
    job: Job,
    model: Model,
    used: float | None,
    *,
    region: str | None = None,
    ratio: str | None = None,
    answered: str | None = None,
) -> Cost:
    """What a finished call costs by the catalog's price.

    Args:
        job: with the boxes that were sent, where the price depends on their ratio.
        used: seconds, or pictures, that the service's answer counts; None where it does not say.
        region, ratio: as for `estimate`.
        answered: the ratio that the service's answer names, which is what it bills; None where it names none.
    """
    is_priced = answered in {price.when.get("ratio") for price in model.prices}
    price = _price(job, model, region or job.region, answered if is_priced else _ratio(job, model, ratio))
    if price is None or used is None or not math.isfinite(used):
        return Cost(None, None)
    return Cost(_product(price, used), price.currency)


def total(estimates: Iterable[Estimate]) -> dict[str, Decimal]:
    """The sum of all calls whose cost is known, by currency."""
    sums: dict[str, Decimal] = {}
    for call in _all_calls(estimates):
        if call.amount is not None and call.currency is not None:
            sums[call.currency] = sums.get(call.currency, Decimal(0)) + call.amount
    return sums


def over(estimates: Iterable[Estimate], most: float | Decimal) -> str:
    """Why the estimates do not keep within `most`, as a clause; empty where they do.

    `most` holds for the sum in each currency by itself. A call whose cost is unknown keeps within no bound.
    """
    estimates, bound = tuple(estimates), Decimal(str(most))
    sums = [
        f"{money(amount, currency)} is more than {bound:f}" for currency, amount in total(estimates).items() if amount > bound
    ]
    return "; ".join((*sums, *_unknown(estimates)))


def in_words(estimates: Iterable[Estimate]) -> str:
    """What the estimates come to: `0.16 USD and 0.004 CNY`, `at most 4.80 CNY`, `the cost of … is unknown: …`."""
    estimates = tuple(estimates)
    sums = " and ".join(money(amount, currency) for currency, amount in total(estimates).items())
    bounded = any(call.at_most for call in _all_calls(estimates))
    return "; ".join(filter(None, (f"at most {sums}" if bounded else sums, *_unknown(estimates))))


def rounded(amount: Decimal) -> Decimal:
    """An amount as it is shown: two places, four where it is small, without zeros past the second."""
    places = amount.quantize(Decimal("0.01") if abs(amount) >= _SMALL else Decimal("0.0001"))
    two = places.quantize(Decimal("0.01"))
    return two if two == places else places.normalize()


def money(amount: Decimal, currency: str) -> str:
    """An amount with its currency: `0.16 USD`, `0.004 CNY`."""
    return f"{rounded(amount):f} {currency}"


def _unknown(estimates: Iterable[Estimate]) -> tuple[str, ...]:
    """Each reason why a cost is unknown, once."""
    unknown = (f"the cost of {call.model} is unknown: {call.unknown}" for call in _all_calls(estimates) if call.amount is None)
    return tuple(dict.fromkeys(unknown))


def _all_calls(estimates: Iterable[Estimate]) -> Iterator[Estimate]:
    for entry in estimates:
        yield from entry.calls


def _call(job: Job, model: Model, facts: Mapping[str, Facts], region: str | None, ratio: str | None) -> Estimate:
    price = _price(job, model, region, _ratio(job, model, ratio))
    if price is None:
        known = any(entry.official for entry in model.prices)
        reason = "no official price is known" + (" for these parameters and this region" if known else "")
        return Estimate(model.id, unknown=reason)
    if price.per == "image":
        return Estimate(model.id, _product(price, 1), price.currency, per=price.per)
    seconds = expected_seconds(job, model, facts)
    at_most = seconds is None
    if seconds is None:
        seconds = _most_seconds(job, model)
    if seconds is None:
        return Estimate(model.id, per=price.per, unknown="how long the video will be is not known")
    return Estimate(model.id, _product(price, seconds), price.currency, seconds, price.per, at_most)


def _ratio(job: Job, model: Model, ratio: str | None) -> str | None:
    """The ratio the price can depend on: of the job's boxes, or, for a detect call, the one it is asked for."""
    return ratio_of(job, model, ratio) or ratio


def _price(job: Job, model: Model, region: str | None, ratio: str | None) -> Price | None:
    """The official price of the job; None where there is none for its region and parameters."""
    place = region or model.regions[0]

    def value(name: str) -> Any:
        return ratio if name == "ratio" else job.value(name, model)

    def holds(price: Price) -> bool:
        is_served = not price.regions or place in price.regions
        return price.official and is_served and all(value(name) == wanted for name, wanted in price.when.items())

    fitting = [price for price in model.prices if holds(price)]
    return min(fitting, key=lambda price: _CURRENCIES.index(price.currency), default=None)


def _most_seconds(job: Job, model: Model) -> float | None:
    """The most seconds a job can make: what the model delivers at most, and no more than it takes of what the length follows."""
    length = length_rule(job, model)
    limits = [model.roles[role].duration for role in length.roles] if length else []
    most = [limit.documented_interval.upper for limit in limits if limit is not None]
    if model.output and model.output.max_duration:
        most.append(model.output.max_duration)
    return min((seconds for seconds in most if math.isfinite(seconds)), default=None)


def _product(price: Price, quantity: float) -> Decimal:
    # The shortest decimal that reads back as the same float is the figure as the documents print it.
    return Decimal(str(price.amount)) * Decimal(str(quantity))
