"""The video's longer side is longer than the model takes.

Sides are those of the video as shown, after rotation and with square pixels.

Why it matters: the service refuses the video after the upload.

Fix: scale it down, keeping its aspect ratio.
"""

from __future__ import annotations

from ..figures import side_too_long

LEVEL = "metadata"
FIXABLE = True
LIMIT = "side"
BOUND = "upper"

check = side_too_long
