"""Where results go, and in which colours."""

import contextlib
import functools
import io
import json
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import pytest

from mediapreflight.cli import main

from .conftest import Result, run_here

COLOR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture
def arguments(fixtures: Path) -> tuple[str, ...]:
    return ("emo-v1", str(fixtures / "formats/still.gif"))


def test_to_a_file(check, arguments: tuple[str, ...], tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    shown = check(*arguments, "--output-format", "json")
    written = check(*arguments, "--output-format", "json", "--output", target)
    assert written.out == ""
    assert written.status == shown.status == 1
    assert target.read_text(encoding="utf-8") == shown.out
    assert json.loads(shown.out)["ok"] is False


def test_file_is_replaced_whole_and_nothing_stays_beside_it(check, arguments: tuple[str, ...], tmp_path: Path) -> None:
    target = tmp_path / "report.txt"
    target.write_text("old\n" * 10_000)
    check(*arguments, "--output", target)
    assert target.read_text().startswith(arguments[1])
    assert list(tmp_path.iterdir()) == [target]


def test_mode_of_the_file_is_the_usual_one(check, arguments: tuple[str, ...], tmp_path: Path) -> None:
    mask = os.umask(0o022)
    try:
        check(*arguments, "--output", tmp_path / "report.txt")
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "report.txt").stat().st_mode) == 0o644


def test_relative_name(check, arguments: tuple[str, ...], tmp_path: Path) -> None:
    check(*arguments, "--output", "report.txt", cwd=tmp_path)
    assert (tmp_path / "report.txt").exists()


@pytest.mark.parametrize("command", [["probe", "portrait.jpg"], ["models"], ["rule", "VID007"]])
def test_every_command_writes_to_a_file(run, fixtures: Path, tmp_path: Path, command: list[str]) -> None:
    result = run(*command, "--output", tmp_path / "out.txt", cwd=fixtures)
    assert result.out == ""
    assert (tmp_path / "out.txt").read_text(encoding="utf-8")


def test_missing_folder(refused, arguments: tuple[str, ...], tmp_path: Path) -> None:
    target = tmp_path / "nowhere/report.txt"
    assert (
        refused("check", "--model", *arguments, "--output", target) == f"{target}: cannot be written: no such file or directory"
    )


def test_folder(refused, arguments: tuple[str, ...], tmp_path: Path) -> None:
    assert refused("check", "--model", *arguments, "--output", tmp_path).startswith(f"{tmp_path}: cannot be written: ")
    assert list(tmp_path.iterdir()) == []


def test_device_is_not_replaced_by_a_file(refused, arguments: tuple[str, ...], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "is not a regular file" in refused("check", "--model", *arguments, "--output", tmp_path / "pipe")
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


def test_folder_nobody_may_write_in(run_unprivileged, arguments: tuple[str, ...], tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    try:
        result = run_unprivileged("check", "--level", "metadata", "--model", *arguments, "--output", tmp_path / "report.txt")
    finally:
        tmp_path.chmod(0o755)
    assert (result.status, result.out) == (2, "")
    assert result.err == f"mediapreflight: {tmp_path}/report.txt: cannot be written: permission denied\n"


def test_nothing_is_written_where_the_command_is_refused(refused, tmp_path: Path) -> None:
    target = tmp_path / "report.txt"
    target.write_text("old")
    (tmp_path / "jobs.jsonl").write_text('{"model": "emo-v1", "image": "a.png"}\nbroken\n')
    refused("check", "--level", "metadata", tmp_path / "jobs.jsonl", "--output", target)
    assert target.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["jobs.jsonl", "report.txt"]


def test_no_color_where_no_terminal_is(check, arguments: tuple[str, ...]) -> None:
    assert not COLOR.search(check(*arguments).out)


def test_color_when_asked_for(check, arguments: tuple[str, ...]) -> None:
    plain, colored = check(*arguments), check(*arguments, "--color", "always", env={"NO_COLOR": "1"})
    assert COLOR.search(colored.out)
    assert COLOR.sub("", colored.out) == plain.out


def test_file_gets_no_color_unless_asked_for(check, arguments: tuple[str, ...], tmp_path: Path) -> None:
    for choice, expected in (("auto", False), ("never", False), ("always", True)):
        check(*arguments, "--color", choice, "--output", tmp_path / "report.txt")
        assert bool(COLOR.search((tmp_path / "report.txt").read_text())) is expected


def test_machines_get_no_color_even_when_asked_for(check, arguments: tuple[str, ...]) -> None:
    for format in ("json", "jsonl", "github"):
        assert "\x1b" not in check(*arguments, "--color", "always", "--output-format", format).out


@pytest.mark.parametrize("option", ["--output", "--report"])
def test_media_are_not_replaced_by_what_is_said_of_them(run_in_place, fixtures: Path, tmp_path: Path, option: str) -> None:
    source = tmp_path / "a.jpg"
    source.write_bytes((fixtures / "portrait.jpg").read_bytes())
    command = ("prepare", "--out", "out") if option == "--report" else ("check", "--level", "metadata")
    done = run_in_place(*command, "--model", "liveportrait", "a.jpg", option, "a.jpg")
    assert (done.status, done.out) == (2, "")
    assert done.err == "mediapreflight: a.jpg: is a media file, which a report does not replace; write to another file\n"
    assert source.read_bytes() == (fixtures / "portrait.jpg").read_bytes()


def test_a_job_file_is_not_replaced_by_what_is_said_of_it(run_in_place, tmp_path: Path) -> None:
    jobs = tmp_path / "jobs.jsonl"
    jobs.write_text('{"model": "emo-v1"}\n')
    done = run_in_place("check", "jobs.jsonl", "--output", "./jobs.jsonl")
    assert (done.status, done.err) == (2, "mediapreflight: ./jobs.jsonl: is one of the targets; write to another file\n")
    assert jobs.read_text() == '{"model": "emo-v1"}\n'


@pytest.fixture
def run_in_place(tmp_path: Path) -> Callable[..., Result]:
    """Commands in this process, in a folder of their own."""
    return functools.partial(run_here, cwd=tmp_path)


@pytest.mark.parametrize("format", ["json", "jsonl", "sarif", "junit", "html", "markdown", "github"])
def test_what_programs_read_is_utf_8_whatever_the_encoding_of_the_system(tmp_path: Path, fixtures: Path, format: str) -> None:
    (tmp_path / "\u8096\u50cf.gif").write_bytes((fixtures / "formats/still.gif").read_bytes())
    # As Python has standard output in a pipe, on Windows in Chinese.
    out = io.TextIOWrapper(io.BytesIO(), encoding="cp936")
    with contextlib.chdir(tmp_path), contextlib.redirect_stdout(out):
        main(["check", "--model", "emo-v1", "--level", "metadata", "--output-format", format, "\u8096\u50cf.gif"])
    out.flush()
    assert "\u8096\u50cf.gif" in unquote(out.buffer.getvalue().decode())


def test_what_people_read_keeps_the_encoding_of_the_system(tmp_path: Path) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="cp936")
    with contextlib.chdir(tmp_path), contextlib.redirect_stdout(out):
        main(["check", "--model", "emo-v1", "image=\u8096\u50cf.gif"])
    out.flush()
    assert "\u8096\u50cf.gif" in out.buffer.getvalue().decode("cp936")
