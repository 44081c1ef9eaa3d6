from pathlib import Path

import pytest

from mediapreflight import Job, check

NOT_MEASURED = {
    "code": "FILE012",
    "name": "file-not-measured",
    "severity": "unchecked",
    "role": "image",
    "measured": None,
    "limit": None,
    "unit": None,
    "service_code": None,
    "fixable": False,
    "source": None,
}


@pytest.mark.parametrize("name", ["faults/giant.png", "faults/giant-screen.gif"])
def test_too_many_pixels_to_decode(found, said, fixtures: Path, name: str) -> None:
    path = fixtures / name
    assert found("file-not-measured", "emo-v1", image=path) == [NOT_MEASURED | {"path": str(path)}]
    assert "4295 megapixels" in said("file-not-measured", "emo-v1", image=path)[0]


def test_text_that_inflates_without_end(found, fixtures: Path) -> None:
    path = fixtures / "faults/text-bomb.png"
    assert found("file-not-measured", "emo-v1", image=path) == [NOT_MEASURED | {"path": str(path)}]


def test_headers_need_no_decoder(found, fixtures: Path) -> None:
    assert found("file-not-measured", "emo-v1", level="metadata", image=fixtures / "faults/giant.png") == []


def test_what_was_read_whole(found, fixtures: Path) -> None:
    assert found("file-not-measured", "emo-v1", image=fixtures / "portrait.jpg", audio=fixtures / "voice.mp3") == []


def test_ignoring_it_is_a_pass(fixtures: Path) -> None:
    job = Job("wan2.6-i2v", image=fixtures / "faults/giant.png")
    assert not check(job, level="decode", select=["FILE"]).ok
    assert check(job, level="decode", select=["FILE"], ignore=["file-not-measured"]).ok
