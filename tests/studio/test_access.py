"""Who is answered, and what every answer says to the browser."""

import logging
import socket

import pytest

from .visitor import Visitor

FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost:1"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Host": "evil.example"},
    {"Host": "localhost"},
    {"Host": ""},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
@pytest.mark.parametrize(
    ("method", "path"), [("GET", ""), ("GET", "state"), ("POST", "check"), ("POST", "files"), ("DELETE", "files/f1")]
)
def test_other_sites_are_refused(visitor: Visitor, method: str, path: str, headers: dict[str, str]) -> None:
    answer = visitor.http.request(method, path, headers=headers)
    assert answer.status_code in (400, 403)
    assert b"limits" not in answer.content
    assert "access-control-allow-origin" not in answer.headers


def test_the_name_localhost_is_another_host(visitor: Visitor) -> None:
    port = visitor.host.partition(":")[2]
    assert visitor.http.get("state", headers={"Host": f"localhost:{port}"}).status_code == 403


def test_the_page_itself_is_answered(visitor: Visitor) -> None:
    own = {"Origin": f"http://{visitor.host}", "Sec-Fetch-Site": "same-origin"}
    assert visitor.http.get("state", headers=own).status_code == 200
    assert visitor.http.get("", headers={"Sec-Fetch-Site": "none"}).status_code == 200


@pytest.mark.parametrize("path", ["", "state", "files", "x" * 32 + "/state", "%00/state", "\N{SNOWMAN}/state"])
def test_without_the_token_there_is_nothing(visitor: Visitor, path: str) -> None:
    answer = visitor.http.get(f"http://{visitor.host}/{path}")
    assert (answer.status_code, answer.json()) == (404, {"error": "there is no page at this address"})


def asked_with(visitor: Visitor, line: str) -> bytes:
    """The answer to a request with this first line."""
    with socket.create_connection(("127.0.0.1", visitor.http.base_url.port or 0), timeout=60) as connection:
        connection.sendall(f"{line}\r\nHost: {visitor.host}\r\nConnection: close\r\n\r\n".encode())
        return b"".join(iter(lambda: connection.recv(4096), b""))


def test_it_is_no_proxy(visitor: Visitor) -> None:
    token = visitor.http.base_url.path.strip("/")
    for target in (f"GET http://evil.example/{token}/state", "CONNECT evil.example:443", f"CONNECT {token}"):
        answer = asked_with(visitor, f"{target} HTTP/1.1")
        assert answer.split(b"\r\n")[0].split()[1] in (b"400", b"404")
        assert b"limits" not in answer and b"IndexError" not in answer


def test_what_is_no_request_says_nothing_on_the_terminal(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    # What Python prints of errors that a library logs, where nobody has asked for them.
    printed: list[logging.LogRecord] = []
    monkeypatch.setattr(logging.lastResort, "handle", printed.append)
    for name in (None, "aiohttp"):
        logger = logging.getLogger(name)
        monkeypatch.setattr(logger, "handlers", [each for each in logger.handlers if isinstance(each, logging.NullHandler)])
    assert b" 400 " in asked_with(visitor, "GET / HTTP/9.9")
    assert printed == []


def test_no_cookie_and_no_store_and_a_strict_policy(visitor: Visitor) -> None:
    for path in ("", "state", "nowhere", "files/f999", "assets/report.css"):
        headers = visitor.http.get(path).headers
        policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
        assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert policy["script-src"] == policy["connect-src"] == "'self'"
        assert "unsafe" not in policy["style-src"]
        assert (headers["Referrer-Policy"], headers["X-Content-Type-Options"]) == ("no-referrer", "nosniff")
        assert headers["Cache-Control"] == ("no-cache" if path.startswith("assets/") else "no-store")
        assert "Set-Cookie" not in headers


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_what_a_form_of_another_site_could_send_is_refused(visitor: Visitor, kind: str) -> None:
    answer = visitor.http.post("check", content=b'{"model": "emo-v1", "inputs": {}}', headers={"Content-Type": kind})
    assert answer.status_code == 415


@pytest.mark.parametrize(
    "path",
    ["../server.py", "%2e%2e/server.py", "..%2fserver.py", "%2fetc/passwd", ".", "vendor", "a\\b", "no.js", "a" * 3000],
)
def test_only_assets_are_assets(visitor: Visitor, path: str) -> None:
    assert visitor.http.get(f"{visitor.address}assets/{path}").status_code == 404


def test_the_style_of_the_report_is_there(visitor: Visitor) -> None:
    answer = visitor.http.get("assets/report.css")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/css; charset=utf-8")
    # Whatever the system knows of endings.
    assert "javascript" in visitor.http.get("assets/studio.js").headers["Content-Type"]
    assert visitor.http.get("assets/report.css", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[1", 400),
        (b'{"model": 1, "inputs": {}}', 400),
        (b'{"model": "emo-v1", "inputs": {}, "more": 1}', 400),
        (b'{"model": "\xff"}', 400),
        (b"[" * 60_000, 400),
        (b" " * 70_000, 413),
    ],
    ids=["nothing", "half", "wrong type", "unknown key", "no text", "deep", "large"],
)
def test_what_is_no_job_is_said(visitor: Visitor, body: bytes, status: int) -> None:
    answer = visitor.http.post("check", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert list(answer.json()) == ["error"]


def test_another_method_is_said(visitor: Visitor) -> None:
    assert "DELETE" in visitor.http.delete("check").json()["error"]
