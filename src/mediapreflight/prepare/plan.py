"""Make plans: what will be done to each file of a job. Files are measured here; nothing is written."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from math import inf
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct, structs

from ..catalog import Catalog, Model, Role, builtin_catalog
from ..check.containment import TIME_LIMIT_S, UNCONTAINED, Containment
from ..check.containment import contained as containment_of
from ..check.judge import judge, led_by_face
from ..check.measure import Cut, Measured, as_asked, local_files
from ..errors import PrepareError, UnreadableMediaError, UsageError
from ..findings import FAILING, Finding, JobReport
from ..job import Job, as_used, revised, with_local_paths
from ..language import say
from ..media.data_url import is_data_url
from ..media.facts import AudioFacts, Facts, ImageFacts, Level, Problem, VideoFacts, fixable_gap
from ..media.formats import FORMATS
from ..media.libraries import ensure_faces
from ..people.facts import PictureContent
from ..people.geometry import Box, Ratio, is_box, nearest_ratio
from ..people.portraits import Portrait, framing_of, portrait_in
from ..rules import names, selection
from ..rules.portrait import ratio_of
from .options import PrepareOptions
from .steps import FilePlan, Planned, mapping, step_of

# The service does not store larger files, and no more of a video is read.
MAX_SOURCE_BYTES = 2**30
BOXES = ("face_bbox", "ext_bbox")
_BOX_FAULTS = names("box-outside-picture", "box-ratio-wrong", "face-outside-ext-box", "face-box-without-face")
# Lost data cannot be restored, and the rest is not the original recording.
_DAMAGED = names("file-truncated", "file-corrupt")
_DAMAGED_OUTSIDE = say("only the part that is kept was looked at: what is outside of it is damaged")
_NOT_MEASURED = names("file-not-measured")
_TOO_LONG, _AUDIO_LONGER = names("audio-too-long", "audio-longer-than-video")
_LENGTHS_DIFFER, _RATIO_DIFFERS = names("lengths-differ", "picture-ratio-differs")
(_FACES_SEVERAL,) = names("faces-several")
# What these find is found in the pixels of the new picture.
_FORESEEN_RULES = selection(("FACE", *names("no-box-fits")))


class JobPlan(Struct, frozen=True):
    """What will be done for one job.

    Attributes:
        job: as given; the same for each part of a split recording.
        measured: what each local file is, by role.
        report: what was found in the files as they are.
        files: the plan for each local file, by role.
        unfixable: why a file cannot be made to fit, by role.
        foreseen: the job with its new files, as far as that can be told: their faces, the boxes for them, and what is found then.
        part: the part of a split recording in this job, from 1; None if nothing is split.
    """

    job: Job
    model: Model
    measured: Mapping[str, Measured]
    report: JobReport
    files: Mapping[str, FilePlan]
    unfixable: Mapping[str, str]
    foreseen: JobReport
    part: int | None = None

    def __repr__(self) -> str:
        files = ", ".join(
            f"{role}={' '.join(step.name for step in plan.steps) or 'as it is'}" for role, plan in self.files.items()
        )
        return f"<JobPlan {self.model.id}({files})>"

    @property
    def ok(self) -> bool:
        """Whether every file will fit, and nothing stops a submission."""
        return not self.unfixable and all(finding.severity not in FAILING for finding in self.stays)

    @property
    def stays(self) -> tuple[Finding, ...]:
        """The findings that no step fixes."""
        return tuple(finding for finding in self.foreseen.findings if not self._is_fixed(finding))

    def _is_fixed(self, finding: Finding) -> bool:
        if finding.role is None or finding.role in self.unfixable or finding.code in _FORESEEN_RULES:
            return False
        # A value that could not be measured in the source is measured in the new file.
        rewritten = finding.role in self.files and not self.files[finding.role].is_copy
        return finding.fixable or (rewritten and finding.name in _NOT_MEASURED)

    def to_dict(self) -> dict[str, Any]:
        """As a dry run prints it."""
        return {
            "model": self.model.id,
            "ok": self.ok,
            "part": self.part,
            "parameters": self.report.parameters,
            "fields": self.foreseen.fields,
            "inputs": {role: plan.to_dict() for role, plan in self.files.items()},
            "unfixable": dict(self.unfixable),
            "findings": msgspec.to_builtins(self.stays),
        }


def plan(
    jobs: Job | Iterable[Job],
    *,
    options: PrepareOptions | None = None,
    level: Level = "content",
    catalog: Catalog | None = None,
    contained: bool = True,
    time_limit_s: float = TIME_LIMIT_S,
) -> tuple[JobPlan, ...]:
    """Plan one job or many. `prepare` runs these same plan objects.

    Args:
        level: how the files are judged; `content` keeps faces whole and cuts recordings at pauses.
        contained: decoders run in separate processes, which are kept for the next call; one that hangs or crashes affects only
            its own file. False: they run in this process.
        time_limit_s: how long measuring the files of a job may take, if decoders are contained.

    Raises UnknownModelError, and MissingLibraryError if faces must be found and the libraries are missing.
    """
    several = (jobs,) if isinstance(jobs, Job) else tuple(jobs)
    chosen, models = options or PrepareOptions(), catalog or builtin_catalog()
    ensure_options_suit(several, chosen, models)
    with containment_of(time_limit_s if contained else None) as containment:
        return tuple(each for job in several for each in plan_job(job, chosen, level, models, containment))


def ensure_options_suit(jobs: Iterable[Job], options: PrepareOptions, catalog: Catalog) -> None:
    """Whether these jobs can be prepared with these options, before a file is opened.

    Raises MissingLibraryError if faces must be found and the libraries are missing; UsageError if an option contradicts a job, or
    none of them has the recording or video that `keep` names.
    """
    several = tuple(jobs)
    for job in several:
        ensure_ratio_is_of_box(job, options.ratio)
        _ensure_faces_can_be_found(job, options, catalog)
    given = [(catalog.model(job.model).roles, job.inputs) for job in several] if options.keep else []
    for role in options.keep:
        if not any(role in inputs and role in roles and roles[role].kind != "image" for roles, inputs in given):
            raise UsageError(say("no job has a recording or video {role!r} to keep a part of", role=role))


def ensure_ratio_is_of_box(job: Job, ratio: str | None) -> None:
    """Raises UsageError if a job gives an `ext_bbox`, which stays as it is, of another ratio than the requested one."""
    given = job.inputs.get("ext_bbox")
    if ratio and is_box(given) and (own := nearest_ratio(Box(*given))) != ratio:
        raise UsageError(
            say(
                "ext_bbox {box} of the job is {own}, and the requested ratio {ratio}: leave out one of the two",
                box=list(given),
                own=own,
                ratio=ratio,
            )
        )


def _ensure_faces_can_be_found(job: Job, options: PrepareOptions, catalog: Catalog) -> None:
    model = catalog.model(job.model)
    if any(model.roles[role].kind == "image" for role in local_files(with_local_paths(job, model), model)):
        if takes_boxes(model) and len(given_boxes(job)) < len(BOXES):
            ensure_faces(say("{model} takes boxes around a face", model=model.id))
        if options.crop_to_boxes or options.upright or job.chosen_face(model) is not None:
            ensure_faces(say("the picture has to be prepared around its face"))


def plan_job(
    job: Job,
    options: PrepareOptions,
    level: Level,
    catalog: Catalog,
    containment: Containment = UNCONTAINED,
    *,
    watches: bool = True,
) -> Iterator[JobPlan]:
    """The plans of one job: one plan, or one for each part of a split recording.

    Args:
        watches: whether videos are watched and recordings listened to, and the beginning of a video that a cut keeps is decoded.
            The plans of such files depend on none of this, and `prepare` does it with the new file.
    """
    model = catalog.model(job.model)
    job = with_local_paths(job, model)
    asked = as_asked(model, job, level, options.ratio)
    if not watches:
        asked = structs.replace(asked, roles={name: _without_content(role) for name, role in asked.roles.items()})
    paths, depth = local_files(job, model), "decode" if level == "metadata" else level
    cuts = _cuts(paths, asked, options, decodes=watches)
    measured = containment.measured(paths, asked, depth, cuts)
    if cuts:
        case = _case(job, model, measured, options, containment)
        uncut = {role: paths[role] for role, cut in cuts.items() if not _is_measured_enough(case, role, cut)}
        measured = {**measured, **containment.measured(uncut, asked, depth)}
    parts = {role: part for role, part in options.keep.items() if role in measured}
    measured = {**measured, **{role: _of_part(measured[role], paths[role], part, containment) for role, part in parts.items()}}
    return plan_measured(job, model, measured, options, containment)


def _cuts(paths: Mapping[str, str], model: Model, options: PrepareOptions, *, decodes: bool) -> dict[str, Cut]:
    """By role, the cut of a video that is too long for it, where its beginning is kept."""
    cuts = {}
    for name in paths:
        role = model.roles[name]
        start, end = options.keep.get(name, (0.0, role.duration.safe_interval.upper if role.duration else inf))
        if role.kind == "video" and not start and end < inf:
            cuts[name] = Cut(end, end if decodes else 0.0)
    return cuts


def _is_measured_enough(case: _Case, role: str, cut: Cut) -> bool:
    """Whether a video was measured as far as its plan needs: whole, unless it is cut by copy."""
    facts = case.measured[role].facts
    if not isinstance(facts, VideoFacts) or (facts.stated_duration_s or 0.0) <= cut.kept_s:
        return True
    from .av.steps import Trim
    from .av.video import RemuxVideo

    try:
        steps = _file_plan(case, role).steps
    except PrepareError:
        # What is wrong with it is said of all of it.
        return False
    return step_of(steps, Trim) is not None and isinstance(steps[-1], RemuxVideo)


def _of_part(measured: Measured, path: str, part: tuple[float, float], containment: Containment) -> Measured:
    """What was measured of a file of which a part is kept: damage outside of the part does not count."""
    facts = measured.facts
    lost = tuple(problem for problem in facts.problems if problem.startswith((Problem.CORRUPT, Problem.TRUNCATED)))
    if not lost or not isinstance(facts, AudioFacts | VideoFacts) or fixable_gap(facts) is not None:
        return measured
    from .av.kept import is_whole

    start, end = part[0], min(part[1], max(facts.stated_duration_s or 0.0, facts.duration_s or 0.0))
    if start >= end or not is_whole(path, start, end, containment, picture=isinstance(facts, VideoFacts)):
        return measured
    problems = tuple(problem for problem in facts.problems if problem not in lost)
    facts = structs.replace(facts, problems=(*problems, Problem.NOT_RUN.because(_DAMAGED_OUTSIDE)))
    return measured._replace(facts=structs.replace(facts, gaps=()) if isinstance(facts, AudioFacts) else facts)


def _without_content(role: Role) -> Role:
    return role if role.kind == "image" else structs.replace(role, content=None)


def plan_measured(
    job: Job, model: Model, measured: Mapping[str, Measured], options: PrepareOptions, containment: Containment = UNCONTAINED
) -> Iterator[JobPlan]:
    """The same for a job whose files are already measured, at level `decode` or above."""
    case = _case(job, model, measured, options, containment)
    files: dict[str, FilePlan] = {}
    unfixable: dict[str, str] = {}
    parts: tuple[dict[str, FilePlan], ...] = ()
    for role in measured:
        try:
            if options.split and (split := _split(case, role)):
                parts = tuple({role: part} for part in split)
            else:
                files[role] = _file_plan(case, role)
        except PrepareError as error:
            unfixable[role] = str(error).removeprefix(f"{error.path}: ")
    for number, part in enumerate(parts or ({},), start=1):
        made = {**files, **part}
        seen = _foreseen(case, measured, made)
        yield JobPlan(job, case.model, measured, case.report, made, unfixable, seen, number if parts else None)


def _foreseen(case: _Case, measured: Mapping[str, Measured], files: Mapping[str, FilePlan]) -> JobReport:
    from .foreseen import foreseen

    job = case.job
    if case.face and any(_moves_face(case, role, files[role]) for role in case.model.face_roles if role in files):
        # The chosen face comes first, whatever its number was.
        job, measured = revised(job, face=1), case.measured
    measured = {role: foreseen(item, files[role]) if role in files else item for role, item in measured.items()}
    role = next((role for role in files if case.model.roles[role].kind == "image"), None)
    boxes: dict[str, Any] = {}
    if role is not None and takes_boxes(case.model):
        to, seen = mapping(files[role].steps), measured[role].content
        boxes = {name: list(to.box(Box(*box))) if is_box(box) else box for name, box in given_boxes(job).items()}
        if isinstance(seen, PictureContent):
            ratio = box_ratio(job, case.model, case.options)
            find = functools.partial(portrait_in, seen, role, ratio, framing_of(case.model.boxes, ratio), job.face)
            boxes = all_boxes(boxes, find, is_chosen=is_face_chosen(job, case.options))
    return judge(prepared_job(job, case.model, {}, boxes, job.face), case.model, measured, selection())


def _moves_face(case: _Case, role: str, file: FilePlan) -> bool:
    """Whether a picture that shows the chosen face changes."""
    content = case.measured[role].content
    return not file.is_copy and isinstance(content, PictureContent) and (case.face or 0) <= len(content.faces)


class _Case(NamedTuple):
    """`measured`: with the chosen face first. `face`: its number, if one was chosen."""

    job: Job
    model: Model
    measured: Mapping[str, Measured]
    report: JobReport
    options: PrepareOptions
    containment: Containment
    face: int | None

    def findings(self, role: str) -> tuple[Finding, ...]:
        """The findings of one input, and of values that depend on it."""
        return tuple(finding for finding in self.report.findings if finding.role == role)

    def found(self, name: str) -> Finding | None:
        return next((finding for finding in self.report.findings if finding.name == name), None)

    def source(self, role: str) -> str:
        return os.fsdecode(self.job.inputs[role])

    def plan_of(self, role: str, planned: Planned) -> FilePlan:
        steps, suffix, expected = planned
        kind = self.model.roles[role].kind
        return FilePlan(role=role, kind=kind, source=self.source(role), suffix=suffix, steps=steps, expected=expected)


def _case(job: Job, model: Model, measured: Mapping[str, Measured], options: PrepareOptions, containment: Containment) -> _Case:
    model, face = as_used(model, job), job.chosen_face(model)
    report = judge(job, model, measured, selection())
    return _Case(job, model, led_by_face(measured, model, face), report, options, containment, face)


def _file_plan(case: _Case, role: str) -> FilePlan:
    """The plan for one file. Raises PrepareError if there is none."""
    facts, wanted = _as_a_file(case.measured[role].facts), case.model.roles[role].kind
    if (facts.bytes or 0) > MAX_SOURCE_BYTES:
        raise PrepareError(
            facts.path,
            say(
                "has {bytes:,} bytes; only files of up to {max_source_bytes:,} bytes can be prepared",
                bytes=facts.bytes,
                max_source_bytes=MAX_SOURCE_BYTES,
            ),
        )
    damage = next((finding for finding in case.findings(role) if finding.name in _DAMAGED and not finding.fixable), None)
    if damage is not None:
        raise PrepareError(facts.path, damage.message)
    limits, findings, keep = case.model.roles[role], case.findings(role), case.options.keep.get(role)
    if wanted == "image" and isinstance(facts, ImageFacts):
        planned = _picture_plan(case, role, facts)
    elif wanted == "audio" and isinstance(facts, AudioFacts | VideoFacts):
        from .av.audio_plan import plan_audio

        length, timeline = _wanted_length(case, role), _timeline(case, role)
        planned = plan_audio(facts, limits, case.options, findings, timeline=timeline, length=length, keep=keep)
    elif wanted == "video" and isinstance(facts, VideoFacts):
        from .av.video_plan import plan_video

        planned = plan_video(facts, limits, case.options, findings, length=_wanted_length(case, role), keep=keep)
    else:
        reasons = [finding.message for finding in findings if finding.severity in FAILING]
        raise PrepareError(facts.path, reasons[0] if reasons else say("is not a file of kind {wanted}", wanted=wanted))
    return case.plan_of(role, planned)


def _as_a_file(facts: Facts) -> Facts:
    """The facts with a name that shows their format, if the file is a `data:` URL: the file is written with such a name."""
    if not is_data_url(facts.path):
        return facts
    known = FORMATS.get(facts.format or "")
    return msgspec.structs.replace(facts, path=f"{facts.kind}.{known.extensions[0]}" if known else facts.kind)


def _picture_plan(case: _Case, role: str, facts: ImageFacts) -> Planned:
    from .image.frame import Room
    from .image.plan import plan_image

    content = case.measured[role].content
    faces = tuple(face.box for face in content.faces) if isinstance(content, PictureContent) else ()
    keep = faces
    if isinstance(content, PictureContent) and content.bodies:
        keep = tuple(Box(*body.bbox) for body in content.bodies)
    ratio = box_ratio(case.job, case.model, case.options)
    turn = content.turn_deg if case.options.upright and isinstance(content, PictureContent) else None
    return plan_image(
        facts,
        case.model.roles[role],
        case.options,
        case.findings(role),
        faces=keep,
        target_ratio=_target_ratio(case, role),
        # A picture on its side is framed after it is turned.
        crop=_box_crop(case, role, content, ratio) if turn is None and _crops_to_boxes(case, role) else None,
        room=Room(faces[0], ratio) if faces and turn is None else None,
        turn=turn,
    )


def takes_boxes(model: Model) -> bool:
    """Whether a model wants the face and the crop around it as boxes."""
    return all(name in model.fields for name in BOXES)


def box_ratio(job: Job, model: Model, options: PrepareOptions) -> Ratio:
    """The ratio of the boxes: as chosen, else the job's own."""
    return options.ratio or ratio_of(job, model)


def given_boxes(job: Job) -> dict[str, Any]:
    """The boxes that the job gives, which stay."""
    return {name: job.inputs[name] for name in BOXES if job.inputs.get(name) is not None}


def is_face_chosen(job: Job, options: PrepareOptions) -> bool:
    """Whether it is said who is meant in a picture of several people: by a number, or as the largest."""
    return job.face is not None or options.crop_to_boxes


def all_boxes(given: Mapping[str, Any], find: Callable[..., Portrait], *, is_chosen: bool) -> dict[str, Any]:
    """The given boxes of a picture, and the missing ones, which `find` computes from them.

    Only the given ones if it cannot, or if there are several faces, and neither a box nor `is_chosen` says which is meant.
    """
    if len(given) == len(BOXES) or not all(is_box(box) for box in given.values()):
        return dict(given)
    found = find(*(Box(*given[name]) if name in given else None for name in BOXES))
    is_open = len(found.faces) > 1 and not given and not is_chosen
    if found.face_bbox is None or found.ext_bbox is None or is_open:
        return dict(given)
    return {"face_bbox": list(found.face_bbox), "ext_bbox": list(found.ext_bbox)}


def _crops_to_boxes(case: _Case, role: str) -> bool:
    """Whether the picture is cropped to its `ext_bbox`: on request, or because it shows more faces than the chosen one."""
    return case.options.crop_to_boxes or any(each.name == _FACES_SEVERAL and each.fixable for each in case.findings(role))


def _box_crop(case: _Case, role: str, content: object, ratio: Ratio) -> Box | None:
    given = {name: Box(*box) for name, box in given_boxes(case.job).items() if is_box(box)}
    if any(finding.name in _BOX_FAULTS for finding in case.report.findings):
        return None
    if "ext_bbox" in given or not isinstance(content, PictureContent):
        return given.get("ext_bbox")
    framing = framing_of(case.model.boxes, ratio)
    return portrait_in(content, role, ratio, framing, face_bbox=given.get("face_bbox")).ext_bbox


def _target_ratio(case: _Case, role: str) -> Fraction | None:
    """Width over height that a parameter names for this picture; None if none does."""
    pair = case.model.pairs.picture_ratio
    if pair is None or pair.role != role or case.found(_RATIO_DIFFERS) is None:
        return None
    wanted = case.job.value(pair.parameter, case.model)
    across, _, down = str(wanted).partition(":")
    return Fraction(int(across), int(down))


def _wanted_length(case: _Case, role: str) -> float | None:
    """The length in seconds that another part of the job requires of this file; None if none does."""
    longer = case.found(_AUDIO_LONGER)
    if longer is not None and longer.role == role:
        pair = case.model.pairs.audio_fills_duration
        assert pair is not None
        return float(case.job.value(pair.parameter, case.model) or 0)
    differing = case.found(_LENGTHS_DIFFER)
    if differing is None or differing.role != role or not case.options.equal_lengths:
        return None
    pair_roles = case.model.pairs.equal_lengths
    assert pair_roles is not None
    other = next(name for name in pair_roles.roles if name != role)
    facts = case.measured[other].facts
    return facts.duration_s if isinstance(facts, AudioFacts | VideoFacts) else None


def _timeline(case: _Case, role: str) -> Any:
    """The voice timeline for a cut; None if nothing will be cut, or if the cut is at the limit on request."""
    from .av.cuts import Timeline

    cutting = (_TOO_LONG, _AUDIO_LONGER, _LENGTHS_DIFFER)
    found = any(finding.name in cutting for finding in case.findings(role))
    if case.options.trim == "end" or role in case.options.keep or not (found or _has_long_track(case, role)):
        return None
    from ..people.speech import speech_timeline
    from ..people.vad import FRAME_S

    source = case.source(role)
    try:
        return Timeline(FRAME_S, case.containment.call(source, speech_timeline, source))
    except UnreadableMediaError:
        # A file that cannot be decoded cannot be cut; the planner says so, with the findings.
        return None


def _has_long_track(case: _Case, role: str) -> bool:
    """Whether a video that is given as a recording has more sound than the model takes."""
    facts, limit = case.measured[role].facts, case.model.roles[role].duration
    if not isinstance(facts, VideoFacts) or limit is None or facts.audio_duration_s is None:
        return False
    from .av.steps import kept_lead

    return limit.safe_interval.is_above(facts.audio_duration_s + (kept_lead(facts) or 0.0))


def _split(case: _Case, role: str) -> tuple[FilePlan, ...]:
    """The plans for the parts of a recording that is too long; empty if it is not."""
    facts = case.measured[role].facts
    too_long = any(finding.name == _TOO_LONG for finding in case.findings(role))
    if case.model.roles[role].kind != "audio" or not too_long or not isinstance(facts, AudioFacts | VideoFacts):
        return ()
    from .av.audio_plan import plan_audio_split

    parts = plan_audio_split(facts, case.model.roles[role], case.options, case.findings(role), timeline=_timeline(case, role))
    return tuple(case.plan_of(role, part) for part in parts)


def prepared_job(job: Job, model: Model, paths: Mapping[str, str], boxes: Mapping[str, Any], face: int | None) -> Job:
    """The job with its files replaced by the prepared ones, and the boxes and the number of the face that go with them."""
    kept = {name: value for name, value in job.inputs.items() if name not in BOXES or not takes_boxes(model)}
    inputs = {**kept, **paths, **boxes}
    return Job(job.model, parameters=job.parameters, region=job.region, face=face, whole=job.whole, **inputs)
