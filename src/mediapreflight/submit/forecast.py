"""Predict a job's video by the catalog's output rule, compare the result with it, and compute the cost.

Before a job is sent, the cost is computed from the catalog's prices and the predicted length; afterwards, from what was used.
Only prices that the provider states are used; without one the cost is unknown, never guessed. On request, an estimate uses a
third party's price and says so; billed amounts never do. Free quotas are not known here, and not subtracted.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from math import isqrt
from typing import Any, Literal, NamedTuple

from ..catalog.schema import Length, Model, Output, Price
from ..job import Job
from ..language import say
from ..media.facts import Facts, ImageFacts, VideoFacts, differ, length_of
from ..people.geometry import Box, is_box, nearest_ratio
from ..text import clauses, enumerated, listed, shown

# 30000/1001 frames a second are called 30.
_FPS_TOLERANCE_SHARE = 0.002


@dataclass(frozen=True)
class ExpectedOutput:
    """The predicted properties of a job's video; None for those that cannot be known before.

    Sides in pixels as displayed, `fps` in frames a second, `duration_s` in seconds. `side_tolerance`: how many pixels a side may
    differ without a note.
    """

    width: int | None = None
    height: int | None = None
    fps: float | None = None
    duration_s: float | None = None
    video_codec: str | None = None
    sound: bool | None = None
    container: str | None = None
    side_tolerance: int = 0

    @property
    def in_words(self) -> str:
        """What is known, as `512 x 512 px, 15 fps, 4.03 s`."""
        parts = (
            f"{self.width} x {self.height} px" if self.width else "",
            f"{shown(self.fps)} fps" if self.fps else "",
            f"{self.duration_s:.2f} s" if self.duration_s else "",
        )
        return ", ".join(part for part in parts if part)


def expected_output(job: Job, model: Model, facts: Mapping[str, Facts], *, ratio: str | None = None) -> ExpectedOutput:
    """What the job's video will be. `ratio`: of the boxes, if the job does not give them yet; None: the model's first."""
    output = model.output
    if output is None:
        return ExpectedOutput(duration_s=expected_seconds(job, model, facts))
    chosen = _chosen(job, model, ratio)
    size = None if any(job.holds(condition, model) for condition in output.size_unless) else _size(output, facts, chosen)
    return ExpectedOutput(
        width=size[0] if size else None,
        height=size[1] if size else None,
        fps=_fps(output, job, model, chosen),
        duration_s=expected_seconds(job, model, facts),
        video_codec=output.video_codec,
        sound=False if any(job.holds(condition, model) for condition in output.silent_when) else output.sound,
        container=output.container,
        side_tolerance=_side_tolerance(output),
    )


def expected_seconds(job: Job, model: Model, facts: Mapping[str, Facts]) -> float | None:
    """The length of the job's result in seconds; None if it is not documented, or the deciding input was not measured."""
    length = length_rule(job, model)
    if length is None:
        return None
    seconds = _stated_seconds(job, model, length, facts)
    longest = model.output.max_duration if model.output else None
    return seconds if seconds is None or longest is None else min(seconds, longest)


def length_rule(job: Job, model: Model) -> Length | None:
    """The first of the model's length rules that holds for the job."""
    return next((length for length in model.lengths if length.when is None or job.holds(length.when, model)), None)


def ratio_of(job: Job, model: Model, ratio: str | None = None) -> str | None:
    """The ratio of the job's crop: of its box, else the requested one, else the model's first; None without boxes."""
    for name, field in model.fields.items():
        if field.ratios:
            given: Any = job.inputs.get(name)
            return nearest_ratio(Box(*given)) if is_box(given) else ratio or field.ratios[0]
    return None


def differences(expected: ExpectedOutput, facts: VideoFacts) -> tuple[str, ...]:
    """The differences between a video and the expected one, a clause each; empty if there are none, or nothing was expected.

    The average frame rate may be off by one frame over the whole length: that depends on the exact cut. Lengths
    are compared with the usual tolerance: encoders pad both streams to whole frames.
    """
    found = (
        _size_difference(expected, facts),
        _fps_difference(expected, facts),
        _duration_difference(expected, facts),
        _name_difference("picture", expected.video_codec, facts.video_codec),
        _name_difference("file", expected.container, facts.format),
        _sound_difference(expected, facts),
    )
    return tuple(text for text in found if text is not None)


def _chosen(job: Job, model: Model, ratio: str | None) -> list[str]:
    """The keys for this job in a table of the output rule: its parameters' values, and the ratio of its boxes."""
    values = (job.value(name, model) for name in model.parameters)
    boxed = ratio_of(job, model, ratio)
    return [*(str(value) for value in values if value is not None), *([boxed] if boxed else [])]


def _listed(table: Mapping[str, Any], chosen: Iterable[str]) -> Any:
    return next((table[name] for name in chosen if name in table), None)


def _size(output: Output, facts: Mapping[str, Facts], chosen: Iterable[str]) -> tuple[int, int] | None:
    if output.size == "fixed":
        size: tuple[int, int] | None = _listed(output.sizes, chosen)
        return size
    source = _sides(output, facts)
    if output.size == "input" or source is None:
        return source if output.size == "input" else None
    area, step = _listed(output.areas, chosen), output.multiple_of or 1
    if output.size != "area" or area is None:
        return None
    width, height = source
    return isqrt(area * width // height) // step * step, isqrt(area * height // width) // step * step


def _sides(output: Output, facts: Mapping[str, Facts]) -> tuple[int, int] | None:
    """The sides of the input that decides the size: the first of its roles that was measured."""
    for role in output.size_of:
        found = facts.get(role)
        if isinstance(found, ImageFacts | VideoFacts) and found.width and found.height:
            return found.width, found.height
    return None


def _side_tolerance(output: Output) -> int:
    """How many pixels a side may differ: codecs need even sides, and for an area only the multiple is documented, not the
    rounding."""
    if output.size == "area":
        return output.multiple_of or 1
    return 1 if output.size == "input" else 0


def _fps(output: Output, job: Job, model: Model, chosen: Iterable[str]) -> float | None:
    if output.fps_parameter is not None:
        return _number(job.value(output.fps_parameter, model))
    listed = _listed(output.fps_by, chosen)
    return _number(listed if listed is not None else output.fps)


def _stated_seconds(job: Job, model: Model, length: Length, facts: Mapping[str, Facts]) -> float | None:
    if length.parameter is not None:
        stated = _number(job.value(length.parameter, model))
        # 0 and -1 leave the length to the service.
        return stated if stated is not None and stated > 0 else None
    found = [length_of(facts.get(role)) for role in length.roles]
    known = [seconds for seconds in found if seconds is not None]
    return min(known) if len(known) == len(found) else None


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _size_difference(expected: ExpectedOutput, facts: VideoFacts) -> str | None:
    if not (expected.width and expected.height and facts.width and facts.height):
        return None
    off = max(abs(facts.width - expected.width), abs(facts.height - expected.height))
    if off <= expected.side_tolerance:
        return None
    return say(
        "has {width}x{height} px, but {width2}x{height2} was expected",
        width=facts.width,
        height=facts.height,
        width2=expected.width,
        height2=expected.height,
    )


def _fps_difference(expected: ExpectedOutput, facts: VideoFacts) -> str | None:
    if expected.fps is None or facts.fps is None:
        return None
    one_frame = 1 / facts.duration_s if facts.duration_s else 0.0
    if abs(facts.fps - expected.fps) <= max(one_frame, expected.fps * _FPS_TOLERANCE_SHARE):
        return None
    return say("has {fps} frames per second, but {fps2} were expected", fps=shown(facts.fps), fps2=shown(expected.fps))


def _duration_difference(expected: ExpectedOutput, facts: VideoFacts) -> str | None:
    lasts = length_of(facts)
    if expected.duration_s is None or lasts is None or not differ(lasts, expected.duration_s):
        return None
    return say("lasts {lasts} s, but {duration_s} s were expected", lasts=shown(lasts), duration_s=shown(expected.duration_s))


def _name_difference(what: str, expected: str | None, came: str | None) -> str | None:
    return (
        say("its {what} is {came}, but {expected} was expected", what=what, came=came, expected=expected)
        if expected and came and came != expected
        else None
    )


def _sound_difference(expected: ExpectedOutput, facts: VideoFacts) -> str | None:
    has_sound = facts.audio_codec is not None
    if expected.sound is None or expected.sound == has_sound:
        return None
    return say("has sound, but none was expected") if has_sound else say("has no sound")


# --- what it costs

Prices = Literal["official", "any"]
# The preferred currency if a price is stated in both.
_CURRENCIES = ("USD", "CNY")
_SMALL = Decimal("0.1")
# Why a price says nothing of a job's cost.
_UNCOUNTED = {
    "character": say("it is billed by the length of a text, and how the provider counts that is not known"),
    "credit": say("it is billed in credits, and how many the job takes is not known beforehand"),
}


class Cost(NamedTuple):
    """An amount of money; both None if no official price is known."""

    amount: Decimal | None
    currency: str | None


@dataclass(frozen=True)
class Estimate:
    """What one call will cost.

    Attributes:
        model: what is called.
        amount, currency: None if the cost is not known; `unknown` says why.
        seconds: of video that will be billed; None if not known, or if the call is billed per picture.
        per: the billed unit.
        at_most: the length is not known beforehand; the estimate is for the longest one possible.
        official: whether the provider itself states the price.
        parts: further calls of the same job, such as the detect call.
    """

    model: str
    amount: Decimal | None = None
    currency: str | None = None
    seconds: float | None = None
    per: Literal["second", "image", "character", "credit"] | None = None
    at_most: bool = False
    official: bool = True
    unknown: str = ""
    parts: tuple[Estimate, ...] = ()

    @property
    def calls(self) -> tuple[Estimate, ...]:
        """This call and all its parts."""
        return self, *self.parts


def estimate(
    job: Job,
    model: Model,
    facts: Mapping[str, Facts],
    *,
    region: str | None = None,
    detect_model: Model | None = None,
    ratio: str | None = None,
    prices: Prices = "official",
) -> Estimate:
    """The estimated cost of a job.

    Args:
        region: where it is sent; None takes the job's, else the model's first.
        detect_model: the model of the detect call that comes first; None if there is none, or if local boxes are used.
        ratio: of the boxes, if the job does not give them yet; None: the model's first.
        prices: whether only the provider's prices are used, or also a third party's if it states none.
    """
    region = region or job.region
    own = _call(job, model, facts, region, ratio, prices)
    if detect_model is None:
        return own
    return replace(own, parts=(_call(Job(detect_model.id), detect_model, {}, region, ratio_of(job, model, ratio), prices),))


def actual(
    job: Job,
    model: Model,
    used: float | None,
    *,
    region: str | None = None,
    ratio: str | None = None,
    answered: str | None = None,
) -> Cost:
    """The cost of a finished call by the catalog's price.

    Args:
        job: with the boxes that were sent, if the price depends on their ratio.
        used: the seconds, or pictures, in the service's answer; None if it does not say.
        region, ratio: as for `estimate`.
        answered: the ratio in the service's answer, which is the billed one; None if there is none.
    """
    is_priced = answered in {price.when.get("ratio") for price in model.prices}
    price = _price(job, model, region or job.region, answered if is_priced else _ratio(job, model, ratio))
    if price is None or price.per in _UNCOUNTED or used is None or not math.isfinite(used):
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
    """Why the estimates are not within `most`, as a clause; empty if they are.

    `most` applies to the sum in each currency. A call with an unknown cost is never within it.
    """
    estimates, bound = tuple(estimates), Decimal(str(most))
    sums = [
        say("{amount} is more than {bound:f}", amount=money(amount, currency), bound=bound)
        for currency, amount in total(estimates).items()
        if amount > bound
    ]
    return clauses((*sums, *_unknown(estimates)))


def in_words(estimates: Iterable[Estimate]) -> str:
    """The sum of the estimates in words: `0.16 USD`, `at most 4.80 CNY`, `the cost of … is unknown: …`.

    If there are two currencies, the reason follows.
    """
    estimates = tuple(estimates)
    sums = tuple(money(amount, currency) for currency, amount in total(estimates).items())
    cost = listed(sums) if sums else ""
    if any(call.at_most for call in _all_calls(estimates)):
        cost = say("at most {sums}", sums=cost)
    return clauses((cost, _currencies(estimates), *_foreign(estimates), *_unknown(estimates)))


def rounded(amount: Decimal) -> Decimal:
    """An amount rounded for display: two decimals, four if it is small, without zeros after the second."""
    places = amount.quantize(Decimal("0.01") if abs(amount) >= _SMALL else Decimal("0.0001"))
    two = places.quantize(Decimal("0.01"))
    return two if two == places else places.normalize()


def decimal_of(amount: float | None) -> Decimal | None:
    """An amount stored as a float: the shortest decimal that gives the same float."""
    return None if amount is None else Decimal(str(amount))


def money(amount: Decimal, currency: str) -> str:
    """An amount with its currency: `0.16 USD`, `0.004 CNY`."""
    return f"{rounded(amount):f} {currency}"


def _currencies(estimates: Iterable[Estimate]) -> str:
    """Why there is more than one currency; empty if there is only one."""
    priced = {call.model: call.currency for call in _all_calls(estimates) if call.currency is not None}
    if len(set(priced.values())) < 2:
        return ""
    stated = enumerated(say("{model} in {currency}", model=model, currency=currency) for model, currency in priced.items())
    return say("the provider's pages state {prices}", prices=stated)


def _foreign(estimates: Iterable[Estimate]) -> tuple[str, ...]:
    """The prices that are not the provider's own, without repeats."""
    models = (call.model for call in _all_calls(estimates) if not call.official)
    return tuple(
        say("the price of {model} is a third party's, not the provider's", model=model) for model in dict.fromkeys(models)
    )


def _unknown(estimates: Iterable[Estimate]) -> tuple[str, ...]:
    """The reasons why costs are unknown, without repeats."""
    unknown = (
        say("the cost of {model} is unknown: {unknown}", model=call.model, unknown=call.unknown)
        for call in _all_calls(estimates)
        if call.amount is None
    )
    return tuple(dict.fromkeys(unknown))


def _all_calls(estimates: Iterable[Estimate]) -> Iterator[Estimate]:
    for entry in estimates:
        yield from entry.calls


def _call(job: Job, model: Model, facts: Mapping[str, Facts], region: str | None, ratio: str | None, prices: Prices) -> Estimate:
    price = _price(job, model, region, _ratio(job, model, ratio), prices)
    if price is None:
        known = any(entry.official for entry in model.prices)
        reason = (
            say("no official price is known for these parameters in this region") if known else say("no official price is known")
        )
        if prices == "official" and _price(job, model, region, _ratio(job, model, ratio), "any"):
            reason = say("{reason}, only a third party's", reason=reason)
        return Estimate(model.id, unknown=reason)
    if uncounted := _UNCOUNTED.get(price.per):
        return Estimate(model.id, per=price.per, unknown=uncounted)
    if price.per == "image":
        return Estimate(model.id, _product(price, 1), price.currency, per=price.per, official=price.official)
    seconds = expected_seconds(job, model, facts)
    at_most = seconds is None
    if seconds is None:
        seconds = _most_seconds(job, model)
    if seconds is None:
        return Estimate(model.id, per=price.per, unknown=say("it is not known how long the video will be"))
    inputs = [length_of(facts.get(name)) for role in price.counts for name in model.files_of(role) if job.inputs.get(name)]
    if None in inputs:
        return Estimate(model.id, per=price.per, unknown=say("seconds of the input are billed too, but are not known"))
    seconds += sum(filter(None, inputs))
    return Estimate(model.id, _product(price, seconds), price.currency, seconds, price.per, at_most, price.official)


def _ratio(job: Job, model: Model, ratio: str | None) -> str | None:
    """The ratio that a price can depend on: of the job's boxes, or the requested one for a detect call."""
    return ratio_of(job, model, ratio) or ratio


def _price(job: Job, model: Model, region: str | None, ratio: str | None, prices: Prices = "official") -> Price | None:
    """The price of the job, the provider's own if it states one; None if there is none for its region and parameters."""
    place = region or model.regions[0]

    def value(name: str) -> Any:
        return ratio if name == "ratio" else job.value(name, model)

    def holds(price: Price) -> bool:
        is_served = not price.regions or place in price.regions
        counts = price.official or prices == "any"
        return counts and is_served and all(value(name) == wanted for name, wanted in price.when.items())

    fitting = [price for price in model.prices if holds(price)]
    return min(fitting, key=lambda price: (not price.official, _CURRENCIES.index(price.currency)), default=None)


def _most_seconds(job: Job, model: Model) -> float | None:
    """The most seconds a job can make: the model's longest result, limited by the longest input that decides the length."""
    length = length_rule(job, model)
    limits = [model.roles[role].duration for role in length.roles] if length else []
    most = [limit.documented_interval.upper for limit in limits if limit is not None]
    if model.output and model.output.max_duration:
        most.append(model.output.max_duration)
    return min((seconds for seconds in most if math.isfinite(seconds)), default=None)


def _product(price: Price, quantity: float) -> Decimal:
    # The shortest decimal that gives the same float is the figure in the documents.
    return Decimal(str(price.amount)) * Decimal(str(quantity))
