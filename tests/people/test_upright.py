"""How far a picture must be turned: judged by pictures that were turned on purpose."""

from pathlib import Path

import numpy as np
import pytest
from msgspec import structs
from PIL import Image

from mediapreflight.people import see_picture, upright
from mediapreflight.people.detector import Sighting, Sightings
from mediapreflight.people.upright import turn_to_upright

from .test_portraits import face


@pytest.mark.parametrize("turned", [90, 180, 270])
def test_a_portrait_is_turned_back(fixtures: Path, tmp_path: Path, turned: int) -> None:
    with Image.open(fixtures / "portrait.jpg") as portrait:
        portrait.rotate(-turned, expand=True).save(tmp_path / "turned.png")
    assert see_picture(tmp_path / "turned.png").turn_deg == 360 - turned


def test_what_is_upright_and_what_shows_nobody_stays(fixtures: Path, tmp_path: Path) -> None:
    Image.linear_gradient("L").resize((300, 200)).convert("RGB").save(tmp_path / "nobody.png")
    assert see_picture(fixtures / "portrait.jpg").turn_deg is None
    assert see_picture(tmp_path / "nobody.png").turn_deg is None


@pytest.mark.parametrize(
    ("roll", "turn"), [(0, None), (59, None), (-59, None), (60, 270), (-60, 90), (91, 270), (-130, 90), (140, 180), (-180, 180)]
)
def test_a_face_that_is_seen_says_it_by_its_lean(monkeypatch: pytest.MonkeyPatch, roll: float, turn: int | None) -> None:
    """No further look is taken where a face was found."""
    monkeypatch.setattr(upright, "find_faces", None)
    leaning = structs.replace(face(10, 10, 50, 50), roll_deg=float(roll))
    assert turn_to_upright(np.zeros((60, 60, 3), np.uint8), (leaning,)) == turn


@pytest.mark.parametrize(("score", "turn"), [(0.74, None), (0.75, 180)])
def test_a_doubtful_face_turns_nothing(monkeypatch: pytest.MonkeyPatch, score: float, turn: int | None) -> None:
    """The surest of three looks counts, and texture is never sure."""
    looks = iter([0.2, score, 0.3])
    monkeypatch.setattr(upright, "find_faces", lambda _: Sightings([Sighting(5.0, 5.0, 4.0, next(looks), np.zeros((6, 2)))], []))
    assert turn_to_upright(np.zeros((6, 9, 3), np.uint8), ()) == turn
