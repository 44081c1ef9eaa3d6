from .content import PATH, face, judged, picture, real

DARK = {
    "code": "FACE009",
    "name": "face-too-dark",
    "severity": "warning",
    "role": "image",
    "path": PATH,
    "limit": ">= 35",
    "unit": None,
    "service_code": "InvalidFile.Value",
    "fixable": False,
    "source": None,
}


def test_threshold() -> None:
    assert judged("face-too-dark", "emo-v1", picture(face(brightness=34.9))) == [DARK | {"measured": 34.9}]
    assert judged("face-too-dark", "emo-v1", picture(face(brightness=35.0))) == []


def test_a_model_that_moves_bodies() -> None:
    dim = face(brightness=34.9)
    assert judged("face-too-dark", "animate-anyone-gen2", picture(dim, bodies=())) == [DARK | {"measured": 34.9}]


def test_threshold_of_a_catalog(own_catalog) -> None:
    own = own_catalog("emo-v1", "image", brightness_min=60)
    assert judged("face-too-dark", "emo-v1", picture(face(brightness=59.9)), catalog=own) == [
        DARK | {"measured": 59.9, "limit": ">= 60"}
    ]
    assert judged("face-too-dark", "emo-v1", picture(face(brightness=60.0)), catalog=own) == []


def test_real_pictures(studio, fixtures) -> None:
    path = studio.picture("dark")
    (finding,) = real("face-too-dark", "emo-v1", image=path)
    assert 15 < finding["measured"] < 35
    assert finding == DARK | {"path": str(path), "measured": finding["measured"]}
    assert real("face-too-dark", "emo-v1", image=fixtures / "portrait.jpg") == []
