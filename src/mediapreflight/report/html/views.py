"""Reports, previews and plans as values for the templates. No file is opened."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ...catalog import Catalog, Model
from ...errors import UnknownModelError
from ...findings import SEVERITIES, Finding, InputReport, JobReport, Severity, fixable
from ...language import say, tr, tr_many, translated
from ...media.facts import AudioFacts, Facts, ImageFacts, VideoFacts
from ...media.previews import NOTHING, Preview, Sound, Still
from ...people.facts import Content, Face, PictureContent, SpeechFacts, VideoContent
from ...prepare.av.steps import Trim
from ...prepare.outlook import Outlook
from ...prepare.record import StepRecord
from ...prepare.steps import step_of
from ...rules import RULES, names
from ...text import clauses
from ..evidence import measured_and_limit
from .bars import Bar, bars, number_text

_SEVERITIES = {"error": say("Error"), "unchecked": say("Unchecked"), "warning": say("Warning"), "info": say("Note")}
CLEAN = "clean"
# The rank of a job that fits: after those that would be refused, and those with warnings.
FITS = 2
# Of paths, and of URLs on every system.
_SLASHES = f"/{os.sep}"
_PROPOSED = names("boxes-proposed")
_VERDICTS = {
    "error": say("Would be refused"),
    "unchecked": say("Not fully checked"),
    "warning": say("Fits, with warnings"),
    "info": say("Fits"),
    CLEAN: say("Fits"),
}
# The width and height of a drawn sound, in SVG units.
WAVE_WIDTH, WAVE_HEIGHT = 1000, 100


class FindingView(NamedTuple):
    """A finding, with its figures in words. `sources`: pages and dates, each with its address if known."""

    severity: str
    severity_name: str
    code: str
    name: str
    message: str
    evidence: tuple[tuple[str, str], ...]
    sources: tuple[tuple[str, str | None], ...]
    help: str | None
    fixable: bool


class Outline(NamedTuple):
    """A box on a picture, in pixels of the displayed picture. `sort`: face, bystander, doubtful, face_bbox or ext_bbox."""

    sort: str
    label: str
    x: int
    y: int
    width: int
    height: int


class Shot(NamedTuple):
    """A picture or frame with the boxes in it. `width`, `height`: of the displayed picture, whose pixels the boxes use."""

    still: Still
    width: int
    height: int
    caption: str
    boxes: tuple[Outline, ...]


class Wave(NamedTuple):
    """A drawn waveform. Positions go from 0 to `WAVE_WIDTH`; `dropped`: removed by a planned cut; `limit`: accepted."""

    path: str
    speech: tuple[tuple[float, float], ...]
    dropped: tuple[tuple[float, float], ...]
    limit: float | None
    length: str
    caption: str


class StepView(NamedTuple):
    """A step of `prepare`; `code`: of the rule it is for, if any."""

    name: str
    detail: str
    reason: str
    code: str | None


class PlanView(NamedTuple):
    """What `prepare` would do with a file. `becomes`: the properties of the result."""

    steps: tuple[StepView, ...]
    becomes: str
    unfixable: str | None
    unknown: str | None


class InputView(NamedTuple):
    """One input of a job. `path` is `folder` and `name` together."""

    role: str
    kind: str
    path: str
    folder: str
    name: str
    facts: tuple[tuple[str, str], ...]
    shots: tuple[Shot, ...]
    wave: Wave | None
    trouble: str | None
    bars: tuple[Bar, ...]
    findings: tuple[FindingView, ...]
    plan: PlanView | None


class JobView(NamedTuple):
    """One job. `worst`: its highest severity, or `clean`; `values`: parameters and fields as given."""

    number: int
    model: str
    title: str
    worst: str
    verdict: str
    values: tuple[tuple[str, str], ...]
    inputs: tuple[InputView, ...]
    request: tuple[FindingView, ...]
    severities: tuple[str, ...]
    rules: tuple[str, ...]


class RuleView(NamedTuple):
    """The help page of a rule: paragraphs with the label they start with, such as `Fix`."""

    code: str
    name: str
    level: str
    fixable: bool
    paragraphs: tuple[tuple[str, str], ...]


def job_view(
    number: int,
    job: JobReport,
    model: Model | None,
    previews: Mapping[str, Preview],
    outlooks: Mapping[str, Outlook],
) -> JobView:
    """One job with what can be shown of its files, by role. `model` is None if the catalog does not know it."""
    severities = severities_of(job)
    worst = severities[0]
    inputs = tuple(
        _input(role, item, job, model, previews.get(role, NOTHING), outlooks.get(role)) for role, item in job.inputs.items()
    )
    return JobView(
        number=number,
        model=job.model,
        title=model.title if model else job.model,
        worst=worst,
        verdict=translated(_VERDICTS[worst]),
        values=value_rows({**job.fields, **job.parameters}),
        inputs=inputs,
        request=tuple(_finding(finding, finding.fixable) for finding in _ordered(job.findings) if finding.role not in job.inputs),
        severities=severities,
        rules=tuple(dict.fromkeys(finding.code for finding in job.findings)),
    )


def severity_name(severity: Severity) -> str:
    """What a severity is called on a page."""
    return translated(_SEVERITIES[severity])


def severities_of(job: JobReport) -> tuple[str, ...]:
    """The severities of a job's findings, the highest first; `clean` if there are none."""
    found = {finding.severity for finding in job.findings}
    return tuple(severity for severity in SEVERITIES if severity in found) or (CLEAN,)


def value_rows(values: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The values of a request that are not files, as text."""
    return tuple((name, value if isinstance(value, str) else repr(value)) for name, value in values.items())


def model_named(name: str, catalog: Catalog) -> Model | None:
    """The catalog's entry; None if it has none, for example if the user's catalog file is missing."""
    try:
        return catalog.model(name)
    except UnknownModelError:
        return None


def rule_views(codes: Iterable[str]) -> Iterator[RuleView]:
    """The help pages of these rules, in the order of the registry."""
    wanted = set(codes)
    for code, rule in RULES.items():
        if code in wanted:
            paragraphs = tuple((translated(label), translated(text)) for label, text in rule.paragraphs)
            yield RuleView(code, rule.name, rule.level, rule.fixable, paragraphs)


def _ordered(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))


def _finding(finding: Finding, fixed: bool) -> FindingView:
    return FindingView(
        severity=finding.severity,
        severity_name=severity_name(finding.severity),
        code=finding.code,
        name=finding.name,
        message=translated(finding.message),
        evidence=tuple(_evidence(finding)),
        sources=tuple(_sources(finding)),
        help=translated(finding.help) if finding.help else None,
        fixable=fixed,
    )


def _sources(finding: Finding) -> Iterator[tuple[str, str | None]]:
    for page in filter(None, (finding.source or "").split("; ")):
        url = finding.source_urls.get(page, "")
        # Findings may also come from files: only an address becomes a link.
        yield page, url if url.startswith("https://") else None


def finding_views(findings: Iterable[Finding]) -> tuple[FindingView, ...]:
    """Findings, most severe first."""
    return tuple(_finding(finding, finding.fixable) for finding in _ordered(findings))


def _evidence(finding: Finding) -> Iterator[tuple[str, str]]:
    if figures := measured_and_limit(finding):
        yield tr("Measured"), figures[0]
        yield tr("Limit"), figures[1]
    if finding.service_code:
        yield tr("The service answers"), finding.service_code


def _input(
    role: str, item: InputReport, job: JobReport, model: Model | None, preview: Preview, outlook: Outlook | None
) -> InputView:
    taken = model.roles.get(role) if model else None
    facts = item.facts
    findings = _ordered(finding for finding in job.findings if finding.role == role)
    fixed = tuple(fixable(job))
    folder, name = parted(item.path)
    return InputView(
        role=role,
        kind=taken.kind if taken else "",
        path=item.path,
        folder=folder,
        name=name,
        facts=tuple(fact_rows(facts)) if facts else (),
        shots=tuple(shots(preview, facts, item.content, _boxes(job, findings) if facts and facts.kind == "image" else ())),
        wave=_wave(preview.sound, item.content, outlook, _most_seconds(model, role)) if preview.sound else None,
        trouble=translated(preview.trouble) if preview.trouble else None,
        bars=tuple(bars(facts, taken, model)) if facts and taken and model else (),
        findings=tuple(_finding(finding, any(finding is each for each in fixed)) for finding in findings),
        plan=plan_view(outlook) if outlook else None,
    )


def parted(path: str) -> tuple[str, str]:
    """A path or URL up to its last slash, and the rest."""
    whole = path.rstrip(_SLASHES)
    cut = max(map(whole.rfind, _SLASHES)) + 1
    return whole[:cut], whole[cut:]


def fact_rows(facts: Facts) -> Iterator[tuple[str, str]]:
    """The facts of a file, as rows of a table."""
    yield from _format_rows(facts)
    if isinstance(facts, ImageFacts | VideoFacts) and facts.width and facts.height:
        yield tr("Size"), f"{facts.width} x {facts.height} px"
    if isinstance(facts, VideoFacts):
        if facts.fps:
            rate = f"{number_text(facts.fps)} fps"
            yield tr("Rate"), tr("{rate}, varies", rate=rate) if facts.variable_frame_rate else rate
        if facts.rotation or facts.mirrored:
            turn = f"{facts.rotation}°"
            yield tr("Rotation"), tr("{turn}, mirrored", turn=turn) if facts.mirrored else turn
    if isinstance(facts, AudioFacts | VideoFacts):
        yield from _length_rows(facts)
    if isinstance(facts, AudioFacts) and facts.sample_rate:
        channels = tr_many("{count} channel", "{count} channels", facts.channels) if facts.channels else ""
        yield tr("Sound"), ", ".join(filter(None, (f"{facts.sample_rate:,} Hz", channels)))
    if isinstance(facts, VideoFacts) and facts.audio_codec:
        yield tr("Sound"), facts.audio_codec
    if isinstance(facts, ImageFacts) and facts.orientation != 1:
        yield tr("Orientation"), f"EXIF {facts.orientation}"
    for problem in facts.problems:
        sort, _, detail = problem.partition(": ")
        yield tr("Problem"), tr("{place}: {message}", place=sort, message=detail)


def _format_rows(facts: Facts) -> Iterator[tuple[str, str]]:
    codec = getattr(facts, "video_codec", None) or getattr(facts, "audio_codec", None)
    if facts.format:
        yield tr("Format"), " · ".join(dict.fromkeys(part for part in (facts.format, codec) if part))
    if facts.bytes is not None:
        yield tr("Bytes"), f"{facts.bytes:,}"


def _length_rows(facts: AudioFacts | VideoFacts) -> Iterator[tuple[str, str]]:
    measured, stated = facts.duration_s, facts.stated_duration_s
    if measured is not None:
        yield tr("Length"), f"{number_text(round(measured, 2))} s"
    if stated is not None and (measured is None or not math.isclose(measured, stated, rel_tol=0.02, abs_tol=0.1)):
        yield tr("Header says"), f"{number_text(round(stated, 2))} s"


def shots(preview: Preview, facts: Facts | None, content: Content | None, boxes: Sequence[Outline]) -> Iterator[Shot]:
    """The stills of a file with the faces found in them, and these boxes."""
    if not isinstance(facts, ImageFacts | VideoFacts) or not facts.width or not facts.height:
        return
    for still in preview.stills:
        found = (*_faces(content, still.time_s), *boxes)
        caption = "" if still.time_s is None else f"{still.time_s:.1f} s"
        yield Shot(still, facts.width, facts.height, caption, found)


def _faces(content: Content | None, time_s: float | None) -> Iterator[Outline]:
    seen: Any = content
    if isinstance(content, VideoContent):
        seen = next((each for each in content.samples if each.time_s == time_s), None)
    elif not isinstance(content, PictureContent):
        return
    if seen is not None:
        yield from (_face(face, "face") for face in seen.faces)
        yield from (_face(face, "bystander") for face in seen.bystanders)
        if isinstance(seen, PictureContent):
            yield from (_face(face, "doubtful") for face in seen.doubtful)


def _face(face: Face, sort: str) -> Outline:
    box = face.box
    return Outline(sort, tr("{sort}, {score:.0%} sure", sort=sort, score=face.score), box.x1, box.y1, box.width, box.height)


def _boxes(job: JobReport, findings: Iterable[Finding]) -> tuple[Outline, ...]:
    """The boxes a job gives, else those that were proposed for it."""
    proposed: Any = next((finding.measured for finding in findings if finding.name in _PROPOSED), {})
    return named_boxes({**proposed, **job.fields} if isinstance(proposed, dict) else job.fields)


def named_boxes(fields: Mapping[str, Any]) -> tuple[Outline, ...]:
    """`ext_bbox` and `face_bbox` of a request, as far as they are boxes."""
    found = []
    for name in ("ext_bbox", "face_bbox"):
        box = fields.get(name)
        if isinstance(box, list | tuple) and len(box) == 4 and all(type(edge) is int for edge in box):
            found.append(Outline(name, name, box[0], box[1], max(box[2] - box[0], 0), max(box[3] - box[1], 0)))
    return tuple(found)


def _most_seconds(model: Model | None, role: str) -> float | None:
    limit = model.roles[role].duration if model and role in model.roles else None
    most = limit.safe_interval.upper if limit else math.inf
    return most if math.isfinite(most) else None


def _wave(sound: Sound, content: Content | None, outlook: Outlook | None, most_s: float | None) -> Wave:
    speech = content.speech if isinstance(content, SpeechFacts) else ()
    cut = step_of(outlook.plan.steps, Trim) if outlook and outlook.plan else None
    dropped = ((0.0, cut.start_s), (cut.end_s, sound.duration_s)) if cut else ()
    said = [say("{seconds:.2f} s of sound", seconds=sound.duration_s)]
    if isinstance(content, SpeechFacts):
        said.append(say("somebody speaks for {share:.0%} of it", share=content.speech_share))
    if cut:
        said.append(say("prepare would keep {start:.2f} to {end:.2f} s", start=cut.start_s, end=cut.end_s))
    return wave(sound, sound.duration_s, speech, dropped, most_s, translated(clauses(said)))


def wave(
    sound: Sound,
    whole_s: float,
    speech: Iterable[tuple[float, float]] = (),
    dropped: Iterable[tuple[float, float]] = (),
    limit_s: float | None = None,
    caption: str = "",
) -> Wave:
    """A waveform on a line of `whole_s` seconds."""

    def at(seconds: float) -> float:
        return round(min(max(seconds / whole_s, 0.0), 1.0) * WAVE_WIDTH, 2)

    def spans(times: Iterable[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
        return tuple((at(start), round(at(end) - at(start), 2)) for start, end in times if end > start and start < whole_s)

    return Wave(
        path=_outline_path(sound.peaks, at(sound.duration_s)),
        speech=spans(speech),
        dropped=spans(dropped),
        limit=at(limit_s) if limit_s is not None and limit_s < whole_s else None,
        length=f"{whole_s:.2f} s",
        caption=caption,
    )


def _outline_path(peaks: Sequence[float], width: float) -> str:
    """A closed shape, mirrored at the middle; thick enough that silence is visible."""
    middle = WAVE_HEIGHT / 2
    step = width / max(len(peaks), 1)
    upper = [(round((number + 0.5) * step, 1), round(max(peak, 0.012) * middle * 0.94, 1)) for number, peak in enumerate(peaks)]
    points = [(x, middle - y) for x, y in upper] + [(x, middle + y) for x, y in reversed(upper)]
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points) + "Z"


def plan_view(outlook: Outlook) -> PlanView:
    """What `prepare` would do with a file, or why that is not known."""
    plan = outlook.plan
    if plan is None:
        unfixable, unknown = (translated(why) if why else None for why in (outlook.unfixable, outlook.unknown))
        return PlanView((), "", unfixable, unknown)
    steps = step_views(StepRecord(**step.to_dict()) for step in plan.steps)
    return PlanView(steps, plan.expected.in_words if steps else "", None, None)


def step_views(steps: Iterable[StepRecord]) -> tuple[StepView, ...]:
    """Steps, each with the code of the rule it is for."""
    views = []
    for step in steps:
        code = step.reason.partition(" ")[0]
        views.append(StepView(step.name, translated(step.detail), translated(step.reason), code if code in RULES else None))
    return tuple(views)
