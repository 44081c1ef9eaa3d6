import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest

TURNED = {
    "code": "VID015",
    "name": "video-relies-on-rotation-tag",
    "severity": "warning",
    "role": "video",
    "limit": "0",
    "unit": "degrees",
    "service_code": None,
    "fixable": True,
    "source": None,
}


@pytest.mark.parametrize("degrees", [90, 180, 270])
@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_stored_turned(found, fixtures: Path, degrees: int, level: str) -> None:
    path = fixtures / f"orientation/rotation-{degrees}.mp4"
    expected = TURNED | {"path": str(path), "measured": degrees}
    assert found("video-relies-on-rotation-tag", "videoretalk", level=level, video=path) == [expected]


@pytest.fixture(scope="module")
def mirrored(fixtures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("made") / "mirrored.mp4"
    arguments = ("-display_rotation", "90", "-display_hflip", "-i", fixtures / "formats/h264.mp4", "-c", "copy", path)
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *map(str, arguments)], check=True)
    return path


@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_stored_mirrored(found, said, mirrored: Path, level: str) -> None:
    expected = TURNED | {"path": str(mirrored), "measured": "mirrored", "limit": "not mirrored", "unit": None}
    assert found("video-relies-on-rotation-tag", "videoretalk", level=level, video=mirrored) == [expected]
    (words,) = said("video-relies-on-rotation-tag", "videoretalk", level=level, video=mirrored)
    assert "mirrors it and turns it by 90 degrees" in words


def test_words_name_both_sizes(said, fixtures: Path) -> None:
    (words,) = said("video-relies-on-rotation-tag", "videoretalk", video=fixtures / "orientation/rotation-90.mp4")
    assert "stored 128 x 96 px" in words
    assert "shown 96 x 128 px" in words


@pytest.mark.parametrize("name", ["formats/h264.mp4", "formats/h264.mov", "orientation/pixels-4-3.mp4"])
def test_upright(found, fixtures: Path, name: str) -> None:
    assert found("video-relies-on-rotation-tag", "videoretalk", video=fixtures / name) == []
