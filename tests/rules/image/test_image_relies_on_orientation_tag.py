from pathlib import Path

import pytest

TURNED = {
    "code": "IMG008",
    "name": "image-relies-on-orientation-tag",
    "severity": "warning",
    "role": "image",
    "limit": "1",
    "unit": None,
    "service_code": None,
    "fixable": True,
    "source": None,
}
CASES = [(f"exif-{value}.jpg", value) for value in range(2, 9)]
CASES += [(name, 6) for name in ("exif-6.webp", "exif-6-before-data.png", "exif-6-after-data.png", "xmp-6.png")]


@pytest.mark.every(("name", "orientation"), CASES)
@pytest.mark.every("level", ["metadata", "decode"])
def test_stored_turned_or_mirrored(found, fixtures: Path, name: str, orientation: int, level: str) -> None:
    path = fixtures / "orientation" / name
    expected = TURNED | {"path": str(path), "measured": orientation}
    assert found("image-relies-on-orientation-tag", "emo-v1", level=level, image=path) == [expected]


def test_words_name_both_sizes(said, fixtures: Path) -> None:
    (words,) = said("image-relies-on-orientation-tag", "emo-v1", image=fixtures / "orientation/exif-6.jpg")
    assert "stored 80 x 60 px" in words
    assert "shown 60 x 80 px" in words
    assert "mirror" not in words
    (words,) = said("image-relies-on-orientation-tag", "emo-v1", image=fixtures / "orientation/exif-5.jpg")
    assert "relies on EXIF orientation 5, which mirrors it" in words


@pytest.mark.parametrize("name", ["exif-1.jpg", "exif-0.jpg", "exif-9.jpg", "location.jpg"])
def test_upright_and_nonsense(found, fixtures: Path, name: str) -> None:
    assert found("image-relies-on-orientation-tag", "emo-v1", image=fixtures / "orientation" / name) == []
