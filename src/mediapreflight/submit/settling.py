"""Find out whether a create call whose answer was lost made a task, by the service's task list and the service's clock.

The list is read before a create call is sent (`Before`). A new task in it afterwards may be the call's task, unless the ledger
knows it as another's, or another key made it. Exactly one such task is used. Otherwise the submission stays `unclear`:
a missing task proves nothing, because the list and the service may be late, so the call is never sent again from here. Only an
error of the service itself, and a completely read list without a task, prove that none was made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, repeat
from typing import Any, Literal

from ..errors import KeyRefusedError, ServiceError, TaskExpiredError, TransportError, UnclearTaskError
from ..language import say
from .calls import Service, ask, query_rate
from .dashscope.answers import ListedTask, TaskAnswer, parse_list
from .dashscope.endpoint import Endpoint
from .dashscope.requests import list_request
from .ledger import Key, Submission
from .session import Session

# HTTP dates have whole seconds, and the clocks of the service's machines may differ.
_CLOCK_TOLERANCE_S = 3.0
# The list may show a task this much later than it was made. `Pace.settle_time` is no shorter.
LAG_S = 120.0
# The longest time until a call makes its task, and the list shows it.
_LATEST_S = 300.0
_PAGE_SIZE = 50
_SMALLEST_PAGE = 10
_MOST_PAGES = 200
# The largest number of possible tasks in a message.
_MOST_NAMED = 10
_MOST_TASKS = _MOST_PAGES * _PAGE_SIZE

_Fit = Literal["no", "maybe", "yes"]


@dataclass(frozen=True)
class TaskList:
    """The account's tasks. `is_whole`: all of them were read; `is_counted`: the service says how many there are."""

    tasks: tuple[ListedTask, ...]
    is_whole: bool
    is_counted: bool


@dataclass(frozen=True)
class Before:
    """The tasks of a model just before a create call: their ids, and who made them."""

    ids: frozenset[str]
    makers: frozenset[str]

    @classmethod
    def of(cls, submission: Submission) -> Before | None:
        """The ledger's record of it; None if the list could not be read."""
        record = submission.before
        return None if record is None else cls(frozenset(record.get("ids", ())), frozenset(record.get("makers", ())))

    def record(self) -> dict[str, Any]:
        """The form for the ledger."""
        return {"ids": sorted(self.ids), "makers": sorted(self.makers)}


@dataclass(frozen=True)
class _Look:
    """The result of reading the list once.

    Attributes:
        own: the submission's task.
        possible: tasks that may be its own.
        finds_none: whether the list was read completely, and has no task that could be its own by the time.
        shows_none: whether it also has no new task of any time and model.
        names_others: whether `reason` names tasks without a known owner.
        reason: why this does not settle the submission.
    """

    own: ListedTask | None = None
    possible: tuple[ListedTask, ...] = ()
    finds_none: bool = False
    shows_none: bool = False
    names_others: bool = False
    reason: str = ""


async def tasks_before(service: Service) -> Before | None:
    """Read the task list before a create call is sent; None if it cannot be read completely. Raises KeyRefusedError."""
    try:
        found = await _kept_tasks(service)
    except KeyRefusedError:
        raise
    except (ServiceError, TransportError):
        return None
    await _own_makers(service, found.tasks)
    makers = frozenset(maker for task in found.tasks for maker in _makers(task))
    return Before(frozenset(task.task_id for task in found.tasks), makers) if found.is_whole else None


async def settle(service: Service, submission: Submission, *, began: float | None = None, failed: bool = False) -> Submission:
    """Look for the task of a create call whose answer was lost.

    Args:
        began: when it was sent, by `Session.elapsed`; None if that was in an earlier run.
        failed: whether the service itself answered that it failed.

    Returns the submission in the stage `created`, or, if the service failed and made no task, in the stage `ready`.
    Raises UnclearTaskError, with the submission in the stage `unclear`; TaskExpiredError, with the submission `failed`, once the
    service no longer keeps the task; and KeyRefusedError.
    """
    session = service.session
    session.tell(
        "settle",
        submission,
        say("the answer was lost; looking for its task, for up to {settle_time:.0f} s", settle_time=session.pace.settle_time),
    )
    look = _Look()
    for pause in _pauses(session, submission, just_sent=began is not None):
        await session.sleep(pause)
        look = await _looked(service, submission, just_sent=began is not None)
        now = session.service_clock.now()
        if began is not None and submission.sent_at is None and now is not None:
            # No answer before the call had a time.
            sent_at = now - (session.elapsed() - began)
            submission = await session.run(session.ledger.dated, submission.id, sent_at)
            look = await _looked(service, submission, just_sent=True)
        if look.own is not None:
            return await recorded(session, submission, look.own)
        if len(look.possible) > 1:
            break
    if failed and look.shows_none:
        return await session.run(session.ledger.not_created, submission.id)
    if look.finds_none and began is None and _is_forgotten(session, submission):
        message = say(
            "it is not known whether a task was created, and the service has deleted its record, which it keeps for 24 h"
        )
        await session.run(session.ledger.failed, submission.id, None, "Unclear", message)
        raise TaskExpiredError(say("submission {submission}: {message}", submission=submission.id, message=message))
    await session.run(session.ledger.unclear, submission.id, look.reason)
    raise UnclearTaskError(_advice(submission, look), tuple(task.task_id for task in look.possible))


async def recorded(session: Session, submission: Submission, task: TaskAnswer | ListedTask) -> Submission:
    """Record that a task is the submission's own."""
    made = task.created if isinstance(task, ListedTask) else None
    at = session.service_clock.now() if made is None else made
    status = task.status or None
    return await session.run(
        session.ledger.created, submission.id, task.task_id, task.request_id, status, at, is_found=isinstance(task, ListedTask)
    )


async def ensure_own(session: Session, submission: Submission, answer: TaskAnswer) -> None:
    """Give up a task that was found in the list and turns out to be another job's. Raises UnclearTaskError then."""
    before = Before.of(submission)
    if before is None or not _has_other_prompt(submission, answer):
        return
    without = Before(before.ids | {submission.task_id or ""}, before.makers)
    reason = say("task {task_id}, which looked like its own, has another prompt", task_id=submission.task_id)
    await session.run(session.ledger.unclear, submission.id, reason, without.record())
    raise UnclearTaskError(_advice(submission, _Look(reason=reason)))


def _advice(submission: Submission, look: _Look) -> str:
    ways = say("`mediapreflight tasks resume` looks again")
    if look.possible or look.names_others:
        ways = say(
            "{ways}, `mediapreflight tasks adopt {submission} TASK_ID` connects one with it", ways=ways, submission=submission.id
        )
    return say(
        "it is not known whether submission {submission} created a task: the answer to its create call was "
        "lost, and {reason}; {ways}; `--again` submits the job once more, and you may pay for it twice",
        submission=submission.id,
        reason=look.reason,
        ways=ways,
    )


def _pauses(session: Session, submission: Submission, *, just_sent: bool) -> Iterator[float]:
    """The waits before each reading: several, but only one if the call is of an earlier run and its task would have been there
    long ago. After a call that was just sent, the service's clock does not shorten them: it may jump.
    """
    pace, began, waited = session.pace, session.elapsed(), 0.0
    for pause in chain(pace.settle, repeat(pace.settle[-1])):
        yield pause
        waited += pause
        is_long_ago = not just_sent and (_age(session, submission) or 0.0) > _LATEST_S
        if is_long_ago or max(waited, session.elapsed() - began) >= pace.settle_time:
            return


def _age(session: Session, submission: Submission) -> float | None:
    """Seconds since the create call was sent, by the service's clock; None if that is not known."""
    now = session.service_clock.now()
    return None if now is None or submission.sent_at is None else now - submission.sent_at


def _is_forgotten(session: Session, submission: Submission) -> bool:
    """Whether the service no longer keeps the call's task: by its own clock and by this machine's, because either may jump."""
    ages = _age(session, submission) or 0.0, session.clock() - submission.registered_at
    return min(ages) > session.catalog.terms.task_lifetime


# --- reading the list


async def read_list(session: Session, endpoint: Endpoint, *, repeatable: bool, **asked: Any) -> TaskList:
    """All tasks in the list, up to a limit. Raises ServiceError and TransportError.

    Rows are distinguished by their task ids: pages may overlap, repeat, and come in any order and size.

    `repeatable`: whether a page that cannot be read is requested again. `asked`: as `list_request` takes it.
    """
    tasks: dict[str, ListedTask] = {}
    has_gaps, said, is_counted = False, 0, True
    for number in range(1, _MOST_PAGES + 1):
        request = list_request(endpoint, page_no=number, page_size=_PAGE_SIZE, **asked)
        page = await ask(session, request, query_rate(session, endpoint), parse_list, repeatable=repeatable)
        new = {task.task_id: task for task in page.tasks if task.task_id not in tasks}
        tasks |= new
        has_gaps, said = has_gaps or page.gaps > 0, max(said, page.total or 0)
        is_counted = is_counted and page.total is not None
        # The totals and page counts in the answer may be wrong; a page with nothing new, or a short last one, is the end.
        is_last = len(page.tasks) < _SMALLEST_PAGE and len(tasks) >= said and number >= (page.total_page or 0)
        if not new or is_last:
            return TaskList(tuple(tasks.values()), is_whole=len(tasks) >= said and not has_gaps, is_counted=is_counted)
        if len(tasks) >= _MOST_TASKS:
            break
    return TaskList(tuple(tasks.values()), is_whole=False, is_counted=is_counted)


async def _kept_tasks(service: Service) -> TaskList:
    """All tasks of a model that the service keeps."""
    return await read_list(service.session, service.endpoint, repeatable=False, model_name=service.sent_as)


async def _looked(service: Service, submission: Submission, *, just_sent: bool) -> _Look:
    """Read the list once."""
    try:
        kept = await _kept_tasks(service)
    except KeyRefusedError:
        raise
    except (ServiceError, TransportError) as error:
        return _Look(reason=say("the task list could not be read ({error})", error=error))
    own = await _own_makers(service, kept.tasks)
    unclaimed = await _unclaimed(service, submission, kept.tasks, own)
    fits = await _fits(service, submission, unclaimed, own, is_fresh=False)
    age = _age(service.session, submission)
    if "yes" not in fits.values() and (just_sent or (age is not None and age <= _LATEST_S)):
        fits |= await _fits(service, submission, unclaimed, own, is_fresh=True)
    if fits:
        return _look_at(fits, unclaimed)
    if not kept.is_whole:
        return _Look(reason=say("the task list did not show all its tasks"))
    return replace(_look_at(fits, unclaimed), finds_none=True, shows_none=kept.is_counted and not unclaimed)


def _look_at(fits: Mapping[ListedTask, _Fit], unclaimed: Sequence[ListedTask]) -> _Look:
    possible = tuple(fits)
    ids = ", ".join(task.task_id for task in possible)
    if len(possible) > 1:
        return _Look(possible=possible, reason=say("each of these tasks could be its own: {ids}", ids=ids))
    if possible and fits[possible[0]] == "yes":
        return _Look(own=possible[0])
    if possible:
        return _Look(possible=possible, reason=say("task {ids} could be its own, or that of another key or program", ids=ids))
    # A service whose clocks disagree may date its task at another time, or call its model otherwise; only the user can tell.
    others = ", ".join(task.task_id for task in unclaimed[:_MOST_NAMED])
    reason = say("the task list shows no task of its own")
    if others:
        reason = say("{reason}, only {others}, created at another time or of another model", reason=reason, others=others)
    return _Look(names_others=bool(others), reason=reason)


# --- whose task it is


async def _unclaimed(
    service: Service, submission: Submission, tasks: Sequence[ListedTask], own: frozenset[str]
) -> list[ListedTask]:
    """The tasks that are new since before the call, belong to no other submission in the ledger, and are of no other key."""
    known = await service.session.run(service.session.ledger.known_tasks, [task.task_id for task in tasks])
    before = Before.of(submission)
    old = before.ids if before else frozenset()
    return [task for task in tasks if task.task_id not in known and task.task_id not in old and not _is_foreign(task, own)]


async def _fits(
    service: Service, submission: Submission, tasks: Sequence[ListedTask], own: frozenset[str], *, is_fresh: bool
) -> dict[ListedTask, _Fit]:
    """The tasks that may be the submission's own, and whether they certainly are.

    `is_fresh`: whether new tasks in the list were made just now: the call was recent, and the list has all tasks.
    """
    before, sent_as = Before.of(submission), service.sent_as
    seen = (before.makers if before else frozenset()).union(*map(_makers, tasks))
    fits: dict[ListedTask, _Fit] = {}
    for task in tasks:
        if task.model_name not in ("", sent_as):
            continue
        fit = _by_time(task, submission.sent_at, before, is_fresh)
        if fit == "yes" and not own and before is not None and _are_several(seen) and _makers(task) & before.makers:
            # It is not known which of the keys is ours, and this one made tasks before.
            fit = "maybe"
        if fit != "no" and not (await _is_of_other_prompt(service, submission, task)):
            fits[task] = fit
        if len(fits) == _MOST_NAMED:
            break
    return fits


def _by_time(task: ListedTask, sent_at: float | None, before: Before | None, is_fresh: bool) -> _Fit:
    """Whether a task can be from a call, by the time it was made and when the list first showed it."""
    made = task.created or task.start
    late = None if made is None or sent_at is None else made - sent_at
    if late is not None and -_CLOCK_TOLERANCE_S <= late <= _LATEST_S:
        return "yes"
    if late is not None and (-LAG_S <= late < 0 or before is None):
        return "no"
    if before is not None and is_fresh:
        # Independent of the service's clocks, which may differ.
        return "yes"
    return "maybe" if late is None else "no"


def _makers(task: ListedTask) -> frozenset[str]:
    """Who made a task, as far as the list says: the key, and the user."""
    named = (("key", task.api_key_id), ("user", task.caller_uid))
    return frozenset(f"{kind} {name}" for kind, name in named if name)


def _are_several(makers: frozenset[str]) -> bool:
    """Whether more than one key, or more than one user, is among them."""
    kinds = [maker.partition(" ")[0] for maker in makers]
    return len(kinds) > len(set(kinds))


def _is_foreign(task: ListedTask, own: frozenset[str]) -> bool:
    """Whether another key or user made the task. A value that is missing on one side is not a difference."""
    kinds = {maker.partition(" ")[0] for maker in own}
    return any(maker.partition(" ")[0] in kinds and maker not in own for maker in _makers(task))


async def _own_makers(service: Service, tasks: Iterable[ListedTask]) -> frozenset[str]:
    """How the list names this account's key, learned from tasks that the ledger knows as its own; empty before the first."""
    listed = {task.task_id: task for task in tasks}
    session = service.session
    key = Key("key ids", session.account, "", service.endpoint.base_url, "")

    def learned() -> frozenset[str]:
        known = frozenset(session.ledger.kept(key) or ())
        accounts = session.ledger.known_tasks(listed)
        seen = frozenset(maker for id, account in accounts.items() if account == session.account for maker in _makers(listed[id]))
        if seen - known:
            session.ledger.keep(key, sorted(known | seen))
        return known | seen

    return await session.run(learned)


def _has_other_prompt(submission: Submission, answer: TaskAnswer) -> bool:
    """Whether a task says that it was made from another prompt than the submission's."""
    prompt = submission.job["inputs"].get("prompt")
    said = answer.orig_prompt
    # A prompt that is too long is cut by the service.
    return isinstance(prompt, str) and said is not None and not prompt.strip().startswith(said.strip())


async def _is_of_other_prompt(service: Service, submission: Submission, task: ListedTask) -> bool:
    """Whether the task says that it was made from another prompt. Few models say so, and only when they have finished."""
    if not submission.job["inputs"].get("prompt"):
        return False
    try:
        answer = await service.task(task.task_id, repeatable=False)
    except KeyRefusedError:
        raise
    except (ServiceError, TransportError):
        return False
    return _has_other_prompt(submission, answer)
