"""Output that appears whole or not at all."""

import errno
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.errors import OutputError
from mediapreflight.output_folder import OutputFolder, file_sha256, link_or_copy, output_name


def deliver(out: Path, name: str, data: bytes, *, overwrite: bool = False) -> Path:
    with OutputFolder(out) as folder, folder.staged(name) as staged:
        staged.write_bytes(data)
        return folder.deliver(staged, overwrite=overwrite)


def test_a_file_is_delivered_and_nothing_else_is_left(tmp_path: Path) -> None:
    out = tmp_path / "a" / "b"
    assert deliver(out, "p.jpg", b"one") == out / "p.jpg"
    assert [path.name for path in out.iterdir()] == ["p.jpg"]
    assert (out / "p.jpg").read_bytes() == b"one"


def test_another_file_at_the_place_is_replaced_only_on_request(tmp_path: Path) -> None:
    deliver(tmp_path, "p.jpg", b"one")
    with pytest.raises(OutputError, match="is there already; choose another folder, or replace it with"):
        deliver(tmp_path, "p.jpg", b"two")
    assert (tmp_path / "p.jpg").read_bytes() == b"one"
    deliver(tmp_path, "p.jpg", b"two", overwrite=True)
    assert (tmp_path / "p.jpg").read_bytes() == b"two"


def test_what_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), OutputFolder(tmp_path) as folder, folder.staged("p.jpg") as staged:
        staged.write_bytes(b"half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_a_killed_process_leaves_no_name_and_the_next_one_cleans_up(tmp_path: Path) -> None:
    script = textwrap.dedent("""
        import os, signal, sys
        from mediapreflight.output_folder import OutputFolder
        with OutputFolder(sys.argv[1]) as folder, folder.staged("p.jpg") as staged:
            staged.write_bytes(b"half")
            os.kill(os.getpid(), signal.SIGKILL)
    """)
    died = subprocess.run([sys.executable, "-c", script, tmp_path], check=False)
    assert died.returncode < 0
    assert all(path.name.startswith(".mediapreflight-") for path in tmp_path.iterdir())
    assert any(path.is_dir() for path in tmp_path.iterdir())
    deliver(tmp_path, "q.jpg", b"whole")
    assert [path.name for path in tmp_path.iterdir()] == ["q.jpg"]


def test_the_staging_of_a_living_process_is_left_alone(tmp_path: Path) -> None:
    with OutputFolder(tmp_path) as first, first.staged("p.jpg") as staged:
        staged.write_bytes(b"mine")
        deliver(tmp_path, "q.jpg", b"other")
        assert staged.read_bytes() == b"mine"
        first.deliver(staged, overwrite=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p.jpg", "q.jpg"]


CONTAINER = """
import os, sys
os.getpid = lambda: {number}
from mediapreflight.output_folder import OutputFolder
with OutputFolder(sys.argv[1]) as folder, folder.staged("{name}.jpg") as staged:
    staged.write_bytes(b"mine")
    print("ready", flush=True)
    {then}
    print(folder.deliver(staged, overwrite=False).read_bytes().decode())
"""


def container(number: int, name: str, then: str) -> str:
    """A program that takes its process for one of this number. Never in this process: filelock would take it for a fork."""
    return CONTAINER.format(number=number, name=name, then=then)


@pytest.mark.sweep
def test_containers_that_share_a_folder_leave_each_other_alone(tmp_path: Path) -> None:
    # In each of them the process has the same number, which is also that of a living process here, or of none.
    waiting = [sys.executable, "-c", container(1, "p", "sys.stdin.readline()"), tmp_path]
    with subprocess.Popen(waiting, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None and other.stdin is not None
        assert other.stdout.readline() == "ready\n"
        for number in (1, 2**22 + 1, os.getpid()):
            script = container(number, str(number), "pass")
            done = subprocess.run([sys.executable, "-c", script, tmp_path], check=True, capture_output=True, text=True)
            assert done.stdout == "ready\nmine\n"
        print("go on", file=other.stdin, flush=True)
        assert other.stdout.readline() == "mine\n"
    assert (tmp_path / "p.jpg").read_bytes() == b"mine"
    assert not list(tmp_path.glob(".*"))


def test_what_a_dead_process_left_goes_though_its_number_lives(tmp_path: Path) -> None:
    script = container(os.getpid(), "p", "os.abort()")
    assert subprocess.run([sys.executable, "-c", script, tmp_path], check=False, capture_output=True).returncode != 0
    assert len(list(tmp_path.glob(".mediapreflight-*"))) == 2
    deliver(tmp_path, "q.jpg", b"whole")
    assert [path.name for path in tmp_path.iterdir()] == ["q.jpg"]


def test_where_nothing_can_be_locked_nothing_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import filelock

    def unsupported(*_: object, **__: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(filelock.FileLock, "acquire", unsupported)
    (tmp_path / ".mediapreflight-other").mkdir()
    (tmp_path / ".mediapreflight-other.lock").touch()
    deliver(tmp_path, "q.jpg", b"whole")
    assert (tmp_path / ".mediapreflight-other").is_dir()
    assert (tmp_path / "q.jpg").is_file()


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with (
        pytest.raises(OutputError, match=r"file/out: cannot be written to: not a directory"),
        OutputFolder(tmp_path / "file" / "out"),
    ):
        pass


def test_the_same_bytes_under_another_name(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"data")
    link_or_copy(str(tmp_path / "a"), tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == b"data"
    assert file_sha256(tmp_path / "a") == file_sha256(tmp_path / "b")


@given(st.text(min_size=1, max_size=300).filter(lambda text: not set(text) & {"/", "\x00"}))
def test_every_name_can_be_taken_by_a_file(text: str) -> None:
    name = output_name(f"/folder/{text}", "jpg", "-part10")
    assert os.path.basename(name) == name  # noqa: PTH119
    assert len(os.fsencode(name)) <= 255
    assert name.endswith(".jpg")


@pytest.mark.parametrize("start", ["", "a", "ab"])
def test_a_long_name_is_cut_between_characters(start: str) -> None:
    name = output_name(f"{start}{chr(0x4E2D) * 100}.png", "jpg")
    assert set(name) <= {*"ab.jpg", chr(0x4E2D)}
    assert len(name.encode()) > 190


def test_a_file_is_flushed_as_windows_wants_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fcntl = pytest.importorskip("fcntl")
    flushed: list[int] = []

    def fsync(descriptor: int) -> None:
        if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(errno.EBADF, "Bad file descriptor")
        flushed.append(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    assert deliver(tmp_path, "p.jpg", b"one").read_bytes() == b"one"
    assert len(flushed) == 1


def test_a_link_to_a_source_that_may_not_be_written_is_delivered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = os.open

    def refuse_writing(path: os.PathLike[str], flags: int, *others: int, **more: int) -> int:
        if str(path).endswith("p.jpg") and flags & os.O_RDWR:
            raise PermissionError(errno.EACCES, "Permission denied")
        return opened(path, flags, *others, **more)

    monkeypatch.setattr(os, "open", refuse_writing)
    assert deliver(tmp_path / "out", "p.jpg", b"one").read_bytes() == b"one"
