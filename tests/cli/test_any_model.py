"""`check --model any`: which models take a file."""

import json
from pathlib import Path

import pytest
from PIL import Image

from mediapreflight import Job, check
from mediapreflight.catalog import builtin_catalog

# Options that say something of a job, or of many checks.
OF_JOBS = ("--strict", "--watch", "--set a=b", "--face 1", "--region beijing", "--statistics", "--workers 2", "--engine ray")


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A picture that many models want larger, and none can be made of it for those that want a face."""
    Image.new("RGB", (320, 320), (90, 120, 150)).save(tmp_path / "small.png")
    return tmp_path / "small.png"


def _verdicts(run, path: Path, *options: str) -> dict[tuple[str, str], str]:
    result = run("check", "--model", "any", "--output-format", "json", path, *options)
    (file,) = json.loads(result.out)["files"]
    return {(each["model"], each["role"]): each["verdict"] for each in file["models"]}


def test_every_model_of_the_kind_is_asked_and_judges_as_by_itself(run, small: Path) -> None:
    verdicts = _verdicts(run, small, "--level", "metadata")
    roles = {(model.id, name) for model in builtin_catalog().models() for name, role in model.roles.items()}
    takes_pictures = {(model, name) for model, name in roles if builtin_catalog().model(model).roles[name].kind == "image"}
    several = {(model, name) for model, name in takes_pictures if builtin_catalog().model(model).roles[name].follows}
    assert verdicts.keys() == takes_pictures - several
    for (model, role), verdict in verdicts.items():
        report = check(Job(model, whole=False, **{role: str(small)}), level="metadata")
        assert report.ok is (verdict == "fits"), (model, role)


def test_what_prepare_can_fix_is_told_from_what_nothing_fixes(run, small: Path) -> None:
    verdicts = _verdicts(run, small)
    assert verdicts["wan2.6-i2v", "image"] == "fits"
    assert verdicts["happyhorse-1.1-r2v", "reference_image"] == "fits after prepare"
    assert verdicts["liveportrait", "image"] == "does not fit"


def test_text_counts_and_says_why(run, small: Path) -> None:
    result = run("check", "--model", "any", small, "--level", "metadata")
    assert result.status == 0
    assert "fits as it is" in result.out and "fits after `mediapreflight prepare`" in result.out
    (line,) = (line for line in result.out.splitlines() if line.strip().startswith("happyhorse-1.1-r2v"))
    assert "error: shortest side is 320 px; happyhorse-1.1-r2v takes at least 400 px" in line


def test_a_model_whose_formats_are_not_known_is_said_to_be_one(run, small: Path) -> None:
    lines = run("check", "--model", "any", small, "--level", "metadata").out.splitlines()
    said = {line.split()[0]: line for line in lines if "image" in line}
    assert said["infinitetalk"].endswith("its formats are not known")
    assert said["wan2.6-i2v"].endswith("image")


def test_rules_are_chosen_as_in_any_check(run, small: Path) -> None:
    """`--select` twice, and `--ignore`."""
    too_small = ("happyhorse-1.1-r2v", "reference_image")
    assert _verdicts(run, small, "--select", "IMG", "--select", "FILE", "--level", "metadata")[too_small] == "fits after prepare"
    assert _verdicts(run, small, "--ignore", "image-side-too-short,FACE")[too_small] == "fits"


@pytest.mark.parametrize(
    ("content", "fault"), [(b"", "the file has 0 bytes"), (b"<!DOCTYPE html>", "its bytes are those of an HTML page")]
)
def test_a_file_that_none_takes_says_its_fault(run, tmp_path: Path, content: bytes, fault: str) -> None:
    (tmp_path / "a.png").write_bytes(content)
    result = run("check", "--model", "any", tmp_path / "a.png")
    assert (result.status, result.out.splitlines()[1:]) == (1, [f"  {fault}"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "give a file"),
        (("jobs.toml",), "takes only local files"),
        (("https://a.b/c.png",), "takes only local files"),
        (("a.png", "--output-format", "sarif"), "needs --output-format text or json"),
        *((("a.png", *option.split()), f"does not take {option.split()[0]}") for option in OF_JOBS),
    ],
)
def test_wrong_usage(run, arguments: tuple[str, ...], message: str) -> None:
    result = run("check", "--model", "any", *arguments)
    assert (result.status, result.out) == (2, "")
    assert message in result.err
