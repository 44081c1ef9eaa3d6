"""`mediapreflight rule`: print a rule's help page, or a table of all rules."""

from __future__ import annotations

import argparse
import math
import shutil
from collections.abc import Iterator

import msgspec

from ..catalog import Catalog, Choices, Limit, Model
from ..catalog.card import described
from ..language import say, tr, translated
from ..report.style import Style
from ..rules import RULES, Rule, matching
from ..text import filled, padded, width_of
from . import OK
from .catalogs import add_catalog_argument, catalog_here
from .output import add_output_arguments, style_of, write

_MAX_WIDTH = 110


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `rule`."""
    parser.add_argument("rule", nargs="?", metavar="RULE", help=tr("code or name of a rule; default: all rules"))
    add_catalog_argument(parser)
    add_output_arguments(parser, ("text", "json"))


def run(options: argparse.Namespace) -> int:
    """Print one page, or the table."""
    rules = tuple(RULES.values()) if options.rule is None else matching(options.rule)
    if options.output_format == "json":
        write(options, [msgspec.json.format(msgspec.json.encode([_record(rule) for rule in rules]), indent=2).decode() + "\n"])
    elif options.rule is None or len(rules) > 1:
        write(options, _table(rules, style_of(options)))
    else:
        write(options, _page(rules[0], catalog_here(options.catalog), style_of(options)))
    return OK


def _record(rule: Rule) -> dict[str, object]:
    summary = rule.help.partition("\n")[0]
    return {
        "code": rule.code,
        "name": rule.name,
        "stage": rule.stage,
        "level": rule.level,
        "fixable": rule.fixable,
        "summary": summary,
        "help": rule.help,
    }


def _table(rules: tuple[Rule, ...], style: Style) -> Iterator[str]:
    width = max(len(rule.name) for rule in rules)
    for rule in rules:
        mark = padded(tr("fixable"), 7)
        mark = style(mark, "green") if rule.fixable else " " * width_of(mark)
        summary = translated(rule.paragraphs[0][1])
        yield f"{style(f'{rule.code:<7}', 'bold')}  {rule.name:<{width}}  {rule.level:<8}  {rule.stage:<7}  {mark}  {summary}\n"


def _page(rule: Rule, catalog: Catalog, style: Style) -> Iterator[str]:
    yield style(f"{rule.code} {rule.name}", "bold") + "\n"
    fix = say("`prepare` can fix it") if rule.fixable else say("`prepare` does not fix it by default")
    stage = say("in preview: it runs only with --preview") if rule.stage == "preview" else say("stable")
    yield style(tr("found at level {level}; {fix}; {stage}", level=rule.level, fix=fix, stage=stage), "dim") + "\n"
    width = min(shutil.get_terminal_size().columns, _MAX_WIDTH)
    for label, text in rule.paragraphs:
        said = tr("{place}: {message}", place=label, message=text) if label else translated(text)
        yield "\n" + filled(said, width) + "\n"
    rows = list(limits(rule, catalog))
    if rows:
        yield "\n" + style(tr("Limits"), "bold") + "\n"
        width = max(len(place) for place, _, _ in rows)
        for place, limit, source in rows:
            yield f"  {place:<{width}}  {limit}  {style(f'[{source}]', 'dim')}\n"


def limits(rule: Rule, catalog: Catalog) -> Iterator[tuple[str, str, str]]:
    """Role, value and source of the limit this rule checks, for every model that has one."""
    if rule.limit is None:
        return
    for model in catalog.models():
        for name, role in model.roles.items():
            limit = getattr(role, rule.limit)
            if limit is not None and role.follows is None and rule.group in ("file", role.kind) and _has_bound(limit, rule.bound):
                yield f"{model.id} {name}", described(limit, role, rule.limit), _sources(model, limit)


def _has_bound(limit: Limit | Choices, bound: str | None) -> bool:
    return bound is None or isinstance(limit, Choices) or math.isfinite(getattr(limit.documented_interval, bound))


def _sources(model: Model, limit: Limit | Choices) -> str:
    tags = dict.fromkeys(filter(None, (limit.source, limit.safe_source)))
    return "; ".join(model.source(tag) for tag in tags)
