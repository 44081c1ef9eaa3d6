import base64
import json
import os
import shutil
from pathlib import Path

import pytest

from mediapreflight.report import FORMATS

# The jobs of the README, one for each system.
MAIN_JOBS = {
    "emo-v1": ["image=portrait.jpg", "audio=voice.mp3"],
    "liveportrait": ["image=portrait.jpg", "audio=voice.wav"],
    "videoretalk": ["video=talking-head.mp4", "audio=voice.wav"],
    "animate-anyone-gen2": ["image=full-body.jpg", "--set", "template_id=AACT.xxx.xxx-xxx.xxx"],
    "wan2.6-i2v": ["image=portrait.jpg", "--set", "prompt=She smiles and looks up", "--set", "duration=5"],
}


@pytest.mark.parametrize("model", MAIN_JOBS)
def test_main_jobs_fit(check, process, fixtures: Path, model: str) -> None:
    result = check(model, *MAIN_JOBS[model], level="decode", by=process, cwd=fixtures)
    assert result.status == 0
    assert result.out.startswith("All clear: ")
    assert result.out.endswith(f"checked for {model}, nothing found.\n")


# --- what is read ----------------------------------------------------------------------------------------------------


def test_levels(check, refused, fixtures: Path) -> None:
    path = fixtures / "faults/corrupt-scan.jpg"
    assert check("emo-v1", path, level="metadata").status == 0
    result = check("emo-v1", path, level="decode")
    assert result.status == 1
    assert "FILE011 file-corrupt" in result.out
    assert "choose from 'metadata', 'decode', 'content'" in refused("check", "--level", "all", "--model", "emo-v1", path)


@pytest.mark.parametrize("workers", ["1", "2", "8"])
def test_any_number_of_workers_says_the_same(check, fixtures: Path, workers: str) -> None:
    arguments = ("videoretalk", fixtures / "video", fixtures / "orientation", "--output-format", "json")
    several = check(*arguments, "--workers", workers)
    assert json.loads(several.out)["summary"]["files"] > 20
    assert several == check(*arguments)


@pytest.mark.parametrize("count", ["0", "-1", "many", "1.5", ""])
def test_number_of_workers_that_is_none(refused, count: str) -> None:
    assert "is not a whole number of 1 or more" in refused("check", "--model", "emo-v1", f"--workers={count}", "a.png")


# --- which rules -----------------------------------------------------------------------------------------------------


def test_select_and_ignore(check, fixtures: Path) -> None:
    def rules(*arguments: str) -> list[str]:
        result = check("wan2.6-i2v", fixtures / "formats/rgba.png", "--output-format", "concise", *arguments)
        return [line.split()[2] for line in result.out.splitlines()]

    assert rules() == ["IMG001", "IMG005"]
    assert rules("--select", "image-has-alpha") == ["IMG001"]
    assert rules("--select", "FILE,IMG", "--ignore", "IMG001, REQ") == ["IMG005"]
    assert rules("--select", "FILE", "--select", "img001") == ["IMG001"]
    assert rules("--ignore", "ALL") == []


def test_rules_in_preview(check, refused, fixtures: Path, tmp_path: Path) -> None:
    lying = f"data:image/png;base64,{base64.b64encode((fixtures / 'portrait.jpg').read_bytes()).decode()}"
    (tmp_path / "mediapreflight.toml").write_text("preview = true\n", encoding="utf-8")

    def warns(*arguments: str, cwd: Path = fixtures) -> bool:
        return "FILE014" in check("wan2.6-i2v", f"image={lying}", "--set", "prompt=x", *arguments, cwd=cwd).out

    assert not warns()
    assert warns("--preview")
    assert warns("--preview", "--select", "FILE014")
    assert warns(cwd=tmp_path)
    assert not warns("--no-preview", cwd=tmp_path)
    message = refused("check", "--model", "emo-v1", fixtures / "portrait.jpg", "--select", "FILE014")
    assert (
        message
        == "FILE014 media-type-misleading is in preview: it runs only with --preview or `preview = true` in the configuration"
    )


@pytest.mark.parametrize("option", ["--select", "--ignore"])
def test_unknown_rule(refused, fixtures: Path, option: str) -> None:
    message = refused("check", "--model", "emo-v1", fixtures / "portrait.jpg", option, "image-to-large")
    assert message.startswith("unknown rule 'image-to-large'; did you mean ")


def test_ignored_rules_do_not_fail(check, fixtures: Path) -> None:
    assert check("wan2.6-i2v", fixtures / "formats/rgba.png").status == 1
    assert check("wan2.6-i2v", fixtures / "formats/rgba.png", "--ignore", "IMG001,IMG005").status == 0


# --- the status ------------------------------------------------------------------------------------------------------


def test_strict_lets_warnings_fail(check, fixtures: Path) -> None:
    arguments = ("wan2.7-i2v", f"first_frame={fixtures}/formats/cmyk.jpg", "--select", "IMG004")
    assert check(*arguments).status == 0
    assert check(*arguments, "--strict").status == 1
    assert check(*arguments, "--strict", "--ignore", "IMG004").status == 0
    assert check(*arguments, "--no-strict").status == 0


def test_notes_never_fail(check, fixtures: Path) -> None:
    result = check("emo-v1", fixtures / "orientation/location.jpg", "--select", "IMG009", "--strict")
    assert "info      IMG009" in result.out
    assert result.status == 0


def test_unchecked_fails(check) -> None:
    result = check("wan2.6-i2v", "image=https://a.b/c.png")
    assert "unchecked REQ014" in result.out
    assert result.status == 1


# --- what cannot be checked ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_bad_inputs_get_one_clear_line_each(check, process, fixtures: Path, tmp_path: Path, level: str) -> None:
    (tmp_path / "empty.png").touch()
    (tmp_path / "dangling.png").symlink_to("nowhere")
    (tmp_path / "folder.png").mkdir()
    os.mkfifo(tmp_path / "pipe.png")
    shutil.copyfile(fixtures / "faults/text-named-png.png", tmp_path / "text.png")
    names = ["missing.png", "empty.png", "dangling.png", "pipe.png", "text.png", "image=folder.png"]
    result = check("emo-v1", *names, "--output-format", "concise", level=level, by=process, cwd=tmp_path)
    assert result.status == 1
    assert [line.partition(" ")[0] for line in result.out.splitlines()] == [f"{name.removeprefix('image=')}:" for name in names]
    for line, words in zip(
        result.out.splitlines(),
        ["no such file", "0 bytes", "points to nothing", "a named pipe", "plain text", "a folder"],
        strict=True,
    ):
        assert words in line


def test_unreadable_file(run_unprivileged, tmp_path: Path, fixtures: Path) -> None:
    path = tmp_path / "secret.jpg"
    shutil.copyfile(fixtures / "portrait.jpg", path)
    path.chmod(0)
    arguments = ("check", "--level", "metadata", "--model", "emo-v1", "--output-format", "concise")
    result = run_unprivileged(*arguments, path)
    assert (result.status, result.err) == (1, "")
    assert result.out == f"{path}: error FILE002 file-unreadable: cannot be read: permission denied\n"


def test_picture_of_four_gigapixels(check, process, fixtures: Path) -> None:
    result = check("wan2.6-i2v", fixtures / "faults/giant.png", "--output-format", "concise", level="decode", by=process)
    assert result.status == 1
    assert "FILE012 file-not-measured: was not read completely: 4295 megapixels" in result.out
    assert "IMG006 image-side-too-long: longest side is 65535 px" in result.out


def test_no_fixture_of_a_fault_gives_a_traceback(check, process, fixtures: Path) -> None:
    for model in ("videoretalk", "wan2.6-i2v"):
        result = check(model, fixtures / "faults", "--output-format", "concise", level="decode", by=process)
        assert result.status == 1
        assert all(line.isprintable() for line in result.out.splitlines())


# --- formats ---------------------------------------------------------------------------------------------------------


def test_json(check, fixtures: Path) -> None:
    result = check("emo-v1", f"image={fixtures}/portrait.jpg", "--output-format", "json")
    report = json.loads(result.out)
    assert report["schema"] == "mediapreflight.report/1"
    assert report["ok"] is False
    assert report["summary"]["errors"] == 1


def test_jsonl(check, fixtures: Path) -> None:
    result = check("emo-v1", fixtures / "portrait.jpg", fixtures / "voice.wav", "--output-format", "jsonl")
    assert [list(json.loads(line)["inputs"]) for line in result.out.splitlines()] == [["image"], ["audio"]]


def test_github(check, fixtures: Path) -> None:
    result = check("wan2.6-i2v", fixtures / "formats/rgba.png", "--output-format", "github", "--select", "IMG001", cwd=fixtures)
    assert result.out.startswith("::error file=formats/rgba.png,title=IMG001 image-has-alpha::has an alpha channel")


def test_unknown_format(refused) -> None:
    message = refused("check", "--output-format", "xml", "a.png")
    assert all(f"'{name}'" in message for name in FORMATS)


def test_statistics(check, refused, fixtures: Path) -> None:
    paths = (fixtures / "formats/rgba.png", fixtures / "formats/rgb.png")
    for format in ("text", "concise"):
        result = check("wan2.6-i2v", *paths, "--statistics", "--output-format", format)
        assert result.out.endswith("\n\n2  IMG005  image-side-too-short\n1  IMG001  image-has-alpha\n")
    assert not check("wan2.6-i2v", fixtures / "portrait.jpg", "--statistics").out.endswith("\n\n")
    for format in ("json", "jsonl", "github"):
        message = refused("check", "--model", "wan2.6-i2v", *paths, "--statistics", "--output-format", format)
        assert message == "--statistics needs --output-format text or concise"
