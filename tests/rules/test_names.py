"""Code outside of the rules that looks for what a rule finds names it through `names`, which knows every rule."""

import ast
import difflib
from collections.abc import Iterator
from pathlib import Path

import pytest

import mediapreflight
from mediapreflight import UnknownRuleError
from mediapreflight.rules import RULES, names

PACKAGE = Path(mediapreflight.__file__).parent
ALL = [rule.name for rule in RULES.values()]
# It lies below the rules, and cannot ask them.
BELOW = PACKAGE / "findings.py"


def strings(node: ast.AST) -> Iterator[str]:
    """Every string literal that is no argument of `names`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "names":
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    for child in ast.iter_child_nodes(node):
        yield from strings(child)


def looks_like_a_rule(text: str) -> bool:
    return "-" in text and len(text) < 50 and bool(difflib.get_close_matches(text, ALL, n=1, cutoff=0.85))


def test_no_rule_is_named_by_a_string_that_nobody_checks() -> None:
    for path in PACKAGE.rglob("*.py"):
        if path.is_relative_to(PACKAGE / "rules"):
            continue
        found = [text for text in strings(ast.parse(path.read_text(encoding="utf-8"))) if looks_like_a_rule(text)]
        assert not found or (path == BELOW and set(found) <= set(ALL)), f"{path}: write names({found})"


def test_names_are_those_that_rules_have() -> None:
    assert names("video-too-long", "file-missing") == ("video-too-long", "file-missing")


@pytest.mark.parametrize(
    ("wrong", "suggestion"), [("vidoe-too-long", "video-too-long"), ("VID010", "VID010"), ("Video-Too-Long", "video-too-long")]
)
def test_a_name_that_no_rule_has_is_refused(wrong: str, suggestion: str) -> None:
    with pytest.raises(UnknownRuleError) as refused:
        names("file-missing", wrong)
    assert refused.value.selector == wrong
    assert suggestion in refused.value.suggestions
