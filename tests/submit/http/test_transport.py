"""What goes onto the wire and what is taken off it, against a real server: where the key goes, and how much is read."""

from __future__ import annotations

import gzip
import json
import os
import tracemalloc
import zlib
from collections.abc import Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import httpx
import pytest

from mediapreflight.errors import LostAnswerError, ProtocolError, UnreachableError, UploadError, UsageError
from mediapreflight.output_folder import file_sha256
from mediapreflight.submit.client import Client
from mediapreflight.submit.http import OPEN_PURPOSES, Answer, Form, Request, Send
from mediapreflight.submit.ledger import Ledger, NewSubmission

from ..conftest import KEY
from ..drive import Site, plain_page
from ..raw import CLIENTS, RawServer, answered, by_sync, received, whole

BOUND = 4 * 2**20
# httpx leaves its generators to the garbage collector where a body is not read or sent whole, and trio complains.
pytestmark = pytest.mark.filterwarnings("ignore:Async generator:ResourceWarning")


def echo(handler: BaseHTTPRequestHandler) -> None:
    said = handler.headers["Authorization"]
    plain_page(200, said.encode(), X_Echo=said)(handler)


@pytest.fixture
def site() -> Iterator[Site]:
    pages = {
        "/": plain_page(200),
        "/elsewhere": plain_page(302, Location="/"),
        "/echo": echo,
        "/long": plain_page(200, b"x" * BOUND),
        "/endless": plain_page(200, b"x" * (BOUND + 1)),
    }
    with Site(pages) as opened:
        yield opened


@pytest.fixture
def client(site: Site, tmp_path: Path) -> Iterator[Client]:
    with Client(api_key=KEY, base_url=f"{site.url}/api/v1", ledger=Ledger(tmp_path / "ledger.sqlite3")) as opened:
        yield opened


def sent(client: Client, purpose: Any, url: str, **bounds: Any) -> Answer:
    return client._run(lambda own: client.session.send(Request(purpose, "GET", url), **bounds))


@pytest.mark.parametrize("purpose", ["policy", "detect", "create", "query", "list", "cancel"])
def test_the_key_goes_with_calls_of_the_service(client: Client, site: Site, purpose: str) -> None:
    sent(client, purpose, f"{site.url}/")
    assert [headers["authorization"] for _, headers in site.requests] == [f"Bearer {KEY}"]


@pytest.mark.parametrize("purpose", sorted(OPEN_PURPOSES))
def test_the_key_goes_nowhere_else(client: Client, site: Site, purpose: str) -> None:
    sent(client, purpose, f"{site.url}/")
    ((_, headers),) = site.requests
    assert not any(KEY in value for value in headers.values())


@pytest.mark.parametrize("purpose", ["query", "download"])
def test_no_redirect_is_followed(client: Client, site: Site, purpose: str) -> None:
    answer = sent(client, purpose, f"{site.url}/elsewhere")
    assert (answer.status, answer.headers["location"]) == (302, "/")
    assert [path for path, _ in site.requests] == ["/elsewhere"]


def test_a_key_that_comes_back_is_masked(client: Client, site: Site) -> None:
    answer = sent(client, "query", f"{site.url}/echo")
    assert (answer.body, answer.headers["x-echo"]) == (b"Bearer ****", "Bearer ****")


def test_an_answer_is_read_up_to_a_bound(client: Client, site: Site) -> None:
    assert len(sent(client, "query", f"{site.url}/long").body) == BOUND
    with pytest.raises(ProtocolError, match=rf"^127\.0\.0\.1:\d+ answers with more than {BOUND:,} bytes$"):
        sent(client, "list", f"{site.url}/endless")


def test_a_task_is_not_asked_for_at_another_place_than_it_was_made(client: Client, site: Site) -> None:
    elsewhere, own = client.session.ledger.register(
        [_entry(base_url, client.session.account) for base_url in ("https://elsewhere.example/api/v1", f"{site.url}/api/v1")]
    )
    with pytest.raises(UsageError, match=r"belongs to https://elsewhere\.example/api/v1; give that as the base URL$"):
        client.session.endpoint_of(elsewhere)
    assert client.session.endpoint_of(own).base_url == f"{site.url}/api/v1"


def _entry(base_url: str, account: str) -> NewSubmission:
    job = {"model": "wan2.6-i2v", "inputs": {}, "parameters": {}, "region": "beijing"}
    return NewSubmission(fingerprint=base_url, model="wan2.6-i2v", region="beijing", base_url=base_url, account=account, job=job)


# --- packed answers


@cache
def bomb(size: int) -> bytes:
    """Zeros, packed twice as much as gzip can."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join([*(packer.compress(bytes(2**20)) for _ in range(size // 2**20)), packer.flush()])


@pytest.mark.parametrize("exchange", CLIENTS)
def test_no_answer_is_asked_for_in_a_coding(exchange: Any, site: Site, tmp_path: Path) -> None:
    for purpose in ("query", "upload", "look", "download"):
        exchange(Send(Request(purpose, "GET", f"{site.url}/")), tmp_path)
    assert {headers["accept-encoding"] for _, headers in site.requests} == {"identity"}


@pytest.mark.parametrize("exchange", CLIENTS)
@pytest.mark.parametrize(("coding", "pack"), [("gzip", gzip.compress), ("X-GZIP", gzip.compress), ("deflate", zlib.compress)])
def test_an_answer_that_is_packed_all_the_same_is_read(exchange: Any, coding: str, pack: Any, tmp_path: Path) -> None:
    with RawServer(answered(whole(pack(b"{}" * 5000), Content_Encoding=coding))) as server:
        assert exchange(Send(Request("query", "GET", server.url)), tmp_path).body == b"{}" * 5000


@pytest.mark.parametrize("exchange", CLIENTS)
@pytest.mark.parametrize("purpose", ["create", "list", "upload"])
def test_what_a_packed_answer_unpacks_to_is_bounded(exchange: Any, purpose: Any, tmp_path: Path) -> None:
    packed = bomb(64 * 2**20)
    with RawServer(answered(whole(packed, Content_Encoding="gzip"))) as server:
        tracemalloc.start()
        try:
            with pytest.raises(ProtocolError, match=f"answers with more than {BOUND:,} bytes"):
                exchange(Send(Request(purpose, "GET", server.url)), tmp_path)
            assert tracemalloc.get_traced_memory()[1] < 16 * BOUND
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize("exchange", CLIENTS)
@pytest.mark.parametrize("coding", ["br", "zstd", "compress", "gzip, gzip", "gzip,br", "deflate, identity", "*"])
def test_other_codings_are_refused(exchange: Any, coding: str, tmp_path: Path) -> None:
    body = gzip.compress(gzip.compress(bytes(1000)))
    words = r"^127\.0\.0\.1:\d+ answers in an encoding that was not asked for$"
    with RawServer(answered(whole(body, Content_Encoding=coding))) as server, pytest.raises(ProtocolError, match=words):
        exchange(Send(Request("query", "GET", server.url)), tmp_path)


@pytest.mark.parametrize("exchange", CLIENTS)
def test_a_transport_of_ones_own_may_unpack_by_itself(exchange: Any, tmp_path: Path) -> None:
    packed = httpx.Response(200, content=gzip.compress(b"{}"), headers={"Content-Encoding": "gzip"})
    send = Send(Request("query", "GET", "https://service.example/api/v1/tasks"))
    assert exchange(send, tmp_path, transport=httpx.MockTransport(lambda request: packed)).body == b"{}"


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_what_is_not_packed_as_it_says_is_refused(coding: str, tmp_path: Path) -> None:
    with RawServer(answered(whole(b"{}", Content_Encoding=coding))) as server, pytest.raises(ProtocolError, match="coding"):
        by_sync(Send(Request("query", "GET", server.url)), tmp_path)


# --- what proves that nothing was received


@pytest.mark.parametrize("exchange", CLIENTS)
@pytest.mark.parametrize("location", ["http:foo", "mailto:x", "http://xn--a/", "http://[::1", "x" * 70_000])
def test_an_answer_that_redirects_to_no_place_was_an_answer(exchange: Any, location: str, tmp_path: Path) -> None:
    head = f"HTTP/1.1 307 Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()
    with RawServer(answered(head)) as server, pytest.raises(LostAnswerError, match="the answer was lost"):
        exchange(Send(Request("create", "POST", server.url, json={})), tmp_path)


@pytest.mark.parametrize("exchange", CLIENTS)
def test_a_request_that_cannot_be_made_was_not_received(exchange: Any, tmp_path: Path) -> None:
    for host in ("xn--a", "a" * 64, "x:99999"):
        with pytest.raises(UnreachableError, match="cannot be reached"):
            exchange(Send(Request("create", "POST", f"http://{host}/", json={})), tmp_path)


# --- the key in what comes back


@pytest.mark.parametrize(
    "body",
    [
        f'{{"message": "{KEY}"}}',
        '{"message": "\\u0073k-' + KEY[3:] + '"}',
        json.dumps({"message": json.dumps({"inner": KEY})}),
        "<Error><Message>&#115;k-" + KEY[3:] + "</Message></Error>",
        "<Error><Message>&#x73;k&#0045;" + KEY[3:] + "</Message></Error>",
        "https://x.example/?key=%73k%2D" + KEY[3:],
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_the_key_is_masked_however_it_is_spelled(body: str, packed: bool, tmp_path: Path) -> None:
    data = gzip.compress(body.encode()) if packed else body.encode()
    headers = {"Content_Encoding": "gzip"} if packed else {}
    with RawServer(answered(whole(data, X_Echo="%73k-" + KEY[3:], **headers))) as server:
        answer = by_sync(Send(Request("query", "GET", server.url)), tmp_path)
    assert b"****" in answer.body and KEY[3:].encode() not in answer.body
    assert answer.headers["x-echo"] == "****"


def test_what_is_no_utf_8_stays_as_it_is(tmp_path: Path) -> None:
    with RawServer(answered(whole(b"\xff\xfe" + KEY.encode() + b"\xe4"))) as server:
        assert by_sync(Send(Request("query", "GET", server.url)), tmp_path).body == b"\xff\xfe****\xe4"


# --- the file of an upload


def taking(bodies: list[bytes], before_the_rest: Any = None) -> Any:
    """Takes an upload whole, and lets something happen once its first bytes are there."""

    def behave(connection: Any) -> None:
        data = received(connection)
        if before_the_rest is not None:
            before_the_rest()
        while not data.endswith(b"--\r\n") and (piece := connection.recv(2**20)):
            data += piece
        bodies.append(data)
        connection.sendall(whole(b""))

    return behave


def upload_of(path: Path, url: str) -> Send:
    return Send(Request("upload", "POST", url, form=Form({"key": "k"}, str(path), "p.jpg")), sha256=file_sha256(path))


@pytest.mark.parametrize("exchange", CLIENTS)
def test_a_file_is_uploaded_as_it_is(exchange: Any, tmp_path: Path) -> None:
    path, bodies = tmp_path / "p.jpg", []
    path.write_bytes(os.urandom(300_000))
    with RawServer(taking(bodies)) as server:
        assert exchange(upload_of(path, server.url), tmp_path).status == 200
    assert path.read_bytes() in bodies[0]


def replaced(path: Path) -> None:
    # In place, and with the same times: only the bytes tell.
    status = path.stat()
    with path.open("r+b") as stream:
        stream.seek(-1000, os.SEEK_END)
        stream.write(bytes(1000))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def grown(path: Path) -> None:
    with path.open("ab") as stream:
        stream.write(b"more")


def cut(path: Path) -> None:
    os.truncate(path, 5_000_000)


@pytest.mark.parametrize("exchange", CLIENTS)
@pytest.mark.parametrize("change", [replaced, grown, cut])
def test_a_file_that_changes_on_its_way_is_not_sent_whole(exchange: Any, change: Any, tmp_path: Path) -> None:
    path, bodies = tmp_path / "p.jpg", []
    path.write_bytes(os.urandom(20_000_000))
    words = r"p\.jpg: changed while it was uploaded; run it again$"
    with RawServer(taking(bodies, lambda: change(path))) as server, pytest.raises(UploadError, match=words):
        exchange(upload_of(path, server.url), tmp_path, timeout=httpx.Timeout(10))
    assert not any(body.endswith(b"--\r\n") for body in bodies)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_is_not_uploaded(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    send = Send(Request("upload", "POST", "http://127.0.0.1:9/", form=Form({}, str(tmp_path / "pipe"), "p.jpg")))
    with pytest.raises(UploadError, match="pipe: cannot be read: it is a named pipe, not a file"):
        by_sync(send, tmp_path)
