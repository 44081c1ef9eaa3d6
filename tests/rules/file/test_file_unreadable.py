import os
import socket
from pathlib import Path

import pytest

UNREADABLE = {
    "code": "FILE002",
    "name": "file-unreadable",
    "severity": "error",
    "role": "image",
    "measured": None,
    "limit": None,
    "unit": None,
    "service_code": None,
    "fixable": False,
    "source": None,
}


def test_folder(found, said, fixtures: Path) -> None:
    assert found("file-unreadable", "emo-v1", image=fixtures) == [UNREADABLE | {"path": str(fixtures)}]
    assert "a folder" in said("file-unreadable", "emo-v1", image=fixtures)[0]


def test_named_pipe_is_not_waited_for(found, said, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.png"
    os.mkfifo(pipe)
    assert found("file-unreadable", "emo-v1", image=pipe) == [UNREADABLE | {"path": str(pipe)}]
    assert "a named pipe" in said("file-unreadable", "emo-v1", image=pipe)[0]


def test_socket(found, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The name of a socket must be short; a relative one is.
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s.png")
        assert found("file-unreadable", "emo-v1", image="s.png") == [UNREADABLE | {"path": "s.png"}]


def test_device_is_not_read(found) -> None:
    assert found("file-unreadable", "emo-v1", image="/dev/zero") == [UNREADABLE | {"path": "/dev/zero"}]


def test_link_that_leads_to_itself(found, tmp_path: Path) -> None:
    loop = tmp_path / "loop.png"
    loop.symlink_to(loop)
    assert found("file-unreadable", "emo-v1", image=loop) == [UNREADABLE | {"path": str(loop)}]


@pytest.mark.parametrize("name", ["a\0b.png", "n" * 5000 + ".png"])
def test_name_no_file_can_have(found, name: str) -> None:
    assert found("file-unreadable", "emo-v1", image=name) == [UNREADABLE | {"path": name}]


def test_regular_file(found, fixtures: Path) -> None:
    assert found("file-unreadable", "emo-v1", image=fixtures / "portrait.jpg") == []
