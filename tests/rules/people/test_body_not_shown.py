import pytest

from .content import PATH, body, findings, judged, picture, real, video

NOT_SHOWN = {
    "code": "BODY003",
    "name": "body-not-shown",
    "severity": "error",
    "path": PATH,
    "unit": None,
    "fixable": False,
}
IN_PICTURE = NOT_SHOWN | {
    "role": "image",
    "limit": "half, full",
    "service_code": None,
    "source": "animate-anyone-detect-api, 2026-01-26",
}
IN_VIDEO = NOT_SHOWN | {
    "role": "video",
    "limit": "full",
    "service_code": "InvalidFile.FullBody",
    "source": "animate-anyone-template-api, 2026",
}


@pytest.mark.parametrize(("framing", "fires"), [("full", False), ("half", False), ("head", True), ("part", True)])
def test_picture(framing: str, fires: bool) -> None:
    expected = [IN_PICTURE | {"measured": framing}] if fires else []
    assert judged("body-not-shown", "animate-anyone-gen2", picture(bodies=(body(framing=framing),))) == expected


@pytest.mark.parametrize(("framing", "fires"), [("full", False), ("half", True), ("head", True), ("part", True)])
def test_first_frame_of_a_video(framing: str, fires: bool) -> None:
    seen = video((), (), bodies=((body(framing=framing),), (body(framing="head"),)))
    expected = [IN_VIDEO | {"measured": framing}] if fires else []
    assert judged("body-not-shown", "animate-anyone-template-gen2", seen) == expected


def test_words() -> None:
    (finding,) = findings("body-not-shown", "animate-anyone-gen2", picture(bodies=(body(framing="head"),)))
    assert finding.message == ("the picture shows a head; animate-anyone-gen2 needs the upper half of the body or the full body")
    (finding,) = findings("body-not-shown", "animate-anyone-template-gen2", video((), bodies=((body(framing="half"),),)))
    assert finding.message == (
        "the first frame shows the upper half of the body; animate-anyone-template-gen2 needs the full body"
    )


def test_largest_person_decides() -> None:
    seen = picture(bodies=(body(), body(framing="head")))
    assert judged("body-not-shown", "animate-anyone-gen2", seen) == []


def test_nobody_has_a_rule_of_its_own() -> None:
    assert judged("body-not-shown", "animate-anyone-gen2", picture(bodies=())) == []


def test_model_that_looks_at_faces() -> None:
    assert judged("body-not-shown", "emo-v1", picture(bodies=(body(framing="full"),))) == []


def test_real_files(fixtures) -> None:
    path = fixtures / "portrait.jpg"
    assert real("body-not-shown", "animate-anyone-gen2", image=path) == [IN_PICTURE | {"path": str(path), "measured": "head"}]
    path = fixtures / "talking-head.mp4"
    assert real("body-not-shown", "animate-anyone-template-gen2", video=path) == [
        IN_VIDEO | {"path": str(path), "measured": "head"}
    ]
    for name in ("half-body.jpg", "full-body.jpg"):
        assert real("body-not-shown", "animate-anyone-gen2", image=fixtures / name) == []
    assert real("body-not-shown", "animate-anyone-template-gen2", video=fixtures / "dance.mp4") == []
