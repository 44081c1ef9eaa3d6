"""What holds for every command: usage, encodings, pipes, signals."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import mediapreflight
from mediapreflight.cli import COMMANDS

from .conftest import environment

MODULE = (sys.executable, "-m", "mediapreflight")


@pytest.fixture
def endless(tmp_path: Path, fixtures: Path) -> Path:
    """A job file that takes a while, and finds something in every job."""
    record = {"model": "wan2.6-i2v", "image": str(fixtures / "portrait.jpg"), "parameters": {"duration": 99}}
    (tmp_path / "jobs.jsonl").write_text((json.dumps(record) + "\n") * 20_000)
    return tmp_path / "jobs.jsonl"


# --- usage -----------------------------------------------------------------------------------------------------------


def test_version(process) -> None:
    assert process("--version") == (0, f"mediapreflight {mediapreflight.__version__}\n", "")


def test_help_names_every_command(run) -> None:
    result = run("--help")
    assert (result.status, result.err) == (0, "")
    for name, summary in COMMANDS.items():
        assert name in result.out
        assert summary in " ".join(result.out.split())


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(run, command: str) -> None:
    result = run(command, "--help")
    assert (result.status, result.err) == (0, "")
    assert result.out.startswith(f"usage: mediapreflight {command} ")
    first, *rest = COMMANDS[command].split()
    assert f"{first.capitalize()} {' '.join(rest)}." in " ".join(result.out.split())


def test_no_command(refused) -> None:
    message = refused()
    assert message.startswith("name a command: check, ")
    assert message.endswith("`mediapreflight --help` shows the usage")


@pytest.mark.parametrize(("word", "meant"), [("chek", "check"), ("model", "models"), ("rules", "rule"), ("Probe", "probe")])
def test_misspelt_command(refused, word: str, meant: str) -> None:
    assert refused(word, "a.png") == f"no command {word!r}; did you mean {meant}?"


def test_command_like_nothing(refused) -> None:
    assert refused("xyzzy").startswith("no command 'xyzzy'; the commands are check, ")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["check", "--levl", "decode", "a.png"], "no option --levl; did you mean --level?"),
        (["check", "--selct=IMG", "a.png"], "no option --selct; did you mean --select?"),
        (["check", "--xyzzy", "a.png"], "no option --xyzzy; "),
        (["--versoin"], "no option --versoin; did you mean --version?"),
        (["doctor", "now"], "'now' is one argument too many"),
    ],
)
def test_misspelt_option(refused, words: list[str], message: str) -> None:
    assert refused(*words).startswith(message)


def test_options_are_not_abbreviated(refused) -> None:
    """A later option must not change what a script means."""
    assert refused("check", "--stat", "--model", "emo-v1", "a.png").startswith("no option --stat")


@pytest.mark.parametrize("word", ["a\nb", "\x1b[31m", b"\xff", "\u202e"])
def test_hostile_words_are_written_out(refused, word: str | bytes) -> None:
    refused(word)
    refused("models", word)
    refused("check", "--model", word, "a.png")


def test_console_script_is_the_same_function() -> None:
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        scripts = distribution("mediapreflight").entry_points.select(group="console_scripts")
    except PackageNotFoundError:
        pytest.skip("run from the source tree, not installed")
    assert [(script.name, script.value) for script in scripts] == [("mediapreflight", "mediapreflight.cli:main")]


# --- encodings -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "env",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "latin-1"},
        {"PYTHONIOENCODING": "utf-16"},
    ],
    ids=lambda env: " ".join(env.values()),
)
@pytest.mark.parametrize("format", ["text", "json"])
def test_output_that_is_not_utf8(tmp_path: Path, fixtures: Path, env: dict[str, str], format: str) -> None:
    shutil.copyfile(fixtures / "formats/still.gif", tmp_path / "汉字 ü.gif")
    command = [
        *MODULE,
        "check",
        "--level",
        "metadata",
        "--model",
        "emo-v1",
        "--output-format",
        format,
        "汉字 ü.gif",
        "fehlt-ü.png",
    ]
    done = subprocess.run(command, cwd=tmp_path, env=environment(**env), capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (1, b"")
    encoding = env.get("PYTHONIOENCODING", "ascii") if format == "text" else "utf-8"
    out = done.stdout.decode(encoding)
    assert "FILE006" in out
    if encoding.startswith("utf"):
        assert "汉字 ü.gif" in out
    if encoding == "ascii" and format == "text" and "PYTHONIOENCODING" in env:
        assert "\\u6c49\\u5b57 \\xfc.gif" in out


def test_cards_where_the_encoding_lacks_a_character() -> None:
    done = subprocess.run(
        [*MODULE, "models", "wan2.6-i2v"], env=environment(PYTHONIOENCODING="ascii"), capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.isascii()


# --- pipes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["jsonl", "concise"])
def test_reader_that_goes_away(endless: Path, format: str) -> None:
    command = [*MODULE, "check", "--level", "metadata", "--output-format", format, endless]
    with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()
        assert process.wait(timeout=120) == 1
    assert said == b""


@pytest.mark.parametrize("command", [["rule"], ["models"], ["schema", "catalog"], ["--help"]])
def test_reader_that_was_never_there(command: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [*MODULE, *command], env=environment(), stdout=writing, stderr=subprocess.PIPE, timeout=120, check=False
        )
    finally:
        os.close(writing)
    assert b"Traceback" not in done.stderr
    assert b"BrokenPipeError" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("command", [["rule"], ["check", "--level", "metadata", "--model", "emo-v1", "portrait.jpg"]])
def test_full_disk(fixtures: Path, command: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*MODULE, *command], cwd=fixtures, env=environment(), stdout=full, stderr=subprocess.PIPE, timeout=120, check=False
        )
    assert done.returncode == 2
    assert done.stderr == b"mediapreflight: the results cannot be written: no space left on device\n"


@pytest.mark.sweep
@pytest.mark.parametrize("closed", ["stdout", "stderr", "both"])
def test_closed_streams(fixtures: Path, closed: str) -> None:
    descriptors = {"stdout": [1], "stderr": [2], "both": [1, 2]}[closed]

    def close() -> None:
        for descriptor in descriptors:
            os.close(descriptor)

    arguments = ["check", "--level", "metadata", "--model", "emo-v1"]
    for target, status in (("portrait.jpg", 0), ("missing.jpg", 1)):
        done = subprocess.run(
            [*MODULE, *arguments, target], cwd=fixtures, env=environment(), capture_output=True, preexec_fn=close, check=False
        )
        assert done.returncode == status
        assert b"Traceback" not in done.stderr
    done = subprocess.run([*MODULE, "xyzzy"], env=environment(), capture_output=True, preexec_fn=close, check=False)
    assert done.returncode == 2
    assert done.stdout == b""


# --- signals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", ["1", "2"])
def test_interrupt(endless: Path, workers: str) -> None:
    command = [*MODULE, "check", "--level", "decode", "--workers", workers, "--output-format", "jsonl", endless]
    with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout.read(1)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=120)[1]
    assert process.returncode == 130
    assert said == b""


def test_interrupt_leaves_no_half_written_file(endless: Path, tmp_path: Path) -> None:
    target = tmp_path / "out" / "report.jsonl"
    target.parent.mkdir()
    command = [*MODULE, "check", "--level", "decode", "--output-format", "jsonl", "--output", target, endless]
    with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        while not any(target.parent.iterdir()):
            assert process.poll() is None
            time.sleep(0.01)
        # Between the making of the file and the first line that guards it lie some microseconds.
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=120)
    # Python ends itself by the signal where that came in the middle of an `exec`; a shell calls both 130.
    assert process.returncode in (130, -signal.SIGINT)
    assert list(target.parent.iterdir()) == []
