"""What an installation brings: bounded, explained, and with its licence in the documentation."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from types import ModuleType

import imageio_ffmpeg
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
PROJECT = tomllib.loads(PYPROJECT)["project"]
EXTRAS = PROJECT["optional-dependencies"]
LINES = [*PROJECT["dependencies"], *(line for lines in EXTRAS.values() for line in lines)]
OTHERS = [line for line in LINES if not line.startswith("mediapreflight[")]
FOR_US = {"docs", "test"}
SHIPPED = [*PROJECT["dependencies"], *(line for extra in EXTRAS.keys() - FOR_US for line in EXTRAS[extra])]
# Too large to be installed for every run of the tests.
LEFT_OUT = () if importlib.util.find_spec("ray") else ("ray",)
A_YEAR = 2000


def _script() -> ModuleType:
    """The script that writes the page; it lies outside of every package."""
    spec = importlib.util.spec_from_file_location("licenses", ROOT / ".ci" / "licenses.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


licenses = _script()
PAGE = (ROOT / "docs" / "licenses.md").read_text(encoding="utf-8")
LISTED = {row.name: row for row in licenses.rows(PAGE)}
INSTALLED = {
    package.name: package for package in licenses.packages(extra for extra in licenses.extras() if extra not in LEFT_OUT)
}


def is_older(name: str) -> bool:
    """Whether a package is installed in an older version than the page lists."""
    return name in INSTALLED and name in LISTED and Version(INSTALLED[name].version) < Version(LISTED[name].version)


@pytest.mark.every("line", OTHERS)
def test_every_dependency_has_both_bounds(line: str) -> None:
    bounds = {bound.operator: Version(bound.version) for bound in Requirement(line).specifier}
    # Versions that count years say nothing of what will break.
    if bounds[">="].major >= A_YEAR:
        assert bounds.keys() == {">="}
    else:
        assert bounds.keys() == {">=", "<"}


@pytest.mark.every("line", OTHERS)
def test_every_dependency_says_what_it_is_for(line: str) -> None:
    assert re.search(rf'^ *"{re.escape(line)}", +# \S.{{10,}}$', PYPROJECT, re.MULTILINE)


@pytest.mark.every("line", OTHERS)
def test_what_is_installed_lies_within_the_bounds(line: str) -> None:
    requirement = Requirement(line)
    if requirement.name in LEFT_OUT:
        pytest.skip("not installed")
    assert metadata.version(requirement.name) in requirement.specifier


def test_page_names_every_direct_dependency_as_ours_and_no_other() -> None:
    ours = {name for name, row in LISTED.items() if any(by.partition("[")[0] == "mediapreflight" for by in row.by)}
    named = {canonicalize_name(Requirement(line).name) for line in SHIPPED}
    assert ours == named - {"mediapreflight"}


@pytest.mark.every("name", INSTALLED)
def test_page_names_every_package_that_comes_along(name: str) -> None:
    if any(is_older(by) for by in INSTALLED[name].by):
        pytest.skip("brought in by an older release than the page was written of")
    assert name in LISTED


@pytest.mark.every("name", INSTALLED)
def test_licence_is_the_one_the_package_states(name: str) -> None:
    if name not in LISTED or is_older(name):
        pytest.skip("an older release than the page was written of, which may have had another licence")
    assert INSTALLED[name].licence == LISTED[name].licence


@pytest.mark.parametrize("name", sorted(name for name, row in LISTED.items() if re.search("GPL|MPL", row.licence)))
def test_licences_with_conditions_for_copies_are_explained(name: str) -> None:
    before_the_table = PAGE.partition(licenses.BEGIN)[0]
    assert f"`{name}`" in before_the_table


def test_ffmpeg_of_the_package_is_under_the_licence_the_page_says() -> None:
    if sys.platform != "linux":
        pytest.skip("the page was written of the binary for Linux")
    said = subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-L"], capture_output=True, text=True, check=True)
    assert "GNU General Public License" in said.stdout
    assert "either version 3 of the License, or" in said.stdout
    assert "GPL-3.0-or-later" in PAGE


def test_models_of_the_package_are_on_the_page_with_their_licence_files() -> None:
    assets = ROOT / "src" / "mediapreflight" / "people" / "assets"
    for path in assets.glob("LICENSE-*"):
        assert f"`{path.name}`" in PAGE
