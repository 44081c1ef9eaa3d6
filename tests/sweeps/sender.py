"""What a thread or a process does that has a job to deliver. Importable by itself, for processes that are spawned."""

import hashlib
from pathlib import Path
from typing import Any

from mediapreflight import Job
from mediapreflight.submit.client import Client
from mediapreflight.submit.ledger import Ledger
from mediapreflight.submit.session import Pace

HURRY = Pace(
    poll_interval=0.05, attempts=4, first_backoff=0.02, settle=(0.2, 0.5, 1.0, 3.0), settle_time=6.0, queue_interval=0.05
)


def settings(base_url: str, ledger: str) -> dict[str, Any]:
    return {"api_key": "sk-any-0123456789", "base_url": base_url, "pace": HURRY, "ledger": Ledger(ledger)}


def delivered(client: Client, number: int, picture: str, out: str) -> tuple[str, str, str]:
    """The task of a job, the name of its video, and the hash of that."""
    job = Job("wan2.6-i2v-flash", image=picture, prompt=f"take {number}", parameters={"duration": 2})
    task = client.submit(job)
    video = client.wait(task, out=out)
    assert isinstance(video, Path)
    return task.id, video.name, hashlib.sha256(video.read_bytes()).hexdigest()


def delivered_by_its_own_client(base_url: str, ledger: str, number: int, picture: str, out: str) -> tuple[str, str, str]:
    with Client(**settings(base_url, ledger)) as client:
        return delivered(client, number, picture, out)
