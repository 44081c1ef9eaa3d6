import pytest

from mediapreflight.people.facts import PictureContent

from .content import EMO, LIVEPORTRAIT, PATH, face, findings, judged, picture, real

SEVERAL = {
    "code": "FACE002",
    "name": "faces-several",
    "role": "image",
    "path": PATH,
    "measured": 2,
    "limit": "== 1",
    "unit": "faces",
    "fixable": False,
}
TWO = picture(face(side=180), face(x=20, side=90))


@pytest.mark.parametrize(
    ("model", "role", "severity", "service_code", "source"),
    [
        ("emo-v1", "image", "error", "InvalidFile.MultiHuman", EMO),
        ("emo-detect-v1", "image", "error", "InvalidFile.MultiHuman", EMO),
        ("videoretalk", "ref_image", "error", "InvalidFile.Content", "videoretalk-api, en, undated"),
        ("liveportrait", "image", "warning", None, LIVEPORTRAIT),
        ("emoji-v1", "image", "warning", None, "emoji-detect-api, 2026-07-02"),
    ],
)
def test_error_where_the_documents_name_one(model: str, role: str, severity: str, service_code: str, source: str) -> None:
    expected = SEVERAL | {"role": role, "severity": severity, "service_code": service_code, "source": source}
    assert judged("faces-several", model, TWO, role=role) == [expected]


@pytest.mark.parametrize(("model", "role"), [("emo-v1", "image"), ("videoretalk", "ref_image"), ("liveportrait", "image")])
def test_error_that_a_crop_cures_where_one_is_chosen(model: str, role: str) -> None:
    """No request carries the number: sent as it is, the picture would be paid for whoever the service takes."""
    (found,) = findings("faces-several", model, TWO, role=role, face=2)
    assert (found.severity, found.fixable) == ("error", True)
    assert "prepare --face 2" in found.help


def test_a_crop_cures_nothing_that_it_cannot_part() -> None:
    """`check` said that `prepare` fixes it, and it does not."""
    close = picture(face(side=180), face(x=300, side=150))
    (found,) = findings("faces-several", "liveportrait", close, face=2)
    assert (found.severity, found.fixable) == ("error", False)


def test_boxes_by_hand_leave_out_who_is_beside() -> None:
    """The service crops to the boxes: who is outside was an error of a good job."""
    around = {"face_bbox": [20, 130, 110, 220], "ext_bbox": [0, 60, 200, 260]}
    for boxes in (around, {"face_bbox": around["face_bbox"]}, {"ext_bbox": around["ext_bbox"]}):
        assert judged("faces-several", "emo-v1", TWO, **boxes) == []
    both = judged("faces-several", "emo-v1", TWO, ext_bbox=[0, 0, 640, 640])
    assert both == [SEVERAL | {"severity": "error", "service_code": "InvalidFile.MultiHuman", "source": EMO}]
    # No request of LivePortrait contains boxes.
    assert len(findings("faces-several", "liveportrait", TWO, ext_bbox=[0, 60, 200, 260])) == 1


def test_choice_that_is_none_cures_nothing() -> None:
    (found,) = findings("faces-several", "liveportrait", TWO, face=3)
    assert (found.severity, found.fixable) == ("warning", False)
    assert "prepare --face N" in found.help
    assert "--crop-to-boxes" in found.help


def test_one_face() -> None:
    assert judged("faces-several", "emo-v1", picture(face()), face=1) == []
    assert judged("faces-several", "emo-v1", picture(face())) == []


def test_bystanders_do_not_count() -> None:
    assert judged("faces-several", "emo-v1", picture(face(), bystanders=(face(side=40, yaw_deg=70.0),))) == []


@pytest.mark.parametrize(
    ("seen", "severity", "number"),
    [
        (picture(face(), doubtful=(face(x=20, side=50),)), "warning", 2),
        (picture(face(), face(x=20, side=150), doubtful=(face(x=20, side=50),)), "error", 2),
    ],
)
def test_doubtful_faces_warn_and_add_nothing_to_an_error(seen: PictureContent, severity: str, number: int) -> None:
    (found,) = judged("faces-several", "emo-v1", seen)
    assert (found["severity"], found["measured"]) == (severity, number)


def test_doubtful_faces_alone_are_left_to_another_rule() -> None:
    assert judged("faces-several", "emo-v1", picture(doubtful=(face(), face(x=20, side=50)))) == []


def test_model_that_takes_the_largest() -> None:
    assert judged("faces-several", "animate-anyone-gen2", TWO) == []


def test_real_pictures(studio, fixtures) -> None:
    path = studio.picture("two people")
    expected = SEVERAL | {"path": str(path), "severity": "error", "service_code": "InvalidFile.MultiHuman", "source": EMO}
    assert real("faces-several", "emo-v1", image=path) == [expected]
    assert real("faces-several", "emo-v1", image=fixtures / "half-body.jpg") == []
