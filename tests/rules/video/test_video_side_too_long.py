import pytest

LONG = {
    "code": "VID004",
    "name": "video-side-too-long",
    "severity": "error",
    "role": "video",
    "limit": "<= 2048",
    "unit": "px",
    "service_code": "InvalidFile.Resolution",
    "fixable": True,
    "source": "videoretalk-api, en, undated",
}


@pytest.mark.parametrize(("width", "height"), [(2050, 64), (64, 2050)])
@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_longer_side_decides(found, make, width: int, height: int, level: str) -> None:
    path = make.video(width, height, 2)
    assert found("video-side-too-long", "videoretalk", level=level, video=path) == [LONG | {"path": path, "measured": 2050}]


@pytest.mark.parametrize(("width", "height"), [(2048, 64), (64, 2048)])
def test_on_the_limit(found, make, width: int, height: int) -> None:
    assert found("video-side-too-long", "videoretalk", video=make.video(width, height, 2)) == []
