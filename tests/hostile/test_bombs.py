"""Files made to exhaust a reader, at every level: what one costs is bounded, whatever it asks for."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import NamedTuple

import pytest

from ..cli.conftest import environment
from .bombs import BOMBS, MEBIBYTE

MAX_RSS = 500 * MEBIBYTE
# Of processor time: other tests run meanwhile, and take a share of the clock's.
MAX_SECONDS = 10.0
# The kernel's own count of the peak: that of `resource` starts from the peak of the process that started this one.
MEASURED = textwrap.dedent("""
    import json, os, re, sys, time
    from mediapreflight import check_many
    (report,) = check_many([sys.argv[1]], model=sys.argv[2], level=sys.argv[3])
    (job,) = report.jobs
    (given,) = job.inputs.values()
    peak = 1024 * int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1])
    print(json.dumps([peak, time.process_time(), given.facts.kind, list(given.facts.problems), job.ok]))
""")

# What exhausted something once, and one of each sort; the others take a minute.
QUICK = ("extensions.gif", "crumbs.gif", "inflating.mp3", "frames.mp3", "header.mkv", "fragments.mp4", "runs.psd", "channels.wav")

pytestmark = [
    pytest.mark.sweep,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells the peak of a process alone"),
]


class Cost(NamedTuple):
    peak: int
    seconds: float
    kind: str
    problems: list[str]
    ok: bool


def cost(path: Path, level: str) -> Cost:
    command = [sys.executable, "-c", MEASURED, str(path), "videoretalk", level]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment(), check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return Cost(*json.loads(done.stdout))


def assert_bounded(path: Path, level: str) -> None:
    found = cost(path, level)
    assert found.peak < MAX_RSS, f"{found.peak / MEBIBYTE:.0f} MiB at level {level}"
    assert found.seconds < MAX_SECONDS, f"{found.seconds:.1f} s at level {level}"
    # Each is far from fitting, and that is said; at level `metadata`, at least that its header cannot be true.
    assert not found.ok or (level == "metadata" and found.problems)


@pytest.mark.parametrize("name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.release) for name in BOMBS])
def test_read_whole(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(BOMBS[name]())
    assert_bounded(path, "decode")


@pytest.mark.release
@pytest.mark.parametrize("level", ["content", pytest.param("metadata", marks=pytest.mark.release)])
@pytest.mark.parametrize("name", BOMBS)
def test_at_the_other_levels(tmp_path: Path, name: str, level: str) -> None:
    path = tmp_path / name
    path.write_bytes(BOMBS[name]())
    assert_bounded(path, level)


@pytest.mark.parametrize("name", ["a.mp4", "a.png"])
def test_a_terabyte_of_nothing(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with path.open("wb") as file:
        file.truncate(2**40)
    assert_bounded(path, "decode")
