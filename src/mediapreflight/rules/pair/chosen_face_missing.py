"""The face that was chosen is not there.

The job names a face by its number, and its picture shows fewer; or there is no picture here to look at, because it
is a URL or the model takes none. Boxes that the job gives say which face is meant, and go before the number.

Why it matters: no request carries the number. Somebody else would be animated, and paid for.

Fix: choose one of the faces that `mediapreflight faces` lists, or give the boxes.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...job import is_url
from ...people.facts import PictureContent
from ...people.portraits import no_such_face
from ..base import Fault, JobCase

LEVEL = "content"
FIXABLE = False


def check(case: JobCase) -> Iterator[Fault]:
    """A fault where a face is chosen that no picture of the job is known to show."""
    face = case.job.chosen_face(case.model)
    if face is None:
        return
    given = [name for name in case.model.face_roles if case.job.inputs.get(name)]
    if not given and (case.job.whole or not case.model.face_roles):
        yield Fault(
            severity="error",
            message=f"face {face} is chosen, and {case.model.id} is given no picture in which faces count",
            help="leave the face out",
        )
    for name in given:
        if is_url(case.job.inputs[name]):
            yield Fault(
                severity="error",
                message=f"face {face} is chosen, and a picture that is a URL is not looked at here",
                help="give the picture as a file, or the boxes of the face",
                role=name,
            )
        elif (item := case.inputs.get(name)) and isinstance(item.content, PictureContent) and face > len(item.content.faces):
            yield Fault(
                severity="error",
                message=no_such_face(face, len(item.content.faces)),
                help="choose one of the faces that `mediapreflight faces` lists",
                measured=face,
                limit=f"<= {len(item.content.faces)}",
                role=name,
            )
