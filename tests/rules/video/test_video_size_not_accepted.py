import pytest

SEEDANCE = "dreamina-seedance-2-0"


@pytest.mark.parametrize(("height", "limit"), [(638, ">= 409600"), (640, None)])
def test_pixels_in_all(found, said, make, height: int, limit: str | None) -> None:
    video = make.video(640, height, 50)
    findings = found("video-size-not-accepted", SEEDANCE, reference_video=video)
    assert [(each["code"], each["limit"]) for each in findings] == ([("VID023", limit)] if limit else [])
    if limit:
        (words,) = said("video-size-not-accepted", SEEDANCE, reference_video=video)
        assert words.startswith("width times height is 408,320 px; dreamina-seedance-2-0 takes at least 409600 px")
