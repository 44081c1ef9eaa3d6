"""mediapipe tells nobody of its use, and loads nothing that could."""

import os
import re
import shutil
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import mediapreflight
from mediapreflight.people import offline
from mediapreflight.people.runtime import load_mediapipe

pytestmark = pytest.mark.sweep

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere its sockets stay open")
PORTRAIT = Path(__file__).resolve().parents[2] / "fixtures" / "portrait.jpg"
SEE = "import sys; from mediapreflight.people import see_picture; see_picture(sys.argv[1])\n"


def printed(code: str) -> str:
    """What a fresh Python prints that has looked at a picture."""
    environment = os.environ | {"PYTHONPATH": str(Path(mediapreflight.__file__).parents[1])}
    command = [sys.executable, "-c", SEE + code, str(PORTRAIT)]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout


def test_no_authority_is_trusted() -> None:
    options = offline.without_authorities(load_mediapipe().tasks.BaseOptions)(model_asset_buffer=b"model")
    made = options.to_ctypes()
    assert made.ca_bundle_path == os.devnull.encode()
    assert made.model_asset_buffer_count == len(b"model")


def opened() -> str:
    with socket.socket() as one:
        return str(one.type)


def opened_by_a_thread() -> str:
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(opened).result()


@on_linux
@pytest.mark.parametrize("open_one", [opened, opened_by_a_thread])
def test_only_the_thread_that_makes_and_what_comes_of_it_open_no_socket(open_one) -> None:
    with pytest.raises(PermissionError):
        offline.without_sockets(open_one)
    assert open_one()


def test_what_is_made_and_what_is_raised_come_through() -> None:
    def fail() -> None:
        raise OSError("libEGL.so.1")

    assert offline.without_sockets(lambda: 7) == 7
    with pytest.raises(OSError, match=re.escape("libEGL.so.1")):
        offline.without_sockets(fail)


@on_linux
def test_nothing_is_sent(fixtures: Path, tmp_path: Path) -> None:
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed")
    log = tmp_path / "log"
    watched = [strace, "-f", "--seccomp-bpf", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-o", log]
    subprocess.run([*watched, sys.executable, "-c", SEE, fixtures / "portrait.jpg"], check=True, capture_output=True)
    assert not re.search(r"(connect|send\w+)\(", log.read_text())


def test_neither_sound_nor_charts_are_loaded() -> None:
    unused = (
        "sounddevice",
        "matplotlib",
        "pyparsing",
        *(f"mediapipe.tasks.python.{part}" for part in ("audio", "text", "retrieval")),
    )
    assert printed(f"print([name for name in sys.modules if name.startswith({unused})])") == "[]\n"


def test_who_uses_them_after_all_gets_them() -> None:
    code = "import mediapipe\nfrom importlib import import_module as load\n"
    code += "print(mediapipe.tasks.audio.AudioClassifier.__name__, mediapipe.tasks.vision.drawing_utils.plt.figure.__name__)\n"
    code += "print(mediapipe.tasks.text.TextClassifier.__name__)\n"
    code += (
        "print([load(name) is sys.modules[name] for name in ('mediapipe.tasks.python.audio', 'matplotlib', 'matplotlib.pyplot')])"
    )
    assert printed(code) == "AudioClassifier figure\nTextClassifier\n[True, True, True]\n"


def test_modules_that_are_there_stay() -> None:
    code = "import matplotlib.pyplot as plt\nfrom mediapreflight.people import offline\n"
    code += "with offline.without_unused_modules(): import matplotlib.pyplot as same\nprint(same is plt)"
    assert printed(code) == "True\n"
