"""The image inputs of all models, each set of limits once, and findings without a file."""

from mediapreflight import Job
from mediapreflight.catalog import Model, Role, builtin_catalog
from mediapreflight.check.judge import judge
from mediapreflight.check.measure import Measured
from mediapreflight.findings import Finding
from mediapreflight.media.facts import ImageFacts
from mediapreflight.rules import selection


def image_roles() -> dict[str, tuple[Model, str]]:
    """A model and an input of it by `model/input`, one for each set of limits that the catalog holds.

    Without inputs whose limits IMG012 judges: `prepare` does not fix that.
    """
    catalog = builtin_catalog()
    models = [catalog.model(name) for name in catalog.ids()]
    inputs = [(model, name, role) for model in models for name, role in model.roles.items() if role.kind == "image"]
    inputs = [each for each in inputs if not (each[2].short_side or each[2].pixels or each[2].sizes)]
    first = {repr(_limits(role)): (model, name) for model, name, role in reversed(inputs)}
    return {f"{model.id}/{name}": (model, name) for model, name in first.values()}


def findings_of(facts: ImageFacts, model: Model, name: str) -> list[Finding]:
    """What the rules over files and pictures find in these facts."""
    job = Job(model.id, whole=False, **{name: facts.path})
    report = judge(job, model, {name: Measured(facts)}, selection(("FILE", "IMG")))
    return [finding for finding in report.findings if finding.role == name]


def blocking(findings: list[Finding]) -> list[Finding]:
    """Those that a prepared picture must not have."""
    return [finding for finding in findings if finding.severity != "info"]


def _limits(role: Role) -> tuple[object, ...]:
    return role.known_formats.safe_names, role.side, role.aspect_ratio, role.byte_intervals, role.without_alpha


IMAGE_ROLES = image_roles()
