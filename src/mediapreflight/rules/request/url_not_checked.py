"""An input is a URL, so its content could not be checked.

`check` makes no network call, and only the service can read `oss://` URLs.

Why it matters: unchecked is not a pass. It counts as a failure unless this rule is ignored.

Fix: give the local file, or ignore `url-not-checked` for inputs that you know are fine.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...job import is_url
from ...language import say
from ..base import Fault, JobCase

LEVEL = "metadata"
FIXABLE = False


def check(case: JobCase) -> Iterator[Fault]:
    """A fault, of severity unchecked, for every role given as a URL."""
    for name in case.model.roles:
        if is_url(case.job.inputs.get(name)):
            yield Fault(
                severity="unchecked",
                message=say("is a URL; its content was not checked"),
                help=say("give the local file, or ignore url-not-checked"),
                role=name,
            )
