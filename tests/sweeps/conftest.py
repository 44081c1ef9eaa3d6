"""What all sweeps of submission share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .desk import Desk, Service


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as running:
        yield running


@pytest.fixture
def desk(service: Service, tmp_path: Path) -> Desk:
    return Desk(tmp_path, service.base_url)
