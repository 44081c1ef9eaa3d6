"""What can be wrong with a job, a key or a machine: one clear line, the right exit status, and nothing is lost."""

import contextlib
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mediapreflight.emulator import Emulator

from .desk import KEY, Desk, Ended, Service, wan_jobs

# Takes long, or a whole machine: left out unless `-m sweep` asks for it.
pytestmark = pytest.mark.sweep

NO_KEY_RING = {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}


def line_of(run: Ended, status: int) -> str:
    """The one line on standard error of a command that could not do its work."""
    assert run.status == status, run
    (line,) = run.err.splitlines()
    assert line.startswith("mediapreflight: ")
    return line


def jobs_of(desk: Desk, fixtures: Path, count: int = 2) -> Path:
    return desk.job_file(wan_jobs(count, fixtures / "portrait.jpg"))


def test_no_key(desk: Desk, service: Service, fixtures: Path) -> None:
    keyless = replace(desk, key="", changes=NO_KEY_RING)
    assert "no API key: set DASHSCOPE_API_KEY" in line_of(keyless.submit(jobs_of(desk, fixtures)), 2)
    assert "no API key" in line_of(keyless.run("tasks", "resume"), 2)
    assert desk.rows() == ()
    assert service.log == []


def test_wrong_key_leaves_every_job_open_for_the_right_one(tmp_path: Path, fixtures: Path) -> None:
    with Emulator(seconds_per_task=0.1, detection="assume", api_key=KEY) as locked:
        desk = Desk(tmp_path, locked.base_url)
        wrong = replace(desk, key="sk-wrong-0123456789abcdef")
        jobs = jobs_of(desk, fixtures, 4)
        assert "InvalidApiKey" in line_of(wrong.submit(jobs), 2)
        assert [row.stage for row in desk.rows()] == ["ready"] * 4
        assert "InvalidApiKey" in line_of(wrong.run("tasks", "resume"), 2)
        left_alone = desk.run("tasks", "resume")
        assert (left_alone.status, left_alone.err.count("belongs to the key of account")) == (1, 4)
        assert desk.submit(jobs).status == 0
        assert [row.stage for row in desk.rows()] == ["delivered"] * 4
        assert len(locked.tasks) == 4


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--region", "mars"), "mars"),
        (("--base-url", "http://example.org/api/v1"), "http://example.org"),
        (("--base-url", "https://example.org/v1"), "/api/v1"),
        (("--max-cost", "0.01"), "nothing was sent"),
    ],
)
def test_settings_that_cannot_be_meant(options: tuple[str, ...], said: str, desk: Desk, service: Service, fixtures: Path) -> None:
    assert said in line_of(desk.submit(jobs_of(desk, fixtures), *options), 2)
    assert desk.rows() == ()
    assert service.log == []


def test_job_with_findings_is_named_and_the_others_are_sent(desk: Desk, service: Service, fixtures: Path) -> None:
    good, bad = wan_jobs(2, fixtures / "portrait.jpg")
    run = desk.submit(desk.job_file([good, bad | {"image": str(fixtures / "voice.wav")}]))
    assert (run.status, run.err) == (1, "")
    (told,) = [line for line in run.out.splitlines() if "NOT SENT" in line]
    assert "voice.wav" in told
    assert "file-kind-wrong" in told
    assert run.out.endswith("1 of 2 jobs done.\n")
    desk.assert_all_is_well(1, service.tasks)


def test_file_that_vanishes_before_its_upload_keeps_the_job_open(desk: Desk, service: Service, fixtures: Path) -> None:
    picture = desk.folder / "picture.jpg"
    shutil.copyfile(fixtures / "portrait.jpg", picture)
    service.fail("policy", "500", 4)
    refused = desk.submit(desk.job_file(wan_jobs(1, picture)))
    assert refused.status == 1
    assert "InternalError" in refused.out
    away = picture.rename(desk.folder / "away.jpg")
    gone = desk.run("tasks", "resume")
    assert (gone.status, gone.err) == (1, "")
    assert "picture.jpg: cannot be read: no such file" in gone.out
    shutil.copyfile(fixtures / "full-body.jpg", picture)
    other = desk.run("tasks", "resume")
    assert other.status == 1
    assert "no longer the file that was submitted" in other.out
    assert service.tasks == []
    away.replace(picture)
    assert desk.run("tasks", "resume").status == 0
    desk.assert_all_is_well(1, service.tasks)


def test_unreachable_host_keeps_the_jobs_open(tmp_path: Path, fixtures: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as once:
        port = once.getsockname()[1]
    desk = Desk(tmp_path, f"http://127.0.0.1:{port}/api/v1")
    run = desk.submit(jobs_of(desk, fixtures))
    assert (run.status, run.err) == (1, "")
    told = [line for line in run.out.splitlines() if f"127.0.0.1:{port}: cannot be reached" in line]
    assert len(told) == 2
    with Emulator(port, seconds_per_task=0.1, detection="assume") as service:
        assert desk.run("tasks", "resume").status == 0
        assert [row.stage for row in desk.rows()] == ["delivered"] * 2
        assert len(service.tasks) == 2


def test_videos_that_do_not_fit_on_the_disk_are_fetched_later(desk: Desk, service: Service, fixtures: Path) -> None:
    with small_disk(desk.out, 64):
        run = desk.submit(jobs_of(desk, fixtures))
        assert (run.status, run.err) == (1, "")
        assert run.out.count("out: cannot be written to: no space left on device") == 2
        assert list(desk.out.iterdir()) == []
    assert [row.stage for row in desk.rows()] == ["succeeded"] * 2
    assert desk.run("tasks", "resume").status == 0
    desk.assert_all_is_well(2, service.tasks)


def test_videos_that_may_not_grow_so_large_are_fetched_later(tmp_path: Path, fixtures: Path) -> None:
    pytest.importorskip("resource")
    with Emulator(seconds_per_task=0.1, detection="assume") as service:
        desk = Desk(tmp_path, service.base_url)
        # More than the ledger needs, and less than the emulator's videos.
        cramped = replace(desk, changes={"HURRIED_MOST_BYTES": "350000"})
        run = cramped.submit(jobs_of(desk, fixtures))
        assert (run.status, run.err) == (1, "")
        assert run.out.count("out: cannot be written to: file too large") == 2
        assert list(desk.out.iterdir()) == []
        assert desk.run("tasks", "resume").status == 0
        assert [row.stage for row in desk.rows()] == ["delivered"] * 2
        assert len(service.tasks) == 2


@contextlib.contextmanager
def small_disk(place: Path, kilobytes: int) -> Iterator[Path]:
    """A file system of its own, of this size. Skips where none can be made."""
    place.mkdir()
    mount = shutil.which("mount")
    if mount is None or os.name != "posix" or os.geteuid() != 0:
        pytest.skip("needs the right to mount a file system")
    made = subprocess.run(
        [mount, "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(place)], capture_output=True, check=False
    )
    if made.returncode != 0:
        pytest.skip("no file system can be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_ledger_that_cannot_be_written_sends_nothing(desk: Desk, service: Service, fixtures: Path) -> None:
    with small_disk(desk.state, 64) as state:
        filler = state / "filler"
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass
        assert "ledger.sqlite3: " in line_of(desk.submit(jobs_of(desk, fixtures)), 2)
        assert service.log == []


def stopped_by_full_disk(free: int, folder: Path, fixtures: Path) -> tuple[str, ...]:
    """Which stages a batch leaves whose ledger's disk has so many kilobytes left; all is well once there is room again."""
    folder.mkdir()
    with Service() as service:
        desk = Desk(folder, service.base_url)
        with small_disk(desk.state, 1024) as state:
            jobs = jobs_of(desk, fixtures, 6)
            assert desk.run("tasks", "list").status == 0
            filler = state / "filler"
            filler.write_bytes(bytes((1024 - free) * 1024))
            run = desk.submit(jobs)
            assert run.status == 0 or "ledger.sqlite3: " in line_of(run, 2)
            filler.unlink()
            left = tuple(row.stage for row in desk.rows())
            desk.finish(wan_jobs(6, fixtures / "portrait.jpg"), service)
            desk.assert_all_is_well(6, service.tasks)
            return left


@pytest.mark.parametrize("step", [120, pytest.param(40, marks=pytest.mark.release)])
def test_disk_that_fills_at_any_point_loses_nothing(tmp_path: Path, fixtures: Path, step: int) -> None:
    left = [stopped_by_full_disk(free, tmp_path / f"{free}", fixtures) for free in range(80, 920, step)]
    assert {stage for stages in left for stage in stages} >= {"ready", "created", "delivered"}
