"""The file is in Git LFS and was not fetched; only its pointer is here.

A pointer is a text of three lines that stands in for a large file until `git lfs pull` fetches it. Reported for
pictures, videos and recordings, whatever their names are.

Why it matters: the file itself may be fine, but it could not be checked. Unchecked is not a pass.

Fix: run `git lfs pull`; in a GitHub workflow, let `actions/checkout` do it with `lfs: true`.

Source: the Git LFS specification, "The Pointer".
"""

from __future__ import annotations

from collections.abc import Iterator

from ...language import say
from ..base import Fault, InputCase

LEVEL = "metadata"
FIXABLE = False

POINTER = "Git LFS pointer"


def check(case: InputCase) -> Iterator[Fault]:
    """A fault, of severity unchecked, where a pointer stands in the file's place."""
    if case.facts.format == POINTER:
        yield Fault(
            severity="unchecked",
            message=say("was not fetched: this is only a Git LFS pointer to it"),
            help=say("fetch the file with `git lfs pull`"),
        )
