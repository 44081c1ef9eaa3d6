"""Every exchange ends, and no answer takes more memory than it may: slow bytes, silence, and bodies that unpack to gigabytes."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from .home import Ended, Home
from .stand_in import StandIn

STEPS = ("policy", "upload", "create", "query", "list", "download")
SLOW: dict[str, dict[str, Any]] = {
    "head": {"head_interval": 1.0, "headers": {"X-Padding": "-" * 400}},
    "body": {"body_interval": 1.0},
    "silence": {"delivery": "silent"},
}
LIMIT = 300.0
MEMORY = 400 << 20


def fault(service: StandIn, step: str, **what: Any) -> None:
    """The list is asked only when an answer is lost."""
    if step == "list":
        service.fault("create", delivery="reset unanswered")
    service.fault(step, **what)


def slowly(folder: Path, step: str, what: str) -> tuple[Ended | None, int]:
    """How a submission ended, and how many create calls it took."""
    with StandIn() as service:
        fault(service, step, **SLOW[what])
        home = Home(folder, service)
        plan = [home.wan("one")]
        ended = home.drive("sync", plan, client={"timeout_s": 3.0}, limit=LIMIT)
        return ended, sum(service.creates().values())


CASES = [(step, what) for step in STEPS for what in SLOW if (step, what) != ("upload", "body")]  # that body is empty


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], tuple[Ended | None, int]]:
    folder = tmp_path_factory.mktemp("slow")
    with ThreadPoolExecutor(len(CASES)) as pool:
        ended = pool.map(lambda case: slowly(folder / "-".join(case), *case), CASES)
        return dict(zip(CASES, ended, strict=True))


@pytest.mark.sweep
@pytest.mark.parametrize(("step", "what"), CASES)
def test_slow_bytes_end(slow: dict[tuple[str, str], tuple[Ended | None, int]], step: str, what: str) -> None:
    ended, creates = slow[step, what]
    assert ended is not None, f"it was still waiting after {LIMIT} s"
    assert creates == 1 or (creates == 0 and step in ("policy", "upload"))


ENCODINGS = ("gzip", "deflate", "gzip, gzip", "gzip, gzip, gzip", "deflate, gzip")


@pytest.mark.sweep
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_body_that_unpacks_to_a_gigabyte_is_refused(service: StandIn, tmp_path: Path, encoding: str) -> None:
    judge_bomb(service, tmp_path, "query", encoding)


@pytest.mark.sweep
@pytest.mark.release
@pytest.mark.parametrize("step", ["policy", "upload", "create", "list", "download"])
def test_bombs_at_every_step_are_refused(service: StandIn, tmp_path: Path, step: str) -> None:
    judge_bomb(service, tmp_path, step, "gzip, gzip")


def judge_bomb(service: StandIn, folder: Path, step: str, encoding: str) -> None:
    fault(service, step, gigabytes=1.0, headers={"Content-Encoding": encoding})
    home = Home(folder, service)
    ended = home.drive("sync", [home.wan("one")], limit=120)
    assert ended is not None
    assert ended.peak < MEMORY
    assert sum(service.creates().values()) <= 1
    assert len(service.log(step)) >= 1


@pytest.mark.sweep
def test_the_command_line_ends_too(tmp_path: Path) -> None:
    """A create call that is never answered: looked up after the built-in time, and taken up."""
    with StandIn() as service:
        service.fault("create", delivery="silent")
        ended = Home(tmp_path, service).submit("one", limit=LIMIT)
        assert ended.status == 0, ended.said
        assert service.creates() == {"one": 1}
