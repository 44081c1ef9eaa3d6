"""Prices of the documents against the estimates of a dry run, and what `--max-cost` makes of them."""

import re
from pathlib import Path
from typing import Any

import pytest

from mediapreflight import AudioFacts, VideoFacts, probe

from .here import BODY, DANCE, HEAD, PORTRAIT, VOICE, Here

SPEAK = (f"image={PORTRAIT}", f"audio={VOICE}")


def seconds(path: Path) -> float:
    facts = probe(path)
    assert isinstance(facts, AudioFacts | VideoFacts)
    assert facts.duration_s
    return facts.duration_s


def amounts(said: str) -> dict[str, float]:
    """`0.16 USD and 0.004 CNY` by currency."""
    return {currency: float(amount) for amount, currency in re.findall(r"(\d+(?:\.\d+)?) (USD|CNY)", said)}


def estimate(here: Here, *words: object) -> str:
    said = here.dry_run("--model", *words)
    assert said.status == 0, said.all
    return str(said.json()["jobs"][0]["estimate"])


PRICES: list[tuple[tuple[object, ...], Path | float, str, float, float]] = [
    # words, what the length follows, currency, price a second, and CNY of the detect call
    (("emo-v1", *SPEAK), VOICE, "USD", 0.011469, 0.004),
    (("emo-v1", *SPEAK, "--ratio", "3:4"), VOICE, "USD", 0.022937, 0.004),
    (("emo-v1", *SPEAK, "--boxes", "local"), VOICE, "USD", 0.011469, 0.0),
    (("videoretalk", f"video={HEAD}", f"audio={VOICE}"), VOICE, "USD", 0.011469, 0.0),
    (("animate-anyone-template-gen2", f"video={DANCE}"), DANCE, "CNY", 0.08, 0.0),
    (("video-style-transform", f"video={HEAD}"), HEAD, "CNY", 0.5, 0.0),
    (("video-style-transform", f"video={HEAD}", "--set", "min_len=540"), HEAD, "CNY", 0.2, 0.0),
    (("wanx2.1-i2v-turbo", f"image={PORTRAIT}", "--region", "singapore"), 5.0, "USD", 0.036, 0.0),
    (("wanx2.1-i2v-turbo", f"image={PORTRAIT}", "--region", "singapore", "--set", "duration=3"), 3.0, "USD", 0.036, 0.0),
    (("wanx2.1-i2v-plus", f"image={PORTRAIT}", "--region", "singapore"), 5.0, "USD", 0.10, 0.0),
]


@pytest.mark.parametrize(("words", "length", "currency", "price", "detect"), PRICES, ids=str)
def test_the_estimate_is_price_times_length_and_the_detect_call(
    here: Here, words: tuple[object, ...], length: Path | float, currency: str, price: float, detect: float
) -> None:
    expected = {currency: price * (seconds(length) if isinstance(length, Path) else length)}
    if detect:
        expected["CNY"] = expected.get("CNY", 0.0) + detect
    assert amounts(estimate(here, *words)) == pytest.approx(expected, rel=0.02, abs=0.0001)


def test_liveportrait_is_priced_in_yuan(here: Here) -> None:
    said = amounts(estimate(here, "liveportrait", *SPEAK))
    assert said == {"CNY": pytest.approx(0.02 * seconds(VOICE) + 0.004, rel=0.02)}


@pytest.mark.parametrize(("resolution", "price"), [("480P", 0.071677), ("720P", 0.129018)])
def test_s2v_is_priced_by_resolution(here: Here, resolution: str, price: float) -> None:
    said = amounts(estimate(here, "wan2.2-s2v", *SPEAK, "--set", f"resolution={resolution}"))
    assert said == {"USD": pytest.approx(price * seconds(VOICE) + 0.000574, rel=0.03)}


def test_a_motion_is_at_most_a_minute(here: Here) -> None:
    """The template's length is not known here: 2 to 60 s at CNY 0.08."""
    said = estimate(here, "animate-anyone-gen2", f"image={BODY}", "--set", "template_id=AACT.1.2-3.4")
    assert "at most" in said
    assert amounts(said)["CNY"] == pytest.approx(60 * 0.08 + 0.004, abs=0.005)


@pytest.mark.parametrize(
    "words",
    [
        ("wan2.6-i2v", f"image={PORTRAIT}"),
        ("wan2.5-i2v-preview", f"image={PORTRAIT}"),
        ("wan2.7-i2v", f"first_frame={PORTRAIT}"),
        ("wan2.2-animate-move", f"image={BODY}", f"video={DANCE}", "--set", "mode=wan-std"),
    ],
)
def test_a_price_no_official_page_states_is_unknown_and_not_guessed(here: Here, words: tuple[object, ...]) -> None:
    said = estimate(here, *words)
    assert "unknown" in said
    assert amounts(said) == {}


@pytest.mark.parametrize(
    ("words", "most", "is_sent"),
    [
        (("videoretalk", f"video={HEAD}", f"audio={VOICE}"), "0.04", False),
        (("videoretalk", f"video={HEAD}", f"audio={VOICE}"), "0.05", True),
        (("wan2.7-i2v", f"first_frame={PORTRAIT}"), "1000", False),
    ],
)
def test_max_cost_sends_nothing_above_it_or_where_it_is_unknown(
    here: Here, words: tuple[object, ...], most: str, is_sent: bool
) -> None:
    said = here.submit("--model", *words, "--max-cost", most)
    assert len(here.created()) == is_sent
    assert (said.status == 0) == is_sent
    if not is_sent:
        assert here.service.log() == [], "nothing was asked for it, not even a policy"
        assert "0.04" in said.all or "unknown" in said.all


def test_the_result_says_what_was_expected_and_what_it_was(here: Here) -> None:
    said = here.submit("--model", "videoretalk", f"video={HEAD}", f"audio={VOICE}")
    assert said.status == 0, said.all
    cost: dict[str, Any] = said.json()["jobs"][0]["cost"]
    assert cost["currency"] == "USD"
    assert cost["amount"] == pytest.approx(3.96 * 0.011469, abs=0.0001)
    assert cost["estimated"] == pytest.approx(seconds(VOICE) * 0.011469, abs=0.0002)
