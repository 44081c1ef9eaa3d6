"""The bodies in a picture or a video's first frame, shared by the rules over bodies."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ...catalog.schema import Content
from ...language import say
from ...people.facts import Body, PictureContent, VideoContent
from ..base import InputCase


class JudgedBodies(NamedTuple):
    """People with their bodies, where they are seen (`the picture`, `the first frame`), and what the model needs.

    `doubtful`: whether something there may be a person, or may be a face, and nobody is certain.
    """

    bodies: tuple[Body, ...]
    where: str
    wanted: Content
    doubtful: bool

    def largest_unless(self, fits: Callable[[Body], bool]) -> Body | None:
        """The largest person who may be meant; None if there is nobody, or if one of them fits.

        Which of several people is meant is not known: any of those whose framing is accepted; if there is none, anybody.
        """
        framings = self.wanted.framing
        shown = tuple(body for body in self.bodies if framings is None or body.framing in framings) or self.bodies
        return None if any(map(fits, shown)) else next(iter(shown), None)


def judged_bodies(case: InputCase) -> JudgedBodies | None:
    """The people to check, if the model says how their bodies must be shown; else None."""
    wanted, seen = case.role.content, case.content
    if wanted is None or wanted.bodies is None:
        return None
    if isinstance(seen, PictureContent) and seen.bodies is not None:
        return JudgedBodies(seen.bodies, say("the picture"), wanted, bool(seen.doubtful_people or seen.doubtful))
    if isinstance(seen, VideoContent) and seen.samples and (first := seen.samples[0]).bodies is not None:
        return JudgedBodies(first.bodies, say("the first frame"), wanted, bool(first.doubtful_people))
    return None
