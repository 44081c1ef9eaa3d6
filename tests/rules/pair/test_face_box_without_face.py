from pathlib import Path

import pytest

from mediapreflight import Job, check

from ..people.content import face, findings, judged, picture, real

WITHOUT = {
    "code": "PAIR007",
    "name": "face-box-without-face",
    "severity": "error",
    "role": "face_bbox",
    "path": None,
    "unit": "px",
    "service_code": None,
    "fixable": False,
    "source": None,
}
# Its face is [220, 130, 400, 310].
ONE = picture(face())


def test_box_beside_the_face() -> None:
    expected = WITHOUT | {"measured": [10, 130, 190, 310], "limit": "a face: [220, 130, 400, 310]"}
    assert judged("face-box-without-face", "emo-v1", ONE, face_bbox=[10, 130, 190, 310]) == [expected]


def test_box_on_the_face() -> None:
    assert judged("face-box-without-face", "emo-v1", ONE, face_bbox=[220, 130, 400, 310]) == []


@pytest.mark.parametrize(("height", "fires"), [(54, False), (53, True), (600, False), (601, True)])
def test_three_tenths_of_the_union(height: int, fires: bool) -> None:
    """180 x 180 px against a part of it, or against all of it and more."""
    given = {"face_bbox": [220, 0 if height > 180 else 130, 400, height if height > 180 else 130 + height]}
    assert bool(judged("face-box-without-face", "emo-v1", ONE, **given)) is fires


def test_any_of_several_faces_will_do() -> None:
    two = picture(face(), face(x=10, side=90))
    assert judged("face-box-without-face", "emo-v1", two, face_bbox=[10, 130, 100, 220]) == []
    (finding,) = judged("face-box-without-face", "emo-v1", two, face_bbox=[500, 500, 600, 600])
    assert finding["limit"] == "a face: [220, 130, 400, 310], [10, 130, 100, 220]"


def test_bystander_has_a_face_too() -> None:
    seen = picture(face(), bystanders=(face(x=10, side=60, yaw_deg=70.0),))
    assert judged("face-box-without-face", "emo-v1", seen, face_bbox=[10, 130, 70, 190]) == []


def test_picture_without_any_face() -> None:
    (finding,) = findings("face-box-without-face", "emo-v1", picture(), face_bbox=[10, 10, 70, 70])
    assert finding.message == "face_bbox [10, 10, 70, 70] contains no face; faces seen: none"


@pytest.mark.parametrize("value", [None, "nonsense", [1, 2, 3], [70, 70, 10, 10], [0.5, 1, 2, 3]])
def test_box_that_is_none_has_a_rule_of_its_own(value: object) -> None:
    assert judged("face-box-without-face", "emo-v1", ONE, face_bbox=value) == []


def test_boxes_are_ignored_by_models_without_them() -> None:
    assert judged("face-box-without-face", "liveportrait", ONE, face_bbox=[10, 130, 190, 310]) == []


def test_real_picture(fixtures: Path) -> None:
    path = fixtures / "portrait.jpg"
    (seen,) = real("boxes-proposed", "emo-v1", image=path)
    found = check(Job("emo-v1", whole=False, image=path, face_bbox=[420, 400, 600, 580]), select=["PAIR007"]).findings
    assert [(finding.severity, finding.limit) for finding in found] == [("error", f"a face: {seen['measured']['face_bbox']}")]
    near = [corner + 20 for corner in seen["measured"]["face_bbox"]]
    assert check(Job("emo-v1", whole=False, image=path, face_bbox=near), select=["PAIR007"]).findings == ()
