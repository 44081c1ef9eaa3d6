"""Names that a runner of GitHub would take for an order are none, in any format of any command.

The runner's reading, from its source (`ActionCommand.cs`): white space before it left out, a line that begins with `::name` and
holds another `::` is an order; so is `##[name]` anywhere in a line.
"""

import json
import re
import shutil
from pathlib import Path

import pytest

from mediapreflight.report import FORMATS

pytestmark = pytest.mark.skipif("os.name != 'posix'", reason="no file can have such a name on Windows")
ORDER = re.compile(r"^\s*::\s*[A-Za-z-]+|##\[", re.MULTILINE)
# What `check --output-format github` says itself.
OWN = re.compile(r"::(error|warning|notice) (file=[^,:]*,)?title=[A-Z0-9]+ [a-z-]+::.*")
NAMES = ("::error title=x::y.jpg", " ::add-mask::e.jpg", "a\n::stop-commands::x.jpg", "a##[add-mask]e.jpg", "\xa0::debug::x.jpg")
EVERY = [
    *(f"check --level metadata --model emo-v1 --output-format {format}" for format in FORMATS),
    *(f"probe --output-format {format}" for format in ("text", "concise", "json")),
    *(f"prepare --dry-run --model emo-v1 --output-format {format}" for format in ("text", "json")),
    *(f"submit --dry-run --model emo-detect-v1 --output-format {format}" for format in ("text", "concise", "json")),
    *(f"faces --output-format {format}" for format in ("text", "json")),
]


def orders(result) -> list[str]:
    return [line for line in f"{result.out}\n{result.err}".split("\n") if ORDER.search(line) and not OWN.fullmatch(line)]


@pytest.fixture
def named(tmp_path: Path, fixtures: Path) -> Path:
    for number, name in enumerate(NAMES):
        if number % 2:
            shutil.copy(fixtures / "half-body.jpg", tmp_path / name)
        else:
            (tmp_path / name).write_text("no picture")
    return tmp_path


@pytest.mark.parametrize("command", EVERY)
def test_names_give_no_orders(run, named: Path, command: str) -> None:
    result = run(*command.split(), *NAMES, cwd=named)
    assert orders(result) == []
    # Formats for people leave out what fits.
    assert result.out.count(".jpg") >= len(NAMES) / 2


def test_names_in_errors_give_no_orders(run, tmp_path: Path) -> None:
    for name in NAMES:
        (tmp_path / f"{name}.jsonl").write_text('{"model": "::error::x##[error]"}')
        for arguments in (
            ["check", f"{name}.jsonl"],
            ["check", f"{name}.toml"],
            ["check", name],
            ["check", "--model", name, "x.png"],
            ["check", "--output", f"{name}/x", "x.png"],
            ["prepare", "--model", "emo-v1", name],
            ["rule", name],
            [name],
            [f"--{name}"],
        ):
            result = run(*arguments, cwd=tmp_path)
            assert result.status == 2
            assert orders(result) == []


def test_json_still_says_the_names(run, named: Path) -> None:
    result = run("probe", "--output-format", "json", *NAMES, cwd=named)
    assert [each["path"] for each in json.loads(result.out)] == list(NAMES)


def test_a_curl_command_gives_no_orders(run, named: Path) -> None:
    result = run("submit", "--dry-run", "--force", "--output-format", "curl", "--model", "emo-detect-v1", *NAMES, cwd=named)
    assert result.status in (0, 1)
    assert orders(result) == []
