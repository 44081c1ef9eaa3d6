import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mediapreflight.text import listed, plain, plain_json, readdressed, shown


@pytest.mark.every(
    ("value", "text"),
    [
        (5000, "5000"),
        (100_000.0, "100000"),
        (-1_234_567, "-1234567"),
        (99_999, "99999"),
        (100_000, "100,000"),
        (24.0, "24"),
        (0.1 + 0.2, "0.3"),
        (7.39870816, "7.4"),
        (29.97002997, "29.97"),
        (0.0123456, "0.012"),
        (0.0, "0"),
        (-21.336, "-21.34"),
        (2_147_483_647 / 6, "357913941.17"),
        (1e22, "10000000000000000000000"),
        (float("inf"), "inf"),
    ],
)
def test_numbers_as_a_reader_wants_them(value: float, text: str) -> None:
    assert shown(value) == text


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_a_number_lies_on_the_side_of_a_limit_that_it_is_on(value: float, limit: float) -> None:
    assume(abs(value - limit) > 1e-6)
    assert (float(shown(value, limit)) < limit) == (value < limit)


@pytest.mark.parametrize(
    ("advice", "others"),
    [
        ("`prepare --upright` turns it", "[prepare|upright|] turns it"),
        ("raise it with `mediapreflight prepare --loudness -16`", "raise it with [prepare|loudness|-16]"),
        ("by the number that `mediapreflight faces` lists", "by the number that [faces||] lists"),
        ("set them: --set a=1,2 --set b=3", "set them: a=1,2 b=3"),
        ("choose --level decode", "choose level decode"),
        ("use a `png` file - or two", "use a `png` file - or two"),
    ],
)
def test_advice_without_a_command_line(advice: str, others: str) -> None:
    assert readdressed(advice, lambda *parts: f"[{'|'.join(parts)}]") == others


def test_enumerations() -> None:
    assert listed(("jpeg",)) == "jpeg"
    assert listed(("jpeg", "png")) == "jpeg and png"
    assert listed(("jpeg", "png", "bmp")) == "jpeg, png and bmp"


@pytest.mark.every(
    ("text", "shown"),
    [
        ("plain.png", "plain.png"),
        ("汉字 ü 🙂.png", "汉字 ü 🙂.png"),
        ("a\nb", "a\\nb"),
        ("::error::x", ":\\x3aerror::x"),
        ("  ::error::x", "  :\\x3aerror::x"),
        ("a::b", "a::b"),
        ("a##[b]##[c]", "a##\\x5bb]##\\x5bc]"),
        ("##a[b]", "##a[b]"),
        ("a\r\tb", "a\\r\\tb"),
        ("\x1b[31m", "\\x1b[31m"),
        ("a\u202eb", "a\\u202eb"),
        ("a\u2028b\u200b", "a\\u2028b\\u200b"),
        ("\x00\x7f\x9b", "\\x00\\x7f\\x9b"),
        ("\udcff", "\\udcff"),
        ("\U000e0001", "\\U000e0001"),
    ],
)
def test_controls_are_written_out(text: str, shown: str) -> None:
    assert plain(text) == shown


@given(st.text(st.characters(categories=None)))
def test_any_text_is_one_printable_line_any_encoder_takes(text: str) -> None:
    shown = plain(text)
    assert shown.isprintable()
    assert shown.splitlines() in ([], [shown])
    shown.encode("utf-8")


@given(st.text())
def test_printable_text_stays_as_it_is(text: str) -> None:
    assert (plain(text) == text) == text.isprintable()


@given(st.text())
def test_json_says_the_same_with_nothing_a_terminal_would_act_on(text: str) -> None:
    encoded = json.dumps({text: [text]}, ensure_ascii=False, indent=2)
    shown = plain_json(encoded)
    assert json.loads(shown) == {text: [text]}
    assert all(character.isprintable() or character == "\n" for character in shown)
    assert plain_json(shown) == shown


def test_json_keeps_what_can_be_read() -> None:
    assert plain_json('{"é": "日本 \x7f\x9b\u202e\U000e0001"}\n') == '{"é": "日本 \\u007f\\u009b\\u202e\\udb40\\udc01"}\n'
