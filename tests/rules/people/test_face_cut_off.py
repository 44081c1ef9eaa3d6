import pytest

from mediapreflight.people.facts import Face

from .content import PATH, findings, judged, picture, real
from .content import face as clear_face

CUT = {
    "code": "FACE005",
    "name": "face-cut-off",
    "severity": "warning",
    "role": "image",
    "path": PATH,
    "limit": "none",
    "unit": None,
    "service_code": "InvalidFile.FacePose",
    "fixable": False,
    "source": None,
}


def face(*bbox: int) -> Face:
    return clear_face(bbox=bbox)


@pytest.mark.parametrize(
    ("bbox", "edges"),
    [
        ((0, 10, 100, 110), "left"),
        ((10, 0, 110, 100), "top"),
        ((540, 10, 640, 110), "right"),
        ((10, 380, 110, 480), "bottom"),
        ((0, 0, 100, 100), "left, top"),
        ((0, 0, 640, 480), "left, top, right, bottom"),
    ],
)
def test_edges_that_are_touched(bbox: tuple[int, ...], edges: str) -> None:
    assert judged("face-cut-off", "emo-v1", picture(face(*bbox), width=640, height=480)) == [CUT | {"measured": edges}]


def test_a_pixel_away_from_every_edge() -> None:
    assert judged("face-cut-off", "emo-v1", picture(face(1, 1, 639, 479), width=640, height=480)) == []


def test_words() -> None:
    (finding,) = findings("face-cut-off", "liveportrait", picture(face(0, 0, 100, 100)))
    assert finding.message == "the face is cut off at the left and top"


def test_real_pictures(studio, fixtures) -> None:
    path = studio.picture("cut off")
    assert real("face-cut-off", "emo-v1", image=path) == [CUT | {"path": str(path), "measured": "left"}]
    assert real("face-cut-off", "emo-v1", image=fixtures / "portrait.jpg") == []
