"""What the documents promise of the server behind the page of `studio`, asked by its address, as any program could."""

import os
import re
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from .home import FIXTURES
from .stand_in import KEY_A


class Studio:
    """A running server: its address, and the folder that it may keep files in."""

    def __init__(self, process: "subprocess.Popen[str]", folder: Path) -> None:
        self.process, self.folder = process, folder
        assert process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:(\d+)/([\w-]+)/", process.stdout.readline())
        assert found
        self.address, self.port, self.token = found[0], int(found[1]), found[2]
        self.host = f"127.0.0.1:{self.port}"

    def ask(self, path: str = "", method: str = "GET", token: str | None = None, **headers: str) -> httpx.Response:
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        url = f"http://{self.host}/{self.token if token is None else token}/{path}"
        return httpx.request(method, url, headers=said, trust_env=False, timeout=60)

    def files(self) -> list[Path]:
        return [path for path in self.folder.rglob("*") if path.is_file()]


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    folder = tmp_path_factory.mktemp("studio")
    environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()} | {
        "DASHSCOPE_API_KEY": KEY_A,
        "MEDIAPREFLIGHT_CACHE_DIR": str(folder / "cache"),
        "MEDIAPREFLIGHT_STATE_DIR": str(folder / "state"),
    }
    words = [sys.executable, "-m", "mediapreflight", "studio", "--no-browser"]
    with (folder / "errors.txt").open("w") as errors:
        process = subprocess.Popen(words, env=environment, cwd=folder, stdout=subprocess.PIPE, stderr=errors, text=True)
        try:
            yield Studio(process, folder)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)


def test_the_address_has_a_token_that_cannot_be_guessed(studio: Studio) -> None:
    assert len(studio.token) >= 32  # 24 bytes
    page = studio.ask()
    assert page.status_code == 200
    for token in ("", "x", studio.token[:-1], studio.token + "x", studio.token.swapcase()):
        answer = studio.ask(token=token)
        assert answer.status_code in (400, 403, 404, 405), token
        assert studio.token not in answer.text + str(answer.headers)
    assert KEY_A not in page.text


def test_it_listens_on_loopback_only(studio: Studio) -> None:
    for family, address in ((socket.AF_INET, "127.0.0.2"), (socket.AF_INET6, "::1")):
        with socket.socket(family) as caller:
            caller.settimeout(5)
            assert caller.connect_ex((address, studio.port)) != 0, address


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "localhost"},
        {"Host": "evil.example"},
        {"Host": "127.0.0.1"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
def test_other_sites_are_refused(studio: Studio, headers: dict[str, str]) -> None:
    """Also with the token: a name that resolves to this machine, and a page of another site."""
    before = studio.files()
    answer = studio.ask("files?name=a.png", "POST", **headers)
    assert 400 <= answer.status_code < 500, answer.status_code
    assert "access-control-allow-origin" not in answer.headers
    if "Host" in headers:
        assert studio.ask(**headers).status_code >= 400
    assert studio.files() == before


def test_what_a_page_may_load(studio: Studio) -> None:
    answer = studio.ask()
    policy = answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-eval" not in policy
    assert "*" not in policy
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in answer.headers
    assert not re.findall(r"""(?:src|href)=["'](?:https?:)?//(?!127\.0\.0\.1)""", answer.text)


def upload(studio: Studio, name: str, content: bytes) -> httpx.Response:
    return httpx.post(studio.address + "files", params={"name": name}, content=content, trust_env=False, timeout=60)


def test_what_was_dropped_is_the_users_alone(studio: Studio) -> None:
    """A name is only a name; what a browser would run is not served as such; only the user can read it."""
    before = set(studio.folder.parent.iterdir())
    portrait = (FIXTURES / "portrait.jpg").read_bytes()
    for name in (
        "../../escape.jpg",
        "/tmp/escape.jpg",
        "a\r\nSet-Cookie: b.jpg",
        ".",
        "x" * 5000,
        "\N{RIGHT-TO-LEFT OVERRIDE}gpj",
    ):
        assert upload(studio, name, portrait).status_code in (201, 400, 414, 422), name
    page = upload(studio, "evil.html", b"<script>alert(1)</script>")
    assert page.status_code < 500
    if page.status_code == 201:
        shown = studio.ask(f"files/{page.json()['id']}")
        assert "html" not in shown.headers.get("content-type", "")
    assert set(studio.folder.parent.iterdir()) == before
    kept = [path for path in studio.files() if "cache" in path.parts]
    assert kept
    for path in kept:
        inside = path.relative_to(studio.folder)
        modes = [stat.S_IMODE((studio.folder / part).stat().st_mode) for part in (inside, *list(inside.parents)[:-1])]
        assert any(mode & 0o077 == 0 for mode in modes), path


def test_nothing_stays_behind(studio: Studio) -> None:
    """The last test of this server: it ends, and takes what was dropped with it."""
    assert upload(studio, "last.jpg", (FIXTURES / "portrait.jpg").read_bytes()).status_code == 201
    content = (FIXTURES / "portrait.jpg").read_bytes()
    assert any(path.read_bytes() == content for path in studio.files())
    studio.process.send_signal(signal.SIGINT)
    studio.process.wait(60)
    assert not any(path.read_bytes() == content for path in studio.files())
    errors = (studio.folder / "errors.txt").read_text("utf-8")
    assert "Traceback" not in errors
    assert not any(KEY_A.encode() in path.read_bytes() for path in studio.files())
