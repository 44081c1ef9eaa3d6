"""Who is answered, and what every answer says to the browser."""

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
    assert (answer.status_code, answer.json()) == (404, {"error": "there is nothing at this address"})


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
    "path", ["../server.py", "%2e%2e/server.py", "..%2fserver.py", "%2fetc/passwd", ".", "vendor", "a\\b", "nothing.js"]
)
def test_only_assets_are_assets(visitor: Visitor, path: str) -> None:
    assert visitor.http.get(f"{visitor.address}assets/{path}").status_code == 404


def test_the_style_of_the_report_is_there(visitor: Visitor) -> None:
    answer = visitor.http.get("assets/report.css")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/css; charset=utf-8")
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
