from pathlib import Path

import pytest

NOT_FETCHED = {
    "code": "FILE013",
    "name": "file-not-fetched",
    "severity": "unchecked",
    "role": "image",
    "measured": None,
    "limit": None,
    "unit": None,
    "service_code": None,
    "fixable": False,
    "source": None,
}


@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_pointer(found, fixtures: Path, level: str) -> None:
    path = fixtures / "faults/lfs-pointer-named-png.png"
    expected = NOT_FETCHED | {"path": str(path)}
    assert found("file-not-fetched", "emo-v1", level=level, image=path) == [expected]


def test_says_how_to_fetch_the_file(said, fixtures: Path) -> None:
    (words,) = said("file-not-fetched", "emo-v1", image=fixtures / "faults/lfs-pointer-named-png.png")
    assert "git lfs pull" in words


@pytest.mark.parametrize("role", ["video", "audio"])
def test_pointer_to_another_kind(found, fixtures: Path, role: str) -> None:
    (finding,) = found("file-not-fetched", "videoretalk", **{role: fixtures / "faults/lfs-pointer-named-png.png"})
    assert finding["role"] == role


@pytest.mark.parametrize("name", ["portrait.jpg", "faults/text-named-png.png"])
def test_file_that_is_here(found, fixtures: Path, name: str) -> None:
    assert found("file-not-fetched", "emo-v1", image=fixtures / name) == []
