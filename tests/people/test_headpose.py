"""Known poses, projected and estimated again."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.people.headpose import _AVERAGE_FACE, head_pose

ANGLES = st.floats(-55, 55)


def projected(yaw, pitch, roll, size=100.0, place=(300.0, 200.0)):
    """The average face turned towards the right edge, then up, then clockwise, seen without perspective."""
    yaw, pitch, roll = np.radians([yaw, pitch, roll])
    turned = np.array([[np.cos(yaw), 0, -np.sin(yaw)], [0, 1, 0], [np.sin(yaw), 0, np.cos(yaw)]])
    raised = np.array([[1, 0, 0], [0, np.cos(pitch), np.sin(pitch)], [0, -np.sin(pitch), np.cos(pitch)]])
    leaning = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    points = np.array(_AVERAGE_FACE) @ (leaning @ turned @ raised).T
    return [(float(x), float(y)) for x, y in points[:, :2] * size + place]


def test_a_face_that_looks_at_the_camera():
    assert head_pose(projected(0, 0, 0)) == pytest.approx((0, 0, 0), abs=1e-6)


@pytest.mark.parametrize(
    ("pose", "moved"),
    [((30, 0, 0), (1, 0)), ((-30, 0, 0), (-1, 0)), ((0, 30, 0), (0, -1)), ((0, -30, 0), (0, 1))],
)
def test_the_nose_points_where_the_figures_say(pose, moved):
    straight, turned = (np.array(projected(*angles)) for angles in ((0, 0, 0), pose))
    nose = turned[2] - turned[:2].mean(axis=0) - (straight[2] - straight[:2].mean(axis=0))
    assert np.sign(nose.round(6)).tolist() == list(moved)
    assert head_pose([tuple(point) for point in turned]) == pytest.approx(pose, abs=1e-6)


@given(st.floats(-170, 170))
def test_roll_is_the_clockwise_lean(roll):
    points = projected(0, 0, roll)
    right_eye, left_eye = np.array(points[0]), np.array(points[1])
    assert np.degrees(np.arctan2(*(left_eye - right_eye)[::-1])) == pytest.approx(roll, abs=1e-6)
    assert head_pose(points).roll == pytest.approx(roll, abs=1e-6)


@given(ANGLES, st.floats(10, 4000), st.tuples(st.floats(-500, 5000), st.floats(-500, 5000)))
def test_neither_size_nor_place_matters(angle, size, place):
    assert head_pose(projected(angle, 10, 5, size, place)) == pytest.approx(head_pose(projected(angle, 10, 5)), abs=1e-4)


@given(ANGLES, ANGLES)
def test_the_front_points_as_the_pose_says(yaw, pitch):
    estimated = head_pose(projected(yaw, pitch, 0))
    yaw, pitch = np.radians([yaw, pitch])
    front = np.array([np.sin(yaw) * np.cos(pitch), -np.sin(pitch), -np.cos(yaw) * np.cos(pitch)])
    yaw, pitch = np.radians(estimated[:2])
    assert [np.sin(yaw) * np.cos(pitch), -np.sin(pitch), -np.cos(yaw) * np.cos(pitch)] == pytest.approx(front, abs=1e-6)


def test_a_mirrored_face_is_turned_the_other_way():
    points = projected(20, 10, 15)
    mirrored = [(600 - points[other][0], points[other][1]) for other in (1, 0, 2, 3, 5, 4)]
    pose = head_pose(points)
    assert head_pose(mirrored) == pytest.approx((-pose.yaw, pose.pitch, -pose.roll), abs=1e-6)
