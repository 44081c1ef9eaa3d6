"""The result's way to disk: whole, once, and whatever happens on the line."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mediapreflight.errors import DownloadError, OutputError
from mediapreflight.output_folder import OutputFolder
from mediapreflight.submit import downloads
from mediapreflight.submit.downloads import download
from mediapreflight.submit.http import Answer, Send
from mediapreflight.submit.session import Pace

from .drive import LOST, UNREACHABLE, Ran, Reply, Sender, Site, file_page, over_http, plain_page, run, scripted

NAME = "portrait-1234.mp4"
LONGER_NAME = f"longer-{NAME}"
URL = "https://results.example/out.mp4?Expires=1&Signature=secret"
SHOWN = "https://results.example/out.mp4"


@pytest.fixture
def sender() -> Iterator[Sender]:
    with httpx.Client(trust_env=False) as client:
        yield over_http(client)


@pytest.fixture
def video(fixtures: Path) -> bytes:
    return (fixtures / "talking-head.mp4").read_bytes()


def fetched(url: str, out: Path, sender: Sender, ran: Ran | None = None, *, pace: Pace | None = None, **options: Any) -> Path:
    with OutputFolder(out) as folder:
        found = run(
            lambda session: download(session, url, folder, NAME, otherwise=LONGER_NAME, **options),
            sender,
            ran,
            **({} if pace is None else {"pace": pace}),
        ).result
    assert isinstance(found, Path)
    return found


def failure(url: str, out: Path, sender: Sender, ran: Ran | None = None, **options: Any) -> str:
    """The error's text, once it is sure that nothing is left in the folder."""
    before = {path: path.read_bytes() for path in out.glob("*")}
    with pytest.raises(DownloadError) as caught:
        fetched(url, out, sender, ran, **options)
    assert {path: path.read_bytes() for path in out.glob("*")} == before
    assert "secret" not in str(caught.value)
    return str(caught.value)


def whole(video: bytes, *, etag: str = '"one"') -> Reply:
    return Reply(200, {"content-length": str(len(video)), "etag": etag}, (video,))


def first_part(video: bytes, count: int, *, error: Exception | None = LOST, **headers: str) -> Reply:
    """An answer that breaks off after `count` bytes."""
    return Reply(200, {"content-length": str(len(video)), "etag": '"one"'} | headers, (video[:count],), error)


def rest(video: bytes, start: int, *, etag: str = '"one"', end: int | None = None, error: Exception | None = None) -> Reply:
    headers = {"content-range": f"bytes {start}-{len(video) - 1}/{len(video)}", "etag": etag}
    return Reply(206, headers, (video[start:end],), error)


def ranges(ran: Ran) -> list[str | None]:
    return [sent.request.headers.get("Range") for sent in ran.sends]


# All is well


def test_a_video_comes_home(tmp_path: Path, sender: Sender, video: bytes) -> None:
    shares: list[float] = []
    with Site({"/out.mp4": file_page(video)}) as site:
        found = fetched(f"{site.url}/out.mp4?Signature=a%2Fb%3D", tmp_path / "out", sender, progress=shares.append)
        ((path, headers),) = site.requests
    assert found == tmp_path / "out" / NAME
    assert found.read_bytes() == video
    assert [entry.name for entry in (tmp_path / "out").iterdir()] == [NAME]
    assert path == "/out.mp4?Signature=a%2Fb%3D"
    assert "authorization" not in headers and headers["accept-encoding"] == "identity"
    assert shares == sorted(shares) and shares[-1] == 1.0


def test_a_body_of_unknown_length_comes_home(tmp_path: Path, sender: Sender, video: bytes) -> None:
    def chunked(handler: BaseHTTPRequestHandler) -> None:
        handler.protocol_version = "HTTP/1.1"
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.send_header("Connection", "close")
        handler.end_headers()
        for start in range(0, len(video), 10_000):
            piece = video[start : start + 10_000]
            handler.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        handler.wfile.write(b"0\r\n\r\n")

    with Site({"/out.mp4": chunked}) as site:
        assert fetched(f"{site.url}/out.mp4", tmp_path, sender).read_bytes() == video


# The line breaks


def test_a_cut_is_resumed_where_it_broke_off(tmp_path: Path, sender: Sender, video: bytes) -> None:
    ran = Ran()
    with Site({"/out.mp4": file_page(video, cut_after=[30_000, 20_000, 1])}) as site:
        found = fetched(f"{site.url}/out.mp4", tmp_path, sender, ran)
    assert found.read_bytes() == video
    assert ranges(ran) == [None, "bytes=30000-", "bytes=50000-", "bytes=50001-"]
    assert {sent.request.headers.get("If-Range") for sent in ran.sends[1:]} == {'"one"'}
    assert len(ran.sleeps) == 3


@given(cuts=st.lists(st.integers(0, 95_000), max_size=4))
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_wherever_the_line_breaks_the_bytes_are_the_same(tmp_path: Path, video: bytes, cuts: list[int]) -> None:
    with httpx.Client(trust_env=False) as client, Site({"/out.mp4": file_page(video, cut_after=cuts)}) as site:
        found = fetched(f"{site.url}/out.mp4", tmp_path, over_http(client))
    assert found.read_bytes() == video


def test_fewer_bytes_than_stated_are_a_cut_too(tmp_path: Path, video: bytes) -> None:
    ran = Ran()
    script = scripted(first_part(video, 10, error=None), rest(video, 10))
    assert fetched(URL, tmp_path, script, ran).read_bytes() == video
    assert ranges(ran) == [None, "bytes=10-"]


def test_a_connection_lost_after_the_last_byte_is_no_loss(tmp_path: Path, video: bytes) -> None:
    assert fetched(URL, tmp_path, scripted(first_part(video, len(video)))).read_bytes() == video


def test_without_an_entity_tag_the_date_tells_the_file(tmp_path: Path, video: bytes) -> None:
    date = "Fri, 20 Nov 2026 08:00:00 GMT"
    for tag in ("", 'W/"weak"'):
        ran = Ran()
        script = scripted(first_part(video, 10, etag=tag, **{"last-modified": date}), rest(video, 10))
        assert fetched(URL, tmp_path, script, ran).read_bytes() == video
        assert ran.sends[1].request.headers["If-Range"] == date


def test_without_anything_that_tells_the_file_it_is_fetched_from_the_start(tmp_path: Path, video: bytes) -> None:
    ran = Ran()
    assert fetched(URL, tmp_path, scripted(first_part(video, 10, etag=""), whole(video)), ran).read_bytes() == video
    assert ranges(ran) == [None, None]


def test_a_file_that_has_changed_is_fetched_from_the_start(tmp_path: Path, video: bytes, fixtures: Path) -> None:
    other = (fixtures / "dance.mp4").read_bytes()
    assert fetched(URL, tmp_path, scripted(first_part(other, 20_000), whole(video, etag='"two"'))).read_bytes() == video


@pytest.mark.parametrize(
    "wrong",
    [
        Reply(206, {"content-range": "bytes 4-9/93754", "etag": '"one"'}, (b"123456",)),
        Reply(206, {"content-range": "bytes 10-19/20", "etag": '"one"'}, (b"1234567890",)),
        Reply(206, {"etag": '"one"'}, (b"123456",)),
        Reply(206, {"content-range": "bytes 4-9/93754", "etag": '"two"'}, (b"123456",), LOST),
        Reply(206, {"content-range": "bytes 10-99999/93754", "etag": '"one"'}, (bytes(100_000),)),
        Reply(416, {"content-range": "bytes */5"}),
        Reply(416),
    ],
)
def test_a_rest_that_does_not_fit_is_thrown_away(tmp_path: Path, video: bytes, wrong: Reply) -> None:
    ran = Ran()
    assert fetched(URL, tmp_path, scripted(first_part(video, 10), wrong, whole(video)), ran).read_bytes() == video
    assert ranges(ran) == [None, "bytes=10-", None]


def test_a_file_whose_length_was_not_stated_is_whole_where_nothing_is_left(tmp_path: Path, video: bytes) -> None:
    cut = Reply(200, {"etag": '"one"'}, (video,), LOST)
    script = scripted(cut, Reply(416, {"content-range": f"bytes */{len(video)}"}))
    assert fetched(URL, tmp_path, script).read_bytes() == video


# It does not come


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_dead_url_is_said_to_be_dead(tmp_path: Path, sender: Sender, status: int) -> None:
    with Site({"/out.mp4": plain_page(status, b"<Error><Code>AccessDenied</Code></Error>")}) as site:
        words = failure(f"{site.url}/out.mp4?Signature=secret", tmp_path, sender)
        assert words == f"{site.url}/out.mp4: the URL of the result has expired (status {status})"
        assert len(site.requests) == 1


def test_an_unexpected_status_is_not_tried_again(tmp_path: Path) -> None:
    assert failure(URL, tmp_path, scripted(Reply(400))) == f"{SHOWN}: the result cannot be downloaded: status 400"


def test_what_can_pass_is_tried_again(tmp_path: Path, video: bytes) -> None:
    ran = Ran()
    script = scripted(
        Reply(503), Reply(429, {"retry-after": "9"}), Reply(0, error=UNREACHABLE), Reply(0, error=LOST), whole(video)
    )
    assert fetched(URL, tmp_path, script, ran).read_bytes() == video
    assert ran.sleeps == [0.5, 10.0, 2.0, 4.0]


def test_the_first_wait_can_be_chosen(tmp_path: Path, video: bytes) -> None:
    ran = Ran()
    fetched(URL, tmp_path, scripted(Reply(503), Reply(503), whole(video)), ran, pace=Pace(first_backoff=0.01))
    assert ran.sleeps == [0.005, 0.01]


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(500), "status 500"),
        (Reply(0, error=LOST), "no answer came, or it was cut off"),
        (Reply(206, {"content-range": "bytes 5-9/10"}, (b"12345",)), "its data does not end"),
    ],
)
def test_tries_come_to_an_end(tmp_path: Path, reply: Reply, words: str) -> None:
    ran = Ran()
    script = scripted(reply, reply, reply)
    assert (
        failure(URL, tmp_path, script, ran, pace=Pace(attempts=3))
        == f"{SHOWN}: the result could not be downloaded in 3 tries: {words}"
    )
    assert len(ran.sleeps) == 2


def test_a_byte_at_a_time_comes_to_an_end(tmp_path: Path, video: bytes) -> None:
    drops = [rest(video, start, end=start + 1, error=LOST) for start in range(1, 10)]
    assert "in 5 tries" in failure(URL, tmp_path, scripted(first_part(video, 1), *drops))


def test_progress_gives_new_tries(tmp_path: Path, video: bytes) -> None:
    lost = Reply(0, error=LOST)
    script = scripted(lost, lost, first_part(video, 70_000), lost, lost, rest(video, 70_000))
    assert fetched(URL, tmp_path, script, pace=Pace(attempts=3)).read_bytes() == video


def test_a_body_without_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "_MOST_BYTES", 100_000)
    seen = []

    def pieces() -> Iterator[bytes]:
        while True:
            seen.append(1)
            yield bytes(10_000)

    def endless(effect: Send) -> Answer:
        assert effect.sink is not None and effect.begin is not None
        effect.begin(Answer(200, {}))
        for piece in pieces():
            if effect.sink(piece):
                break
        return Answer(200, {})

    assert failure(URL, tmp_path, endless) == f"{SHOWN}: the result has more than 100,000 bytes"
    assert len(seen) == 11
    stated = scripted(Reply(200, {"content-length": "100001"}, (b"x",)))
    assert failure(URL, tmp_path, stated) == f"{SHOWN}: the result has more than 100,000 bytes"


# It is not what it should be


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("faults/truncated.mp4", "truncated"),
        ("faults/corrupt-frames.mp4", "corrupt"),
        ("faults/html-named-jpg.jpg", "not media: its bytes are those of an HTML page"),
        ("faults/empty.jpg", "empty: the file has 0 bytes"),
        ("portrait.jpg", "it contains only image"),
        ("voice.wav", "it contains only audio"),
    ],
)
def test_what_is_no_sound_video_is_fetched_once_more_and_not_delivered(
    fixtures: Path, tmp_path: Path, sender: Sender, name: str, words: str
) -> None:
    with Site({"/out.mp4": file_page((fixtures / name).read_bytes())}) as site:
        found = failure(f"{site.url}/out.mp4", tmp_path, sender)
        assert found.startswith(f"{site.url}/out.mp4: the result is not an intact video: {words}")
        assert len(site.requests) == 2
        assert all("range" not in headers for _, headers in site.requests)


def test_the_second_fetch_may_be_sound(tmp_path: Path, video: bytes, fixtures: Path) -> None:
    broken = (fixtures / "faults" / "truncated.mp4").read_bytes()
    assert fetched(URL, tmp_path, scripted(whole(broken), whole(video))).read_bytes() == video


# Where it leads


def test_redirects_are_followed(tmp_path: Path, sender: Sender, video: bytes) -> None:
    pages = {"/a": plain_page(302, b"there", Location="/b"), "/b": file_page(video, cut_after=[100])}
    ran = Ran()
    with Site(pages) as site:
        assert fetched(f"{site.url}/a", tmp_path, sender, ran).read_bytes() == video
        assert [path for path, _ in site.requests] == ["/a", "/b", "/a", "/b"]


def test_redirects_come_to_an_end(tmp_path: Path) -> None:
    loop = Reply(302, {"location": URL})
    assert failure(URL, tmp_path, scripted(loop, loop, loop, loop)) == f"{SHOWN}: redirects more than 3 times"


@pytest.mark.parametrize(
    "location",
    [
        "http://results.example/out.mp4?Signature=secret",
        "http://127.0.0.1/out.mp4",
        "ftp://results.example/out.mp4",
        "file:///etc/passwd",
        "https://user:secret@results.example/out.mp4",
        "https://[broken/out.mp4",
    ],
)
def test_a_redirect_away_from_https_is_not_followed(tmp_path: Path, location: str) -> None:
    words = failure(URL, tmp_path, scripted(Reply(302, {"location": location})))
    assert words.startswith(f"{SHOWN}: redirects to ") and words.endswith(", which is not followed")


def test_no_request_carries_the_key(tmp_path: Path, video: bytes) -> None:
    ran = Ran()
    lead = Reply(302, {"location": "https://b.example/x"})
    fetched(URL, tmp_path, scripted(lead, first_part(video, 9), lead, rest(video, 9)), ran)
    assert [sent.request.url for sent in ran.sends] == [URL, "https://b.example/x", URL, "https://b.example/x"]
    assert not any(sent.request.carries_key for sent in ran.sends)


# The folder


def test_a_file_with_the_same_bytes_is_left_as_it_is(tmp_path: Path, video: bytes) -> None:
    first = fetched(URL, tmp_path, scripted(whole(video)))
    was = first.stat()
    assert fetched(URL, tmp_path, scripted(whole(video))) == first
    assert (first.stat().st_ino, first.stat().st_mtime_ns) == (was.st_ino, was.st_mtime_ns)


def test_a_file_with_other_bytes_is_kept_and_the_video_gets_its_longer_name(tmp_path: Path, video: bytes) -> None:
    (tmp_path / NAME).write_bytes(b"mine")
    for _ in range(2):
        assert fetched(URL, tmp_path, scripted(whole(video))) == tmp_path / LONGER_NAME
    assert (tmp_path / LONGER_NAME).read_bytes() == video
    assert (tmp_path / NAME).read_bytes() == b"mine"
    (tmp_path / LONGER_NAME).write_bytes(b"mine, too")
    with pytest.raises(OutputError, match="exists already, with other content; choose another folder with --out"):
        fetched(URL, tmp_path, scripted(whole(video)))
    assert (tmp_path / LONGER_NAME).read_bytes() == b"mine, too"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="limits on file sizes are a matter of POSIX")
def test_a_full_disk_is_an_error_of_the_folder_and_not_tried_again(
    tmp_path: Path, video: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    import resource
    import signal

    was = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, was[1]))
    try:
        with pytest.raises(OutputError) as caught:
            fetched(URL, tmp_path, scripted(whole(video)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, was)
        signal.signal(signal.SIGXFSZ, before)
    assert str(caught.value) == f"{tmp_path}: cannot be written to: {os.strerror(errno.EFBIG).lower()}"
    assert list(tmp_path.iterdir()) == []


def test_a_download_that_is_given_up_leaves_nothing(tmp_path: Path, video: bytes) -> None:
    def given_up(send: Send) -> Answer:
        assert send.begin is not None and send.sink is not None
        send.begin(Answer(200, {}))
        send.sink(video[:1000])
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetched(URL, tmp_path, given_up)
    assert list(tmp_path.iterdir()) == []
