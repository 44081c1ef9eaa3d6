"""Every rule is registered, documented, tested and built the same way."""

import re
from pathlib import Path

import pytest

import mediapreflight.rules
from mediapreflight.catalog.schema import Role
from mediapreflight.findings import SEVERITIES
from mediapreflight.media.facts import LEVELS
from mediapreflight.rules import RULES, Rule, rules_in

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
SOURCES = Path(mediapreflight.rules.__file__).parent
PREFIXES = {
    "file": {"FILE"},
    "image": {"IMG"},
    "video": {"VID"},
    "audio": {"AUD"},
    "people": {"FACE", "BODY", "VOICE", "CONT"},
    "request": {"REQ"},
    "pair": {"PAIR"},
}
each_rule = pytest.mark.every("rule", RULES.values())


def source_of(rule: Rule) -> Path:
    return SOURCES / f"{rule.place}.py"


@each_rule
def test_has_a_test_module_of_its_own(rule: Rule) -> None:
    folder, _, name = rule.place.partition("/")
    assert (HERE / folder / f"test_{name}.py").is_file()


@each_rule
def test_help_begins_with_one_sentence_and_says_why_and_how_to_fix(rule: Rule) -> None:
    first, _, rest = rule.help.partition("\n\n")
    assert first.endswith(".")
    assert ". " not in first
    assert re.search(r"^Why it matters: \S", rest, re.MULTILINE)
    assert re.search(r"^Fix: \S", rest, re.MULTILINE)


@each_rule
def test_file_is_neither_a_stub_nor_a_pile(rule: Rule) -> None:
    assert 15 <= len(source_of(rule).read_text(encoding="utf-8").splitlines()) <= 150


@each_rule
def test_code_fits_the_group(rule: Rule) -> None:
    prefix, number = re.fullmatch(r"([A-Z]+)(\d{3})", rule.code).groups()
    assert prefix in PREFIXES[rule.group]
    assert int(number) > 0


def test_a_rule_is_in_preview_for_one_release() -> None:
    """It is listed under what comes next, or under the latest version."""
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    unreleased, latest = [*re.split("^## ", changes, flags=re.MULTILINE)[1:], ""][:2]
    assert not [rule for rule in RULES.values() if rule.stage == "preview" and rule.code not in unreleased + latest]


@each_rule
def test_module_holds_what_the_registry_reads(rule: Rule) -> None:
    assert rule.level in LEVELS
    assert type(rule._module.FIXABLE) is bool
    assert callable(rule.check)
    assert rule.check.__doc__
    assert rule.limit is None or rule.limit in Role.__struct_fields__
    assert rule.bound in (None, "lower", "upper")
    assert rule.bound is None or rule.limit is not None


def test_names_and_places_are_unique() -> None:
    assert len({rule.place for rule in RULES.values()}) == len(RULES)
    assert len({rule.name for rule in RULES.values()}) == len(RULES)


def test_every_rule_file_is_registered() -> None:
    files = {
        path.relative_to(SOURCES).with_suffix("").as_posix()
        for path in SOURCES.glob("*/*.py")
        if re.search(r"^FIXABLE = ", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert files == {rule.place for rule in RULES.values()}


def test_numbers_of_a_prefix_have_no_gap() -> None:
    for prefix in set.union(*PREFIXES.values()):
        numbers = [int(code.removeprefix(prefix)) for code in RULES if re.fullmatch(rf"{prefix}\d+", code)]
        assert numbers == list(range(1, len(numbers) + 1))


def test_groups_hold_every_rule_once() -> None:
    assert [rule for group in PREFIXES for rule in rules_in(group)] == sorted(
        RULES.values(), key=lambda rule: list(PREFIXES).index(rule.group)
    )


def test_severities_in_rule_sources_are_known() -> None:
    for rule in RULES.values():
        stated = re.findall(r'severity="(\w+)"', source_of(rule).read_text(encoding="utf-8"))
        assert set(stated) <= set(SEVERITIES), rule
