"""What the judge of `benchmarks/outputs.py` computes; the programs it asks are not run here."""

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(FOLDER))
    spec = importlib.util.spec_from_file_location("outputs", FOLDER / "outputs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_pictures_are_compared_after_the_steps_that_were_done(judge: ModuleType) -> None:
    chance = np.random.default_rng(1)
    picture = Image.fromarray(chance.integers(0, 256, (40, 60, 3), np.uint8))
    steps = [
        {"name": "crop", "detail": "60 x 40 to 30 x 20 px, from (10, 5)"},
        {"name": "scale", "detail": "30 x 20 to 60 x 40 px; this adds no detail"},
        {"name": "pad", "detail": "60 x 40 to 70 x 40 px with #ffffff: 4 left, 6 right"},
        {"name": "convert", "detail": "PNG, lossless"},
    ]
    planned = np.asarray(judge.as_planned(picture, steps))
    shown = np.asarray(picture.crop((10, 5, 40, 25)).resize((60, 40), Image.Resampling.LANCZOS))
    assert planned.shape == (40, 70, 3)
    assert (planned[:, 4:64] == shown).all() and (planned[:, :4] == 255).all() and (planned[:, 64:] == 255).all()
    assert judge.as_planned(picture.rotate(90, expand=True), steps) is None
    assert judge.psnr(shown, shown) == float("inf")
    assert judge.psnr(np.zeros((2, 2), np.uint8), np.full((2, 2), 255, np.uint8)) == pytest.approx(0)


def test_the_offset_of_sound_is_found_and_is_the_least_where_several_fit(judge: ModuleType) -> None:
    chance = np.random.default_rng(2)
    noise = chance.normal(size=8000).astype(np.float32)
    later = np.concatenate((np.zeros(240, np.float32), noise))
    assert judge.lag(noise, later) == pytest.approx(0.03)
    assert judge.lag(later, noise) == pytest.approx(-0.03)
    tone = np.sin(np.arange(16000) * 2 * np.pi / 80).astype(np.float32)
    assert judge.lag(tone, tone) == 0


@pytest.mark.parametrize(
    ("name", "detail", "expected"),
    [
        ("trim", "9.5 s to 4.2 s, at a pause", (0.0, 4.2, 4.2)),
        ("trim", "2 s to 5.25 s of 9.5 s, fading out over 30 ms", (2.0, 5.25, 3.25)),
        ("pad-silence", "0.5 s to 1.1 s, with silence added at the end", (0.0, 9.5, 1.1)),
        ("extend", "1 s to 2.1 s by playing it backward and forward", (0.0, 9.5, 2.1)),
        ("convert", "", (0.0, 9.5, 9.5)),
    ],
)
def test_lengths_are_read_from_the_steps(judge: ModuleType, name: str, detail: str, expected: tuple[float, float, float]) -> None:
    assert judge.spans({"steps": [{"name": name, "detail": detail}]}, 9.5) == pytest.approx(expected)
