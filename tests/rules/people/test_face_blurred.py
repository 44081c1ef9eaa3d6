from .content import PATH, body, face, judged, picture, real

BLURRED = {
    "code": "FACE008",
    "name": "face-blurred",
    "severity": "warning",
    "role": "image",
    "path": PATH,
    "limit": ">= 0.1",
    "unit": None,
    "service_code": None,
    "fixable": False,
    "source": None,
}


def test_threshold() -> None:
    assert judged("face-blurred", "emo-v1", picture(face(sharpness=0.099))) == [BLURRED | {"measured": 0.099}]
    assert judged("face-blurred", "emo-v1", picture(face(sharpness=0.1))) == []


def test_largest_face_decides() -> None:
    assert judged("face-blurred", "liveportrait", picture(face(), face(x=0, side=50, sharpness=0.0))) == []


def test_model_that_looks_at_bodies() -> None:
    assert judged("face-blurred", "animate-anyone-gen2", picture(face(sharpness=0.0), bodies=(body(),))) == []


def test_threshold_of_a_catalog(own_catalog) -> None:
    own = own_catalog("emo-v1", "image", sharpness_min=0.25)
    assert judged("face-blurred", "emo-v1", picture(face(sharpness=0.249)), catalog=own) == [
        BLURRED | {"measured": 0.249, "limit": ">= 0.25"}
    ]
    assert judged("face-blurred", "emo-v1", picture(face(sharpness=0.25)), catalog=own) == []


def test_real_pictures(studio, fixtures) -> None:
    path = studio.picture("blurred")
    (finding,) = real("face-blurred", "emo-v1", image=path)
    assert 0.03 < finding["measured"] < 0.1
    assert finding == BLURRED | {"path": str(path), "measured": finding["measured"]}
    assert real("face-blurred", "emo-v1", image=fixtures / "portrait.jpg") == []
