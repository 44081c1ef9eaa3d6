"""What the tests of the ledger share: entries to register, and a clock that is set by hand."""

from __future__ import annotations

from typing import Any

from mediapreflight.submit.ledger import Ledger, NewSubmission, Submission

BASE_URL = "https://dashscope.aliyuncs.com/api/v1"
ACCOUNT = "0123456789abcdef"


def entry(fingerprint: str = "f", *, model: str = "emo-v1", base_url: str = BASE_URL, **values: Any) -> NewSubmission:
    job = {"model": model, "inputs": {"image": "/a/p.png"}, "parameters": {}, "region": None}
    own = {"job": job, "account": ACCOUNT} | values
    return NewSubmission(fingerprint=fingerprint, model=model, region="beijing", base_url=base_url, **own)


def registered(ledger: Ledger, fingerprint: str = "f", **values: Any) -> Submission:
    return ledger.register([entry(fingerprint, **values)])[0]


def claimed(ledger: Ledger, fingerprint: str = "f", **values: Any) -> Submission:
    owned = ledger.claim(registered(ledger, fingerprint, **values).id)
    assert owned is not None
    return owned


def running(ledger: Ledger, fingerprint: str, **values: Any) -> Submission:
    number = claimed(ledger, fingerprint, **values).id
    assert ledger.begin_sending(number, None) == ()
    return ledger.created(number, f"task-{number}", "r", "PENDING")


class HandClock:
    """Seconds since the epoch, as somebody sets them."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now
