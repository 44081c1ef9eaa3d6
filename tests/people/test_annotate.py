"""Drawings are on the right pixels, and stay inside the picture."""

import numpy as np
import pytest

from mediapreflight.people.annotate import annotated
from mediapreflight.people.facts import Face
from mediapreflight.people.geometry import Box

GREY = 128


def face(x1, y1, x2, y2):
    middle = (x1 + x2) / 2, (y1 + y2) / 2
    return Face(
        bbox=(x1, y1, x2, y2),
        score=0.91,
        yaw_deg=0,
        pitch_deg=0,
        roll_deg=0,
        keypoints=(middle,) * 6,
        sharpness=0.4,
        brightness=120,
        contrast=40,
    )


def blank(width, height):
    return np.full((height, width, 3), GREY, np.uint8)


def changed(picture):
    return (picture != GREY).any(axis=2)


def test_the_picture_itself_is_left_alone():
    picture = blank(600, 400)
    drawn = annotated(picture, [face(100, 100, 300, 300)])
    assert (picture == GREY).all()
    assert drawn.shape == picture.shape
    assert drawn.dtype == np.uint8


def test_nothing_found_draws_nothing():
    assert not changed(annotated(blank(600, 400), [])).any()


def test_a_face_is_a_frame_with_dots_and_a_number():
    drawn = annotated(blank(900, 900), [face(300, 300, 600, 600)])
    marked = changed(drawn)
    green = (drawn == (40, 220, 90)).all(axis=2)
    assert green[300, 310:590].all()
    assert green[599, 310:590].all()
    assert green[310:590, 300].all()
    assert green[310:590, 599].all()
    assert green[450, 450]
    assert not marked[320:440, 320:580].any()
    # The score stands above, on black.
    assert green[260:295, 300:400].any()
    assert (drawn[260:290, 300:350] == 0).all(axis=2).any()
    assert not marked[:250].any()


def test_the_boxes_have_colours_of_their_own():
    drawn = annotated(blank(900, 900), [face(400, 400, 500, 500)], Box(400, 400, 500, 500), Box(300, 300, 600, 600))
    assert (drawn[450, 400] == (255, 210, 0)).all()
    assert (drawn[450, 300] == (60, 150, 255)).all()
    assert (drawn[599, 450] == (60, 150, 255)).all()


@pytest.mark.parametrize("side", [200, 1000, 6000])
def test_lines_grow_with_the_picture(side):
    drawn = annotated(blank(side, side), [face(side // 4, side // 4, side // 2, side // 2)])
    row = changed(drawn)[side * 3 // 8]
    edge = row[: side * 5 // 16]
    assert 1 <= edge.sum() <= max(7, side / 80)
    assert edge.sum() >= side / 450


@pytest.mark.parametrize("size", [(1, 1), (30, 20), (20, 400), (400, 20), (64, 64)])
def test_any_size(size):
    width, height = size
    drawn = annotated(blank(width, height), [face(0, 0, width, height)], Box(0, 0, width, height), Box(0, 0, width, height))
    assert drawn.shape == (height, width, 3)


@pytest.mark.parametrize("corner", [(0, 0), (500, 0), (0, 300), (500, 300)])
def test_labels_stay_inside(corner):
    x, y = corner
    box = Box(x, y, x + 100, y + 100)
    drawn = annotated(blank(600, 400), [face(*box)], box)
    yellow, green = ((drawn == colour).all(axis=2) for colour in ((255, 210, 0), (40, 220, 90)))
    # Both labels are there in letters, besides the frames. Older releases of OpenCV draw them smaller.
    assert yellow.sum() > 200
    assert green.sum() > 10


def test_what_only_may_be_a_face_is_drawn_in_a_colour_of_its_own():
    drawn = annotated(blank(900, 900), [], doubtful=[face(300, 300, 600, 600)])
    orange = (drawn == (255, 120, 60)).all(axis=2)
    assert orange[300, 310:590].all()
    assert orange[599, 310:590].all()
    assert not (drawn == (40, 220, 90)).all(axis=2).any()
