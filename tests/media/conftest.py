"""Media of the probe tests, and patience for slow machines."""

import pytest
from hypothesis import HealthCheck, settings

from .make import MediaMaker

settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture(scope="session")
def make(tmp_path_factory: pytest.TempPathFactory) -> MediaMaker:
    return MediaMaker(tmp_path_factory.mktemp("made"))
