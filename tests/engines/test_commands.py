"""Remote files and engines on the command line."""

import json
import sys
from pathlib import Path

import pytest

from mediapreflight.cli import main

from ..store import Store

pytestmark = pytest.mark.sweep


@pytest.fixture
def folder(fixtures: Path, store: Store) -> str:
    for name in ("portrait.jpg", "voice.mp3", "faults/truncated.jpg"):
        store.put(f"pictures/{name}", fixtures / name)
    store.put("pictures/notes.txt", b"none of them")
    return "s3://media/pictures"


def checked(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, list[str]]:
    """The codes found in each file, in the order of the report."""
    main(["check", "--model", "liveportrait", *arguments, "--output-format", "json", "--no-cache", "--workers", "1"])
    jobs = json.loads(capsys.readouterr().out)["jobs"]
    return {each["path"]: [found["code"] for found in job["findings"]] for job in jobs for each in job["inputs"].values()}


@pytest.mark.parametrize("end", ["", "/"])
def test_remote_folder(folder: str, end: str, capsys) -> None:
    assert checked(capsys, folder + end, "--level", "decode") == {
        f"{folder}/portrait.jpg": [],
        f"{folder}/voice.mp3": [],
        f"{folder}/faults/truncated.jpg": ["FILE010"],
    }


def test_headers_of_a_remote_folder(folder: str, store: Store, capsys) -> None:
    store.answers.clear()
    assert not any(checked(capsys, folder + "/", "--level", "metadata").values())
    asked = sorted((answer.method, answer.path) for answer in store.answers if answer.path.rstrip("/") != "/media")
    names = [f"/media/pictures/{name}" for name in ("faults/truncated.jpg", "portrait.jpg", "voice.mp3")]
    assert asked == [(method, name) for method in ("GET", "HEAD") for name in names]


@pytest.mark.usefixtures("store")
def test_files_and_folders_that_are_not_there(capsys) -> None:
    paths = ["s3://media/gone.jpg", "s3://media/gone/", "s3://no-bucket/"]
    assert checked(capsys, *paths) == {path: ["FILE001"] for path in paths}


def test_whole_job_of_remote_and_local_files(folder: str, fixtures: Path, capsys) -> None:
    found = checked(capsys, f"image={folder}/portrait.jpg", f"audio={fixtures / 'voice.mp3'}", "--level", "metadata")
    assert found == {f"{folder}/portrait.jpg": [], str(fixtures / "voice.mp3"): []}


def test_probe(folder: str, capsys) -> None:
    assert main(["probe", f"{folder}/portrait.jpg", "--output-format", "json"]) == 0
    (facts,) = json.loads(capsys.readouterr().out)
    assert (facts["path"], facts["width"], facts["problems"]) == (f"{folder}/portrait.jpg", 640, [])


@pytest.mark.parametrize("command", ["prepare", "submit"])
def test_other_commands_say_that_they_take_local_files(command: str, folder: str, tmp_path: Path, capsys) -> None:
    arguments = [command, "--model", "liveportrait", f"{folder}/portrait.jpg", "--out", str(tmp_path / "out"), "--dry-run"]
    assert main(arguments) == 2
    assert f"{folder}/portrait.jpg: remote files can only be checked and probed" in capsys.readouterr().err


def test_engine_that_is_not_installed(fixtures: Path, capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    assert main(["check", "--model", "liveportrait", str(fixtures / "portrait.jpg"), "--engine", "ray"]) == 2
    assert "pip install 'mediapreflight[ray]'" in capsys.readouterr().err
