"""Opening the named file, and nothing else."""

import io
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.media.facts import UnknownFacts
from mediapreflight.media.opening import open_source
from mediapreflight.media.probe import probe
from mediapreflight.media.source import Excerpt, OpenError, display_name, local_path

from .make import FIXTURES

PICTURE = FIXTURES / "formats/rgb.png"
NOBODY = 65_534
on_posix = pytest.mark.skipif(os.name != "posix", reason="such files and names exist on POSIX systems only")


def problems(path: str | os.PathLike[str] | bytes) -> tuple[str, ...]:
    facts = probe(path)  # type: ignore[arg-type]
    assert isinstance(facts, UnknownFacts)
    assert facts.format is None
    return facts.problems


def test_missing(tmp_path: Path) -> None:
    assert problems(tmp_path / "no.png") == ("missing: no such file",)
    assert problems(PICTURE / "no.png") == ("missing: no such file",)
    assert problems("") == ("missing: no such file",)


def test_folder(tmp_path: Path) -> None:
    assert problems(tmp_path) == ("unreadable: it is a folder, not a file",)


def test_empty() -> None:
    assert problems(FIXTURES / "faults/empty.jpg") == ("empty: the file has 0 bytes",)


@on_posix
def test_links(tmp_path: Path) -> None:
    good, dangling, loop = tmp_path / "good.png", tmp_path / "dangling.png", tmp_path / "loop.png"
    good.symlink_to(PICTURE)
    dangling.symlink_to(tmp_path / "gone.png")
    loop.symlink_to(loop)
    assert probe(good).problems == ()
    assert problems(dangling) == ("missing: the link points to nothing",)
    (problem,) = problems(loop)
    assert problem.startswith("unreadable: too many levels of symbolic links")


@on_posix
def test_named_pipe_does_not_block(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.mp4"
    os.mkfifo(pipe)
    assert problems(pipe) == ("unreadable: it is a named pipe, not a file",)


@on_posix
def test_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The path of a socket may have no more than about a hundred characters.
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("sock.mp4")
        assert problems("sock.mp4") == ("unreadable: it is a socket, not a file",)


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/stdin"])
@on_posix
def test_devices(device: str) -> None:
    if device == "/dev/stdin":
        done = subprocess.run(
            [sys.executable, "-c", "from mediapreflight.media.probe import probe; print(probe('/dev/stdin').problems[0])"],
            stdin=subprocess.PIPE,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout == "unreadable: it is a named pipe, not a file\n"
    else:
        assert problems(device) == ("unreadable: it is a device, not a file",)


@on_posix
def test_no_permission() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "secret.png")
        path.write_bytes(PICTURE.read_bytes())
        path.chmod(0)
        # The folders that pytest makes are closed to everyone else.
        Path(folder).chmod(0o755)
        with without_root_rights():
            assert problems(path) == ("unreadable: permission denied",)


@contextmanager
def without_root_rights() -> Iterator[None]:
    """Root may read everything, so its rights are laid aside for a while."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


def test_name_with_nul() -> None:
    assert problems("a\0b.png") == ("unreadable: its name contains a character that no file name can have",)


def test_name_with_half_a_surrogate_pair() -> None:
    """As a job file in JSON can spell it."""
    facts = probe("a\ud800b.png")
    assert facts.path == "a\\ud800b.png"
    assert len(facts.problems) == 1


def test_name_too_long() -> None:
    (problem,) = problems("x" * 5000 + ".png")
    assert problem.startswith("unreadable: ")


@on_posix
@pytest.mark.parametrize(
    "name",
    [
        "-i.png",
        "--version",
        "file:x.png",
        "http:x.png",
        "concat:a.png|b.png",
        "pipe:0",
        "a\nb.png",
        "\r\x1b[31m.png",
        " . ",
        "%d.png",
        "x.png ",
        "日本.png",
        "*?[x].png",
        "~",
        "$HOME",
        b"\xff\xfe.png",
    ],
)
@pytest.mark.parametrize("media", ["formats/rgb.png", "formats/h264.mp4", "formats/cbr.mp3"])
def test_names_are_only_ever_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str | bytes, media: str) -> None:
    monkeypatch.chdir(tmp_path)
    path = os.fsdecode(name)
    Path(path).write_bytes((FIXTURES / media).read_bytes())
    facts = probe(path)
    assert (facts.problems, facts.kind == "unknown") == ((), False)
    assert facts.path == display_name(path)
    facts.path.encode("utf-8")


@on_posix
def test_slashes_after_a_protocol_are_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert problems("http://127.0.0.1:9/a.png") == ("missing: no such file",)
    (tmp_path / "http:" / "host").mkdir(parents=True)
    (tmp_path / "http:" / "host" / "a.png").write_bytes(PICTURE.read_bytes())
    assert probe("http://host/a.png").problems == ()


def test_path_objects_and_bytes(tmp_path: Path) -> None:
    as_bytes: str = os.fsencode(PICTURE)  # type: ignore[assignment]
    assert probe(PICTURE) == probe(str(PICTURE)) == probe(as_bytes)


@pytest.mark.parametrize(
    ("name", "shown"),
    [("a.png", "a.png"), ("ü.png", "ü.png"), ("a\udcffb", "a\\xffb"), ("\udce4\udcb8", "\\xe4\\xb8"), ("\ud800", "\\ud800")],
)
def test_display_name(name: str, shown: str) -> None:
    assert display_name(name) == shown


def test_aside_puts_the_stream_back() -> None:
    with open_source(str(PICTURE)) as source:
        source.stream.seek(100)
        with pytest.raises(RuntimeError), source.peeking() as stream:
            stream.seek(5)
            raise RuntimeError
        assert source.stream.tell() == 100
        assert source.size == PICTURE.stat().st_size


def test_the_file_is_closed(tmp_path: Path) -> None:
    with open_source(str(PICTURE)) as source:
        stream = source.stream
    assert stream.closed
    with pytest.raises(OpenError), open_source(str(tmp_path)):
        pass


@on_posix
def test_a_file_that_turns_into_a_pipe_between_look_and_opening(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"x")
    real_stat = os.stat

    def stat_then_swap(name: str) -> os.stat_result:
        status = real_stat(name)
        monkeypatch.setattr(os, "stat", real_stat)
        path.unlink()
        os.mkfifo(path)
        return status

    monkeypatch.setattr(os, "stat", stat_then_swap)
    assert problems(path) == ("unreadable: it is a named pipe, not a file",)


FILE_URLS = [
    # URL, path on POSIX, path on Windows; None: it names no file of this machine and stays as it is
    ("file:///a/b.png", "/a/b.png", "/a/b.png"),
    ("FILE:///a%20b.png", "/a b.png", "/a b.png"),
    ("file://localhost/a.png", "/a.png", "/a.png"),
    ("file://LOCALHOST/a.png", "/a.png", "/a.png"),
    ("file:///a#b?c.png", "/a#b?c.png", "/a#b?c.png"),
    ("file:///100%.png", "/100%.png", "/100%.png"),
    ("file:///%E5%9B%BE.png", "/图.png", "/图.png"),
    ("file:///图.png", "/图.png", "/图.png"),
    ("file:///C:/a%20b.png", "/C:/a b.png", "C:/a b.png"),
    ("file:///c:\\a.png", "/c:\\a.png", "c:\\a.png"),
    ("file://D:/a.png", None, "D:/a.png"),
    ("file://D:\\a.png", None, "D:\\a.png"),
    ("file://server/share/a.png", None, None),
    ("file://127.0.0.1/a.png", None, None),
    ("file:////server/share/a.png", None, None),
    ("file:///%2Fserver/share/a.png", None, None),
    ("file:///%5Cserver/share/a.png", None, None),
    ("file://localhost//server/a.png", None, None),
    ("file://user@localhost/a.png", None, None),
    ("file://./a.png", None, None),
    ("file://", None, None),
    ("file://localhost", None, None),
    ("file:/a.png", None, None),
    ("file:a.png", None, None),
    ("/a/file:///b.png", None, None),
    ("", None, None),
]


@pytest.mark.every(("url", "posix", "windows"), FILE_URLS)
def test_file_urls_name_files_of_this_machine(url: str, posix: str | None, windows: str | None) -> None:
    assert local_path(url, windows=False) == (url if posix is None else posix)
    assert local_path(url, windows=True) == (url if windows is None else windows)


@on_posix
def test_bytes_of_file_urls_that_are_no_text() -> None:
    assert os.fsencode(local_path("file:///%FF.png")) == b"/\xff.png"
    assert local_path("file:///\ud800.png") == "/\ud800.png"
    assert problems("file:///%00.png") == ("unreadable: its name contains a character that no file name can have",)


def test_files_by_their_urls() -> None:
    facts = probe(PICTURE.resolve().as_uri())
    assert (facts.path, facts.problems) == (str(PICTURE.resolve()), ())


@pytest.mark.parametrize("url", ["file://server/a.png", "file://", "FILE:////server/a.png"])
def test_file_urls_of_other_machines_are_opened_by_nobody(url: str) -> None:
    reason = "unreadable: it is a file: URL that does not name a file on this machine; write file:///PATH"
    assert problems(url) == (reason,)


@given(
    st.binary(max_size=20),
    st.lists(st.builds(range, st.integers(0, 30), st.integers(0, 30)), max_size=3),
    st.lists(st.tuples(st.sampled_from([os.SEEK_SET, os.SEEK_CUR, os.SEEK_END]), st.integers(-40, 40), st.integers(-1, 40))),
)
def test_an_excerpt_is_a_file_of_its_own(head: bytes, pieces: list[range], moves: list[tuple[int, int, int]]) -> None:
    data = bytes(range(30))
    plain = io.BytesIO(b"".join((head, *(data[piece.start : piece.stop] for piece in pieces))))
    excerpt = Excerpt(io.BytesIO(data), *pieces, head=head)
    for whence, offset, count in moves:
        at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: plain.tell(), os.SEEK_END: len(plain.getvalue())}[whence]
        if at < 0:
            with pytest.raises(ValueError, match="offset"):
                excerpt.seek(offset, whence)
            continue
        assert excerpt.seek(offset, whence) == plain.seek(at)
        assert excerpt.read(count) == plain.read(count)
        assert excerpt.tell() == plain.tell()
    assert excerpt.is_all_of(30) == (not head and pieces == [range(30)])
