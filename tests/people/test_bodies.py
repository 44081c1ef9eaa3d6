"""Who is in a picture, from real landmarks and from landmarks made here."""

from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from mediapreflight.media.image.pixels import Picture, load_picture
from mediapreflight.people import bodies as module
from mediapreflight.people.bodies import people_in
from mediapreflight.people.faces import LONGEST_SIDE, faces_in
from mediapreflight.people.facts import Face
from mediapreflight.people.geometry import Box

WIDTH, HEIGHT = 400, 1000
NOSE, EYES, EARS, SHOULDERS, WRISTS, HIPS, KNEES, ANKLES = (0,), (2, 5), (7, 8), (11, 12), (15, 16), (23, 24), (25, 26), (27, 28)
FINGERS = (17, 18, 19, 20)


def seen(fixtures, name):
    picture = load_picture(fixtures / name, LONGEST_SIDE)
    faces = faces_in(picture)
    return people_in(picture, (*faces.faces, *faces.bystanders)).bodies


class TestRealPictures:
    def test_head_and_shoulders(self, fixtures):
        (body,) = seen(fixtures, "portrait.jpg")
        assert (body.framing, body.facing, body.posture) == ("head", "front", "unknown")
        assert not body.hips_in_picture
        assert not body.hands_in_picture

    def test_a_drawn_person_from_head_to_toe(self, fixtures):
        (body,) = seen(fixtures, "full-body.jpg")
        assert (body.framing, body.facing, body.posture) == ("full", "front", "standing")
        assert body.hips_in_picture
        x1, y1, x2, y2 = body.bbox
        assert 0 <= x1 < x2 <= 720
        assert 0 <= y1 < y2 <= 1280
        assert y2 - y1 > 800

    def test_nobody(self):
        noise = np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)
        assert people_in(Picture(noise, 400, 300), ()) == ((), ())

    def test_boxes_are_in_displayed_pixels(self, fixtures):
        whole = load_picture(fixtures / "full-body.jpg", LONGEST_SIDE)
        (usual,) = people_in(whole, faces_in(whole).faces).bodies
        doubled = whole._replace(width=whole.width * 2, height=whole.height * 2)
        (twice,) = people_in(doubled, faces_in(doubled).faces).bodies
        assert twice.bbox == pytest.approx([edge * 2 for edge in usual.bbox], abs=3)

    def test_again_after_closing(self, fixtures):
        before = seen(fixtures, "full-body.jpg")
        module.close_detectors()
        assert seen(fixtures, "full-body.jpg") == before


def standing(x=200.0, top=100.0, size=800.0, **changes):
    """The landmarks of an upright person, `size` px from nose to ankles, in shares of the picture as mediapipe gives them."""
    across = dict.fromkeys(range(33), 0.0) | {7: 20, 8: -20, 11: 60, 12: -60, 15: 70, 16: -70, 23: 40, 24: -40, 25: 40, 26: -40}
    across |= {27: 40, 28: -40}
    down = dict.fromkeys(range(33), 0.0) | dict.fromkeys(SHOULDERS, 0.12) | dict.fromkeys(WRISTS, 0.5)
    down |= dict.fromkeys(HIPS, 0.48) | dict.fromkeys(KNEES, 0.74) | dict.fromkeys(ANKLES, 1.0)
    points = []
    for index in range(33):
        point = {
            "x": (x + across[index] * size / 800) / WIDTH,
            "y": (top + down[index] * size) / HEIGHT,
            "presence": 1.0,
            "visibility": 1.0,
        }
        points.append(SimpleNamespace(**point | changes.get(f"at_{index}", {})))
    return points


def without(*indices, **fields):
    return {f"at_{index}": fields for index in indices}


def mirrored(pose):
    """The same landmarks in the mirrored picture, where left is right."""
    sides = {left: right for pair in (EARS, SHOULDERS, WRISTS, HIPS, KNEES, ANKLES) for left, right in (pair, pair[::-1])}
    points = [pose[sides.get(index, index)] for index in range(33)]
    return [SimpleNamespace(**vars(point) | {"x": 1 - point.x}) for point in points]


def world(dx=0.3, dz=0.0, nose_z=-0.1, thighs_deg=(0.0, 0.0)):
    """In metres. `thighs_deg`: how far the thighs are from upright, to the front."""
    points = [SimpleNamespace(x=0.0, y=0.0, z=0.0) for _ in range(33)]
    points[11] = SimpleNamespace(x=dx, y=0.0, z=dz)
    points[0] = SimpleNamespace(x=0.0, y=0.0, z=nose_z)
    for knee, degrees in zip(KNEES, thighs_deg, strict=True):
        points[knee] = SimpleNamespace(x=0.0, y=0.4 * np.cos(np.radians(degrees)), z=-0.4 * np.sin(np.radians(degrees)))
    return points


def face(x=200, y=100, side=80, yaw=0.0):
    half = side // 2
    return Face(
        bbox=(x - half, y - half, x + half, y + half),
        score=0.9,
        yaw_deg=yaw,
        pitch_deg=0,
        roll_deg=0,
        keypoints=((0.0, 0.0),) * 6,
        sharpness=0.4,
        brightness=120,
        contrast=40,
    )


@pytest.fixture
def judge(monkeypatch):
    """Bodies from these landmarks instead of those of a picture, or what `ask` takes of all people.

    `again`: what the mirrored picture shows, if not the same. Further looks fail.
    """

    def call(poses, faces=(), worlds=None, again=None, ask=lambda people: people.bodies):
        looks = iter([poses, [mirrored(pose) for pose in (poses if again is None else again)]])

        def detect(rgb):
            found = next(looks)
            return SimpleNamespace(pose_landmarks=found, pose_world_landmarks=worlds or [world() for _ in found])

        class Stand:
            def __enter__(self):
                return SimpleNamespace(detect=detect)

            def __exit__(self, *details):
                return None

        monkeypatch.setattr(module, "_shared", SimpleNamespace(use=Stand))
        picture = Picture(np.zeros((HEIGHT, WIDTH, 3), np.uint8), WIDTH, HEIGHT)
        return ask(people_in(picture, faces))

    return call


class TestFraming:
    def test_ankles_make_it_full(self, judge):
        (body,) = judge([standing()], [face()])
        assert (body.framing, body.hips_in_picture, body.hands_in_picture) == ("full", True, True)

    @pytest.mark.parametrize("fields", [{"visibility": 0.49}, {"presence": 0.49}, {"y": 1.001}, {"x": -0.001}])
    def test_a_hidden_ankle_makes_it_half(self, judge, fields):
        assert judge([standing(**without(28, **fields))], [face()])[0].framing == "half"

    @pytest.mark.parametrize("fields", [{"visibility": 0.5}, {"presence": 0.5}, {"y": 1.0}, {"x": 0.0}])
    def test_an_ankle_barely_seen_is_seen(self, judge, fields):
        assert judge([standing(**without(28, **fields))], [face()])[0].framing == "full"

    @pytest.mark.parametrize(("size", "framing"), [(2300, "half"), (2320, "head")])
    def test_half_ends_at_the_waist(self, judge, size, framing):
        # The waist lies at 0.39 of the size below the nose, which is at 100 px; ankles and hips are outside.
        (body,) = judge([standing(size=size)], [face(side=300)])
        assert body.framing == framing
        assert not body.hips_in_picture

    @pytest.mark.parametrize(("side", "framing"), [(359, "half"), (362, "head")])
    def test_a_face_down_to_the_border_is_a_head(self, judge, side, framing):
        # Half a side below y = 280, and one and a half more, end at 998 or 1004 px.
        assert judge([standing(size=1500)], [face(y=280, side=side)])[0].framing == framing

    def test_without_shoulders_it_is_a_head(self, judge):
        hidden = without(11, visibility=0.2) | without(*ANKLES, visibility=0.2)
        assert judge([standing(**hidden)], [face()])[0].framing == "head"

    def test_without_a_head_it_is_a_part(self, judge):
        headless = without(*EYES, *EARS, visibility=0.1)
        assert judge([standing(**headless)])[0].framing == "part"
        one_ear = without(*NOSE, *EYES, EARS[0], visibility=0.1)
        assert judge([standing(**one_ear)])[0].framing == "full"

    @pytest.mark.parametrize(("joints", "field"), [(HIPS, "hips_in_picture"), (WRISTS, "hands_in_picture")])
    def test_both_are_needed(self, judge, joints, field):
        assert getattr(judge([standing()], [face()])[0], field)
        for joint in joints:
            assert not getattr(judge([standing(**without(joint, visibility=0.3))], [face()])[0], field)

    @pytest.mark.parametrize("joint", [*WRISTS, *FINGERS])
    def test_hands_are_seen_by_wrists_and_fingers(self, judge, joint):
        assert judge([standing(**without(joint, visibility=0.7))], [face()])[0].hands_in_picture
        assert not judge([standing(**without(joint, visibility=0.69))], [face()])[0].hands_in_picture


class TestFacing:
    @pytest.mark.parametrize(("yaw", "facing"), [(0, "front"), (44.9, "front"), (45, "side"), (-45, "side"), (-44.9, "front")])
    def test_by_the_face(self, judge, yaw, facing):
        assert judge([standing()], [face(yaw=yaw)])[0].facing == facing

    @pytest.mark.parametrize(
        ("dx", "dz", "facing"), [(0.3, 0.29, "front"), (0.29, 0.3, "side"), (0.1, -0.2, "side"), (-0.1, 0.05, "front")]
    )
    def test_by_the_shoulders(self, judge, dx, dz, facing):
        assert judge([standing()], [face()], [world(dx, dz)])[0].facing == facing

    @pytest.mark.parametrize(
        ("dx", "nose_z", "facing"),
        [(-0.3, 0.05, "back"), (0.3, 0.05, "unknown"), (-0.3, -0.05, "unknown"), (0.3, -0.1, "unknown")],
    )
    def test_without_a_face_shoulders_and_nose_must_say_that_it_is_the_back(self, judge, dx, nose_z, facing):
        assert judge([standing()], [], [world(dx, nose_z=nose_z)])[0].facing == facing

    def test_a_face_is_never_a_back(self, judge):
        assert judge([standing()], [face()], [world(-0.3, nose_z=0.05)])[0].facing == "front"


class TestPosture:
    @pytest.mark.parametrize(
        ("thighs_deg", "posture"),
        [((0, 0), "standing"), ((49, 49), "standing"), ((51, 51), "sitting"), ((90, 110), "sitting"), ((-80, 75), "sitting")],
    )
    def test_by_how_far_the_thighs_are_from_upright(self, judge, thighs_deg, posture):
        assert judge([standing()], [face()], [world(thighs_deg=thighs_deg)])[0].posture == posture

    def test_a_raised_knee_and_a_lunge_do_not_sit(self, judge):
        assert judge([standing()], [face()], [world(thighs_deg=(10, 100))])[0].posture == "standing"
        assert judge([standing()], [face()], [world(thighs_deg=(85, -40))])[0].posture == "standing"

    def test_straight_legs_on_the_floor_sit(self, judge):
        """They were a straight leg, so somebody who stands."""
        floor = standing(**without(*KNEES, y=0.5) | without(*ANKLES, y=0.5))
        assert judge([floor], [face()], [world(thighs_deg=(88, 91))])[0].posture == "sitting"

    def test_who_lies_or_is_upside_down_neither_sits_nor_stands(self, judge):
        aside = standing(**without(*HIPS, x=0.95, y=0.25) | without(*KNEES, x=0.95, y=0.25))
        upside_down = standing(**without(*HIPS, y=0.15))
        for pose in (aside, upside_down):
            assert judge([pose], [face()], [world(thighs_deg=(80, 80))])[0].posture == "unknown"

    def test_one_knee_is_enough(self, judge):
        assert judge([standing(**without(KNEES[0], visibility=0.1))], [face()])[0].posture == "standing"

    def test_without_knees_or_hips_nobody_knows(self, judge):
        assert judge([standing(**without(*KNEES, visibility=0.1))], [face()])[0].posture == "unknown"
        assert judge([standing(**without(HIPS[1], visibility=0.1))], [face()])[0].posture == "unknown"


class TestWhoMayBeThere:
    def test_a_small_figure_is_nobody_for_the_pose_model_and_may_be_somebody(self, fixtures):
        """It was an error of a good job."""
        with Image.open(fixtures / "full-body.jpg") as figure:
            far = Image.new("RGB", (1000, 800), (200, 200, 200))
            far.paste(figure.convert("RGB").resize((90, 160)), (600, 400))
        picture = Picture(np.asarray(far), 2000, 1600)
        bodies, (box,) = people_in(picture, ())
        assert bodies == ()
        assert box.holds(Box(1200, 800, 1380, 1120))
        assert box.height < 400

    def test_a_pose_that_the_mirrored_picture_does_not_confirm(self, judge):
        """They took a third look."""
        assert judge([standing()], again=[], ask=tuple) == ((), (Box(130, 100, 271, 901),))
        assert judge([standing(**without(SHOULDERS[0], presence=0.89))], ask=tuple) == ((), ())


class TestWhoIsThere:
    def test_every_face_is_somebody(self, judge):
        (body,) = judge([], [face(yaw=60)])
        assert body.bbox == (160, 60, 240, 140)
        assert (body.framing, body.facing, body.posture) == ("head", "side", "unknown")
        assert not body.hips_in_picture
        assert not body.hands_in_picture

    def test_a_body_and_its_face_are_one_person(self, judge):
        (body,) = judge([standing()], [face()])
        assert body.bbox[:2] == (130, 60)
        assert body.bbox[3] == 901

    def test_the_nearer_body_is_the_one_of_a_face(self, judge):
        near, far = standing(x=110, size=400), standing(x=290, size=400, top=500)
        bodies = judge([far, near], [face(x=110), face(x=290, y=500)])
        assert sorted((body.framing, body.facing, body.bbox[1]) for body in bodies) == [
            ("full", "front", 60),
            ("full", "front", 460),
        ]

    @pytest.mark.parametrize(("distance", "together"), [(159, True), (162, False)])
    def test_a_head_two_faces_away_is_another(self, judge, distance, together):
        bodies = judge([standing(**without(HIPS[0], presence=0.5))], [face(x=200 - distance, side=80)])
        assert (bodies[0].framing == "full") is together

    def test_a_second_pose_of_the_same_person_is_dropped(self, judge):
        assert len(judge([standing(), standing(x=205, size=790)], [face()])) == 1
        assert len(judge([standing(), standing(x=205, size=790)])) == 1

    def test_two_people_apart_are_two(self, judge):
        assert len(judge([standing(x=100, size=600), standing(x=300, size=600)])) == 2

    @pytest.mark.parametrize(("x", "people"), [(170, 1), (172, 2)])
    def test_half_covered_is_the_same_person(self, judge, x, people):
        # Boxes of 141 x 801 px: from 71 px apart on they share less than half.
        first, second = standing(x=100), standing(x=x)
        assert len(judge([first, second], [face(x=100, side=40)])) == people

    @pytest.mark.parametrize("index", [*SHOULDERS, *HIPS])
    @pytest.mark.parametrize("fields", [{"presence": 0.89}, {"visibility": 0.49}])
    def test_without_a_face_the_trunk_must_be_sure(self, judge, index, fields):
        assert judge([standing(**without(index, **fields))]) == ()
        assert len(judge([standing(**without(index, **fields))], [face()])) == 1

    def test_sure_is_sure(self, judge):
        assert len(judge([standing(**without(*SHOULDERS, *HIPS, presence=0.9, visibility=0.5))])) == 1

    @pytest.mark.parametrize(("moved", "people"), [(0.14, 1), (0.16, 0)])
    def test_without_a_face_the_mirrored_picture_must_show_the_same_trunk(self, judge, moved, people):
        # The trunk is 0.36 of 800 px long.
        assert len(judge([standing()], again=[standing(x=200 + moved * 0.36 * 800)])) == people
        assert len(judge([standing()], [face()], again=[])) == 1

    @pytest.mark.parametrize("index", [*SHOULDERS, *HIPS])
    def test_the_mirrored_picture_must_be_as_sure(self, judge, index):
        assert judge([standing()], again=[standing(**without(index, presence=0.89))]) == ()

    def test_tallest_first(self, judge):
        bodies = judge([standing(x=300, size=300), standing(x=80, size=700)])
        assert [body.bbox[3] - body.bbox[1] for body in bodies] == [701, 301]

    def test_boxes_end_where_the_picture_ends(self, judge):
        (body,) = judge([standing(x=40, top=10)], [face(x=20, y=20, side=80)])
        assert body.bbox[:2] == (0, 0)
