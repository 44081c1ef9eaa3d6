import pytest

from .content import EMO, LIVEPORTRAIT, PATH, face, findings, judged, picture, real, video

MISSING = {
    "code": "FACE001",
    "name": "face-missing",
    "severity": "error",
    "role": "image",
    "path": PATH,
    "measured": 0,
    "limit": ">= 1",
    "unit": "faces",
    "fixable": False,
}


@pytest.mark.parametrize(
    ("model", "role", "service_code", "source"),
    [
        ("emo-v1", "image", "InvalidFile.NoHuman", EMO),
        (
            "liveportrait",
            "image",
            "InvalidImage.NoHumanFace",
            LIVEPORTRAIT,
        ),
        ("videoretalk", "ref_image", "InvalidFile.Content", "videoretalk-api, en, undated"),
        ("wan2.2-s2v", "image", None, "wan-s2v-detect-api, 2026-10-12; wan-s2v-api, 2026"),
    ],
)
def test_nobody(model: str, role: str, service_code: str | None, source: str) -> None:
    expected = MISSING | {"role": role, "service_code": service_code, "source": source}
    assert judged("face-missing", model, picture(), role=role) == [expected]


def test_what_may_be_a_face_is_a_warning() -> None:
    expected = MISSING | {"severity": "warning", "service_code": "InvalidFile.NoHuman", "source": EMO}
    assert judged("face-missing", "emo-v1", picture(doubtful=(face(),))) == [expected]


def test_somebody() -> None:
    assert judged("face-missing", "emo-v1", picture(face())) == []


def test_model_that_looks_at_bodies() -> None:
    assert judged("face-missing", "animate-anyone-gen2", picture(bodies=())) == []


def test_video_has_a_rule_of_its_own() -> None:
    assert judged("face-missing", "videoretalk", video(())) == []


def test_real_pictures(studio, fixtures) -> None:
    path = studio.picture("nobody")
    expected = MISSING | {"path": str(path), "service_code": "InvalidFile.NoHuman", "source": EMO}
    assert real("face-missing", "emo-v1", image=path) == [expected]
    assert real("face-missing", "emo-v1", image=fixtures / "portrait.jpg") == []


def test_drawn_face_counts(fixtures) -> None:
    assert real("face-missing", "emo-v1", image=fixtures / "full-body.jpg") == []


def test_turned_picture_is_said_to_be_one() -> None:
    (found,) = findings("face-missing", "emo-v1", picture(turn_deg=180))
    assert found.message.endswith("; turned by 180 degrees clockwise it shows one")
    assert "prepare --upright" in found.help
    assert not found.fixable
