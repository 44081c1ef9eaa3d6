"""`mediapreflight studio` as a process: its address, its end, and what it needs."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from mediapreflight.cli import main

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals end it differently there")


@contextmanager
def running(cache: Path, *options: str, **variables: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process, and the address it printed."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DASHSCOPE")}
    environment = {**clean, "MEDIAPREFLIGHT_CACHE_DIR": str(cache), **variables}
    command = [sys.executable, "-m", "mediapreflight", "studio", *options]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


@pytest.mark.sweep
def test_it_serves_until_it_is_interrupted_and_leaves_nothing(tmp_path: Path) -> None:
    elsewhere = tmp_path / "temporary"
    elsewhere.mkdir()
    with running(tmp_path, TMPDIR=str(elsewhere)) as (process, address):
        httpx.post(f"{address}files", params={"name": "killed.png"}, content=b"x", timeout=60)
        process.kill()
        process.wait()
    # The stand-in has its own copies of what was submitted.
    left = {*tmp_path.rglob("killed.png"), *tmp_path.rglob("mediapreflight-emulator-*")}
    assert len(left) == 2 and list(elsewhere.iterdir()) == []
    with running(tmp_path, "--lang", "zh") as (process, address):
        assert address.startswith("http://127.0.0.1:")
        # What a killed one left is removed by the next.
        assert not any(path.exists() for path in left)
        assert httpx.post(f"{address}files", params={"name": "a.png"}, content=b"x", timeout=60).status_code == 201
        assert httpx.get(f"{address}state", timeout=60).json()["lang"] == "zh"
        assert httpx.get(f"{address}nowhere", timeout=60).json() == {"error": "这个地址没有页面"}
        assert list(tmp_path.rglob("a.png"))
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "模拟服务" in said
    assert [path for path in (tmp_path / "studio").rglob("*") if path.is_file()] == []


def test_with_a_key_the_service_is_meant_and_the_key_stays_here(tmp_path: Path) -> None:
    key = "sk-very-secret-123456"
    with running(tmp_path, "--out", str(tmp_path / "out"), DASHSCOPE_API_KEY=key) as (process, address):
        state = httpx.get(f"{address}state", timeout=60)
        assert not state.json()["stand_in"] and key not in state.text
        assert key not in httpx.get(address, timeout=60).text
        # SIGTERM ends it as Ctrl-C does.
        process.terminate()
        _, said = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "is billed" in said and key not in said
    assert not (tmp_path / "out").exists()


def test_without_the_library_one_line_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in sys.modules if name == "aiohttp" or name.startswith("mediapreflight.studio")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    assert main(["studio", "--no-browser"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "pip install 'mediapreflight[studio]'" in said


@pytest.mark.parametrize("options", [["--port", "70000"], ["--port", "x"], ["a.png"]])
def test_wrong_words_are_said(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["studio", *options]) == 2
    assert capsys.readouterr().err.startswith("mediapreflight: ")


def test_a_bad_key_is_said_and_no_stand_in_taken(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", "not a key")
    assert main(["studio", "--no-browser"]) == 2
    assert "a character that a key cannot have" in capsys.readouterr().err
