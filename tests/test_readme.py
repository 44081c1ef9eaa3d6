"""What the README shows is what the commands print."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

import mediapreflight

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


class Shown(NamedTuple):
    """A command as the README writes it, and what it shows of its output; empty where it shows none."""

    command: str
    output: str


def shown() -> list[Shown]:
    first = re.search(r"^```sh\n.*&& (mediapreflight .*)\n```\n\n```text\n((?:.*\n)*?)```", README, re.MULTILINE)
    assert first
    pairs = [Shown(first[1], first[2])]
    for block in re.findall(r"^```console\n(.*?)^```", README, re.MULTILINE | re.DOTALL):
        commands = re.split(r"^\$ (.*)\n", block, flags=re.MULTILINE)
        pairs += [Shown(command, output) for command, output in zip(commands[1::2], commands[2::2], strict=True)]
    return [pair for pair in pairs if pair.command.startswith("mediapreflight ")]


@pytest.mark.parametrize("example", shown(), ids=lambda example: example.command)
def test_commands_print_what_is_shown(example: Shown) -> None:
    words = shlex.split(example.command)[1:]
    environment = os.environ | {"PYTHONPATH": str(Path(mediapreflight.__file__).parents[1]), "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "mediapreflight", *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    if example.output:
        assert done.stdout == example.output
    else:
        assert done.returncode == 0, done.stdout


def test_the_five_systems_are_among_them() -> None:
    models = {match[1] for example in shown() if (match := re.search(r"--model (\S+)", example.command))}
    assert {"emo-v1", "liveportrait", "videoretalk", "animate-anyone-gen2", "wan2.6-i2v"} <= models
