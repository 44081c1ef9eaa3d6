import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest

TRANSPARENT = "testsrc2=size=64x48:rate=10:duration=1,format=yuva420p,colorchannelmixer=aa=0.5"
WRITTEN = {
    "vp9.webm": ("-c:v", "libvpx-vp9", "-pix_fmt", "yuva420p"),
    "vp8.mkv": ("-c:v", "libvpx", "-pix_fmt", "yuva420p", "-auto-alt-ref", "0"),
    "prores.mov": ("-c:v", "prores_ks", "-profile:v", "4444", "-pix_fmt", "yuva444p10le"),
    "png.mov": ("-c:v", "png", "-pix_fmt", "rgba"),
    "animation.mov": ("-c:v", "qtrle", "-pix_fmt", "argb"),
}
OPAQUE = {
    "vp9.webm": ("-c:v", "libvpx-vp9", "-pix_fmt", "yuv420p"),
    "prores.mov": ("-c:v", "prores_ks", "-profile:v", "4444", "-pix_fmt", "yuv444p10le"),
    "png.mov": ("-c:v", "png", "-pix_fmt", "rgb24"),
    # Its fourth byte is filler.
    "raw.avi": ("-c:v", "rawvideo", "-pix_fmt", "bgra"),
}


def written(folder: Path, name: str, options: tuple[str, ...]) -> Path:
    path = folder / name
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", TRANSPARENT, *options, str(path)]
    subprocess.run(command, check=True)
    return path


@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_alpha(found, name: str, level: str, tmp_path: Path) -> None:
    path = written(tmp_path, name, WRITTEN[name])
    assert found("video-has-alpha", "videoretalk", level=level, video=path) == [
        {
            "code": "VID022",
            "name": "video-has-alpha",
            "severity": "warning",
            "role": "video",
            "path": str(path),
            "measured": True,
            "limit": "no alpha channel",
            "unit": None,
            "service_code": None,
            "fixable": True,
            "source": None,
        }
    ]


@pytest.mark.parametrize("name", OPAQUE)
def test_no_alpha(found, name: str, tmp_path: Path) -> None:
    path = written(tmp_path, name, OPAQUE[name])
    assert found("video-has-alpha", "videoretalk", video=path) == []
