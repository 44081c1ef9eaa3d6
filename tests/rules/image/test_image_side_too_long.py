"""EMO: the API page reaches up to 7000 px, the shared error text excludes the end."""

from pathlib import Path

import pytest

LONG = {
    "code": "IMG006",
    "name": "image-side-too-long",
    "role": "image",
    "unit": "px",
    "service_code": "InvalidFile.Resolution",
    "fixable": True,
}
ERROR = {"severity": "error", "limit": "<= 7000", "source": "emo-api, 2026-03-15"}
WARNING = {"severity": "warning", "limit": "< 7000", "source": "error-code, 2025-12-26"}


@pytest.mark.parametrize(
    ("width", "height", "side", "terms"),
    [(7001, 401, 7001, ERROR), (401, 7001, 7001, ERROR), (7000, 401, 7000, WARNING), (401, 7000, 7000, WARNING)],
)
@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_longer_side_decides(found, make, width: int, height: int, side: int, terms: dict, level: str) -> None:
    path = make.picture(width, height, mode="1")
    assert found("image-side-too-long", "emo-v1", level=level, image=path) == [LONG | terms | {"path": path, "measured": side}]


def test_inside_every_document(found, make) -> None:
    assert found("image-side-too-long", "emo-v1", image=make.picture(6999, 401, mode="1")) == []


def test_closed_end_without_conflict(found, make) -> None:
    assert found("image-side-too-long", "liveportrait", image=make.picture(4096, 2048, mode="1")) == []
    (finding,) = found("image-side-too-long", "liveportrait", image=make.picture(4097, 2049, mode="1"))
    assert (finding["severity"], finding["limit"], finding["service_code"]) == ("error", "<= 4096", "InvalidImage.ImageSize")


def test_size_the_header_claims(found, fixtures: Path) -> None:
    (finding,) = found("image-side-too-long", "liveportrait", image=fixtures / "faults/giant.png")
    assert finding["measured"] == 65535
