"""What an answer says of a task: what it made, wherever that stands, and the facts about it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from ..ledger.records import without_secrets
from .reading import Reader, is_web_url, json_table, leaves, moment, name, number

_TEMPLATE_ID = re.compile(r"[A-Za-z0-9_.:-]{1,256}")
# Names under which an answer repeats what was sent.
_SENT = re.compile(r"input|orig|source|ref|driving")
_VIDEOS = (".mp4", ".mov", ".m4v", ".webm", ".mkv", ".avi")
# Beyond the name a model's own page documents.
_SECONDS = ("output_video_duration", "video_duration", "duration")
_MOST_PROMPT = 10_000
_MOST_LINES = 100_000


class TaskFacts(Struct, frozen=True, kw_only=True):
    """What an answer says of a task besides its state and result. None where it does not say.

    Attributes:
        orig_prompt, actual_prompt: the text that was sent, and what the service made of it.
        size, ratio: of the video, in the words of the service: `1920x1080`, `1:1`, `standard`.
        fps: frames a second.
        SR: the resolution class: 480, 720, 1080.
        submit_time, scheduled_time, end_time: with the offset from UTC.
        usage: what was billed, as it came.
    """

    orig_prompt: str | None = None
    actual_prompt: str | None = None
    size: str | None = None
    fps: float | None = None
    SR: int | None = None
    ratio: str | None = None
    submit_time: datetime | None = None
    scheduled_time: datetime | None = None
    end_time: datetime | None = None
    usage: dict[str, Any] = {}

    @property
    def facts(self) -> dict[str, Any]:
        """All of them, by name."""
        return {field: getattr(self, field) for field in TaskFacts.__struct_fields__}


def facts_in(body: Reader) -> TaskFacts:
    """The facts of an answer, wherever they stand in it; of several of a name, the one nearest to the top."""
    usage = usage_in(body)
    found: dict[str, Any] = {}
    for key, value in leaves({**body.document, "usage": usage}):
        if value is not None and value != "":
            found.setdefault(key, value)
    return TaskFacts(
        orig_prompt=_prompt(found.get("orig_prompt", found.get("origin_prompt"))),
        actual_prompt=_prompt(found.get("actual_prompt")),
        size=name(found.get("size")) or None,
        fps=number(found.get("fps")),
        SR=_resolution(found.get("SR")),
        ratio=name(found.get("video_ratio", found.get("ratio"))) or None,
        submit_time=moment(found.get("submit_time")),
        scheduled_time=moment(found.get("scheduled_time")),
        end_time=moment(found.get("end_time")),
        usage=usage,
    )


def facts_of_record(record: Mapping[str, Any] | None) -> TaskFacts:
    """The facts that were kept of a task by `record_of`; none where the record holds something else."""
    try:
        return msgspec.convert(record or {}, TaskFacts)
    except msgspec.ValidationError:
        return TaskFacts()


def record_of(facts: TaskFacts) -> dict[str, Any]:
    """The facts as JSON, for the ledger: what is known, and no signed URL."""
    known = {key: value for key, value in facts.facts.items() if value is not None and value != {}}
    record: dict[str, Any] = without_secrets(msgspec.to_builtins(known))
    return record


def usage_in(body: Reader) -> dict[str, Any]:
    """What was billed, also where it is written as JSON text or stands in the output."""
    found = next(filter(None, (body.value(path) for path in ("usage", "output.usage"))), None)
    if isinstance(found, str):
        return json_table(found)
    return found if isinstance(found, dict) else {}


def seconds_in(body: Reader, documented: tuple[str, ...]) -> float | None:
    """The billed seconds: at the first of the documented paths that has them, else under any name documented elsewhere."""
    usage = usage_in(body)
    told = Reader({**body.document, "usage": usage}, body.status, body.request_id)
    found = (*map(told.number, documented), *(number(usage.get(key)) for key in _SECONDS))
    return next((seconds for seconds in found if seconds is not None), None)


def result_in(body: Reader, documented: str) -> str | None:
    """What a task made: a URL where the documented path names one, else an id. None where it is not found.

    It is looked for at the documented path; else, anywhere in the answer, under the same name. A video is also looked for under
    any name that ends in `video_url`, and then under any name, by a path that ends as a video's does. What is nearest to the
    top counts. Where the answer repeats what was sent, by the names of tables and values, is left out.
    """
    own = documented.rpartition(".")[2]
    is_video = own.endswith("url")
    fits = is_web_url if is_video else _is_template_id
    found = body.value(documented)
    if fits(found):
        return str(found)
    texts = [(key, text) for key, text in leaves(body.document, skip=_SENT) if fits(text)]
    places: tuple[Callable[[str, str], bool], ...] = (
        lambda key, text: key == own,
        lambda key, text: is_video and key.endswith("video_url"),
        lambda key, text: is_video and urlsplit(text).path.lower().endswith(_VIDEOS),
    )
    return next((text for is_it in places for key, text in texts if is_it(key, text)), None)


def _is_template_id(value: Any) -> bool:
    return isinstance(value, str) and _TEMPLATE_ID.fullmatch(value) is not None


def _resolution(value: Any) -> int | None:
    """720, also from `720` and `720P` as text."""
    found = number(value.rstrip("Pp") if isinstance(value, str) else value)
    return int(found) if found is not None and found <= _MOST_LINES else None


def _prompt(value: Any) -> str | None:
    return value[:_MOST_PROMPT] if isinstance(value, str) else None
