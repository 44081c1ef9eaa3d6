"""A header says another size than the data has, and all of the sound or picture is there, but for a moment.

Found in WAV files: a program that streams (a speech service, a pipe) leaves the size of the data at 0 or at the
largest number there is, and some programs are off by the bytes of the header; others write less than there is, or two
chunks of data or format where one belongs, and players leave out what they do not expect. Found in MP4 and AVI files that lost
only what stands behind all pictures and sound: titles, or an index that readers do without. Found in MP3, AAC, FLAC,
AMR and AC-3 files that end within their last frame (less than 0.3 s, mostly 20 to 40 ms), as excerpts do: the head of
that frame says more bytes than there are. A file that ends earlier than it says, by more than that, is left to
`file-truncated`.

Why it matters: readers that believe the header take the recording for one of hours, or for cut off, and refuse it.

Fix: rewrite the header; no sample changes. A cut frame is left out, as players do.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...media.facts import Problem, cut_frame
from ..base import Fault, InputCase

LEVEL = "metadata"
FIXABLE = True


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the header is false and the data whole."""
    if detail := case.facts.problem(Problem.MISSTATED):
        message, cure = f"its header is false: {detail}", "rewrite its header"
        if frame := cut_frame(case.facts):
            message = f"it ends within a frame of {frame.length_s * 1000:.0f} ms: {detail}"
            cure = "leave out that frame, or download it again where more should follow"
        yield Fault(severity="warning", message=message, help=cure)
