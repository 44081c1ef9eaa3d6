"""Thresholds of content rules: named, documented, and set by a user's own catalog."""

import re
from pathlib import Path
from typing import get_args

import pytest

from mediapreflight import Catalog, Job, check
from mediapreflight.catalog.schema import Threshold
from mediapreflight.errors import CatalogError
from mediapreflight.rules import rules_in

OWN = 'id = "emo-v1"\nextends = "emo-v1"\n'


def own(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "own.toml"
    path.write_text(OWN + text)
    return path


@pytest.mark.every("name", get_args(Threshold))
def test_help_of_one_rule_names_it_with_its_default(name: str) -> None:
    helps = [" ".join(rule.help.split()) for rule in rules_in("people") if f"`{name}`" in rule.help]
    assert len(helps) == 1
    assert re.search(rf"`{name}`[^`]*\(?-?\d", helps[0])


def test_real_picture_judged_by_thresholds_of_ones_own(tmp_path: Path, fixtures: Path) -> None:
    path = own(tmp_path, "[roles.image.content.thresholds]\nface_px_min = 182\nroll_max = 2\n")
    report = check(Job("emo-v1", whole=False, image=fixtures / "portrait.jpg"), catalog=Catalog([path]), select=["FACE"])
    assert [(finding.name, finding.limit) for finding in report.findings] == [
        ("face-too-small", ">= 182"),
        ("face-tilted", "[-2, 2]"),
    ]


def test_thresholds_of_one_input_leave_the_others_alone(tmp_path: Path) -> None:
    model = Catalog([own(tmp_path, "[roles.image.content.thresholds]\nyaw_max = 10\n")]).model("emo-v1")
    assert model.roles["image"].content.thresholds == {"yaw_max": 10.0}
    assert model.roles["image"].content.errors["none"] == "InvalidFile.NoHuman"
    assert model.roles["audio"].content.thresholds == {}


@pytest.mark.parametrize(
    ("text", "key", "line"),
    [
        ("[roles.image.content.thresholds]\nyaw_max = 10\nface_shere_min = 0.5\n", "thresholds.face_shere_min", 5),
        ("[roles.image.content]\nthresholds = { yaw_min = 4 }\n", "thresholds.yaw_min", 4),
        ('[roles.image.content.thresholds]\nyaw_max = "wide"\n', "thresholds", 3),
        ("[roles.image.content.thresholds]\nyaw_max = true\n", "thresholds", 3),
        ('[roles.image.content.errors]\nnobody = "X"\n', "errors.nobody", 4),
        ("[roles.image.content]\nface_px_min = 100\n", "face_px_min", 4),
    ],
)
def test_unknown_names_and_values_are_refused_with_their_place(tmp_path: Path, text: str, key: str, line: int) -> None:
    path = own(tmp_path, text)
    with pytest.raises(CatalogError) as caught:
        Catalog([path])
    assert (caught.value.path, caught.value.key, caught.value.line) == (str(path), f"roles.image.content.{key}", line)
    assert "$" not in str(caught.value)
