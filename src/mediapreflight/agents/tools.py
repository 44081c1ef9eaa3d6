"""The tools. Their arguments are already validated."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from ..catalog import Catalog, Model
from ..catalog.card import inputs, notes, offered, sections
from ..catalog.schema import DASHSCOPE
from ..check.run import report_on
from ..check.takers import Taker, Verdict, takers
from ..errors import UsageError
from ..findings import FAILING, fixable
from ..job import Job
from ..language import say, translated
from ..media.facts import Facts
from ..media.source import display_name
from ..output_folder import OutputFolder
from ..prepare.execute import Prepared, prepare_planned
from ..prepare.plan import JobPlan, ensure_options_suit, plan_job
from ..prepare.record import NAME as RECORD
from ..rules import selection
from ..submit.forecast import estimate, in_words, total
from ..submit.ledger import Ledger, Submission
from ..submit.pipeline import SubmitOptions, facts_of, has_boxes
from ..submit.result import JobResult
from .answers import (
    CardAnswer,
    CheckAnswer,
    Cost,
    Expected,
    FaceSaid,
    FacesAnswer,
    Listed,
    ModelsAnswer,
    Next,
    PlanAnswer,
    PlannedFile,
    PlannedJob,
    PrepareAnswer,
    PreparedAs,
    PreparedFile,
    ProbeAnswer,
    Row,
    StepSaid,
    SubmitAnswer,
    TaskSaid,
    TasksAnswer,
    command,
    failing,
    found,
    moment,
)
from .asked import (
    CardAsked,
    CheckAsked,
    FacesAsked,
    JobAsked,
    ListAsked,
    PlanAsked,
    PrepareAsked,
    ProbeAsked,
    SubmitAsked,
    TasksAsked,
)
from .calls import Call
from .pictures import seen
from .roots import Roots

_ALL = selection(("ALL",))
_OUT = "prepared"


class Scope(NamedTuple):
    """The state shared by all calls.

    Attributes:
        service: arguments for `AsyncClient`, without the catalog; None if nothing may be submitted.
    """

    roots: Roots
    catalog: Catalog
    service: Mapping[str, Any] | None = None

    def job(self, asked: JobAsked, *, whole: bool = True) -> tuple[Job, Model]:
        """The job of a call, with files that it may use. Raises UsageError."""
        model = self.catalog.model(asked.model)
        return self.roots.job(asked.job(whole=whole), model), model


class Reply(NamedTuple):
    """An answer, and a picture if there is one."""

    answer: Struct
    jpeg: bytes | None = None


class Tool(NamedTuple):
    """A tool, named after the function that does the work: `run` in a thread, or `send` in the event loop.

    Attributes:
        writes: whether it writes files; bills: whether it costs money, and calls the service.
    """

    description: str
    asked: type[Struct]
    answer: type[Struct]
    run: Callable[[Scope, Any, Call], Reply] | None = None
    send: Callable[[Scope, Any, Call], Awaitable[Reply]] | None = None
    writes: bool = False
    bills: bool = False


def list_models(scope: Scope, asked: ListAsked, call: Call) -> Reply:
    """The models; or, for a file, those that take it as it is or after `prepare`."""
    if asked.file is not None:
        return Reply(_takers(scope, scope.roots.file(asked.file), asked, call))
    counts = Counter(model.provider for model in scope.catalog.models())
    provider = asked.provider or DASHSCOPE
    listed = (
        Listed(id=model.id, summary=model.summary, takes=inputs(model))
        for model in offered(scope.catalog, provider)
        if _is_meant(model, asked)
    )
    others = {} if asked.provider else {name: count for name, count in sorted(counts.items()) if name != provider}
    return Reply(ModelsAnswer(models=tuple(listed), others=others))


def _is_meant(model: Model, asked: ListAsked) -> bool:
    text = f"{model.id} {model.summary} {inputs(model)}".casefold()
    return all(word in text for word in (asked.words or "").casefold().split())


def _takers(scope: Scope, path: str, asked: ListAsked, call: Call) -> ModelsAnswer:
    wanted = {model.id for model in offered(scope.catalog, asked.provider or DASHSCOPE) if _is_meant(model, asked)}
    facts = call.containment.facts(path, "decode")
    several = [each for each in takers(path, facts, scope.catalog, "content", _ALL, call.containment) if each.model.id in wanted]
    fit = [each for each in several if each.verdict != "does not fit"]
    unfit = len({each.model.id for each in several} - {each.model.id for each in fit})
    if asked.details:
        models = (
            Listed(id=each.model.id, takes=inputs(each.model), role=each.role, verdict=each.verdict, why=_why(each))
            for each in fit
        )
        return ModelsAnswer(models=tuple(models), unfit=unfit)
    return ModelsAnswer(fits=_roles(fit, "fits"), fits_prepared=_roles(fit, "fits after prepare"), unfit=unfit)


def _roles(several: Iterable[Taker], verdict: Verdict) -> dict[str, tuple[str, ...]]:
    """The inputs with this verdict, by model."""
    roles: dict[str, tuple[str, ...]] = {}
    for each in several:
        if each.verdict == verdict:
            roles[each.model.id] = (*roles.get(each.model.id, ()), each.role)
    return roles


def _why(each: Taker) -> str | None:
    """The first finding that must be fixed."""
    return next((finding.message for finding in each.report.findings if finding.severity in FAILING), None)


def model_card(scope: Scope, asked: CardAsked, call: Call) -> Reply:
    """What a model accepts, with the pages that say so."""
    model = scope.catalog.model(asked.model)
    parts = {
        title: tuple(Row(name=name, text=text, source=source) for name, text, source in rows)
        for title, rows in sections(model, scope.catalog)
    }
    return Reply(
        CardAnswer(
            id=model.id,
            title=model.title,
            summary=model.summary,
            sent=model.service is not None,
            sections=parts,
            notes=notes(model),
        )
    )


def probe(scope: Scope, asked: ProbeAsked, call: Call) -> Reply:
    """The facts of a file."""
    level = "decode" if asked.level == "content" else asked.level
    return Reply(ProbeAnswer(facts=call.containment.facts(scope.roots.file(asked.path), level)))


def faces(scope: Scope, asked: FacesAsked, call: Call) -> Reply:
    """The faces of a picture, the boxes, and the picture with both drawn in."""
    path = scope.roots.file(asked.path)
    portrait, jpeg = call.containment.call(path, seen, path, asked.ratio, asked.face, asked.picture)
    names = FaceSaid.__struct_fields__
    said = [
        tuple(FaceSaid(**{name: getattr(face, name) for name in names}) for face in several)
        for several in (portrait.faces, portrait.doubtful)
    ]
    answer = FacesAnswer(
        path=portrait.path,
        width=portrait.width,
        height=portrait.height,
        ratio=portrait.ratio,
        faces=said[0],
        doubtful=said[1],
        face_bbox=portrait.face_bbox,
        ext_bbox=portrait.ext_bbox,
        reason=portrait.reason,
    )
    return Reply(answer, jpeg)


def check(scope: Scope, asked: CheckAsked, call: Call) -> Reply:
    """The findings of a job."""
    job, model = scope.job(asked, whole=asked.whole)
    report = report_on(job, model, asked.level, _ALL, call.containment)
    follows = None
    if not report.ok and any(each.severity in FAILING for each in fixable(report)):
        line = command("prepare", job, model, "--out", _OUT)
        follows = Next(what="make files that fit", tool="prepare", command=line)
    elif report.ok:
        follows = _submission(scope, job, model)
    cost = _expected(scope, job, model, facts_of(report)) if report.ok else None
    return Reply(CheckAnswer(ok=report.ok, model=model.id, findings=found(report.findings), cost=cost, next=follows))


def _expected(scope: Scope, job: Job, model: Model, facts: Mapping[str, Facts]) -> Expected | None:
    """The estimated cost of the job; None if it cannot be sent from here."""
    if model.service is None or not job.whole:
        return None
    detector = None if has_boxes(model, job) else scope.catalog.detector_of(model)
    cost = estimate(job, model, facts, detect_model=detector)
    sums = {} if any(call.unknown for call in cost.calls) else total([cost])
    amounts = {currency: float(amount) for currency, amount in sums.items()}
    return Expected(words=translated(in_words([cost])), amounts=amounts, seconds=cost.seconds)


def _submission(scope: Scope, job: Job, model: Model) -> Next | None:
    """How to send a job that fits; None if that is not possible from here."""
    if model.service is None or not job.whole:
        return None
    line = command("submit", job, model, "--dry-run")
    what = "the job fits; the command shows what would be sent and what it costs, and sends nothing"
    return Next(what=what, tool="submit" if scope.service is not None else None, command=line)


def plan(scope: Scope, asked: PlanAsked, call: Call) -> Reply:
    """What `prepare` would do to the files of a job."""
    job, model = scope.job(asked, whole=asked.whole)
    plans = _plans(scope, job, asked, call, watches=True)
    jobs = tuple(_planned(each) for each in plans)
    ok = all(each.ok for each in jobs)
    steps = any(file.steps for each in jobs for file in each.files.values())
    follows = None
    if ok:
        follows = Next(what="make the files", tool="prepare") if steps else _submission(scope, job, model)
    return Reply(PlanAnswer(ok=ok, model=model.id, jobs=jobs, next=follows))


def _plans(scope: Scope, job: Job, asked: PlanAsked, call: Call, *, watches: bool) -> tuple[JobPlan, ...]:
    options = asked.options()
    ensure_options_suit([job], options, scope.catalog)
    return tuple(plan_job(job, options, "content", scope.catalog, call.containment, watches=watches))


def _planned(each: JobPlan) -> PlannedJob:
    files = {
        role: PlannedFile(source=file.source, steps=_steps(file.steps), becomes=file.expected.in_words if file.steps else "")
        for role, file in each.files.items()
    }
    return PlannedJob(
        ok=each.ok,
        files=files,
        part=each.part,
        unfixable=dict(each.unfixable),
        findings=failing(each.stays),
    )


def _steps(steps: Any) -> tuple[StepSaid, ...]:
    return tuple(StepSaid(name=step.name, detail=step.detail, reason=step.reason) for step in steps)


def prepare(scope: Scope, asked: PrepareAsked, call: Call) -> Reply:
    """Files that fit, in a folder."""
    job, model = scope.job(asked, whole=asked.whole)
    out = scope.roots.path(asked.out)
    plans = _plans(scope, job, asked, call, watches=False)
    count = sum(len(each.files) for each in plans)
    with OutputFolder(out) as folder:
        made = prepare_planned(
            plans,
            folder,
            options=asked.options(),
            progress=functools.partial(call.share, of=count),
            containment=call.containment,
        )
    jobs = tuple(_prepared(scope, each, model) for each in made)
    ok = all(each.ok for each in jobs)
    follows = _submission(scope, made[0].job, model) if ok and len(made) == 1 else None
    return Reply(PrepareAnswer(ok=ok, model=model.id, record=display_name(str(Path(out) / RECORD)), jobs=jobs, next=follows))


def _prepared(scope: Scope, made: Prepared, model: Model) -> PreparedAs:
    record = made.record
    after = {role: item.after for role, item in record.inputs.items()}
    files = {
        role: PreparedFile(source=item.source, path=item.path, steps=_steps(item.steps)) for role, item in record.inputs.items()
    }
    return PreparedAs(
        ok=record.ok,
        inputs=_shown(made.job.inputs),
        files=files,
        parameters=dict(record.parameters),
        region=record.region,
        face=record.face,
        cost=_expected(scope, made.job, model, after) if record.ok else None,
        findings=found(record.findings),
        error=record.error,
    )


def _shown(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: display_name(value) if isinstance(value, str) else value for name, value in inputs.items()}


async def submit(scope: Scope, asked: SubmitAsked, call: Call) -> Reply:
    """Check the job, prepare it if necessary, send it once, wait for it and download the video."""
    from ..submit.client import AsyncClient

    assert scope.service is not None
    job, model = scope.job(asked)
    model.require_service()
    out = scope.roots.path(asked.out)
    options = SubmitOptions(level=asked.level, boxes=asked.boxes, ratio=asked.ratio, prices=asked.prices, out=out)

    def heard(event: Any) -> None:
        call.event(f"{event.stage}: {event.text}")

    async with AsyncClient(**scope.service, catalog=scope.catalog, notify=heard) as client:
        (result,) = await client.deliver([job], options, max_cost=asked.max_cost, detach=not asked.wait)
    return Reply(_submitted(result))


def _submitted(result: JobResult) -> SubmitAnswer:
    error, follows = result.error, None
    if error is not None and error.code == "Unclear":
        follows = Next(what="whether a task was made is not known; do not submit it again", command="mediapreflight tasks resume")
    elif result.ok and not (result.video or result.template_id or result.detected):
        follows = Next(what="the task runs; the same call with wait fetches its video", tool="submit")
    return SubmitAnswer(
        ok=result.ok,
        model=result.model,
        number=result.number,
        task_id=result.task_id,
        status=result.status,
        video=result.video,
        template_id=result.template_id,
        detected=result.detected or {},
        seconds_billed=result.seconds_billed,
        cost=Cost(amount=result.cost.amount, estimated=result.cost.estimated, currency=result.cost.currency),
        prepared=result.prepared,
        notes=result.notes,
        findings=found(result.findings),
        error=error.message if error else None,
        error_code=error.code or None if error else None,
        retry_helps=error.retry_helps if error else None,
        next=follows,
    )


def tasks(scope: Scope, asked: TasksAsked, call: Call) -> Reply:
    """The submissions in the ledger. Nothing is sent."""
    ledger = Ledger()
    rows = ledger.all(limit=asked.limit) if asked.number is None else (ledger.submission(asked.number),)
    return Reply(TasksAnswer(tasks=tuple(map(_task, rows))))


def _task(row: Submission) -> TaskSaid:
    return TaskSaid(
        number=row.id,
        model=row.model,
        stage=row.stage,
        registered=moment(row.registered_at),
        status=row.status,
        task_id=row.task_id,
        result=row.result and display_name(row.result),
        seconds_billed=row.seconds_billed,
        cost=Cost(amount=row.amount, estimated=row.estimated_amount, currency=row.currency),
        error=row.error_message,
    )


TOOLS = {
    "list_models": Tool(
        "List models and what each takes; or the models that take a given file, as it is or prepared.",
        ListAsked,
        ModelsAnswer,
        list_models,
    ),
    "model_card": Tool("Show what a model accepts: limits, parameters, prices, with sources.", CardAsked, CardAnswer, model_card),
    "probe": Tool(
        "Measure a picture, video or recording: format, size, length, what is wrong with it.", ProbeAsked, ProbeAnswer, probe
    ),
    "faces": Tool(
        "Find the faces in a picture, with face_bbox and ext_bbox, and return the picture with them drawn in.",
        FacesAsked,
        FacesAnswer,
        faces,
    ),
    "check": Tool(
        "Check a job against the limits of its model. Each finding has the measured value and the limit. Changes nothing.",
        CheckAsked,
        CheckAnswer,
        check,
    ),
    "plan": Tool("Show what prepare would do to the files of a job, step by step. Writes nothing.", PlanAsked, PlanAnswer, plan),
    "prepare": Tool(
        "Write files that fit the model to a folder; the sources stay as they are.",
        PrepareAsked,
        PrepareAnswer,
        prepare,
        writes=True,
    ),
}
# Tools that are offered only with `--allow-submit`.
BILLED = {
    "submit": Tool(
        "Check, prepare, send a job to the service, wait and download the video. THIS COSTS MONEY: ask the user first. "
        "The same call again never pays twice: it takes up the task of the job.",
        SubmitAsked,
        SubmitAnswer,
        send=submit,
        writes=True,
        bills=True,
    ),
    "tasks": Tool("List what was submitted from this machine, as the local record knows it.", TasksAsked, TasksAnswer, tasks),
}


def tools_of(scope: Scope) -> dict[str, Tool]:
    """The tools that are offered."""
    return TOOLS if scope.service is None else TOOLS | BILLED


def arguments_of(tool: Tool, arguments: Mapping[str, Any]) -> Any:
    """The validated arguments of a call. Raises UsageError, which says what is wrong."""
    try:
        return msgspec.convert(arguments, tool.asked)
    except msgspec.ValidationError as error:
        raise UsageError(say("the arguments are wrong: {error}", error=error)) from None


def schema_of(kind: type[Struct]) -> dict[str, Any]:
    """The JSON Schema of arguments or an answer. The protocol requires an object, not a reference to one."""
    schema = msgspec.json.schema(kind)
    definitions = dict(schema["$defs"])
    own = definitions.pop(kind.__name__)
    return {**own, "$defs": definitions} if definitions else own
