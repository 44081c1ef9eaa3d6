import pytest

from .content import PATH, body, findings, judged, picture, real, video

AWAY = {
    "code": "BODY004",
    "name": "person-turned-away",
    "role": "image",
    "path": PATH,
    "limit": "front",
    "unit": None,
    "service_code": None,
    "fixable": False,
    "source": "animate-anyone-detect-api, 2026-01-26",
}


@pytest.mark.parametrize(("facing", "severity"), [("back", "error"), ("side", "warning"), ("unknown", "warning")])
def test_picture(facing: str, severity: str) -> None:
    seen = picture(bodies=(body(facing=facing),))
    assert judged("person-turned-away", "animate-anyone-gen2", seen) == [AWAY | {"measured": facing, "severity": severity}]


def test_from_the_front() -> None:
    assert judged("person-turned-away", "animate-anyone-gen2", picture(bodies=(body(),))) == []


def test_a_hidden_face_is_said_to_be_hidden() -> None:
    (finding,) = findings("person-turned-away", "animate-anyone-gen2", picture(bodies=(body(facing="unknown"),)))
    assert "with the face not visible; " in finding.message


def test_largest_person_decides() -> None:
    assert judged("person-turned-away", "animate-anyone-gen2", picture(bodies=(body(), body(facing="back")))) == []


def test_nobody_has_a_rule_of_its_own() -> None:
    assert judged("person-turned-away", "animate-anyone-gen2", picture(bodies=())) == []


def test_template_only_advises_to_face_the_camera() -> None:
    seen = video((), bodies=((body(facing="back"),),))
    assert judged("person-turned-away", "animate-anyone-template-gen2", seen) == []


def test_real_pictures(studio, fixtures) -> None:
    path = studio.picture("hidden face")
    expected = AWAY | {"path": str(path), "measured": "unknown", "severity": "warning"}
    assert real("person-turned-away", "animate-anyone-gen2", image=path) == [expected]
    assert real("person-turned-away", "animate-anyone-gen2", image=fixtures / "full-body.jpg") == []
