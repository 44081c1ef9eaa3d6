"""The service's time, as its answers tell it. This machine's clock may be wrong or jump; only its running time is used."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

# A date outside of these years is no clock's.
_YEARS = range(2020, 2100)


def http_date(text: str) -> float | None:
    """The moment of an HTTP date, in seconds since 1970; None where the text is none."""
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (TypeError, ValueError, OverflowError, IndexError):
        return None


class ServiceClock:
    """Goes on from the last answer that said what time it was.

    Args:
        elapsed: seconds that only ever grow, such as `time.monotonic`.
    """

    def __init__(self, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._elapsed = elapsed
        self._heard: tuple[float, float] | None = None

    def hear(self, headers: Mapping[str, str]) -> None:
        """Take the time from an answer's `date` header, where it has one of use."""
        moment = http_date(headers.get("date", ""))
        if moment is not None and datetime.fromtimestamp(moment, UTC).year in _YEARS:
            self._heard = moment, self._elapsed()

    def now(self) -> float | None:
        """Seconds since 1970, to the second; None before the first answer that told."""
        if self._heard is None:
            return None
        moment, at = self._heard
        return moment + self._elapsed() - at
