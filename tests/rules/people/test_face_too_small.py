import pytest
from hypothesis import given
from hypothesis import strategies as st

from .content import PATH, face, findings, judged, picture, real

SMALL = {
    "code": "FACE003",
    "name": "face-too-small",
    "severity": "warning",
    "role": "image",
    "path": PATH,
    "service_code": "InvalidFile.BodyProportion",
    "fixable": False,
    "source": None,
}
FEW_PIXELS = SMALL | {"limit": ">= 64", "unit": "px"}
SMALL_SHARE = SMALL | {"limit": ">= 0.08", "unit": "of the shorter side"}


def test_few_pixels() -> None:
    assert judged("face-too-small", "emo-v1", picture(face(side=63))) == [FEW_PIXELS | {"measured": 63}]
    assert judged("face-too-small", "emo-v1", picture(face(side=64))) == []


@pytest.mark.parametrize(("width", "height"), [(1000, 1600), (1600, 1000)])
def test_small_share_of_the_shorter_side(width: int, height: int) -> None:
    assert judged("face-too-small", "emo-v1", picture(face(side=79), width=width, height=height)) == [
        SMALL_SHARE | {"measured": 0.079}
    ]
    assert judged("face-too-small", "emo-v1", picture(face(side=80), width=width, height=height)) == []


def test_pixels_come_first_where_both_are_few() -> None:
    assert judged("face-too-small", "emo-v1", picture(face(side=50), width=2000, height=2000)) == [FEW_PIXELS | {"measured": 50}]


def test_words_tell_a_share_from_the_limit_it_misses() -> None:
    (finding,) = findings("face-too-small", "emo-v1", picture(face(side=90), width=1600, height=1200))
    assert "90 px wide, 7.5% of the picture's shorter side; at least 64 px and 8% are recommended" in finding.message


@given(side=st.integers(400, 8000), width=st.integers(64, 640))
def test_what_is_measured_breaks_the_limit_by_the_figures_told(side: int, width: int) -> None:
    """`judged` checks it; a share just short of the limit must not be rounded up to it."""
    found = judged("face-too-small", "emo-v1", picture(face(x=0, y=0, side=width), width=side, height=side))
    assert bool(found) is (width / side < 0.08)


def test_largest_face_decides() -> None:
    assert judged("face-too-small", "liveportrait", picture(face(), face(x=0, side=30))) == []


def test_thresholds_of_a_catalog(own_catalog) -> None:
    own = own_catalog("emo-v1", "image", face_px_min=200, face_share_min=0.25)
    assert judged("face-too-small", "emo-v1", picture(face(side=180)), catalog=own) == [
        FEW_PIXELS | {"measured": 180, "limit": ">= 200"}
    ]
    assert judged("face-too-small", "emo-v1", picture(face(side=200), width=900, height=900), catalog=own) == [
        SMALL_SHARE | {"measured": 0.222222, "limit": ">= 0.25"}
    ]
    assert judged("face-too-small", "emo-v1", picture(face(side=225), width=900, height=900), catalog=own) == []


def test_real_pictures(studio, fixtures) -> None:
    (tiny,) = real("face-too-small", "emo-v1", image=studio.picture("tiny face"))
    assert tiny["unit"] == "px"
    assert 50 <= tiny["measured"] < 64
    (far,) = real("face-too-small", "liveportrait", image=studio.picture("small share"))
    assert far["unit"] == "of the shorter side"
    assert 0.05 < far["measured"] < 0.06
    assert real("face-too-small", "emo-v1", image=fixtures / "portrait.jpg") == []
