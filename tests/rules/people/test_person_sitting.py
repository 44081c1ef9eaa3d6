import pytest

from .content import PATH, body, judged, picture, real, video

SITTING = {
    "code": "BODY005",
    "name": "person-sitting",
    "severity": "warning",
    "role": "image",
    "path": PATH,
    "measured": "sitting",
    "limit": "standing",
    "unit": None,
    "service_code": None,
    "fixable": False,
    "source": "animate-anyone-detect-api, 2026-01-26",
}


def test_picture() -> None:
    assert judged("person-sitting", "animate-anyone-gen2", picture(bodies=(body(posture="sitting"),))) == [SITTING]


@pytest.mark.parametrize("posture", ["standing", "unknown"])
def test_not_known_to_sit(posture: str) -> None:
    assert judged("person-sitting", "animate-anyone-gen2", picture(bodies=(body(posture=posture),))) == []


def test_first_frame_of_a_video() -> None:
    sits, stands = (body(posture="sitting"),), (body(),)
    expected = SITTING | {"role": "video", "source": "animate-anyone-template-api, 2026"}
    assert judged("person-sitting", "animate-anyone-template-gen2", video((), (), bodies=(sits, stands))) == [expected]
    assert judged("person-sitting", "animate-anyone-template-gen2", video((), (), bodies=(stands, sits))) == []


def test_largest_person_decides() -> None:
    seen = picture(bodies=(body(), body(posture="sitting")))
    assert judged("person-sitting", "animate-anyone-gen2", seen) == []


def test_nobody_has_a_rule_of_its_own() -> None:
    assert judged("person-sitting", "animate-anyone-gen2", picture(bodies=())) == []


def test_model_that_looks_at_faces() -> None:
    assert judged("person-sitting", "wan2.2-s2v", picture(bodies=(body(posture="sitting"),))) == []


def test_real_pictures(studio, fixtures) -> None:
    path = studio.picture("squatting")
    assert real("person-sitting", "animate-anyone-gen2", image=path) == [SITTING | {"path": str(path)}]
    assert real("person-sitting", "animate-anyone-gen2", image=fixtures / "full-body.jpg") == []
