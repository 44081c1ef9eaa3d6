"""The dry run shows what a real run sends."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mediapreflight import Job
from mediapreflight.emulator import Emulator
from mediapreflight.submit.client import Client
from mediapreflight.submit.pipeline import SubmitOptions, fitting, new_submission
from mediapreflight.submit.rehearsal import rehearsed, rehearsed_detection

from .conftest import SYSTEMS, systems

STEP_OF = {"query": "query", "download": "result"}


@pytest.mark.parametrize("system", SYSTEMS)
def test_steps_are_those_of_a_real_run(system: str, client: Client, service: Emulator, fixtures: Path, tmp_path: Path) -> None:
    job = systems(fixtures)[system]
    session = client.session
    requests = rehearsed(session, new_submission(session, job, fitting(session, job), SubmitOptions()), job).requests
    assert service.log == []
    assert session.ledger.all() == ()
    client.wait(client.submit(job), out=tmp_path)
    real = [entry["step"] for entry in service.log]
    # How often a task is polled is not known beforehand.
    once = [step for number, step in enumerate(real) if step != "query" or real[number - 1] != "query"]
    assert [STEP_OF.get(request.purpose, request.purpose) for request in requests] == once
    (made,) = service.tasks
    (create,) = (request.json for request in requests if request.purpose == "create")
    assert _shape(create) == _shape(made["request"])


def _shape(body: dict[str, Any]) -> dict[str, Any]:
    """A body without where its uploads happen to lie, and where the detect call sees the face."""
    kept = {name: value for name, value in body["input"].items() if not name.endswith("_bbox")}
    inputs = {name: "oss" if str(value).startswith("oss://") else value for name, value in kept.items()}
    return body | {"input": inputs}


def test_uploads_that_are_known_are_not_shown_again(client: Client, wan: Callable[..., Job]) -> None:
    client.submit(wan(1))
    entry = new_submission(client.session, wan(2), fitting(client.session, wan(2)), SubmitOptions())
    requests = rehearsed(client.session, entry, wan(2)).requests
    assert [request.purpose for request in requests] == ["list", "create", "query", "download"]


def test_input_urls_are_neither_looked_at_nor_resolved(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.getaddrinfo", None)
    job = Job("wan2.6-i2v", image="https://example.org/a.jpg", prompt="x")
    entry = new_submission(client.session, job, fitting(client.session, job), SubmitOptions())
    requests = rehearsed(client.session, entry, job).requests
    (create,) = (request for request in requests if request.purpose == "create")
    assert create.json["input"]["img_url"] == "https://example.org/a.jpg"


def test_detect_calls_are_rehearsed_too(client: Client, fixtures: Path) -> None:
    job = Job("liveportrait-detect", image=fixtures / "portrait.jpg")
    found = rehearsed_detection(client.session, job, None)
    assert [request.purpose for request in found.requests] == ["policy", "upload", "detect"]


def test_template_ends_without_a_download(client: Client, fixtures: Path) -> None:
    job = Job("animate-anyone-template-gen2", video=fixtures / "dance.mp4")
    entry = new_submission(client.session, job, fitting(client.session, job), SubmitOptions())
    requests = rehearsed(client.session, entry, job).requests
    assert [request.purpose for request in requests] == ["policy", "upload", "list", "create", "query"]


def test_a_job_that_runs_is_rehearsed_without_a_key_too(client: Client, wan: Callable[..., Job]) -> None:
    client.submit(wan(1))
    keyless = replace(client.session, account="")
    entry = new_submission(keyless, wan(1), fitting(keyless, wan(1)), SubmitOptions())
    found = rehearsed(keyless, entry, wan(1))
    assert [request.purpose for request in found.requests] == ["query", "download"]
    assert found.earlier is not None
    assert (found.earlier.id, found.earlier.stage) == (1, "created")
    anew = rehearsed(keyless, entry, wan(1), again=True)
    assert (anew.earlier, "create" in [request.purpose for request in anew.requests]) == (None, True)


def test_a_video_that_lies_where_it_is_wanted_needs_no_request(client: Client, wan: Callable[..., Job], tmp_path: Path) -> None:
    client.wait(client.submit(wan(1)), out=tmp_path)
    for out, requests in ((tmp_path, 0), (tmp_path / "elsewhere", 2)):
        entry = new_submission(client.session, wan(1), fitting(client.session, wan(1)), SubmitOptions(out=out))
        found = rehearsed(client.session, entry, wan(1))
        assert found.earlier is not None
        assert (found.earlier.stage, len(found.requests)) == ("delivered", requests)
