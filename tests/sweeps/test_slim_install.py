"""The installation without extras, in a fresh environment: what it takes, what it does, and what it says of what it lacks."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent.parent
PEOPLE, FFMPEG = 'pip install "mediapreflight[people]"', 'pip install "mediapreflight[ffmpeg]"'
# With the compiled files, and without pip itself: 235 on Linux.
MOST_BYTES = 250 << 20

pytestmark = pytest.mark.sweep


@pytest.fixture(scope="module")
def slim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment that holds this project without any extra."""
    folder = tmp_path_factory.mktemp("slim")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    subprocess.run([programs / "python", "-m", "pip", "install", "--quiet", ROOT], check=True)
    return programs


@pytest.fixture
def run(slim: Path, fixtures: Path, tmp_path: Path):
    """`run("check", …)`: the exit status, what was printed and what was said, among the fixtures, with no ffmpeg about."""

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        done = subprocess.run(
            [slim / "mediapreflight", *arguments],
            cwd=fixtures,
            env={
                **{name: os.environ[name] for name in ("SYSTEMROOT", "TEMP", "TMP", "TMPDIR") if name in os.environ},
                "PATH": str(tmp_path),
                "HOME": str(tmp_path),
                "USERPROFILE": str(tmp_path),
                "PYTHONUTF8": "1",
                "MEDIAPREFLIGHT_CACHE_DIR": str(tmp_path / "cache"),
                "MEDIAPREFLIGHT_STATE_DIR": str(tmp_path / "state"),
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout, done.stderr

    return run


EMO = ("--model", "emo-v1", "image=portrait.jpg", "audio=voice.mp3")
BOXES = ("--set", "face_bbox=226,134,403,311", "--set", "ext_bbox=93,0,536,443")


def test_it_brings_none_of_what_is_large(slim: Path) -> None:
    code = "import importlib.util as u, sysconfig; print(sysconfig.get_path('purelib'), *map(u.find_spec, {!r}), sep='\\n')"
    large = ("cv2", "mediapipe", "imageio_ffmpeg", "matplotlib")
    done = subprocess.run([slim / "python", "-c", code.format(large)], capture_output=True, text=True, check=True)
    place, *found = done.stdout.splitlines()
    assert found == ["None"] * len(large)
    tools = ("pip", "setuptools", "pkg_resources", "_distutils_hack")
    files = (each for part in Path(place).iterdir() if not part.name.startswith(tools) for each in (part, *part.rglob("*")))
    assert sum(each.stat().st_size for each in files if each.is_file()) < MOST_BYTES


@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_files_are_checked(run, level: str) -> None:
    status, out, err = run("check", "--level", level, *EMO)
    assert (status, err) == (0, "")
    assert "All clear" in out


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("faults/truncated.jpg", "FILE010"),
        ("faults/corrupt-scan.jpg", "FILE011"),
        ("faults/wrong-crc.png", "FILE011"),
        ("faults/truncated.webp", "FILE010"),
        ("faults/truncated.wav", "FILE010"),
    ],
)
def test_damage_is_found(run, target: str, code: str) -> None:
    status, out, _ = run("check", "--level", "decode", "--model", "liveportrait", target)
    assert status == 1
    assert code in out


def test_no_format_goes_unchecked(run) -> None:
    _, out, _ = run("check", "--level", "decode", "--model", "liveportrait", "--output-format", "json", "formats", "orientation")
    assert json.loads(out)["summary"]["unchecked"] == 0
    _, out, _ = run("check", "--level", "decode", "--model", "videoretalk", "--output-format", "json", "formats", "video")
    assert json.loads(out)["summary"]["unchecked"] == 0


def test_people_are_unchecked_with_the_line_that_installs_what_finds_them(run) -> None:
    status, out, _ = run("check", "--output-format", "json", *EMO)
    assert status == 1
    report = json.loads(out)
    (finding,) = [each for each in report["jobs"][0]["findings"] if each["severity"] == "unchecked"]
    assert (finding["code"], finding["role"]) == ("CONT001", "image")
    assert PEOPLE in finding["message"]


def test_voices_are_heard(run) -> None:
    status, out, _ = run("check", "--model", "emo-v1", "voice.wav", "--output-format", "json")
    assert status == 0
    (job,) = json.loads(out)["jobs"]
    assert job["inputs"]["audio"]["content"]["speech_share"] > 0.5


def test_faces_ends_with_the_line(run) -> None:
    status, out, err = run("faces", "portrait.jpg")
    assert (status, out) == (2, "")
    assert err.count("\n") == 1
    assert PEOPLE in err


def test_doctor_tells_what_is_left_out(run) -> None:
    status, out, _ = run("doctor", "--output-format", "json")
    assert status == 2
    lacking = {each["name"]: each["fix"] for each in json.loads(out) if each["ok"] is False}
    assert lacking.keys() == {"faces", "bodies", "ffmpeg"}
    assert lacking["faces"] == lacking["bodies"] == PEOPLE
    assert lacking["ffmpeg"].startswith(FFMPEG)


def test_files_are_measured(run) -> None:
    status, out, err = run("probe", "portrait.jpg", "talking-head.mp4", "voice.mp3", "--output-format", "json")
    assert (status, err) == (0, "")
    assert [each["kind"] for each in json.loads(out)] == ["image", "video", "audio"]


def test_pictures_are_prepared(run, tmp_path: Path) -> None:
    Image.radial_gradient("L").resize((5000, 3000)).convert("RGBA").save(tmp_path / "large.webp", quality=80)
    job = ("--model", "liveportrait", f"image={tmp_path / 'large.webp'}", "audio=voice.wav")
    status, out, _ = run("prepare", "--level", "decode", *job, "--out", tmp_path / "ready")
    assert status == 0, out
    assert run("check", "--level", "decode", tmp_path / "ready" / "prepared.json")[0] == 0


def test_sound_is_prepared_where_there_is_an_ffmpeg(run, tmp_path: Path) -> None:
    job = ("--model", "liveportrait", "image=portrait.jpg", "audio=faults/false-length.mp3")
    status, out, _ = run("prepare", "--level", "decode", *job, "--out", tmp_path / "ready")
    assert status == 1
    assert f"ffmpeg does not load (the program was not found); {FFMPEG}" in out
    from mediapreflight.prepare.av.ffmpeg import find_ffmpeg

    (tmp_path / Path("ffmpeg").with_suffix(Path(find_ffmpeg()).suffix if os.name == "nt" else "")).symlink_to(find_ffmpeg())
    status, out, _ = run("prepare", "--level", "decode", *job, "--out", tmp_path / "ready")
    assert status == 0, out


@pytest.mark.parametrize(
    "command",
    [
        ("prepare", "--out", "ready"),
        ("prepare", "--dry-run"),
        ("submit", "--dry-run", "--boxes", "local"),
    ],
)
def test_what_needs_boxes_says_so_first(run, command: tuple[str, ...]) -> None:
    status, out, err = run(*command, "--level", "decode", *EMO)
    assert (status, out) == (2, "")
    assert "emo-v1 takes boxes around a face" in err
    assert PEOPLE in err


def test_a_job_with_boxes_is_prepared_and_sent(run, tmp_path: Path) -> None:
    assert run("prepare", "--level", "decode", *EMO, *BOXES, "--out", tmp_path / "ready")[0] == 0
    for boxes in ((), BOXES):
        status, out, _ = run("submit", "--dry-run", "--level", "decode", *EMO, *boxes)
        assert status == 0
        assert ("face-detect" in out) is not bool(boxes)
