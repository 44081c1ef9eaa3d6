"""Files have more bytes together than the model takes in one request.

The provider writes its limit in MB and does not say which; the larger reading, 2^20 bytes, counts.

Why it matters: the service refuses the request after the upload.

Fix: encode the files at a lower quality or bit rate, or leave some out.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...catalog import Interval
from ...catalog.schema import MIB
from ...text import listed
from ..base import Fault, JobCase

LEVEL = "metadata"
FIXABLE = False


def check(case: JobCase) -> Iterator[Fault]:
    """A fault for every group whose bytes come to too much; none where a size is not known."""
    for group in case.model.groups:
        if group.megabytes is None or not all(case.holds(condition) for condition in group.when):
            continue
        names = case.given(group.roles)
        sizes = [case.inputs[name].facts.bytes for name in names if name in case.inputs]
        known = [size for size in sizes if size is not None]
        takes, total = Interval.parse(group.megabytes), sum(known)
        if known and len(known) == len(names) and takes.scaled(MIB).is_above(total):
            yield Fault(
                severity="error",
                message=f"{listed(group.roles)} have {total:,} bytes together; {case.model.id} takes {takes.in_words} MB",
                help="encode them at a lower quality or bit rate, or leave some out",
                measured=total,
                limit=takes.scaled(MIB).upper_text,
                unit="bytes",
                service_code=group.error,
                source=group.source,
            )
