"""What the emulator holds, as a process of its own, while many connections send it all they can."""

import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from .caller import model

WAN = model("wan2.6-i2v")
MEGABYTE = 2**20
INPUT = b'{"model": "wan2.6-i2v", "input": {"img_url": "https://example.com/a.png", %b}}'
BODIES = {
    "text": INPUT % (b'"prompt": "' + b"x" * (60 * MEGABYTE) + b'"'),
    "lists": INPUT % (b'"x": [' + b"[]," * (8 * MEGABYTE) + b"[]]"),
    "data": INPUT % (b'"img_url": "data:image/png;base64,' + b"A" * (60 * MEGABYTE) + b'"'),
}


@contextmanager
def emulator() -> Iterator[tuple[int, int]]:
    """The process's id, and its port."""
    command = [sys.executable, "-m", "mediapreflight", "emulator", "--detection", "assume"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            found = re.search(r":(\d+)/", process.stdout.readline())
            assert found
            yield process.pid, int(found[1])
        finally:
            process.kill()


def peak(pid: int) -> int:
    """The most memory the process ever held, in MB."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1]) >> 10


def send(port: int, body: bytes, most: int, ready: threading.Semaphore, over: threading.Event) -> None:
    """Send `most` bytes of a body, as far as they are taken; wait for an answer if that is all of it; keep the connection."""
    head = (
        f"POST {WAN.service.path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer x\r\nX-DashScope-Async: enable\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=6) as connection:
        with suppress(OSError):
            connection.sendall(head.encode() + body[:most])
            if most >= len(body):
                connection.recv(100)
        ready.release()
        over.wait()


@pytest.mark.sweep
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize("share", [0.9, 1], ids=["held", "whole"])
def test_a_dozen_connections_that_send_all_they_can(kind: str, share: float) -> None:
    body = BODIES[kind]
    with emulator() as (pid, port):
        before = peak(pid)
        ready, over = threading.Semaphore(0), threading.Event()
        threads = [threading.Thread(target=send, args=(port, body, int(len(body) * share), ready, over)) for _ in range(12)]
        for thread in threads:
            thread.start()
        for _ in threads:
            ready.acquire()
        most = peak(pid)
        over.set()
        for thread in threads:
            thread.join()
        assert most < before + 220
