"""The container image, as far as that can be told without a daemon that builds it."""

import re
import tomllib
from pathlib import Path

from mediapreflight.media.libraries import SYSTEM_LIBRARIES

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "Dockerfile").read_text(encoding="utf-8")
LINES = re.sub(r"\\\n\s*", "", re.sub(r"^ *#.*\n", "", TEXT, flags=re.MULTILINE)).splitlines()


def test_it_installs_the_system_libraries_that_messages_name() -> None:
    (line,) = [line for line in LINES if "apt-get install" in line]
    named = re.findall(r"\blib\S+", line.partition("apt-get install")[2].partition("&&")[0])
    assert named == SYSTEM_LIBRARIES.removeprefix("apt-get install ").split()


def test_its_extras_are_those_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    chosen = {name for line in LINES if line.startswith("ARG EXTRAS=") for name in line.partition("=")[2].split(",")}
    assert chosen == {"people", "ffmpeg"}
    assert chosen <= project["optional-dependencies"].keys()


def test_all_that_it_copies_reaches_it_and_is_there() -> None:
    sent = {
        line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] == "!"
    }
    copied = {name for line in LINES if line.startswith("COPY ") and "--from" not in line for name in line.split()[1:-1]}
    assert copied == sent
    assert all((ROOT / name).exists() for name in copied)


def test_it_runs_as_a_user_without_rights() -> None:
    assert [line for line in LINES if line.startswith("USER ")] == ["USER 10001"]
    assert "useradd --create-home --uid 10001 " in TEXT
