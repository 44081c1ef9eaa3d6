"""Jobs that are sent, to the stand-in for the service."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mediapreflight import Client, Ledger, Pace
from mediapreflight.emulator import Emulator
from mediapreflight.studio import runs, sending
from mediapreflight.studio.sending import Account
from mediapreflight.studio.service import Studio
from mediapreflight.submit.http.key import ApiKey

from .visitor import Visitor

KEY = "sk-tester.0123456789abcdef"


@pytest.fixture(scope="module")
def service() -> Iterator[Emulator]:
    with Emulator(seconds_per_task=0.3, detection="assume", api_key=KEY) as emulator:
        yield emulator


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("videos") / "made"


@pytest.fixture(scope="module")
def visitor(service: Emulator, videos: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    folder = tmp_path_factory.mktemp("studio")
    ledger = folder / "ledger.sqlite3"
    account = Account(ApiKey(KEY), videos, base_url=service.base_url, ledger=ledger, stand_in=False, poll_interval=0.1)
    with Studio(account, folder=folder) as studio:
        visitor = Visitor(studio.address)
        yield visitor
        visitor.close()


@pytest.fixture(scope="module")
def run(visitor: Visitor, fixtures: Path) -> dict[str, Any]:
    inputs = {"image": visitor.upload(fixtures / "portrait.jpg"), "audio": visitor.upload(fixtures / "voice.mp3")}
    made = visitor.prepared({"model": "emo-v1", "inputs": inputs})
    assert made["ok"]
    return made


def created(service: Emulator) -> int:
    return sum(entry["step"] == "create" for entry in service.log)


def test_nothing_is_sent_before_it_is_agreed_to(visitor: Visitor, run: dict[str, Any], service: Emulator) -> None:
    before = len(service.log)
    offer = visitor.post("cost", {"run": run["id"]})
    assert offer["amount"] > 0 and offer["currency"] and offer["to"] == service.base_url and not offer["stand_in"]
    assert visitor.post("submit", {"confirm": "made up"}, 400)["error"].startswith("this estimate is too old")
    assert len(service.log) == before


def test_one_agreement_makes_one_task_and_the_video_comes(
    visitor: Visitor, run: dict[str, Any], service: Emulator, videos: Path
) -> None:
    offer = visitor.post("cost", {"run": run["id"]})
    sent = visitor.post("submit", {"confirm": offer["confirm"]}, 202)
    # Sent twice, by a page that was closed in between.
    assert visitor.post("submit", {"confirm": offer["confirm"]}, 202)["id"] == sent["id"]
    task = visitor.ended(f"tasks/{sent['id']}")
    assert (task["state"], task["error"], task["status"]) == ("done", None, "SUCCEEDED")
    assert created(service) == 1
    video = visitor.http.get(task["video"])
    assert (video.headers["Content-Type"], video.content) == ("video/mp4", next(videos.glob("*.mp4")).read_bytes())
    assert visitor.http.get(task["video"], headers={"Range": "bytes=0-9"}).status_code == 206
    # The same job again is taken up, and not paid for twice.
    again = visitor.post("submit", {"confirm": visitor.post("cost", {"run": run["id"]})["confirm"]}, 202)
    assert visitor.ended(f"tasks/{again['id']}")["task_id"] == task["task_id"]
    assert created(service) == 1
    assert [each["id"] for each in visitor.get("state")["tasks"]] == [sent["id"], again["id"]]
    assert "cancelled" in visitor.http.delete(f"tasks/{sent['id']}").json()["error"]


def test_a_task_that_fails_says_why_and_the_next_can_be_sent(visitor: Visitor, fixtures: Path, service: Emulator) -> None:
    inputs = {"image": visitor.upload(fixtures / "portrait-3x4.jpg"), "audio": visitor.upload(fixtures / "voice.wav")}
    made = visitor.prepared({"model": "liveportrait", "inputs": inputs})
    service.fail("create", "failed")
    sent = visitor.post("submit", {"confirm": visitor.post("cost", {"run": made["id"]})["confirm"]}, 202)
    task = visitor.ended(f"tasks/{sent['id']}")
    assert (task["state"], task["status"], task["video"]) == ("failed", "FAILED", None)
    assert "InternalError" in task["error"] or "FAILED" in task["error"]
    assert visitor.http.get(f"tasks/{sent['id']}/video").status_code == 404


def test_the_key_is_in_no_answer(visitor: Visitor, run: dict[str, Any]) -> None:
    paths = ("", "state", "models", "files", f"runs/{run['id']}", "tasks/t1", f"runs/{run['id']}/prepared.json", "tasks/nowhere")
    assert all(KEY.encode() not in visitor.http.get(path).content for path in paths)
    set_ = visitor.post("plan", {"model": "emo-v1", "inputs": {}, "options": {KEY: 1}}, 400)
    assert KEY not in set_["error"]


def test_what_has_ended_makes_room(
    visitor: Visitor, run: dict[str, Any], fixtures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TASKS_KEPT", "OFFERS_KEPT"):
        monkeypatch.setattr(sending, name, 1)
    first, second = (visitor.post("cost", {"run": run["id"]})["confirm"] for _ in range(2))
    assert "ask for another one" in visitor.post("submit", {"confirm": first}, 400)["error"]
    older = visitor.ended(f"tasks/{visitor.post('submit', {'confirm': second}, 202)['id']}")
    newer = visitor.post("submit", {"confirm": visitor.post("cost", {"run": run["id"]})["confirm"]}, 202)
    assert [each["id"] for each in visitor.get("state")["tasks"]] == [newer["id"]] != [older["id"]]
    assert visitor.ended(f"tasks/{newer['id']}")["state"] == "done"
    # What was sent is no longer kept either.
    monkeypatch.setattr(runs, "RUNS_KEPT", 1)
    made = visitor.prepared(
        {"model": "liveportrait", "inputs": {"image": visitor.upload(fixtures / "portrait.jpg")}, "whole": False}
    )
    assert [each["id"] for each in visitor.get("state")["runs"]] == [made["id"]]


def test_a_task_outlives_the_page_and_the_server(service: Emulator, fixtures: Path, tmp_path: Path) -> None:
    ledger, out = tmp_path / "ledger.sqlite3", tmp_path / "out"
    account = Account(ApiKey(KEY), out, base_url=service.base_url, ledger=ledger, poll_interval=30)
    before = created(service)
    with Studio(account, folder=tmp_path) as studio:
        visitor = Visitor(studio.address)
        inputs = {"image": visitor.upload(fixtures / "portrait.jpg"), "audio": visitor.upload(fixtures / "voice.wav")}
        made = visitor.prepared({"model": "emo-v1", "inputs": inputs})
        sent = visitor.post("submit", {"confirm": visitor.post("cost", {"run": made["id"]})["confirm"]}, 202)
        for _ in range(600):
            number = visitor.get(f"tasks/{sent['id']}")["submission"]
            if number is not None and Ledger(ledger).submission(number).stage == "created":
                break
            time.sleep(0.1)
        visitor.close()
    assert len(studio.open_submissions) == 1
    # As `tasks resume` does, without the files that were uploaded.
    with Client(KEY, base_url=service.base_url, ledger=Ledger(ledger), pace=Pace(poll_interval=0.1)) as client:
        video = Path(client.wait(studio.open_submissions[0], out=out))
    assert video.parent == out and video.stat().st_size > 0
    assert created(service) == before + 1
