"""What flows know of the world around them: the catalog, the ledger, where the service is, and how patient to be."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from ..catalog import Catalog, Model, builtin_catalog
from ..catalog.schema import Region
from ..containment import UNCONTAINED, Containment
from ..errors import UsageError
from .endpoint import Endpoint, default_region, endpoint_from_environment
from .ledger import Ledger, Submission

Boxes = Literal["service", "local"]
Stage = Literal["upload", "detect", "queue", "create", "wait", "download"]


@dataclass(frozen=True)
class Pace:
    """How long to wait, and how often to try. Times in seconds.

    Attributes:
        poll_interval: between two queries of a task; None takes the documented 15.
        attempts: of a request that may be repeated.
        first_backoff: the longest first wait between them; it doubles.
        settle: waits before each look at the task list, after an answer to a create call was lost; the last is repeated.
        create_deadline: a call that was sent this long ago, and made no task that is in the list, made none.
        queue_interval: between two looks at the ledger while other tasks of the model run.
        unknown_polls: how many answers UNKNOWN in a row end the wait for a task that should be there.
    """

    poll_interval: float | None = None
    attempts: int = 6
    first_backoff: float = 1.0
    settle: tuple[float, ...] = (1.0, 3.0, 6.0, 10.0)
    create_deadline: float = 75.0
    queue_interval: float = 1.0
    unknown_polls: int = 3


@dataclass(frozen=True)
class Event:
    """Something that happened to one submission, for a progress display.

    Attributes:
        number: the submission's number in the ledger; None where it is not of one.
        share: of `stage` that is done, 0 to 1; None where that cannot be known.
    """

    stage: Stage
    number: int | None
    text: str
    share: float | None = None


def _unwatched(event: Event) -> None:
    """Nobody looks."""


@dataclass(frozen=True)
class Surroundings:
    """Everything a flow needs besides the job. The API key is not here: `account` only tells keys apart.

    Attributes:
        region, workspace, base_url: as the user chose them; None leaves them to the job, the environment and the catalog.
        private_urls: whether inputs may be URLs of private addresses.
        look_at_urls: whether input URLs are looked at before anything is sent.
        containment: where files and results are read.
        clock: seconds since the epoch.
    """

    ledger: Ledger
    account: str
    catalog: Catalog = field(default_factory=builtin_catalog)
    region: str | None = None
    workspace: str | None = None
    base_url: str | None = None
    private_urls: bool = False
    look_at_urls: bool = True
    containment: Containment = UNCONTAINED
    pace: Pace = Pace()
    clock: Callable[[], float] = time.time
    random: Callable[[], float] = random.random
    notify: Callable[[Event], None] = _unwatched

    def region_of(self, model: Model, job_region: str | None) -> Region:
        """Where a job goes. Raises UsageError where the model is not served there."""
        return default_region(model, job_region, self.region)

    def endpoint(self, region: str) -> Endpoint:
        """The service in a region. Raises UsageError where it cannot be named."""
        return endpoint_from_environment(self.catalog.provider, region, workspace=self.workspace, base_url=self.base_url)

    def endpoint_of(self, submission: Submission) -> Endpoint:
        """The service a submission belongs to. Raises UsageError where that is not the chosen one: it must not get the key."""
        endpoint = self.endpoint(submission.region)
        if endpoint.base_url != submission.base_url:
            raise UsageError(f"submission {submission.id} belongs to {submission.base_url}; give that as the base URL")
        return endpoint

    def home(self) -> Endpoint:
        """The service where no job says which region: the chosen one, else the provider's first."""
        return self.endpoint(self.region or next(iter(self.catalog.provider.hosts)))

    @property
    def poll_interval(self) -> float:
        return self.pace.poll_interval or self.catalog.provider.polling_interval

    def tell(self, stage: Stage, submission: Submission | None, text: str, share: float | None = None) -> None:
        """Pass an event on to who watches."""
        self.notify(Event(stage, submission.id if submission else None, text, share))
