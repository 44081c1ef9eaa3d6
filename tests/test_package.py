"""The public face of the package."""

import inspect
from importlib import metadata
from pathlib import Path

import pytest

import mediapreflight

PUBLIC = [
    "AudioFacts",
    "Catalog",
    "CatalogError",
    "Facts",
    "FfmpegError",
    "Finding",
    "ImageFacts",
    "InputReport",
    "Job",
    "JobFileError",
    "JobPlan",
    "JobReport",
    "MediaPreflightError",
    "MissingLibraryError",
    "PrepareError",
    "PrepareOptions",
    "Prepared",
    "Problem",
    "Report",
    "Summary",
    "UnknownFacts",
    "UnknownModelError",
    "UnknownRuleError",
    "UnreadableMediaError",
    "UsageError",
    "VideoFacts",
    "__version__",
    "check",
    "check_many",
    "plan",
    "prepare",
    "prepare_jobs",
    "probe",
    "read_jobs",
]
TYPE_ALIASES = ("Facts",)


def test_all_is_pinned() -> None:
    assert mediapreflight.__all__ == PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    value = getattr(mediapreflight, name)
    if name != "__version__" and name not in TYPE_ALIASES:
        assert inspect.getdoc(value)
        assert value.__module__.startswith("mediapreflight.")


@pytest.mark.parametrize("name", [name for name in PUBLIC if inspect.isclass(getattr(mediapreflight, name))])
def test_every_public_method_is_documented(name: str) -> None:
    for member, value in vars(getattr(mediapreflight, name)).items():
        if not member.startswith("_") and (inspect.isfunction(value) or isinstance(value, property | classmethod)):
            assert inspect.getdoc(value), member


def test_package_is_typed() -> None:
    assert Path(mediapreflight.__file__).with_name("py.typed").is_file()


def test_version_is_a_version() -> None:
    assert mediapreflight.__version__.count(".") == 2


def test_installed_version_is_this_one() -> None:
    try:
        installed = metadata.version("mediapreflight")
    except metadata.PackageNotFoundError:
        pytest.skip("run from the source tree, not installed")
    assert installed == mediapreflight.__version__


def test_example_of_the_docstring_runs(fixtures: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "portrait.png").write_bytes((fixtures / "formats/rgb.png").read_bytes())
    (tmp_path / "voice.mp3").write_bytes((fixtures / "voice.mp3").read_bytes())
    monkeypatch.chdir(tmp_path)
    example = mediapreflight.__doc__.partition("\n\n")[2]
    exec(example, {})
