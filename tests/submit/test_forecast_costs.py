"""Costs from the catalog's prices: before a job is sent, and after."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight import Job
from mediapreflight.catalog import builtin_catalog
from mediapreflight.media.facts import AudioFacts, Facts, VideoFacts
from mediapreflight.submit.forecast import Cost, Estimate, actual, estimate, in_words, money, over, rounded, total

AUDIO = AudioFacts(path="v.wav", duration_s=13.93)
VIDEO = VideoFacts(path="v.mp4", duration_s=8.0)


def estimated(
    model: str,
    facts: dict[str, Facts] | None = None,
    *,
    region: str | None = None,
    detect: str | None = None,
    ratio: str | None = None,
    inputs: Any = None,
    **parameters: Any,
) -> Estimate:
    catalog = builtin_catalog()
    job = Job(model, parameters=parameters, **(inputs or {}))
    detector = catalog.model(detect) if detect else None
    return estimate(job, catalog.model(model), facts or {}, region=region, detect_model=detector, ratio=ratio)


def price(found: Estimate) -> tuple[str | None, str | None]:
    return (None if found.amount is None else f"{found.amount.normalize():f}", found.currency)


def test_emo_costs_what_its_seconds_cost() -> None:
    found = estimated("emo-v1", {"audio": AUDIO})
    assert (found.amount, found.currency, found.seconds, found.per) == (Decimal("0.15976317"), "USD", 13.93, "second")
    assert not found.at_most
    assert in_words([found]) == "0.16 USD"


@pytest.mark.parametrize(("per", "why"), [("character", "billed by the length of a text"), ("credit", "billed in credits")])
def test_what_is_billed_by_what_nobody_can_count_beforehand(per: str, why: str) -> None:
    model = builtin_catalog().model("emo-v1")
    model = msgspec.structs.replace(model, prices=(msgspec.structs.replace(model.prices[0], per=per),))
    job, facts = Job("emo-v1"), {"audio": AUDIO}
    found = estimate(job, model, facts)
    assert (price(found), found.seconds, found.per) == ((None, None), None, per)
    assert f"the cost of emo-v1 is unknown: it is {why}" in in_words([found])
    assert over([found], 5)
    assert actual(job, model, 13.93) == Cost(None, None)


@pytest.mark.parametrize(
    ("inputs", "ratio", "amount"),
    [
        ({}, None, "0.15976317"),
        ({}, "3:4", "0.31951241"),
        ({"ext_bbox": [0, 0, 300, 400]}, None, "0.31951241"),
        ({"ext_bbox": [71, 9, 840, 778]}, "3:4", "0.15976317"),
    ],
)
def test_the_ratio_of_the_boxes_decides_the_price_of_emo(inputs: Any, ratio: str | None, amount: str) -> None:
    assert price(estimated("emo-v1", {"audio": AUDIO}, inputs=inputs, ratio=ratio)) == (amount, "USD")


def test_the_detect_call_is_a_line_of_its_own_with_its_own_currency() -> None:
    found = estimated("emo-v1", {"audio": AUDIO}, detect="emo-detect-v1")
    assert [(call.model, *price(call), call.per) for call in found.calls] == [
        ("emo-v1", "0.15976317", "USD", "second"),
        ("emo-detect-v1", "0.004", "CNY", "image"),
    ]
    assert in_words([found]) == "0.16 USD and 0.004 CNY; the provider's pages state emo-v1 in USD, emo-detect-v1 in CNY"


@pytest.mark.parametrize(
    ("model", "facts", "parameters", "cost"),
    [
        ("liveportrait", {"audio": AUDIO}, {}, ("0.2786", "CNY")),
        ("videoretalk", {"video": VIDEO, "audio": AUDIO}, {}, ("0.091752", "USD")),
        ("videoretalk", {"video": VIDEO, "audio": AUDIO}, {"video_extension": True}, ("0.15976317", "USD")),
        ("wan2.2-s2v", {"audio": AUDIO}, {}, ("0.99846061", "USD")),
        ("wan2.2-s2v", {"audio": AUDIO}, {"resolution": "720P"}, ("1.79722074", "USD")),
        ("video-style-transform", {"video": VIDEO}, {}, ("4", "CNY")),
        ("video-style-transform", {"video": VIDEO}, {"min_len": 540}, ("1.6", "CNY")),
        ("animate-anyone-template-gen2", {"video": VIDEO}, {}, ("0.64", "CNY")),
        ("wan2.2-s2v-detect", {}, {}, ("0.000574", "USD")),
    ],
)
def test_official_prices(model: str, facts: dict[str, Facts], parameters: dict[str, Any], cost: tuple[str, str]) -> None:
    assert price(estimated(model, facts, **parameters)) == cost


def test_the_detect_call_is_priced_where_it_goes_and_by_the_ratio_it_is_asked_for() -> None:
    catalog = builtin_catalog()
    model, detector = catalog.model("emo-v1"), catalog.model("emo-detect-v1")
    (known,) = detector.prices
    wide = msgspec.structs.replace(known, amount=2.0, regions=("singapore",), when={"ratio": "3:4"})
    priced = msgspec.structs.replace(detector, prices=(wide,))

    def detect_price(job: Job, region: str | None, ratio: str | None) -> Decimal | None:
        (part,) = estimate(job, model, {}, region=region, detect_model=priced, ratio=ratio).parts
        return part.amount

    plain, boxed = Job("emo-v1"), Job("emo-v1", ext_bbox=[0, 0, 300, 400])
    assert detect_price(plain, "singapore", "3:4") == detect_price(boxed, "singapore", None) == 2
    assert detect_price(plain, "singapore", "1:1") is None
    assert detect_price(plain, "singapore", None) is None
    assert detect_price(plain, "beijing", "3:4") is None


def test_an_amount_without_a_currency_is_no_sum() -> None:
    assert total([Estimate("emo-v1", Decimal(1), None), Estimate("emo-v1", None, "USD")]) == {}


def test_a_price_of_one_region_is_none_of_another() -> None:
    assert price(estimated("wanx2.1-i2v-turbo", region="singapore")) == ("0.18", "USD")
    assert price(estimated("wanx2.1-i2v-turbo", region="singapore", duration=3)) == ("0.108", "USD")
    beijing = estimated("wanx2.1-i2v-turbo")
    assert price(beijing) == (None, None)
    assert beijing.unknown == "no official price is known for these parameters in this region, only a third party's"


def test_the_region_of_the_job_counts_where_none_is_given() -> None:
    model = builtin_catalog().model("wanx2.1-i2v-plus")
    assert price(estimate(Job(model.id, region="singapore"), model, {})) == ("0.5", "USD")


@pytest.mark.parametrize("model", ["wan2.6-i2v", "wan2.6-i2v-flash", "wan2.7-i2v", "wan2.2-animate-move", "emoji-v1"])
def test_what_third_parties_say_is_no_price(model: str) -> None:
    found = estimated(model, {"video": VIDEO}, mode="wan-std")
    assert price(found) == (None, None)
    assert in_words([found]) == f"the cost of {model} is unknown: no official price is known, only a third party's"


def test_what_third_parties_say_is_an_estimate_for_who_asks_for_it() -> None:
    model = builtin_catalog().model("wan2.6-i2v")
    job = Job(model.id, parameters={"duration": 10, "resolution": "720P"})
    found = estimate(job, model, {}, prices="any")
    assert (found.official, found.seconds, found.amount is not None) == (False, 10, True)
    assert in_words([found]).endswith("; the price of wan2.6-i2v is a third party's, not the provider's")
    assert over([found], 0.01).endswith("is more than 0.01")
    # Where the provider states one, no other counts.
    emo = builtin_catalog().model("emo-v1")
    theirs = msgspec.structs.replace(emo.prices[0], amount=0.000001, official=False)
    both = msgspec.structs.replace(emo, prices=(theirs, *emo.prices))
    assert estimate(Job("emo-v1"), both, {"audio": AUDIO}, prices="any") == estimate(Job("emo-v1"), emo, {"audio": AUDIO})


def test_a_parameter_that_no_price_names_leaves_the_cost_unknown() -> None:
    assert estimated("wan2.2-s2v", {"audio": AUDIO}, resolution="8K").amount is None


@pytest.mark.parametrize(
    ("model", "seconds", "cost"),
    [
        # By what the model makes at most, and by what it takes at most.
        ("animate-anyone-gen2", 60, ("4.80", "CNY")),
        ("emo-v1", 60, ("0.688140", "USD")),
        ("wan2.2-s2v", 20, ("1.433540", "USD")),
        ("videoretalk", 120, ("1.376280", "USD")),
    ],
)
def test_an_unknown_length_is_bounded_by_the_documents(model: str, seconds: float, cost: tuple[str, str]) -> None:
    found = estimated(model)
    assert found.at_most
    assert found.seconds == seconds
    assert (found.amount, found.currency) == (Decimal(cost[0]), cost[1])
    assert in_words([found]).startswith("at most ")


@pytest.mark.parametrize("duration", [0, -1, -5])
def test_a_length_that_is_no_length_leaves_the_cost_unknown(duration: int) -> None:
    job, model = Job("happyhorse-1.1-i2v", parameters={"duration": duration}), builtin_catalog().model("happyhorse-1.1-i2v")
    assert estimate(job, model, {}, prices="any").amount is None


def test_a_length_that_nothing_bounds_leaves_the_cost_unknown() -> None:
    model = msgspec.structs.replace(builtin_catalog().model("emo-v1"), lengths=(), output=None)
    found = estimate(Job("emo-v1"), model, {})
    assert (found.model, found.amount, found.seconds, found.per) == ("emo-v1", None, None, "second")
    assert found.unknown == "it is not known how long the video will be"


def test_what_a_finished_job_cost() -> None:
    model = builtin_catalog().model("emo-v1")
    boxed = Job("emo-v1", ext_bbox=[0, 0, 300, 400])
    assert actual(boxed, model, 10) == Cost(Decimal("0.22937"), "USD")
    assert actual(Job("emo-v1"), model, 10.5, ratio="1:1") == Cost(Decimal("0.1204245"), "USD")
    assert actual(boxed, model, 10, answered="1:1") == Cost(Decimal("0.11469"), "USD"), "the service bills what it made"
    assert actual(boxed, model, 10, answered="standard") == Cost(Decimal("0.22937"), "USD")
    assert actual(boxed, model, None) == Cost(None, None)
    assert actual(boxed, model, float("nan")) == Cost(None, None)
    unpriced = builtin_catalog().model("wan2.6-i2v")
    assert actual(Job("wan2.6-i2v"), unpriced, 5) == Cost(None, None)
    detector = builtin_catalog().model("emo-detect-v1")
    assert actual(Job("emo-detect-v1"), detector, 1) == Cost(Decimal("0.004"), "CNY")


def test_what_a_finished_job_cost_is_a_matter_of_its_region_and_ratio() -> None:
    model = builtin_catalog().model("wanx2.1-i2v-turbo")
    assert actual(Job(model.id), model, 5) == Cost(None, None)
    assert actual(Job(model.id), model, 5, region="singapore") == Cost(Decimal("0.180"), "USD")
    assert actual(Job(model.id, region="singapore"), model, 5) == Cost(Decimal("0.180"), "USD")
    assert actual(Job(model.id, region="singapore"), model, 5, region="beijing") == Cost(None, None)
    emo = builtin_catalog().model("emo-v1")
    assert actual(Job("emo-v1"), emo, 10, ratio="3:4") == Cost(Decimal("0.22937"), "USD")


@given(st.lists(st.integers(1, 10**9), max_size=30))
def test_sums_are_exact(amounts: list[int]) -> None:
    estimates = [Estimate("emo-v1", Decimal(amount).scaleb(-6), "USD") for amount in amounts]
    assert total(estimates) == ({"USD": Decimal(sum(amounts)).scaleb(-6)} if amounts else {})


def test_sums_are_by_currency_and_count_the_parts() -> None:
    jobs = [estimated("emo-v1", {"audio": AUDIO}, detect="emo-detect-v1"), estimated("liveportrait", {"audio": AUDIO})]
    assert total(iter(jobs)) == {"USD": Decimal("0.15976317"), "CNY": Decimal("0.2826")}
    why = "the provider's pages state emo-v1 in USD, emo-detect-v1 in CNY, liveportrait in CNY"
    assert in_words(iter(jobs)) == f"0.16 USD and 0.28 CNY; {why}"


def test_the_sum_in_any_currency_must_keep_within_the_bound() -> None:
    job = estimated("emo-v1", {"audio": AUDIO}, detect="emo-detect-v1")
    assert over([job, job], 0.4) == ""
    assert over([job, job], 0.31952634) == ""
    assert over([job, job], 0.3) == "0.32 USD is more than 0.3"
    assert over(iter([job]), 0.001) == "0.16 USD is more than 0.001; 0.004 CNY is more than 0.001"


def test_an_unknown_cost_keeps_within_no_bound_and_is_named_once() -> None:
    known, unknown = estimated("emo-v1", {"audio": AUDIO}), estimated("wan2.6-i2v")
    why = "the cost of wan2.6-i2v is unknown: no official price is known, only a third party's"
    assert over([known, unknown, unknown], 1000) == why
    assert in_words([known, unknown]) == f"0.16 USD; {why}"


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("0.15976317", "0.16 USD"),
        ("4.8", "4.80 USD"),
        ("1234.5", "1234.50 USD"),
        ("0", "0.00 USD"),
        ("0.004", "0.004 USD"),
        ("0.0357", "0.0357 USD"),
        ("0.05", "0.05 USD"),
        ("0.000574", "0.0006 USD"),
    ],
)
def test_amounts_are_shown_with_two_to_four_places(amount: str, shown: str) -> None:
    assert money(Decimal(amount), "USD") == shown


@given(st.decimals(0, 10**6, allow_nan=False, places=7))
def test_rounding_is_off_by_less_than_a_cent(amount: Decimal) -> None:
    assert abs(rounded(amount) - amount) <= Decimal("0.005")


def test_every_priced_call_of_every_model_can_be_estimated() -> None:
    for model in filter(lambda each: each.service, builtin_catalog().models()):
        facts: dict[str, Facts] = {name: VIDEO if role.kind == "video" else AUDIO for name, role in model.roles.items()}
        found = estimate(Job(model.id), model, facts)
        assert (found.amount is None) == bool(found.unknown), model.id


def test_with_a_clip_whose_seconds_may_be_billed_the_cost_is_unknown() -> None:
    clip = Job("wan2.7-i2v", first_clip="a.mp4", prompt="on", parameters={"duration": 10})
    frame = Job("wan2.7-i2v", first_frame="a.png", prompt="on", parameters={"duration": 10})
    model = builtin_catalog().model("wan2.7-i2v")
    assert estimate(frame, model, {}, region="beijing", prices="any").amount == 10
    assert estimate(clip, model, {}, region="beijing", prices="any").amount is None


def test_seconds_of_the_input_that_are_billed_too() -> None:
    """0.10 USD a second in Singapore, a third party's price: of 5 s that are asked for, and of two videos of 8 s."""
    model, wanted = builtin_catalog().model("wan3.0-video"), {"resolution": "720P", "duration": 5}
    job = Job(model.id, reference_video=["a.mp4", "b.mp4"], parameters=wanted, region="singapore")
    found = estimate(job, model, {"reference_video": VIDEO, "reference_video_2": VIDEO}, prices="any")
    assert (found.amount, found.currency, found.seconds, found.official) == (Decimal("2.1"), "USD", 21.0, False)
    unknown = estimate(job, model, {"reference_video": VIDEO}, prices="any")
    assert (unknown.amount, unknown.unknown) == (None, "seconds of the input are billed too, but are not known")
    alone = estimate(Job(model.id, prompt="a", parameters=wanted, region="singapore"), model, {}, prices="any")
    assert (alone.amount, alone.seconds) == (Decimal("0.5"), 5.0)
