"""The stand-in service as a command, in a process of its own."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from .conftest import environment, run_python

LINE = re.compile(r"export DASHSCOPE_HTTP_BASE_URL=(http://127\.0\.0\.1:\d+/api/v1) DASHSCOPE_API_KEY=(\S+)\n")


@contextmanager
def running(*options: str, end: signal.Signals = signal.SIGINT) -> Iterator[tuple[str, dict[str, str]]]:
    """The base URL, and headers with the key, of the command; ended by a signal, it leaves with status 0 and no more words."""
    command = [sys.executable, "-m", "mediapreflight", "emulator", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()) as process:
        try:
            found = LINE.fullmatch(process.stdout.readline())
            assert found
            yield found[1], {"Authorization": f"Bearer {found[2]}"}
            process.send_signal(end)
            out, err = process.communicate(timeout=120)
            assert (process.returncode, out) == (0, "")
            assert err.splitlines() == ["listening until Ctrl-C; nothing is sent anywhere, nothing is billed"]
        finally:
            process.kill()


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_told_to_end(end: signal.Signals) -> None:
    with running(end=end) as (base_url, headers):
        assert httpx.get(f"{base_url}/tasks", headers=headers).json()["total"] == 0


def test_options_reach_the_service() -> None:
    with running("--fault", "list:503:2", "--fault", "query:unknown", "--api-key", "sk-mine", "--detection", "assume") as (
        base_url,
        headers,
    ):
        assert headers == {"Authorization": "Bearer sk-mine"}
        assert [httpx.get(f"{base_url}/tasks", headers=headers).status_code for _ in range(3)] == [503, 503, 200]
        assert httpx.get(f"{base_url}/tasks", headers={"Authorization": "Bearer x"}).status_code == 401


def test_port_that_is_chosen_and_then_taken(refused) -> None:
    with running("--port", "0") as (base_url, _):
        port = base_url.rsplit(":", 1)[1].partition("/")[0]
        assert refused("emulator", "--port", port).startswith(f"cannot listen on port {port}")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--port", "x"], "not a port"),
        (["--port", "65536"], "not a port"),
        (["--seconds-per-task", "-1"], "not a number of seconds"),
        (["--seconds-per-task", "inf"], "not a number of seconds"),
        (["--seconds-per-task", "soon"], "not a number of seconds"),
        (["--fault", "crate:lost"], "did you mean create"),
        (["--fault", "create:gone"], "no fault 'gone' at step create"),
        (["--fault", "create:lost:often"], "'often' is no number of times"),
    ],
)
def test_options_that_cannot_be_meant(refused, options: list[str], text: str) -> None:
    assert text in refused("emulator", *options)


def test_without_its_library_it_says_how_to_get_it() -> None:
    code = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "aiohttp":
            raise ModuleNotFoundError("No module named 'aiohttp'", name="aiohttp")
sys.meta_path.insert(0, Blocked())
from mediapreflight.cli import main
sys.exit(main(["emulator"]))
"""
    result = run_python("-c", code)
    assert (result.status, result.out) == (2, "")
    assert result.err == "mediapreflight: aiohttp does not load (it is not installed); pip install 'mediapreflight[emulator]'\n"


def test_help_loads_no_server() -> None:
    code = (
        "import sys\nfrom mediapreflight.cli import main\ntry:\n    main(['emulator', '--help'])\nexcept SystemExit:\n    pass\n"
    )
    result = run_python(
        "-c", code + "print('aiohttp' in sys.modules, 'av' in sys.modules, file=sys.stderr)", env=dict(os.environ)
    )
    assert result.err.splitlines() == ["False False"]
    assert "STEP:FAULT[:TIMES]" in result.out
