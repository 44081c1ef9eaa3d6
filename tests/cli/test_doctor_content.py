"""What `doctor` says of the detectors behind level content."""

import json

import pytest

from .conftest import MAIN, run_python

WITHOUT = """
import sys
missing = sys.argv.pop(1)
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == missing:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Missing())
"""
CONTENT = ("faces", "bodies", "voices")


def doctor_without(missing: str) -> list[dict]:
    result = run_python("-c", WITHOUT + MAIN, missing, "doctor", "--output-format", "json")
    assert (result.status, result.err) == (2, "")
    return json.loads(result.out)


def test_detectors_run(process) -> None:
    result = process("doctor")
    assert (result.status, result.err) == (0, "")
    for name, purpose in zip(CONTENT, ("pictures and video", "AnimateAnyone", "recordings"), strict=True):
        (line,) = [line for line in result.out.splitlines() if f" {name} " in line]
        assert line.startswith("ok ")
        assert line.endswith(purpose)
    assert "Copyright" not in result.out


@pytest.mark.parametrize(
    ("missing", "broken", "sound"),
    [("mediapipe", ("faces", "bodies"), ("voices",)), ("cv2", ("faces", "bodies"), ("voices",)), ("numpy", CONTENT, ())],
)
def test_library_that_is_missing(missing: str, broken: tuple[str, ...], sound: tuple[str, ...]) -> None:
    checks = {check["name"]: check for check in doctor_without(missing)}
    for name in broken:
        assert checks[name]["ok"] is False
        assert ("No module named 'numpy'" if missing == "numpy" else "(it is not installed)") in checks[name]["detail"]
        assert "without it: no level content" in checks[name]["detail"]
        assert checks[name]["fix"].startswith("pip install " if missing == "numpy" else 'pip install "mediapreflight[people]"')
        assert checks[name]["fix"] not in checks[name]["detail"]
    for name in sound:
        assert checks[name]["ok"] is True


def test_fix_names_the_library_that_is_missing() -> None:
    for check in doctor_without("numpy"):
        if check["name"] in (*CONTENT, "numpy"):
            assert check["fix"] == "pip install --force-reinstall numpy"


def test_fix_stands_on_a_line_of_its_own() -> None:
    result = run_python("-c", WITHOUT + MAIN, "mediapipe", "doctor")
    assert result.status == 2
    lines = result.out.splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("no  faces "))
    assert lines[place + 1].strip() == 'fix: pip install "mediapreflight[people]"'
