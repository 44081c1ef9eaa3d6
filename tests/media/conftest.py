"""Media of the probe tests."""

import pytest

from .make import MediaMaker


@pytest.fixture(scope="session")
def make(tmp_path_factory: pytest.TempPathFactory) -> MediaMaker:
    return MediaMaker(tmp_path_factory.mktemp("made"))
