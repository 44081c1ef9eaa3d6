"""What CenterFace's answers mean, and which boxes are one face."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.people.centerface import CenterFace, Detection, _read, distinct, resized

NUMBERS = st.floats(-1000, 1000)
SIDES = st.floats(1, 1000)


def square(x, y, side, score=0.5):
    return Detection(x - side / 2, y - side / 2, x + side / 2, y + side / 2, score, np.zeros((5, 2)))


@pytest.fixture(scope="module")
def network():
    return CenterFace()


class TestNetwork:
    def test_a_face_with_its_points(self, network, portrait):
        face, *others = network.detect(portrait)
        right_eye, left_eye, nose, right_corner, left_corner = face.points
        assert face.score > 0.8
        assert all(other.score < 0.5 for other in others)
        assert face.x1 < right_eye[0] < nose[0] < left_eye[0] < face.x2
        assert face.y1 < right_eye[1] < nose[1] < right_corner[1] < face.y2
        assert right_corner[0] < nose[0] < left_corner[0]

    @pytest.mark.parametrize("width", [160, 400])
    def test_in_pixels_of_the_picture_whatever_its_size(self, network, portrait, width):
        whole = network.detect(portrait)[0]
        small = network.detect(cv2.resize(portrait, (width, width), interpolation=cv2.INTER_AREA))[0]
        assert np.array(small[:4]) * 640 / width == pytest.approx(np.array(whole[:4]), abs=18)
        assert small.points * 640 / width == pytest.approx(whole.points, abs=18)

    def test_sides_that_are_no_multiples(self, network, portrait):
        cut = portrait[:, 100:533]
        whole, part = network.detect(portrait)[0], network.detect(np.ascontiguousarray(cut))[0]
        assert np.array(part[:4]) + np.array((100, 0, 100, 0)) == pytest.approx(np.array(whole[:4]), abs=18)

    @pytest.mark.parametrize("shape", [(1, 1), (2, 940), (940, 2)])
    def test_next_to_nothing(self, network, shape):
        assert network.detect(np.full((*shape, 3), 200, np.uint8)) == []


class TestAnswers:
    def test_the_place_and_size_of_one_cell(self):
        presence, size, offset, landmarks = (np.zeros((channels, 8, 10), np.float32) for channels in (1, 2, 2, 10))
        presence[0, 5, 3] = 0.9
        size[:, 5, 3] = np.log(10), np.log(5)
        offset[:, 5, 3] = 0.25, -0.25
        landmarks[:, 5, 3] = 0.3, 0.2, 0.3, 0.8, 0.5, 0.5, 0.7, 0.3, 0.7, 0.7
        (face,) = _read(presence[0], size, offset, landmarks, 2.0)
        # Cell (3, 5) is 4 px wide: its middle, moved by a quarter of it, lies at (13, 23); the box is 20 px by 40.
        assert face[:5] == pytest.approx((1.5, 1.5, 11.5, 21.5, 0.9))
        assert face.points[0] == pytest.approx((1.5 + 0.2 * 10, 1.5 + 0.3 * 20))
        assert face.points[4] == pytest.approx((1.5 + 0.7 * 10, 1.5 + 0.7 * 20))

    def test_landmarks_of_a_box_that_begins_outside_count_from_the_border(self):
        presence, size, offset, landmarks = (np.zeros((channels, 4, 4), np.float32) for channels in (1, 2, 2, 10))
        presence[0, 0, 0], size[:, 0, 0], landmarks[:, 0, 0] = 0.9, np.log(10), 0.5
        (face,) = _read(presence[0], size, offset, landmarks, 1.0)
        assert (face.x1, face.y1) == pytest.approx((-18, -18))
        assert face.points == pytest.approx(np.full((5, 2), 20))

    def test_texture_is_bounded(self):
        presence, *rest = (np.ones((channels, 160, 160), np.float32) for channels in (1, 2, 2, 10))
        assert len(_read(presence[0], *rest, 1.0)) == 256


class TestResized:
    @pytest.mark.parametrize(
        ("shape", "size", "scale"),
        [
            ((1000, 500), (640, 320), 0.64),
            ((100, 300), (200, 600), 2.0),
            ((640, 640), (640, 640), 1.0),
            ((1, 5000), (1, 640), 0.128),
        ],
    )
    def test_to_the_side_and_never_much_larger(self, shape, size, scale):
        shown, factor = resized(np.zeros((*shape, 3), np.uint8), 640, 2.0)
        assert (shown.shape[:2], factor) == (size, scale)


class TestOverlap:
    @pytest.mark.parametrize(
        ("other", "shares"),
        [
            (square(0, 0, 10), (1.0, 1.0)),
            (square(5, 0, 10), (50 / 150, 0.5)),
            (square(1, 1, 4), (16 / 100, 1.0)),
            (square(6, 6, 4), (1 / 115, 1 / 16)),
            (square(10, 0, 10), (0.0, 0.0)),
            (square(30, 2, 10), (0.0, 0.0)),
        ],
    )
    def test_known_shares(self, other, shares):
        assert square(0, 0, 10).overlap(other) == pytest.approx(shares)

    @given(NUMBERS, NUMBERS, SIDES, NUMBERS, NUMBERS, SIDES)
    def test_either_way_round_and_never_more_than_all(self, x, y, side, other_x, other_y, other_side):
        one, other = square(x, y, side), square(other_x, other_y, other_side)
        of_union, of_smaller = one.overlap(other)
        assert (of_union, of_smaller) == pytest.approx(other.overlap(one))
        assert 0 <= of_union <= of_smaller + 1e-6 <= 1 + 2e-6


class TestDistinct:
    def test_keeps_the_surest_of_those_that_overlap(self):
        found = distinct([square(0, 0, 10, 0.5), square(1, 0, 10, 0.9), square(40, 0, 10, 0.6)])
        assert [(face.x1, face.score) for face in found] == [(-4, 0.9), (35, 0.6)]

    def test_a_part_of_a_face_is_no_face_of_its_own(self):
        assert len(distinct([square(0, 0, 10, 0.9), square(3, 3, 5, 0.8)])) == 1

    def test_neighbours_are_two(self):
        assert len(distinct([square(0, 0, 10, 0.9), square(6, 0, 10, 0.8)])) == 2

    @given(st.lists(st.builds(square, NUMBERS, NUMBERS, SIDES, st.floats(0, 1)), max_size=12))
    def test_no_two_are_left_that_overlap_and_none_is_lost_without_a_surer_one(self, squares):
        kept = distinct(squares)
        assert not any(one.is_same(other) for number, one in enumerate(kept) for other in kept[:number])
        for face in squares:
            assert any(other.score >= face.score and (other is face or other.is_same(face)) for other in kept)
        assert [face.score for face in kept] == sorted((face.score for face in kept), reverse=True)
