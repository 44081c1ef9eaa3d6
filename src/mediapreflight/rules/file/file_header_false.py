"""A header states a wrong size, but all or nearly all of the sound or video is there; or strict readers refuse a picture
although none of its pixels is lost.

WAV: a program that streams (a speech service, a pipe) leaves the size of the data at 0 or at the largest possible
number. Some programs are off by the size of the header; others state less than there is, or write two chunks of data
or format instead of one, and players skip what they do not expect. MP4 and AVI: only parts after all video and sound
are lost, such as titles or an index that readers do not need. MP3, AAC, FLAC, AMR and AC-3: the file ends within its
last frame (less than 0.3 s, mostly 20 to 40 ms), as excerpts do; the header of that frame states more bytes than
there are. If more than that is missing, `file-truncated` reports it.

Pictures (found at level `decode`): a JPEG lacks only its end mark, or a part of it that makes no pixels, such as a
profile, ends too early; a part of a PNG that makes no pixels, such as a text, has a wrong checksum or is of an unknown
kind that readers must not pass over, or its end mark is cut off or missing; an AVIF has several tables of properties in
place of one.

Why it matters: readers that trust the header believe that the recording lasts hours or is cut off, and refuse it. Most
viewers show such a picture; Pillow, which many services use, refuses it.

Fix: rewrite the header; samples and pixels do not change. An incomplete frame is left out, as players do.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ...media.facts import ImageFacts, Problem, cut_frame
from ..base import Fault, InputCase

LEVEL = "metadata"
FIXABLE = True


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the header is false and the data whole."""
    if detail := case.facts.problem(Problem.MISSTATED):
        message, fix = say("its header is wrong: {detail}", detail=detail), say("rewrite its header")
        if isinstance(case.facts, ImageFacts):
            message = say("all its pixels are there, but strict readers refuse it: {detail}", detail=detail)
        if frame := cut_frame(case.facts):
            message = say(
                "its last frame ({length_s:.0f} ms) is incomplete: {detail}", length_s=frame.length_s * 1000, detail=detail
            )
            fix = say("leave out that frame; if more should follow, download the file again")
        yield Fault(severity="warning", message=message, help=fix)
