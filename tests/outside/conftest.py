"""One stand-in service for all tests of a process, as new for each."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .here import Here
from .stand_in import StandIn


@pytest.fixture(scope="module", autouse=True)
def _known_files(fixtures_measured_once: None) -> None:
    """Of calls in this process; programs measure for themselves."""


@pytest.fixture(scope="session")
def running_service() -> Iterator[StandIn]:
    with StandIn() as running:
        yield running


@pytest.fixture
def service(running_service: StandIn) -> StandIn:
    running_service.reset()
    return running_service


@pytest.fixture
def here(tmp_path: Path, service: StandIn, monkeypatch: pytest.MonkeyPatch) -> Here:
    return Here(tmp_path, service, monkeypatch)
