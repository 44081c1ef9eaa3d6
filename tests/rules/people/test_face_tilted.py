import pytest

from .content import PATH, face, findings, judged, picture, real

TILTED = {
    "code": "FACE007",
    "name": "face-tilted",
    "severity": "warning",
    "role": "image",
    "path": PATH,
    "limit": "[-25, 25]",
    "unit": "degrees",
    "service_code": "InvalidFile.FacePose",
    "fixable": False,
    "source": None,
}


@pytest.mark.parametrize("sign", [1, -1])
def test_to_either_side(sign: int) -> None:
    assert judged("face-tilted", "emo-v1", picture(face(roll_deg=sign * 25.1))) == [TILTED | {"measured": sign * 25.1}]
    assert judged("face-tilted", "emo-v1", picture(face(roll_deg=sign * 25.0))) == []


def test_model_that_does_not_ask_for_a_frontal_face() -> None:
    assert judged("face-tilted", "wan2.2-s2v", picture(face(roll_deg=90.0))) == []


def test_threshold_of_a_catalog(own_catalog) -> None:
    own = own_catalog("liveportrait", "image", roll_max=7.5)
    expected = TILTED | {"measured": 7.6, "limit": "[-7.5, 7.5]", "service_code": None}
    assert judged("face-tilted", "liveportrait", picture(face(roll_deg=7.6)), catalog=own) == [expected]
    assert judged("face-tilted", "liveportrait", picture(face(roll_deg=7.5)), catalog=own) == []


def test_real_pictures(studio, fixtures) -> None:
    """Turned by 40 degrees against the clock."""
    path = studio.picture("leaning")
    (finding,) = real("face-tilted", "emo-v1", image=path)
    assert -45 < finding["measured"] < -30
    assert finding == TILTED | {"path": str(path), "measured": finding["measured"]}
    assert real("face-tilted", "emo-v1", image=fixtures / "portrait.jpg") == []


def test_lying_picture_can_be_turned() -> None:
    (found,) = findings("face-tilted", "emo-v1", picture(face(roll_deg=90.0), turn_deg=270))
    assert found.help == "`prepare --upright` turns it"


@pytest.mark.parametrize(("turn_deg", "words"), [(90, "the picture lies on its side"), (180, "the picture is upside down")])
@pytest.mark.parametrize("model", ["emo-v1", "animate-anyone-gen2"])
def test_a_turned_picture_is_called_that_for_bodies_too(model: str, turn_deg: int, words: str) -> None:
    (found,) = findings("face-tilted", model, picture(face(roll_deg=turn_deg - 2), turn_deg=turn_deg))
    assert (found.message, found.help) == (words, "`prepare --upright` turns it")
