from pathlib import Path

import pytest

from mediapreflight import Job, check

from ..people.content import PATH, body, face, judged, picture, real

INVENTED = {
    "code": "PAIR010",
    "name": "half-body-without-background",
    "severity": "warning",
    "role": "image",
    "path": PATH,
    "measured": "half",
    "limit": "full",
    "unit": None,
    "service_code": None,
    "fixable": False,
    "source": "animateanyone-video-generation-api, 2026-01-26",
}
HALF = picture(face(), bodies=(body(framing="half"),))


@pytest.mark.parametrize("parameters", [{}, {"use_ref_img_bg": False}])
def test_background_of_the_template(parameters: dict) -> None:
    assert judged("half-body-without-background", "animate-anyone-gen2", HALF, parameters=parameters) == [INVENTED]


@pytest.mark.parametrize("value", [True, "yes", None, 0])
def test_background_of_the_picture_or_a_value_that_is_none(value: object) -> None:
    parameters = {"use_ref_img_bg": value}
    assert judged("half-body-without-background", "animate-anyone-gen2", HALF, parameters=parameters) == []


@pytest.mark.parametrize("framing", ["full", "head", "part"])
def test_other_framings(framing: str) -> None:
    seen = picture(bodies=(body(framing=framing),))
    assert judged("half-body-without-background", "animate-anyone-gen2", seen) == []


def test_largest_person_decides() -> None:
    seen = picture(bodies=(body(), body(framing="half")))
    assert judged("half-body-without-background", "animate-anyone-gen2", seen) == []


@pytest.mark.parametrize("seen", [picture(), picture(bodies=())])
def test_nobody_or_nobody_looked_for(seen) -> None:
    assert judged("half-body-without-background", "animate-anyone-gen2", seen) == []


def test_model_without_that_choice() -> None:
    assert judged("half-body-without-background", "animate-anyone-detect-gen2", HALF) == []


def test_real_pictures(fixtures: Path) -> None:
    path = fixtures / "half-body.jpg"
    assert real("half-body-without-background", "animate-anyone-gen2", image=path) == [INVENTED | {"path": str(path)}]
    job = Job("animate-anyone-gen2", whole=False, image=path, parameters={"use_ref_img_bg": True})
    assert check(job, select=["PAIR010"]).findings == ()
    assert real("half-body-without-background", "animate-anyone-gen2", image=fixtures / "full-body.jpg") == []
