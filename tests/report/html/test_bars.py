import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight import AudioFacts, ImageFacts, UnknownFacts, VideoFacts
from mediapreflight.catalog import builtin_catalog
from mediapreflight.report.html.bars import Bar, bars, number_text

EMO = builtin_catalog().model("emo-v1")
RETALK = builtin_catalog().model("videoretalk")


def picture(width: int, height: int) -> dict[str, Bar]:
    facts = ImageFacts(path="p.png", format="png", bytes=1000, width=width, height=height)
    return {bar.name: bar for bar in bars(facts, EMO.roles["image"], EMO)}


def clip(**known: float) -> dict[str, Bar]:
    facts = VideoFacts(path="v.mp4", format="mp4", bytes=10**6, **known)
    return {bar.name: bar for bar in bars(facts, RETALK.roles["video"], RETALK)}


@pytest.mark.parametrize(
    ("side", "state"),
    [(399, "outside"), (400, "between"), (401, "inside"), (6999, "inside"), (7000, "between"), (7001, "outside")],
)
def test_state_follows_the_limits_to_the_pixel(side: int, state: str) -> None:
    bar = picture(side, 1000)["Sides"]
    assert [mark.state for mark in bar.marks] == [state, "inside"]
    assert bar.state == state


def test_two_readings_are_said_and_drawn() -> None:
    bar = picture(640, 640)["Sides"]
    assert (bar.accepted, bar.advised) == ("400 to 7000 px", "more than 400 and less than 7000 px")
    assert bar.safe is not None
    assert bar.source.startswith("emo-")


def test_one_reading_is_drawn_once() -> None:
    bar = clip(fps=25.0)["Frame rate"]
    assert (bar.accepted, bar.advised, bar.safe) == ("15 to 60 fps", None, None)


def test_equal_sides_are_one_mark() -> None:
    assert [mark.text for mark in picture(640, 640)["Sides"].marks] == ["both 640 px"]
    assert [mark.text for mark in picture(640, 480)["Sides"].marks] == ["width 640 px", "height 480 px"]


def test_stated_and_measured_are_two_marks_only_where_they_differ() -> None:
    lying = clip(duration_s=11.7, stated_duration_s=200.0)["Duration"]
    assert [(mark.text, mark.state) for mark in lying.marks] == [("measured 11.7 s", "inside"), ("stated 200 s", "outside")]
    assert [mark.text for mark in clip(duration_s=11.7, stated_duration_s=11.71)["Duration"].marks] == ["11.7 s"]


def test_megabytes_are_read_both_ways() -> None:
    facts = AudioFacts(path="a.mp3", format="mp3", bytes=15_200_000)
    bar = next(bars(facts, EMO.roles["audio"], EMO))
    assert (bar.name, bar.state) == ("File size", "between")
    assert (bar.accepted, bar.advised) == ("up to 15 MB of 2²⁰ bytes", "less than 15 MB of 10⁶ bytes")


def test_what_was_not_measured_has_no_bar() -> None:
    assert picture(0, 0) == {}
    assert clip().keys() == {"File size"}


def test_file_of_another_kind_has_only_a_size() -> None:
    facts = ImageFacts(path="p.png", format="png", bytes=1000, width=10, height=10)
    assert [bar.name for bar in bars(facts, RETALK.roles["video"], RETALK)] == ["File size"]
    assert list(bars(UnknownFacts(path="x"), RETALK.roles["video"], RETALK)) == []


def test_bars_of_every_model_say_their_source() -> None:
    facts = {
        "image": ImageFacts(path="p", bytes=1000, width=700, height=700),
        "video": VideoFacts(path="v", bytes=1000, width=700, height=700, fps=25.0, duration_s=5.0),
        "audio": AudioFacts(path="a", bytes=1000, duration_s=5.0),
    }
    for model in builtin_catalog().models():
        for role in model.roles.values():
            assert all(bar.source and bar.accepted for bar in bars(facts[role.kind], role, model))


@given(st.floats(allow_nan=True, allow_infinity=True, min_value=None), st.floats(min_value=1e-6, max_value=1e9))
def test_marks_and_ranges_lie_on_the_bar_in_order(duration: float, rate: float) -> None:
    for bar in clip(duration_s=duration, fps=rate).values():
        places = [*bar.documented, *(bar.safe or bar.documented), *(mark.at for mark in bar.marks)]
        assert all(0 <= place <= 1 for place in places)
        assert bar.documented[0] < bar.documented[1]
        assert bar.documented[0] <= (bar.safe or bar.documented)[0] < (bar.safe or bar.documented)[1] <= bar.documented[1]


@given(st.floats(min_value=0.01, max_value=1000))
def test_a_mark_lies_inside_the_drawn_range_just_when_it_is_accepted(seconds: float) -> None:
    bar = clip(duration_s=seconds)["Duration"]
    (mark,) = bar.marks
    low, high = bar.documented
    if mark.state == "outside":
        assert mark.at <= low or mark.at >= high
    else:
        assert low <= mark.at <= high


def test_far_values_stand_at_the_end_and_say_so() -> None:
    (mark,) = clip(fps=5000.0)["Frame rate"].marks
    assert (mark.at, mark.beyond) == (1.0, True)


@pytest.mark.parametrize(
    ("number", "text"),
    [(5000, "5,000"), (640, "640"), (29.97002997, "29.97"), (25.0, "25"), (0.016328, "0.016"), (1234.5, "1,234.5")],
)
def test_numbers(number: float, text: str) -> None:
    assert number_text(number) == text
