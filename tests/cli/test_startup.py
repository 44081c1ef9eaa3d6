"""What is imported, and what works where it cannot be: seen in processes of their own."""

import json
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from .conftest import MAIN, SOURCES, Result, run_python

HEAVY = (
    "PIL",
    "anyio",
    "av",
    "cv2",
    "httpx",
    "mcp",
    "mcp_types",
    "mediapipe",
    "mutagen",
    "numpy",
    "pathspec",
    "pi_heif",
    "tqdm",
    "simplejpeg",
)
# The standard library's own that take a millisecond or more.
SLOW = (
    "dataclasses",
    "inspect",
    "sqlite3",
    "ssl",
    "logging",
    "concurrent",
    "subprocess",
    "tempfile",
    "csv",
    "difflib",
    "platformdirs",
)
PICTURES = ["portrait.jpg", "formats/rgb.png", "formats/lossy.webp", "formats/rgb.bmp", "formats/still.gif"]

LOADED = """
import sys
from mediapreflight.cli import main
try:
    main(sys.argv[1:])
except SystemExit:
    pass
print(sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""


def loaded(*arguments: str | Path, **options) -> set[str]:
    """The heavy libraries that a command loads, where nothing is remembered."""
    result = run_python("-c", LOADED, *uncached(arguments), **options)
    return set(json.loads(result.err.replace("'", '"'))) & set(HEAVY)


def run_without(libraries: tuple[str, ...], *arguments: str | Path, **options) -> Result:
    """The command where these libraries cannot be imported, not by the processes it starts either."""
    with tempfile.TemporaryDirectory() as folder:
        for name in libraries:
            (Path(folder) / f"{name}.py").write_text(f"raise ImportError('No module named {name}', name='{name}')")
        env = {"PYTHONPATH": os.pathsep.join((folder, SOURCES)), "MEDIAPREFLIGHT_CACHE_DIR": f"{folder}/cache"}
        return run_python("-m", "mediapreflight", *arguments, env=env, **options)


def uncached(arguments: tuple[str | Path, ...]) -> tuple[str | Path, ...]:
    return ("check", "--no-cache", *arguments[1:]) if arguments[0] == "check" else arguments


@pytest.mark.parametrize(
    "command",
    [
        ["--version"],
        ["--help"],
        ["check", "--help"],
        ["mcp", "--help"],
        ["models", "emo-v1"],
        ["rule", "VID007"],
        ["schema", "report"],
    ],
)
def test_commands_that_measure_nothing_load_nothing_heavy(command: list[str]) -> None:
    assert loaded(*command) == set()


def test_headers_of_a_picture_load_nothing_slow_either(fixtures: Path) -> None:
    arguments = ["check", "--level", "metadata", "--model", "liveportrait", "portrait.jpg"]
    result = run_python("-c", LOADED, *arguments, cwd=fixtures)
    assert set(json.loads(result.err.replace("'", '"'))) & set(SLOW) == set()


def test_headers_of_a_plain_picture_load_no_reader_of_other_pictures(fixtures: Path) -> None:
    code = LOADED.replace('name.partition(".")[0]', "name")
    arguments = ["check", "--level", "metadata", "--model", "liveportrait", "portrait.jpg"]
    names = set(json.loads(run_python("-c", code, *arguments, cwd=fixtures).err.replace("'", '"')))
    assert "mediapreflight.media.image.headers.jpeg" in names
    assert names.isdisjoint(f"mediapreflight.media.{name}" for name in ("heif_items", "profiles", "heic", "headers.png"))


def test_unchanged_files_load_no_decoder(fixtures: Path, tmp_path: Path) -> None:
    names = ["portrait.jpg", "dance.mp4", "voice.mp3", "faults/corrupt-scan.jpg"]
    for name in names:
        os.utime(shutil.copy(fixtures / name, tmp_path), (1_600_000_000, 1_600_000_000))
    arguments = ["check", "--model", "videoretalk", "--output-format", "json", *(Path(name).name for name in names)]
    cold = run_python("-c", MAIN, *arguments, cwd=tmp_path)
    warm = run_python("-c", LOADED, *arguments, cwd=tmp_path)
    assert warm.out == cold.out
    assert set(json.loads(warm.err.replace("'", '"'))) & set(HEAVY) == set()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_headers_of_pictures_load_nothing_heavy(fixtures: Path, workers: str) -> None:
    arguments = ["check", "--level", "metadata", "--workers", workers, "--model", "videoretalk", *PICTURES]
    assert loaded(*arguments, cwd=fixtures) == set()


def test_whole_job_of_a_picture_loads_nothing_heavy(fixtures: Path) -> None:
    assert loaded("check", "--level", "metadata", "--model", "wan2.6-i2v", "image=portrait.jpg", cwd=fixtures) == set()


def test_probe_of_headers_loads_nothing_heavy(fixtures: Path) -> None:
    assert loaded("probe", "--level", "metadata", *PICTURES, cwd=fixtures) == set()


def test_data_of_pictures_loads_no_video_library(fixtures: Path) -> None:
    assert loaded("check", "--level", "decode", "--model", "videoretalk", *PICTURES, cwd=fixtures).isdisjoint(
        {"av", "cv2", "mediapipe", "httpx"}
    )


def test_video_loads_neither_people_nor_network_libraries(fixtures: Path) -> None:
    assert loaded("check", "--level", "decode", "--model", "videoretalk", "dance.mp4", cwd=fixtures).isdisjoint(
        {"cv2", "mediapipe", "httpx"}
    )


def test_headers_of_pictures_need_none_of_them(fixtures: Path) -> None:
    arguments = ["check", "--level", "metadata", "--model", "videoretalk", "--output-format", "json", *PICTURES]
    everywhere, here = run_python("-c", MAIN, *arguments, cwd=fixtures), run_without(HEAVY, *arguments, cwd=fixtures)
    assert here == everywhere
    assert json.loads(here.out)["summary"]["files"] == len(PICTURES)


@pytest.mark.parametrize(
    ("level", "target"),
    [
        ("metadata", "video=formats/h264.avi"),
        ("decode", "video=dance.mp4"),
        *((level, target) for level in ("metadata", "decode") for target in ("audio=voice.mp3", "audio=voice.wav")),
    ],
)
def test_video_and_sound_without_their_library_are_unchecked(fixtures: Path, level: str, target: str) -> None:
    arguments = ["check", "--level", level, "--model", "videoretalk", "--select", "FILE", "--output-format", "json", target]
    result = run_without(("av",), *arguments, cwd=fixtures)
    assert (result.status, result.err) == (1, "")
    (finding,) = json.loads(result.out)["jobs"][0]["findings"]
    assert (finding["code"], finding["severity"]) == ("FILE012", "unchecked")
    assert "mediapreflight doctor" in finding["message"]


def test_data_of_a_jpeg_without_its_library_is_unchecked(fixtures: Path) -> None:
    arguments = ["check", "--level", "decode", "--model", "emo-v1", "--output-format", "json", "portrait.jpg"]
    result = run_without(("simplejpeg",), *arguments, cwd=fixtures)
    assert (result.status, result.err) == (1, "")
    report = json.loads(result.out)
    assert [finding["code"] for finding in report["jobs"][0]["findings"]] == ["FILE012"]
    assert report["summary"]["unchecked"] == 1
    assert report["jobs"][0]["inputs"]["image"]["facts"]["width"] == 640


def test_rarer_pictures_without_pillow_are_unchecked(fixtures: Path) -> None:
    result = run_without(
        ("PIL",), "check", "--level", "metadata", "--model", "emo-v1", "--select", "FILE012", "formats/rgb.tiff", cwd=fixtures
    )
    assert (result.status, result.err) == (1, "")
    assert "unchecked FILE012" in result.out


def test_missing_library_spoils_only_the_files_that_need_it(fixtures: Path) -> None:
    arguments = ["check", "--level", "metadata", "--model", "videoretalk", "--output-format", "json", "portrait.jpg", "dance.mp4"]
    jobs = json.loads(run_without(("av",), *arguments, cwd=fixtures).out)["jobs"]
    assert [job["ok"] for job in jobs] == [True, False]
