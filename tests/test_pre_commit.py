"""The hooks, run by pre-commit itself in a repository of their user.

What pre-commit would install is left out (`language: system` in the user's configuration): the hooks run the sources beside these
tests. Everything else is theirs: the files they ask for, their entry and arguments, and the stages they run in.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import mediapreflight
from mediapreflight.media.formats import FORMATS

pytestmark = pytest.mark.sweep

MANIFEST = Path(__file__).resolve().parent.parent / ".pre-commit-hooks.yaml"
SOURCES = Path(mediapreflight.__file__).parents[1]
IDENTITY = {f"GIT_{who}_{what}": "test@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
CONFIG = """\
[[assets]]
files = "portraits/"
model = "liveportrait"
"""


class Repository:
    """A repository that uses the hooks."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self._environment = environment
        folder.mkdir()
        self.git("init", "-q")

    def git(self, *arguments: str | Path) -> str:
        return self._run("git", *arguments).stdout.strip()

    def add(self, name: str, original: Path) -> None:
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(original, self.folder / name)
        self.git("add", "--force", "--", name)

    def hook(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the hooks on all files; `Traceback` stands nowhere in what comes."""
        command = (sys.executable, "-m", "pre_commit", "run", "--all-files", "--verbose", "--color=never", *arguments)
        done = self._run(*command, status=(0, 1))
        assert "Traceback" not in done.stdout + done.stderr
        return done

    def _run(self, *command: str | Path, status: tuple[int, ...] = (0,)) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            command, cwd=self.folder, env=self._environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode in status, (command, done.stdout, done.stderr)
        return done


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A repository with a portrait, configured to run both hooks."""
    launcher = tmp_path / "bin/mediapreflight"
    launcher.parent.mkdir()
    launcher.write_text(f'#!/bin/sh\nPYTHONPATH="{SOURCES}" exec "{sys.executable}" -m mediapreflight "$@"\n')
    launcher.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PRE_COMMIT", "PYTHON"))}
    environment = kept | IDENTITY | {
        "PATH": f"{launcher.parent}{os.pathsep}{os.environ['PATH']}",
        "PRE_COMMIT_HOME": str(tmp_path / "pre-commit"),
        "MEDIAPREFLIGHT_CACHE_DIR": str(tmp_path / "cache"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
    }  # fmt: skip
    hooks = Repository(tmp_path / "hooks", environment)
    hooks.add(MANIFEST.name, MANIFEST)
    hooks.git("commit", "-q", "-m", "hooks")
    user = Repository(tmp_path / "user", environment)
    ids = ("mediapreflight", "mediapreflight-content")
    entries = [{"id": name, "language": "system", "additional_dependencies": []} for name in ids]
    config = {"repos": [{"repo": str(hooks.folder), "rev": hooks.git("rev-parse", "HEAD"), "hooks": entries}]}
    (user.folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    (user.folder / "mediapreflight.toml").write_text(CONFIG)
    user.git("add", ".")
    return user


def test_assets_that_fit(repository: Repository, fixtures: Path) -> None:
    for name in ("portraits/a.JPG", "portraits/汉 字.jpeg", "-b.jpg"):
        repository.add(name, fixtures / "portrait.jpg")
    done = repository.hook("mediapreflight")
    assert done.returncode == 0
    assert "All clear: 2 files checked for liveportrait, nothing found." in done.stdout
    assert "1 file (-b.jpg) matches no assets of mediapreflight.toml" in done.stdout


def test_fault_fails_the_commit(repository: Repository, fixtures: Path) -> None:
    repository.add("portraits/a.jpg", fixtures / "portrait.jpg")
    repository.add("portraits/giant.png", fixtures / "faults/giant.png")
    done = repository.hook("mediapreflight")
    assert done.returncode == 1
    assert "IMG006 image-side-too-long" in done.stdout


def test_headers_only(repository: Repository, fixtures: Path) -> None:
    repository.add("portraits/a.jpg", fixtures / "faults/corrupt-scan.jpg")
    done = repository.hook("mediapreflight")
    assert (done.returncode, "All clear: 1 file checked" in done.stdout) == (0, True)


def test_data_where_it_is_asked_for(repository: Repository, fixtures: Path) -> None:
    repository.add("portraits/a.jpg", fixtures / "faults/corrupt-scan.jpg")
    done = repository.hook("--hook-stage", "manual", "mediapreflight-content")
    assert done.returncode == 1
    assert "FILE011 file-corrupt" in done.stdout


def test_content_does_not_run_by_itself(repository: Repository, fixtures: Path) -> None:
    repository.add("portraits/a.jpg", fixtures / "faults/corrupt-scan.jpg")
    done = repository.hook()
    assert (done.returncode, "mediapreflight-content" in done.stdout) == (0, False)


def test_files_of_other_kinds_are_not_even_given(repository: Repository, fixtures: Path) -> None:
    repository.add("portraits/notes.txt", fixtures / "README.md")
    done = repository.hook("mediapreflight")
    assert (done.returncode, "no files to check" in done.stdout) == (0, True)


def test_pointer_that_was_not_fetched(repository: Repository, fixtures: Path) -> None:
    repository.add("portraits/a.png", fixtures / "faults/lfs-pointer-named-png.png")
    done = repository.hook("mediapreflight")
    assert done.returncode == 1
    assert "unchecked FILE013 file-not-fetched" in done.stdout
    assert "git lfs pull" in done.stdout
    assert "FILE004" not in done.stdout


def test_arguments_of_the_user(repository: Repository, fixtures: Path) -> None:
    repository.add("a.png", fixtures / "formats/rgba.png")
    file = repository.folder / ".pre-commit-config.yaml"
    config = yaml.safe_load(file.read_text())
    config["repos"][0]["hooks"][0]["args"] = ["--model=wan2.6-i2v", "--select=IMG001", "--"]
    file.write_text(yaml.safe_dump(config))
    done = repository.hook("mediapreflight")
    assert done.returncode == 1
    assert "IMG001 image-has-alpha" in done.stdout


def test_repository_without_a_configuration(repository: Repository, fixtures: Path) -> None:
    repository.add("portraits/a.jpg", fixtures / "portrait.jpg")
    repository.git("rm", "-q", "--cached", "mediapreflight.toml")
    (repository.folder / "mediapreflight.toml").unlink()
    done = repository.hook("mediapreflight")
    assert done.returncode == 1
    assert "portraits/a.jpg: say which model it is for, with --model MODEL" in done.stdout


@pytest.mark.parametrize("hook", yaml.safe_load(MANIFEST.read_text()), ids=lambda hook: hook["id"])
def test_names_of_every_format_are_asked_for(hook: dict[str, str]) -> None:
    names = {extension for known in FORMATS.values() for extension in known.extensions}
    # Sources of TypeScript go by these names too, and are far more often what is meant.
    assert {name for name in names if not re.search(hook["files"], f"a.{name.upper()}")} == {"ts", "mts"}
    assert not any(re.search(hook["files"], name) for name in ("png", "a.png.txt", "a.pngx", "apng/b"))


def test_only_the_hook_that_looks_for_people_installs_what_finds_them() -> None:
    light, content = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    assert "additional_dependencies" not in light
    assert content["additional_dependencies"] == ["mediapreflight[people]"]
