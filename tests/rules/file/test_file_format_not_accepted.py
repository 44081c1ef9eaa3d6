from pathlib import Path

import pytest

REFUSED = {
    "code": "FILE006",
    "name": "file-format-not-accepted",
    "severity": "error",
    "unit": None,
    "fixable": True,
}
EMO_PICTURE = {"limit": "jpeg, png, bmp, webp", "service_code": None, "source": "emo-api, 2026-03-15"}
EMO_VOICE = {"limit": "wav, mp3", "service_code": "InvalidURL", "source": "emo-api, 2026-03-15"}
RETALK_VIDEO = {"limit": "mp4, avi, mov", "service_code": "InvalidFile.Format", "source": "videoretalk-api, en, undated"}


@pytest.mark.every(
    ("model", "role", "name", "format", "terms"),
    [
        ("emo-v1", "image", "formats/still.gif", "gif", EMO_PICTURE),
        ("emo-v1", "image", "formats/rgb.tiff", "tiff", EMO_PICTURE),
        ("emo-v1", "image", "formats/rgb.avif", "avif", EMO_PICTURE),
        ("emo-v1", "audio", "voice.aac", "aac", EMO_VOICE),
        ("emo-v1", "audio", "formats/aac.m4a", "m4a", EMO_VOICE),
        ("videoretalk", "video", "formats/h264.mkv", "mkv", RETALK_VIDEO),
        ("videoretalk", "video", "formats/vp9.webm", "webm", RETALK_VIDEO),
        ("videoretalk", "video", "faults/mkv-named-mp4.mp4", "mkv", RETALK_VIDEO),
    ],
)
@pytest.mark.every("level", ["metadata", "decode"])
def test_format_of_no_document(
    found, fixtures: Path, model: str, role: str, name: str, format: str, terms: dict, level: str
) -> None:
    path = fixtures / name
    expected = REFUSED | terms | {"role": role, "path": str(path), "measured": format}
    assert found("file-format-not-accepted", model, level=level, **{role: path}) == [expected]


def test_format_that_one_document_leaves_out(found, said, fixtures: Path) -> None:
    path = fixtures / "formats/lossy.webp"
    expected = REFUSED | {
        "severity": "warning",
        "role": "image",
        "path": str(path),
        "measured": "webp",
        "limit": "jpeg, png, bmp",
        "service_code": None,
        "source": "platform.qianwenai.com API docs, 2026",
    }
    assert found("file-format-not-accepted", "emo-v1", image=path) == [expected]
    assert "one document" in said("file-format-not-accepted", "emo-v1", image=path)[0]


@pytest.mark.parametrize(
    ("model", "role", "name"),
    [
        ("emo-v1", "image", "formats/baseline.jpg"),
        ("emo-v1", "image", "formats/rgb.png"),
        ("emo-v1", "image", "formats/rgb.bmp"),
        ("liveportrait", "image", "formats/lossy.webp"),
        ("emo-v1", "audio", "formats/pcm-s16.wav"),
        ("emo-v1", "audio", "formats/cbr.mp3"),
        ("videoretalk", "audio", "formats/adts.aac"),
        ("videoretalk", "video", "formats/h264.mp4"),
        ("videoretalk", "video", "formats/h264.mov"),
        ("videoretalk", "video", "formats/h264.avi"),
    ],
)
def test_documented_formats(found, fixtures: Path, model: str, role: str, name: str) -> None:
    assert found("file-format-not-accepted", model, **{role: fixtures / name}) == []


def test_the_name_does_not_count(found, fixtures: Path) -> None:
    assert found("file-format-not-accepted", "emo-v1", image=fixtures / "faults/png-named-jpg.jpg") == []


def test_other_kinds_and_no_media_have_rules_of_their_own(found, fixtures: Path) -> None:
    assert found("file-format-not-accepted", "emo-v1", image=fixtures / "voice.wav") == []
    assert found("file-format-not-accepted", "emo-v1", image=fixtures / "faults/text-named-png.png") == []


def test_all_formats_that_every_document_accepts_are_offered(said, fixtures: Path) -> None:
    """Which of them fits depends on the length too: a long recording may not fit as WAV."""
    assert said("file-format-not-accepted", "emo-v1", audio=fixtures / "formats/aac.m4a")[0].endswith(
        "| convert it to wav or mp3"
    )
