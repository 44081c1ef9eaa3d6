"""The workflows for GitHub, as far as they can be tried elsewhere: what they run is there and is written in good shell."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
WORKFLOWS = {
    path.name: yaml.safe_load(path.read_text(encoding="utf-8")) for path in (ROOT / ".github" / "workflows").glob("*.yml")
}
STEPS = [step for workflow in WORKFLOWS.values() for job in workflow["jobs"].values() for step in job["steps"]]
LINES = [line for step in STEPS if "run" in step for line in step["run"].splitlines()]
SCRIPTS = sorted(path for path in (ROOT / "scripts").iterdir() if path.is_file())
# On Windows, `bash` may be the one of a subsystem that sees none of these files.
with_bash = pytest.mark.skipif(os.name == "nt", reason="needs a bash that sees the same files")


def steps_that_run() -> list[str]:
    return [re.sub(r"\$\{\{.*?\}\}", "expression", step["run"]) for step in STEPS if "run" in step]


@with_bash
@pytest.mark.parametrize("script", steps_that_run())
def test_steps_are_good_shell(script: str) -> None:
    assert subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True, check=False).stderr == ""


@with_bash
@pytest.mark.parametrize("script", [path for path in SCRIPTS if not path.suffix], ids=lambda path: path.name)
def test_scripts_are_good_shell_and_can_be_run(script: Path) -> None:
    assert subprocess.run(["bash", "-n", script], text=True, capture_output=True, check=False).stderr == ""
    assert os.access(script, os.X_OK)


def test_scripts_the_workflows_run_are_there() -> None:
    named = {match[1] for line in LINES if (match := re.match(r"(scripts/\S+)", line))}
    assert named == {"scripts/check", "scripts/docs", "scripts/docs_links.py", "scripts/test", "scripts/try-hook"}
    assert {ROOT / name for name in named} <= set(SCRIPTS)


def test_nothing_of_an_event_becomes_text_of_a_script() -> None:
    assert [line for line in LINES if "${{" in line] == []


def test_every_system_and_every_python_is_tried() -> None:
    matrix: dict[str, list[str]] = WORKFLOWS["test.yml"]["jobs"]["test"]["strategy"]["matrix"]
    assert {system.partition("-")[0] for system in matrix["os"]} == {"ubuntu", "macos", "windows"}
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["requires-python"] == f">={matrix['python'][0]}"
    promised = [name.removeprefix("Programming Language :: Python :: ") for name in project["classifiers"]]
    assert {name for name in promised if re.fullmatch(r"3\.\d+", name)} <= set(matrix["python"])
