"""The chosen face does not exist.

The job names a face by its number, but its picture shows fewer faces; or there is no picture to look at, because it
is a URL, or because the model needs no face. If the job also gives boxes, they count and not the number; if they are of
another face, it is a warning.

Why it matters: no request contains the number. Another person would be animated, and you would pay for it.

Fix: choose one of the faces that `mediapreflight faces` lists, or give the boxes, but not both. For a model of bodies,
crop the picture to one person in an image editor.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...job import is_url
from ...language import say
from ...people.facts import PictureContent
from ...people.geometry import Box
from ...people.portraits import no_such_face
from ..base import Fault, JobCase
from ..request.boxes import GivenBox, sound_boxes
from .face_box_without_face import SHARED_MIN

LEVEL = "content"
FIXABLE = False


def check(case: JobCase) -> Iterator[Fault]:
    """A fault where a face is chosen that no picture of the job is known to show, or that the job's boxes are not of."""
    face = case.job.chosen_face(case.model)
    if face is None:
        yield from _passed_over(case)
        return
    given = [name for name in case.model.face_roles if case.job.inputs.get(name)]
    if not given and (case.job.whole or not case.model.face_roles):
        yield Fault(
            severity="error",
            message=say(
                "face {face} is chosen, but this job for {model} has no picture in which a face can be chosen",
                face=face,
                model=case.model.id,
            ),
            help=say("leave out the face; crop a picture of several people with an editor"),
        )
    for name in given:
        if is_url(case.job.inputs[name]):
            yield Fault(
                severity="error",
                message=say("face {face} is chosen, but a picture given as a URL is not looked at here", face=face),
                help=say("give the picture as a file, or the boxes of the face"),
                role=name,
            )
        elif (item := case.inputs.get(name)) and isinstance(item.content, PictureContent) and face > len(item.content.faces):
            yield Fault(
                severity="error",
                message=no_such_face(face, len(item.content.faces)),
                help=say("choose one of the faces that `mediapreflight faces` lists"),
                measured=face,
                limit=f"<= {len(item.content.faces)}",
                role=name,
            )


def _passed_over(case: JobCase) -> Iterator[Fault]:
    """A warning where the number that the job gives is not that of the face in its boxes."""
    face, boxes = case.job.face, sound_boxes(case)
    given = boxes.get("face_bbox") or boxes.get("ext_bbox")
    if face is None or given is None:
        return
    for name in case.model.face_roles:
        content = case.inputs[name].content if name in case.inputs else None
        if not isinstance(content, PictureContent):
            continue
        meant = content.faces[face - 1].box if face <= len(content.faces) else None
        if meant is None or not _is_of(given, meant):
            yield Fault(
                severity="warning",
                message=_contradiction(face, given),
                help=say("give the number or the boxes, not both"),
                measured=given.corners,
                limit=f"face {face}: {list(meant) if meant else 'none'}",
                unit="px",
                role=given.name,
            )


def _is_of(given: GivenBox, face: Box) -> bool:
    """Whether the box is that of this face, or the crop around it."""
    if given.name == "face_bbox":
        return given.box.shared_of_union(face) >= SHARED_MIN
    return given.box.holds(face)


def _contradiction(face: int, given: GivenBox) -> str:
    if given.name == "face_bbox":
        return say(
            "face {face} is chosen, but face_bbox {corners} is not its box; the box counts, not the number",
            face=face,
            corners=given.corners,
        )
    return say(
        "face {face} is chosen, but it is not inside ext_bbox {corners}; the box counts, not the number",
        face=face,
        corners=given.corners,
    )
