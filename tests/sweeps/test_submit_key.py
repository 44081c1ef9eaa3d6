"""The API key goes to the service and nowhere else: not into output, logs, files or the ledger, and not to another host."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from .desk import KEY, Desk, Ended, Service, wan_jobs

# Takes long, or a whole machine: left out unless `-m sweep` asks for it.
pytestmark = pytest.mark.sweep

# Half of a key is a leak as well.
PARTS = (KEY, KEY[3:19], KEY[19:])


@dataclass(frozen=True)
class Asked:
    """One request a host was sent."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def key(self) -> str:
        return self.headers.get("authorization", "")


@dataclass(frozen=True)
class Reply:
    """What a host answers."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


class Host:
    """A server on loopback that notes what it is sent, and answers what a function says."""

    def __init__(self, answer: Callable[[Asked], Reply]) -> None:
        self.asked: list[Asked] = []
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                asked = Asked(self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, body)
                host.asked.append(asked)
                reply = answer(asked)
                self.send_response(reply.status)
                for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)

            do_POST = do_GET  # noqa: N815 - the server's own way to name methods

            def log_message(self, *_: object) -> None:
                """Silence: what was asked for is in `asked`."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "Host":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def as_json(status: int, value: Any, **headers: str) -> Reply:
    return Reply(status, json.dumps(value).encode(), {"Content-Type": "application/json", **headers})


def assert_nowhere(desk: Desk, runs: list[Ended]) -> None:
    """Neither the key nor half of it is in what the commands said, or in any file they wrote."""
    for run in runs:
        assert not [part for part in PARTS if part in run.out + run.err], run
    for path in desk.folder.rglob("*"):
        if path.is_file():
            assert not [part for part in PARTS if part.encode() in path.read_bytes()], path


@pytest.fixture
def loud(desk: Desk) -> Desk:
    """A desk where every library logs all it has to say."""
    return replace(desk, changes={"HURRIED_LOUD": "1"})


def test_no_command_tells_the_key(loud: Desk, service: Service, fixtures: Path) -> None:
    for step, fault in (("create", "lost"), ("upload", "expired"), ("query", "503"), ("policy", "500"), ("result", "cut")):
        service.fail(step, fault)
    jobs = loud.job_file(wan_jobs(2, fixtures / "portrait.jpg"))
    runs = []
    for form in ("json", "text"):
        output = ("--output-format", form)
        runs += [
            loud.run("check", "--level", "metadata", jobs, *output),
            loud.run("submit", jobs, "--dry-run", *output),
            loud.run("submit", jobs, "--out", loud.out, *output),
            loud.run("tasks", *output),
            loud.run("tasks", "resume", *output),
        ]
    runs.append(loud.run("prepare", jobs, "--out", loud.folder / "ready", "--output-format", "json"))
    runs.append(loud.run("submit", jobs, "--dry-run", "--output-format", "curl"))
    assert [run.status for run in runs] == [0] * len(runs)
    assert all(logger in "".join(run.err for run in runs) for logger in ("DEBUG:httpcore", "INFO:httpx"))
    assert_nowhere(loud, runs)
    keyed = {entry["path"].startswith("/api/v1") for entry in service.log if entry["authorization"]}
    assert keyed == {True}


@pytest.mark.parametrize("status", [200, 307, 400, 401, 429, 500])
def test_service_that_repeats_the_key_is_not_repeated(status: int, tmp_path: Path, fixtures: Path) -> None:
    with Host(lambda asked: as_json(200, {})) as elsewhere:

        def repeats(asked: Asked) -> Reply:
            said = f"{asked.key} is not right"
            body = {"code": "InvalidParameter", "message": said, "request_id": asked.key, "output": {"message": said}}
            return as_json(
                status, body, Location=f"{elsewhere.url}/{asked.key}", **{"X-Request-Id": asked.key, "Retry-After": "0"}
            )

        with Host(repeats) as service:
            desk = Desk(tmp_path, f"{service.url}/api/v1", changes={"HURRIED_LOUD": "1"})
            jobs = desk.job_file(wan_jobs(1, fixtures / "portrait.jpg"))
            runs = [
                desk.run("submit", jobs, "--out", desk.out, "--output-format", "json"),
                desk.run("submit", jobs, "--out", desk.out),
                desk.run("tasks", "--output-format", "json"),
            ]
            assert {asked.key for asked in service.asked} == {f"Bearer {KEY}"}
        assert elsewhere.asked == []
    assert all(run.status in (0, 1, 2) for run in runs)
    assert runs[0].status != 0
    assert_nowhere(desk, runs)


@pytest.fixture
def parted(fixtures: Path) -> Iterator[tuple[Host, Host, Host]]:
    """A service, the host of its uploads and results, and a third one to which results are redirected."""
    video = (fixtures / "talking-head.mp4").read_bytes()
    with Host(lambda asked: Reply(200, video)) as third:

        def other(asked: Asked) -> Reply:
            onward = {"Location": f"{third.url}/video.mp4"}
            return Reply(302, b"", onward) if asked.path.startswith("/result") else Reply(200, b"")

        with Host(other) as second:

            def service(asked: Asked) -> Reply:
                if asked.path.startswith("/api/v1/uploads"):
                    return as_json(200, {"request_id": "r", "data": policy(second.url)})
                done = {"task_id": "task-1", "task_status": "SUCCEEDED", "video_url": f"{second.url}/result.mp4?Signature=s"}
                made = {"task_id": "task-1", "task_status": "PENDING"}
                return as_json(200, {"request_id": "r", "output": made if asked.method == "POST" else done})

            with Host(service) as first:
                yield first, second, third


def policy(host: str) -> dict[str, Any]:
    return {
        "policy": "p",
        "signature": "s",
        "upload_dir": "dir",
        "upload_host": host,
        "expire_in_seconds": 300,
        "max_file_size_mb": 100,
        "oss_access_key_id": "id",
        "x_oss_object_acl": "private",
        "x_oss_forbid_overwrite": "true",
    }


def test_hosts_of_uploads_results_and_redirects_never_see_the_key(parted, tmp_path: Path, fixtures: Path) -> None:
    first, second, third = parted
    desk = Desk(tmp_path, f"{first.url}/api/v1", changes={"HURRIED_LOUD": "1"})
    run = desk.submit(desk.job_file(wan_jobs(1, fixtures / "portrait.jpg")))
    assert run.status == 0, run
    assert {asked.key for asked in first.asked} == {f"Bearer {KEY}"}
    assert [asked.method for asked in second.asked] == ["POST", "GET"]
    assert [asked.path for asked in third.asked] == ["/video.mp4"]
    for asked in (*second.asked, *third.asked):
        told = f"{asked.path} {asked.headers}".encode() + asked.body
        assert not [part for part in PARTS if part.encode() in told]
        assert not {"authorization", "proxy-authorization", "cookie"} & set(asked.headers)
    assert_nowhere(desk, [run])
