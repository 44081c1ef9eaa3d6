"""What a shell offers at TAB."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import SOURCES, environment
from .test_startup import HEAVY

COMMAND = [sys.executable, "-m", "mediapreflight"]


def offered(line: str, folder: Path, *options: str) -> tuple[set[str], str]:
    """What is offered at the end of a line, and what went to stderr."""
    answer = folder.parent / "answer"
    asked = {
        "COMP_LINE": line,
        "COMP_POINT": str(len(line.encode())),
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_SHELL": "bash",
        "_ARGCOMPLETE_IFS": "\n",
        "_ARGCOMPLETE_COMP_WORDBREAKS": " \t\n\"'><=;|&(:",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(answer),
    }
    command = [sys.executable, *options, "-m", "mediapreflight"]
    done = subprocess.run(command, cwd=folder, env=environment(**asked), capture_output=True, text=True, timeout=60, check=False)
    return set(answer.read_text().split("\n")) - {""}, done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "here"
    (root / "portraits").mkdir(parents=True)
    (root / "portraits/.hidden.png").touch()
    (root / "portraits/a.png").touch()
    (root / "voice.wav").touch()
    return root


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("che", {"check "}),
        ("check --model emo-", {"emo-v1", "emo-detect-v1"}),
        ("check --model=wan2.2-s", {"wan2.2-s2v", "wan2.2-s2v-detect"}),
        ("check --model emo-v1 ", {"image=", "audio=", "portraits/", "voice.wav"}),
        ("check --model nowhere v", {"video=", "voice.wav"}),
        ("check --model emo-v1 image=portraits/", {"portraits/a.png "}),
        ("prepare --model emo-v1 --set f", {"face_bbox="}),
        ("check --ignore IMG001,image-has-", {"IMG001,image-has-location", "IMG001,image-has-alpha"}),
        ("rule IMG01", {"IMG010", "IMG011"}),
        ("submit --boxes ", {"local", "service"}),
        ("probe nowhere/", set()),
        ("nonsense --mod", set()),
    ],
)
def test_what_is_offered(folder: Path, line: str, words: set[str]) -> None:
    found, _ = offered(f"mediapreflight {line}", folder)
    assert words <= found if line.startswith(("check --ignore", "rule")) else found == words


@pytest.mark.skipif("os.name != 'posix'", reason="no file can have such a name on Windows")
def test_a_name_that_is_no_text_is_left_out(folder: Path) -> None:
    os.close(os.open(os.fsencode(folder) + b"/v\xe9.wav", os.O_CREAT))
    assert offered("mediapreflight probe v", folder) == ({"voice.wav "}, "")


def test_a_model_that_the_line_or_the_configuration_adds_is_offered(folder: Path) -> None:
    (folder / "ours.toml").write_text('id = "emo-ours"\nextends = "emo-v1"\n')
    assert "emo-ours " in offered("mediapreflight check --catalog ours.toml --model emo-o", folder)[0]
    (folder / "mediapreflight.toml").write_text('catalog = ["ours.toml"]\n')
    assert "emo-ours " in offered("mediapreflight check --model emo-o", folder)[0]


def test_nothing_heavy_is_loaded(folder: Path) -> None:
    found, told = offered("mediapreflight submit --model emo-v1 image=po", folder, "-X", "importtime")
    assert found == {"portraits/"}
    loaded = {name.partition(".")[0] for name in re.findall(r"import time:.*\|\s*(\S+)$", told, re.MULTILINE)}
    assert "argcomplete" in loaded
    assert not loaded & set(HEAVY)


SHELLS = {
    "bash": """
        mediapreflight() { "$PYTHON" -m mediapreflight "$@"; }
        eval "$(mediapreflight completion bash)"
        COMP_LINE="mediapreflight check --model emo-v" COMP_POINT=${#COMP_LINE} COMP_TYPE=9
        COMP_POINT=${#COMP_LINE}
        _python_argcomplete mediapreflight
        printf '%s\\n' "${COMPREPLY[@]}"
    """,
    "fish": """
        function mediapreflight; $PYTHON -m mediapreflight $argv; end
        mediapreflight completion fish | source
        complete -C "mediapreflight check --model emo-v"
    """,
    "zsh": """
        mediapreflight() { "$PYTHON" -m mediapreflight "$@"; }
        autoload -U compinit; compinit -u -D
        eval "$(mediapreflight completion zsh)"
        words=(mediapreflight check --model emo-v) BUFFER="mediapreflight check --model emo-v" CURSOR=34
        _describe() { print -l ${(P)2}; }
        _python_argcomplete
    """,
}


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_makes_the_shell_ask(shell: str, folder: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not here")
    env = environment(PYTHON=sys.executable, PYTHONPATH=SOURCES, HOME=str(folder))
    done = subprocess.run(
        [shell, "-c", SHELLS[shell]], cwd=folder, env=env, capture_output=True, text=True, timeout=60, check=False
    )
    # To zsh, what follows a colon describes a word.
    assert [word.rstrip(":") for word in done.stdout.split()] == ["emo-v1"], done.stderr
