import io

import pytest

from mediapreflight.report.style import Style, style_for


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
