import pytest

from .content import PATH, face, judged, picture, real

LARGE = {
    "code": "FACE004",
    "name": "face-too-large",
    "severity": "warning",
    "role": "image",
    "path": PATH,
    "limit": "<= 0.8",
    "unit": "of the shorter side",
    "service_code": "InvalidFile.BodyProportion",
    "fixable": True,
    "source": None,
}


@pytest.mark.parametrize(("width", "height"), [(1000, 1600), (1600, 1000)])
def test_share_of_the_shorter_side(width: int, height: int) -> None:
    assert judged("face-too-large", "emo-v1", picture(face(side=801), width=width, height=height)) == [
        LARGE | {"measured": 0.801}
    ]
    assert judged("face-too-large", "emo-v1", picture(face(side=800), width=width, height=height)) == []


def test_threshold_of_a_catalog(own_catalog) -> None:
    own = own_catalog("emo-v1", "image", face_share_max=0.25)
    assert judged("face-too-large", "emo-v1", picture(face(side=161)), catalog=own) == [
        LARGE | {"measured": 0.251563, "limit": "<= 0.25"}
    ]
    assert judged("face-too-large", "emo-v1", picture(face(side=160)), catalog=own) == []


def test_real_pictures(studio, fixtures) -> None:
    path = studio.picture("close-up")
    (finding,) = real("face-too-large", "emo-v1", image=path)
    assert 0.82 < finding["measured"] < 0.92
    assert finding == LARGE | {"path": str(path), "measured": finding["measured"]}
    assert real("face-too-large", "emo-v1", image=fixtures / "portrait.jpg") == []
