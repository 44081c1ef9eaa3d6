import base64
from pathlib import Path

import pytest

MISLEADING = {
    "code": "FILE014",
    "name": "media-type-misleading",
    "severity": "warning",
    "role": "image",
    "limit": None,
    "unit": None,
    "service_code": None,
    "fixable": True,
    "source": None,
}


def url(path: Path, head: str) -> str:
    return f"data:{head};base64,{base64.b64encode(path.read_bytes()).decode()}"


@pytest.mark.parametrize("stated", ["image/png", "image/gif", "text/plain", "image/x-nonsense", "video/mp4", "hostile\x1b[31m"])
def test_another_type(found, said, fixtures: Path, stated: str) -> None:
    given = url(fixtures / "portrait.jpg", stated)
    (finding,) = found("media-type-misleading", "wan2.6-i2v", image=given)
    path = finding.pop("path")
    assert path.startswith("data:")
    assert len(path) < 100
    assert finding == MISLEADING | {"measured": stated}
    (words,) = said("media-type-misleading", "wan2.6-i2v", image=given)
    assert "contains jpeg data" in words
    assert words.endswith("declare it as image/jpeg")


@pytest.mark.parametrize(
    ("name", "stated"),
    [
        ("portrait.jpg", "image/jpeg"),
        ("portrait.jpg", "IMAGE/JPG;charset=utf-8"),
        ("portrait.jpg", ""),
        ("portrait.jpg", "application/octet-stream"),
        ("formats/rgb.bmp", "image/x-ms-bmp"),
        ("formats/lossy.webp", "image/webp"),
        ("faults/html-named-jpg.jpg", "image/jpeg"),
    ],
)
def test_the_type_of_the_bytes_or_none(found, fixtures: Path, name: str, stated: str) -> None:
    assert found("media-type-misleading", "wan2.6-i2v", image=url(fixtures / name, stated)) == []


def test_names_have_a_rule_of_their_own(found, fixtures: Path) -> None:
    assert found("media-type-misleading", "wan2.6-i2v", image=fixtures / "faults/jpeg-named-png.png") == []
    assert found("file-extension-misleading", "wan2.6-i2v", image=url(fixtures / "portrait.jpg", "image/png")) == []
