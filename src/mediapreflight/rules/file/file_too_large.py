"""The file has more bytes than the model takes.

The provider states its limits in MB and never says what an MB is. A file that is too large even at 2^20 bytes per MB
is an error. One that is too large only at 10^6 bytes per MB is a warning.

Why it matters: the upload takes time, and then the service refuses the file.

Fix: use a lower bit rate or quality, and fewer pixels only if that is not enough.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Severity
from ...language import say
from ..base import Fault, InputCase

LEVEL = "metadata"
FIXABLE = True
LIMIT = "megabytes"
BOUND = "upper"

_HELP = say("encode it at a lower quality or bit rate")


def check(case: InputCase) -> Iterator[Fault]:
    """A fault where the size is above the limit by every reading, or by the stricter one."""
    limit, intervals, size = case.role.megabytes, case.role.byte_intervals, case.facts.bytes
    if limit is None or intervals is None or size is None:
        return
    documented, safe = intervals
    megabytes = say("{number} MB", number=limit.documented_interval.upper_words)
    if documented.is_above(size):
        message = say(
            "has {size:,} bytes; {model} takes {megabytes} ({most:,.0f} bytes)",
            size=size,
            model=case.model.id,
            megabytes=megabytes,
            most=documented.upper,
        )
        yield _fault(case, "error", message, documented.upper_text, limit.source)
    elif safe.is_above(size):
        strict = f"{safe.upper:,.0f}"
        message = say(
            "has {size:,} bytes; {model} takes {megabytes}, which may mean {strict} bytes or {most:,.0f}",
            size=size,
            model=case.model.id,
            megabytes=megabytes,
            strict=say("less than {number}", number=strict) if safe.upper_open else say("up to {number}", number=strict),
            most=documented.upper,
        )
        yield _fault(case, "warning", message, safe.upper_text, limit.safe_source or limit.source)


def _fault(case: InputCase, severity: Severity, message: str, bound: str, source: str) -> Fault:
    return Fault(
        severity=severity,
        message=message,
        help=_HELP,
        measured=case.facts.bytes,
        limit=bound,
        unit="bytes",
        service_code=case.role.megabytes.error if case.role.megabytes else None,
        source=source,
    )
