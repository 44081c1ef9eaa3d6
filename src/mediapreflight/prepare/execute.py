"""Carry out plans: each file is written under a temporary name, measured and checked again, and only then renamed."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from .._version import __version__
from ..catalog import Catalog, Model, builtin_catalog
from ..check.containment import TIME_LIMIT_S, Containment
from ..check.containment import contained as containment_of
from ..check.judge import judge
from ..check.measure import Measured, as_asked
from ..check.run import in_order
from ..errors import MediaPreflightError, OutputError, PrepareError, UnreadableMediaError
from ..findings import FAILING, Finding
from ..job import Job, is_url
from ..language import say
from ..media.data_url import decoded, is_data_url
from ..media.facts import Facts, Level, Problem
from ..media.source import display_name
from ..named_files import MOST_JOBS_BYTES, NotReadError, read_bytes, sha256_of
from ..output_folder import OutputFolder, link_or_copy, output_name
from ..people.facts import PictureContent
from ..people.geometry import Box, is_box
from ..people.portraits import Portrait, find_portrait, framing_of, portrait_in
from ..rules import selection
from ..text import clauses
from .options import PrepareOptions
from .plan import (
    MAX_SOURCE_BYTES,
    JobPlan,
    all_boxes,
    box_ratio,
    ensure_options_suit,
    given_boxes,
    is_face_chosen,
    plan_job,
    prepared_job,
    takes_boxes,
)
from .record import NAME, SCHEMA, PreparedDocument, PreparedInput, PreparedJob, StepRecord, read_document
from .steps import FilePlan, Step, mapping, step_of

Progress = Callable[[str, float], None]
# Rules over single files; rules over people and over several inputs are applied to the whole job.
_FILE_RULES = ("FILE", "IMG", "VID", "AUD")
# One video encoder already uses every core.
_ONE_VIDEO = threading.Semaphore(1)


class Prepared(Struct, frozen=True):
    """A job with its new files. By role: `steps`, and the `measured` files. `record` is its entry in `prepared.json`."""

    job: Job
    steps: Mapping[str, tuple[StepRecord, ...]]
    record: PreparedJob
    measured: Mapping[str, Measured]

    @property
    def ok(self) -> bool:
        """Whether every file fits now, and nothing stops a submission. What `prepare` returns always is."""
        return self.record.ok

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is found in the job with its new files."""
        return self.record.findings


def prepare(
    job: Job,
    *,
    out: str | os.PathLike[str],
    options: PrepareOptions | None = None,
    level: Level = "content",
    catalog: Catalog | None = None,
    progress: Progress | None = None,
    contained: bool = True,
    time_limit_s: float = TIME_LIMIT_S,
) -> Prepared:
    """Make the files of one job fit, in the folder `out`; sources are never touched.

    Args:
        options: see PrepareOptions; `split` makes several jobs, see `prepare_jobs`.
        progress: called with a file's name and the share of it that is done, from any thread.
        contained: decoders run in separate processes, which are kept for the next call; one that hangs or crashes affects only
            its own file. False: they run in this process. ffmpeg always runs in its own process.
        time_limit_s: how long measuring the files of a job, and making a picture, may take, if decoders are contained.

    Raises PrepareError, with the findings that stay, if the job cannot be made to fit; UnknownModelError; OutputError if the
    folder cannot be written to; MissingLibraryError if faces must be found and the libraries are missing.
    """
    results = prepare_jobs(
        [job],
        out=out,
        options=options,
        level=level,
        catalog=catalog,
        progress=progress,
        contained=contained,
        time_limit_s=time_limit_s,
    )
    if len(results) > 1:
        raise PrepareError(str(out), say("one recording became several jobs; use prepare_jobs with split"))
    (result,) = results
    if not result.ok:
        reasons = clauses(finding.message for finding in result.findings if finding.severity in FAILING)
        raise PrepareError(job.model, result.record.error or reasons, result.findings)
    return result


def prepare_jobs(
    jobs: Iterable[Job],
    *,
    out: str | os.PathLike[str],
    options: PrepareOptions | None = None,
    level: Level = "content",
    catalog: Catalog | None = None,
    workers: int = 1,
    progress: Progress | None = None,
    contained: bool = True,
    time_limit_s: float = TIME_LIMIT_S,
) -> tuple[Prepared, ...]:
    """Make the files of many jobs fit, and write `prepared.json` with them. Arguments as in `prepare`.

    A job that cannot be made to fit does not stop the others: its record says why, and is not `ok`.

    Raises UnknownModelError; OutputError if the folder cannot be written to; MissingLibraryError if faces must be found and the
    libraries are missing.
    """
    models = catalog or builtin_catalog()
    chosen = options or PrepareOptions()
    several = tuple(jobs)
    ensure_options_suit(several, chosen, models)
    with OutputFolder(out) as folder, containment_of(time_limit_s if contained else None) as containment:
        planned = in_order(
            lambda job: tuple(plan_job(job, chosen, level, models, containment, watches=False)),
            several,
            workers,
            containment.close,
        )
        plans = tuple(plan for group in planned for plan in group)
        return prepare_planned(
            plans, folder, options=chosen, level=level, workers=workers, progress=progress, containment=containment
        )


def prepare_planned(
    plans: Sequence[JobPlan],
    folder: OutputFolder,
    *,
    options: PrepareOptions,
    level: Level = "content",
    workers: int = 1,
    progress: Progress | None = None,
    containment: Containment,
    boxes: bool = True,
) -> tuple[Prepared, ...]:
    """The same for jobs that are already planned. Raises OutputError if the folder cannot be written to.

    Args:
        boxes: whether boxes are computed for a job without them, if its model takes boxes.
    """
    sources = frozenset(
        _place_of(Path(file.source)) for plan in plans for file in plan.files.values() if not is_data_url(file.source)
    )
    workshop = _Workshop(folder, options, _earlier(folder.path), sources, containment, progress)
    names = _names(plans)
    made = dict(zip(names.values(), in_order(workshop.make, _orders(plans, names), workers, workshop.stop), strict=True))
    finish = _Finish(folder.path, names, made, workshop.written, options, level, containment, boxes)
    results = tuple(in_order(finish.assembled, plans, workers, containment.close))
    _write_document(folder, results)
    return results


class _Order(NamedTuple):
    """A file to be made: its plan, its name, the model it must fit, and the facts of the source."""

    plan: FilePlan
    name: str
    model: Model
    facts: Facts


# The plan and the model of a file decide the output: equal ones share one output.
_Key = tuple[str, str, str, str]


def _key(plan: JobPlan, file: FilePlan) -> _Key:
    steps = msgspec.json.encode([step.to_dict() for step in file.steps]).decode()
    source = file.source if is_data_url(file.source) else os.path.abspath(file.source)  # noqa: PTH100
    return source, file.suffix, plan.model.id if file.steps else "", steps


def _names(plans: Sequence[JobPlan]) -> dict[_Key, str]:
    """The name of each distinct output, in the order of the jobs: the source's name, with a number if two would be equal."""
    names: dict[_Key, str] = {}
    taken = {NAME.casefold()}
    for plan in plans:
        for file in plan.files.values():
            key = _key(plan, file)
            if key in names:
                continue
            part = f"-part{plan.part}" if plan.part and len(file.steps) else ""
            # A `data:` URL has no name: its file is `image.png`.
            source = file.kind if is_data_url(file.source) else file.source
            name, number = output_name(source, file.suffix, part), 2
            while name.casefold() in taken:
                name, number = output_name(source, file.suffix, f"{part}-{number}"), number + 1
            names[key] = name
            taken.add(name.casefold())
    return names


def _orders(plans: Sequence[JobPlan], names: Mapping[_Key, str]) -> list[_Order]:
    sources = {_key(plan, file): (plan, file) for plan in plans for file in plan.files.values()}
    return [_order(*sources[key], name) for key, name in names.items()]


def _order(plan: JobPlan, file: FilePlan, name: str) -> _Order:
    return _Order(file, name, plan.model, plan.measured[file.role].facts)


class _Workshop(Struct):
    """Makes files, one at a time or several at once, each in its own thread.

    `earlier`: what the last run made, by name. `sources`: files that no output may replace. `written`: the names of the files
    that were made, and not there already.
    """

    folder: OutputFolder
    options: PrepareOptions
    earlier: Mapping[str, PreparedInput]
    sources: frozenset[Path]
    containment: Containment
    progress: Progress | None
    stopped: bool = False
    written: set[str] = set()

    def stop(self) -> None:
        """Stop all work: ffmpeg runs in its own process groups, which get no signal from a terminal."""
        from .av.ffmpeg import stop_all

        self.stopped = True
        stop_all()
        self.containment.close()

    def make(self, order: _Order) -> PreparedInput | PrepareError:
        """The file, made now or already there; or why it is missing."""
        source = order.plan.source
        try:
            if not is_data_url(source):
                return self._made(order, source)
            with self.folder.staged(f"source.{order.plan.suffix}") as written:
                written.write_bytes(decoded(source))
                return self._made(order, str(written))
        except PrepareError as error:
            if not is_data_url(source):
                return error
            return PrepareError(display_name(source), str(error).removeprefix(f"{error.path}: "), error.findings)
        except UnreadableMediaError as error:
            return PrepareError(display_name(source), error.reason)
        except OutputError as error:
            return PrepareError(error.path, error.reason)
        except NotReadError as error:
            return PrepareError(display_name(source), say("{error}; run it again", error=error))
        except OSError as error:
            return PrepareError(
                display_name(order.plan.source),
                say("cannot be prepared: {strerror}", strerror=(error.strerror or str(error)).lower()),
            )
        finally:
            if self.progress:
                self.progress(order.name, 1.0)

    def _made(self, order: _Order, source: str) -> PreparedInput:
        source_size = order.facts.bytes or 0
        source_hash = sha256_of(source, source_size)
        before = self.earlier.get(order.name)
        target = self.folder.path / order.name
        if before and before.source_sha256 == source_hash and before.steps in _outcomes(order.plan) and _is_still(target, before):
            return _at(before, target)
        with self.folder.staged(order.name) as staged:
            steps, after = self._written(order, source, staged)
            _refuse_unfit(order, after, staged)
            if sha256_of(source, source_size) != source_hash:
                raise NotReadError(say("changed while it was read"))
            made = PreparedInput(
                source=display_name(order.plan.source),
                source_sha256=source_hash,
                path=display_name(str(target)),
                sha256=sha256_of(staged, after.bytes or 0),
                steps=_records(steps),
                before=order.facts,
                after=_named(after, target),
            )
            self._deliver(staged, target, made)
        self.written.add(order.name)
        return made

    def _deliver(self, staged: Path, target: Path, made: PreparedInput) -> None:
        # A run that ended before it wrote its record left the same file.
        if _is_still(target, made):
            return
        if _place_of(target) in self.sources:
            raise OutputError(str(target), say("is one of the sources; write to another folder"))
        last = self.earlier.get(target.name)
        is_ours = last is not None and _is_still(target, last)
        try:
            self.folder.deliver(staged, overwrite=self.options.overwrite or is_ours)
        except OutputError:
            # Another run delivered the same file meanwhile.
            if not _is_still(target, made):
                raise

    def _written(self, order: _Order, source: str, staged: Path) -> tuple[Sequence[Step], Facts]:
        """Write the new file: the steps that were done, and what it is."""
        plan, target, steps, facts = order.plan, str(staged), order.plan.steps, None

        def report(share: float) -> None:
            if self.progress:
                self.progress(order.name, share)

        if plan.is_copy:
            link_or_copy(source, staged)
        elif plan.kind == "image":
            from .image.picture import run_image

            self.containment.call(source, run_image, source, plan.steps, target)
        elif plan.kind == "audio":
            from .av.audio import run_audio

            run_audio(source, plan.steps, target, report, self.containment)
        else:
            from .av.video import run_video

            with _ONE_VIDEO:
                if self.stopped:
                    raise PrepareError(display_name(plan.source), say("was interrupted"))
                steps, facts = run_video(source, plan.steps, target, report, self.containment)
        # A linked file was measured just before, and its hash shows that it is the same.
        return steps, facts or (self.containment.facts(target, _unproven_level(plan)) if plan.steps else order.facts)


def _records(steps: Sequence[Step]) -> tuple[StepRecord, ...]:
    return tuple(StepRecord(**step.to_dict()) for step in steps)


def _outcomes(plan: FilePlan) -> list[tuple[StepRecord, ...]]:
    """What the record may say after this plan was carried out."""
    if plan.kind != "video" or plan.is_copy:
        return [_records(plan.steps)]
    from .av.video import outcomes

    return [_records(steps) for steps in outcomes(plan.steps)]


def _unproven_level(plan: FilePlan) -> Level:
    """The level at which a new file is measured: all data of a JPEG were already decoded when it was written."""
    if plan.kind != "image":
        return "decode"
    from .image.picture import Convert

    convert = step_of(plan.steps, Convert)
    return "metadata" if convert and convert.format == "jpeg" else "decode"


def _place_of(path: Path) -> Path:
    """The real path of a name, however its folder was written; a link itself is not followed."""
    return path.parent.resolve() / path.name


def _named(facts: Facts, path: Path) -> Facts:
    return msgspec.structs.replace(facts, path=display_name(str(path)))


def _at(made: PreparedInput, path: Path) -> PreparedInput:
    """The record of an earlier run for this path, which may have been spelt differently."""
    return msgspec.structs.replace(made, path=display_name(str(path)), after=_named(made.after, path))


def _is_still(path: Path, made: PreparedInput) -> bool:
    """Whether a file from an earlier run is still there, unchanged."""
    try:
        return sha256_of(path, min(made.after.bytes or 0, MAX_SOURCE_BYTES)) == made.sha256
    except NotReadError:
        return False


def _refuse_unfit(order: _Order, facts: Facts, staged: Path) -> None:
    """Raise PrepareError, with the findings, if the new file does not fit."""
    inputs: dict[str, Any] = {order.plan.role: str(staged)}
    job = Job(order.model.id, whole=False, **inputs)
    report = judge(job, order.model, {order.plan.role: Measured(facts)}, selection(_FILE_RULES))
    source = display_name(order.plan.source)
    stays = tuple(
        msgspec.structs.replace(finding, path=source)
        for finding in report.findings
        if finding.severity in FAILING or (finding.severity == "warning" and finding.fixable)
    )
    if stays:
        reasons = clauses(finding.message for finding in stays)
        raise PrepareError(source, say("still does not fit after all steps: {reasons}", reasons=reasons), stays)


class _Finish(NamedTuple):
    """Builds the jobs from the files that were made."""

    folder: Path
    names: Mapping[_Key, str]
    made: Mapping[str, PreparedInput | PrepareError]
    written: Collection[str]
    options: PrepareOptions
    level: Level
    containment: Containment
    makes_boxes: bool

    def assembled(self, plan: JobPlan) -> Prepared:
        """The job with its prepared files, judged as a whole."""
        names = {role: self.names[_key(plan, file)] for role, file in plan.files.items()}
        inputs = {role: item for role, name in names.items() if isinstance(item := self.made[name], PreparedInput)}
        failures = [item for name in names.values() if isinstance(item := self.made[name], PrepareError)]
        errors = [f"{display_name(str(plan.job.inputs[role]))}: {why}" for role, why in plan.unfixable.items()]
        errors += [str(error) for error in failures]
        paths = {role: str(self.folder / names[role]) for role in inputs}
        measured = self._measured(plan, inputs)
        face = _face(plan, inputs, measured)
        boxes: dict[str, list[int]] = {}
        try:
            boxes = self._boxes(plan, inputs, measured, face)
        except MediaPreflightError as error:
            errors.append(str(error))
        job = prepared_job(plan.job, plan.model, paths, boxes, face)
        report = judge(job, plan.model, measured, selection())
        known = {(finding.code, finding.role) for finding in report.findings}
        others = (finding for error in failures for finding in error.findings if isinstance(finding, Finding))
        staying = tuple(finding for finding in others if (finding.code, finding.role) not in known)
        record = PreparedJob(
            model=plan.model.id,
            ok=report.ok and not errors,
            parameters=report.parameters,
            fields=report.fields,
            inputs=inputs,
            findings=(*report.findings, *staying),
            urls={role: value for role, value in job.inputs.items() if role in plan.model.roles and is_url(value)},
            region=plan.job.region,
            face=job.face,
            part=plan.part,
            error=clauses(errors) or None,
        )
        return Prepared(job, {role: item.steps for role, item in inputs.items()}, record, measured)

    def _measured(self, plan: JobPlan, inputs: Mapping[str, PreparedInput]) -> dict[str, Measured]:
        """What the job's files are now: those that were changed, or not watched or heard yet, are looked at."""
        asked = as_asked(plan.model, plan.job, self.level, self.options.ratio)
        now = dict(plan.measured)
        for role, known in plan.measured.items():
            source = os.fsdecode(plan.job.inputs[role])
            if role in inputs and plan.files[role].steps:
                now[role] = self._looked_at(plan, role, inputs[role], asked)
            elif role not in inputs and known.facts.problem(Problem.NOT_RUN) is not None:
                # What is wrong with it is said of all of it.
                now |= self.containment.measured({role: source}, asked, self.level)
            elif known.content is None and known.trouble is None:
                now[role] = self.containment.looked_at(source, known.facts, asked.roles[role], self.level)
        return now

    def _looked_at(self, plan: JobPlan, role: str, made: PreparedInput, asked: Model) -> Measured:
        """The measurement of one file. For a file that was already there, the record of another run is not trusted."""
        name = self.names[_key(plan, plan.files[role])]
        path = str(self.folder / name)
        if name in self.written:
            return self.containment.looked_at(path, made.after, asked.roles[role], self.level)
        return self.containment.measured({role: path}, asked, self.level)[role]

    def _boxes(
        self, plan: JobPlan, inputs: Mapping[str, PreparedInput], measured: Mapping[str, Measured], face: int | None
    ) -> dict[str, list[int]]:
        """The boxes of the prepared picture: those of the job, mapped to the new picture, and the missing ones, computed."""
        role = next((role for role in inputs if plan.model.roles[role].kind == "image"), None)
        if role is None or not takes_boxes(plan.model):
            return {}
        stated = given_boxes(plan.job)
        if not stated and not self.makes_boxes:
            return {}
        given = {name: _carried_over(plan, role, inputs[role], box) if is_box(box) else box for name, box in stated.items()}
        path, seen = str(self.folder / Path(inputs[role].path).name), measured[role].content

        ratio = box_ratio(plan.job, plan.model, self.options)
        wanted = ratio, framing_of(plan.model.boxes, ratio), face

        def find(*boxes: Box | None) -> Portrait:
            if isinstance(seen, PictureContent):
                return portrait_in(seen, path, *wanted, *boxes)
            return self.containment.call(path, find_portrait, path, *wanted, *boxes)

        return all_boxes(given, find, is_chosen=is_face_chosen(plan.job, self.options))


def _face(plan: JobPlan, inputs: Mapping[str, PreparedInput], measured: Mapping[str, Measured]) -> int | None:
    """The number of the chosen face in the prepared picture; None if it is the only one there."""
    role = next((role for role in plan.model.face_roles if role in inputs), None)
    before, after = (each[role].content if role else None for each in (plan.measured, measured))
    if plan.job.face is None or role is None or not isinstance(before, PictureContent) or not isinstance(after, PictureContent):
        return plan.job.face
    if plan.job.face > len(before.faces) or not plan.files[role].steps:
        return plan.job.face
    if len(after.faces) <= 1:
        return None
    meant = Box(*_carried_over(plan, role, inputs[role], before.faces[plan.job.face - 1].bbox))
    shared = [face.box.shared(meant) for face in after.faces]
    return shared.index(max(shared)) + 1


def _carried_over(plan: JobPlan, role: str, made: PreparedInput, box: Sequence[int]) -> list[int]:
    """A box of the source picture in the pixels of the prepared one."""
    from ..people.geometry import resize

    file, after = plan.files[role], made.after
    whole = mapping(file.steps)
    planned = (file.expected.width, file.expected.height)
    size = (getattr(after, "width", None), getattr(after, "height", None))
    if all(planned) and all(size) and planned != size:
        whole = whole.then(resize(planned, size))  # type: ignore[arg-type]
    return list(whole.box(Box(*box)))


def _earlier(folder: Path) -> dict[str, PreparedInput]:
    """The files that the last run made in this folder, by name; nothing if its record is missing or broken.

    Raises OutputError if the record's path is not a file, or not a file of ours.
    """
    record = folder / NAME
    if not record.exists():
        return {}
    try:
        document = read_document(read_bytes(record, MOST_JOBS_BYTES))
    except NotReadError as error:
        raise OutputError(str(record), str(error)) from None
    except ValueError:
        return {}
    return {Path(item.path).name: item for job in document.jobs for item in job.inputs.values()}


def document_of(results: Sequence[Prepared]) -> PreparedDocument:
    """The content of `prepared.json`."""
    records = tuple(result.record for result in results)
    return PreparedDocument(schema=SCHEMA, version=__version__, ok=all(record.ok for record in records), jobs=records)


def _write_document(folder: OutputFolder, results: Sequence[Prepared]) -> None:
    with folder.staged(NAME) as staged:
        encoded = msgspec.json.format(msgspec.json.encode(document_of(results)), indent=2)
        try:
            staged.write_bytes(encoded + b"\n")
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise OutputError(str(folder.path), say("cannot be written to: {strerror}", strerror=why)) from None
        folder.deliver(staged, overwrite=True)
