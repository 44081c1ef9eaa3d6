from pathlib import Path

import pytest

OUTSIDE = {
    "code": "REQ010",
    "name": "box-outside-picture",
    "severity": "error",
    "path": None,
    "limit": "within [0, 0, 640, 640]",
    "unit": "px",
    "service_code": "InvalidParameter",
    "fixable": False,
    "source": "emo-api, 2026-03-15",
}


@pytest.mark.parametrize("box", [[-1, 0, 640, 640], [0, -1, 640, 640], [0, 0, 641, 640], [0, 0, 640, 641], [700, 700, 800, 800]])
@pytest.mark.parametrize("name", ["face_bbox", "ext_bbox"])
def test_beyond_one_edge(found, fixtures: Path, name: str, box: list[int]) -> None:
    given = {"image": fixtures / "portrait.jpg", name: box}
    assert found("box-outside-picture", "emo-v1", **given) == [OUTSIDE | {"role": name, "measured": box}]


def test_whole_picture(found, fixtures: Path) -> None:
    assert found("box-outside-picture", "emo-v1", image=fixtures / "portrait.jpg", ext_bbox=[0, 0, 640, 640]) == []


def test_picture_counts_as_displayed(found, fixtures: Path) -> None:
    path = fixtures / "orientation/exif-6.jpg"
    assert found("box-outside-picture", "emo-v1", image=path, ext_bbox=[0, 0, 60, 80]) == []
    (finding,) = found("box-outside-picture", "emo-v1", image=path, ext_bbox=[0, 0, 80, 60])
    assert finding["limit"] == "within [0, 0, 60, 80]"


def test_without_a_measured_picture_there_is_no_edge(found) -> None:
    assert found("box-outside-picture", "emo-v1", image="https://a.b/c.png", ext_bbox=[0, 0, 10**6, 10**6]) == []


def test_malformed_box_has_a_rule_of_its_own(found, fixtures: Path) -> None:
    assert found("box-outside-picture", "emo-v1", image=fixtures / "portrait.jpg", ext_bbox=[0, 0, 641]) == []
