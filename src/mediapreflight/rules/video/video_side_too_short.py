"""The video's shorter side is shorter than the model takes.

Sides are those of the video as shown, after rotation and with square pixels. Both width and height must reach the
minimum.

Why it matters: the service refuses the video, or finds no usable face in it.

Fix: scale it up. That adds no detail: a larger original is better.
"""

from __future__ import annotations

from ..figures import side_too_short

LEVEL = "metadata"
FIXABLE = True
LIMIT = "side"
BOUND = "lower"

check = side_too_short
