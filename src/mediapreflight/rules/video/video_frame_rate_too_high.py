"""The frame rate is above what the model takes.

Judged by the average over all frames and by what the header states; both must fit, because which of them the
service reads is unknown. Level `metadata` knows only the header.

Why it matters: the service refuses the video.

Fix: convert to a constant rate within the range, dropping frames evenly.
"""

from __future__ import annotations

from ..figures import frame_rate_too_high

LEVEL = "metadata"
FIXABLE = True
LIMIT = "fps"
BOUND = "upper"

check = frame_rate_too_high
