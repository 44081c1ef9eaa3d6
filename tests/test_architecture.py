"""The rooms: which may import which, and that the picture and the docstrings say the same."""

from __future__ import annotations

import ast
import importlib.util
import re
import xml.etree.ElementTree as ET
from graphlib import TopologicalSorter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "mediapreflight"

# By room, the rooms it may import. Each folder's `__init__` repeats its line.
MAY_IMPORT: dict[str, str] = {
    "__main__": "cli",
    "__init__": "_version catalog check errors findings job job_files media prepare report submit submit.ledger",
    "cli": "_version agents catalog check config emulator engines errors findings job job_files language media named_files "
    "people prepare report rules schemas studio submit submit.http submit.ledger system text workers",
    "ray": "engines",
    "agents": "_version catalog check errors findings job language media output_folder people prepare rules submit "
    "submit.ledger system text",
    "emulator": "catalog check errors findings job language loopback media people rules submit submit.http text workers",
    "studio": "_version catalog check errors findings job language loopback media output_folder people prepare report rules "
    "submit submit.http submit.ledger system text workers",
    "engines": "catalog check errors findings job language media rules",
    "schemas": "catalog config findings prepare submit",
    "config": "catalog check errors findings job language media named_files rules system text",
    "job_files": "catalog errors job language media named_files prepare",
    "submit": "_version catalog check errors findings job language media output_folder people prepare rules "
    "submit.dashscope submit.http submit.ledger system text",
    "submit.dashscope": "catalog errors job language submit.http submit.ledger text",
    "submit.http": "_version errors language media",
    "submit.ledger": "catalog errors language media output_folder system",
    "report": "_version catalog errors findings job language media people prepare rules text",
    "prepare": "_version catalog check errors findings job language media named_files output_folder people rules system "
    "text workers",
    "check": "_version catalog errors findings job language media people rules system workers",
    "rules": "catalog errors findings job language media people text",
    "findings": "_version media people",
    "job": "catalog errors language media",
    "catalog": "errors language media named_files text",
    "people": "errors language media system workers",
    "loopback": "errors language media",
    "named_files": "language media",
    "text": "language media",
    "media": "errors language system",
    "output_folder": "errors language system",
    "workers": "errors language system",
    "_version": "",
    "errors": "language",
    "system": "",
    "language": "",
}


def _script() -> ModuleType:
    """The script that draws; it lies outside of every package."""
    spec = importlib.util.spec_from_file_location("rooms", ROOT / "scripts" / "rooms.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


rooms = _script()
DEPTH: dict[str, int] = rooms.depths()
FOLDERS = sorted(room for room in DEPTH if (PACKAGE / room.replace(".", "/")).is_dir())


@pytest.fixture(scope="module")
def imports() -> Any:
    """All of the package, which is read once, and not by whoever only collects the tests."""
    return rooms.imports()


@pytest.fixture(scope="module")
def arrows(imports: Any) -> dict[str, set[str]]:
    return rooms.arrows(imports)


def test_every_room_has_a_layer_and_a_line() -> None:
    top = {path.stem for path in PACKAGE.glob("*.py")} | {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    within = {room for room in FOLDERS if "." in room}
    assert DEPTH.keys() == top | within
    assert MAY_IMPORT.keys() == DEPTH.keys()


def test_every_import_is_allowed(imports: Any) -> None:
    against = [
        f"{each.module} imports {each.target}" for each in imports if each.target_room not in MAY_IMPORT[each.room].split()
    ]
    assert against == []


def test_every_line_says_no_more_than_is_imported(arrows: dict[str, set[str]]) -> None:
    unused = {room: set(line.split()) - arrows.get(room, set()) for room, line in MAY_IMPORT.items()}
    assert {room: names for room, names in unused.items() if names} == {}


@pytest.mark.every("room", MAY_IMPORT)
def test_allowed_arrows_point_down(room: str) -> None:
    # So there is no circle either.
    assert [other for other in MAY_IMPORT[room].split() if DEPTH[other] <= DEPTH[room]] == []


def test_modules_import_each_other_in_no_circle() -> None:
    parts = (path.relative_to(PACKAGE).with_suffix("").parts for path in PACKAGE.rglob("*.py"))
    every_module_a_room = [(".".join(each).removesuffix(".__init__"),) for each in parts]
    # It raises CycleError, which names the circle.
    TopologicalSorter(rooms.arrows(rooms.imports(layers=every_module_a_room))).prepare()


@pytest.mark.every("room", FOLDERS)
def test_docstring_says_what_the_room_may_import(room: str) -> None:
    text = ast.get_docstring(ast.parse((PACKAGE / room.replace(".", "/") / "__init__.py").read_text(encoding="utf-8"))) or ""
    line = re.search(r"^May import: ((?:.+\n?)+)", text, re.MULTILINE)
    assert line, "no line begins with `May import:`"
    assert line[1].rstrip().removesuffix(".").replace(",", " ").split() == sorted(MAY_IMPORT[room].split())


def test_page_and_picture_are_those_of_the_sources(arrows: dict[str, set[str]]) -> None:
    page = rooms.PAGE.read_text(encoding="utf-8")
    stale = "stale; run `python scripts/rooms.py`"
    assert page == rooms.page(page, arrows), stale
    assert rooms.PICTURE.read_text(encoding="utf-8") == rooms.picture(arrows), stale


# --- the script --------------------------------------------------------------------------------------------------------

SOURCES = {
    "__init__.py": "from .upper import name",
    "upper.py": "import json\nfrom .middle import deep\nfrom mediapreflight.ground import stone",
    "ground.py": "",
    "middle/__init__.py": "def late():\n    from ..ground import stone",
    "middle/deep.py": "from . import other\nfrom ..ground import stone\nfrom .. import __version__",
    "middle/other.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ..ground import Stone",
    "middle/inner/__init__.py": "import mediapreflight.upper",
    "middle/inner/part.py": "from ...ground import stone",
}


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "mediapreflight"
    for name, source in SOURCES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    return folder


def test_imports_of_every_kind_are_seen(package: Path) -> None:
    found = {(each.module, each.target) for each in rooms.imports(package, ())}
    assert found == {
        ("__init__", "upper"),
        ("upper", "middle.deep"),
        ("upper", "ground"),
        ("middle", "ground"),
        ("middle.deep", "ground"),
        ("middle.deep", "__init__"),
        ("middle.other", "ground"),
        ("middle.inner", "upper"),
        ("middle.inner.part", "ground"),
    }


def test_folder_within_a_room_can_be_a_room_of_its_own(package: Path) -> None:
    layers = (("middle",), ("middle.inner",), ("upper",), ("ground",))
    drawn = rooms.arrows(rooms.imports(package, layers))
    assert drawn["middle.inner"] == {"upper", "ground"}
    assert drawn["middle"] == {"__init__", "ground"}


def test_arrow_that_a_path_stands_for_is_left_out_of_the_picture() -> None:
    depth = {"top": 0, "middle": 1, "low": 2}
    drawn = {"top": {"middle", "low"}, "middle": {"low"}, "low": {"top"}}
    assert rooms.direct(drawn, depth) == {"top": {"middle"}, "middle": {"low"}, "low": set()}


def test_arrow_upward_is_seen_at_once() -> None:
    layers = (("top",), ("low", "side"))
    drawn = {"top": {"low"}, "low": {"top", "side"}}
    picture = ET.fromstring(rooms.picture(drawn, layers))
    paths = picture.findall("{http://www.w3.org/2000/svg}path")
    assert [path.get("stroke-dasharray") is not None for path in paths] == [False, True, True]
    assert "| 2 | `low` | **`top`**, **`side`** |" in rooms.table(drawn, layers)
