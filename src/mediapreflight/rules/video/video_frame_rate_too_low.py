"""The frame rate is below what the model takes.

Judged by the average over all frames and by what the header states; both must fit, because which of them the
service reads is unknown. Level `metadata` knows only the header.

Why it matters: the service refuses the video; a low rate also makes lips lag.

Fix: convert to a constant rate within the range. Frames are repeated, none invented.
"""

from __future__ import annotations

from ..figures import frame_rate_too_low

LEVEL = "metadata"
FIXABLE = True
LIMIT = "fps"
BOUND = "lower"

check = frame_rate_too_low
