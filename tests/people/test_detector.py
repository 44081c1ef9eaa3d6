"""Faces in arrays: real detectors on a real portrait, and the arithmetic around them."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.people import detector
from mediapreflight.people.detector import Sighting, _Cuts, _distinct, _overlap, find_faces

NO_POINTS = np.zeros((6, 2))
NUMBERS = st.floats(-1000, 1000)
SIDES = st.floats(1, 1000)


def square(x, y, side, score=0.5):
    return Sighting(x, y, side, score, NO_POINTS)


def middle(face):
    return face.x, face.y


class TestFindFaces:
    def test_one_face_and_its_place(self, portrait):
        (face,) = find_faces(portrait)
        right_eye, left_eye, nose, mouth, right_ear, left_ear = face.keypoints
        assert right_ear[0] < right_eye[0] < nose[0] < left_eye[0] < left_ear[0]
        assert max(right_eye[1], left_eye[1]) < nose[1] < mouth[1] < face.y + face.side / 2
        assert np.hypot(*(nose - middle(face))) < face.side / 4
        assert 0.8 < face.score <= 1

    def test_the_mirrored_picture_has_the_mirrored_face(self, portrait):
        (face,), (mirrored,) = find_faces(portrait), find_faces(np.ascontiguousarray(portrait[:, ::-1]))
        assert mirrored.x == pytest.approx(640 - face.x, abs=face.side / 20)
        assert mirrored.y == pytest.approx(face.y, abs=face.side / 20)
        assert mirrored.side == pytest.approx(face.side, rel=0.1)

    @pytest.mark.parametrize("side", [96, 256, 1024])
    def test_size_does_not_matter(self, portrait, side):
        scale = side / 640
        (face,), (scaled,) = find_faces(portrait), find_faces(cv2.resize(portrait, (side, side), interpolation=cv2.INTER_AREA))
        assert (scaled.x, scaled.y, scaled.side) == pytest.approx(
            (face.x * scale, face.y * scale, face.side * scale), abs=face.side * scale / 10
        )

    def test_small_faces_in_a_large_picture(self, group):
        faces = find_faces(group)
        assert sorted(round((face.x - 120) // 240) for face in faces) == list(range(6))
        assert all(30 < face.side < 60 for face in faces)

    def test_large_and_small_together(self, portrait, group):
        both = np.concatenate([group[:640], portrait[:, 100:500]], axis=1)
        assert len(find_faces(both)) == 1 + len(find_faces(group[:640]))

    @pytest.mark.parametrize("angle", [-40, 25, 40])
    def test_a_leaning_head(self, portrait, angle):
        turn = cv2.getRotationMatrix2D((320, 320), angle, 0.7)
        (face,) = find_faces(cv2.warpAffine(portrait, turn, (640, 640)))
        slope = face.keypoints[1] - face.keypoints[0]
        straight = find_faces(portrait)[0].keypoints
        upright = np.degrees(np.arctan2(*(straight[1] - straight[0])[::-1]))
        assert np.degrees(np.arctan2(slope[1], slope[0])) == pytest.approx(upright - angle, abs=6)

    def test_a_face_that_the_border_cuts_lies_where_it_lies(self, portrait):
        (face,) = find_faces(portrait)
        cut = round(face.x - 0.2 * face.side)
        (half,) = find_faces(np.ascontiguousarray(portrait[:, cut:]))
        assert half.x + cut == pytest.approx(face.x, abs=0.12 * face.side)
        assert half.x - half.side / 2 < 0

    def test_no_face_is_none(self):
        noise = np.random.default_rng(1).integers(0, 256, (480, 640, 3), np.uint8)
        assert find_faces(noise) == find_faces(np.zeros((200, 300, 3), np.uint8)) == []

    def test_no_face_behind_the_head(self, portrait):
        (face,) = find_faces(portrait)
        hidden = portrait.copy()
        y1, x1 = round(face.y - face.side * 0.6), round(face.x - face.side * 0.7)
        hidden[y1 : round(face.y + face.side * 0.6), x1 : round(face.x + face.side * 0.7)] = (120, 80, 60)
        assert find_faces(hidden) == []

    @pytest.mark.parametrize("shape", [(1, 1), (2, 940), (940, 2), (7, 5)])
    def test_tiny_and_thin_pictures(self, shape):
        assert find_faces(np.full((*shape, 3), 200, np.uint8)) == []

    def test_again_after_closing(self, portrait):
        before = find_faces(portrait)
        detector.close_detectors()
        after = find_faces(portrait)
        assert [middle(face) for face in after] == [middle(face) for face in before]


class TestCuts:
    def test_the_face_is_upright_and_in_the_middle(self):
        # A white dot at each eye of a face that leans clockwise by 30 degrees.
        picture = np.zeros((400, 600, 3), np.uint8)
        eyes = np.array([[300 - 40 * np.cos(np.pi / 6), 200 - 20], [300 + 40 * np.cos(np.pi / 6), 200 + 20]])
        for x, y in eyes:
            cv2.circle(picture, (round(x), round(y)), 3, (255, 255, 255), -1)
        keypoints = np.concatenate([eyes, np.zeros((4, 2))])
        cut, back = _Cuts(picture).upright(Sighting(300, 200, 100, 0.5, keypoints), 2.0)
        rows, columns = np.nonzero(cut[..., 0] > 128)
        # 100 px of face are 128 px of a cut at two face sides.
        assert cut.shape == (256, 256, 3)
        assert rows.mean() == pytest.approx(128, abs=1.5)
        assert (columns.min(), columns.max()) == pytest.approx((128 - 51.2 - 4, 128 + 51.2 + 4), abs=3)
        assert (back @ (128, 128, 1)).tolist() == pytest.approx([300, 200])
        assert (back @ (128 - 51.2, 128, 1)).tolist() == pytest.approx(eyes[0].tolist(), abs=0.1)

    def test_shrinking_averages_instead_of_skipping(self):
        # Thin stripes become an even grey.
        stripes = np.zeros((2048, 2048, 3), np.uint8)
        stripes[:, ::2] = 200
        level = np.array([[0.0, 0.0], [1.0, 0.0], *[[0.0, 0.0]] * 4])
        cut, _ = _Cuts(stripes).upright(Sighting(1024, 1024, 800, 0.5, level), 2.5)
        assert cut[100:150, 100:150].std() < 5
        assert cut[100:150, 100:150].mean() == pytest.approx(100, abs=3)

    def test_outside_the_picture_is_black(self):
        cut, _ = _Cuts(np.full((50, 50, 3), 255, np.uint8)).upright(
            Sighting(0, 0, 20, 0.5, np.array([[0.0, 0.0], [1.0, 0.0], *[[0.0, 0.0]] * 4])), 2.0
        )
        assert cut[:100].max() == cut[:, :100].max() == 0
        assert cut[140:, 140:].min() == 255


class TestOverlap:
    @pytest.mark.parametrize(
        ("other", "shares"),
        [
            (square(0, 0, 10), (1.0, 1.0)),
            (square(5, 0, 10), (50 / 150, 0.5)),
            (square(0, -5, 10), (50 / 150, 0.5)),
            (square(1, 1, 4), (16 / 100, 1.0)),
            (square(6, 6, 4), (1 / 115, 1 / 16)),
            (square(10, 0, 10), (0.0, 0.0)),
            (square(0, 10, 10), (0.0, 0.0)),
            (square(30, 2, 10), (0.0, 0.0)),
        ],
    )
    def test_known_shares(self, other, shares):
        assert _overlap(square(0, 0, 10), other) == pytest.approx(shares)

    @given(NUMBERS, NUMBERS, SIDES, NUMBERS, NUMBERS, SIDES)
    def test_either_way_round_and_never_more_than_all(self, x, y, side, other_x, other_y, other_side):
        one, other = square(x, y, side), square(other_x, other_y, other_side)
        of_union, of_smaller = _overlap(one, other)
        assert (of_union, of_smaller) == pytest.approx(_overlap(other, one))
        assert 0 <= of_union <= of_smaller + 1e-9
        assert of_smaller <= 1 + 1e-9


class TestDistinct:
    def test_keeps_the_surest_of_those_that_overlap(self):
        found = _distinct([square(0, 0, 10, 0.5), square(1, 0, 10, 0.9), square(40, 0, 10, 0.6)], 0.4, 0.7)
        assert [(face.x, face.score) for face in found] == [(1, 0.9), (40, 0.6)]

    def test_a_box_inside_another_is_the_same(self):
        assert len(_distinct([square(0, 0, 10, 0.9), square(1, 1, 3, 0.8)], 0.4, 0.7)) == 1

    def test_the_limits_themselves_are_the_same(self):
        # They share a third of the union and half of the smaller one.
        pair = [square(0, 0, 10, 0.9), square(5, 0, 10, 0.8)]
        assert len(_distinct(pair, 0.34, 0.51)) == 2
        assert len(_distinct(pair, 50 / 150, 0.51)) == 1
        assert len(_distinct(pair, 0.34, 0.5)) == 1

    @given(st.lists(st.builds(square, NUMBERS, NUMBERS, SIDES, st.floats(0, 1)), max_size=12))
    def test_no_two_are_left_that_overlap_and_none_is_lost_without_a_surer_one(self, squares):
        kept = _distinct(squares, 0.3, 0.6)
        for number, face in enumerate(kept):
            assert all(_overlap(face, other)[0] < 0.3 and _overlap(face, other)[1] < 0.6 for other in kept[:number])
        for face in squares:
            assert any(other.score >= face.score and (other is face or max(_overlap(face, other)) >= 0.3) for other in kept)
        assert [face.score for face in kept] == sorted((face.score for face in kept), reverse=True)
