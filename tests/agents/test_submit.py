"""Submitting from an agent, to the emulator: nothing without being asked to, nothing twice, nothing of the key."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from mediapreflight.emulator import Emulator, videos

from .client import Agent, connected

KEY = "sk-0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="module")
def service(fixtures: Path) -> Iterator[Emulator]:
    """A service whose videos take no time to make."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(videos, "render", lambda task, target, containment: shutil.copyfile(fixtures / "formats/h264.mp4", target))
        with Emulator(seconds_per_task=0.5, detection="assume", api_key=KEY) as emulator:
            yield emulator


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, fixtures: Path) -> Path:
    folder = tmp_path_factory.mktemp("root").resolve()
    shutil.copy(fixtures / "portrait.jpg", folder)
    shutil.copy(fixtures / "formats/rgb.bmp", folder / "small.bmp")
    return folder


@pytest.fixture(scope="module")
def agent(root: Path, service: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agent]:
    state = tmp_path_factory.mktemp("state")
    log = state / "log"
    variables = {**service.environment, "MEDIAPREFLIGHT_STATE_DIR": str(state)}
    with connected("--allow-submit", "--poll-interval", "0.05", log=log, cwd=root, **variables) as opened:
        yield opened
    assert log.read_text() == ""


@pytest.fixture(autouse=True)
def _key_is_in_no_answer(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = agent.asked

    async def watched(*arguments: Any) -> Any:
        came = await asked(*arguments)
        assert KEY not in repr(came)
        return came

    monkeypatch.setattr(agent, "asked", watched)


def job(prompt: str, *, image: str = "portrait.jpg", **more: Any) -> dict[str, Any]:
    asked = {
        "model": "wan2.6-i2v",
        "inputs": {"image": image, "prompt": prompt},
        "parameters": {"duration": 2},
        "region": "beijing",
    }
    return {**asked, "max_cost": 50, "prices": "any", "out": "videos", **more}


def creates(service: Emulator) -> int:
    return sum(entry["step"] == "create" for entry in service.log)


def test_tools_that_bill_say_so(agent: Agent) -> None:
    submit = agent.tools["submit"]
    assert submit.annotations.open_world_hint is True
    assert submit.annotations.read_only_hint is False
    assert {"max_cost", "out"} <= set(submit.input_schema["required"])
    assert "COSTS MONEY" in submit.description
    assert agent.tools["tasks"].annotations.read_only_hint is True


def test_job_is_sent_once_and_its_video_fetched(agent: Agent, service: Emulator, root: Path) -> None:
    before = creates(service)
    heard: list[str] = []

    async def submit() -> Any:
        async def progress(done: float, total: float | None, message: str | None) -> None:
            heard.append(message or "")

        return await agent.asked("submit", job("once"), progress)

    sent = agent.run(submit).answer
    assert (sent["ok"], sent["status"]) == (True, "SUCCEEDED")
    assert Path(sent["video"]).parent == root / "videos"
    assert heard[-1].startswith("download: ")
    again = agent.ask("submit", **job("once")).answer
    assert (again["task_id"], again["video"]) == (sent["task_id"], sent["video"])
    assert creates(service) == before + 1
    (task,) = agent.ask("tasks", number=sent["number"]).answer["tasks"]
    assert (task["task_id"], task["stage"], task["result"]) == (sent["task_id"], "delivered", sent["video"])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"max_cost": 0.01}, "nothing was sent: "),
        ({"prices": "official"}, "nothing was sent: the cost of wan2.6-i2v is unknown"),
        ({"max_cost": 0}, "$.max_cost"),
        ({"max_cost": "all"}, "$.max_cost"),
        ({"max_cost": 1e400}, "max_cost"),
        ({"max_cost": None}, "$.max_cost"),
        ({"out": "../videos"}, "is outside of "),
        ({"image": "../portrait.jpg"}, "is outside of "),
        ({"prompt": f"my key is {KEY}"}, "holds the API key; nothing was sent"),
        ({"force": True}, "unknown field `force`"),
    ],
)
def test_nothing_is_sent(agent: Agent, service: Emulator, changes: dict[str, Any], said: str) -> None:
    before = len(service.log)
    refusal = agent.ask("submit", **job(**{"prompt": "never", **changes})).refusal
    assert said in refusal
    assert len(service.log) == before


def test_limit_of_the_cost_has_to_be_named(agent: Agent) -> None:
    asked = job("never")
    del asked["max_cost"]
    assert "missing required field `max_cost`" in agent.ask("submit", **asked).refusal


def test_models_that_take_no_jobs(agent: Agent) -> None:
    asked = {"model": "heygen-avatar-video", "inputs": {}, "out": "videos", "max_cost": 1}
    assert "jobs cannot be sent there" in agent.ask("submit", **asked).refusal


def test_files_that_do_not_fit_are_prepared_first(agent: Agent, service: Emulator) -> None:
    sent = agent.ask("submit", **job("prepared", image="small.bmp"), wait=False).answer
    assert (sent["ok"], list(sent["prepared"])) == (True, ["image"])
    assert sent["next"]["tool"] == "submit"
    assert "video" not in sent


def test_call_that_was_given_up_leaves_a_task_that_the_same_call_takes_up(agent: Agent, service: Emulator) -> None:
    before = creates(service)

    async def give_up() -> None:
        with anyio.CancelScope() as scope:

            async def progress(done: float, total: float | None, message: str | None) -> None:
                if (message or "").startswith("wait: "):
                    scope.cancel()

            await agent.asked("submit", job("given up"), progress)
        assert scope.cancelled_caught

    agent.run(give_up)
    (task, *_) = agent.ask("tasks").answer["tasks"]
    assert task["stage"] == "created"
    sent = agent.ask("submit", **job("given up")).answer
    assert (sent["ok"], sent["task_id"]) == (True, task["task_id"])
    assert creates(service) == before + 1


def test_lost_answer_makes_no_second_task(agent: Agent, service: Emulator) -> None:
    before = len(service.tasks)
    service.fail("create", "lost")
    sent = agent.ask("submit", **job("lost")).answer
    assert (sent["ok"], len(service.tasks)) == (True, before + 1)
    assert agent.ask("submit", **job("lost")).answer["task_id"] == sent["task_id"]
    assert len(service.tasks) == before + 1
