"""What `doctor` says of the detectors behind level content."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import SOURCES, Result, run_python

CONTENT = ("faces", "bodies", "voices")


@pytest.fixture
def doctor(tmp_path: Path) -> Callable[..., Result]:
    """`doctor("mediapipe", …)`: what `doctor` says where importing that module does something else, by default fail."""

    def run(module: str, *options: str, instead: str = "") -> Result:
        missing = f"raise ModuleNotFoundError(\"No module named '{module}'\", name='{module}')"
        (tmp_path / f"{module}.py").write_text(instead or missing)
        path = os.pathsep.join((str(tmp_path), SOURCES))
        return run_python("-m", "mediapreflight", "doctor", *options, env={"PYTHONPATH": path})

    return run


@pytest.fixture
def doctor_without(doctor: Callable[..., Result]) -> Callable[[str], list[dict]]:
    def run(missing: str) -> list[dict]:
        result = doctor(missing, "--output-format", "json")
        assert (result.status, result.err) == (2, "")
        return json.loads(result.out)

    return run


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
    [("mediapipe", ("bodies",), ("faces", "voices")), ("cv2", ("faces", "bodies"), ("voices",)), ("numpy", CONTENT, ())],
)
def test_library_that_is_missing(doctor_without, missing: str, broken: tuple[str, ...], sound: tuple[str, ...]) -> None:
    checks = {check["name"]: check for check in doctor_without(missing)}
    for name in broken:
        assert checks[name]["ok"] is False
        assert ("No module named 'numpy'" if missing == "numpy" else "(it is not installed)") in checks[name]["detail"]
        assert "without it: no level content" in checks[name]["detail"]
        assert checks[name]["fix"].startswith("pip install " if missing == "numpy" else 'pip install "mediapreflight[people]"')
        assert checks[name]["fix"] not in checks[name]["detail"]
    for name in sound:
        assert checks[name]["ok"] is True


def test_fix_names_the_library_that_is_missing(doctor_without) -> None:
    for check in doctor_without("numpy"):
        if check["name"] in (*CONTENT, "numpy"):
            assert check["fix"] == "pip install --force-reinstall numpy"


def test_a_library_that_ends_its_process_ends_nothing_else(doctor) -> None:
    result = doctor("mediapipe", instead="import os; os.abort()")
    assert (result.status, result.err) == (2, "")
    (line,) = [line for line in result.out.splitlines() if " bodies " in line]
    assert line.startswith("no ")
    assert "the detectors crash" in line
    assert "ok  faces" in result.out
    # Not by the name of this package: where it was installed from a clone, no index has it.
    assert result.out.count("fix: pip install --force-reinstall mediapipe opencv-contrib-python\n") == 1
    assert "ok  voices" in result.out


def test_fix_stands_on_a_line_of_its_own(doctor) -> None:
    result = doctor("mediapipe")
    assert result.status == 2
    lines = result.out.splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("no  bodies "))
    assert lines[place + 1].strip() == 'fix: pip install "mediapreflight[people]"'
