"""The picture shows more than one face.

It is an error if the documents name one for several people. Otherwise it is a warning, because the service takes one
of them, and no document says which. Something that may or may not be another face (a hand, a pattern, somebody out of
focus: the detectors disagree) is a warning. People in the background who are turned away do not count.

Why it matters: EMO answers `InvalidFile.MultiHuman`; others animate the wrong person.

Fix: `mediapreflight faces` lists the faces with numbers; `mediapreflight prepare --face N` crops the picture to that
person. If a face is chosen, this is an error for every model, because no request can contain the choice.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...people.facts import PictureContent
from ..base import Fault, InputCase

LEVEL = "content"
FIXABLE = False


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where one face is wanted and several are there."""
    wanted, seen = case.role.content, case.content
    if wanted is None or wanted.faces != "one" or not isinstance(seen, PictureContent) or not seen.faces:
        return
    number = len(seen.faces) + len(seen.doubtful)
    if number == 1:
        return
    sure, refused = len(seen.faces) > 1, "several" in wanted.errors
    yield Fault(
        severity="error" if sure and (refused or case.face is not None) else "warning",
        message=_message(case, len(seen.faces) if sure else number, sure=sure, refused=refused),
        help=_help(case, sure=sure),
        measured=len(seen.faces) if sure else number,
        limit="== 1",
        unit="faces",
        service_code=wanted.errors.get("several"),
        source=wanted.source,
        fixable=case.face is not None,
    )


def _message(case: InputCase, count: int, *, sure: bool, refused: bool) -> str:
    shows = say("shows {count} faces", count=count) if sure else say("may show {count} faces", count=count)
    if refused:
        return say("{shows}; {model} takes exactly one", shows=shows, model=case.model.id)
    return say("{shows}; {model} asks for exactly one", shows=shows, model=case.model.id)


def _help(case: InputCase, *, sure: bool) -> str:
    if case.face is not None:
        return say("`prepare --face {face}` crops to the chosen one", face=case.face)
    ways = say(
        "`prepare --face N` crops to one of them, by the number that `mediapreflight faces` lists; `prepare "
        "--crop-to-boxes` crops to the largest",
    )
    return ways if sure else say("check whether there is a second face; {ways}", ways=ways)
