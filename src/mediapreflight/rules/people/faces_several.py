"""The picture shows more than one face.

It is an error if the documents name one for several people. Otherwise it is a warning, because the service takes one
of them, and no document says which. Something that may or may not be another face (a hand, a pattern, somebody out of
focus: the detectors disagree) is a warning. People in the background who are turned away do not count.

Why it matters: EMO answers `InvalidFile.MultiHuman`; others animate the wrong person.

Fix: `mediapreflight faces` lists the faces with numbers; `mediapreflight prepare --face N` crops the picture to that
person. If a face is chosen, this is an error for every model, because no request can contain the choice: the picture
must be cropped first. If the job gives boxes, only the part that they name counts, because only that is animated.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...language import say
from ...people.facts import Face, PictureContent
from ..base import Fault, InputCase

if TYPE_CHECKING:
    from ...people.geometry import Box

LEVEL = "content"
FIXABLE = False


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where one face is wanted and several are there."""
    wanted, seen = case.role.content, case.content
    if wanted is None or wanted.faces != "one" or not isinstance(seen, PictureContent):
        return
    part = case.part if case.face is None else None
    faces, doubtful = _inside(part, seen.faces), _inside(part, seen.doubtful)
    if not faces or len(faces) + len(doubtful) == 1:
        return
    sure, refused = len(faces) > 1, "several" in wanted.errors
    number = len(faces) if sure else len(faces) + len(doubtful)
    yield Fault(
        severity="error" if sure and (refused or case.face is not None) else "warning",
        message=_message(case, number, sure=sure, refused=refused),
        help=_help(case, sure=sure),
        measured=number,
        limit="== 1",
        unit="faces",
        service_code=wanted.errors.get("several"),
        source=wanted.source,
        fixable=case.face is not None and len(_inside(case.part, seen.faces)) == 1,
    )


def _inside(part: Box | None, faces: tuple[Face, ...]) -> tuple[Face, ...]:
    """The faces whose middle is in this part of the picture: the others do not stay after a crop."""
    return faces if part is None else tuple(face for face in faces if part.holds_middle(face.box))


def _message(case: InputCase, count: int, *, sure: bool, refused: bool) -> str:
    shows = say("shows {count} faces", count=count) if sure else say("may show {count} faces", count=count)
    if refused:
        return say("{shows}; {model} takes exactly one", shows=shows, model=case.model.id)
    return say("{shows}; {model} asks for exactly one", shows=shows, model=case.model.id)


def _help(case: InputCase, *, sure: bool) -> str:
    if case.part is not None and case.face is None:
        return say("give boxes around one of them")
    if case.face is not None:
        return say("`prepare --face {face}` crops to the chosen one", face=case.face)
    if not sure:
        return say("check whether there is a second face; `prepare --crop-to-boxes` crops to the largest")
    return say(
        "`prepare --face N` crops to one of them, by the number that `mediapreflight faces` lists; `prepare "
        "--crop-to-boxes` crops to the largest",
    )
