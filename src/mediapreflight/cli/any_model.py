"""`mediapreflight check --model any`: which models take a file."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

import msgspec

from ..check.containment import TIME_LIMIT_S, contained
from ..check.takers import Taker, takers
from ..errors import UsageError
from ..findings import FAILING, Finding
from ..job import is_local
from ..job_files import is_job_file
from ..language import say, tr, tr_many, translated
from ..media.facts import Facts, Level
from ..media.source import display_name
from ..report.style import Style
from ..report.text import severity_label
from ..rules import selection
from ..text import plain
from . import FINDINGS, OK
from .arguments import parted
from .catalogs import catalog_here
from .output import style_of, write

_FORMATS = ("text", "json")
_SCHEMA = "mediapreflight.takers/1"
_COLORS = {"fits": "green", "fits after prepare": "yellow", "does not fit": "red"}
# Options that apply to one job, or to checking many; they have no meaning for `--model any`.
_OF_JOBS = ("strict", "watch", "set", "face", "region", "statistics", "workers", "engine")
_TITLES = {
    "fits": say("fits as it is"),
    "fits after prepare": say("fits after `mediapreflight prepare`"),
    "does not fit": say("does not fit"),
}


def run(options: argparse.Namespace) -> int:
    """Print the models by verdict; status 1 if a file fits no model, not even after `prepare`."""
    if options.output_format not in _FORMATS:
        raise UsageError(say("--model any needs --output-format {formats}", formats=" or ".join(_FORMATS)))
    for name in _OF_JOBS:
        if getattr(options, name):
            raise UsageError(say("--model any does not take --{option}", option=name))
    paths = [_file(target) for target in options.targets]
    if not paths:
        raise UsageError(say("--model any says which models take a file; give a file"))
    catalog = catalog_here(options.catalog)
    level: Level = options.level or "content"
    codes = selection(parted(options.select) or ("ALL",), parted(options.ignore), bool(options.preview))
    found = []
    with contained(TIME_LIMIT_S) as containment:
        for path in paths:
            facts = containment.facts(path, "decode" if level == "content" else level)
            found.append((facts, takers(path, facts, catalog, level, codes, containment)))
    write(options, _json(found) if options.output_format == "json" else _text(found, style_of(options)))
    return OK if all(any(each.verdict != "does not fit" for each in models) for _, models in found) else FINDINGS


def _file(target: str) -> str:
    path = target.partition("=")[2] if "=" in target and not is_local(target) else target
    if is_job_file(path) or not is_local(path):
        raise UsageError(say("{path}: --model any takes only local files", path=display_name(path)))
    return path


def _text(found: list[tuple[Facts, list[Taker]]], style: Style) -> Iterator[str]:
    for facts, models in found:
        yield style(plain(facts.path), "bold") + "\n"
        if facts.problems and not models:
            yield from (f"  {plain(translated(problem.partition(': ')[2] or problem))}\n" for problem in facts.problems)
        elif not models:
            yield f"  {tr('no model takes a file of this kind ({kind})', kind=facts.kind)}\n"
        for verdict, title in _TITLES.items():
            those = [each for each in models if each.verdict == verdict]
            if those:
                lines = _lines(those)
                count = tr_many("{count} model", "{count} models", len({each.model.id for each in those}))
                head = style(translated(title), _COLORS[verdict], "bold")
                yield f"  {tr('{place}: {message}', place=head, message=count)}\n"
                width = max(len(name) for name, _ in lines)
                yield from (f"    {name:<{width}}  {style(why, 'dim')}".rstrip() + "\n" for name, why in lines)


def _lines(takers: list[Taker]) -> list[tuple[str, str]]:
    """One line for each model and verdict, with all roles that have this verdict."""
    roles: dict[tuple[str, str], list[str]] = {}
    for each in takers:
        roles.setdefault((each.model.id, _why(each)), []).append(each.role)
    return [(f"{model}  {', '.join(names)}", why) for (model, why), names in roles.items()]


def _why(taker: Taker) -> str:
    """The first failing finding, else the first warning, and the number of others; or that no document states the role's
    formats."""
    told = [each for each in taker.report.findings if each.severity != "info"]
    findings = [each for each in told if each.severity in FAILING] or told
    if not findings:
        return "" if taker.model.roles[taker.role].formats else tr("its formats are not known")
    why = tr("{place}: {message}", place=severity_label(findings[0].severity), message=findings[0].message)
    return plain(tr("{why} (and {count} more)", why=why, count=len(findings) - 1) if len(findings) > 1 else why)


def _json(found: list[tuple[Facts, list[Taker]]]) -> Iterator[str]:
    files = [{"path": facts.path, "facts": facts, "models": [_record(each) for each in models]} for facts, models in found]
    yield msgspec.json.format(msgspec.json.encode({"schema": _SCHEMA, "files": files}), indent=2).decode() + "\n"


def _record(taker: Taker) -> dict[str, Any]:
    findings: tuple[Finding, ...] = taker.report.findings
    model = taker.model
    return {"model": model.id, "provider": model.provider, "role": taker.role, "verdict": taker.verdict, "findings": findings}
