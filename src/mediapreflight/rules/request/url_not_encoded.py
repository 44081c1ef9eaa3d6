"""A URL holds characters that must be percent-encoded.

Spaces, quotes and everything beyond ASCII: the documents of several models ask for plain ASCII or
percent-encoded URLs.

Why it matters: the service fails to download the file, after the task was queued.

Cure: percent-encode the path of the URL.

Source: wan-animate-move-api, video-style-transform-api-reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...job import is_url
from ..base import Fault, JobCase

LEVEL = "metadata"
FIXABLE = False

MUST_BE_ENCODED = re.compile(r"""[^\x21-\x7e]|["<>\\^`{|}]""")


def check(case: JobCase) -> Iterator[Fault]:
    """A fault for every URL with a character that no URL may hold as it is."""
    for name in case.model.roles:
        url = case.job.inputs.get(name)
        if isinstance(url, str) and is_url(url) and (found := MUST_BE_ENCODED.search(url)):
            yield Fault(
                severity="error",
                message=f"its URL holds {found[0]!r}, which must be percent-encoded",
                help="percent-encode the path of the URL",
                measured=found[0],
                service_code="InvalidURL",
                role=name,
            )
