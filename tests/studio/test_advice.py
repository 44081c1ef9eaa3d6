"""Advice on the page names what is on the page, and no command line."""

import ast
import re
from pathlib import Path

import mediapreflight.rules
from mediapreflight import Job, check
from mediapreflight.studio import advice
from mediapreflight.studio.workshop import TEMPLATES

RULES = Path(mediapreflight.rules.__file__).parent


def said_by_rules() -> str:
    """All texts of all rules that are no documentation."""
    nodes = (node for path in RULES.rglob("*.py") for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    return " ".join(
        argument.value
        for node in nodes
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("say", "say_many")
        for argument in node.args
        if isinstance(argument, ast.Constant)
    )


def test_every_option_that_a_rule_names_has_a_control() -> None:
    options = set(re.findall(r"prepare --([a-z-]+)", said_by_rules()))
    assert options == advice._CONTROLS.keys()


def test_every_control_is_on_the_page_under_this_name() -> None:
    page = (TEMPLATES / "studio.html").read_text(encoding="utf-8")
    names = [*advice._CONTROLS.values(), advice._PANEL_OF_FACES, advice._PREPARE]
    assert [name for name in names if f'tr("{name}' not in page] == []


def test_advice_on_the_page(fixtures: Path) -> None:
    report = check(Job("emo-v1", image=str(fixtures / "portrait.jpg"), audio=str(fixtures / "voice.mp3")))
    (finding,) = report.findings
    assert "--set face_bbox=" in finding.help
    assert [each.help for each in advice.on_page(report.findings)] == [finding.help.replace("--set ", "")]
