"""What tells a covered face from a clear one."""

import importlib.util
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from mediapreflight.people.covering import SIDE, Covering, upright
from mediapreflight.people.cuts import Cuts
from mediapreflight.people.detector import find_faces
from mediapreflight.rules.people.face_possibly_covered import COVERED_MAX

PLACES = np.array([(0.37, 0.42), (0.63, 0.42), (0.5, 0.58), (0.4, 0.72), (0.6, 0.72)]) * SIDE


def covered(rgb):
    (face,) = find_faces(rgb).faces
    return face.covered


@pytest.mark.parametrize(("turn", "scale"), [(0.0, 1.0), (0.4, 3.0), (-2.5, 0.2)])
def test_points_of_a_face_come_to_lie_where_they_belong(turn, scale):
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = upright(PLACES @ rotation.T * scale + (300, -70))
    for point, place in zip(PLACES @ rotation.T * scale + (300, -70), PLACES, strict=True):
        assert matrix @ (*point, 1) == pytest.approx(place)


def test_points_that_coincide_are_no_error():
    assert np.isfinite(upright(np.zeros((5, 2)))).all()


@pytest.mark.parametrize(("scores", "likelihood"), [((3, -3), 0.5), ((3, 3), 0.953), ((-1, 5), 0.881), ((-3, 9), 0.047)])
def test_what_is_not_clear_at_once_is_looked_at_in_its_mirror_image_too(scores, likelihood):
    """Half a beard in the sun was a cover, and is none in its mirror image."""
    covering, looks = Covering(), iter(scores)

    class Stand:
        def features(self, face):
            weights = covering._weights
            wanted = weights * (next(looks) - covering._bias) / np.square(weights).sum()
            return wanted.repeat(2, axis=1).repeat(2, axis=2)

    cuts = Cuts(np.zeros((300, 300, 3), np.uint8))
    assert covering.likelihood(Stand(), cuts, PLACES) == pytest.approx(likelihood, abs=0.001)


class TestPortrait:
    @pytest.fixture
    def canvas(self, portrait):
        return portrait.copy()

    def test_a_clear_face(self, canvas):
        assert covered(canvas) < 0.1

    def test_a_mask(self, canvas):
        cv2.fillPoly(
            canvas, [np.array([(230, 225), (314, 215), (398, 225), (380, 300), (314, 325), (248, 300)])], (150, 190, 215)
        )
        assert covered(canvas) > 0.5

    def test_a_board_before_one_half(self, canvas):
        canvas[90:335, 310:420] = (90, 110, 160)
        assert covered(canvas) > 0.5

    def test_sunglasses_are_none(self, canvas):
        for x in (275, 350):
            cv2.ellipse(canvas, (x, 190), (30, 22), 0, 0, 360, (20, 20, 24), -1)
        cv2.line(canvas, (235, 185), (400, 185), (20, 20, 24), 3)
        assert covered(canvas) < 0.5

    def test_a_microphone_at_the_chin_is_none(self, canvas):
        cv2.ellipse(canvas, (320, 330), (16, 20), 0, 0, 360, (25, 25, 25), -1)
        cv2.line(canvas, (320, 330), (330, 500), (25, 25, 25), 14)
        assert covered(canvas) < 0.5


@pytest.fixture
def covering_script():
    path = Path(__file__).resolve().parents[2] / "scripts" / "covering.py"
    spec = importlib.util.spec_from_file_location("covering_script", path)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


def test_a_seed_and_a_picture_say_what_is_drawn_onto_it(covering_script, portrait, tmp_path):
    for folder in ("clear", "covered"):
        (tmp_path / folder).mkdir()
        Image.fromarray(portrait).save(tmp_path / folder / "one.png")
    (tmp_path / "clear" / "nobody.png").write_bytes(b"no picture")

    def shown_with(seed):
        found = covering_script.pictures(tmp_path)
        return [each for path, covered in found for each in covering_script.shown_in(path, covered, seed)]

    drawn, again, other = (shown_with(seed) for seed in (0, 0, 1))
    assert [(shown.drawn, shown.covered) for shown in drawn][:2] == [("", True), ("", False)]
    assert [shown.covered for shown in drawn] == [True, False, True, False]
    assert all((one.rgb == two.rgb).all() for one, two in zip(drawn, again, strict=True))
    assert any(one.rgb.tobytes() != two.rgb.tobytes() for one, two in zip(drawn, other, strict=True))
    assert all((shown.rgb != portrait).any() for shown in drawn[2:])


@pytest.mark.parametrize("seed", [4, 6])
def test_a_hand_over_an_eye(covering_script, portrait, seed):
    canvas = portrait.copy()
    face = next(covering_script.likely(canvas))
    covering_script.hand_over_an_eye(canvas, covering_script.Head.of(face), np.random.default_rng(seed))
    assert covered(canvas) > COVERED_MAX


def test_regression_parts_what_can_be_parted(covering_script):
    chance = np.random.default_rng(0)
    features = np.concatenate([chance.normal(0, 1, (500, 3)), chance.normal(4, 1, (500, 3))])
    covered = np.repeat([False, True], 500)
    found = covering_script.regression(features, covered, covering_script.Weights(np.zeros(3), 0.0))
    assert ((found.score(features) > 0) == covered).mean() > 0.99


def test_regression_goes_on_from_what_is_known(covering_script):
    known = covering_script.Weights(np.array([1.0, -2.0, 0.0]), -0.5)
    features = np.random.default_rng(0).normal(0, 1, (40, 3))
    found = covering_script.regression(features, known.score(features) > 0, known)
    assert found.each == pytest.approx(known.each, abs=0.2)
