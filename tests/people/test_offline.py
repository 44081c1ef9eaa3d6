"""mediapipe tells nobody of its use."""

import ctypes
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mediapreflight.people import offline
from mediapreflight.people.runtime import load_mediapipe

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere its name look-ups stay open")


def test_no_authority_is_trusted() -> None:
    options = offline.without_authorities(load_mediapipe().tasks.BaseOptions)(model_asset_buffer=b"model")
    made = options.to_ctypes()
    assert made.ca_bundle_path == os.devnull.encode()
    assert made.model_asset_buffer_count == len(b"model")


@on_linux
def test_only_its_own_look_ups_are_closed() -> None:
    import socket

    assert offline.close_name_lookup()
    assert socket.getaddrinfo("localhost", 80)


@on_linux
def test_the_place_of_a_call_is_the_one_the_loader_fills_in() -> None:
    import _socket

    path = Path(getattr(_socket, "__file__", sys.executable))
    place = offline._place_of(b"getpeername", path)
    listed = shutil.which("readelf")
    if listed is None or place is None:
        pytest.skip("nothing to compare with here")
    shown = subprocess.run([listed, "-rW", path], capture_output=True, text=True, check=True).stdout
    (expected,) = re.findall(r"^([0-9a-f]+) .* getpeername@", shown, flags=re.MULTILINE)
    assert place == int(expected, 16)
    assert offline._place_of(b"getpeernam", path) is None


@on_linux
@pytest.mark.parametrize("data", [b"x", b"\x7fELF\x02\x01", b"\x7fELF\x02\x01" + bytes(50), b"\x7fELF\x02\x01" + b"\xff" * 5000])
def test_a_library_that_is_none(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "library.so"
    path.write_bytes(data)
    assert offline._place_of(b"getaddrinfo", path) is None


@on_linux
def test_nothing_is_sent(fixtures: Path, tmp_path: Path) -> None:
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed")
    log = tmp_path / "log"
    command = [sys.executable, "-c", "import sys; from mediapreflight.people import see_picture; see_picture(sys.argv[1])"]
    watched = [strace, "-f", "--seccomp-bpf", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-o", log]
    subprocess.run([*watched, *command, fixtures / "portrait.jpg"], check=True, capture_output=True)
    assert not re.search(r"(connect|send\w+)\(", log.read_text())


def test_the_harmless_function_means_failure() -> None:
    assert ctypes.CDLL(None).getpid() != 0
