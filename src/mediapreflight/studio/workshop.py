"""Check and plan jobs for the page, with the functions of `check` and `prepare` and the cards of the report page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import structs

from ..catalog import Catalog, builtin_catalog
from ..catalog.interval import Interval
from ..catalog.schema import Content, Model, Parameter, Role
from ..check.run import report_on
from ..check.takers import Taker, takers
from ..errors import MissingLibraryError
from ..findings import FAILING, JobReport
from ..job import revised
from ..language import say, translated
from ..media.facts import Facts
from ..people.facts import PictureContent
from ..people.geometry import FRAMINGS, Ratio
from ..people.portraits import framing_of, portrait_in
from ..prepare.outlook import Outlook
from ..prepare.plan import JobPlan, ensure_options_suit, plan_job, takes_boxes
from ..report.html.page import filled
from ..report.html.views import PlanView, fact_rows, finding_views, job_view, plan_view, rule_views
from ..rules import selection
from ..text import clauses
from .advice import on_page
from .memory import Remembering
from .orders import Order, command_line, python_text
from .uploads import Upload

TEMPLATES = Path(__file__).parent / "templates"
_BOX_RATIOS = tuple(FRAMINGS)
# What is measured in a picture to show its faces.
_PORTRAIT = Role(field="image", kind="image", source="", content=Content(source="", faces="largest"))


class Workshop:
    """Checks and plans jobs. For several threads."""

    def __init__(self, catalog: Catalog, containment: Remembering) -> None:
        self.catalog = catalog
        self.containment = containment

    def checked(self, order: Order) -> dict[str, Any]:
        """The report on a job, and its card."""
        report = report_on(order.job, order.model, "content", selection(), self.containment)
        outlooks = self._outlooks(order) if report.inputs else {}
        shown = structs.replace(report, findings=on_page(report.findings))
        view = job_view(1, shown, order.model, self._previews(order, report), outlooks)
        # The page shows the plan elsewhere; the card only keeps what is drawn, such as the cut.
        view = view._replace(inputs=tuple(each._replace(plan=None) for each in view.inputs))
        return {
            "report": report,
            "verdict": view.worst,
            "headline": view.verdict,
            "html": filled("job.html", job=view),
            "rules": [
                {"code": rule.code, "name": rule.name, "paragraphs": rule.paragraphs}
                for rule in rule_views(_codes(report, outlooks))
            ],
        }

    def planned(self, order: Order) -> dict[str, Any]:
        """What `prepare` would do with a job, with the command line and the Python code for it."""
        (plan,) = self.plans(order)
        return {
            "ok": plan.ok,
            "plan": plan.to_dict(),
            "html": filled("plan.html", beside=TEMPLATES, plans=_plan_views(plan), findings=finding_views(on_page(plan.stays))),
            "command": command_line(order),
            "python": python_text(order),
        }

    def plans(self, order: Order) -> tuple[JobPlan, ...]:
        """The plans that `prepare` runs. Raises UsageError and MissingLibraryError as `prepare` does."""
        job = revised(order.job, whole=True)
        ensure_options_suit([job], order.options, self.catalog)
        return tuple(plan_job(job, order.options, "content", self.catalog, self.containment, watches=False))

    def portraits(self, upload: Upload, ratio: Ratio, model: Model | None) -> dict[str, Any]:
        """The faces of a picture, each with the crop around it."""
        path = str(upload.path)
        found: dict[str, Any] = {"width": None, "height": None, "ratio": ratio, "faces": [], "doubtful": [], "trouble": None}
        measured = self.containment.looked_at(path, upload.facts, _PORTRAIT, "content")
        seen = measured.content
        if not isinstance(seen, PictureContent):
            why = measured.trouble or clauses(upload.facts.problems) or say("it is not a picture")
            return {**found, "trouble": translated(why)}
        framing = framing_of(model.boxes, ratio) if model else None
        several = [portrait_in(seen, path, ratio, framing, number) for number in range(1, len(seen.faces) + 1)]
        faces = [
            {"number": number, **_face(face), "ext_bbox": each.ext_bbox, "reason": each.reason and translated(each.reason)}
            for number, (face, each) in enumerate(zip(seen.faces, several, strict=True), start=1)
        ]
        doubtful = [_face(face) for face in seen.doubtful]
        return {**found, "width": seen.width, "height": seen.height, "faces": faces, "doubtful": doubtful}

    def takers(self, upload: Upload) -> list[dict[str, Any]]:
        """The models that have a role for the file, each with its verdict."""
        found = takers(str(upload.path), upload.facts, self.catalog, "content", selection(), self.containment)
        return [_taker(each) for each in found]

    def _previews(self, order: Order, report: JobReport) -> dict[str, Any]:
        return {
            role: self.containment.preview(str(order.job.inputs[role]), item.facts)
            for role, item in report.inputs.items()
            if item.facts is not None
        }

    def _outlooks(self, order: Order) -> Mapping[str, Outlook]:
        try:
            (plan,) = self.plans(order)
        except MissingLibraryError as error:
            return {role: Outlook(unknown=str(error)) for role in order.files}
        return {role: Outlook(plan.files.get(role), plan.unfixable.get(role)) for role in plan.measured}


def _plan_views(plan: JobPlan) -> dict[str, PlanView]:
    return {role: plan_view(Outlook(plan.files.get(role), plan.unfixable.get(role))) for role in plan.measured}


def _codes(report: JobReport, outlooks: Mapping[str, Outlook]) -> Iterator[str]:
    yield from (finding.code for finding in report.findings)
    for outlook in outlooks.values():
        yield from (step.reason.partition(" ")[0] for step in outlook.plan.steps) if outlook.plan else ()


def _face(face: Any) -> dict[str, Any]:
    return {name: getattr(face, name) for name in ("bbox", "score", "yaw_deg", "pitch_deg", "roll_deg")}


def _taker(taker: Taker) -> dict[str, Any]:
    told = [each for each in taker.report.findings if each.severity != "info"]
    first = next((each for each in told if each.severity in FAILING), next(iter(told), None))
    return {
        "model": taker.model.id,
        "title": taker.model.title,
        "provider": taker.model.provider,
        "role": taker.role,
        "verdict": taker.verdict,
        "why": translated(first.message) if first else "",
    }


# --- files and models as JSON for the page ----------------------------------------------------------------------------


def record_of_upload(upload: Upload) -> dict[str, Any]:
    """An upload as JSON for the page."""
    facts: Facts = upload.facts
    return {
        "id": upload.id,
        "name": upload.name,
        "kind": facts.kind,
        "bytes": facts.bytes,
        "facts": facts,
        "rows": list(fact_rows(facts)),
        "problems": [translated(problem) for problem in facts.problems],
    }


def record_of_model(model: Model) -> dict[str, Any]:
    """A model as JSON for the page."""
    return {
        "id": model.id,
        "title": model.title,
        "provider": model.provider,
        "provider_title": builtin_catalog().provider(model.provider).title,
        "summary": translated(model.summary),
        "can_be_submitted": model.service is not None and model.service.mode == "asynchronous",
        "takes_boxes": takes_boxes(model),
        "ratios": _ratios(model),
        "roles": [
            {"name": name, "kind": role.kind, "required": role.required, "count": _range(role.count)}
            for name, role in model.roles.items()
            if role.follows is None
        ],
        "fields": [_value(name, field) for name, field in model.fields.items()],
        "parameters": [_value(name, parameter) for name, parameter in model.parameters.items()],
    }


def _ratios(model: Model) -> list[str]:
    ratios = (field.ratios for field in model.fields.values() if field.ratios)
    return [ratio for ratio in next(ratios, ()) if ratio in _BOX_RATIOS]


def _value(name: str, parameter: Parameter) -> dict[str, Any]:
    least, most = _range(parameter.range) or (None, None)
    return {
        "name": name,
        "type": parameter.type,
        "required": parameter.required,
        "choices": parameter.choices,
        "least": least,
        "most": most,
        "default": parameter.default,
        "filled": parameter.filled_by is not None,
        "note": translated(parameter.note) if parameter.note else None,
    }


def _range(text: str | None) -> tuple[float | None, float | None] | None:
    if text is None:
        return None
    interval = Interval.parse(text)
    return tuple(None if abs(end) == float("inf") else end for end in (interval.lower, interval.upper))  # type: ignore[return-value]
