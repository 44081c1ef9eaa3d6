"""The request is too large, with the files that travel inside it; or nobody says whether it is.

A file inside a request, as Base64, takes four bytes for three. Few documents say how large a request may be. Where none does,
one file of the largest accepted size is taken for accepted, and a request beyond that is a warning: no document says that it
is taken.

Why it matters: the whole request is sent before it is refused.

Fix: give URLs, or files with fewer bytes.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...catalog.schema import MEGABYTE, MIB, Model
from ...job import is_at_hand
from ...language import say
from ...media.data_url import is_data_url
from ..base import Fault, JobCase

LEVEL = "metadata"
FIXABLE = False

_HELP = say("give http(s) URLs, or files with fewer bytes")


def check(case: JobCase) -> Iterator[Fault]:
    """A fault where the files inside the request are too large, or larger than any document mentions."""
    if not case.job.whole:
        return
    size = sum(_encoded(case.inputs[name].facts.bytes) for name in _inside(case))
    limit = case.model.request_megabytes
    megabytes = f"{size / MEGABYTE:.1f}"
    if limit is not None:
        documented = limit.documented_interval.scaled(MIB)
        if documented.is_above(size):
            yield Fault(
                severity="error",
                message=say(
                    "the files inside the request come to {megabytes} MB; {model} takes {limit} MB in all",
                    megabytes=megabytes,
                    model=case.model.id,
                    limit=limit.documented_interval.upper_words,
                ),
                help=_HELP,
                measured=size,
                limit=documented.upper_text,
                unit="bytes",
                source=limit.source,
            )
    elif case.model.service is not None and size > (most := _largest(case.model)) > 0:
        yield Fault(
            severity="warning",
            message=say(
                "the files inside the request come to {megabytes} MB; no document says whether {model} takes that much",
                megabytes=megabytes,
                model=case.model.id,
            ),
            help=_HELP,
            measured=size,
            limit=f"<= {most}",
            unit="bytes",
        )


def _inside(case: JobCase) -> Iterator[str]:
    """The files inside the request: `data:` URLs that are not uploaded, and files for which no storage is documented."""
    is_sent = case.model.service is not None
    for name in case.inputs:
        role, given = case.model.roles[name], case.job.inputs[name]
        has_no_storage = is_sent and role.base64 and not role.uploads
        if (is_data_url(given) and (role.base64 or not is_sent)) or (has_no_storage and is_at_hand(given)):
            yield name


def _encoded(size: int | None) -> int:
    return -(-(size or 0) // 3) * 4


def _largest(model: Model) -> int:
    """The bytes of one file of the largest accepted size; 0 if no size is documented."""
    sizes = [role.byte_intervals[0].upper for role in model.roles.values() if role.base64 and role.byte_intervals]
    return _encoded(int(max(sizes))) if sizes else 0
