import wave
from pathlib import Path

EMPTY = {
    "code": "FILE003",
    "name": "file-empty",
    "severity": "error",
    "measured": None,
    "limit": None,
    "unit": None,
    "service_code": None,
    "fixable": False,
    "source": None,
}


def test_no_byte(found, fixtures: Path) -> None:
    path = fixtures / "faults/empty.jpg"
    assert found("file-empty", "emo-v1", image=path) == [EMPTY | {"role": "image", "path": str(path)}]


def test_header_without_a_sample(found, tmp_path: Path) -> None:
    path = tmp_path / "nothing.wav"
    with wave.open(str(path), "wb") as output:
        output.setparams((1, 2, 8000, 0, "NONE", ""))
    assert found("file-empty", "emo-v1", audio=path) == [EMPTY | {"role": "audio", "path": str(path)}]


def test_one_sample_is_something(found, make) -> None:
    assert found("file-empty", "emo-v1", audio=make.sound(1)) == []


def test_one_byte_is_something(found, fixtures: Path) -> None:
    assert found("file-empty", "emo-v1", image=fixtures / "faults/one-byte.png") == []
