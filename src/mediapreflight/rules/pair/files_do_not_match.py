"""Two files of a job must agree, and do not.

A mask must have the size of its video, a first and a last frame about as many pixels as each other.

Why it matters: the service refuses the job.

Fix: crop, scale or convert one of the two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ...catalog import Interval
from ...catalog.schema import Match
from ...language import say
from ...media.facts import Facts, ImageFacts, VideoFacts, differ, length_of
from ...text import shown
from ..base import Fault, JobCase

LEVEL = "metadata"
FIXABLE = False

# Rates that are written down differently (30000/1001 and 29.97) are the same.
_FPS_TOLERANCE = 0.01


def check(case: JobCase) -> Iterator[Fault]:
    """A fault for each way in which two files differ that must agree; none where either is not measured."""
    for match in case.model.pairs.matches:
        files = [case.inputs[name].facts for name in match.roles if name in case.inputs]
        if len(files) == len(match.roles) and all(map(case.holds, match.when)):
            yield from _differences(case, match, files[0], files[1])
            yield from _quotient(case, match, files[0], files[1])


def _differences(case: JobCase, match: Match, first: Facts, second: Facts) -> Iterator[Fault]:
    for name in match.same:
        values = _VALUES[name](first), _VALUES[name](second)
        if None not in values and not _agree(*values):
            place = {"first": match.roles[0], "second": match.roles[1], "first_value": _words(values[0])}
            yield _fault(
                match,
                say(
                    "{first} has {first_value}, {second} has {second_value}: {model} needs the same {what} in both",
                    **place,
                    second_value=_words(values[1]),
                    model=case.model.id,
                    what=name,
                ),
                measured=_words(values[0]),
                limit=f"== {_words(values[1])}",
            )


def _quotient(case: JobCase, match: Match, first: Facts, second: Facts) -> Iterator[Fault]:
    pixels = [
        facts.width * facts.height for facts in (first, second) if isinstance(facts, _SEEN) and facts.width and facts.height
    ]
    if match.quotient is None or len(pixels) < len(match.roles):
        return
    takes, quotient = Interval.parse(match.quotient), max(pixels) / min(pixels)
    if quotient not in takes:
        yield _fault(
            match,
            say(
                "the pixels of {first} and {second} (width times height) differ by a factor of {quotient}; {model} takes {takes}",
                first=match.roles[0],
                second=match.roles[1],
                quotient=shown(quotient, takes.upper),
                model=case.model.id,
                takes=takes.in_words,
            ),
            measured=quotient,
            limit=str(takes),
        )


def _fault(match: Match, message: str, *, measured: Any, limit: str) -> Fault:
    return Fault(
        severity="error",
        message=message,
        help=say("crop, scale or convert one of the two"),
        measured=measured,
        limit=limit,
        source=match.source,
        role=match.roles[0],
    )


_SEEN = ImageFacts | VideoFacts


def _size(facts: Facts) -> str | None:
    return f"{facts.width}x{facts.height}" if isinstance(facts, _SEEN) and facts.width and facts.height else None


def _fps(facts: Facts) -> float | None:
    return facts.fps if isinstance(facts, VideoFacts) else None


_VALUES: Mapping[str, Callable[[Facts], Any]] = {
    "size": _size,
    "fps": _fps,
    "duration": length_of,
    "format": lambda facts: facts.format,
}


def _agree(first: Any, second: Any) -> bool:
    if isinstance(first, str):
        return bool(first == second)
    return abs(first - second) <= _FPS_TOLERANCE or not differ(first, second)


def _words(value: Any) -> str:
    return value if isinstance(value, str) else shown(value)
