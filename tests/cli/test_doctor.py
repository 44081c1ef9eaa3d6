import json

import mediapreflight

from .conftest import MAIN, run_python

# `av` as it is where a system library is missing, and an ffmpeg that is none.
BROKEN_AV = """
import sys
class Broken:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "av":
            raise ImportError("libx.so.1: cannot open shared object file")
sys.meta_path.insert(0, Broken())
"""


def test_all_is_well(process) -> None:
    result = process("doctor")
    assert (result.status, result.err) == (0, "")
    assert f"mediapreflight      {mediapreflight.__version__}\n" in result.out
    for name in ("python", "simplejpeg", "pillow", "av", "mutagen", "ffmpeg", "encoder libx264", "level decode"):
        assert f" {name} " in result.out
    assert "fix:" not in result.out


def test_json(process) -> None:
    checks = json.loads(process("doctor", "--output-format", "json").out)
    assert {"mediapreflight", "python", "av", "ffmpeg"} <= {check["name"] for check in checks}
    assert all(check["ok"] in (True, None) for check in checks)


def test_library_that_does_not_load() -> None:
    result = run_python("-c", BROKEN_AV + MAIN, "doctor")
    assert result.status == 2
    (line,) = [line for line in result.out.splitlines() if " av " in line and "does not load" in line]
    assert line.startswith("no  av ")
    assert "libx.so.1" in line
    assert "fix: pip install --force-reinstall av\n" in result.out


def test_ffmpeg_that_does_not_run(process, tmp_path) -> None:
    result = process("doctor", env={"MEDIAPREFLIGHT_FFMPEG": str(tmp_path / "nowhere")})
    assert result.status == 2
    assert "no  ffmpeg " in result.out
    assert "MEDIAPREFLIGHT_FFMPEG" in result.out


def test_another_library_under_the_name_of_ffmpeg_python(tmp_path) -> None:
    (tmp_path / "ffmpeg.py").write_text("class FFmpeg: ...\n")
    script = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
    result = run_python("-c", script + MAIN, "doctor")
    assert result.status == 2
    (line,) = [line for line in result.out.splitlines() if "finds another library" in line]
    assert line.startswith("no  ffmpeg-python ")
    assert "fix: " in result.out
