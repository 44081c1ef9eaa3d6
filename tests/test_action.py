"""The GitHub Action: its step that checks, run as a runner does."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

import mediapreflight

ACTION: dict[str, Any] = yaml.safe_load((Path(__file__).resolve().parent.parent / "action.yml").read_text(encoding="utf-8"))
SOURCES = Path(mediapreflight.__file__).parents[1]
(CHECK,) = [step for step in ACTION["runs"]["steps"] if step["name"] == "Check"]


class Outcome(NamedTuple):
    status: int
    log: str
    summary: str


@pytest.fixture
def action(tmp_path: Path, fixtures: Path):
    """`action(targets="…")`: what the check step logs, and the summary it writes, in a checkout with a portrait and a giant."""
    launcher = tmp_path / "bin/mediapreflight"
    launcher.parent.mkdir()
    launcher.write_text(f'#!/bin/sh\nPYTHONPATH="{SOURCES}" exec "{sys.executable}" -m mediapreflight "$@"\n')
    launcher.chmod(0o755)
    checkout = tmp_path / "checkout"
    (checkout / "portraits").mkdir(parents=True)
    shutil.copyfile(fixtures / "portrait.jpg", checkout / "portraits/a b.jpg")
    shutil.copyfile(fixtures / "faults/giant.png", checkout / "giant.png")
    (checkout / "mediapreflight.toml").write_text('[[assets]]\nfiles = "portraits/"\nmodel = "liveportrait"\n')
    summary = tmp_path / "summary.md"

    def run(**inputs: str) -> Outcome:
        summary.write_text("before\n")
        given = {name: inputs.get(name, declared["default"]) for name, declared in ACTION["inputs"].items()}
        variables = {name: given[value.removeprefix("${{ inputs.").removesuffix(" }}")] for name, value in CHECK["env"].items()}
        environment = os.environ | variables | {
            "PATH": f"{launcher.parent}{os.pathsep}{os.environ['PATH']}",
            "GITHUB_STEP_SUMMARY": str(summary),
            "MEDIAPREFLIGHT_CACHE_DIR": str(tmp_path / "cache"),
        }  # fmt: skip
        # What `shell: bash` of a composite action stands for.
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", CHECK["run"]]
        done = subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, timeout=120, check=False)
        assert "Traceback" not in done.stderr
        return Outcome(done.returncode, done.stdout, summary.read_text().removeprefix("before\n"))

    return run


def test_project(action) -> None:
    outcome = action(level="metadata")
    assert (outcome.status, outcome.log) == (0, "")
    assert "### mediapreflight" in outcome.summary
    assert "All clear" in outcome.summary


def test_findings_are_annotated_summed_up_and_fail_the_step(action) -> None:
    outcome = action(level="metadata", arguments="--model=wan2.6-i2v\n--select=IMG006", targets="giant.png\nportraits/a b.jpg\n")
    assert outcome.status == 1
    assert outcome.log.startswith("::error file=giant.png,title=IMG006 image-side-too-long::")
    assert outcome.summary.count("IMG006") == 1
    assert "giant.png" in outcome.summary


def test_summary_can_be_left_out(action) -> None:
    assert action(level="metadata", summary="false").summary == ""


def test_wrong_usage_fails_the_step_without_a_summary(action) -> None:
    assert action(level="metadata", arguments="--model=nothing") == Outcome(2, "", "")


def test_nothing_in_an_input_is_run(action, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    for name in ("targets", "arguments", "level", "summary"):
        action(**{"level": "metadata", name: f'"; touch {mark}; $(touch {mark}) `touch {mark}`'})
    assert not mark.exists()


@pytest.mark.parametrize(
    ("level", "installed"),
    [("metadata", "/action"), (ACTION["inputs"]["level"]["default"], "/action"), ("content", "/action[people]")],
)
def test_what_finds_people_is_installed_where_it_is_asked_for(tmp_path: Path, level: str, installed: str) -> None:
    (step,) = [step for step in ACTION["runs"]["steps"] if step["name"] == "Install mediapreflight"]
    program = tmp_path / "bin" / "python"
    program.parent.mkdir()
    # Stands for the one that makes the environment, and for the one in it.
    program.write_text('#!/bin/sh\n[ "$2" = venv ] && mkdir -p "$3/bin" && cp "$0" "$3/bin/python" || echo "$@" >> "$LOG"\n')
    program.chmod(0o755)
    environment = {
        "PATH": f"{program.parent}:/usr/bin:/bin",
        "ACTION": "/action",
        "LEVEL": level,
        "RUNNER_TEMP": str(tmp_path / "runner"),
        "GITHUB_PATH": str(tmp_path / "path"),
        "LOG": str(tmp_path / "log"),
    }
    subprocess.run(["bash", "-eo", "pipefail", "-c", step["run"]], env=environment, check=True, timeout=60)
    assert (tmp_path / "log").read_text().split()[-1] == installed


def test_no_script_holds_an_expression() -> None:
    assert not [step for step in ACTION["runs"]["steps"] if "${{" in step.get("run", "")]


def test_steps_run_what_the_package_has() -> None:
    assert ACTION["runs"]["using"] == "composite"
    assert all(step["shell"] == "bash" for step in ACTION["runs"]["steps"] if "run" in step)
    assert {name for name, declared in ACTION["inputs"].items() if not declared["description"]} == set()
