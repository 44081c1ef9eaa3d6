"""Starting and ending, in a thread of its own."""

import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx
import pytest

from mediapreflight.emulator import Emulator
from mediapreflight.errors import UsageError

from .caller import FILES, Caller, model


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, where temporary folders are made."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_nothing_is_left_behind(temporary: Path) -> None:
    before = threading.active_count()
    with Emulator() as service:
        caller = Caller(service)
        caller.upload("emo-v1", FILES["image"])
        assert len(list(temporary.glob("*/*.jpg"))) == 1
        caller.close()
    assert list(temporary.iterdir()) == []
    assert threading.active_count() == before
    with pytest.raises(httpx.ConnectError):
        httpx.get(service.base_url)
    assert [entry["step"] for entry in service.log] == ["policy", "upload"]
    assert service.tasks == []
    service.close()


def test_several_at_once_know_nothing_of_each_other() -> None:
    with Emulator() as one, Emulator() as other:
        assert one.base_url != other.base_url
        httpx.get(f"{one.base_url}/tasks")
        assert (len(one.log), len(other.log)) == (1, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the rest of 127.0.0.0/8 has no interface")
def test_only_loopback_is_listened_on() -> None:
    with Emulator() as service:
        port = int(service.base_url.rsplit(":", 1)[1].partition("/")[0])
        assert service.base_url == f"http://127.0.0.1:{port}/api/v1"
        with socket.socket() as elsewhere:
            elsewhere.bind(("127.0.0.2", port))


def test_port_that_is_taken() -> None:
    with Emulator() as service:
        port = int(service.base_url.rsplit(":", 1)[1].partition("/")[0])
        with pytest.raises(UsageError, match=f"cannot listen on port {port}: address (already )?in use"):
            Emulator(port=port).start()


def test_end_while_a_client_is_kept_waiting() -> None:
    waiting = threading.Event()

    def ask(url: str) -> None:
        with pytest.raises(httpx.TransportError):
            httpx.get(url, timeout=60)
        waiting.set()

    with Emulator() as service:
        service.fail("list", "stall")
        client = threading.Thread(target=ask, args=(f"{service.base_url}/tasks",))
        client.start()
        while not service.log or service.log[-1]["fault"] is None:
            time.sleep(0.01)
    client.join()
    assert waiting.is_set()


def test_fault_that_is_none() -> None:
    with pytest.raises(UsageError, match="no step 'crate'; did you mean create"):
        Emulator().fail("crate", "lost")


def test_what_points_a_client_here() -> None:
    with Emulator(api_key="sk-mine") as service:
        assert service.environment == {"DASHSCOPE_HTTP_BASE_URL": service.base_url, "DASHSCOPE_API_KEY": "sk-mine"}
    with Emulator() as service:
        assert service.environment["DASHSCOPE_API_KEY"]


def test_time_goes_by_in_real_time_too() -> None:
    with Emulator(seconds_per_task=0.2) as service:
        caller = Caller(service)
        task_id = caller.create(model("emo-v1"))
        while caller.status(task_id) != "SUCCEEDED":
            time.sleep(0.06)
        caller.close()


def test_without_its_library_the_package_says_how_to_get_it() -> None:
    code = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "aiohttp":
            raise ModuleNotFoundError("No module named 'aiohttp'", name="aiohttp")
sys.meta_path.insert(0, Blocked())
from mediapreflight.emulator import Emulator
from mediapreflight.errors import MissingLibraryError
try:
    Emulator().start()
except MissingLibraryError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "aiohttp does not load (it is not installed); pip install 'mediapreflight[emulator]'\n"
