"""Jobs on their way to the ledger: checked, prepared, estimated; each file measured once a level."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import anyio
import pytest

from mediapreflight import Client, Job, SubmitOptions
from mediapreflight.check import measure
from mediapreflight.emulator import Emulator
from mediapreflight.errors import UsageError
from mediapreflight.submit.client import AsyncClient
from mediapreflight.workers.processes import end_idle

from .conftest import creates


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[str, str]]:
    """How often each file was probed, at each level, by anybody in this process."""
    counts: Counter[tuple[str, str]] = Counter()
    real = measure.probe

    def probe(path: str, level: Any) -> Any:
        counts[Path(path).name, level] += 1
        return real(path, level)

    monkeypatch.setattr(measure, "probe", probe)
    return counts


def liveportrait(fixtures: Path) -> Job:
    """A job whose picture has to be turned, and whose voice fits."""
    return Job("liveportrait", image=fixtures / "orientation" / "exif-6.jpg", audio=fixtures / "voice.wav")


def test_each_file_is_measured_once_a_level(
    client: Client, counted: Counter[tuple[str, str]], fixtures: Path, tmp_path: Path, service: Emulator
) -> None:
    client.deliver([liveportrait(fixtures)], SubmitOptions(out=tmp_path))
    assert counted["voice.wav", "content"] == 1
    assert counted["exif-6.jpg", "content"] == 1, (
        "the file of the same name that was made of it was probed before it got its name"
    )
    assert max(counted.values()) == 1


def test_a_batch_is_done_by_one_pool_of_processes(
    settings: dict[str, Any], fixtures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three jobs whose pictures have to be turned: checked, prepared, checked again, and their videos looked at.

    No step starts processes of its own: there are never more than work at the same time.
    """
    started = []

    class Counted(subprocess.Popen[bytes]):
        def __init__(self, command: list[str], *more: Any, **options: Any) -> None:
            started.append(command[0])
            super().__init__(command, *more, **options)

    end_idle()
    monkeypatch.setattr(subprocess, "Popen", Counted)
    jobs = [
        Job("wan2.6-i2v", image=fixtures / "orientation" / f"exif-{turn}.jpg", prompt="x", parameters={"duration": 2})
        for turn in (3, 6, 8)
    ]
    with Client(**settings | {"time_limit_s": 120.0}) as client:
        results = client.deliver(jobs, SubmitOptions(out=tmp_path))
    assert [result.ok for result in results] == [True] * 3
    assert started.count(sys.executable) <= max(os.cpu_count() or 1, len(jobs))


def test_jobs_are_prepared_sent_and_delivered(client: Client, fixtures: Path, tmp_path: Path, service: Emulator) -> None:
    told = []
    unfit = Job("wan2.6-i2v", image=fixtures / "orientation" / "exif-6.jpg", prompt="x", parameters={"duration": 2})
    hopeless = Job("wan2.6-i2v", image=fixtures / "voice.wav", prompt="x")
    fits = Job("wan2.6-i2v", image=fixtures / "portrait.jpg", prompt="x", parameters={"duration": 2})
    results = client.deliver([unfit, hopeless, fits], SubmitOptions(out=tmp_path), done=told.append)
    assert [result.ok for result in results] == [True, False, True]
    assert results[0].prepared.keys() == {"image"}
    assert results[1].error is not None and results[1].findings
    assert [Path(result.video or "").parent for result in (results[0], results[2])] == [tmp_path] * 2
    assert len(told) == creates(service) == 2
    assert (tmp_path / "prepared" / "prepared.json").is_file()


def test_nothing_is_sent_above_the_bound(client: Client, fixtures: Path, tmp_path: Path, service: Emulator) -> None:
    job = Job("emo-v1", image=fixtures / "portrait.jpg", audio=fixtures / "voice.mp3")
    with pytest.raises(UsageError, match="nothing was sent"):
        client.deliver([job], SubmitOptions(out=tmp_path), max_cost=0.001)
    assert service.log == []
    assert client.session.ledger.open() == ()


def test_a_folder_is_asked_for_before_anything_is_sent(client: Client, fixtures: Path, service: Emulator) -> None:
    with pytest.raises(UsageError, match="choose a folder for the videos"):
        client.deliver([liveportrait(fixtures)])
    assert service.log == []


def test_the_async_client_delivers_too(settings: dict[str, Any], fixtures: Path, tmp_path: Path) -> None:
    async def all_of_it() -> Any:
        async with AsyncClient(**settings) as client:
            job = Job("wan2.6-i2v", image=fixtures / "portrait.jpg", prompt="x", parameters={"duration": 2})
            return await client.deliver([job], SubmitOptions(out=tmp_path), detach=True)

    (result,) = anyio.run(all_of_it)
    assert result.ok and result.task_id and result.video is None
