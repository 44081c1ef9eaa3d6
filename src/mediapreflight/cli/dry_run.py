"""`submit --dry-run`: print each request that would be made; send nothing."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from ..language import say, tr, tr_many, translated
from ..text import plain
from . import FINDINGS, OK
from .output import style_of, write
from .service import mask_of_key, refuse_cost

if TYPE_CHECKING:
    from ..submit.forecast import Estimate
    from ..submit.pipeline import Candidate, Order, SubmitOptions
    from ..submit.rehearsal import Rehearsed
    from ..submit.session import Session

_PREPARED_FIRST = say(
    "its files would be prepared first, but these requests show files, boxes and cost as they are now; "
    "for what would be sent, run `mediapreflight prepare`, and make a dry run of its prepared.json"
)


class _Shown(NamedTuple):
    """What would be sent for a job, and what it would cost."""

    order: Order
    estimate: Estimate
    found: Rehearsed


def rehearse(options: argparse.Namespace, session: Session, several: Sequence[Candidate], chosen: SubmitOptions) -> int:
    """Print the requests; status 1 if a job would not be sent. Raises UsageError if they would cost too much."""
    mask = mask_of_key()
    shown = [(each, _rehearsed(session, each, chosen)) for each in several]
    if options.output_format == "json":
        jobs = [_record(candidate, each, mask) for candidate, each in shown]
        document = {"dry_run": True, "ok": all(job["ok"] for job in jobs), "jobs": jobs}
        write(options, [msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"])
    else:
        write(options, (line for candidate, each in shown for line in _lines(options, candidate, each, mask)))
    refuse_cost(options, [each.estimate for _, each in shown if each is not None])
    return OK if all(each is not None for _, each in shown) else FINDINGS


def _rehearsed(session: Session, candidate: Candidate, chosen: SubmitOptions) -> _Shown | None:
    """None if the job would not be sent."""
    from ..submit.pipeline import estimated, order_of
    from ..submit.rehearsal import rehearsed, rehearsed_detection

    if candidate.refusal is not None and not (chosen.prepare and candidate.can_be_prepared):
        return None
    is_prepared_first = candidate.refusal is not None
    order = order_of(session, candidate, chosen)
    estimate = estimated(session, candidate.job, candidate.report, chosen)
    if order.entry is None:
        found = rehearsed_detection(session, candidate.job, chosen.ratio)
    else:
        # A job with other files is another job.
        found = rehearsed(session, order.entry, candidate.job, again=chosen.again or is_prepared_first)
    return _Shown(order, estimate, found)


def _record(candidate: Candidate, shown: _Shown | None, mask: Callable[[str], str]) -> dict[str, Any]:
    from ..submit.forecast import in_words
    from ..submit.rehearsal import as_dict, masked

    if shown is None:
        return {"model": candidate.job.model, "ok": False, "error": mask(str(candidate.refusal)), "requests": []}
    order, estimate, found = shown
    return {
        "model": candidate.job.model,
        "ok": True,
        "prepared_first": candidate.refusal is not None,
        "submitted_earlier": {"number": found.earlier.id, "stage": found.earlier.stage} if found.earlier else None,
        "estimate": in_words([estimate]),
        "expected": order.expected,
        "requests": [as_dict(masked(request, mask)) for request in found.requests],
    }


def _lines(options: argparse.Namespace, candidate: Candidate, shown: _Shown | None, mask: Callable[[str], str]) -> Iterator[str]:
    """A job as text or curl commands. A line about the job is a shell comment, whatever it contains."""
    from ..submit.rehearsal import as_curl, as_text, masked

    if shown is None:
        not_sent = style_of(options)(tr("not sent"), "red", "bold")
        yield f"# {plain(mask(candidate.job.model))}: {not_sent}: {plain(mask(translated(str(candidate.refusal))))}\n"
        return
    yield from (f"# {plain(mask(line))}\n" for line in _head(candidate, shown))
    show = as_curl if options.output_format == "curl" else as_text
    for request in shown.found.requests:
        yield show(masked(request, mask)) + "\n\n"


def _head(candidate: Candidate, shown: _Shown) -> Iterator[str]:
    from ..submit.forecast import in_words

    order, estimate, found = shown
    yield tr_many(
        "{model}: {count} request; estimate: {cost}",
        "{model}: {count} requests; estimate: {cost}",
        len(found.requests),
        model=candidate.job.model,
        cost=in_words([estimate]),
    )
    if order.expected is not None and order.expected.in_words:
        yield tr("expected: {output}", output=order.expected.in_words)
    if candidate.refusal is not None:
        yield translated(_PREPARED_FIRST)
    if found.earlier is not None:
        number, stage = found.earlier.id, found.earlier.stage
        if stage == "ready":
            yield tr("an earlier run recorded it as submission {number}, but did not send it", number=number)
        else:
            yield tr(
                "an earlier run submitted it as number {number} ({stage}); it is not billed again; `--again` makes a new task",
                number=number,
                stage=stage,
            )
