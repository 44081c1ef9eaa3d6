import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.report.style import Style, plain, plain_json, style_for


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def usual_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")


def test_codes_around_the_text() -> None:
    assert Style(color=True)("text", "red", "bold") == "\x1b[31;1mtext\x1b[0m"
    assert Style(color=False)("text", "red", "bold") == "text"
    assert Style(color=True)("", "red") == ""


def test_terminals_get_color_and_files_do_not() -> None:
    assert style_for(Terminal(), "auto").color
    assert not style_for(io.StringIO(), "auto").color


@pytest.mark.parametrize(("value", "color"), [("1", False), ("0", False), ("", True)])
def test_no_color(monkeypatch: pytest.MonkeyPatch, value: str, color: bool) -> None:
    monkeypatch.setenv("NO_COLOR", value)
    assert style_for(Terminal(), "auto").color is color


def test_dumb_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert not style_for(Terminal(), "auto").color


def test_choice_goes_before_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert style_for(io.StringIO(), "always").color
    assert not style_for(Terminal(), "never").color


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain.png", "plain.png"),
        ("汉字 ü 🙂.png", "汉字 ü 🙂.png"),
        ("a\nb", "a\\nb"),
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
