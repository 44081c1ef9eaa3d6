import json
from pathlib import Path

import pytest

from mediapreflight import Job, check
from mediapreflight.job import with_values

from ..people.content import PATH, face, findings, judged, picture, real

PROPOSED = {
    "code": "PAIR008",
    "name": "boxes-proposed",
    "severity": "info",
    "role": "image",
    "path": PATH,
    "limit": None,
    "unit": "px",
    "service_code": None,
    "fixable": False,
    "source": None,
}
# The pair of the EMO pages, in a picture with room for it.
DOCUMENTED = picture(face(bbox=(302, 286, 610, 593)), width=1000, height=1000)


def test_documented_sample() -> None:
    boxes = {"face_bbox": [302, 286, 610, 593], "ext_bbox": [71, 9, 840, 778]}
    assert judged("boxes-proposed", "emo-v1", DOCUMENTED) == [PROPOSED | {"measured": boxes}]


def test_known_pair_of_emoji() -> None:
    """Its detect call frames tighter than EMO's; the pair is met within a pixel."""
    seen = picture(face(bbox=(344, 180, 515, 351)), width=1000, height=1000)
    (finding,) = judged("boxes-proposed", "emoji-v1", seen)
    offsets = [ours - theirs for ours, theirs in zip(finding["measured"]["ext_bbox"], [242, 68, 617, 443], strict=True)]
    assert max(map(abs, offsets)) <= 1


def test_figures_can_be_used_with_set() -> None:
    (finding,) = findings("boxes-proposed", "emo-v1", DOCUMENTED)
    assert finding.help.endswith("to set them yourself: --set face_bbox=302,286,610,593 --set ext_bbox=71,9,840,778")
    settings = dict(word.split("=") for word in finding.help.split() if "=" in word)
    pinned = with_values(Job("emo-v1", whole=False, image=PATH), settings).inputs
    assert {name: pinned[name] for name in settings} == finding.measured


@pytest.mark.parametrize("given", [{"face_bbox": [1, 2, 3, 4]}, {"ext_bbox": [1, 2, 3, 4]}, {"ext_bbox": "nonsense"}])
def test_job_that_gives_one(given: dict) -> None:
    assert judged("boxes-proposed", "emo-v1", DOCUMENTED, **given) == []


def test_box_left_empty_is_none() -> None:
    assert len(judged("boxes-proposed", "emo-v1", DOCUMENTED, face_bbox=None, ext_bbox=None)) == 1


def test_largest_of_several_faces() -> None:
    (finding,) = judged("boxes-proposed", "emo-v1", picture(face(), face(x=10, side=90)))
    assert finding["measured"]["face_bbox"] == [220, 130, 400, 310]


def test_chosen_one_of_several_faces() -> None:
    (finding,) = findings("boxes-proposed", "emo-v1", picture(face(), face(x=10, side=90)), face=2)
    assert finding.measured["face_bbox"] == [10, 130, 100, 220]
    assert finding.message.startswith("boxes for face 2, 1:1: ")
    assert judged("boxes-proposed", "emo-v1", picture(face()), face=2) == []


def test_no_face_and_no_room() -> None:
    assert judged("boxes-proposed", "emo-v1", picture()) == []
    assert judged("boxes-proposed", "emo-v1", picture(face(bbox=(0, 0, 640, 400)), width=640, height=400)) == []


@pytest.mark.parametrize("model", ["emo-detect-v1", "liveportrait", "wan2.2-s2v"])
def test_model_that_takes_no_boxes(model: str) -> None:
    assert judged("boxes-proposed", model, DOCUMENTED) == []


def test_real_picture(fixtures: Path) -> None:
    path = fixtures / "portrait.jpg"
    (finding,) = real("boxes-proposed", "emo-v1", image=path)
    assert finding == PROPOSED | {"path": str(path), "measured": finding["measured"]}
    left, top, right, bottom = finding["measured"]["face_bbox"]
    assert right - left == bottom - top
    assert (abs(left - 223), abs(top - 132), abs(right - 404)) < (8, 8, 8)
    assert json.loads(json.dumps(finding["measured"])) == finding["measured"]


def test_real_boxes_pinned_leave_nothing_to_say(fixtures: Path) -> None:
    (finding,) = real("boxes-proposed", "emo-v1", image=fixtures / "portrait.jpg")
    report = check(Job("emo-v1", whole=False, image=fixtures / "portrait.jpg", **finding["measured"]))
    assert report.findings == ()
