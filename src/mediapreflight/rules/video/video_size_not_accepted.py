"""The video does not have one of the sizes that the model takes, or has too few or too many pixels.

Some models take a few exact sizes, some limit the product of width and height, and some the shorter side by itself. Sides are
display sides: after rotation metadata and with square pixels.

Why it matters: the service refuses the video after the upload.

Fix: crop and scale it to such a size. `prepare` does not do it: which part of the video to keep is for you to say.
"""

from __future__ import annotations

from ..figures import size_not_accepted

LEVEL = "metadata"
FIXABLE = False

check = size_not_accepted
