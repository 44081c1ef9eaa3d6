"""What every test may use: the place of the small media that come with the project."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def fixtures() -> Path:
    return Path(__file__).resolve().parent.parent / "fixtures"
