"""The facts of a task, on their way into the ledger and back."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest

from mediapreflight.submit.dashscope.reading import TaskFacts, facts_of_record, record_of

MOMENT = datetime(2026, 2, 3, 4, 5, 6, 789000, tzinfo=timezone(timedelta(hours=8)))


@pytest.mark.parametrize(
    "facts",
    [
        TaskFacts(),
        TaskFacts(orig_prompt="", actual_prompt="雨\n\x1b"),
        TaskFacts(size="1x1", fps=0.0, SR=0, ratio="standard", usage={"duration": 5, "a": [None, {"b": 1.5}]}),
        TaskFacts(submit_time=MOMENT, scheduled_time=MOMENT.astimezone(UTC), end_time=MOMENT),
    ],
)
def test_they_come_back_as_they_were(facts: TaskFacts) -> None:
    record = record_of(facts)
    assert facts_of_record(msgspec.json.decode(msgspec.json.encode(record))) == facts
    assert not any(value is None for value in record.values())


def test_no_signed_url_is_kept() -> None:
    signed = TaskFacts(orig_prompt="like https://a.example/b.png?Signature=x", usage={"of": ["https://a.example/c?Signature=x"]})
    assert "Signature" not in str(record_of(signed))


@pytest.mark.parametrize(
    "record", [None, {}, {"output": {"task_id": "t"}, "usage": {}}, {"fps": "fast"}, {"usage": [1]}], ids=str
)
def test_a_record_of_something_else_has_none(record: dict[str, Any] | None) -> None:
    assert facts_of_record(record) == TaskFacts()
