"""How the server ends that nobody closes: a signal, a client that is gone."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ..cli.conftest import environment

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals end it differently there")

PING = b'{"jsonrpc": "2.0", "id": 1, "method": "ping"}\n'


@contextmanager
def served(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A server that answers."""
    command = [sys.executable, "-m", "mediapreflight", "mcp", "--root", str(folder)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment(), stdin=pipe, stdout=pipe, stderr=pipe) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(PING)
        process.stdin.flush()
        assert b'"id":1' in process.stdout.readline()
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_while_its_client_says_nothing(tmp_path: Path, number: signal.Signals) -> None:
    with served(tmp_path) as process:
        process.send_signal(number)
        assert process.wait(timeout=60) == 130
        assert process.stderr is not None and process.stderr.read() == b""


def test_a_client_that_is_gone_is_no_error(tmp_path: Path) -> None:
    with served(tmp_path) as process:
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        process.stdout.close()
        process.stdin.write(PING)
        process.stdin.close()
        assert process.wait(timeout=60) == 0
        assert process.stderr.read() == b""
