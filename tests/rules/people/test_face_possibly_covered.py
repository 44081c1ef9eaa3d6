from .content import PATH, face, judged, picture, real

COVERED = {
    "code": "FACE010",
    "name": "face-possibly-covered",
    "severity": "warning",
    "role": "image",
    "path": PATH,
    "limit": "<= 0.8",
    "unit": None,
    "service_code": "InvalidFile.FacePose",
    "fixable": False,
    "source": None,
}


def test_threshold() -> None:
    assert judged("face-possibly-covered", "emo-v1", picture(face(covered=0.801))) == [COVERED | {"measured": 0.801}]
    assert judged("face-possibly-covered", "emo-v1", picture(face(covered=0.8))) == []


def test_nothing_is_said_of_a_face_in_profile() -> None:
    for yaw in (40.0, -75.0):
        assert judged("face-possibly-covered", "emo-v1", picture(face(covered=0.9, yaw_deg=yaw))) == []
    assert len(judged("face-possibly-covered", "emo-v1", picture(face(covered=0.9, yaw_deg=-39.9)))) == 1


def test_threshold_of_a_catalog(own_catalog) -> None:
    own = own_catalog("emo-v1", "image", covered_max=0.9)
    assert judged("face-possibly-covered", "emo-v1", picture(face(covered=0.901)), catalog=own) == [
        COVERED | {"measured": 0.901, "limit": "<= 0.9"}
    ]
    assert judged("face-possibly-covered", "emo-v1", picture(face(covered=0.9)), catalog=own) == []


def test_real_pictures(studio, fixtures) -> None:
    """One half of the face lies behind a board."""
    path = studio.picture("half hidden")
    (finding,) = real("face-possibly-covered", "emo-v1", image=path)
    assert 0.8 < finding["measured"] <= 1
    assert finding == COVERED | {"path": str(path), "measured": finding["measured"]}
    assert real("face-possibly-covered", "emo-v1", image=fixtures / "portrait.jpg") == []
