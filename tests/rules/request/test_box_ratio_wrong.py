import pytest

WRONG = {
    "code": "REQ011",
    "name": "box-ratio-wrong",
    "role": "ext_bbox",
    "path": None,
    "limit": "1:1, 3:4",
    "unit": None,
    "service_code": "InvalidParameter",
    "fixable": False,
    "source": "emo-api, 2026-03-15",
}


@pytest.mark.parametrize(
    ("width", "height", "severity"),
    [
        (100, 110, "error"),
        (100, 102, "warning"),
        (1000, 1002, "warning"),
        (1020, 1000, "warning"),
        (1021, 1000, "error"),
        (750, 1020, "warning"),
        (750, 1021, "error"),
        (755, 1000, "warning"),
        (400, 300, "error"),
    ],
)
def test_off_by_more_than_a_pixel(found, width: int, height: int, severity: str) -> None:
    expected = WRONG | {"severity": severity, "measured": pytest.approx(width / height, abs=1e-4)}
    assert found("box-ratio-wrong", "emo-v1", ext_bbox=[7, 9, 7 + width, 9 + height]) == [expected]


@pytest.mark.parametrize(("width", "height"), [(769, 769), (546, 545), (545, 546), (300, 400), (301, 400), (299, 400), (1, 1)])
def test_exact_or_a_pixel_off(found, width: int, height: int) -> None:
    assert found("box-ratio-wrong", "emo-v1", ext_bbox=[7, 9, 7 + width, 9 + height]) == []


def test_model_of_one_ratio(found) -> None:
    (finding,) = found("box-ratio-wrong", "emoji-v1", ext_bbox=[0, 0, 300, 400])
    assert (finding["severity"], finding["limit"]) == ("error", "1:1")


def test_faces_have_any_ratio(found) -> None:
    assert found("box-ratio-wrong", "emo-v1", face_bbox=[302, 286, 610, 593]) == []
    assert found("box-ratio-wrong", "emo-v1", face_bbox=[0, 0, 10, 100]) == []


def test_words_tell_nearly_from_not_at_all(said) -> None:
    assert "not exactly 1:1 or 3:4" in said("box-ratio-wrong", "emo-v1", ext_bbox=[0, 0, 100, 102])[0]
    assert "not 1:1 or 3:4" in said("box-ratio-wrong", "emo-v1", ext_bbox=[0, 0, 100, 110])[0]
