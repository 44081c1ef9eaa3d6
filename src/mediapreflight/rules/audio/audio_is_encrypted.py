"""The recording is encrypted.

Reported if the container says that its sound is protected (Common Encryption, FairPlay, Windows Media).

Why it matters: without the key nobody can decode it, not even the service.

Fix: `prepare` cannot fix this; export it without protection.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...media.facts import AudioFacts, Problem
from ..base import Fault, InputCase

LEVEL = "metadata"
FIXABLE = False


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the sound is encrypted."""
    if isinstance(case.facts, AudioFacts) and case.facts.problem(Problem.ENCRYPTED) is not None:
        yield Fault(
            severity="error",
            message=say("its sound is encrypted"),
            help=say("export it without copy protection"),
            measured=True,
            limit=say("not encrypted"),
            service_code=case.role.format_error,
        )
