import pytest

from mediapreflight.people.facts import PictureContent

from .content import PATH, body, judged, picture, real, video

HIDDEN = {
    "code": "BODY006",
    "name": "hands-hidden",
    "severity": "warning",
    "role": "image",
    "path": PATH,
    "measured": "hidden",
    "limit": "seen",
    "unit": None,
    "service_code": None,
    "fixable": False,
    "source": "animate-anyone-detect-api, 2026-01-26",
}


def test_a_whole_body_without_its_hands() -> None:
    seen = picture(bodies=(body(hands_in_picture=False),))
    assert judged("hands-hidden", "animate-anyone-gen2", seen) == [HIDDEN]


@pytest.mark.parametrize(
    "seen",
    [
        picture(bodies=(body(),)),
        picture(bodies=(body(framing="half", hands_in_picture=False),)),
        picture(bodies=(body(), body(hands_in_picture=False))),
        picture(bodies=()),
    ],
)
def test_nothing_to_say(seen: PictureContent) -> None:
    assert judged("hands-hidden", "animate-anyone-gen2", seen) == []


def test_first_frame_of_a_video() -> None:
    seen = video((), bodies=((body(hands_in_picture=False),),))
    expected = HIDDEN | {
        "role": "video",
        "service_code": "InvalidFile.FullBody",
        "source": "animate-anyone-template-api, 2026",
    }
    assert judged("hands-hidden", "animate-anyone-template-gen2", seen) == [expected]


def test_real_pictures(studio, fixtures) -> None:
    path = studio.picture("hands cut off")
    assert real("hands-hidden", "animate-anyone-gen2", image=path) == [HIDDEN | {"path": str(path)}]
    assert real("hands-hidden", "animate-anyone-gen2", image=fixtures / "full-body.jpg") == []
