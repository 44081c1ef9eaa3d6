from pathlib import Path

import pytest

from mediapreflight import Job, check

from ..people.content import PATH, face, findings, judged, picture

MISSING = {
    "code": "PAIR012",
    "name": "chosen-face-missing",
    "severity": "error",
    "role": "image",
    "path": PATH,
    "measured": None,
    "limit": None,
    "unit": None,
    "service_code": None,
    "fixable": False,
    "source": None,
}
TWO = picture(face(side=180), face(x=20, side=150))
BOXES = {"face_bbox": [220, 130, 400, 310], "ext_bbox": [85, 0, 535, 450]}


@pytest.mark.parametrize("model", ["emo-v1", "liveportrait", "emoji-v1"])
def test_more_than_are_shown(model: str) -> None:
    assert judged("chosen-face-missing", model, TWO, face=3) == [MISSING | {"measured": 3, "limit": "<= 2"}]
    assert judged("chosen-face-missing", model, TWO, face=2) == []


@pytest.mark.parametrize(("shown", "words"), [(0, "no faces"), (1, "1 face"), (2, "2 faces")])
def test_says_how_many_there_are(shown: int, words: str) -> None:
    (finding,) = findings("chosen-face-missing", "emo-v1", picture(*[face()] * shown), face=7)
    assert finding.message == f"there is no face 7: the picture shows {words}"


def test_nothing_is_chosen() -> None:
    assert judged("chosen-face-missing", "emo-v1", picture()) == []


@pytest.mark.parametrize(("face", "limit"), [(2, "face 2: [20, 130, 170, 280]"), (3, "face 3: none")])
def test_boxes_go_before_the_number_with_a_warning(face: int, limit: str) -> None:
    assert judged("chosen-face-missing", "emo-v1", TWO, face=face, **BOXES) == [
        MISSING
        | {"severity": "warning", "role": "face_bbox", "path": None, "measured": BOXES["face_bbox"], "limit": limit, "unit": "px"}
    ]


def test_boxes_of_the_face_that_is_chosen() -> None:
    assert judged("chosen-face-missing", "emo-v1", TWO, face=1, **BOXES) == []


@pytest.mark.parametrize(("face", "contradicts"), [(1, False), (2, True), (3, True)])
def test_a_crop_alone_says_which_face_is_meant_too(face: int, contradicts: bool) -> None:
    found = judged("chosen-face-missing", "emo-v1", TWO, face=face, ext_bbox=BOXES["ext_bbox"])
    assert [(each["severity"], each["role"]) for each in found] == [("warning", "ext_bbox")] * contradicts


def test_bystanders_have_no_number() -> None:
    seen = picture(face(), bystanders=(face(side=40, yaw_deg=70.0),))
    assert len(judged("chosen-face-missing", "emo-v1", seen, face=2)) == 1


def test_picture_that_is_not_here(fixtures: Path) -> None:
    report = check(Job("emo-v1", image="https://example.com/a.png", audio=fixtures / "voice.wav", face=1), level="metadata")
    (finding,) = (each for each in report.findings if each.name == "chosen-face-missing")
    assert (finding.severity, finding.role, finding.path) == ("error", "image", "https://example.com/a.png")


@pytest.mark.parametrize("model", ["animate-anyone-gen2", "wan2.2-i2v-plus"])
def test_model_in_whose_pictures_faces_do_not_count(model: str) -> None:
    assert judged("chosen-face-missing", model, TWO, face=1) == [MISSING | {"role": None, "path": None}]


def test_says_what_to_do_where_faces_do_not_count() -> None:
    (finding,) = findings("chosen-face-missing", "animate-anyone-gen2", TWO, face=2)
    assert finding.message == (
        "face 2 is chosen, but this job for animate-anyone-gen2 has no picture in which a face can be chosen"
    )
    assert finding.help == "leave out the face; crop a picture of several people with an editor"


def test_lone_file_of_another_kind(fixtures: Path) -> None:
    assert check(Job("emo-v1", audio=fixtures / "voice.wav", face=1, whole=False), level="metadata").findings == ()
