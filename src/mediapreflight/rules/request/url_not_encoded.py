"""A URL holds characters that must be percent-encoded.

These are spaces, quotes and everything that is not ASCII. The documents of several models ask for plain ASCII or
percent-encoded URLs.

Why it matters: the service fails to download the file, and only after the task has waited in the queue.

Fix: percent-encode the path of the URL.

Source: wan-animate-move-api, video-style-transform-api-reference.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...job import MUST_BE_ENCODED, is_oss_url, is_url
from ...language import say
from ..base import Fault, JobCase

LEVEL = "metadata"
FIXABLE = False


def check(case: JobCase) -> Iterator[Fault]:
    """A fault for every URL with a character that no URL may hold as it is."""
    for name in case.model.roles:
        url = case.job.inputs.get(name)
        if isinstance(url, str) and is_url(url) and not is_oss_url(url) and (found := MUST_BE_ENCODED.search(url)):
            yield Fault(
                severity="error",
                message=say("its URL contains {found!r}, which must be percent-encoded", found=found[0]),
                help=say("percent-encode the path of the URL"),
                measured=found[0],
                service_code="InvalidURL",
                role=name,
            )
