"""Requests shown: without the key, harmless to a terminal, and as curl commands that run."""

import json
import os
import shlex
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediapreflight.catalog import builtin_catalog
from mediapreflight.submit.dashscope.answers import Policy
from mediapreflight.submit.dashscope.endpoint import Endpoint
from mediapreflight.submit.dashscope.requests import call_request, list_request, policy_request, upload_request
from mediapreflight.submit.http import Form, Request
from mediapreflight.submit.http.key import ApiKey
from mediapreflight.submit.rehearsal import as_curl, as_dict, as_text, masked

from .drive import inside

BEIJING = Endpoint("beijing", "https://dashscope.aliyuncs.com/api/v1")
HOSTILE = 'it\'s "quoted" \x1b[31m $HOME `id` \\ \u202e\x7f\nJSON\nend'
needs_curl = pytest.mark.skipif(not (shutil.which("curl") and shutil.which("bash")), reason="curl and bash are not installed")


def wan(prompt: str, image: str = "https://a.example/1.png", endpoint: Endpoint = BEIJING) -> Request:
    model = builtin_catalog().model("wan2.6-i2v")
    return call_request(endpoint, model, {"image": image}, {"prompt": prompt}, {"duration": 5})


LEAVE = {
    "OSSAccessKeyId": "LTAI",
    "Signature": "s=",
    "policy": "p'o",
    "x-oss-object-acl": "private",
    "x-oss-forbid-overwrite": "true",
}


def upload_to(host: str, path: str, name: str = "1f.png") -> Request:
    return upload_request(Policy("dir/a", host, 100, LEAVE), path, name)


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
    url = inside(str(fixtures / "portrait.jpg"))
    request = wan("x", url)
    assert url not in as_text(request)
    assert '"img_url": "data:image/jpeg;base64,… (63.7 kB)"' in as_text(request)
    assert len(as_text(request)) < 1000
    assert url in as_curl(request)
    assert as_dict(request)["json"]["input"]["img_url"] == url


def test_dict_is_json() -> None:
    assert as_dict(list_request(BEIJING, page_no=1, page_size=10)) == {
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
    requests = [Request("upload", "POST", "https://oss.example", form=Form({"policy": text}, path, "1f.png"))]
    # A request that was built holds no half of a surrogate pair.
    requests += [sent] if text.isascii() or text.encode("utf-8", "ignore").decode() == text else []
    for request in requests:
        for shown in (as_text(request), as_curl(request)):
            assert shown.replace("\n", "").isprintable()


KEY = "sk-'0\"1\\2/3&4"
SPOKEN = f"say {KEY} aloud"


@pytest.mark.parametrize("show", [as_text, as_curl, lambda request: json.dumps(as_dict(request))])
def test_a_key_typed_into_a_value_is_masked_wherever_it_stands(show: Callable[[Request], str]) -> None:
    headers, params = {"X-Note": SPOKEN}, {"q": SPOKEN}
    body = {"input": {"prompt": SPOKEN, "list": [{SPOKEN: SPOKEN}]}}
    create = Request("create", "POST", f"https://a.example/{KEY}", headers=headers, params=params, json=body)
    upload = Request("upload", "POST", "https://a.example", form=Form({"policy": SPOKEN}, f"/home/{KEY}.png", f"{KEY}.png"))
    mask = ApiKey(KEY).mask
    for request in (create, upload):
        shown = show(masked(request, mask))
        assert mask(shown) == shown
        for form in (KEY, shlex.quote(KEY)[1:-1], json.dumps(KEY)[1:-1], quote(KEY, safe="")):
            assert form not in shown
        assert "****" in shown
    assert masked(create, mask).json["input"]["list"] == [{"say **** aloud": "say **** aloud"}]


def test_masking_changes_nothing_else(fixtures: Path) -> None:
    request = wan("a cat", inside(str(fixtures / "portrait.jpg")))
    assert masked(request, ApiKey(KEY).mask) == request


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

    do_GET = do_POST = _keep  # noqa: N815 - the names the server calls

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
    subprocess.run(["bash", "-c", command], env=environment, check=True, timeout=120, capture_output=True)


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
        url = inside(str(fixtures / "portrait.jpg"))
        run(as_curl(wan("x", url, Endpoint("beijing", recorder.url))))
        assert json.loads(recorder.seen[0]["body"])["input"]["img_url"] == url

    def test_a_query(self, recorder: Recorder) -> None:
        request = list_request(Endpoint("beijing", recorder.url), model_name="a&b c", page_no=2, page_size=10)
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
        assert [name for name, _ in parts] == [*request.form.fields, "file"]
        assert [(name, part.get_payload()) for name, part in parts[:-1]] == list(request.form.fields.items())
        assert (parts[-1][1].get_filename(), parts[-1][1].get_payload(decode=True)) == ("1f.png", b"\x89PNG content")

    def test_a_look_at_a_url_with_brackets(self, recorder: Recorder) -> None:
        run(as_curl(Request("look", "GET", f"{recorder.url}/a[1-2]{{b,c}}.png")))
        (seen,) = recorder.seen
        assert (seen["method"], seen["path"], seen["headers"]["Authorization"]) == ("GET", "/api/v1/a[1-2]{b,c}.png", None)


# Pieces that mean something to a shell, to a here-document, to curl or to a terminal.
PIECES = [
    "'", '"', "\\", "\n", "\r\n", "\nJSON\n", "JSON", "$(touch ran)", "`touch ran`", "; touch ran #", "| touch ran",
    "& touch ran &", "\ntouch ran\n", "$HOME", "${IFS}", "!!", "~", "*", "{a,b}", "[1-3]", "<(touch ran)", "> ran",
    "-o ran", "@ran", "--", "\x1b[31m", "\x7f", "\u202e", "\u2028", "\t", " ", "a", "图", "%0a", "=", ";filename=ran",
    "x,y", "\\x27", "$'",
]  # fmt: skip
ARGUMENTS = st.lists(st.sampled_from(PIECES), max_size=6).map("".join)
NAMED = ARGUMENTS | st.just("\udcff'\udc80")
RECORDS = r"""#!/bin/bash
printf '%s\0' "$@" > argv
for word; do if [ "$word" = @- ]; then /bin/cat > body; fi; done
"""


@st.composite
def hostile_requests(draw: st.DrawFn) -> Request:
    url = "https://a.example/" + draw(ARGUMENTS)
    headers = draw(st.dictionaries(ARGUMENTS, ARGUMENTS, max_size=2))
    if draw(st.booleans()):
        fields = draw(st.dictionaries(ARGUMENTS, ARGUMENTS, max_size=2))
        return Request("upload", "POST", url, headers, form=Form(fields, "/" + draw(NAMED), draw(NAMED)))
    values = st.dictionaries(ARGUMENTS, ARGUMENTS | st.text() | st.none() | st.floats(allow_nan=False), max_size=3)
    body = draw(st.fixed_dictionaries({"model": ARGUMENTS, "input": values, "parameters": values}))
    return Request("create", "POST", url, headers, draw(st.dictionaries(ARGUMENTS, ARGUMENTS, max_size=2)), body)


def words_for(request: Request) -> list[str]:
    """What curl must be given for a request, told without a shell."""
    url = request.url + (f"?{urlencode(request.params)}" if request.params else "")
    words = ["-X", request.method, *(["--globoff"] if set(url) & set("[]{}") else []), url]
    words += ["-H", "Authorization: Bearer sk-test"] if request.carries_key else []
    for name, value in request.headers.items():
        words += ["-H", f"{name}: {value}"]
    if request.json is not None:
        return [*words, "--data-binary", "@-"]
    for name, value in request.form.fields.items():
        words += ["--form-string", f"{name}={value}"]
    path, name = (text.replace("\\", "\\\\").replace('"', '\\"') for text in (request.form.path, request.form.name))
    return [*words, "-F", f'file=@"{path}";filename="{name}"']


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
@settings(max_examples=10)
@given(hostile_requests())
def test_a_shell_that_is_given_the_command_runs_curl_and_nothing_else(request: Request) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "bin").mkdir()
        (place / "work").mkdir()
        fake = place / "bin" / "curl"
        fake.write_text(RECORDS)
        fake.chmod(0o755)
        done = subprocess.run(
            [shutil.which("bash"), "--noprofile", "--norc", "-eu"],
            input=f"# a comment\n{as_curl(request)}\n\n".encode(),
            env={"PATH": str(place / "bin"), "DASHSCOPE_API_KEY": "sk-test", "HOME": "/nowhere", "LC_ALL": "C.UTF-8"},
            cwd=place / "work",
            capture_output=True,
            timeout=120,
            check=False,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
        written = {path.name: path.read_bytes() for path in (place / "work").iterdir()}
    given_words = written.pop("argv").split(b"\0")[:-1]
    assert given_words == [word.encode("utf-8", "surrogateescape") for word in words_for(request)]
    if request.json is not None:
        assert json.loads(written.pop("body")) == request.json
    assert written == {}


def test_a_file_that_is_a_data_url_is_named_shortly_and_to_be_written_first() -> None:
    request = upload_to("https://oss.example", "data:audio/wav;base64," + "A" * 4000 + "\n", "1f.wav")
    assert "file=1f.wav (the content of data:audio/wav;base64,… (3.0 kB))" in as_text(request)
    first, *rest = as_curl(request).split("\n")
    assert first == "# first write what data:audio/wav;base64,… (3.0 kB) holds to ./1f.wav"
    assert rest[-1].strip() == '-F \'file=@"./1f.wav";filename="1f.wav"\''
    assert as_dict(request)["form"]["path"] == "data:audio/wav;base64,… (3.0 kB)"
