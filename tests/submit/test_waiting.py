"""Tasks that have succeeded, and what stands in their answers."""

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from mediapreflight import Job
from mediapreflight.emulator import Emulator
from mediapreflight.emulator import answers as emulated
from mediapreflight.errors import ProtocolError, ResultNotFoundError
from mediapreflight.schemas import SCHEMAS
from mediapreflight.submit.batch import deliver
from mediapreflight.submit.client import AsyncClient, Client
from mediapreflight.submit.pipeline import Order, SubmitOptions, fitting, new_submission
from mediapreflight.submit.result import JobResult, document

from .conftest import creates

COVER = "https://results.example/7f/cover.png?Expires=1790000000&Signature=q%2Fz%3D"


@pytest.fixture
def moved(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[dict[str, Any], str], None]], None]:
    """Lets the stand-in service put results elsewhere: `place(output, url)`."""
    usual = emulated.add_result

    def move(place: Callable[[dict[str, Any], str], None]) -> None:
        def add_result(body: dict[str, Any], task: Any, shape: Any, result: str) -> None:
            usual(body, task, shape, result)
            del body["output"]["video_url"]
            place(body["output"], result)

        monkeypatch.setattr(emulated, "add_result", add_result)

    return move


def test_video_in_a_list_of_results_is_delivered(client: Client, service: Emulator, wan, moved, tmp_path: Path) -> None:
    moved(lambda output, url: output.update(results=[{"video_url": url}]))
    assert client.wait(client.submit(wan()), out=tmp_path).is_file()


def test_answer_without_state_and_task_id_is_that_of_the_task(client: Client, wan, moved, tmp_path: Path) -> None:
    def place(output: dict[str, Any], url: str) -> None:
        output.clear()
        output["video_url"] = url

    moved(place)
    assert client.wait(client.submit(wan()), out=tmp_path).is_file()


def test_task_whose_result_is_not_found_is_paid_and_polled_no_more(
    client: Client, service: Emulator, wan: Callable[..., Job], moved, tmp_path: Path
) -> None:
    moved(lambda output, url: output.update(results=[{"url": COVER}]))
    task = client.submit(wan())
    with pytest.raises(ResultNotFoundError) as caught:
        client.wait(task, out=tmp_path)
    asked = sum(entry["step"] == "query" for entry in service.log)
    error = caught.value
    assert isinstance(error, ProtocolError)
    assert (error.task_id, error.urls) == (task.id, (COVER,))
    (row,) = client.session.ledger.all()
    assert str(error) == (
        f"task {task.id} succeeded and is paid for, but its result is not where it should be; the whole answer is kept, with 1 "
        f"URL in it (results.example/7f/cover.png): `mediapreflight tasks show {row.id}` prints it"
    )
    assert pickle.loads(pickle.dumps(error)).urls == error.urls
    assert (row.stage, row.status, row.seconds_billed) == ("succeeded", "SUCCEEDED", 2.0)
    # The same job is not paid again, and looking again costs one query.
    assert client.submit(wan()).id == task.id
    with pytest.raises(ResultNotFoundError):
        client.wait(task, out=tmp_path)
    assert sum(entry["step"] == "query" for entry in service.log) == asked + 1
    assert creates(service) == 1
    assert not list(tmp_path.glob("*.mp4"))


def test_urls_in_the_message_have_an_end(client: Client, wan, moved, tmp_path: Path) -> None:
    moved(lambda output, url: output.update(text=" ".join(f"https://r.example/{number}?Signature=x" for number in range(9))))
    with pytest.raises(
        ResultNotFoundError, match=r"with 9 URLs in it \(r\.example/0, r\.example/1, r\.example/2, r\.example/3 and 5 more\)"
    ) as caught:
        client.wait(client.submit(wan()), out=tmp_path)
    assert "Signature" not in str(caught.value)
    assert len(caught.value.urls) == 9


def delivered(settings: dict[str, Any], job: Job, out: Path) -> JobResult:
    """One job, registered and delivered by a client of its own."""

    async def all_of_it() -> list[JobResult]:
        async with AsyncClient(**settings) as client:
            entry = new_submission(client.session, job, fitting(client.session, job), SubmitOptions(out=out))
            (row,) = client.session.ledger.register([entry])
            return await deliver(client.session, [Order(job, row)])

    (result,) = anyio.run(all_of_it)
    return result


def test_result_says_what_the_service_said(settings: dict[str, Any], wan: Callable[..., Job], tmp_path: Path) -> None:
    result = delivered(settings, wan(), tmp_path / "out")
    assert (result.orig_prompt, result.SR, result.seconds_billed) == ("take 0", 1080, 2.0)
    assert result.submit_time is not None
    assert result.end_time is not None
    assert result.submit_time < result.end_time
    (job,) = json.loads(_encoded(result))["jobs"]
    assert job["submit_time"].endswith("+08:00")
    assert job["usage"]["duration"] == 2
    assert not result.cost.earlier


def test_result_of_a_job_that_was_done_says_so_in_its_cost(settings: dict[str, Any], wan, service, tmp_path: Path) -> None:
    first = delivered(settings, wan(), tmp_path / "out")
    again = delivered(settings, wan(), tmp_path / "out")
    assert (first.cost.earlier, again.cost.earlier) == (False, True)
    assert (again.video, again.seconds_billed) == (first.video, first.seconds_billed)
    # What the service said is known without asking it again.
    assert (again.orig_prompt, again.end_time, again.usage) == (first.orig_prompt, first.end_time, first.usage)
    assert creates(service) == 1


def test_result_that_is_not_found_is_a_paid_job_that_failed(settings, wan, moved, tmp_path: Path) -> None:
    moved(lambda output, url: output.update(results=[{"url": COVER}]))
    result = delivered(settings, wan(), tmp_path / "out")
    assert (result.ok, result.status, result.seconds_billed) == (False, "SUCCEEDED", 2.0)
    assert result.error is not None
    assert "tasks show" in result.error.message
    assert "Signature" not in _encoded(result)


def _encoded(result: JobResult) -> str:
    import jsonschema
    import msgspec

    text = msgspec.json.encode(document([result])).decode()
    jsonschema.validate(json.loads(text), SCHEMAS["result"]())
    return text
