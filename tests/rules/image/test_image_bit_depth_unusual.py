from pathlib import Path

import pytest

UNUSUAL = {
    "code": "IMG003",
    "name": "image-bit-depth-unusual",
    "severity": "warning",
    "role": "image",
    "limit": "8",
    "unit": "bit",
    "service_code": None,
    "fixable": True,
    "source": None,
}


@pytest.mark.parametrize("name", ["sixteen-bit.png", "sixteen-bit-grey.png"])
@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_sixteen_bits(found, said, fixtures: Path, name: str, level: str) -> None:
    path = fixtures / "formats" / name
    expected = UNUSUAL | {"path": str(path), "measured": 16}
    assert found("image-bit-depth-unusual", "emo-v1", level=level, image=path) == [expected]
    assert "16 bits per channel" in said("image-bit-depth-unusual", "emo-v1", image=path)[0]


def test_one_bit(found, said, make) -> None:
    path = make.picture(8, 8, mode="1")
    assert found("image-bit-depth-unusual", "emo-v1", image=path) == [UNUSUAL | {"path": path, "measured": 1}]
    assert "1 bit per channel" in said("image-bit-depth-unusual", "emo-v1", image=path)[0]


@pytest.mark.parametrize("name", ["rgb.png", "rgba.png", "grey.png", "baseline.jpg", "rgb.bmp", "lossy.webp"])
def test_eight_bits(found, fixtures: Path, name: str) -> None:
    assert found("image-bit-depth-unusual", "emo-v1", image=fixtures / "formats" / name) == []


def test_palette_of_few_bits_holds_eight_bit_colours(found, fixtures: Path) -> None:
    for name in ("palette.png", "palette.bmp", "still.gif"):
        assert found("image-bit-depth-unusual", "emo-v1", image=fixtures / "formats" / name) == []
