from .content import PATH, body, judged, picture, real, video

SEVERAL = {
    "code": "BODY002",
    "name": "persons-several",
    "severity": "error",
    "role": "image",
    "path": PATH,
    "measured": 2,
    "limit": "== 1",
    "unit": "people",
    "service_code": None,
    "fixable": False,
    "source": "animate-anyone-detect-api, 2026-01-26",
}
ONE, TWO = (body(),), (body(), body(bbox=(500, 100, 600, 600)))


def test_picture() -> None:
    assert judged("persons-several", "animate-anyone-gen2", picture(bodies=TWO)) == [SEVERAL]
    assert judged("persons-several", "animate-anyone-gen2", picture(bodies=ONE)) == []
    assert judged("persons-several", "animate-anyone-gen2", picture(bodies=())) == []


def test_first_frame_of_a_video() -> None:
    expected = SEVERAL | {"role": "video", "source": "animate-anyone-template-api, 2026"}
    assert judged("persons-several", "animate-anyone-template-gen2", video((), (), bodies=(TWO, ONE))) == [expected]
    assert judged("persons-several", "animate-anyone-template-gen2", video((), (), bodies=(ONE, TWO))) == []


def test_model_that_looks_at_faces() -> None:
    assert judged("persons-several", "emo-v1", picture(bodies=TWO)) == []


def test_real_pictures(studio, fixtures) -> None:
    path = studio.picture("two bodies")
    assert real("persons-several", "animate-anyone-gen2", image=path) == [SEVERAL | {"path": str(path)}]
    assert real("persons-several", "animate-anyone-gen2", image=fixtures / "full-body.jpg") == []
