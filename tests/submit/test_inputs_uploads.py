"""Files on their way to the temporary space: what is remembered of them, and where a service may have them sent."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from mediapreflight import Job
from mediapreflight.emulator import Emulator
from mediapreflight.errors import DownloadError, UploadError
from mediapreflight.submit.client import Client
from mediapreflight.submit.inputs import examined
from mediapreflight.submit.ledger import Ledger, NewSubmission
from mediapreflight.submit.tasks import finish

from .conftest import HURRY, KEY

ELSEWHERE = "https://service.example/api/v1"
POLICY = {
    "policy": "p",
    "signature": "s",
    "upload_dir": "folder",
    "expire_in_seconds": 300,
    "oss_access_key_id": "id",
    "x_oss_object_acl": "private",
    "x_oss_forbid_overwrite": "true",
}


class Elsewhere:
    """A service elsewhere that names the hosts it is told to."""

    def __init__(self, upload_host: str, result: str) -> None:
        self._upload_host = upload_host
        self._result = result
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.url.path.endswith("/uploads"):
            return httpx.Response(200, json={"data": {**POLICY, "upload_host": self._upload_host}})
        if "/tasks/" in request.url.path:
            output = {"task_id": "t", "task_status": "SUCCEEDED", "video_url": self._result}
            return httpx.Response(200, json={"output": output})
        return httpx.Response(200)


@pytest.fixture
def client_of(tmp_path: Path) -> Iterator[Callable[..., Client]]:
    opened: list[Client] = []

    def make(service: Elsewhere, base_url: str = ELSEWHERE) -> Client:
        ledger = Ledger(tmp_path / "elsewhere.sqlite3")
        transport = httpx.MockTransport(service)
        client = Client(KEY, base_url=base_url, ledger=ledger, pace=HURRY, time_limit_s=None, transport=transport)
        opened.append(client)
        return client

    yield make
    for client in opened:
        client.close()


INSIDE = ["https://127.0.0.1/", "http://127.0.0.1:8080/", "https://10.0.0.1/", "https://[::1]/", "http://localhost:1/"]


@pytest.mark.parametrize("host", INSIDE)
def test_a_service_elsewhere_has_no_file_sent_inside(host: str, client_of: Callable[..., Client], tmp_path: Path) -> None:
    (tmp_path / "p.jpg").write_bytes(b"picture")
    service = Elsewhere(host, "")
    with pytest.raises(UploadError, match="is not a public address, and a remote service may only name public ones"):
        client_of(service).upload(tmp_path / "p.jpg", model="wan2.6-i2v")
    assert [request.url.path for request in service.requests] == ["/api/v1/uploads"]


@pytest.mark.parametrize("host", INSIDE)
def test_a_service_elsewhere_has_no_result_fetched_inside(host: str, client_of: Callable[..., Client], tmp_path: Path) -> None:
    service = Elsewhere("", f"{host}video.mp4")
    client = client_of(service)
    ledger = client.session.ledger
    job = {"model": "wan2.6-i2v", "inputs": {"image": "https://x.example/p.jpg"}, "parameters": {}, "region": "beijing"}
    entry = NewSubmission(
        fingerprint="f", model="wan2.6-i2v", region="beijing", base_url=ELSEWHERE, account=client.session.account, job=job
    )
    (row,) = ledger.register([entry])
    ledger.claim(row.id)
    ledger.begin_sending(row.id, None)
    ledger.created(row.id, "t", None, "PENDING")
    ledger.release(row.id)
    with pytest.raises(DownloadError, match="is not a public address, and a remote service may only name public ones"):
        client._run(lambda own: finish(client.session, ledger.submission(row.id), tmp_path / "out"))
    assert {request.url.host for request in service.requests} == {"service.example"}
    # It may name another one the next time.
    assert ledger.submission(row.id).stage == "succeeded"


def test_a_service_on_this_machine_may_name_this_machine(client_of: Callable[..., Client], tmp_path: Path) -> None:
    (tmp_path / "p.jpg").write_bytes(b"picture")
    service = Elsewhere("http://127.0.0.1:9/", "")
    url = client_of(service, "http://127.0.0.1:8/api/v1").upload(tmp_path / "p.jpg", model="wan2.6-i2v")
    assert url.startswith("oss://folder/")


def test_a_file_that_changes_on_its_way_is_neither_used_nor_remembered(
    client: Client, service: Emulator, fixtures: Path, tmp_path: Path
) -> None:
    picture = tmp_path / "p.jpg"
    picture.write_bytes((fixtures / "portrait.jpg").read_bytes())
    status = picture.stat()

    def change(event: Any) -> None:
        if event.stage == "upload" and event.share == 0.0:
            picture.write_bytes(picture.read_bytes()[:-100] + os.urandom(100))
            os.utime(picture, ns=(status.st_atime_ns, status.st_mtime_ns))

    from dataclasses import replace

    quiet = client.session
    client._client.session = replace(quiet, notify=change)
    with pytest.raises(UploadError, match=r"p\.jpg: changed while it was uploaded; run it again$"):
        client.submit(Job("wan2.6-i2v", image=picture, prompt="x", parameters={"duration": 2}))
    assert service.tasks == []
    client._client.session = quiet
    picture.write_bytes((fixtures / "portrait.jpg").read_bytes())
    task = client.submit(Job("wan2.6-i2v", image=picture, prompt="x", parameters={"duration": 2}))
    assert task.id and len(service.tasks) == 1
    assert json.dumps([entry["step"] for entry in service.log]).count("upload") == 2


@pytest.mark.parametrize("kind", ["folder", "pipe", "device", "missing", "s3"])
def test_only_files_are_examined(kind: str, client: Client, tmp_path: Path) -> None:
    paths = {
        "folder": tmp_path,
        "pipe": tmp_path / "pipe",
        "device": "/dev/zero",
        "missing": tmp_path / "x",
        "s3": "s3://a/b.jpg",
    }
    if kind in ("pipe", "device"):
        if not hasattr(os, "mkfifo"):
            pytest.skip("the system has no such files")
        os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UploadError, match=r"cannot be read: |is not on this machine"):
        examined(client.session, str(paths[kind]))


def test_file_beyond_every_upload_is_not_read(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "p.png"
    with path.open("wb") as stream:
        stream.truncate(100 * 2**30)
    with pytest.raises(UploadError, match="uploads take up to 1024 MB"):
        examined(client.session, str(path))
