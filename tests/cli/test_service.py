"""What is said of jobs that were sent: a line each, and one for all."""

from datetime import UTC, datetime
from typing import Any

import jsonschema
import msgspec
import pytest

from mediapreflight.cli.service import result_line, summary
from mediapreflight.report.style import Style
from mediapreflight.schemas import result_schema
from mediapreflight.submit.dashscope.reading import TaskFacts
from mediapreflight.submit.result import Cost, JobError, JobResult, document

PLAIN = Style()


def result(task: str = "t-1", *, ok: bool = True, amount: float | None = 0.05, earlier: bool = False, **more: Any) -> JobResult:
    exact = None if amount is None else str(amount)
    cost = Cost(amount=amount, exact=exact, currency=None if amount is None else "USD", earlier=earlier)
    return JobResult(
        model="emo-v1",
        ok=ok,
        inputs={"image": "a.png"},
        task_id=task,
        status="SUCCEEDED",
        video="out/a.mp4" if ok else None,
        seconds_billed=4.0,
        cost=cost,
        **more,
    )


def test_what_this_run_was_billed() -> None:
    assert result_line(result(), PLAIN, concise=True) == "emo-v1  a.png  SUCCEEDED  4 s  0.05 USD  -> out/a.mp4\n"
    assert summary([result()], PLAIN) == "1 of 1 job delivered. Billed for the tasks by the documented prices: 0.05 USD.\n"


def test_what_an_earlier_run_was_billed_is_not_billed_again() -> None:
    line = result_line(result(earlier=True, resumed=True), PLAIN, concise=False)
    assert line.splitlines() == [
        "emo-v1  a.png  SUCCEEDED  4 s  billed earlier: 0.05 USD  -> out/a.mp4",
        "  note  submitted by an earlier run; `--again` makes a new task",
    ]
    assert summary([result(earlier=True)], PLAIN) == "1 of 1 job delivered.\n"
    mixed = [result("t-1", earlier=True), result("t-2"), result("t-3")]
    assert summary(mixed, PLAIN) == "3 of 3 jobs delivered. Billed for the tasks by the documented prices: 0.10 USD.\n"


def test_without_a_price_the_seconds_were_billed_earlier_all_the_same() -> None:
    assert "  4 s  billed earlier  -> " in result_line(result(amount=None, earlier=True), PLAIN, concise=True)


def test_a_task_of_two_equal_jobs_is_billed_once() -> None:
    assert "prices: 0.05 USD." in summary([result("t-1"), result("t-1")], PLAIN)


def test_a_paid_job_that_failed_says_that_it_was_billed() -> None:
    failed = result(ok=False, error=JobError(message="cannot be fetched", retry_helps=True))
    assert result_line(failed, PLAIN, concise=False).splitlines() == [
        "emo-v1  a.png  SUCCEEDED  cannot be fetched",
        "  the task was billed anyway: 4 s, 0.05 USD",
        "  the same job can succeed later",
    ]
    assert summary([failed], PLAIN) == "0 of 1 job done. Billed for the tasks by the documented prices: 0.05 USD.\n"


@pytest.mark.parametrize("retry_helps", [False, None])
def test_where_trying_again_may_not_help_nothing_is_said_of_it(retry_helps: bool | None) -> None:
    failed = result(ok=False, error=JobError(message="m", retry_helps=retry_helps))
    assert "later" not in result_line(failed, PLAIN, concise=False)


def test_the_result_document_holds_the_facts_and_is_as_its_schema_says() -> None:
    assert set(TaskFacts.__struct_fields__) <= set(JobResult.__struct_fields__)
    moment = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
    facts = TaskFacts(orig_prompt="a", size="512*640", fps=30.0, SR=720, ratio="1:1", submit_time=moment, usage={"duration": 4})
    results = [result(**facts.facts), result(ok=False, error=JobError(message="m", retry_helps=None))]
    written = msgspec.json.decode(msgspec.json.encode(document(results)))
    jsonschema.validate(written, result_schema())
    job = written["jobs"][0]
    assert (job["orig_prompt"], job["actual_prompt"], job["SR"], job["fps"]) == ("a", None, 720, 30.0)
    assert job["submit_time"] == "2026-02-03T04:05:06Z"


def test_tasks_that_are_left_running_are_sent_and_not_done() -> None:
    running = msgspec.structs.replace(result(), status="PENDING", video=None, seconds_billed=None, cost=Cost())
    assert summary([running], PLAIN) == "1 task running; `mediapreflight tasks resume --out DIR` fetches it.\n"
    # The ledger keeps the folder that was named.
    fetches = "2 tasks running; `mediapreflight tasks resume` fetches them.\n"
    assert summary([running, running], PLAIN, out="out") == fetches
    failed = result(ok=False, error=JobError(message="m"), amount=None)
    assert summary([running, running, failed], PLAIN, out="out") == f"0 of 3 jobs done. {fetches}"
    assert summary([result(amount=None), failed], PLAIN) == "1 of 2 jobs done.\n"


def test_sums_are_exact_and_rounded_once() -> None:
    each = Cost(amount=0.0033, exact="0.003349", currency="USD")
    hundred = [msgspec.structs.replace(result(f"t-{number}"), cost=each) for number in range(100)]
    assert summary(hundred, PLAIN).endswith(" 0.33 USD.\n")
    thousand = [msgspec.structs.replace(result(f"t-{number}"), cost=each) for number in range(1000)]
    assert summary(thousand, PLAIN).endswith(" 3.35 USD.\n")


def test_what_is_resumed_says_no_word_of_earlier_runs() -> None:
    assert "earlier run" in result_line(result(resumed=True), PLAIN, concise=False)
    assert "earlier run" not in result_line(result(resumed=True), PLAIN, concise=False, resuming=True)


def test_what_a_detect_call_found_is_shown_as_json() -> None:
    answered = JobResult(model="m", ok=True, inputs={"image": "a.png"}, status="SUCCEEDED", detected={"pass": True})
    assert result_line(answered, PLAIN, concise=True) == 'm  a.png  SUCCEEDED  {"pass":true}\n'
