"""The page for agents, and the page for language models: what they show is so."""

import json
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest

from mediapreflight.agents.tools import BILLED, TOOLS
from mediapreflight.cli import COMMANDS, _parse

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "agents.md").read_text(encoding="utf-8")
FOR_MODELS = (DOCS / "llms.txt").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def servers() -> list[list[str]]:
    """Every command line that a client is told to start."""
    tables: list[Any] = [*map(json.loads, blocks("json")), *map(tomllib.loads, blocks("toml"))]
    named = [table[next(iter(table))]["mediapreflight"] for table in tables]
    lines = [shlex.split(line.partition(" -- ")[2]) for block in blocks("sh") for line in block.splitlines() if " -- " in line]
    return [*([each["command"], *each["args"]] for each in named), *lines]


def test_clients_start_the_command() -> None:
    assert len(servers()) == 5
    for program, *arguments in servers():
        assert program == "mediapreflight"
        assert _parse(arguments).command == "mcp"


def test_every_tool_is_listed() -> None:
    assert re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE) == [*TOOLS, *BILLED]


@pytest.mark.parametrize("line", re.findall("`(mediapreflight [^`]+)`", FOR_MODELS + PAGE))
def test_commands_exist(line: str) -> None:
    _, command, *arguments = shlex.split(line)
    assert command in COMMANDS
    assert _parse([command, *arguments]).command == command
