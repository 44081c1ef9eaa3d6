from pathlib import Path

import pytest

MISSING = {
    "code": "FILE001",
    "name": "file-missing",
    "severity": "error",
    "role": "image",
    "measured": None,
    "limit": None,
    "unit": None,
    "service_code": None,
    "fixable": False,
    "source": None,
}


@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_no_such_file(found, tmp_path: Path, level: str) -> None:
    path = str(tmp_path / "portrait.png")
    assert found("file-missing", "emo-v1", level=level, image=path) == [MISSING | {"path": path}]


def test_file_where_a_folder_should_be(found, fixtures: Path) -> None:
    path = str(fixtures / "portrait.jpg" / "portrait.jpg")
    assert found("file-missing", "emo-v1", image=path) == [MISSING | {"path": path}]


def test_dangling_link(found, said, tmp_path: Path) -> None:
    link = tmp_path / "link.png"
    link.symlink_to(tmp_path / "gone.png")
    assert found("file-missing", "emo-v1", image=link) == [MISSING | {"path": str(link)}]
    assert "link points to nothing" in said("file-missing", "emo-v1", image=link)[0]


def test_link_to_a_file(found, fixtures: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.jpg"
    link.symlink_to(fixtures / "portrait.jpg")
    assert found("file-missing", "emo-v1", image=link) == []


def test_url_is_no_missing_file(found) -> None:
    assert found("file-missing", "emo-v1", image="https://example.com/portrait.png") == []
