from pathlib import Path

import pytest

from mediapreflight.emulator import limits
from mediapreflight.emulator.folder import Folder, SpaceError, Writer


def written(folder: Folder, content: bytes, name: str = "a.png", most: int = 100) -> Path:
    with folder.writing(name, most) as file:
        file.write(content)
    return file.path


def test_every_file_has_a_place_of_its_own_and_its_ending(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    paths = [written(folder, b"x", name) for name in ("a.png", "a.png", "../a.mp4", "a./etc", "a.{}", "é.é", "a.muchtoolong")]
    assert [path.suffix for path in paths] == [".png", ".png", ".mp4", "", "", "", ""]
    assert len(set(paths)) == len(paths)
    assert {path.parent for path in paths} == {tmp_path}


def test_oldest_makes_way_where_there_are_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FILES", 2)
    folder = Folder(tmp_path)
    paths = [written(folder, b"x") for _ in range(4)]
    assert [path.exists() for path in paths] == [False, False, True, True]


def test_oldest_make_way_where_they_are_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FILE_BYTES", 100)
    folder = Folder(tmp_path)
    paths = [written(folder, bytes(40)) for _ in range(2)]
    made = folder.named("video.mp4")
    made.write_bytes(bytes(50))
    folder.adopt(made)
    assert [path.exists() for path in (*paths, made)] == [False, True, True]
    last = written(folder, bytes(100))
    assert [path.exists() for path in (*paths, made, last)] == [False, False, False, True]


def test_file_that_is_too_large_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FILE_BYTES", 100)
    folder = Folder(tmp_path)
    for most in (10, 1000):
        with pytest.raises(SpaceError):
            written(folder, bytes(101), most=most)
    assert list(tmp_path.iterdir()) == []
    written(folder, bytes(100), most=100)


def test_files_under_way_share_the_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FILE_BYTES", 100)
    folder = Folder(tmp_path)
    with folder.writing("a", 100) as first:
        first.write(bytes(60))
        with pytest.raises(SpaceError):
            written(folder, bytes(60))
        first.write(bytes(40))
    assert list(tmp_path.iterdir()) == [first.path]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is full")
def test_disk_that_is_full(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    with Path("/dev/full").open("wb", buffering=0) as full, pytest.raises(SpaceError):
        Writer(folder, tmp_path / "2.png", full, 100).write(b"x")
