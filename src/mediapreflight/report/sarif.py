"""SARIF 2.1.0 (OASIS, errata 01), for code scanning. One run; a result for every finding, as it is found.

GitHub reads the first 25,000 results of a run, needs a file and a line for each, and recognises old alerts by
`primaryLocationLineHash`. Source: GitHub docs, "SARIF support for code scanning".
"""

from __future__ import annotations

import hashlib
import os.path
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from .._version import __version__
from ..findings import Finding, JobReport, Severity
from ..rules import RULES, Rule
from ..text import plain
from .places import below, file_of
from .style import Style

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_HOME = "https://github.com/mediapreflight/mediapreflight"
_ROOT = "%SRCROOT%"
_LEVELS: dict[Severity, str] = {"error": "error", "unchecked": "error", "warning": "warning", "info": "note"}
_PLACES = {code: number for number, code in enumerate(RULES)}
_FINGERPRINT = "mediapreflight/v1"


def render(jobs: Iterable[JobReport], style: Style) -> Iterator[str]:
    """The log in pieces: the rules, each job's results, and whether a submission would be stopped."""
    root = str(Path.cwd())
    yield (
        f'{{"$schema":{_json(_SCHEMA)},"version":"2.1.0","runs":[{{"tool":{_json(_tool())},'
        f'"originalUriBaseIds":{_json({_ROOT: {"uri": _uri(root) + "/"}})},"results":['
    )
    ok, separator = True, "\n"
    for job in jobs:
        ok = ok and job.ok
        for result in _results(job, root):
            yield separator + _json(result)
            separator = ",\n"
    # The command decides what a finding means for the exit status: with `--strict` warnings are failures.
    yield f'\n],"invocations":{_json([{"executionSuccessful": True, "properties": {"ok": ok}}])}}}]}}\n'


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _tool() -> dict[str, Any]:
    rules = [_rule(rule) for rule in RULES.values()]
    driver = {"name": "mediapreflight", "semanticVersion": __version__, "informationUri": _HOME, "rules": rules}
    return {"driver": driver}


def _rule(rule: Rule) -> dict[str, Any]:
    paragraphs = [" ".join(paragraph.split()) for paragraph in rule.help.split("\n\n")]
    # A rule for a documented limit finds errors; if a rule has several severities, each result states its own.
    level = "error" if rule.limit else "warning"
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": paragraphs[0]},
        "fullDescription": {"text": " ".join(paragraphs[:2])},
        "help": {"text": "\n\n".join(paragraphs), "markdown": _markdown(rule, paragraphs)},
        "defaultConfiguration": {"level": level},
        "properties": {
            "tags": [rule.group, rule.level, *(["fixable"] if rule.fixable else []), rule.stage],
            "precision": "medium" if rule.group == "people" else "very-high",
            "problem.severity": level,
        },
    }


def _markdown(rule: Rule, paragraphs: list[str]) -> str:
    said = []
    for paragraph in paragraphs:
        label, colon, rest = paragraph.partition(": ")
        said.append(f"**{label}:** {rest}" if colon and label in ("Why it matters", "Fix") else paragraph)
    fix = "`mediapreflight prepare` can fix it." if rule.fixable else "`mediapreflight prepare` does not fix it by default."
    return "\n\n".join([f"## {rule.code} {rule.name}", *said, fix])


def _results(job: JobReport, root: str) -> Iterator[dict[str, Any]]:
    seen: Counter[str] = Counter()
    for finding in job.findings:
        path = file_of(job, finding)
        location = _artifact(path, root)
        key = "\0".join((finding.code, job.model, finding.role or "", location["uri"]))
        seen[key] += 1
        # The wording is left out: the alert stays the same if the wording changes.
        fingerprint = f"{hashlib.sha256(key.encode('utf-8', 'backslashreplace')).hexdigest()[:32]}:{seen[key]}"
        place = {"artifactLocation": location, "region": {"startLine": 1}}
        logical = {"name": finding.role or "request", "fullyQualifiedName": f"{job.model}/{finding.role or 'request'}"}
        yield {
            "ruleId": finding.code,
            "ruleIndex": _PLACES[finding.code],
            "level": _LEVELS[finding.severity],
            "message": {"text": _message(finding)},
            "locations": [{"physicalLocation": place, "logicalLocations": [{**logical, "kind": "parameter"}]}],
            "partialFingerprints": {"primaryLocationLineHash": fingerprint, _FINGERPRINT: fingerprint},
            "properties": _properties(job, finding),
        }


def _message(finding: Finding) -> str:
    said = f"{finding.message}. Next: {finding.help}." if finding.help else f"{finding.message}."
    # `[text](target)` would become a link.
    return plain(said).replace("](", "\\](")


def _properties(job: JobReport, finding: Finding) -> dict[str, Any]:
    known = {
        "severity": finding.severity,
        "model": job.model,
        "role": finding.role,
        "measured": finding.measured,
        "limit": finding.limit,
        "unit": finding.unit,
        "serviceCode": finding.service_code,
        "source": finding.source,
        "sourceUrls": finding.source_urls or None,
        "fixable": finding.fixable,
    }
    return {name: value for name, value in known.items() if value is not None}


def _artifact(path: str | None, root: str) -> dict[str, str]:
    """The place of a file: relative to the root if possible, else its whole path. A finding about no file gets the root."""
    relative = "." if path is None else below(root, path)
    if relative is None:
        return {"uri": _uri(os.path.normpath(os.path.join(root, path or "")))}  # noqa: PTH118
    # Without `./`, the part of a name before a colon would be read as the scheme.
    first = relative.partition("/")[0]
    return {"uri": ("./" if ":" in first else "") + quote(relative.encode("utf-8", "backslashreplace")), "uriBaseId": _ROOT}


def _uri(path: str) -> str:
    return Path(path.encode("utf-8", "backslashreplace").decode()).as_uri()
