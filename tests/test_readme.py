"""What the README shows is what the commands print."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import mediapreflight
from mediapreflight.emulator import Emulator

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CHINESE = (ROOT / "README.zh.md").read_text(encoding="utf-8")


class Shown(NamedTuple):
    """A command as the README writes it, and what it shows of its output; empty where it shows none."""

    command: str
    output: str


def shown(readme: str) -> list[Shown]:
    first = re.search(r"^```sh\n.*&& (mediapreflight .*)\n```\n\n```text\n((?:.*\n)*?)```", readme, re.MULTILINE)
    assert first
    pairs = [Shown(first[1], first[2])]
    for block in re.findall(r"^```console\n(.*?)^```", readme, re.MULTILINE | re.DOTALL):
        commands = re.split(r"^\$ (.*)\n", block, flags=re.MULTILINE)
        pairs += [Shown(command, output) for command, output in zip(commands[1::2], commands[2::2], strict=True)]
    return [pair for pair in pairs if pair.command.startswith("mediapreflight ")]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a reader who has the stand-in service running."""
    with Emulator(seconds_per_task=0.2) as service:
        state = {"MEDIAPREFLIGHT_STATE_DIR": str(tmp_path_factory.mktemp("state"))}
        python = {"PYTHONPATH": str(Path(mediapreflight.__file__).parents[1]), "PYTHONUTF8": "1"}
        yield os.environ | service.environment | state | python


@pytest.mark.parametrize("example", shown(README), ids=lambda example: example.command)
def test_commands_print_what_is_shown(example: Shown, environment: dict[str, str], tmp_path: Path) -> None:
    _prints(example, environment | {"LANGUAGE": "en"}, tmp_path)


# What prints nothing that is shown was run above.
@pytest.mark.sweep
@pytest.mark.parametrize("example", [each for each in shown(CHINESE) if each.output], ids=lambda example: example.command)
def test_commands_print_what_is_shown_in_chinese(example: Shown, environment: dict[str, str], tmp_path: Path) -> None:
    _prints(example, environment | {"LANGUAGE": "zh", "MEDIAPREFLIGHT_STATE_DIR": str(tmp_path / "state")}, tmp_path)


def test_the_chinese_one_has_the_same_commands_and_examples() -> None:
    assert [each.command for each in shown(CHINESE)] == [each.command for each in shown(README)]
    assert _examples(CHINESE) == _examples(README)


def _examples(readme: str) -> list[str]:
    """The blocks of code that no command prints."""
    blocks = re.findall(r"^```(\w+)\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    return [
        text for kind, text in blocks if kind in ("sh", "toml", "yaml", "python") or (text.startswith("$ ") and kind == "text")
    ]


def _prints(example: Shown, environment: dict[str, str], tmp_path: Path) -> None:
    # Commands that write must not do so in the sources.
    (tmp_path / "fixtures").symlink_to(ROOT / "fixtures")
    words = shlex.split(example.command)[1:]
    done = subprocess.run(
        [sys.executable, "-m", "mediapreflight", *words],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    if example.output:
        assert _without_ids(done.stdout) == _without_ids(example.output)
    else:
        assert done.returncode == 0, done.stdout


def _without_ids(text: str) -> str:
    """Output without the ids of tasks, which are new every time."""
    return re.sub(r"-[0-9a-f]{8}\.mp4", "-ID.mp4", text)


def test_the_five_systems_are_among_them() -> None:
    models = {match[1] for example in shown(README) if (match := re.search(r"--model (\S+)", example.command))}
    assert {"emo-v1", "liveportrait", "videoretalk", "animate-anyone-gen2", "wan2.6-i2v"} <= models


def test_the_number_of_models_is_that_of_the_catalog() -> None:
    models = mediapreflight.Catalog().models()
    others = [model for model in models if model.service is None]
    assert f": {len(models) - len(others)} models" in README
    assert f"For {len(others)} models of {len({model.provider for model in others})} other" in " ".join(README.split())
