"""The command before it serves; `tests/agents` is about what it serves."""

import sys

import pytest


def test_missing_sdk_is_named_in_one_line(refused, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mcp_types", None)
    assert refused("mcp") == 'mcp does not load (it is not installed); pip install "mediapreflight[mcp]"'


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--root", "nowhere"], "--root nowhere: is not a folder"),
        (["--catalog", "nowhere.toml"], "nowhere.toml: "),
        (["--allow-submit", "--poll-interval", "0"], "--poll-interval"),
    ],
)
def test_wrong_options_are_named_before_anything_is_served(refused, options: list[str], said: str) -> None:
    assert said in refused("mcp", *options)
