from pathlib import Path

import pytest

WRONG = {
    "code": "FILE005",
    "name": "file-kind-wrong",
    "severity": "error",
    "unit": None,
    "fixable": False,
}
EMO = {"service_code": None, "source": "emo-api, 2026-03-15"}
RETALK = {"service_code": "InvalidFile.Format", "source": "videoretalk-api, en, undated"}


@pytest.mark.parametrize(
    ("model", "role", "name", "kind", "wanted", "terms"),
    [
        ("emo-v1", "image", "voice.wav", "audio", "image", EMO),
        ("emo-v1", "image", "talking-head.mp4", "video", "image", EMO),
        ("emo-v1", "audio", "portrait.jpg", "image", "audio", EMO | {"service_code": "InvalidURL"}),
        ("emo-v1", "audio", "talking-head.mp4", "video", "audio", EMO | {"service_code": "InvalidURL", "fixable": True}),
        ("emo-v1", "audio", "formats/h264-silent.mp4", "video", "audio", EMO | {"service_code": "InvalidURL"}),
        ("videoretalk", "video", "portrait.jpg", "image", "video", RETALK),
        ("videoretalk", "video", "voice.wav", "audio", "video", RETALK),
        ("videoretalk", "audio", "formats/h264.mkv", "video", "audio", RETALK | {"fixable": True}),
    ],
)
def test_other_kind(found, fixtures: Path, model: str, role: str, name: str, kind: str, wanted: str, terms: dict) -> None:
    path = fixtures / name
    expected = WRONG | terms | {"role": role, "path": str(path), "measured": kind, "limit": wanted}
    assert found("file-kind-wrong", model, **{role: path}) == [expected]


def test_sound_can_be_taken_out_of_a_video_that_has_it(said, fixtures: Path) -> None:
    assert "extract its sound track" in said("file-kind-wrong", "emo-v1", audio=fixtures / "talking-head.mp4")[0]
    assert "give a recording" in said("file-kind-wrong", "emo-v1", audio=fixtures / "formats/h264-silent.mp4")[0]


def test_container_without_a_picture_is_a_recording(found, fixtures: Path) -> None:
    assert found("file-kind-wrong", "emo-v1", audio=fixtures / "formats/audio-only.mp4") == []


def test_video_container_without_a_picture_has_a_rule_of_its_own(found, fixtures: Path) -> None:
    assert found("file-kind-wrong", "videoretalk", video=fixtures / "formats/audio-only.mp4") == []


def test_file_of_no_kind_has_a_rule_of_its_own(found, fixtures: Path) -> None:
    assert found("file-kind-wrong", "emo-v1", audio=fixtures / "faults/text-named-png.png") == []


def test_right_kinds(found, fixtures: Path) -> None:
    assert found("file-kind-wrong", "emo-v1", image=fixtures / "portrait.jpg", audio=fixtures / "voice.wav") == []


def test_another_input_is_named_only_if_it_takes_this_format(said, fixtures: Path) -> None:
    assert (
        "give a video here, and this file as ref_image"
        in said("file-kind-wrong", "videoretalk", video=fixtures / "portrait.jpg")[0]
    )
    assert said("file-kind-wrong", "videoretalk", video=fixtures / "formats/still.gif")[0].endswith("| give a video here")
