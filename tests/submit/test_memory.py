"""Uploads are streamed: what a client needs of memory does not grow with the file."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import mediapreflight
from mediapreflight.emulator import Emulator

from .conftest import KEY

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")

MIB = 2**20
MOST_GROWTH_MIB = 60
UPLOAD = """
import json, sys
from mediapreflight.submit.client import AsyncClient, Client
import anyio

path, kind = sys.argv[1:]
shares = []

# Not ru_maxrss, which a process begins with that of its parent.
def peak():
    status = dict(line.split(":", 1) for line in open("/proc/self/status"))
    return int(status["VmHWM"].split()[0]) / 2**10

def heard(event):
    shares.append(event.share)

small = path + "-small"
open(small, "wb").write(b"first")
if kind == "sync":
    with Client(notify=heard) as client:
        client.upload(small, model="wan2.6-i2v")
        shares.clear()
        before = peak()
        url = client.upload(path, model="wan2.6-i2v")
else:
    async def both():
        async with AsyncClient(notify=heard) as client:
            await client.upload(small, model="wan2.6-i2v")
            shares.clear()
            before = peak()
            return before, await client.upload(path, model="wan2.6-i2v")

    before, url = anyio.run(both)
print(json.dumps({"before": before, "after": peak(), "url": url, "shares": shares}))
"""


def uploaded(kind: str, size: int, folder: Path) -> dict[str, object]:
    """What a fresh process says of uploading a file of this size, in a process where a small one has been uploaded before."""
    path = folder / "large.mp4"
    with path.open("wb") as file:
        file.truncate(size)
    with Emulator() as service:
        environment = {
            **os.environ,
            **service.environment,
            "DASHSCOPE_API_KEY": KEY,
            "MEDIAPREFLIGHT_STATE_DIR": str(folder / "state"),
            "PYTHONPATH": str(Path(mediapreflight.__file__).parents[1]),
        }
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", UPLOAD, str(path), kind],
            env=environment,
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        sizes = [upload.path.stat().st_size for upload in service._memory.uploads.values()]
    assert sorted(sizes) == [len(b"first"), size]
    return json.loads(done.stdout)


def growth(kind: str, size: int, folder: Path) -> float:
    """By how much an upload raises the most memory a process had, in MiB."""
    told = uploaded(kind, size, folder)
    assert str(told["url"]).startswith("oss://")
    shares = told["shares"]
    assert isinstance(shares, list)
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert len(shares) > 100
    return float(told["after"]) - float(told["before"])


@pytest.mark.sweep
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_memory_stays_flat_while_a_large_file_is_uploaded(kind: str, tmp_path: Path) -> None:
    # More than the bound, so that a file that is held whole would be seen.
    assert growth(kind, 128 * MIB, tmp_path) < MOST_GROWTH_MIB


@pytest.mark.sweep
@pytest.mark.release
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_memory_stays_flat_for_the_largest_file(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    grown = growth(kind, 1024 * MIB, tmp_path)
    with capsys.disabled():
        print(f"\n1024 MiB, {kind}: memory grew by {grown:.1f} MiB")
    assert grown < MOST_GROWTH_MIB
