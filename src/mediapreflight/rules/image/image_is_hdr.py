"""The picture is high dynamic range.

Found where its coding points, or those in its profile, name PQ or HLG: HDR stills of phones and cameras, as AVIF, HEIC or PNG.
A JPEG with a gain map (Ultra HDR) is a standard picture with additional data, and is not found.

Why it matters: read as standard range, which no model documents otherwise, it looks grey and flat, and faces
lose contrast.

Fix: tone-map to standard range.
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
