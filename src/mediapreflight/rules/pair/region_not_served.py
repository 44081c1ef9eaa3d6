"""The model is not offered in the region the job is for.

Why it matters: model, host and key must belong to one region; the call fails.

Cure: choose one of the model's regions.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..base import Fault, JobCase
from ..limits import listed

LEVEL = "metadata"
FIXABLE = False


def check(case: JobCase) -> Iterator[Fault]:
    """A fault where a region is named and does not serve the model."""
    region = case.job.region
    if region is not None and region not in case.model.regions:
        yield Fault(
            severity="error",
            message=f"{case.model.id} is not offered in {region}, only in {listed(case.model.regions)}",
            help=f"choose {listed(case.model.regions).replace(' and ', ' or ')}",
            measured=region,
            limit=", ".join(case.model.regions),
            source=case.model.source(case.model.service.source),
        )
