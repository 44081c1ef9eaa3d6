"""Too many or too few files are given in several roles together.

Some models limit how many pictures and videos a job has in all, whatever each role takes by itself.

Why it matters: the service refuses the request, or ignores the extra files.

Fix: leave out files, or add some.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...catalog import Interval
from ...language import say
from ...text import listed
from ..base import Fault, JobCase

LEVEL = "metadata"
FIXABLE = False


def check(case: JobCase) -> Iterator[Fault]:
    """A fault for every group of roles with a wrong number of files, in whole jobs."""
    for group in case.groups if case.job.whole else ():
        if group.count is None:
            continue
        takes, count = Interval.parse(group.count), len(case.given(group.roles))
        if count not in takes:
            yield Fault(
                severity="error",
                message=say(
                    "{roles} have {count} files together; {model} takes {in_words}",
                    roles=listed(group.roles),
                    count=count,
                    model=case.model.id,
                    in_words=takes.in_words,
                ),
                help=say("leave out some files") if takes.is_above(count) else say("add files"),
                measured=count,
                limit=str(takes),
                unit="files",
                service_code=group.error,
                source=group.source,
            )
