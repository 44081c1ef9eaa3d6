"""What stands here knows the package by its public names alone, and the stand-in service knows nothing of it at all."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import mediapreflight

SOURCES = sorted(Path(__file__).parent.glob("*.py"))


def imported(source: Path) -> Iterator[str]:
    """The names a module imports, with their modules."""
    for node in ast.walk(ast.parse(source.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ("." * node.level + f"{node.module or ''}.{name.name}" for name in node.names)


def test_there_is_something_to_judge() -> None:
    assert {"service.py", "drive.py", "test_isolation.py"} <= {source.name for source in SOURCES}
    assert "mediapreflight.Pace" in set(imported(Path(__file__).with_name("drive.py")))


@pytest.mark.every("source", SOURCES)
def test_only_public_names_are_imported(source: Path) -> None:
    public = {"mediapreflight", *(f"mediapreflight.{name}" for name in mediapreflight.__all__)}
    ours = {name for name in imported(source) if name.partition(".")[0] == "mediapreflight"}
    assert ours <= public
    assert not any(name.startswith("..") for name in imported(source)), "other tests know more than this folder may"
    assert "import_module" not in source.read_text("utf-8") or source == Path(__file__)


def test_the_service_imports_the_standard_library_alone() -> None:
    names = {name.partition(".")[0] for name in imported(Path(__file__).with_name("service.py"))}
    assert names <= sys.stdlib_module_names
