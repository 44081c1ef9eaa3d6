"""A header states a wrong size, but all of the sound or video is there, or nearly all.

Found in WAV files: a program that streams (a speech service, a pipe) leaves the size of the data at 0 or at the
largest number there is, and some programs are off by the bytes of the header; others write less than there is, or two
chunks of data or format where one belongs, and players leave out what they do not expect. Found in MP4 and AVI files that lost
only parts after all video and sound: titles, or an index that readers do not need. Found in MP3, AAC, FLAC,
AMR and AC-3 files that end within their last frame (less than 0.3 s, mostly 20 to 40 ms), as excerpts do: the header of
that frame states more bytes than there are. A file that ends more than that before its stated end is found by
`file-truncated`.

Why it matters: readers that trust the header think that the recording lasts hours, or is cut off, and refuse it.

Fix: rewrite the header; no sample changes. An incomplete frame is left out, as players do.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...media.facts import Problem, cut_frame
from ..base import Fault, InputCase

LEVEL = "metadata"
FIXABLE = True


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the header is false and the data whole."""
    if detail := case.facts.problem(Problem.MISSTATED):
        message, cure = say("its header is false: {detail}", detail=detail), say("rewrite its header")
        if frame := cut_frame(case.facts):
            message = say("it ends within a frame of {length_s:.0f} ms: {detail}", length_s=frame.length_s * 1000, detail=detail)
            cure = say("leave out that frame, or download it again where more should follow")
        yield Fault(severity="warning", message=message, help=cure)
