"""One server for all tests of a module, which sends nothing anywhere, and somebody who uses it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from mediapreflight.studio.limits import Space
from mediapreflight.studio.sending import Account
from mediapreflight.studio.service import Studio
from mediapreflight.submit.http.key import ApiKey

from .visitor import Visitor

Open = Callable[..., Visitor]


@pytest.fixture(scope="module")
def nowhere(tmp_path_factory: pytest.TempPathFactory) -> Account:
    """An account at a service that does not answer."""
    folder = tmp_path_factory.mktemp("account")
    return Account(ApiKey("sk-of-nobody"), folder / "videos", base_url="http://127.0.0.1:9/api/v1", ledger=folder / "ledger")


@pytest.fixture(scope="module")
def sessions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the sessions of the servers lie."""
    return tmp_path_factory.mktemp("sessions")


@pytest.fixture(scope="module")
def visitor(nowhere: Account, sessions: Path) -> Iterator[Visitor]:
    with Studio(nowhere, folder=sessions) as studio:
        visitor = Visitor(studio.address)
        yield visitor
        visitor.close()


@pytest.fixture
def opened(nowhere: Account, tmp_path: Path) -> Iterator[Open]:
    """Opens a server with little space, in a folder of its own."""
    with ExitStack() as stack:

        def open_(**space: int) -> Visitor:
            studio = stack.enter_context(Studio(nowhere, folder=tmp_path, space=Space(**space)))
            visitor = Visitor(studio.address)
            stack.callback(visitor.close)
            return visitor

        yield open_
