"""The model is not offered in the region the job is for.

Why it matters: model, host and key must belong to the same region, or the call fails. If a model's page names the
host of Frankfurt but does not say whether the model runs there, it is a warning, and the job is sent.

Fix: choose one of the model's regions.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...findings import Severity
from ...language import say
from ...text import alternatives, listed
from ..base import Fault, JobCase

LEVEL = "metadata"
FIXABLE = False


def check(case: JobCase) -> Iterator[Fault]:
    """A fault where a region is named and does not serve the model, or where no document says whether it does."""
    region, service = case.job.region, case.model.service
    if region is None or service is None or region in case.model.regions:
        return
    severity: Severity = "error"
    message = say(
        "{model} is not offered in {region}, only in {regions}",
        model=case.model.id,
        region=region,
        regions=listed(case.model.regions),
    )
    if region in case.model.unconfirmed_regions:
        severity = "warning"
        message = say(
            "no document says whether {model} runs in {region}; it is offered in {regions}",
            model=case.model.id,
            region=region,
            regions=listed(case.model.regions),
        )
    yield Fault(
        severity=severity,
        message=message,
        help=say("choose {regions}", regions=alternatives(case.model.regions)),
        measured=region,
        limit=", ".join(case.model.regions),
        source=service.source,
    )
