"""The picture shows more than one face.

Where the documents name an error for several people it is an error; elsewhere a warning, because the service
takes one of them, and which one is not documented. People in the background who are turned away do not count.

Why it matters: EMO answers `InvalidFile.MultiHuman`; others animate the wrong person.

Fix: choose the person, by the number that `mediapreflight faces` lists: `mediapreflight prepare --face N` crops the
picture to them. Where a face is chosen this is an error for every model: no request can carry the choice.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...people.facts import PictureContent
from ..base import Fault, InputCase

LEVEL = "content"
FIXABLE = False


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where one face is wanted and several are there."""
    wanted, seen = case.role.content, case.content
    if wanted is None or wanted.faces != "one" or not isinstance(seen, PictureContent) or len(seen.faces) <= 1:
        return
    refused = "several" in wanted.errors
    yield Fault(
        severity="error" if refused or case.face is not None else "warning",
        message=f"shows {len(seen.faces)} faces; {case.model.id} {'takes' if refused else 'asks for'} exactly one",
        help=(
            "`prepare --face N` crops to one by its number in `mediapreflight faces`; `prepare --crop-to-boxes` to the largest"
            if case.face is None
            else f"`prepare --face {case.face}` crops to the one that is chosen"
        ),
        measured=len(seen.faces),
        limit="== 1",
        unit="faces",
        service_code=wanted.errors.get("several"),
        source=wanted.source,
        fixable=case.face is not None,
    )
