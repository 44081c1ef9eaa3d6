"""The size and the rate of frames: promises over all of them, and examples."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.catalog import Interval
from mediapreflight.prepare.av.video_frame import Framing, Sides, Spacing, constant_rate, framed

from .sound_and_video import VIDEO_INPUTS

whole_sides = st.integers(16, 12_000)
sizes = st.tuples(whole_sides, whole_sides)
rates = st.floats(0.5, 400)


@st.composite
def limits(draw: st.DrawFn) -> Sides:
    """Those of the models, and any that hold a frame at all."""
    known = st.sampled_from([Sides.of(item.role) for item in VIDEO_INPUTS.values()])
    least = draw(st.integers(8, 1000)) * 2
    own = Sides(least, least + 2 * draw(st.integers(1, 4000)), 1 + draw(st.fractions(0, 10)))
    return draw(known | st.just(own))


@given(sizes, limits(), st.booleans())
def test_a_frame_comes_out_within_the_limits(size: tuple[int, int], sides: Sides, crop: bool) -> None:
    framing = framed(size, sides, crop=crop)

    assert sides.takes(framing.size)
    assert all(kept <= whole for kept, whole in zip(framing.kept, size, strict=True))
    assert all(scaled <= whole for scaled, whole in zip(framing.scaled, framing.size, strict=True))
    assert framed(framing.size, sides, crop=crop) == Framing(framing.size, framing.size, framing.size)


@given(sizes, limits(), st.booleans())
def test_no_frame_is_cropped_and_padded_and_at_most_one_side_is(size: tuple[int, int], sides: Sides, crop: bool) -> None:
    framing = framed(size, sides, crop=crop)
    cropped = [whole - kept for kept, whole in zip(framing.kept, size, strict=True)]
    padded = [whole - scaled for scaled, whole in zip(framing.scaled, framing.size, strict=True)]

    assert not any(cropped) or not any(padded)
    # A line may go on each side to make it even; more goes from one side only.
    assert sum(lines > 1 for lines in cropped) <= 1
    assert sum(lines > 2 for lines in padded) <= 1


@given(st.tuples(st.integers(200, 3000), st.integers(200, 3000)), limits())
def test_a_face_keeps_its_shape(size: tuple[int, int], sides: Sides) -> None:
    framing = framed(size, sides, crop=False)
    across, down = (new / old for new, old in zip(framing.scaled, framing.kept, strict=True))

    # One step of two pixels on either side is what even sizes cost.
    assert across / down == pytest.approx(1, abs=4 / min(framing.scaled))


@pytest.mark.parametrize(
    ("size", "crop", "expected"),
    [
        ((640, 480), False, Framing((640, 480), (640, 480), (640, 480))),
        ((321, 241), False, Framing((320, 240), (320, 240), (320, 240))),
        ((100, 150), False, Framing((100, 150), (200, 300), (200, 300))),
        ((4096, 2160), False, Framing((4096, 2160), (2048, 1080), (2048, 1080))),
        ((2000, 300), False, Framing((2000, 300), (2000, 300), (2000, 668))),
        ((2000, 300), True, Framing((900, 300), (900, 300), (900, 300))),
    ],
)
def test_frames_are_changed_as_little_as_can_be(size: tuple[int, int], crop: bool, expected: Framing) -> None:
    assert framed(size, Sides(200, 2048, Fraction(3)), crop=crop) == expected


intervals = st.sampled_from([Interval(15, 60), Interval(lower=24), Interval(), Interval(upper=30), Interval(29.9, 30.1)])


@given(rates, st.none() | rates, st.none() | rates, st.booleans(), intervals)
def test_a_rate_comes_out_within_the_limits(
    average: float, nominal: float | None, fastest: float | None, varies: bool, interval: Interval
) -> None:
    spacing = Spacing(average, nominal, min(average, fastest or average), max(average, fastest or average), varies)
    rate = constant_rate(spacing, interval)

    assert float(rate) in interval
    assert rate.denominator <= 1001 * 100


@pytest.mark.parametrize(
    ("average", "nominal", "slowest", "fastest", "varies", "rate"),
    [
        (25.0, 25.0, 25.0, 25.0, False, Fraction(25)),
        (29.97002997, 29.97002997, 29.97, 29.97, False, Fraction(30_000, 1001)),
        # Recorded by a phone: rounded to milliseconds, so that only the stated rate is exact.
        (29.9875, 29.97002997, 28.5714, 30.0, False, Fraction(30_000, 1001)),
        # A header that says 600, 25 frames of 40 ms, the last of unknown length.
        (26.0146, 600.0, 25.0, 25.0, False, Fraction(25)),
        (22.131, 30.0, 15.0, 30.0, True, Fraction(30)),
        # A screen recording: stills, then bursts. The stated rate is that of a clock.
        (8.4826, 1000.0, 0.98, 31.25, True, Fraction(15)),
        (75.0, 75.0, 75.0, 75.0, False, Fraction(75, 2)),
        (120.0, 120.0, 120.0, 120.0, False, Fraction(60)),
        (12.0, 12.0, 12.0, 12.0, False, Fraction(24)),
        (5.0, 5.0, 5.0, 5.0, False, Fraction(15)),
    ],
)
def test_the_rate_is_the_one_the_frames_have_or_divides_it(
    average: float, nominal: float, slowest: float, fastest: float, varies: bool, rate: Fraction
) -> None:
    assert constant_rate(Spacing(average, nominal, slowest, fastest, varies), Interval(15, 60)) == rate
