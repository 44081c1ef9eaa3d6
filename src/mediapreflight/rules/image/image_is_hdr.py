"""The picture is high dynamic range.

Reported if its coding points, or those in its profile, name PQ or HLG, as in HDR photos of phones and cameras (AVIF,
HEIC or PNG). A JPEG with a gain map (Ultra HDR) is a standard picture with additional data, and is not reported.

Why it matters: no model documents that it reads high dynamic range. Read as standard range, the picture looks grey
and flat, and faces lose contrast.

Fix: tone-map it to standard range.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...media.facts import ImageFacts
from ..base import Fault, InputCase
from ..figures import high_dynamic_range

LEVEL = "metadata"
FIXABLE = True


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the transfer function is one of the HDR ones."""
    return high_dynamic_range(case.facts) if isinstance(case.facts, ImageFacts) else iter(())
