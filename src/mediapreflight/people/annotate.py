"""Draw faces and boxes into a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from .geometry import Box
from .opencv import load_cv2

if TYPE_CHECKING:
    from ..media.image.pixels import Rgb
    from .facts import Face, Point

Color = tuple[int, int, int]
_FACE = (40, 220, 90)
_DOUBTFUL = (255, 120, 60)
_FACE_BBOX = (255, 210, 0)
_EXT_BBOX = (60, 150, 255)
_EDGE = (0, 0, 0)
# The thickness of a line as a share of the longest side: about two pixels on a screen that shows the whole picture.
_LINE = 1 / 450
_LETTER_HEIGHT = 1 / 40
# The radius of a keypoint's dot, as a share of the face's width.
_DOT = 1 / 25
# OpenCV's plain font is 22 px high at scale 1.
_FONT_HEIGHT = 22


def annotated(
    rgb: Rgb,
    faces: Sequence[Face],
    face_bbox: Box | None = None,
    ext_bbox: Box | None = None,
    doubtful: Sequence[Face] = (),
) -> Rgb:
    """A copy of the picture with the faces, their numbers, keypoints and scores, and the boxes.

    Args:
        rgb: height x width x 3, uint8; the boxes are in its pixels.
        faces: drawn in green, keypoints as dots, with number (from 1) and score above.
        face_bbox: drawn in yellow, with its name.
        ext_bbox: drawn in blue, with its name.
        doubtful: what may or may not be a face, drawn in orange, with a question mark and the score above.

    Lines and letters grow with the picture and have a black edge, so that they are readable at any size and on any background.
    """
    pen = _Pen(rgb.copy(), max(1, round(max(rgb.shape) * _LINE)))
    for number, face in enumerate(faces, start=1):
        pen.box(face.box, _FACE)
        pen.dots(face.keypoints, _FACE, max(1, round(face.box.width * _DOT)))
        pen.label(face.box, f"{number}: {face.score:.2f}", _FACE)
    for face in doubtful:
        pen.box(face.box, _DOUBTFUL)
        pen.label(face.box, f"? {face.score:.2f}", _DOUBTFUL)
    if ext_bbox is not None:
        pen.box(ext_bbox, _EXT_BBOX)
        pen.label(ext_bbox, "ext_bbox", _EXT_BBOX)
    if face_bbox is not None:
        pen.box(face_bbox, _FACE_BBOX)
        pen.label(face_bbox, "face_bbox", _FACE_BBOX, below=True)
    return pen.canvas


class _Pen(NamedTuple):
    canvas: Rgb
    thickness: int

    def box(self, box: Box, color: Color) -> None:
        cv2 = load_cv2()
        for shade, width in ((_EDGE, self.thickness * 3), (color, self.thickness)):
            cv2.rectangle(self.canvas, (box.x1, box.y1), (box.x2 - 1, box.y2 - 1), shade, width)

    def dots(self, points: Sequence[Point], color: Color, most: int) -> None:
        """`most`: the largest radius at which the dots do not hide the face."""
        cv2 = load_cv2()
        radius = min(self.thickness * 2, most)
        for x, y in points:
            for shade, grown in ((_EDGE, radius + self.thickness), (color, radius)):
                cv2.circle(self.canvas, (round(x), round(y)), grown, shade, -1, cv2.LINE_AA)

    def label(self, box: Box, text: str, color: Color, *, below: bool = False) -> None:
        """Text on a black background at the upper or lower edge of a box, moved inside the picture if necessary."""
        cv2 = load_cv2()
        height, width = self.canvas.shape[:2]
        letters = cv2.FONT_HERSHEY_SIMPLEX, max(max(height, width) * _LETTER_HEIGHT, 8) / _FONT_HEIGHT
        (wide, tall), under = cv2.getTextSize(text, *letters, self.thickness)
        line = tall + under + 2 * self.thickness
        top = box.y2 if below else box.y1 - line
        top = min(max(top, 0), max(height - line, 0))
        left = min(max(box.x1, 0), max(width - wide, 0))
        cv2.rectangle(self.canvas, (left, top), (left + wide - 1, top + line - 1), _EDGE, -1)
        cv2.putText(self.canvas, text, (left, top + tall + self.thickness), *letters, color, self.thickness, cv2.LINE_AA)
