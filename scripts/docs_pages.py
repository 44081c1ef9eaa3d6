"""The pages of the documentation that are made from the package: `scripts/docs` builds the site with them.

A hook of ProperDocs (`properdocs.yml`). Models and rules are written by the code that `mediapreflight models` and
`mediapreflight rule` print, commands by their own `--help`, schemas by `mediapreflight schema`. README.md, CONTRIBUTING.md and
CHANGELOG.md become pages as they are.
"""

from __future__ import annotations

import contextlib
import html
import io
import json
import os
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar
from unittest import mock

from properdocs.structure.files import File

from mediapreflight import cli
from mediapreflight.catalog import Model, builtin_catalog, card
from mediapreflight.catalog.schema import DASHSCOPE
from mediapreflight.cli import rule as rule_pages
from mediapreflight.rules import RULES, Rule
from mediapreflight.schemas import SCHEMAS

ROOT = Path(__file__).resolve().parent.parent
COPIED = {"index.md": "README.md", "contributing.md": "CONTRIBUTING.md", "changelog.md": "CHANGELOG.md"}
"""Pages that lie elsewhere in the repository, by their place in the site."""

_Thing = TypeVar("_Thing")
_FILTER = '<input class="filter form-control" type="search" placeholder="{0}" aria-label="{0}">\n'
_LINK = re.compile(r'(\]\(|src=")([^)\s"]+)')


def on_files(files: Any, config: Any) -> Any:
    """Adds the pages that are no files in `docs/`."""
    for place, text in pages():
        files.append(File.generated(config, place, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Turns links between files of the repository into links between pages, or to the file on GitHub."""
    place = page.file.src_uri
    if place not in COPIED and page.file.generated_by:
        return markdown
    origin = COPIED.get(place, f"docs/{place}")

    def moved(found: re.Match[str]) -> str:
        return found[1] + _moved(found[2], origin, place, config.repo_url)

    return _LINK.sub(moved, markdown)


def pages() -> Iterator[tuple[str, str]]:
    """Every generated page: its place in the site and its text."""
    for place, origin in COPIED.items():
        yield place, (ROOT / origin).read_text(encoding="utf-8")
    models = builtin_catalog().models()
    yield "models/index.md", _models(models)
    for model in models:
        yield f"models/{model.id}.md", _model(model)
    yield "rules/index.md", _rules(RULES.values())
    for rule in RULES.values():
        yield f"rules/{rule.code}.md", _rule(rule)
    yield "commands.md", _commands()
    schemas = {name: schema() for name, schema in SCHEMAS.items()}
    yield "schemas.md", _schemas(schemas)
    for name, schema in schemas.items():
        yield f"json-schema/{name}.json", json.dumps(schema, indent=2) + "\n"


def _moved(link: str, origin: str, place: str, repository: str) -> str:
    """A link of the file `origin` as the page at `place` has to write it; one that leads nowhere stays, and fails the build."""
    path, mark, anchor = link.partition("#")
    if not path or "://" in path:
        return link
    target = posixpath.normpath(posixpath.join(posixpath.dirname(origin), path))
    page = {file: page for page, file in COPIED.items()}.get(target) or target.removeprefix("docs/")
    if target in COPIED.values() or target.startswith("docs/"):
        return posixpath.relpath(page, posixpath.dirname(place) or ".") + mark + anchor
    return f"{repository}/blob/main/{target}{mark}{anchor}" if (ROOT / target).exists() else link


def _models(models: tuple[Model, ...]) -> str:
    text = (
        f"# Models\n\nWhat each of {len(models)} models accepts, by provider; inputs in brackets are optional. "
        "`mediapreflight models` prints this list, `mediapreflight models ID` a card.\n\n"
    )
    text += _FILTER.format("Filter: a provider, a name, an input, a word")
    # The provider that jobs are sent to comes first, as in the command.
    ordered = sorted(models, key=lambda model: (model.provider != DASHSCOPE, _provider(model).casefold()))
    for provider, members in _grouped(ordered, _provider).items():
        rows = ((f"[{model.id}]({model.id}.md)", _text(model.summary), _text(card.inputs(model))) for model in members)
        text += f"\n## {_text(provider)}\n\n" + _table(("model", "what it does", "takes"), rows)
    return text


def _provider(model: Model) -> str:
    return builtin_catalog().provider(model.provider).title


def _grouped(things: Iterable[_Thing], key: Callable[[_Thing], str]) -> dict[str, list[_Thing]]:
    groups: dict[str, list[_Thing]] = {}
    for thing in things:
        groups.setdefault(key(thing), []).append(thing)
    return groups


def _model(model: Model) -> str:
    text = f"# {model.id}\n\n**{_text(model.title)}.** {_text(model.summary)}\n\n"
    text += f"`mediapreflight models {model.id}` prints this card.\n"
    for title, rows in card.sections(model, builtin_catalog()):
        linked = ((_text(name), _text(value), _sources(source, model)) for name, value, source in rows)
        text += f"\n## {_text(title)}\n\n" + _table(("", "accepted", "source"), linked)
    notes = "".join(f"- {_text(note)}\n" for note in card.notes(model))
    return text + (f"\n## Notes\n\n{notes}" if notes else "")


def _sources(source: str, model: Model) -> str:
    """The pages, each with a link where its address is known."""
    addresses = {str(page): page.url for page in model.sources.values() if page.url}
    names = filter(None, source.split("; "))
    return "; ".join(f"[{_text(name)}]({addresses[name]})" if name in addresses else _text(name) for name in names)


def _rules(rules: Iterable[Rule]) -> str:
    text = (
        "# Rules\n\nEach finding comes from one rule. `mediapreflight rule` prints this list, `mediapreflight rule CODE` a page. "
        "The [glossary](../glossary.md) explains the levels.\n\n" + _FILTER.format("Filter: a code, a name, a word")
    )
    for group, members in _grouped(rules, lambda rule: rule.group).items():
        rows = (
            (f"[{rule.code}]({rule.code}.md) {rule.name}", _text(rule.help.partition("\n")[0]), rule.level, _fix(rule))
            for rule in members
        )
        text += f"\n## {group}\n\n" + _table(("rule", "what it finds", "level", "fixed by"), rows)
    return text


def _fix(rule: Rule) -> str:
    return "prepare" if rule.fixable else ""


def _rule(rule: Rule) -> str:
    stage = " In preview: it runs only with `--preview`." if rule.stage == "preview" else ""
    fixed = "`prepare` can fix it." if rule.fixable else "`prepare` does not fix it by default."
    text = f"# {rule.code} {rule.name}\n\nFound at level `{rule.level}`. {fixed}{stage}\n"
    for paragraph in rule.help.split("\n\n"):
        text += "\n" + re.sub(r"^(Why it matters|Fix|Source):", r"**\1:**", _text(" ".join(paragraph.split()))) + "\n"
    rows = [
        (
            f"[{_text(place)}](../models/{place.split()[0]}.md)",
            _text(limit),
            _sources(source, builtin_catalog().model(place.split()[0])),
        )
        for place, limit, source in rule_pages.limits(rule, builtin_catalog())
    ]
    return text + ("\n## Limits\n\n" + _table(("model and input", "accepted", "source"), rows) if rows else "")


def _commands() -> str:
    text = "# Command line\n\nWhat `mediapreflight COMMAND --help` prints.\n"
    for command, summary in cli.COMMANDS.items():
        text += f"\n## {command}\n\n{_text(summary[0].upper() + summary[1:])}.\n\n```text\n{_help(command)}```\n"
    return text


def _help(command: str) -> str:
    printed = io.StringIO()
    environment = {"COLUMNS": "90", "NO_COLOR": "1", "LC_ALL": "C.UTF-8"}
    with mock.patch.dict(os.environ, environment), contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
        cli.main([command, "--help", "--lang", "en"])
    return printed.getvalue()


def _schemas(schemas: dict[str, dict[str, Any]]) -> str:
    text = (
        "# JSON formats\n\nThe formats that other programs may rely on, as JSON Schemas (2020-12). "
        "`mediapreflight schema NAME` prints one.\n\n"
    )
    rows = ((f"[{name}](json-schema/{name}.json)", _text(SCHEMAS[name].__doc__ or "")) for name in schemas)
    return text + _table(("schema", "describes"), rows)


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def _text(words: str) -> str:
    """Words as Markdown that reads the same; what stands in backticks stays code."""
    parts = re.split(r"(`[^`]+`)", words)
    return "".join(part if part.startswith("`") else _escaped(part) for part in parts)


def _escaped(words: str) -> str:
    return re.sub(r"([\\*_{}\[\]#|`])", r"\\\1", html.escape(words, quote=False))
