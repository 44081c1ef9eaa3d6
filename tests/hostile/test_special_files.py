"""Links, folders, pipes, sockets and devices under media names: named, refused, and never waited for."""

import json
import os
import socket
from pathlib import Path

import pytest

from ..cli.conftest import run_here

DEVICES = ("/dev/zero", "/dev/tty", "/dev/null", "/dev/full", "/dev/random", "/proc/self/mem", "/proc/self/environ")
COMMANDS = {
    "probe": ("probe",),
    "metadata": ("check", "--model", "videoretalk", "--level", "metadata"),
    "decode": ("check", "--model", "videoretalk", "--level", "decode"),
    "content": ("check", "--model", "videoretalk"),
    "faces": ("faces",),
    "plan": ("prepare", "--model", "videoretalk", "--dry-run"),
    "prepare": ("prepare", "--model", "videoretalk", "--out", "../out"),
}
pytestmark = [pytest.mark.sweep, pytest.mark.skipif(os.name != "posix", reason="such files exist on POSIX systems only")]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "in"
    place.mkdir()
    # The path of a socket may have no more than about a hundred characters.
    monkeypatch.chdir(place)
    for name in ("pipe.mp4", "pipe.png", "jobs.jsonl"):
        os.mkfifo(name)
    for name, target in {
        "passwd.png": "/etc/passwd",
        "loop.mp3": "loop.mp3",
        "dangling.wav": "gone.wav",
        "zero.png": "/dev/zero",
        "terminal.mp4": "/dev/tty",
        "jobs.csv": "/dev/zero",
        "jobs.toml": "/dev/random",
    }.items():
        Path(name).symlink_to(target)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.png")
    for name, size in {"sparse.mp4": 2**40, "sparse.png": 2**40, "sparse.mp3": 2**40, "empty.jpg": 0}.items():
        with Path(name).open("wb") as file:
            file.truncate(size)
    return place


@pytest.mark.parametrize("command", COMMANDS)
def test_each_is_refused_by_its_name(folder: Path, command: str) -> None:
    here = (path.name for path in sorted(folder.iterdir()) if not path.name.startswith("jobs."))
    names = [*here, *DEVICES, "no.png"]
    text = run_here(*COMMANDS[command], "--", *names, cwd=folder)
    assert (text.status, text.err) == (1, "")
    assert [name for name in names if name not in text.out] == []
    encoded = run_here(*COMMANDS[command], "--output-format", "json", "--", *names, cwd=folder)
    assert (encoded.status, encoded.err) == (1, "")
    records = json.loads(encoded.out)
    if isinstance(records, list):
        assert [record["path"] for record in records] == names
        assert all(record.get("error") or record["problems"] for record in records)
        return
    assert not records["ok"]
    assert len(records["jobs"]) == len(names)
    assert not any(job["ok"] for job in records["jobs"])


@pytest.mark.parametrize("name", ["jobs.jsonl", "jobs.csv", "jobs.toml"])
def test_job_files(folder: Path, name: str) -> None:
    for words in (("check", name), ("prepare", "--out", "../out", name)):
        done = run_here(*words, cwd=folder)
        assert (done.status, done.out) == (2, "")
        (line,) = done.err.splitlines()
        assert line.startswith(f"mediapreflight: {name}: cannot be read: it is a ")


def test_a_folder_with_a_media_name(folder: Path) -> None:
    """It is a folder like any other: what is in it counts, and here that is nothing."""
    (folder / "folder.mp4").mkdir()
    for words in (("probe",), ("faces",)):
        done = run_here(*words, "folder.mp4", cwd=folder)
        assert done.status == 1
        assert "folder.mp4" in done.out
        assert "it is a folder, not a file" in done.out


def test_a_folder_of_them_is_walked_to_its_end(folder: Path) -> None:
    (folder / "around").symlink_to(folder)
    done = run_here("check", "--model", "videoretalk", "--output-format", "json", ".", cwd=folder)
    assert (done.status, done.err) == (1, "")
    found = {job["inputs"][role]["path"] for job in json.loads(done.out)["jobs"] for role in job["inputs"]}
    assert {"./pipe.mp4", "./zero.png", "./loop.mp3"} <= found
    assert not any(path.startswith("./around") for path in found)
