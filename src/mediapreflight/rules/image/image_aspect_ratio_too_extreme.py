"""The picture is too narrow or too wide.

Measured as the longer side over the shorter one, which covers both directions: "1:3 to 3:1" in the documents means 3
at most.

Why it matters: the service refuses the picture.

Fix: crop it around the person, or pad the shorter side.
"""

from __future__ import annotations

from ..figures import ratio_too_extreme

LEVEL = "metadata"
FIXABLE = True
LIMIT = "aspect_ratio"
BOUND = "upper"

check = ratio_too_extreme
