"""Faces in arrays: real detectors on a real portrait, and the arithmetic around them."""

from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from mediapreflight.people import detector
from mediapreflight.people.centerface import Detection
from mediapreflight.people.detector import (
    _CUT_SIDE,
    GLANCE_SIDE,
    Sighting,
    Sightings,
    _judged,
    _shared_of_union,
    _turned_back,
    _upright,
    find_faces,
)

NOTHING = Sightings([], [])


def box(x, score, side=20.0):
    """A square beside others, with its middle at (x, 50)."""
    return Detection(x - side / 2, 50 - side / 2, x + side / 2, 50 + side / 2, score, np.zeros((5, 2)))


def faces(rgb):
    return find_faces(rgb).faces


def middle(face):
    return face.x, face.y


class Saying:
    """A network that says the same of every picture, or something else at a glance or of a cut-out; counts how often it looks at
    full size.
    """

    def __init__(self, *detections, glimpsed=(), cut_out=()):
        self.detections, self.glimpsed, self.cut_out, self.looks = [*detections], [*glimpsed], [*cut_out], 0

    def detect(self, rgb, longest_side=None):
        if longest_side == GLANCE_SIDE:
            return self.glimpsed
        if longest_side == _CUT_SIDE:
            return self.cut_out
        self.looks += 1
        return self.detections


def at(middle, score):
    """A square of a quarter of a cut-out, with its middle on the diagonal."""
    return Detection(middle - 32, middle - 32, middle + 32, middle + 32, score, np.zeros((5, 2)))


def judged(centerface, yunet=(), *, cut_out=None, glimpsed=(), lying=False, turned=()):
    """Scores of the faces and of what is doubtful."""
    again = [at(_CUT_SIDE / 2, 0.9)] if cut_out is None else cut_out
    networks = SimpleNamespace(
        centerface=Saying(*centerface, glimpsed=glimpsed, cut_out=again), yunet=Saying(*yunet, glimpsed=turned)
    )
    faces, doubtful = _judged(networks, np.zeros((100, 100, 3), np.uint8), lying)
    return [each.score for each in faces], [each.score for each in doubtful]


class TestVerdict:
    @pytest.mark.parametrize(
        ("centerface", "yunet", "expected"),
        [
            pytest.param([box(0, 0.5)], [], ([0.5], []), id="a single likely one is a face"),
            pytest.param([box(0, 0.5), box(50, 0.49)], [], ([0.5], []), id="what is unlikely does not count"),
            pytest.param([box(0, 0.9), box(50, 0.8)], [], ([0.9, 0.8], []), id="sure ones need nobody else"),
            pytest.param([box(0, 0.9), box(50, 0.79)], [], ([0.9], [0.79]), id="one alone is doubtful"),
            pytest.param([box(0, 0.9), box(50, 0.6)], [box(0, 0.9), box(52, 0.5)], ([0.9, 0.6], []), id="both agree"),
            pytest.param([box(0, 0.9), box(50, 0.6)], [box(0, 0.9), box(52, 0.49)], ([0.9], [0.6]), id="not enough"),
            pytest.param([box(0, 0.6), box(50, 0.55)], [], ([0.6], [0.55]), id="the surest is one in any case"),
            pytest.param([box(0, 0.9)], [box(0, 0.9), box(50, 0.7)], ([0.9], [0.7]), id="a small one behind"),
            pytest.param([box(0, 0.9)], [box(0, 0.9), box(50, 0.69)], ([0.9], []), id="a pattern behind"),
            pytest.param([box(0, 0.44)], [box(0, 0.91)], ([0.44], []), id="a flat drawing"),
            pytest.param([box(0, 0.43)], [box(0, 0.85)], ([], [0.85]), id="a dog"),
            pytest.param([], [box(0, 0.84)], ([], []), id="a pattern"),
            pytest.param([], [], ([], []), id="nothing"),
        ],
    )
    def test_who_is_a_face(self, centerface, yunet, expected):
        assert judged(centerface, yunet) == expected

    @pytest.mark.parametrize(
        ("cut_out", "doubtful"),
        [
            pytest.param([at(128, 0.3)], [0.76], id="CenterFace sees it, too"),
            pytest.param([at(128, 0.29)], [], id="cloth"),
            pytest.param([at(190, 0.9)], [], id="something else"),
            pytest.param([], [], id="nothing"),
        ],
    )
    def test_what_yunet_alone_sees_beside_a_face_is_looked_at_again(self, cut_out, doubtful):
        assert judged([box(0, 0.9)], [box(0, 0.9), box(50, 0.76)], cut_out=cut_out) == ([0.9], doubtful)

    @pytest.mark.parametrize(
        ("glimpsed", "yunet", "found"),
        [
            pytest.param(box(50, 0.6, side=90.0), 0.5, [0.6], id="it fills the picture"),
            pytest.param(box(50, 0.6, side=90.0), 0.49, [], id="not enough"),
            pytest.param(box(50, 0.6, side=14.0), 0.7, [], id="a small one is seen at full size"),
        ],
    )
    def test_a_face_that_is_too_large_for_the_full_size(self, glimpsed, yunet, found):
        assert judged([box(50, 0.4, side=90.0)], [box(50, yunet, side=90.0)], glimpsed=[glimpsed]) == (found, [])

    @pytest.mark.parametrize(("lying", "doubtful"), [(True, [0.84]), (False, [])])
    def test_who_lies_beside_a_face_is_looked_for_where_asked(self, lying, doubtful):
        assert judged([box(0, 0.9)], [box(0, 0.9)], lying=lying, turned=[box(50, 0.84), box(90, 0.69)]) == ([0.9], doubtful)

    @pytest.mark.parametrize("scale", [1.0, 0.25])
    @pytest.mark.parametrize("quarters", [1, 2, 3])
    def test_what_is_found_in_a_turned_picture_lies_where_it_lies(self, quarters, scale):
        rgb = np.zeros((30, 50, 3), np.uint8)
        rgb[7, 11] = 255
        (y,), (x,) = np.nonzero(np.rot90(rgb, quarters)[..., 0])
        x1, y1, x2, y2 = (scale * edge for edge in (x, y, x + 1, y + 1))
        found = Detection(x1, y1, x2, y2, 0.9, scale * np.array([(x + 0.5, y + 0.5)] * 5))
        back = _turned_back(found, quarters, rgb, scale)
        assert (back[:5], back.points.tolist()) == ((11, 7, 12, 8, 0.9), [[11.5, 7.5]] * 5)

    @pytest.mark.parametrize(
        ("glimpsed", "yunet", "enough"),
        [
            pytest.param([box(0, 0.8)], [box(1, 0.3)], True, id="both see it alone"),
            pytest.param([box(0, 0.79)], [box(1, 0.3)], False, id="not sure"),
            pytest.param([box(0, 0.8)], [], False, id="one alone"),
            pytest.param([box(0, 0.8)], [box(1, 0.9), box(50, 0.2)], False, id="something small beside it"),
            pytest.param([box(0, 0.8), box(50, 0.15)], [box(1, 0.9)], False, id="something unlikely beside it"),
            pytest.param([], [box(1, 0.9)], False, id="seen by the second only"),
        ],
    )
    def test_a_glance_is_enough_where_a_large_face_is_alone(self, glimpsed, yunet, enough):
        networks = SimpleNamespace(centerface=Saying(box(0, 0.7), glimpsed=glimpsed), yunet=Saying(*yunet))
        (face, *_), _ = _judged(networks, np.zeros((40, 60, 3), np.uint8), lying=False)
        assert (face.score == 0.8, networks.centerface.looks == 0) == (enough, enough)

    def test_a_glance_at_a_small_face_is_not_enough(self):
        networks = SimpleNamespace(centerface=Saying(box(0, 0.7), glimpsed=[box(0, 0.9)]), yunet=Saying(box(0, 0.9)))
        ((face,), _) = _judged(networks, np.zeros((40, 200, 3), np.uint8), lying=False)
        assert (face.score, networks.centerface.looks) == (0.7, 1)


class TestFindFaces:
    def test_one_face_and_its_place(self, portrait):
        (face,) = faces(portrait)
        right_eye, left_eye, nose, mouth, right_ear, left_ear = face.keypoints
        assert right_ear[0] < right_eye[0] < nose[0] < left_eye[0] < left_ear[0]
        assert max(right_eye[1], left_eye[1]) < nose[1] < mouth[1] < face.y + face.side / 2
        assert np.hypot(*(nose - middle(face))) < face.side / 4
        assert 0.8 < face.score <= 1

    def test_the_mirrored_picture_has_the_mirrored_face(self, portrait):
        (face,), (mirrored,) = faces(portrait), faces(np.ascontiguousarray(portrait[:, ::-1]))
        assert mirrored.x == pytest.approx(640 - face.x, abs=face.side / 20)
        assert mirrored.y == pytest.approx(face.y, abs=face.side / 20)
        assert mirrored.side == pytest.approx(face.side, rel=0.1)

    @pytest.mark.parametrize("side", [96, 256, 1024])
    def test_size_does_not_matter(self, portrait, side):
        scale = side / 640
        (face,), (scaled,) = faces(portrait), faces(cv2.resize(portrait, (side, side), interpolation=cv2.INTER_AREA))
        assert (scaled.x, scaled.y, scaled.side) == pytest.approx(
            (face.x * scale, face.y * scale, face.side * scale), abs=face.side * scale / 10
        )

    def test_small_faces_in_a_large_picture(self, group):
        found = faces(group)
        assert sorted(round((face.x - 120) // 240) for face in found) == list(range(6))
        assert all(30 < face.side < 60 for face in found)

    def test_large_and_small_together(self, portrait, group):
        part = group[:640, :1000]
        both = np.concatenate([part, portrait[:, 100:500]], axis=1)
        assert len(faces(both)) == 1 + len(faces(part)) == 5

    @pytest.mark.parametrize("angle", [-40, 25, 40])
    def test_a_leaning_head(self, portrait, angle):
        turn = cv2.getRotationMatrix2D((320, 320), angle, 0.7)
        (face,) = faces(cv2.warpAffine(portrait, turn, (640, 640)))
        slope = face.keypoints[1] - face.keypoints[0]
        straight = faces(portrait)[0].keypoints
        upright = np.degrees(np.arctan2(*(straight[1] - straight[0])[::-1]))
        assert np.degrees(np.arctan2(slope[1], slope[0])) == pytest.approx(upright - angle, abs=6)

    def test_a_face_that_the_border_cuts_lies_where_it_lies(self, portrait):
        (face,) = faces(portrait)
        cut = round(face.x - 0.2 * face.side)
        (half,) = faces(np.ascontiguousarray(portrait[:, cut:]))
        assert half.x + cut == pytest.approx(face.x, abs=0.12 * face.side)
        assert half.x - half.side / 2 < 0

    def test_no_face_is_none(self):
        noise = np.random.default_rng(1).integers(0, 256, (480, 640, 3), np.uint8)
        assert find_faces(noise) == find_faces(np.zeros((200, 300, 3), np.uint8)) == NOTHING

    def test_no_face_behind_the_head(self, portrait):
        (face,) = faces(portrait)
        hidden = portrait.copy()
        y1, x1 = round(face.y - face.side * 0.6), round(face.x - face.side * 0.7)
        hidden[y1 : round(face.y + face.side * 0.6), x1 : round(face.x + face.side * 0.7)] = (120, 80, 60)
        assert find_faces(hidden) == NOTHING

    @pytest.mark.parametrize("shape", [(1, 1), (2, 940), (940, 2), (7, 5)])
    def test_tiny_and_thin_pictures(self, shape):
        assert find_faces(np.full((*shape, 3), 200, np.uint8)) == NOTHING

    def test_again_after_closing(self, portrait):
        before = faces(portrait)
        detector.close_detectors()
        after = faces(portrait)
        assert [middle(face) for face in after] == [middle(face) for face in before]


def test_the_face_is_turned_upright_into_the_middle():
    eyes = np.array([[300 - 40 * np.cos(np.pi / 6), 200 - 20], [300 + 40 * np.cos(np.pi / 6), 200 + 20]])
    matrix = _upright(Sighting(300, 200, 100, 0.5, np.concatenate([eyes, np.zeros((4, 2))])))
    # A face of 100 px becomes 256 / 2.5 px; its eyes, 80 px apart, are level.
    assert matrix @ (300, 200, 1) == pytest.approx((128, 128))
    assert matrix @ (*eyes[0], 1) == pytest.approx((128 - 40.96, 128))
    assert matrix @ (*eyes[1], 1) == pytest.approx((128 + 40.96, 128))


@pytest.mark.parametrize(
    ("x", "y", "side", "share"),
    [(0, 0, 10, 1.0), (5, 0, 10, 50 / 150), (0, -5, 10, 50 / 150), (1, 1, 4, 16 / 100), (10, 0, 10, 0.0), (30, 2, 10, 0.0)],
)
def test_what_squares_share(x, y, side, share):
    points = np.zeros((6, 2))
    assert _shared_of_union(Sighting(0, 0, 10, 0.5, points), Sighting(x, y, side, 0.5, points)) == pytest.approx(share)
