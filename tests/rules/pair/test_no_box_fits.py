from pathlib import Path

import pytest
from PIL import Image

from mediapreflight import Job, check

from ..people.content import PATH, face, findings, judged, picture

NO_ROOM = {
    "code": "PAIR009",
    "name": "no-box-fits",
    "severity": "error",
    "role": "image",
    "path": PATH,
    "limit": None,
    "unit": "px",
    "service_code": "InvalidParameter",
    "fixable": True,
    "source": None,
}
THREE_BY_FOUR = {"parameters": {"ratio": "3:4"}}


def wide(width: int):
    """A face 301 px high and `width` px wide in a picture of 1000 x 400 px: a square has room up to 400 px, 3:4 up to 300."""
    return picture(face(bbox=(10, 50, 10 + width, 351)), width=1000, height=400)


def test_square() -> None:
    assert judged("no-box-fits", "emo-v1", wide(401)) == [NO_ROOM | {"measured": [10, 50, 411, 351]}]
    assert judged("no-box-fits", "emo-v1", wide(400)) == []


def test_ratio_of_the_detect_call() -> None:
    assert judged("no-box-fits", "emo-detect-v1", wide(301), **THREE_BY_FOUR) == [NO_ROOM | {"measured": [10, 50, 311, 351]}]
    assert judged("no-box-fits", "emo-detect-v1", wide(300), **THREE_BY_FOUR) == []
    assert judged("no-box-fits", "emo-detect-v1", wide(301), parameters={"ratio": "1:1"}) == []
    assert judged("no-box-fits", "emo-detect-v1", wide(301)) == []


@pytest.mark.parametrize("ratio", ["4:3", 5, None, [], {}, ["3:4"], True])
def test_ratio_that_is_none_has_a_rule_of_its_own(ratio: object) -> None:
    assert judged("no-box-fits", "emo-detect-v1", wide(301), parameters={"ratio": ratio}) == []


def test_words_hold_the_room_there_is() -> None:
    (finding,) = findings("no-box-fits", "emo-v1", wide(401))
    assert finding.message == (
        "no 1:1 box fits: the face takes 401x301 px; the largest 1:1 box in a picture of 1000x400 px has 400x400"
    )


@pytest.mark.parametrize("given", [{"face_bbox": [600, 50, 900, 350]}, {"ext_bbox": [600, 0, 1000, 400]}])
def test_job_that_brings_its_own_box(given: dict) -> None:
    """It may be around another face; rules over boxes judge it."""
    assert judged("no-box-fits", "emo-v1", wide(401), **given) == []


def test_no_face_has_a_rule_of_its_own() -> None:
    assert judged("no-box-fits", "emo-v1", picture()) == []


def test_model_without_boxes() -> None:
    assert judged("no-box-fits", "liveportrait", wide(401)) == []


def test_real_pictures(fixtures: Path, tmp_path: Path) -> None:
    """The strip is as high as the face, so a square holds it, and a tall box does not."""
    path = tmp_path / "strip.png"
    with Image.open(fixtures / "portrait.jpg") as portrait:
        portrait.crop((60, 120, 600, 325)).resize((1080, 410)).save(path)
    tall = Job("emo-detect-v1", whole=False, image=path, parameters={"ratio": "3:4"})
    (finding,) = check(tall, select=["PAIR009"]).findings
    assert "no 3:4 box fits: the face takes " in finding.message
    assert check(Job("emo-v1", whole=False, image=path), select=["PAIR009"]).findings == ()
