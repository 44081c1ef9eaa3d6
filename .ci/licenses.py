"""Writes the table of docs/licenses.md: the licence of every package that an installation brings, as its metadata states it.

Run it where the newest allowed versions are installed, with every extra: `python .ci/licenses.py`.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "licenses.md"
BEGIN, END = "<!-- written by .ci/licenses.py: begin -->", "<!-- end -->"
HEAD = ("Package", "Version", "Licence", "Brought in by")
OURS = "mediapreflight"
_SPDX = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "GNU General Public License v2 or later (GPLv2+)": "GPL-2.0-or-later",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
_EXPRESSION = re.compile(r"[A-Za-z0-9.+-]*[0-9.-][A-Za-z0-9.+-]*|MIT|Unlicense")
# Read from the licence files, where the metadata leaves open which BSD licence it is, or calls one what it is only based on.
_READ = {
    "contourpy": "BSD-3-Clause",
    "cycler": "BSD-3-Clause",
    "jinja2": "BSD-3-Clause",
    "kiwisolver": "BSD-3-Clause",
    "matplotlib": "Matplotlib's own, after PSF-2.0",
    "python-dateutil": "Apache-2.0 OR BSD-3-Clause",
    "s3fs": "BSD-3-Clause",
}


class Package(NamedTuple):
    """An installed package. `by`: what requires it, in the order of the alphabet."""

    name: str
    version: str
    licence: str
    by: tuple[str, ...]


def extras() -> dict[str, list[str]]:
    """The requirements of each extra that is for users."""
    return {name: lines for name, lines in _project()["optional-dependencies"].items() if name not in ("docs", "test")}


def packages(chosen: Iterable[str]) -> list[Package]:
    """Every package that this project with these extras requires here, directly or not, by name. Raises PackageNotFoundError."""
    project = _project()
    by: dict[str, set[str]] = {}
    _walk(project["dependencies"], OURS, by)
    for extra in chosen:
        _walk(project["optional-dependencies"][extra], f"{OURS}[{extra}]", by)
    return [
        Package(name, metadata.version(name), licence_of(metadata.distribution(name)), tuple(sorted(by[name])))
        for name in sorted(by)
    ]


def licence_of(found: metadata.Distribution) -> str:
    """The licence a package states, as an SPDX expression."""
    name = canonicalize_name(found.metadata["Name"])
    stated = list(_stated(found))
    if found.metadata.get("License-Expression") is None and name in _READ:
        return _READ[name]
    if not stated:
        raise LookupError(f"{name} does not state which licence it has: read it, and add it to the table of this script")
    return stated[0]


def _project() -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project


def _stated(found: metadata.Distribution) -> Iterator[str]:
    if expression := found.metadata.get("License-Expression"):
        yield expression
    field = (found.metadata.get("License") or "").strip()
    if field in _SPDX:
        yield _SPDX[field]
    elif all(_EXPRESSION.fullmatch(word) for word in re.split(r" (?:AND|OR) ", field)):
        yield field
    for classifier in found.metadata.get_all("Classifier") or ():
        if classifier.startswith("License :: OSI Approved :: "):
            last = classifier.rpartition(" :: ")[2]
            yield _SPDX.get(last, last)


def _walk(requirements: Iterable[str], by: str, known: dict[str, set[str]], wanted: Iterable[str] = ()) -> None:
    for requirement in map(Requirement, requirements):
        if requirement.marker and not any(requirement.marker.evaluate({"extra": extra}) for extra in ("", *wanted)):
            continue
        name = canonicalize_name(requirement.name)
        if name == OURS:
            continue
        is_new = name not in known
        known.setdefault(name, set()).add(by)
        if is_new:
            _walk(metadata.requires(name) or (), name, known, requirement.extras)


def table(found: Iterable[Package]) -> str:
    """The table, between the marks that stand around it."""
    rows = [HEAD, ("---",) * len(HEAD), *((each.name, each.version, each.licence, ", ".join(each.by)) for each in found)]
    return "\n".join([BEGIN, "", *(f"| {' | '.join(row)} |" for row in rows), "", END])


def rows(page: str) -> list[Package]:
    """The packages a page lists."""
    written = page.partition(BEGIN)[2].partition(END)[0].strip().splitlines()[2:]
    cells = ([cell.strip() for cell in line.strip("|").split(" | ")] for line in written)
    return [Package(name, version, licence, tuple(by.split(", "))) for name, version, licence, by in cells]


def main() -> None:
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(BEGIN)
    PAGE.write_text(before + table(packages(extras())) + rest.partition(END)[2], encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
