"""The content (faces, bodies, voices) could not be checked.

Reported if mediapipe, OpenCV or the voice detector does not load, most often because a slim image lacks a system
library, and if a file that is otherwise intact cannot be decoded here.

Why it matters: unchecked is not a pass. It counts as a failure unless this rule is ignored, or `--level
decode` is chosen.

Fix: run the command in the message; `mediapreflight doctor` lists all such commands.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ..base import Fault, InputCase

LEVEL = "content"
FIXABLE = False


def check(case: InputCase) -> Iterator[Fault]:
    """A fault, of severity unchecked, where measuring the content failed."""
    if case.content_trouble is not None:
        yield Fault(
            severity="unchecked",
            message=say("its content was not checked: {content_trouble}", content_trouble=case.content_trouble),
            help=say("fix that, or choose the level decode"),
        )
