"""Frame times to rates."""

import math
import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.media.av.timing import SoundPacket, frame_timing, sound_ticks

RATES = [Fraction(rate) for rate in (5, 10, 12, 15, 24, 25, 30, 48, 50, 60, 75, 120)]
NTSC_RATES = [Fraction(rate * 1000, 1001) for rate in (24, 30, 60, 120)]
TICKS = [Fraction(1, per_second) for per_second in (1000, 12_800, 90_000, 600, 1_000_000)]


def constant(rate: Fraction, tick: Fraction, count: int, *, start: int = 0, rounding: str = "nearest") -> list[int]:
    """Stamps of a constant rate as a writer rounds them to ticks."""
    down = Fraction(1, 2) if rounding == "nearest" else 0
    return [start + math.floor(index / rate / tick + down) for index in range(count)]


def test_no_frames() -> None:
    assert frame_timing([], 0, 0.001) is None


@given(stamp=st.integers(-(10**9), 10**9), last=st.integers(0, 1000))
def test_one_frame(stamp: int, last: int) -> None:
    timing = frame_timing([stamp], last, 0.001)
    assert timing is not None
    assert (timing.frames, timing.variable, timing.fps_min, timing.fps_max) == (1, None, None, None)
    assert timing.start == pytest.approx(stamp / 1000)
    assert timing.duration == pytest.approx(last / 1000)


@pytest.mark.every("rate", RATES + NTSC_RATES)
@pytest.mark.every("tick", TICKS)
@pytest.mark.every("rounding", ["nearest", "down"])
def test_constant_rates_are_constant_however_they_are_rounded(rate: Fraction, tick: Fraction, rounding: str) -> None:
    stamps = constant(rate, tick, 300, start=7, rounding=rounding)
    timing = frame_timing(stamps, round(1 / rate / tick), float(tick))
    assert timing is not None
    assert timing.variable is False
    assert timing.fps == pytest.approx(float(rate), rel=2e-3)
    assert timing.duration == pytest.approx(float(300 / rate), abs=2 * float(tick))
    assert timing.fps_min is not None and timing.fps_max is not None
    assert timing.fps_min <= float(rate) * 1.0001
    assert timing.fps_max >= float(rate) * 0.9999


@given(st.data())
def test_order_does_not_matter(data: st.DataObject) -> None:
    stamps = data.draw(st.lists(st.integers(-1000, 100_000), min_size=1, max_size=60, unique=True))
    shuffled = data.draw(st.permutations(stamps))
    assert frame_timing(shuffled, 40, 0.001) == frame_timing(sorted(stamps), 40, 0.001)


@given(stamps=st.lists(st.integers(-1000, 100_000), min_size=1, max_size=60), last=st.integers(0, 5000))
def test_promises_over_all_stamps(stamps: list[int], last: int) -> None:
    timing = frame_timing(stamps, last, 0.001)
    assert timing is not None
    assert timing.frames == len(stamps)
    assert timing.start == pytest.approx(min(stamps) / 1000)
    assert timing.duration >= (max(stamps) - min(stamps)) / 1000
    if timing.fps is not None:
        assert timing.fps == pytest.approx(len(stamps) / timing.duration)
    if timing.fps_min is not None and timing.fps_max is not None:
        assert 0 < timing.fps_min <= timing.fps_max
    if timing.variable:
        assert timing.fps_min != timing.fps_max


@given(st.lists(st.integers(0, 10_000), min_size=3, max_size=50), st.integers(2, 90))
def test_the_unit_of_time_does_not_matter(gaps: list[int], factor: int) -> None:
    stamps = [100 * sum(gaps[:index]) for index in range(len(gaps))]
    fine, coarse = frame_timing([stamp * factor for stamp in stamps], 0, 1e-6 / factor), frame_timing(stamps, 0, 1e-6)
    assert fine is not None and coarse is not None
    assert fine.duration == pytest.approx(coarse.duration)
    assert fine.variable == coarse.variable


@pytest.mark.every("tick", TICKS)
@pytest.mark.every(("fast", "slow"), [(30, 15), (60, 30), (25, 24), (30, 10), (25, Fraction(25, 3))])
def test_two_rates_in_turn_are_variable(tick: Fraction, fast: int, slow: Fraction) -> None:
    first = constant(Fraction(fast), tick, 60)
    second = constant(Fraction(slow), tick, 60, start=round(60 / fast / tick))
    timing = frame_timing(first + second, 0, float(tick))
    assert timing is not None
    assert timing.variable is (Fraction(fast) / Fraction(slow) > Fraction(11, 10))


@pytest.mark.parametrize("rate", [25, 30])
def test_a_clock_that_counts_frames_hides_no_variation(rate: int) -> None:
    """Frames shown for one tick and then for two: where a tick is a whole frame, that is no rounding."""
    stamps = [*range(30), *range(30, 60, 2)]
    timing = frame_timing(stamps, 2, 1 / rate)
    assert timing is not None
    assert timing.variable is True
    assert (timing.fps_min, timing.fps_max) == (pytest.approx(rate / 2), pytest.approx(rate))


def test_one_long_gap_is_variation() -> None:
    timing = frame_timing([*range(0, 400, 40), *range(1400, 1800, 40)], 40, 0.001)
    assert timing is not None
    assert timing.variable is True
    assert timing.fps_min == pytest.approx(1 / 1.04)


def test_a_little_jitter_is_none() -> None:
    jitter = random.Random(0)
    timing = frame_timing([index * 3000 + jitter.randint(-70, 70) for index in range(200)], 3000, 1 / 90_000)
    assert timing is not None
    assert timing.variable is False


@pytest.mark.parametrize("last", [0, 1, 2])
def test_a_false_length_of_the_last_frame_does_not_count(last: int) -> None:
    """A WebM whose header claims 600 fps gives its last frame 1.67 ms, beside 40 ms for every other one."""
    timing = frame_timing(range(0, 1000, 40), last, 0.001)
    assert timing is not None
    assert (timing.duration, timing.fps) == (pytest.approx(1.0), pytest.approx(25.0))


def test_a_last_frame_that_is_held_counts() -> None:
    timing = frame_timing(range(0, 1000, 40), 540, 0.001)
    assert timing is not None
    assert timing.duration == pytest.approx(1.5)


def test_frames_at_the_same_time_are_frames() -> None:
    timing = frame_timing([0, 0, 40, 80], 40, 0.001)
    assert timing is not None
    assert (timing.frames, timing.duration) == (4, pytest.approx(0.12))


# -- sound


@given(st.lists(st.integers(1, 5000), max_size=50), st.integers(-5000, 5000))
def test_sound_without_gaps_lasts_as_long_as_its_packets_from_its_start_on(durations: list[int], start: int) -> None:
    stamps = [sum(durations[:index]) for index in range(len(durations))]
    packets = [SoundPacket(stamp, duration) for stamp, duration in zip(stamps, durations, strict=True)]
    assert sound_ticks(packets, start) == max(0, sum(durations) - max(0, start))


@pytest.mark.every("rate", [8000, 11025, 22050, 44100, 48000])
@pytest.mark.every("samples", [576, 1024, 1152])
def test_lengths_rounded_to_milliseconds_do_not_add_up_to_an_error(rate: int, samples: int) -> None:
    count = 2000
    stamps = [round(index * samples / rate * 1000) for index in range(count)]
    packets = [SoundPacket(stamp, math.floor(samples / rate * 1000)) for stamp in stamps]
    assert sound_ticks(packets, 0) == pytest.approx(count * samples / rate * 1000, abs=1)


def test_sound_without_stamps_lasts_as_long_as_its_packets() -> None:
    assert sound_ticks([SoundPacket(None, 20)] * 50, 0) == 1000


def test_silence_between_packets_is_no_sound() -> None:
    assert sound_ticks([SoundPacket(0, 20), SoundPacket(500, 20), SoundPacket(520, 20)], 0) == 60


def test_a_jump_of_the_clock_does_not_count() -> None:
    assert sound_ticks([SoundPacket(0, 20), SoundPacket(2**33, 20), SoundPacket(0, 20)], 0) == 60


def test_what_a_last_packet_cuts_off_counts() -> None:
    assert sound_ticks([SoundPacket(0, 256), SoundPacket(256, 256), SoundPacket(512, -128)], 0) == 384


def test_no_sound() -> None:
    assert sound_ticks([], 0) == 0


def test_packets_without_durations_last_until_the_next_one() -> None:
    packets = [SoundPacket(stamp, 0) for stamp in (0, 256, 512, 768)]
    assert sound_ticks(packets, 0) == 4 * 256
    assert sound_ticks([SoundPacket(0, 0)], 0) == 0
