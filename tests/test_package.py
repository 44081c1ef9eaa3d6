"""The public face of the package."""

import inspect
import os
import pkgutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

import mediapreflight

PUBLIC = [
    "AccessRefusedError",
    "AsyncClient",
    "AudioFacts",
    "Cache",
    "Catalog",
    "CatalogError",
    "Client",
    "ConfigError",
    "DetectionRefusedError",
    "DownloadError",
    "Event",
    "Facts",
    "FfmpegError",
    "Finding",
    "ImageFacts",
    "InputReport",
    "InputUrlError",
    "Job",
    "JobFileError",
    "JobNotFitError",
    "JobPlan",
    "JobReport",
    "JobResult",
    "KeyRefusedError",
    "Ledger",
    "LedgerError",
    "LostAnswerError",
    "MediaPreflightError",
    "MissingLibraryError",
    "OutputError",
    "Pace",
    "PrepareError",
    "PrepareOptions",
    "Prepared",
    "Problem",
    "ProtocolError",
    "Report",
    "RequestRefusedError",
    "ResultNotFoundError",
    "ServiceError",
    "ServiceFaultError",
    "SubmitError",
    "SubmitOptions",
    "Summary",
    "Task",
    "TaskExpiredError",
    "TaskFailed",
    "ThrottledError",
    "TransportError",
    "UnclearTaskError",
    "UnknownFacts",
    "UnknownModelError",
    "UnknownRuleError",
    "UnreachableError",
    "UnreadableMediaError",
    "UploadError",
    "UsageError",
    "VideoFacts",
    "WaitTimeoutError",
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


@pytest.mark.every("name", PUBLIC)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    value = getattr(mediapreflight, name)
    if name != "__version__" and name not in TYPE_ALIASES:
        assert inspect.getdoc(value)
        assert value.__module__.startswith("mediapreflight.")


@pytest.mark.every("name", [name for name in PUBLIC if inspect.isclass(getattr(mediapreflight, name))])
def test_every_public_method_is_documented(name: str) -> None:
    for member, value in vars(getattr(mediapreflight, name)).items():
        if not member.startswith("_") and (inspect.isfunction(value) or isinstance(value, property | classmethod)):
            assert inspect.getdoc(value), member


IMPORTS = ["", "mediapreflight.check", "mediapreflight.check.run", "mediapreflight.prepare.plan", "mediapreflight.media.facts"]


@pytest.mark.parametrize("first", IMPORTS)
def test_functions_keep_their_names_whichever_module_is_imported_first(first: str) -> None:
    """`check` and `prepare` are packages, too."""
    code = f"""
import sys
from importlib import import_module
from types import FunctionType
import mediapreflight as m
if {first!r}:
    import_module({first!r})
from mediapreflight import *
from mediapreflight import check, prepare, probe
for module in [name for name in sys.modules if name.startswith(m.__name__)]:
    import_module(module)
print({{type(each) for each in (check, prepare, probe, plan, m.check, m.prepare, m.probe, m.plan)}} == {{FunctionType}})
print(set(m.__all__) <= set(dir(m)), hasattr(m, "nothing"))
"""
    assert printed(code) == "True\nTrue False\n"


def test_packages_that_share_a_name_with_a_function_load_nothing() -> None:
    code = "import sys, mediapreflight\nprint(sorted(name for name in sys.modules if name.startswith('mediapreflight.')))"
    names = [f"mediapreflight.{name}" for name in ("_version", "check", "prepare")]
    assert printed(code) == f"{names}\n"


def test_every_package_that_shares_a_name_with_a_public_one_is_among_them() -> None:
    modules = {each.name for each in pkgutil.iter_modules(mediapreflight.__path__)}
    assert modules & set(mediapreflight.__all__) == {"check", "prepare"}


def printed(code: str) -> str:
    environment = os.environ | {"PYTHONPATH": str(Path(mediapreflight.__file__).parents[1])}
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True).stdout


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
