"""Requests shown: without the key, harmless to a terminal, and as curl commands that run."""

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.catalog import builtin_catalog
from mediapreflight.submit.answers import Policy
from mediapreflight.submit.endpoint import Endpoint
from mediapreflight.submit.exchange import Form, Request
from mediapreflight.submit.render import as_curl, as_dict, as_text
from mediapreflight.submit.requests import create_request, data_url, list_request, policy_request, upload_request

BEIJING = Endpoint("beijing", "https://dashscope.aliyuncs.com/api/v1")
HOSTILE = 'it\'s "quoted" \x1b[31m $HOME `id` \\ \u202e\x7f\nJSON\nend'
needs_curl = pytest.mark.skipif(not (shutil.which("curl") and shutil.which("bash")), reason="curl and bash are not installed")


def wan(prompt: str, image: str = "https://a.example/1.png", endpoint: Endpoint = BEIJING) -> Request:
    model = builtin_catalog().model("wan2.6-i2v")
    return create_request(endpoint, model, {"image": image}, {"prompt": prompt}, {"duration": 5}, "beijing")


def upload_to(host: str, path: str, name: str = "1f.png") -> Request:
    return upload_request(Policy("p'o", "s=", "dir/a", host, 300, 100, "LTAI", "private", "true"), path, name)


def test_text() -> None:
    assert as_text(wan("a cat")) == "\n".join(
        [
            "POST https://dashscope.aliyuncs.com/api/v1/services/aigc/video-generation/video-synthesis",
            "Authorization: Bearer ****",
            "Content-Type: application/json",
            "X-DashScope-Async: enable",
            "",
            "{",
            '  "model": "wan2.6-i2v",',
            '  "input": {',
            '    "img_url": "https://a.example/1.png",',
            '    "prompt": "a cat"',
            "  },",
            '  "parameters": {',
            '    "duration": 5',
            "  }",
            "}",
        ]
    )


def test_text_of_a_query() -> None:
    shown = as_text(policy_request(BEIJING, "emo-v1"))
    assert shown.startswith("GET https://dashscope.aliyuncs.com/api/v1/uploads?action=getPolicy&model=emo-v1\n")


def test_text_of_an_upload_says_what_is_sent_where_and_no_key() -> None:
    lines = as_text(upload_to("https://oss.example", "/home/me/a.png")).split("\n")
    assert lines[0] == "POST https://oss.example"
    assert "key=dir/a/1f.png" in lines
    assert lines[-1] == "file=1f.png (the content of /home/me/a.png)"
    assert not any("Authorization" in line for line in lines)


def test_a_file_inside_the_request_is_shortened_in_the_text_only(fixtures: Path) -> None:
    url = data_url(str(fixtures / "portrait.jpg"), "jpeg")
    request = wan("x", url)
    assert url not in as_text(request)
    assert f"… ({len(url)} characters)" in as_text(request)
    assert len(as_text(request)) < 1000
    assert url in as_curl(request)
    assert as_dict(request)["json"]["input"]["img_url"] == url


def test_dict_is_json() -> None:
    assert as_dict(list_request(BEIJING)) == {
        "purpose": "list",
        "method": "GET",
        "url": "https://dashscope.aliyuncs.com/api/v1/tasks/",
        "headers": {"Authorization": "Bearer ****"},
        "params": {"page_no": "1", "page_size": "10"},
        "json": None,
        "form": None,
    }
    shown = as_dict(upload_to("https://oss.example", os.fsdecode(b"/home/\xff.png")))
    assert (shown["headers"], shown["form"]["path"], shown["form"]["name"]) == ({}, "/home/\\xff.png", "1f.png")
    assert shown["form"]["fields"]["success_action_status"] == "200"
    json.dumps(shown).encode()


# What the file system can name: text, or bytes that are none.
NAMES = st.one_of(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1),
    st.binary(min_size=1).filter(lambda name: b"\0" not in name).map(os.fsdecode),
)


@given(st.text(), NAMES)
def test_nothing_reaches_the_terminal_unwritten(text: str, path: str) -> None:
    sent = Request(
        "create", "POST", "https://a.example/api/v1/x", headers={"X": "y"}, params={"q": text or "q"}, json={"p": text}
    )
    requests = [Request("upload", "POST", "https://oss.example", form=Form((("policy", text),), path, "1f.png"))]
    # A request that was built holds no half of a surrogate pair.
    requests += [sent] if text.isascii() or text.encode("utf-8", "ignore").decode() == text else []
    for request in requests:
        for shown in (as_text(request), as_curl(request)):
            assert shown.replace("\n", "").isprintable()


class Recorder(HTTPServer):
    """Keeps every request it is sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/api/v1"


class Handler(BaseHTTPRequestHandler):
    server: Recorder

    def _keep(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.server.seen.append({"method": self.command, "path": self.path, "headers": self.headers, "body": body})
        self.send_response(200)
        self.end_headers()

    do_GET = do_POST = do_HEAD = _keep  # noqa: N815 - the names the server calls

    def log_message(self, format: str, *arguments: object) -> None:
        """Not to stderr."""


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    with Recorder() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def run(command: str) -> None:
    environment = {**os.environ, "DASHSCOPE_API_KEY": "sk-test", "no_proxy": "127.0.0.1"}
    subprocess.run(["bash", "-c", command], env=environment, check=True, timeout=30, capture_output=True)


@needs_curl
class TestCurl:
    @pytest.mark.parametrize("prompt", ["a cat", HOSTILE, "图像 🐈"])
    def test_a_job(self, recorder: Recorder, prompt: str) -> None:
        request = wan(prompt, endpoint=Endpoint("beijing", recorder.url))
        run(as_curl(request))
        (seen,) = recorder.seen
        assert (seen["method"], seen["path"]) == ("POST", "/api/v1/services/aigc/video-generation/video-synthesis")
        assert seen["headers"]["Authorization"] == "Bearer sk-test"
        assert {name: seen["headers"][name] for name in request.headers} == request.headers
        assert json.loads(seen["body"]) == request.json

    def test_a_job_with_its_file_inside(self, recorder: Recorder, fixtures: Path) -> None:
        url = data_url(str(fixtures / "portrait.jpg"), "jpeg")
        run(as_curl(wan("x", url, Endpoint("beijing", recorder.url))))
        assert json.loads(recorder.seen[0]["body"])["input"]["img_url"] == url

    def test_a_query(self, recorder: Recorder) -> None:
        request = list_request(Endpoint("beijing", recorder.url), model_name="a&b c", page_no=2)
        run(as_curl(request))
        (seen,) = recorder.seen
        assert seen["method"] == "GET"
        assert dict(parse_qsl(urlsplit(seen["path"]).query)) == request.params

    @pytest.mark.parametrize("name", ["a.png", 'it\'s; "a" \\ ,b.png', "\x1b[31m\nb.png", "图.png", os.fsdecode(b"\xff.png")])
    def test_an_upload(self, recorder: Recorder, tmp_path: Path, name: str) -> None:
        path = tmp_path / name
        path.write_bytes(b"\x89PNG content")
        request = upload_to(f"{recorder.url}/upload", str(path))
        run(as_curl(request))
        (seen,) = recorder.seen
        assert seen["headers"]["Authorization"] is None
        form = message_from_bytes(b"Content-Type: " + seen["headers"]["Content-Type"].encode() + b"\n\n" + seen["body"])
        parts = [(part.get_param("name", header="content-disposition"), part) for part in form.get_payload()]
        assert [name for name, _ in parts] == [*(name for name, _ in request.form.fields), "file"]
        assert [(name, part.get_payload()) for name, part in parts[:-1]] == list(request.form.fields)
        assert (parts[-1][1].get_filename(), parts[-1][1].get_payload(decode=True)) == ("1f.png", b"\x89PNG content")

    def test_a_look_at_a_url_with_brackets(self, recorder: Recorder) -> None:
        run(as_curl(Request("look", "HEAD", f"{recorder.url}/a[1-2]{{b,c}}.png")))
        (seen,) = recorder.seen
        assert (seen["method"], seen["path"], seen["headers"]["Authorization"]) == ("HEAD", "/api/v1/a[1-2]{b,c}.png", None)
