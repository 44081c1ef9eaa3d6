import pytest

EXTREME = {
    "code": "IMG007",
    "name": "image-aspect-ratio-too-extreme",
    "severity": "error",
    "role": "image",
    "limit": "<= 2",
    "unit": None,
    "service_code": "InvalidImage.ImageSize",
    "fixable": True,
    "source": "liveportrait-api, 2026-03-15",
}


@pytest.mark.parametrize(("width", "height"), [(601, 300), (300, 601)])
@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_long_side_over_short_side_in_both_directions(found, make, width: int, height: int, level: str) -> None:
    path = make.picture(width, height)
    expected = EXTREME | {"path": path, "measured": pytest.approx(601 / 300)}
    assert found("image-aspect-ratio-too-extreme", "liveportrait", level=level, image=path) == [expected]


@pytest.mark.parametrize(("width", "height"), [(600, 300), (300, 600), (599, 300), (300, 300)])
def test_on_the_limit_and_inside(found, make, width: int, height: int) -> None:
    assert found("image-aspect-ratio-too-extreme", "liveportrait", image=make.picture(width, height)) == []


def test_words_tell_the_ratio_from_the_limit(said, make) -> None:
    (words,) = said("image-aspect-ratio-too-extreme", "liveportrait", image=make.picture(4001, 2000, mode="1"))
    assert "is 2.001; " in words
    assert "up to 2" in words


def test_no_ratio_documented(found, make) -> None:
    assert found("image-aspect-ratio-too-extreme", "wan2.6-i2v", image=make.picture(2000, 240, mode="1")) == []
