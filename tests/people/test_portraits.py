"""What `faces` answers for one picture."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mediapreflight
from mediapreflight.catalog import builtin_catalog
from mediapreflight.errors import UnreadableMediaError
from mediapreflight.people import portraits
from mediapreflight.people.facts import Body, Face, PictureContent
from mediapreflight.people.geometry import EMOJI_PORTRAIT, Box
from mediapreflight.people.portraits import find_portrait, framing_of


def face(x1: int, y1: int, x2: int, y2: int) -> Face:
    middle = ((x1 + x2) / 2, (y1 + y2) / 2)
    return Face(
        bbox=(x1, y1, x2, y2),
        score=0.9,
        yaw_deg=0.0,
        pitch_deg=0.0,
        roll_deg=0.0,
        keypoints=(middle,) * 6,
        sharpness=0.3,
        brightness=150.0,
        contrast=50.0,
    )


def seeing(monkeypatch: pytest.MonkeyPatch, *faces: Face, width: int = 1000, height: int = 1000) -> None:
    """Let any picture show these faces."""
    monkeypatch.setattr(portraits, "see_picture", lambda _: PictureContent(width=width, height=height, faces=faces))


def test_real_picture(fixtures: Path) -> None:
    found = find_portrait(fixtures / "portrait.jpg")
    assert (found.path, found.width, found.height, found.ratio, found.reason) == (
        str(fixtures / "portrait.jpg"),
        640,
        640,
        "1:1",
        None,
    )
    assert found.face_bbox == found.faces[0].box
    assert found.ext_bbox.holds(found.face_bbox)
    assert Box(0, 0, 640, 640).holds(found.ext_bbox)


def test_paths_of_every_sort(fixtures: Path) -> None:
    path = fixtures / "portrait.jpg"
    assert find_portrait(path) == find_portrait(str(path)) == find_portrait(os.fsencode(path))


def test_unreadable(fixtures: Path, tmp_path: Path) -> None:
    for path in (tmp_path / "missing.png", tmp_path, fixtures / "voice.wav", fixtures / "faults/empty.jpg"):
        with pytest.raises(UnreadableMediaError) as caught:
            find_portrait(path)
        assert caught.value.path == str(path)


def test_documented_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    seeing(monkeypatch, face(302, 286, 610, 593))
    found = find_portrait("any.png")
    assert (found.face_bbox, found.ext_bbox) == (Box(302, 286, 610, 593), Box(71, 9, 840, 778))


def test_framing_of_a_detect_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pair known for emoji-v1 (model-specs: [344, 180, 515, 351] and [242, 68, 617, 443]), within a pixel."""
    framings = {model.id: framing_of(model.boxes, "1:1") for model in builtin_catalog().models()}
    assert {name for name, framing in framings.items() if framing} == {"emoji-v1", "emoji-detect-v1"}
    assert framings["emoji-v1"] is EMOJI_PORTRAIT
    seeing(monkeypatch, face(344, 180, 515, 351))
    tight = find_portrait("any.png", framing=framings["emoji-detect-v1"]).ext_bbox
    assert max(abs(ours - theirs) for ours, theirs in zip(tight, (242, 68, 617, 443), strict=True)) <= 1
    assert find_portrait("any.png").ext_bbox.area > tight.area


def test_largest_face_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    seeing(monkeypatch, face(400, 400, 700, 700), face(10, 10, 110, 110))
    assert find_portrait("any.png").face_bbox == Box(400, 400, 700, 700)


def test_chosen_face_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    seeing(monkeypatch, face(400, 400, 700, 700), face(210, 310, 310, 410))
    found = find_portrait("any.png", face=2)
    assert found.face_bbox == Box(210, 310, 310, 410)
    assert found.ext_bbox == Box(135, 220, 385, 470)
    assert [each.box for each in found.faces] == [Box(400, 400, 700, 700), Box(210, 310, 310, 410)]


@pytest.mark.parametrize(("faces", "said"), [((), "no faces"), ((face(1, 1, 9, 9),), "1 face")])
def test_face_of_a_number_that_is_not_there(monkeypatch: pytest.MonkeyPatch, faces: tuple[Face, ...], said: str) -> None:
    seeing(monkeypatch, *faces)
    found = find_portrait("any.png", face=2)
    assert (found.face_bbox, found.ext_bbox) == (None, None)
    assert found.reason == f"there is no face 2: the picture shows {said}"


def test_the_chosen_face_and_its_body_come_first() -> None:
    def body(x1: int, x2: int) -> Body:
        return Body(
            bbox=(x1, 0, x2, 900),
            framing="half",
            facing="front",
            posture="unknown",
            hips_in_picture=True,
            hands_in_picture=False,
        )

    faces = face(100, 100, 200, 200), face(420, 100, 500, 180), face(700, 100, 760, 160)
    wide, own, beside = body(50, 700), body(380, 540), body(600, 860)
    seen = PictureContent(width=1000, height=900, faces=faces, bodies=(wide, beside, own))
    led = portraits.led_by(seen, 2)
    assert led.faces == (faces[1], faces[0], faces[2])
    assert led.bodies == (own, wide, beside)
    assert portraits.led_by(seen, 4) is seen


def test_no_face(monkeypatch: pytest.MonkeyPatch) -> None:
    seeing(monkeypatch)
    found = find_portrait("any.png")
    assert (found.faces, found.face_bbox, found.ext_bbox, found.reason) == ((), None, None, None)


def test_boxes_given_by_hand_stay_and_the_other_goes_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    seeing(monkeypatch, face(400, 400, 700, 700), face(210, 310, 310, 410))
    given, crop = Box(212, 312, 312, 412), Box(150, 250, 390, 490)
    assert find_portrait("any.png", face_bbox=given)[-3:] == (given, Box(137, 222, 387, 472), None)
    assert find_portrait("any.png", outer=crop)[-3:] == (Box(210, 310, 310, 410), crop, None)
    assert find_portrait("any.png", face_bbox=given, outer=crop)[-3:] == (given, crop, None)
    beyond = find_portrait("any.png", face_bbox=Box(900, 900, 1100, 1100))
    assert beyond.reason == "the face [900, 900, 1100, 1100] reaches beyond the picture of 1000 x 1000 px"


def test_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    seeing(monkeypatch, face(0, 0, 401, 400), height=400)
    found = find_portrait("any.png")
    assert (found.face_bbox, found.ext_bbox) == (Box(0, 0, 401, 400), None)
    assert found.reason == "the face takes 401x400 px; the largest 1:1 box in a picture of 1000x400 px has 400x400"


@given(
    side=st.integers(1, 400),
    x=st.integers(0, 600),
    y=st.integers(0, 600),
    ratio=st.sampled_from(["1:1", "3:4"]),
)
def test_boxes_are_plain_json_numbers(side: int, x: int, y: int, ratio: str) -> None:
    with pytest.MonkeyPatch.context() as patched:
        seeing(patched, face(x, y, x + side, y + side))
        record = find_portrait("any.png", ratio).to_dict()
    left, top, right, bottom = json.loads(json.dumps(record))["ext_bbox"]
    across, down = map(int, ratio.split(":"))
    assert down * (right - left) == across * (bottom - top)
    assert 0 <= left <= x < x + side <= right <= 1000
    assert 0 <= top <= y < y + side <= bottom <= 1000
    assert record["faces"][0]["bbox"] == record["face_bbox"]


def test_numpy_that_is_missing_is_a_missing_library(fixtures: Path) -> None:
    code = (
        "import sys\n"
        "sys.modules['numpy'] = None\n"
        "from mediapreflight.errors import MissingLibraryError\n"
        "from mediapreflight.people.portraits import find_portrait\n"
        "try:\n"
        "    find_portrait(sys.argv[1])\n"
        "except MissingLibraryError as error:\n"
        "    print(error.library, '|', error.fix)\n"
    )
    sources = str(Path(mediapreflight.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", code, fixtures / "portrait.jpg"],
        env=os.environ | {"PYTHONPATH": sources},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("numpy | pip install --force-reinstall numpy\n", "")
