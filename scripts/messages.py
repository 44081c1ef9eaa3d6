#!/usr/bin/env python
"""Bring the translations up to date: gather what the package says into the .po files, and compile them.

What was said before keeps its translation; what is new gets an empty one, which `tests/test_language.py` finds.
"""

from __future__ import annotations

import ast
import io
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from mediapreflight.catalog import builtin_catalog
from mediapreflight.catalog.strings import strings
from mediapreflight.rules import RULES

PACKAGE = Path(__file__).parent.parent / "src" / "mediapreflight"
# It defines what says something.
LANGUAGE = PACKAGE / "language.py"
CATALOG = PACKAGE / "locale" / "zh" / "LC_MESSAGES" / "mediapreflight.po"
# The functions that say something, and how many of their first arguments are templates.
TEMPLATES = {"say": 1, "tr": 1, "say_many": 2, "tr_many": 2}
# What the card of a model shows has its notes shown with it.
_SHOWN = ("summary", "notes", "roles", "fields", "parameters", "prices", "output")
_WIDTH = 120


def extracted() -> Catalog:
    """All that the package says, by the files that say it."""
    catalog = Catalog()
    for reader, pattern in ((_said_by_module, "*.py"), (_said_by_page, "*.html")):
        for path in sorted(PACKAGE.rglob(pattern)):
            if path == LANGUAGE:
                continue
            for message in reader(path):
                catalog.add(message, None, [(path.relative_to(PACKAGE).as_posix(), 1)])
    for place, text in _documents():
        catalog.add(text, None, [(place, 1)])
    return catalog


def _documents() -> Iterator[tuple[str, str]]:
    """What is written to be read elsewhere than in code: the help pages of rules, and the notes of models."""
    for rule in RULES.values():
        for _, text in rule.paragraphs:
            yield f"rules/{rule.place}.py", text
    for model in builtin_catalog().models():
        for key, text, _ in strings(model):
            if text and key[0] in _SHOWN and {"summary", "note", "notes"} & {*key[-2:]}:
                yield f"catalog/models/{model.provider}/{model.id}.toml", text


def _said_by_module(path: Path) -> Iterator[str | tuple[str, ...]]:
    # Babel's own reader of Python looks into no f-string.
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TEMPLATES:
            said = tuple(_literal(path, argument) for argument in node.args[: TEMPLATES[node.func.id]])
            yield said if len(said) > 1 else said[0]


def _said_by_page(path: Path) -> Iterator[str | tuple[str, ...]]:
    keywords = {name: tuple(range(1, count + 1)) for name, count in TEMPLATES.items()}
    with path.open("rb") as file:
        for _, message, _, _ in extract("jinja2.ext:babel_extract", file, keywords=keywords):
            yield message


def _literal(path: Path, node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    raise SystemExit(f"{path}:{node.lineno}: a template is written where it is said, not {ast.unparse(node)}")


def translations(path: Path) -> Catalog:
    """A .po file."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name)


def compiled(catalog: Catalog) -> bytes:
    """The .mo file of these translations."""
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def updated(path: Path) -> bytes:
    """A .po file with what the package says now, each with its translation where it had one. Its head, up to the first empty
    line, stays as it is."""
    catalog = translations(path)
    catalog.update(extracted(), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    buffer = io.BytesIO()
    # Line numbers would change with every change of the code.
    write_po(buffer, catalog, width=_WIDTH, omit_header=True, include_lineno=False, sort_by_file=True)
    return path.read_bytes().partition(b"\n\n")[0] + b"\n\n" + buffer.getvalue()


def _catalogs() -> Iterator[Path]:
    return PACKAGE.glob("locale/*/LC_MESSAGES/*.po")


if __name__ == "__main__":
    CATALOG.write_bytes(updated(CATALOG))
    for path in _catalogs():
        path.with_suffix(".mo").write_bytes(compiled(translations(path)))
