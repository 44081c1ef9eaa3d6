from pathlib import Path

import pytest

DIFFERS = {
    "code": "PAIR004",
    "name": "picture-ratio-differs",
    "severity": "warning",
    "role": "image",
    "unit": None,
    "service_code": None,
    "fixable": True,
    "source": "animateanyone-video-generation-api, 2026-01-26",
}
OWN_BACKGROUND = {"use_ref_img_bg": True}


@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_square_picture_for_a_tall_video(found, said, fixtures: Path, level: str) -> None:
    path = fixtures / "portrait.jpg"
    given = {"level": level, "image": path, "parameters": OWN_BACKGROUND}
    expected = DIFFERS | {"path": str(path), "measured": 1, "limit": "== 0.5625"}
    assert found("picture-ratio-differs", "animate-anyone-gen2", **given) == [expected]
    assert "the video will be 9:16" in said("picture-ratio-differs", "animate-anyone-gen2", **given)[0]


def test_ratio_that_is_asked_for(found, fixtures: Path) -> None:
    path = fixtures / "full-body.jpg"
    (finding,) = found(
        "picture-ratio-differs", "animate-anyone-gen2", image=path, parameters=OWN_BACKGROUND | {"video_ratio": "3:4"}
    )
    assert (finding["measured"], finding["limit"]) == (0.5625, "== 0.75")


@pytest.mark.parametrize(("name", "ratio"), [("full-body.jpg", "9:16"), ("portrait-3x4.jpg", "3:4")])
def test_same_ratio(found, fixtures: Path, name: str, ratio: str) -> None:
    given = {"image": fixtures / name, "parameters": OWN_BACKGROUND | {"video_ratio": ratio}}
    assert found("picture-ratio-differs", "animate-anyone-gen2", **given) == []


@pytest.mark.parametrize(("width", "fires"), [(306, False), (307, True), (294, False), (293, True)])
def test_tolerance_of_two_hundredths(found, make, width: int, fires: bool) -> None:
    given = {"image": make.picture(width, 400), "parameters": OWN_BACKGROUND | {"video_ratio": "3:4"}}
    assert bool(found("picture-ratio-differs", "animate-anyone-gen2", **given)) is fires


def test_background_of_the_template(found, fixtures: Path) -> None:
    for parameters in ({}, {"use_ref_img_bg": False}):
        given = {"image": fixtures / "portrait.jpg", "parameters": parameters}
        assert found("picture-ratio-differs", "animate-anyone-gen2", **given) == []


def test_ratio_that_is_no_choice_has_a_rule_of_its_own(found, fixtures: Path) -> None:
    for ratio in ("1:1", "tall", 5, None):
        given = {"image": fixtures / "portrait.jpg", "parameters": OWN_BACKGROUND | {"video_ratio": ratio}}
        assert found("picture-ratio-differs", "animate-anyone-gen2", **given) == []
