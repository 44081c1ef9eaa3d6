"""Read untrusted JSON: valid values or none; and the facts about a task in an answer."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from ...catalog import builtin_catalog
from ...errors import ProtocolError
from ...language import say
from ...text import plain
from ..ledger.records import without_secrets

MOST_OF_A_NAME = 128

_MOST_WORDS = 500
_MOST_COUNTED = 2**63
_URL = re.compile(r"https?://[^\s\"'<>\\^`{|}]+")


@dataclass(frozen=True)
class Reader:
    """A JSON table, read by dotted paths. A required value that is missing or invalid is a ProtocolError."""

    document: Mapping[str, Any]
    status: int
    request_id: str

    def unclear(self, reason: str) -> ProtocolError:
        """The error for an answer that cannot be understood, to be raised."""
        message = say("the answer of the service cannot be understood: {reason}", reason=reason)
        return ProtocolError("", message, status=self.status, request_id=self.request_id)

    def useless(self, path: str) -> ProtocolError:
        """The error for a value that has to be there."""
        return self.unclear(say("{path} is missing or cannot be used", path=path))

    def value(self, path: str) -> Any:
        """The value at a dotted path; None if there is none."""
        found: Any = self.document
        for part in path.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        return found

    def table(self, path: str) -> dict[str, Any]:
        """The object at a path; empty if there is none."""
        found = self.value(path)
        return found if isinstance(found, dict) else {}

    def words(self, path: str, most: int = _MOST_WORDS) -> str:
        """Text for people at a path, on one line; empty if there is none."""
        return words(self.value(path), most)

    def text(self, path: str) -> str:
        """Text for the protocol at a path: printable, and not empty."""
        found = self.value(path)
        text = str(found).lower() if isinstance(found, bool) else found
        if not isinstance(text, str) or not text or not text.isprintable():
            raise self.useless(path)
        return text

    def number(self, path: str) -> float | None:
        """A number of zero or more at a path, also if written as text; None if there is none."""
        return number(self.value(path))

    def count(self, path: str) -> int | None:
        """A whole number of zero or more at a path, also if written as text; None if there is none."""
        found = self.number(path)
        return int(found) if found is not None and found.is_integer() and found <= _MOST_COUNTED else None

    def name(self, path: str) -> str:
        """An identifier at a path, as text; empty if there is none."""
        return name(self.value(path))

    def matching(self, pattern: re.Pattern[str], *paths: str) -> str:
        """The first text at these paths that matches a pattern completely; empty if there is none."""
        texts = (self.value(path) for path in paths)
        return next((text for text in texts if isinstance(text, str) and pattern.fullmatch(text)), "")


def json_table(body: bytes | str) -> dict[str, Any]:
    """The JSON object of a body; empty if it is not one. Halves of surrogate pairs and NaN are not JSON here."""
    try:
        document = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def leaves(value: Any, *, skip: re.Pattern[str] | None = None) -> Iterator[tuple[str, Any]]:
    """Every value in a JSON document that is not a table or list, with its name, those nearest to the top first.

    Args:
        skip: tables, lists and values with this prefix in their name are left out. Items of a list have the list's name.
    """
    level: list[tuple[str, Any]] = [("", value)]
    while level:
        deeper: list[tuple[str, Any]] = []
        for key, inner in level:
            if isinstance(inner, dict):
                deeper += ((below, item) for below, item in inner.items() if skip is None or not skip.match(below))
            elif isinstance(inner, list):
                deeper += ((key, item) for item in inner)
            else:
                yield key, inner
        level = deeper


def urls_in(value: Any) -> tuple[str, ...]:
    """Every http(s) URL in a JSON document, complete, each once."""
    texts = (text for _, text in leaves(value) if isinstance(text, str))
    return tuple(dict.fromkeys(url for text in texts for url in _URL.findall(text) if is_web_url(url)))


def is_web_url(value: Any) -> bool:
    """Whether a value is an http(s) URL that can be fetched."""
    if not isinstance(value, str) or " " in value or not value.isprintable():
        return False
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def words(value: Any, most: int = _MOST_WORDS) -> str:
    """Text for people, on one line; empty if the value is not text."""
    return plain(" ".join(value[: 4 * most].split()))[:most] if isinstance(value, str) else ""


def name(value: Any) -> str:
    """An identifier: text, or a whole number; empty if the value is neither."""
    return words(str(value) if type(value) is int and abs(value) < _MOST_COUNTED else value, MOST_OF_A_NAME)


def number(value: Any) -> float | None:
    """A number of zero or more, also if it is written as text; None if the value is not one."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) and found >= 0 else None


def http_date(text: str) -> float | None:
    """The time of an HTTP date, in seconds since 1970; None if the text is not one."""
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (TypeError, ValueError, OverflowError, IndexError):
        return None


def moment(value: Any) -> datetime | None:
    """A time of the service: `2026-03-15 10:20:30.123`, in the service's zone if it names none, or milliseconds since 1970."""
    try:
        milliseconds = number(value)
        if milliseconds is not None:
            return datetime.fromtimestamp(milliseconds / 1000, builtin_catalog().terms.clock)
        found = datetime.fromisoformat(value)
        found = found if found.tzinfo else found.replace(tzinfo=builtin_catalog().terms.clock)
        # Times near the ends of the calendar have no place on the clock.
        found.timestamp()
    except (TypeError, ValueError, OverflowError, OSError):
        return None
    return found


# --- what an answer says about a task

_TEMPLATE_ID = re.compile(r"[A-Za-z0-9_.:-]{1,256}")
# Names under which an answer repeats values of the request.
_SENT = re.compile(r"input|orig|source|ref|driving")
_VIDEOS = (".mp4", ".mov", ".m4v", ".webm", ".mkv", ".avi")
# Besides the name that a model's own page documents.
_SECONDS = ("output_video_duration", "video_duration", "duration")
_MOST_PROMPT = 10_000
_MOST_LINES = 100_000


class TaskFacts(Struct, frozen=True, kw_only=True):
    """What an answer says about a task besides its state and result. None if it does not say.

    Attributes:
        orig_prompt, actual_prompt: the text that was sent, and the service's version of it.
        size, ratio: of the video, as the service writes it: `1920x1080`, `1:1`, `standard`.
        fps: frames a second.
        SR: the resolution class: 480, 720, 1080.
        submit_time, scheduled_time, end_time: with the offset from UTC.
        usage: what was billed, unchanged.
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
    """The facts of an answer, wherever they are in it; of several with one name, the one nearest to the top."""
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
    """The facts of a task that `record_of` wrote; none if the record contains something else."""
    try:
        return msgspec.convert(record or {}, TaskFacts)
    except msgspec.ValidationError:
        return TaskFacts()


def record_of(facts: TaskFacts) -> dict[str, Any]:
    """The known facts as JSON, for the ledger, without signed URLs."""
    known = {key: value for key, value in facts.facts.items() if value is not None and value != {}}
    record: dict[str, Any] = without_secrets(msgspec.to_builtins(known))
    return record


def usage_in(body: Reader) -> dict[str, Any]:
    """What was billed, also if it is written as JSON text or is in the output."""
    found = next(filter(None, (body.value(path) for path in ("usage", "output.usage"))), None)
    if isinstance(found, str):
        return json_table(found)
    return found if isinstance(found, dict) else {}


def seconds_in(body: Reader, documented: tuple[str, ...]) -> float | None:
    """The billed seconds: at the first documented path that has them, else under any other documented name."""
    usage = usage_in(body)
    told = Reader({**body.document, "usage": usage}, body.status, body.request_id)
    found = (*map(told.number, documented), *(number(usage.get(key)) for key in _SECONDS))
    return next((seconds for seconds in found if seconds is not None), None)


def result_in(body: Reader, documented: str) -> str | None:
    """The result of a task: a URL if the documented path names one, else an id. None if it is not found.

    It is searched at the documented path; else anywhere in the answer under the same name. A video is also searched under
    any name that ends in `video_url`, and then under any name, by a URL path that ends like a video's. The value nearest to the
    top counts. Parts that repeat the request, by the names of tables and values, are left out.
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
