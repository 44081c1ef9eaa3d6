"""The people in a picture, from mediapipe's pose landmarks and the faces found.

A landmark is *visible* if mediapipe gives it at least `SEEN` for both presence (it is within the picture) and visibility (nothing
hides it), and it is inside the picture.

Every face is a person. Poses and faces are joined in pairs, the nearest first. A pose without a face is a person only if its
shoulders and hips are certainly present (`SURE`), no other person is in the same place, and the pose model finds it again in the
mirrored picture: the model also finds bodies in cats, balloons and beaches, and in the shirt of a person already found.

- Framing: `full` if both ankles are visible; `half` if both shoulders are, and the point `WAIST` of the way from them to the hips
  is in the picture, with room for a chest below the face; `part` if no face, eye or ear is visible; else `head`.
- Facing: `side` if the face is turned by `SIDE_YAW_DEG` or more, or the shoulders are further apart in depth than across; `back`
  if there is no face, the left shoulder is on the left and the nose is behind the ears; `unknown` if there is no face otherwise;
  else `front`.
- Posture: `unknown` if the person lies or is upside down, or knees or hips are not visible; `sitting` (or squatting) if both
  thighs are at least `SITTING_DEG` from upright; else `standing`: a raised knee and a lunge do not sit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import atan2, degrees, dist, hypot
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from .facts import Body, Face
from .geometry import Box
from .runtime import Shared, Task

if TYPE_CHECKING:
    from ..media.image.pixels import Picture

MAX_BODIES = 6
SEEN = 0.5
SURE = 0.9
# Wrists and fingers that are to be seen have this. Of 14 people from head to toe, 1 had less; 11 with sleeves drawn over their
# hands, 11 with things before them, 5 with the hands gone in the colour of the trousers. By wrists with `SEEN`: 1, 5, 9 and 1.
HAND_SEEN = 0.7
# So many lengths of the trunk its corners may lie apart in the mirrored picture. Of 36 sure poses of people 31 were found again
# within it, of 25 in 18 pictures that show nobody 1: that of a shirt. The next two had 0.19 and 0.29.
FOUND_AGAIN = 0.15
WAIST = 0.75
# Of 44 people who do not sit, 3 have the steeper thigh this far from upright, all with both knees drawn up in a jump; of 25 who
# sit or squat 24. The straight leg of a lunge comes to 49.
SITTING_DEG = 50.0
# The picture must extend this many face heights below the chin to show a waist; from chin to hip it is 3.6.
_CHEST = 1.5
SIDE_YAW_DEG = 45.0
# A face belongs to a head if their centres are at most this many face widths apart.
_HEAD_REACH = 2.0
# A pose without a face is the same person as another if their boxes share more than this of the smaller one.
_SAME_PERSON = 0.5
_MIN_CONFIDENCE = 0.3

_NOSE, _EYES, _EARS = 0, (2, 5), (7, 8)
_SHOULDERS, _HIPS, _KNEES, _ANKLES = (11, 12), (23, 24), (25, 26), (27, 28)
# Wrists, little fingers and index fingers.
_HANDS = (15, 16, 17, 18, 19, 20)
_HEAD = (_NOSE, *_EARS)
_TRUNK = (*_SHOULDERS, *_HIPS)
_MIRRORED_TRUNK = (*_SHOULDERS[::-1], *_HIPS[::-1])
_THIGHS = tuple(zip(_HIPS, _KNEES, strict=True))


class People(NamedTuple):
    """Bodies, tallest first, and where people may be if there are none; as in `facts.PictureContent`."""

    bodies: tuple[Body, ...]
    doubtful_people: tuple[Box, ...]


class _Landmark(NamedTuple):
    """A point in pixels of the displayed picture. `confidence`: the lower of presence and visibility; 0 outside the picture."""

    x: float
    y: float
    presence: float
    confidence: float


class _Pose(NamedTuple):
    """33 landmarks; whether the shoulders are further apart in depth than across; whether shoulders and nose are seen from
    behind; and whether both thighs are at least `SITTING_DEG` from upright.
    """

    landmarks: tuple[_Landmark, ...]
    sideways: bool
    from_behind: bool
    thighs_level: bool

    def sees(self, indices: Iterable[int], combine: Callable[[Iterable[bool]], bool] = all, least: float = SEEN) -> bool:
        return combine(self.landmarks[index].confidence >= least for index in indices)

    def height(self, indices: Sequence[int]) -> float:
        """The mean y of some landmarks, estimated ones included."""
        return sum(self.landmarks[index].y for index in indices) / len(indices)

    @property
    def lies(self) -> bool:
        """Whether the trunk is wider than high, or upside down."""
        across = sum(self.landmarks[hip].x - self.landmarks[shoulder].x for hip, shoulder in zip(_HIPS, _SHOULDERS, strict=True))
        return abs(across) / len(_HIPS) > self.height(_HIPS) - self.height(_SHOULDERS)


def people_in(picture: Picture, faces: Sequence[Face]) -> People:
    """The people in a picture; `faces` are all its faces. Raises MissingLibraryError.

    If there are none, people may be where the trunk of a pose is sure, but not found again in the mirrored picture, and where
    OpenCV sees somebody who stands or walks.
    """
    poses = _poses(picture)
    bodies = _bodies(poses, picture, faces)
    if bodies:
        return People(bodies, ())
    from .pedestrians import pedestrians

    unconfirmed = (Box(*_bbox(pose, None, picture)) for pose in poses if _is_sure(pose))
    return People((), (*unconfirmed, *pedestrians(picture)))


def close_detectors() -> None:
    """Free the model; the next picture loads it again."""
    _shared.close()


_shared: Shared[Task] = Shared(
    lambda: Task(
        "PoseLandmarker",
        "pose_landmarker_full.task",
        "pose_landmarks",
        num_poses=MAX_BODIES,
        min_pose_detection_confidence=_MIN_CONFIDENCE,
        min_pose_presence_confidence=_MIN_CONFIDENCE,
    )
)


def _poses(picture: Picture) -> list[_Pose]:
    with _shared.use() as task:
        result = task.detect(picture.rgb)
    pairs = zip(result.pose_landmarks, result.pose_world_landmarks, strict=True)
    return [_pose(landmarks, world, picture) for landmarks, world in pairs]


def _bodies(poses: Sequence[_Pose], picture: Picture, faces: Sequence[Face]) -> tuple[Body, ...]:
    owned = _owned(poses, faces)
    bodies = [
        _body(poses[owned[index]], face, picture) if index in owned else _only_a_face(face) for index, face in enumerate(faces)
    ]
    alone = [pose for number, pose in enumerate(poses) if number not in owned.values() and _is_sure(pose)]
    mirrored = _poses(picture._replace(rgb=picture.rgb[:, ::-1])) if alone else []
    for pose in alone:
        body = _body(pose, None, picture)
        is_new = not any(_is_same_place(body, other) for other in bodies)
        if is_new and any(_is_mirrored(pose, other, picture.width) for other in mirrored):
            bodies.append(body)
    return tuple(sorted(bodies, key=lambda body: (body.bbox[1] - body.bbox[3], body.bbox)))


def _pose(landmarks: Sequence[Any], world: Sequence[Any], picture: Picture) -> _Pose:
    left, right = (world[index] for index in _SHOULDERS)
    return _Pose(
        tuple(_landmark(point, picture) for point in landmarks),
        sideways=abs(left.z - right.z) > abs(left.x - right.x),
        # z grows away from the camera.
        from_behind=left.x < right.x and world[_NOSE].z > sum(world[ear].z for ear in _EARS) / len(_EARS),
        thighs_level=all(_from_upright_deg(world[hip], world[knee]) >= SITTING_DEG for hip, knee in _THIGHS),
    )


def _from_upright_deg(hip: Any, knee: Any) -> float:
    """The angle between a thigh and the vertical; 0 if the knee is straight below the hip."""
    return degrees(atan2(hypot(knee.x - hip.x, knee.z - hip.z), knee.y - hip.y))


def _landmark(point: Any, picture: Picture) -> _Landmark:
    inside = 0 <= point.x <= 1 and 0 <= point.y <= 1
    confidence = min(point.presence, point.visibility) if inside else 0.0
    return _Landmark(point.x * picture.width, point.y * picture.height, point.presence, confidence)


def _owned(poses: Sequence[_Pose], faces: Sequence[Face]) -> dict[int, int]:
    """The number of the pose for each face that has one: nearest first, each pose for one face."""
    near = sorted(
        (apart, index, number)
        for number, pose in enumerate(poses)
        for index, face in enumerate(faces)
        if (apart := _distance(pose, face)) <= _HEAD_REACH
    )
    owned: dict[int, int] = {}
    for _, index, number in near:
        if index not in owned and number not in owned.values():
            owned[index] = number
    return owned


def _distance(pose: _Pose, face: Face) -> float:
    """The distance between the centres of head and face, in face widths."""
    head = [pose.landmarks[index] for index in _HEAD]
    middle = sum(point.x for point in head) / len(head), sum(point.y for point in head) / len(head)
    return dist(middle, ((face.box.x1 + face.box.x2) / 2, (face.box.y1 + face.box.y2) / 2)) / face.box.width


def _is_sure(pose: _Pose) -> bool:
    return all(pose.landmarks[index].presence >= SURE and pose.landmarks[index].confidence >= SEEN for index in _TRUNK)


def _is_mirrored(pose: _Pose, other: _Pose, width: int) -> bool:
    """Whether a pose of the mirrored picture has the trunk of this one, and is as sure."""
    trunk = [pose.landmarks[index] for index in _TRUNK]
    again = [other.landmarks[index] for index in _MIRRORED_TRUNK]
    apart = sum(dist((one.x, one.y), (width - two.x, two.y)) for one, two in zip(trunk, again, strict=True)) / len(trunk)
    left, right, left_hip, right_hip = trunk
    length = hypot(left.x + right.x - left_hip.x - right_hip.x, left.y + right.y - left_hip.y - right_hip.y) / 2
    return _is_sure(other) and apart <= FOUND_AGAIN * length


def _is_same_place(one: Body, other: Body) -> bool:
    first, second = Box(*one.bbox), Box(*other.bbox)
    return first.shared(second) >= _SAME_PERSON * min(first.area, second.area)


def _only_a_face(face: Face) -> Body:
    return Body(
        bbox=face.bbox,
        framing="head",
        facing=_facing(None, face),
        posture="unknown",
        hips_in_picture=False,
        hands_in_picture=False,
    )


def _body(pose: _Pose, face: Face | None, picture: Picture) -> Body:
    return Body(
        bbox=_bbox(pose, face, picture),
        framing=_framing(pose, face, picture.height),
        facing=_facing(pose, face),
        posture=_posture(pose),
        hips_in_picture=pose.sees(_HIPS),
        hands_in_picture=pose.sees(_HANDS, least=HAND_SEEN),
    )


def _bbox(pose: _Pose, face: Face | None, picture: Picture) -> tuple[int, int, int, int]:
    seen = [(point.x, point.y) for point in pose.landmarks if point.confidence >= SEEN]
    corners = [(face.bbox[0], face.bbox[1]), (face.bbox[2], face.bbox[3])] if face else []
    xs, ys = zip(*seen, *corners, strict=True)
    return (
        max(0, round(min(xs))),
        max(0, round(min(ys))),
        min(picture.width, round(max(xs)) + 1),
        min(picture.height, round(max(ys)) + 1),
    )


def _framing(pose: _Pose, face: Face | None, height: int) -> Literal["full", "half", "head", "part"]:
    if face is None and not pose.sees((*_EYES, *_EARS), any):
        return "part"
    if pose.sees(_ANKLES):
        return "full"
    waist = pose.height(_SHOULDERS) + WAIST * (pose.height(_HIPS) - pose.height(_SHOULDERS))
    room = face is None or height - face.box.y2 >= _CHEST * face.box.height
    return "half" if pose.sees(_SHOULDERS) and waist <= height and room else "head"


def _facing(pose: _Pose | None, face: Face | None) -> Literal["front", "side", "back", "unknown"]:
    if pose is not None and pose.sideways:
        return "side"
    if face is None:
        return "back" if pose is not None and pose.from_behind else "unknown"
    return "side" if abs(face.yaw_deg) >= SIDE_YAW_DEG else "front"


def _posture(pose: _Pose) -> Literal["standing", "sitting", "unknown"]:
    if not pose.sees(_KNEES, any) or not pose.sees(_HIPS) or pose.lies:
        return "unknown"
    return "sitting" if pose.thighs_level else "standing"
