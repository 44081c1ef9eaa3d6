from pathlib import Path

import pytest

NOT_MEDIA = {
    "code": "FILE004",
    "name": "file-not-media",
    "severity": "error",
    "role": "video",
    "limit": "mp4, avi, mov",
    "unit": None,
    "service_code": "InvalidFile.Format",
    "fixable": False,
    "source": "videoretalk-api, en, undated",
}


@pytest.mark.parametrize(
    ("name", "truth"),
    [
        ("faults/text-named-png.png", "text"),
        ("faults/html-named-jpg.jpg", "HTML page"),
        ("faults/zip-named-png.png", "ZIP archive"),
        ("faults/pdf-named-jpg.jpg", "PDF document"),
        ("faults/playlist-named-mp4.mp4", "HLS playlist"),
        ("faults/concat-named-mp4.mp4", "ffconcat script"),
        ("formats/drawing.svg", "SVG drawing"),
    ],
)
@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_named_for_what_it_is(found, said, fixtures: Path, name: str, truth: str, level: str) -> None:
    path = fixtures / name
    expected = NOT_MEDIA | {"path": str(path), "measured": truth}
    assert found("file-not-media", "videoretalk", level=level, video=path) == [expected]
    assert truth in said("file-not-media", "videoretalk", level=level, video=path)[0]


def test_a_model_that_names_no_error_code(found, fixtures: Path) -> None:
    path = fixtures / "faults/text-named-png.png"
    (finding,) = found("file-not-media", "emo-v1", image=path)
    assert finding["service_code"] is None
    assert finding["limit"] == "jpeg, png, bmp, webp"
    assert finding["source"] == "emo-api, 2026-03-15"


def test_pointer_is_not_fetched_which_is_another_rule(found, fixtures: Path) -> None:
    assert found("file-not-media", "emo-v1", image=fixtures / "faults/lfs-pointer-named-png.png") == []


def test_media_of_any_kind(found, fixtures: Path) -> None:
    for path in ("portrait.jpg", "voice.mp3", "talking-head.mp4", "formats/rgb.tiff"):
        assert found("file-not-media", "videoretalk", video=fixtures / path) == []
