"""Files that somebody names, read whole up to a bound."""

import hashlib
import os
import socket
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mediapreflight import named_files
from mediapreflight.media.opening import open_source
from mediapreflight.media.source import Source
from mediapreflight.named_files import NotReadError, TooLargeError, read_bytes, read_text, sha256_of

on_posix = pytest.mark.skipif(os.name != "posix", reason="such files exist on POSIX systems only")
HUGE = 100 * 10**9


def refusal(path: Path | str, most: int = 10) -> str:
    with pytest.raises(NotReadError) as raised:
        read_bytes(path, most)
    return str(raised.value)


@pytest.mark.parametrize("content", [b"", b"a", b"0123456789"])
def test_content_up_to_the_bound(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    assert read_bytes(tmp_path / "file", 10) == content


def test_content_beyond_the_bound(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"0123456789a")
    with pytest.raises(TooLargeError, match="is larger than 10 bytes"):
        read_bytes(tmp_path / "file", 10)


def test_text(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"\xef\xbb\xbf\xc3\xa9")
    assert read_text(tmp_path / "file", 10) == "é"
    (tmp_path / "file").write_bytes(b"ab\xff")
    with pytest.raises(NotReadError, match=r"is not UTF-8 text \(byte 2\)"):
        read_text(tmp_path / "file", 10)


def test_what_is_no_file(tmp_path: Path) -> None:
    assert refusal(tmp_path) == "cannot be read: it is a folder, not a file"
    assert refusal(tmp_path / "no") == "cannot be read: no such file"
    assert refusal("a\0b") == "cannot be read: its name contains a character that no file name can have"


@on_posix
def test_pipes_devices_and_sockets_are_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        assert refusal("pipe") == "cannot be read: it is a named pipe, not a file"
        assert refusal("socket") == "cannot be read: it is a socket, not a file"
        assert refusal("/dev/zero") == "cannot be read: it is a device, not a file"


def test_no_more_memory_than_the_bound(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    os.truncate(tmp_path / "file", HUGE)
    tracemalloc.start()
    try:
        assert refusal(tmp_path / "file", 2**20) == "is larger than 1,048,576 bytes"
        with pytest.raises(NotReadError):
            sha256_of(tmp_path / "file", 2**20)
        assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    finally:
        tracemalloc.stop()


@pytest.fixture
def growing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file to which a byte is added whenever it has been opened."""
    path = tmp_path / "file"
    path.write_bytes(b"abc")

    @contextmanager
    def opened(name: str) -> Iterator[Source]:
        with open_source(name) as source:
            with path.open("ab") as stream:
                stream.write(b"d")
            yield source

    monkeypatch.setattr(named_files, "open_source", opened)
    return path


def test_a_file_that_grows_is_not_followed(growing: Path) -> None:
    assert refusal(growing) == "is growing while it is read"
    with pytest.raises(NotReadError, match="changed while it was read"):
        sha256_of(growing, 4)


def test_hash(tmp_path: Path) -> None:
    content = os.urandom(3 * 2**20 + 1)
    (tmp_path / "file").write_bytes(content)
    assert sha256_of(tmp_path / "file", len(content)) == hashlib.sha256(content).hexdigest()
    for other in (len(content) - 1, len(content) + 1, 0, -1):
        with pytest.raises(NotReadError, match="changed while it was read"):
            sha256_of(tmp_path / "file", other)
    (tmp_path / "file").write_bytes(b"")
    assert sha256_of(tmp_path / "file", 0) == hashlib.sha256().hexdigest()
