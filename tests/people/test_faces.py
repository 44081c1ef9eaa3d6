"""Faces in displayed pixels, and what is measured of them."""

import cv2
import numpy as np
import pytest

from mediapreflight.media.image.pixels import Picture, load_picture
from mediapreflight.people import faces as module
from mediapreflight.people.detector import Sighting, Sightings
from mediapreflight.people.faces import LONGEST_SIDE, faces_in, sharpness_of
from mediapreflight.people.headpose import _AVERAGE_FACE, HeadPose

KEYPOINTS = np.array(_AVERAGE_FACE)[:, :2]


def sighted(monkeypatch, *sightings, doubtful=()):
    monkeypatch.setattr(module, "find_faces", lambda rgb, **_: Sightings(list(sightings), list(doubtful)))


def sighting(x, y, side, score=0.9):
    return Sighting(x, y, side, score, KEYPOINTS * side + (x, y))


def picture(width=400, height=300, shown=(400, 300)):
    return Picture(np.zeros((height, width, 3), np.uint8), *shown)


def test_the_portrait(fixtures):
    (face,), bystanders, doubtful = faces_in(load_picture(fixtures / "portrait.jpg", LONGEST_SIDE))
    x1, y1, x2, y2 = face.bbox
    assert bystanders == doubtful == ()
    assert x2 - x1 == pytest.approx(y2 - y1, abs=1)
    assert all(type(edge) is int for edge in face.bbox)
    assert 0.8 < face.score <= 1
    assert max(abs(face.yaw_deg), abs(face.pitch_deg), abs(face.roll_deg)) < 25
    assert len(face.keypoints) == 6
    assert all(x1 <= x <= x2 and y1 <= y <= y2 for x, y in face.keypoints[:4])
    assert face.sharpness > 0.12
    assert 60 < face.brightness < 220
    assert 10 < face.contrast < 100


def test_the_same_face_whatever_the_size_it_is_looked_at(fixtures):
    (large,), (small,) = (faces_in(load_picture(fixtures / "portrait.jpg", side)).faces for side in (640, 200))
    assert small.bbox == pytest.approx(large.bbox, abs=12)
    assert np.array(small.keypoints) == pytest.approx(np.array(large.keypoints), abs=15)


def test_boxes_and_keypoints_are_in_displayed_pixels(monkeypatch):
    sighted(monkeypatch, sighting(100, 150, 50))
    (face,) = faces_in(picture(shown=(800, 900))).faces
    assert face.bbox == (150, 375, 250, 525)
    assert np.array(face.keypoints) == pytest.approx((KEYPOINTS * 50 + (100, 150)) * (2, 3), abs=0.051)


def test_a_box_is_a_square_wherever_it_lies(monkeypatch):
    sighted(monkeypatch, sighting(100.4, 150.6, 50.5))
    (face,) = faces_in(picture()).faces
    assert face.box.width == face.box.height


def test_boxes_end_where_the_picture_ends(monkeypatch):
    sighted(monkeypatch, sighting(10, 20, 60), sighting(390, 290, 50))
    found = faces_in(picture()).faces
    assert {face.bbox for face in found} == {(0, 0, 40, 50), (365, 265, 400, 300)}


def test_what_lies_outside_is_left_out(monkeypatch):
    sighted(monkeypatch, sighting(-40, 20, 60), sighting(100, 340, 60), sighting(200, 100, 0.3))
    assert faces_in(picture()) == ((), (), ())


def test_largest_first(monkeypatch):
    sighted(monkeypatch, sighting(60, 60, 40), sighting(200, 200, 90), sighting(300, 60, 60))
    assert [face.bbox[2] - face.bbox[0] for face in faces_in(picture()).faces] == [90, 60, 40]


@pytest.mark.parametrize(
    ("yaw", "side", "counted"),
    [(45, 50, False), (-45, 50, False), (44.9, 50, True), (45, 51, True), (90, 20, False), (0, 20, True), (-44.9, 20, True)],
)
def test_bystanders_are_turned_away_and_small(monkeypatch, yaw, side, counted):
    sighted(monkeypatch, sighting(120, 120, 100), sighting(300, 200, side))
    poses = iter([HeadPose(0, 0, 0), HeadPose(yaw, 0, 0)])
    monkeypatch.setattr(module, "head_pose", lambda keypoints: next(poses))
    found = faces_in(picture())
    assert len(found.faces) == (2 if counted else 1)
    assert len(found.bystanders) == (0 if counted else 1)
    assert found.faces[0].bbox == (70, 70, 170, 170)


def test_what_is_doubtful_stays_apart_and_makes_nobody_a_bystander(monkeypatch):
    sighted(monkeypatch, sighting(60, 60, 40), doubtful=[sighting(300, 60, 30), sighting(200, 200, 90)])
    found = faces_in(picture())
    assert [face.box.width for face in found.doubtful] == [90, 30]
    assert (len(found.faces), found.bystanders) == (1, ())


def test_a_single_face_in_profile_is_no_bystander(monkeypatch):
    sighted(monkeypatch, sighting(120, 120, 30))
    monkeypatch.setattr(module, "head_pose", lambda keypoints: HeadPose(80, 0, 0))
    assert len(faces_in(picture()).faces) == 1


def test_light_is_measured_on_the_face_alone(monkeypatch):
    rgb = np.zeros((300, 400, 3), np.uint8)
    rgb[100:200, 100:150] = 100
    rgb[100:200, 150:200] = 140
    sighted(monkeypatch, sighting(150, 150, 100))
    (face,) = faces_in(Picture(rgb, 400, 300)).faces
    assert (face.brightness, face.contrast) == (120.0, 20.0)


def test_luma_weighs_the_colours(monkeypatch):
    rgb = np.zeros((300, 400, 3), np.uint8)
    rgb[...] = (0, 255, 0)
    sighted(monkeypatch, sighting(150, 150, 100))
    assert faces_in(Picture(rgb, 400, 300)).faces[0].brightness == pytest.approx(0.587 * 255, abs=1)


class TestSharpness:
    def test_blur_lowers_it_step_by_step(self, portrait):
        face = portrait[100:300, 220:420]
        figures = [sharpness_of(face), *(sharpness_of(cv2.GaussianBlur(face, (0, 0), sigma)) for sigma in (1, 2, 4, 8))]
        assert figures == sorted(figures, reverse=True)
        assert figures[0] > 0.12 > figures[3]

    def test_light_does_not_matter(self, portrait):
        face = portrait[100:300, 220:420]
        dim = np.asarray(face * 0.4 + 20, np.uint8)
        assert sharpness_of(dim) == pytest.approx(sharpness_of(face), rel=0.1)

    def test_size_beyond_the_measured_one_does_not_matter(self, portrait):
        face = cv2.resize(portrait[100:300, 220:420], (256, 256), interpolation=cv2.INTER_AREA)
        assert sharpness_of(cv2.resize(face, (512, 512), interpolation=cv2.INTER_CUBIC)) == pytest.approx(
            sharpness_of(face), rel=0.1
        )

    def test_an_even_surface_has_none(self):
        assert sharpness_of(np.full((50, 60, 3), 77, np.uint8)) == 0

    def test_a_sliver_is_measured_too(self):
        assert sharpness_of(np.random.default_rng(0).integers(0, 256, (1, 60, 3), np.uint8)) == 0
