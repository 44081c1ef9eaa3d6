import pytest
from msgspec.structs import replace

from mediapreflight.people.facts import VideoContent

from .content import PATH, body, face, findings, judged, picture, real, video

DETECT, TEMPLATE = "animate-anyone-detect-api, 2026-01-26", "animate-anyone-template-api, 2026"
MISSING = {
    "code": "BODY001",
    "name": "person-missing",
    "severity": "error",
    "path": PATH,
    "measured": 0,
    "limit": "== 1",
    "unit": "people",
    "fixable": False,
}
IN_PICTURE = MISSING | {"role": "image", "service_code": None, "source": DETECT}
IN_VIDEO = MISSING | {"role": "video", "service_code": "InvalidFile.Content", "source": TEMPLATE}


def test_picture() -> None:
    assert judged("person-missing", "animate-anyone-gen2", picture(bodies=())) == [IN_PICTURE]
    assert judged("person-missing", "animate-anyone-gen2", picture(bodies=(body(),))) == []


def test_what_may_be_a_person_warns() -> None:
    for seen in (picture(bodies=(), doubtful_people=((1, 2, 30, 90),)), picture(bodies=(), doubtful=(face(),))):
        assert judged("person-missing", "animate-anyone-gen2", seen) == [IN_PICTURE | {"severity": "warning"}]
    first, later = video((), ()).samples
    unsure = VideoContent(width=640, height=640, samples=(replace(first, bodies=(), doubtful_people=((1, 2, 30, 90),)), later))
    (finding,) = findings("person-missing", "animate-anyone-template-gen2", unsure)
    assert finding.severity == "warning"
    assert finding.message.startswith("the first frame shows nothing that is certainly a person; ")


def test_first_frame_of_a_video() -> None:
    later = video((), (), bodies=((), (body(),)))
    assert judged("person-missing", "animate-anyone-template-gen2", later) == [IN_VIDEO]
    (finding,) = findings("person-missing", "animate-anyone-template-gen2", later)
    assert finding.message.startswith("the first frame shows no person; ")
    assert judged("person-missing", "animate-anyone-template-gen2", video((), (), bodies=((body(),), ()))) == []


@pytest.mark.parametrize("seen", [picture(), video(()), video()])
def test_bodies_that_were_not_looked_for(seen) -> None:
    model = "animate-anyone-gen2" if seen.__class__ is picture().__class__ else "animate-anyone-template-gen2"
    assert judged("person-missing", model, seen) == []


def test_model_that_looks_at_faces() -> None:
    assert judged("person-missing", "emo-v1", picture(bodies=())) == []


def test_real_files(studio, fixtures) -> None:
    path = studio.picture("nobody")
    assert real("person-missing", "animate-anyone-gen2", image=path) == [IN_PICTURE | {"path": str(path)}]
    path = studio.video("nobody")
    assert real("person-missing", "animate-anyone-template-gen2", video=path) == [IN_VIDEO | {"path": str(path)}]
    assert real("person-missing", "animate-anyone-gen2", image=fixtures / "full-body.jpg") == []
    assert real("person-missing", "animate-anyone-template-gen2", video=fixtures / "dance.mp4") == []


def test_where_several_are_accepted_too() -> None:
    unsure = IN_PICTURE | {"severity": "warning", "limit": ">= 1", "service_code": "InvalidImage.NoHuman"}
    assert judged("person-missing", "wan2.2-animate-mix", picture(bodies=())) == [unsure | {"source": "third party, undated"}]
    for people in (1, 2):
        assert judged("person-missing", "wan2.2-animate-mix", picture(bodies=(body(),) * people)) == []
    assert judged("persons-several", "wan2.2-animate-mix", picture(bodies=(body(),) * 2)) == []
