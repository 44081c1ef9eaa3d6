import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .conftest import MAIN, environment, run_python

WAITING = "mediapreflight: waiting for changes; Ctrl-C ends it\n"
WITHOUT_WATCHFILES = 'import sys\nsys.modules["watchfiles"] = None\n'
CONFIG = 'level = "metadata"\nselect = ["IMG001"]\nassets = [{files = "*.png", model = "wan2.6-i2v"}]\n'


class Watcher:
    """A running `check --watch`, whose report lies in a file."""

    def __init__(self, folder: Path, report: Path, *arguments: str) -> None:
        self._report = report
        words = ["check", "--watch", "--output-format", "concise", "--output", str(report), *arguments]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mediapreflight", *words], cwd=folder, env=environment(), stderr=subprocess.PIPE, text=True
        )

    def next(self) -> tuple[list[str], list[str]]:
        """The files with findings after the next run, and what it said besides."""
        said: list[str] = []
        while (line := self.process.stderr.readline()) != WAITING:
            assert line, said
            said.append(line)
        return [line.partition(":")[0] for line in self._report.read_text().splitlines()], said


@pytest.fixture
def folder(tmp_path: Path, fixtures: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    shutil.copyfile(fixtures / "formats/rgba.png", root / "a.png")
    (root / "mediapreflight.toml").write_text(CONFIG)
    return root


@pytest.fixture
def watching(folder: Path) -> Iterator[Callable[..., Watcher]]:
    running: list[Watcher] = []

    def start(*arguments: str) -> Watcher:
        running.append(Watcher(folder, folder.parent / "report.txt", *arguments))
        return running[-1]

    yield start
    for each in running:
        each.process.kill()
        each.process.communicate()


def put(original: Path, target: Path) -> None:
    """Replace a file at once, so that no half of it is seen."""
    shutil.copyfile(original, target.with_suffix(".new"))
    target.with_suffix(".new").replace(target)


@pytest.mark.parametrize("target", [(), (".",), ("a.png", "b.png")])
def test_checks_again_when_a_file_changes(watching, folder: Path, fixtures: Path, target: tuple[str, ...]) -> None:
    put(fixtures / "formats/rgb.png", folder / "b.png")
    watcher = watching(*target)
    assert watcher.next() == (["a.png"], [])
    put(fixtures / "formats/rgba.png", folder / "b.png")
    assert watcher.next() == (["a.png", "b.png"], [])
    put(fixtures / "formats/rgb.png", folder / "a.png")
    assert watcher.next() == (["b.png"], [])


def test_broken_configuration_is_said_and_its_fix_waited_for(watching, folder: Path) -> None:
    watcher = watching()
    assert watcher.next()[1] == []
    (folder / "new").write_text("levl = 3\n")
    (folder / "new").replace(folder / "mediapreflight.toml")
    assert watcher.next()[1] == ["mediapreflight: mediapreflight.toml:1: levl: there is no such key; did you mean level?\n"]
    (folder / "new").write_text(CONFIG.replace("IMG001", "IMG002"))
    (folder / "new").replace(folder / "mediapreflight.toml")
    assert watcher.next() == ([], [])


def test_the_user_ends_it(watching) -> None:
    watcher = watching()
    watcher.next()
    watcher.process.send_signal(signal.SIGINT)
    _, errors = watcher.process.communicate(timeout=120)
    assert (watcher.process.returncode, errors) == (130, "")


def test_without_its_library(folder: Path) -> None:
    result = run_python("-c", WITHOUT_WATCHFILES + MAIN, "check", "--watch", cwd=folder)
    assert result.status == 2
    assert result.err.startswith("mediapreflight: watchfiles does not load (")
    assert result.err.endswith("pip install 'mediapreflight[watch]'\n")
