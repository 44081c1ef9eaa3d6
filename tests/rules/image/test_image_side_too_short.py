"""EMO: the picture of the API page reaches from 400 to 7000 px, the shared error text excludes both ends."""

import pytest

SHORT = {
    "code": "IMG005",
    "name": "image-side-too-short",
    "role": "image",
    "unit": "px",
    "service_code": "InvalidFile.Resolution",
    "fixable": True,
}
ERROR = {"severity": "error", "limit": ">= 400", "source": "emo-api, 2026-03-15"}
WARNING = {"severity": "warning", "limit": "> 400", "source": "error-code, 2025-12-26"}


@pytest.mark.parametrize(
    ("width", "height", "side", "terms"),
    [(399, 600, 399, ERROR), (600, 399, 399, ERROR), (1, 1, 1, ERROR), (400, 600, 400, WARNING), (600, 400, 400, WARNING)],
)
@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_shorter_side_decides(found, make, width: int, height: int, side: int, terms: dict, level: str) -> None:
    path = make.picture(width, height)
    assert found("image-side-too-short", "emo-v1", level=level, image=path) == [SHORT | terms | {"path": path, "measured": side}]


def test_words_name_the_conflict(said, make) -> None:
    assert "disagree" in said("image-side-too-short", "emo-v1", image=make.picture(400, 600))[0]
    assert "disagree" not in said("image-side-too-short", "emo-v1", image=make.picture(399, 600))[0]


def test_inside_every_document(found, make) -> None:
    assert found("image-side-too-short", "emo-v1", image=make.picture(401, 401)) == []


def test_closed_end_without_conflict(found, make) -> None:
    assert found("image-side-too-short", "wan2.6-i2v", image=make.picture(240, 300)) == []
    (finding,) = found("image-side-too-short", "wan2.6-i2v", image=make.picture(239, 300))
    assert (finding["severity"], finding["limit"]) == ("error", ">= 240")


def test_no_smallest_side_documented(found, make) -> None:
    assert found("image-side-too-short", "liveportrait", image=make.picture(1, 1)) == []
