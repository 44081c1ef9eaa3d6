"""The frame rate is higher than the model takes.

Both the average over all frames and the rate in the header must fit, because nobody knows which of them the service
reads. Level `metadata` knows only the header.

Why it matters: the service refuses the video.

Fix: convert it to a constant frame rate within the limits; frames are dropped evenly.
"""

from __future__ import annotations

from ..figures import frame_rate_too_high

LEVEL = "metadata"
FIXABLE = True
LIMIT = "fps"
BOUND = "upper"

check = frame_rate_too_high
