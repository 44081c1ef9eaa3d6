import pytest

MALFORMED = {
    "code": "REQ009",
    "name": "box-malformed",
    "severity": "error",
    "role": "ext_bbox",
    "path": None,
    "limit": "[x1, y1, x2, y2]",
    "unit": "px",
    "service_code": "InvalidParameter",
    "fixable": False,
    "source": "emo-api, 2026-03-15",
}


@pytest.mark.every(
    "value",
    [
        "1,2",
        "",
        5,
        {},
        [],
        [1, 2, 3],
        [1, 2, 3, 4, 5],
        [0, 0, 0, 10],
        [0, 0, 10, 0],
        [10, 0, 5, 10],
        [0, 0, 10.0, 10],
        [0, 0, "10", 10],
        [False, False, True, True],
        [[0, 0, 10, 10]],
    ],
)
def test_no_box(found, value: object) -> None:
    assert found("box-malformed", "emo-v1", ext_bbox=value) == [MALFORMED | {"measured": value}]


def test_each_box_is_judged(found) -> None:
    findings = found("box-malformed", "emo-v1", face_bbox=[1], ext_bbox=[2])
    assert [finding["role"] for finding in findings] == ["face_bbox", "ext_bbox"]
    assert {finding["service_code"] for finding in findings} == {"InvalidParameter"}


@pytest.mark.parametrize("value", [[0, 0, 1, 1], [71, 9, 840, 778], (302, 286, 610, 593), [-5, -5, 5, 5], None])
def test_boxes_and_none_at_all(found, value: object) -> None:
    assert found("box-malformed", "emo-v1", ext_bbox=value) == []
