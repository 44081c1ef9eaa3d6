"""A service on loopback, clients in a hurry, and one job for each of the five systems."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mediapreflight import Job
from mediapreflight.emulator import Emulator, videos
from mediapreflight.submit.client import Client
from mediapreflight.submit.ledger import Ledger
from mediapreflight.submit.session import Pace

KEY = "sk-0123456789abcdef0123456789abcdef"
HURRY = Pace(poll_interval=0.05, attempts=4, first_backoff=0.02, settle=(0.05, 0.1), settle_time=0.2, queue_interval=0.02)


@pytest.fixture(scope="module", autouse=True)
def _known_files(fixtures_measured_once: None) -> None:
    """What is tested is what follows from the facts."""


@pytest.fixture(autouse=True)
def _own_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDIAPREFLIGHT_STATE_DIR", str(tmp_path / "state"))
    for name in ("DASHSCOPE_API_KEY", "DASHSCOPE_HTTP_BASE_URL", "DASHSCOPE_WORKSPACE_ID"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _one_video(monkeypatch: pytest.MonkeyPatch, fixtures: Path) -> None:
    """What is tested is the client: every task's video is the same small file, which takes no time to make."""
    monkeypatch.setattr(
        videos, "render", lambda task, target, containment: shutil.copyfile(fixtures / "formats/h264.mp4", target)
    )


@pytest.fixture
def service() -> Iterator[Emulator]:
    with Emulator(seconds_per_task=0.1, detection="assume") as emulator:
        yield emulator


@pytest.fixture
def settings(service: Emulator, tmp_path: Path) -> dict[str, Any]:
    """What a client of the emulator is made with."""
    ledger = Ledger(tmp_path / "state" / "ledger.sqlite3")
    return {"api_key": KEY, "base_url": service.base_url, "pace": HURRY, "ledger": ledger, "time_limit_s": None}


@pytest.fixture
def client(settings: dict[str, Any]) -> Iterator[Client]:
    with Client(**settings) as opened:
        yield opened


@pytest.fixture
def wan(fixtures: Path) -> Callable[..., Job]:
    """A Wan job that needs nothing but a picture; `number` makes it another one."""

    def job(number: int = 0, **settings: Any) -> Job:
        return Job("wan2.6-i2v", image=fixtures / "portrait.jpg", prompt=f"take {number}", parameters={"duration": 2}, **settings)

    return job


def systems(fixtures: Path) -> dict[str, Job]:
    """A job for each of the five systems."""
    portrait = fixtures / "portrait.jpg"
    return {
        "emo": Job("emo-v1", image=portrait, audio=fixtures / "voice.mp3"),
        "liveportrait": Job("liveportrait", image=portrait, audio=fixtures / "voice.wav"),
        "videoretalk": Job("videoretalk", video=fixtures / "talking-head.mp4", audio=fixtures / "voice.wav"),
        "animate-anyone": Job("animate-anyone-gen2", image=fixtures / "full-body.jpg", template_id="AACT.a.b-c.d"),
        "wan": Job("wan2.6-i2v", image=portrait, prompt="She smiles", parameters={"duration": 2}),
    }


SYSTEMS = ("emo", "liveportrait", "videoretalk", "animate-anyone", "wan")


def creates(service: Emulator) -> int:
    """How many create calls reached the service."""
    return sum(entry["step"] == "create" for entry in service.log)
