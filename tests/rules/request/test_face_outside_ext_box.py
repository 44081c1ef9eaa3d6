import pytest

OUTSIDE = {
    "code": "REQ012",
    "name": "face-outside-ext-box",
    "severity": "error",
    "role": "face_bbox",
    "path": None,
    "limit": "within [71, 9, 840, 778]",
    "unit": "px",
    "service_code": "InvalidParameter",
    "fixable": False,
    "source": "emo-api, 2026-03-15",
}
EXT = [71, 9, 840, 778]


@pytest.mark.parametrize("face", [[70, 286, 610, 593], [302, 8, 610, 593], [302, 286, 841, 593], [302, 286, 610, 779]])
def test_beyond_one_edge(found, face: list[int]) -> None:
    assert found("face-outside-ext-box", "emo-v1", face_bbox=face, ext_bbox=EXT) == [OUTSIDE | {"measured": face}]


@pytest.mark.parametrize("face", [[302, 286, 610, 593], EXT])
def test_inside(found, face: list[int]) -> None:
    assert found("face-outside-ext-box", "emo-v1", face_bbox=face, ext_bbox=EXT) == []


def test_one_box_alone(found) -> None:
    assert found("face-outside-ext-box", "emo-v1", face_bbox=[0, 0, 9, 9]) == []
    assert found("face-outside-ext-box", "emo-v1", ext_bbox=EXT) == []
    assert found("face-outside-ext-box", "emo-v1", face_bbox=[0, 0, 9], ext_bbox=EXT) == []
