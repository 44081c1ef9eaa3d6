"""How long an exchange may take, where it may lead, and what the environment may say of it."""

from __future__ import annotations

import gzip
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx
import pytest

from mediapreflight.errors import DownloadError, LostAnswerError, UnreachableError, UploadError, UsageError
from mediapreflight.submit.client import AsyncClient, Client
from mediapreflight.submit.http import Answer, Form, Request, Send, connections, transport
from mediapreflight.submit.http.addresses import PrivateAddressError

from ..conftest import KEY
from ..drive import Site, plain_page
from ..raw import CLIENTS, Behaviour, RawServer, answered, by_sync, dribble, received, whole

Exchange = Callable[..., Answer]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n"
# The bounds of the exchanges below: 0.2 s to connect and two silences of 0.2 s.
SHORT = httpx.Timeout(0.2)
WHOLE_S = 0.6
# How much longer it may take on a busy machine.
BUSY_S = 10
# httpx leaves its generators to the garbage collector where a body is not read or sent whole, and trio complains.
pytestmark = pytest.mark.filterwarnings("ignore:Async generator:ResourceWarning")
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*PROXIES, *map(str.upper, PROXIES), "SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"):
        monkeypatch.delenv(name, raising=False)


def get(url: str, purpose: Any = "query", **options: Any) -> Send:
    return Send(Request(purpose, "GET", url), **options)


@pytest.fixture
def upload(tmp_path: Path) -> Callable[..., Send]:
    path = tmp_path / "p.jpg"
    path.write_bytes(os.urandom(4 * 2**20))

    def make(url: str, **options: Any) -> Send:
        from mediapreflight.output_folder import file_sha256

        request = Request("upload", "POST", url, form=Form({}, str(path), "p.jpg"))
        return Send(request, **{"sha256": file_sha256(path), **options})

    return make


# --- time


def slow_reader(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    while connection.recv(1):
        time.sleep(0.05)


PACKED = gzip.compress(os.urandom(10_000))
SLOW: dict[str, Behaviour] = {
    "more headers": answered(HEAD, pause=0.05, after=dribble(b"X-A: b\r\n")),
    "interim answers": answered(pause=0.05, after=dribble(b"HTTP/1.1 103 Early Hints\r\n\r\n")),
    "chunks": answered(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", pause=0.05, after=dribble(b"1\r\nx\r\n")),
    "packed": answered(HEAD + b"Content-Encoding: gzip\r\n\r\n", pause=0.05, after=[PACKED[at : at + 1] for at in range(10_000)]),
}


@pytest.mark.sweep
# The bound is one for all event loops: each behaviour meets one of them. Slow heads, bodies and silence at each step of a
# submission are in `tests/outside/test_bounds.py`.
@pytest.mark.parametrize(("behaviour", "exchange"), list(zip(SLOW, cycle(CLIENTS), strict=False)))
def test_a_byte_at_a_time_comes_to_an_end(behaviour: str, exchange: Exchange, tmp_path: Path) -> None:
    with RawServer(SLOW[behaviour]) as server:
        began = time.monotonic()
        with pytest.raises(LostAnswerError, match=r"^127\.0\.0\.1:\d+: the answer was lost: "):
            exchange(get(server.url, "create"), tmp_path, timeout=httpx.Timeout(0.5, connect=2))
        assert time.monotonic() - began < WHOLE_S + BUSY_S


@pytest.mark.parametrize("exchange", CLIENTS)
def test_an_upload_that_is_taken_a_byte_at_a_time_comes_to_an_end(
    exchange: Exchange, upload: Callable[..., Send], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "SLOWEST", 100 * 2**20)
    with RawServer(slow_reader) as server, pytest.raises(LostAnswerError):
        exchange(upload(server.url), tmp_path, timeout=httpx.Timeout(0.5, connect=2))


@pytest.mark.parametrize("exchange", CLIENTS)
def test_what_is_slow_but_fast_enough_is_waited_for(exchange: Exchange, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Longer than the exchange may take without its bytes, and far shorter than with them.
    monkeypatch.setattr(transport, "_SILENCES", 0)
    monkeypatch.setattr(transport, "SLOWEST", 500)
    pieces = [b"x" * 1000] * 15
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 15000\r\n\r\n"
    with RawServer(answered(head, pause=0.1, after=pieces)) as server:
        assert exchange(get(server.url), tmp_path, timeout=httpx.Timeout(30, connect=1)).body == b"x" * 15_000


@pytest.mark.parametrize("exchange", CLIENTS)
def test_the_time_of_an_upload_grows_with_its_size(
    exchange: Exchange, upload: Callable[..., Send], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "_SILENCES", 0)
    monkeypatch.setattr(transport, "SLOWEST", 2**17)

    def thinks(connection: socket.socket) -> None:
        data = received(connection)
        while b"--\r\n" not in data[-8:]:
            data = data[-8:] + connection.recv(2**20)
        for _ in range(8):
            time.sleep(0.15)
            connection.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n")
        connection.sendall(whole(b""))

    with RawServer(thinks) as server:
        assert exchange(upload(server.url), tmp_path, timeout=httpx.Timeout(30, connect=1)).status == 200


@pytest.mark.parametrize("exchange", CLIENTS)
def test_a_tls_handshake_that_never_ends_is_no_request(exchange: Exchange, tmp_path: Path) -> None:
    def mumble(connection: socket.socket) -> None:
        # A handshake record of 16 KiB, a byte at a time.
        connection.sendall(b"\x16\x03\x03\x40\x00")
        for byte in dribble(b"\x02"):
            time.sleep(0.05)
            connection.sendall(byte)

    with RawServer(mumble) as server:
        began = time.monotonic()
        with pytest.raises(UnreachableError, match="cannot be reached"):
            exchange(get(server.url.replace("http:", "https:")), tmp_path, timeout=SHORT)
        assert time.monotonic() - began < WHOLE_S + BUSY_S


@pytest.mark.parametrize("exchange", CLIENTS)
def test_a_name_that_is_looked_up_for_ever_is_no_request(
    exchange: Exchange, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end, ended = threading.Event(), threading.Event()

    def asleep(*_: object, **__: object) -> Any:
        may_end.wait(60)
        ended.set()
        raise socket.gaierror(socket.EAI_AGAIN, "try again")

    monkeypatch.setattr(socket, "getaddrinfo", asleep)
    if exchange is not by_sync:  # an event loop of the caller's own ends with its threads
        threading.Timer(2, may_end.set).start()
    with pytest.raises(UnreachableError, match="cannot be reached"):
        exchange(get("https://service.example/api/v1/tasks"), tmp_path, timeout=SHORT)
    assert ended.is_set() == (exchange is not by_sync)
    may_end.set()


@pytest.mark.parametrize("exchange", CLIENTS)
def test_without_time_outs_there_is_no_end(exchange: Exchange, tmp_path: Path) -> None:
    with RawServer(answered(HEAD.replace(b"100000", b"20") + b"\r\n", pause=0.05, after=[b"x"] * 20)) as server:
        assert len(exchange(get(server.url), tmp_path, timeout=httpx.Timeout(None)).body) == 20


# --- where a service may send its clients


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What names resolve to."""
    known: dict[str, list[str]] = {}
    real = socket.getaddrinfo

    def found(host: Any, port: Any, *rest: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        return [entry for address in known.get(name, [name]) for entry in real(address, port, *rest, **options)]

    monkeypatch.setattr(socket, "getaddrinfo", found)
    return known


@pytest.mark.parametrize("exchange", CLIENTS)
@pytest.mark.parametrize(("purpose", "error"), [("upload", UploadError), ("download", DownloadError)])
@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "100.64.0.1", "::1", "::ffff:10.0.0.1", "fd00::1", "224.0.0.1"]
)
def test_a_name_that_leads_inside_is_not_connected_to(
    exchange: Exchange, purpose: str, error: type[Exception], address: str, names: dict[str, list[str]], tmp_path: Path
) -> None:
    with Site({"/": plain_page(200)}) as site:
        port = site.url.rpartition(":")[2]
        names["oss.example"] = ["93.184.216.34", address]
        with pytest.raises(error, match=rf"^oss\.example:{port}: is not a public address \(.*\), and a remote service"):
            exchange(get(f"http://oss.example:{port}/", purpose, public=True), tmp_path)
        assert site.requests == []


@pytest.mark.parametrize("exchange", CLIENTS)
def test_neither_is_the_name_of_an_input(exchange: Exchange, names: dict[str, list[str]], tmp_path: Path) -> None:
    with Site({"/": plain_page(200)}) as site:
        port = site.url.rpartition(":")[2]
        names["media.example"] = ["93.184.216.34", "10.1.2.3"]
        for host, address in (("media.example", "10.1.2.3"), ("127.1", "127.1"), ("[::1]", "::1"), ("localhost", "localhost")):
            with pytest.raises(PrivateAddressError) as caught:
                exchange(get(f"http://{host}:{port}/", "look", public=True), tmp_path)
            assert caught.value.address == address
        assert site.requests == []


@pytest.mark.parametrize("exchange", CLIENTS)
@pytest.mark.parametrize("proxied", [False, True])
@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.1",
        "localhost",
        "x.localhost",
        "LOCALHOST.",
        "127.0.0.1.",
        "127\u30020\u30020\u30021",
        "localhost\uff0e",
        "[::1]",
        "[::ffff:7f00:1]",
        "10.0.0.9",
    ],
)
def test_an_address_inside_is_not_connected_to_through_a_proxy_either(
    exchange: Exchange, proxied: bool, host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Site({"/": plain_page(200)}) as site:
        if proxied:
            monkeypatch.setenv("HTTP_PROXY", site.url)
        with pytest.raises(DownloadError, match=r"is not a public address(?: \(.*\))?, and a remote service"):
            exchange(get(f"http://{host}:{site.url.rpartition(':')[2]}/", "download", public=True), tmp_path)
        assert site.requests == []


@pytest.mark.parametrize("exchange", CLIENTS)
def test_a_proxy_may_be_inside(exchange: Exchange, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Site({"http://oss.example/": plain_page(200, b"by proxy")}) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        assert exchange(get("http://oss.example/", "download", public=True), tmp_path).body == b"by proxy"


@pytest.mark.parametrize("exchange", CLIENTS)
def test_the_next_address_is_tried(
    exchange: Exchange, names: dict[str, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "refuse_private", lambda addresses: addresses)
    with Site({"/": plain_page(200, b"here")}) as site:
        names["oss.example"] = ["127.0.0.2", "127.0.0.1"]
        url = f"http://oss.example:{site.url.rpartition(':')[2]}/"
        assert exchange(get(url, "download", public=True), tmp_path).body == b"here"


# --- proxies and certificates

LOOPBACK = ["127.0.0.1", "127.9.8.7", "localhost", "service.localhost", "[::1]"]


@pytest.mark.parametrize("exchange", CLIENTS)
@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("host", LOOPBACK)
def test_no_proxy_sees_what_goes_to_this_machine(
    exchange: Exchange, variable: str, host: str, names: dict[str, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names["service.localhost"] = names["127.9.8.7"] = names["::1"] = ["127.0.0.1"]
    with Site({"/": plain_page(200, b"direct")}) as site, Site({}) as proxy:
        monkeypatch.setenv(variable, proxy.url)
        if host in ("[::1]", "127.9.8.7"):
            with pytest.raises(UnreachableError):
                exchange(get(f"http://{host}:1/"), tmp_path)
        else:
            assert (
                exchange(get(f"http://{host}:{site.url.rpartition(':')[2]}/"), tmp_path, timeout=httpx.Timeout(30)).body
                == b"direct"
            )
        assert proxy.requests == []


@pytest.mark.parametrize("kind", [Client, AsyncClient])
@pytest.mark.parametrize("variable", ["HTTP_PROXY", "https_proxy", "ALL_PROXY"])
@pytest.mark.parametrize(
    "value",
    [
        "ftp://proxy:1",
        "gopher://x",
        "http://[::1",
        "http://proxy:port",
        "http://[bad",
        "http://a b:1",
        "http://xn--a:1",
        "http://",
        "x" * 70_000,
        "//",
    ],
)
def test_a_proxy_that_cannot_be_one_is_named(
    kind: Any, variable: str, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(UsageError, match=f"^{variable} is not a proxy: it must be http://, https:// or socks5://, "):
        kind(KEY)


def test_a_socks_proxy_says_which_library_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "find_spec", lambda name: None)
    monkeypatch.setenv("ALL_PROXY", "socks5://user:secret@proxy:1080")
    with pytest.raises(UsageError, match=r"^ALL_PROXY names a SOCKS proxy.*pip install 'httpx\[socks\]'$"):
        Client(KEY)


def test_hosts_that_cannot_be_any_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "good.example,[::1")
    with pytest.raises(UsageError, match=r"^NO_PROXY contains a host name that is not valid$"):
        Client(KEY)


@pytest.mark.parametrize("kind", [Client, AsyncClient])
@pytest.mark.parametrize(
    ("variable", "words"),
    [
        ("SSL_CERT_FILE", "SSL_CERT_FILE does not name a file"),
        ("SSL_CERT_DIR", "SSL_CERT_DIR does not name a folder"),
        ("SSLKEYLOGFILE", "SSLKEYLOGFILE names a file that cannot be used: no such file or directory"),
    ],
)
def test_certificates_that_are_not_there_are_named(
    kind: Any, variable: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, str(tmp_path / "none" / "x.pem"))
    with pytest.raises(UsageError) as caught:
        kind(KEY)
    assert str(caught.value) == words


@pytest.mark.parametrize("content", [b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"])
def test_certificates_that_are_none_are_named(content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.pem").write_bytes(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "x.pem"))
    with pytest.raises(UsageError, match=r"^SSL_CERT_FILE names a file that cannot be used: [^/]+$"):
        Client(KEY)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_certificates_are_not_read_from_a_pipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "pipe"))
    with pytest.raises(UsageError, match=r"^SSL_CERT_FILE does not name a file$"):
        Client(KEY)


def test_the_certificates_that_are_named_are_those_that_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import certifi

    one = Path(certifi.where()).read_text(encoding="ascii").split("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----\n"
    (tmp_path / "one.pem").write_text(one[one.index("-----BEGIN") :], encoding="ascii")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "one.pem"))
    context = connections._certificates()
    assert context.verify_mode is ssl.CERT_REQUIRED and len(context.get_ca_certs()) == 1


@pytest.mark.parametrize("exchange", CLIENTS)
@pytest.mark.parametrize(
    "url", ["https://xn--a/", f"https://{'a' * 64}.example/", f"https://oss.example/{'a' * 70_000}", "https://a..example/"]
)
def test_a_url_that_cannot_be_sent_to_is_an_error_of_ours(exchange: Exchange, url: str, tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match=r"cannot be reached: "):
        exchange(get(url, "download"), tmp_path)


@pytest.mark.parametrize(
    ("variable", "value"), [("SSL_CERT_FILE", "/none/x.pem"), ("HTTPS_PROXY", "gopher://proxy"), ("NO_PROXY", "[::1")]
)
def test_the_command_says_it_in_one_line(
    variable: str,
    value: str,
    fixtures: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from mediapreflight.cli import main

    monkeypatch.setenv(variable, value)
    monkeypatch.setenv("DASHSCOPE_API_KEY", KEY)
    options = ["--base-url", "http://127.0.0.1:9/api/v1", "--out", str(tmp_path / "out"), "--yes"]
    job = ["--model", "wan2.6-i2v", f"image={fixtures / 'portrait.jpg'}", "--set", "prompt=x"]
    assert main(["submit", *job, *options]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"mediapreflight: {variable} ")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes")
@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSLKEYLOGFILE"])
def test_a_pipe_is_no_file_of_certificates_or_keys(variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setenv(variable, str(tmp_path / "pipe"))
    with pytest.raises(UsageError, match=f"{variable} does not name a file"):
        Client(KEY)
