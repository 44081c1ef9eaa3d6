"""The picture has an alpha channel, which the model refuses in this format.

Wan image-to-video takes PNG only without an alpha channel. A palette or RGB PNG with a transparency chunk counts as
having one.

Why it matters: the service refuses the picture.

Fix: flatten it onto a solid colour.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...media.facts import ImageFacts
from ...text import listed
from ..base import Fault, InputCase

LEVEL = "metadata"
FIXABLE = True
LIMIT = "without_alpha"


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where there is alpha in a format that must not have it."""
    facts, refused = case.facts, case.role.without_alpha
    if not isinstance(facts, ImageFacts) or refused is None or not facts.has_alpha or facts.format not in refused.documented:
        return
    yield Fault(
        severity="error",
        message=say(
            "has an alpha channel; {model} takes {documented} without one",
            model=case.model.id,
            documented=listed(refused.documented),
        ),
        help=say("flatten it onto a solid colour"),
        measured=True,
        limit=say("no alpha channel"),
        service_code=refused.error,
        source=refused.source,
    )
