"""`prepare --report`: a page with before and after."""

import json
import wave
from pathlib import Path


def test_page_is_written_beside_the_results(run, fixtures: Path, tmp_path: Path) -> None:
    page, out = tmp_path / "page.html", tmp_path / "ready"
    picture = fixtures / "orientation/exif-6.jpg"
    result = run("prepare", "--model", "liveportrait", picture, "--out", out, "--report", page, "--output-format", "json")
    assert (result.status, result.err) == (0, "")
    assert json.loads(result.out)["ok"]
    text = page.read_text(encoding="utf-8")
    assert "1 of 1 job ready" in text
    assert text.count("data:image/jpeg;base64,") == 2
    assert "bake-orientation" in text


def test_job_that_cannot_be_prepared_is_in_the_page_too(run, fixtures: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    broken = fixtures / "faults/corrupt-scan.jpg"
    result = run("prepare", "--model", "liveportrait", broken, "--out", tmp_path / "ready", "--report", page)
    assert result.status == 1
    assert "0 of 1 job ready" in page.read_text(encoding="utf-8")
    assert result.out.endswith("\n0 of 1 job ready.\n")


def test_files_of_a_job_that_is_not_ready_are_told_of(run, fixtures: Path, tmp_path: Path) -> None:
    inputs = (f"image={fixtures / 'portrait.jpg'}", f"audio={fixtures / 'faults/truncated.wav'}")
    result = run("prepare", "--model", "emo-v1", *inputs, "--out", tmp_path / "ready")
    assert result.status == 1
    assert sorted(path.name for path in (tmp_path / "ready").iterdir()) == ["portrait.jpg", "prepared.json"]
    assert result.out.endswith(
        "\n0 of 1 job ready. Files of jobs that are not ready are there too, and the next run uses them.\n"
    )


def test_what_to_do_about_a_file_stands_beside_it(run, fixtures: Path, tmp_path: Path) -> None:
    inputs = (f"image={fixtures / 'portrait.jpg'}", f"audio={fixtures / 'faults/truncated.wav'}")
    said = run("prepare", "--model", "emo-v1", *inputs, "--dry-run").out.splitlines()
    (refused,) = (place for place, line in enumerate(said) if "cannot be prepared: " in line)
    assert said[refused + 1].startswith("    next: ")
    assert said[refused + 2].startswith("  face_bbox  ")


def test_parts_have_the_same_names_before_and_after(run, tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "long.wav"), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(b"\0\1\0\2" * 4000 * 130)
    told = (tmp_path / "long.wav", "--model", "videoretalk", "--level", "decode", "--split", "--output-format")
    for ways in (("--dry-run",), ("--out", tmp_path / "ready")):
        lines = run("prepare", *told, "text", *ways).out.splitlines()
        assert [line for line in lines if line.startswith("videoretalk")] == ["videoretalk, part 1", "videoretalk, part 2"]
        assert [job["part"] for job in json.loads(run("prepare", *told, "json", *ways).out)["jobs"]] == [1, 2]


def test_plan_alone_has_no_page(refused, fixtures: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    said = refused("prepare", "--model", "liveportrait", fixtures / "portrait.jpg", "--dry-run", "--report", page)
    assert said == "--report needs prepared files; leave out --dry-run"
    assert not page.exists()


def test_page_that_cannot_be_written(refused, fixtures: Path, tmp_path: Path) -> None:
    page = tmp_path / "nowhere" / "page.html"
    said = refused("prepare", "--model", "liveportrait", fixtures / "portrait.jpg", "--out", tmp_path / "ready", "--report", page)
    assert said == f"{page}: cannot be written: no such file or directory"
