"""Who is let in, and how long they may take."""

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from mediapreflight.emulator import Emulator, limits
from mediapreflight.emulator.door import Room

from .caller import Caller, model, refused

EMO = model("emo-v1")
PATHS = ("/api/v1/tasks", "/results/x.mp4", "/oss", "/emulator/log", "/emulator/clock", "/nothing")
FOREIGN = [
    {"Host": "evil.example"},
    {"Host": "127.0.0.1"},
    {"Host": "127.0.0.1:1"},
    {"Host": "127.0.0.1.evil.example:{port}"},
    {"Host": ""},
    {"Origin": "https://evil.example"},
    {"Origin": "http://localhost:{port}"},
    {"Origin": "http://127.0.0.1:1"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": ""},
]


def port_of(caller: Caller) -> int:
    return int(caller.origin.rpartition(":")[2])


@contextmanager
def line_to(caller: Caller, text: str = "") -> Iterator[socket.socket]:
    """A connection, on which a request begins."""
    with socket.create_connection(("127.0.0.1", port_of(caller)), timeout=20) as connection:
        connection.sendall(text.replace("\n", "\r\n").encode())
        yield connection


def answered(connection: socket.socket) -> bytes:
    """All that comes, until the other side ends."""
    received = b""
    try:
        while piece := connection.recv(65_536):
            received += piece
    except ConnectionResetError:
        pass
    return received


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_no_other_site_gets_anything(standing: Caller, method: str, headers: dict[str, str]) -> None:
    sent = {name: value.format(port=port_of(standing)) for name, value in headers.items()}
    before = standing.query("x")
    for path in PATHS:
        for client in (standing.http, standing.open):
            answer = client.request(method, standing.origin + path, json={"advance": 60}, headers=sent)
            refused(answer, 403, "AccessDenied", next(iter(headers)))
            assert not [name for name in answer.headers if name.startswith("access-control")]
    assert standing.query("x").keys() == before.keys()
    assert standing.http.get(f"{standing.service.base_url}/tasks").headers["date"] == "Fri, 15 Jan 2027 08:00:00 GMT"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Host": "localhost:{port}"},
        {"Host": "LOCALHOST:{port}"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://127.0.0.1:{port}"},
    ],
    ids=str,
)
def test_requests_of_this_machine_are_answered(standing: Caller, headers: dict[str, str]) -> None:
    sent = {name: value.format(port=port_of(standing)) for name, value in headers.items()}
    assert standing.http.get(f"{standing.service.base_url}/tasks", headers=sent).status_code == 200


@pytest.mark.parametrize(
    "head",
    ["GET /api/v1/tasks HTTP/1.0\n\n", "GET /api/v1/tasks HTTP/1.1\nConnection: close\nHost: 127.0.0.1:{port}\nHost: x\n\n"],
)
def test_one_host_must_be_named(standing: Caller, head: str) -> None:
    with line_to(standing, head.format(port=port_of(standing))) as connection:
        assert answered(connection)[9:12] in (b"403", b"400")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", None])
def test_body_that_a_form_could_send_is_refused(standing: Caller, kind: str | None) -> None:
    headers = {} if kind is None else {"Content-Type": kind}
    for path in ("/emulator/clock", "/emulator/faults", EMO.service.path):
        answer = standing.http.post(standing.origin + path, content=b'{"advance": 60}', headers=headers)
        refused(answer, 400, "InvalidParameter", "Content-Type")
    assert standing.service.tasks == []


def test_packed_body_is_not_unpacked(standing: Caller) -> None:
    headers = {"Content-Encoding": "gzip"}
    refused(standing.call(EMO, {}, **headers), 400, "InvalidParameter", "Content-Encoding")


def test_connection_too_many_is_turned_away(standing: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CONNECTIONS", 2)
    with line_to(standing), line_to(standing):
        while httpx.get(f"{standing.service.base_url}/tasks").status_code != 503:
            time.sleep(0.01)
        for _ in range(3):
            answer = httpx.get(f"{standing.service.base_url}/tasks")
            refused(answer, 503, "ModelUnavailable", "connections")
            assert answer.headers["retry-after"] == "1"
    while httpx.get(f"{standing.service.base_url}/tasks").status_code == 503:
        time.sleep(0.01)


@pytest.mark.parametrize(
    "text",
    [
        f"POST {EMO.service.path} HTTP/1.1\nHost: 127.0.0.1:{{port}}\nAuthorization: Bearer x\nX-DashScope-Async: enable\n"
        "Content-Type: application/json\nContent-Length: 100\n\n{{",
        "POST /oss HTTP/1.1\nHost: 127.0.0.1:{port}\nContent-Type: multipart/form-data; boundary=b\nContent-Length: 100\n\n--b\n",
    ],
    ids=["call", "upload"],
)
def test_request_that_does_not_end_is_broken_off(at_once: Caller, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(limits, "EXCHANGE_S", 0.3)
    with line_to(at_once, text.format(port=port_of(at_once))) as connection:
        assert answered(connection) == b""
    assert at_once.service.log[-1]["status"] is None


def test_client_that_stalls_is_broken_off(at_once: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "EXCHANGE_S", 0.3)
    at_once.service.fail("list", "stall")
    with pytest.raises(httpx.TransportError):
        at_once.list()


def test_headers_that_do_not_end_are_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "IDLE_S", 0.3)
    with Emulator() as service:
        for text in ("", "GET / HTTP/1.1\n", "GET / HTTP/1.1\nX: "):
            caller = Caller(service)
            with line_to(caller, text) as connection:
                assert answered(connection) == b""
            caller.close()


@pytest.mark.parametrize("headers", [{"X": "y" * 5000}, {f"X-{n}": "y" for n in range(100)}], ids=["long", "many"])
def test_headers_beyond_all_measure(at_once: Caller, headers: dict[str, str]) -> None:
    answer = at_once.http.get(f"{at_once.service.base_url}/tasks", headers=headers)
    assert 400 <= answer.status_code < 500


# --- the memory that calls share


def test_whoever_finds_no_room_waits_and_no_more_is_taken_than_there_is() -> None:
    held = most = 0

    async def take(room: Room, size: int) -> None:
        nonlocal held, most
        async with room.taken(size):
            held += size
            most = max(most, held)
            await asyncio.sleep(0)
            held -= size

    async def all_of_them() -> None:
        room = Room(10)
        await asyncio.gather(*(take(room, size) for size in (10, 3, 4, 5, 1, 10, 0, 6, 6) * 5))

    asyncio.run(all_of_them())
    assert (held, most) == (0, 10)


def test_one_that_gives_up_takes_nothing() -> None:
    async def impatient() -> None:
        room = Room(10)
        async with room.taken(8):
            try:
                async with asyncio.timeout(0.01), room.taken(8):
                    raise AssertionError
            except TimeoutError:
                pass
        async with asyncio.timeout(1), room.taken(10):
            pass

    asyncio.run(impatient())
