import pytest

from .content import EMO, PATH, face, findings, judged, picture, real

TURNED = {
    "code": "FACE006",
    "name": "face-turned-away",
    "severity": "warning",
    "role": "image",
    "path": PATH,
    "unit": "degrees",
    "service_code": "InvalidFile.FacePose",
    "fixable": False,
    "source": EMO,
}
SIDEWAYS = TURNED | {"limit": "<= 30"}
NODDING = TURNED | {"limit": "<= 25"}


@pytest.mark.parametrize("sign", [1, -1])
def test_sideways(sign: int) -> None:
    assert judged("face-turned-away", "emo-v1", picture(face(yaw_deg=sign * 30.1))) == [SIDEWAYS | {"measured": 30.1}]
    assert judged("face-turned-away", "emo-v1", picture(face(yaw_deg=sign * 30.0))) == []


@pytest.mark.parametrize("sign", [1, -1])
def test_up_or_down(sign: int) -> None:
    assert judged("face-turned-away", "emo-v1", picture(face(pitch_deg=sign * 25.1))) == [NODDING | {"measured": 25.1}]
    assert judged("face-turned-away", "emo-v1", picture(face(pitch_deg=sign * 25.0))) == []


def test_the_turn_that_is_too_far_is_the_one_measured() -> None:
    assert judged("face-turned-away", "emo-v1", picture(face(yaw_deg=29.0, pitch_deg=26.0))) == [NODDING | {"measured": 26.0}]
    assert judged("face-turned-away", "emo-v1", picture(face(yaw_deg=30.0, pitch_deg=26.0))) == [NODDING | {"measured": 26.0}]
    (finding,) = findings("face-turned-away", "emo-v1", picture(face(yaw_deg=-29.0, pitch_deg=26.0)))
    assert "about 29 degrees sideways and 26 up or down" in finding.message


@pytest.mark.parametrize("sign", [1, -1])
def test_profile_is_an_error_where_the_documents_name_one(sign: int) -> None:
    assert judged("face-turned-away", "emo-v1", picture(face(yaw_deg=sign * 60.1))) == [
        SIDEWAYS | {"measured": 60.1, "severity": "error"}
    ]
    assert judged("face-turned-away", "emo-v1", picture(face(yaw_deg=sign * 60.0))) == [SIDEWAYS | {"measured": 60.0}]


def test_profile_is_a_warning_elsewhere() -> None:
    (finding,) = judged("face-turned-away", "liveportrait", picture(face(yaw_deg=80.0)))
    assert (finding["severity"], finding["service_code"]) == ("warning", None)


def test_model_that_does_not_ask_for_a_frontal_face() -> None:
    assert judged("face-turned-away", "wan2.2-s2v", picture(face(yaw_deg=80.0))) == []


def test_thresholds_of_a_catalog(own_catalog) -> None:
    own = own_catalog("emo-v1", "image", yaw_max=10, pitch_max=5.5)

    def found(**turned: float) -> list[tuple[str, str]]:
        return [
            (finding["limit"], finding["severity"])
            for finding in judged("face-turned-away", "emo-v1", picture(face(**turned)), catalog=own)
        ]

    assert found(yaw_deg=10.0, pitch_deg=5.5) == []
    assert found(yaw_deg=10.1) == [("<= 10", "warning")]
    assert found(yaw_deg=20.1) == [("<= 10", "error")]
    assert found(pitch_deg=5.6) == [("<= 5.5", "warning")]


def test_real_pictures(studio, fixtures) -> None:
    path = studio.picture("turned")
    (finding,) = real("face-turned-away", "emo-v1", image=path)
    assert 30 < finding["measured"] < 50
    assert finding == SIDEWAYS | {"path": str(path), "measured": finding["measured"]}
    assert real("face-turned-away", "emo-v1", image=fixtures / "portrait.jpg") == []
