"""Find the models that take a file: as it is, after `prepare`, or not at all."""

from __future__ import annotations

from typing import Literal, NamedTuple

from ..catalog import Catalog, Model
from ..findings import FAILING, JobReport, fixable
from ..media.facts import Facts, Level
from .containment import Containment
from .judge import judge
from .measure import Look, Measured, look_for
from .run import lone_job

Verdict = Literal["fits", "fits after prepare", "does not fit"]


class Taker(NamedTuple):
    """The findings for a file in one role of a model."""

    model: Model
    role: str
    report: JobReport

    @property
    def verdict(self) -> Verdict:
        """`fits`, `fits after prepare` or `does not fit`."""
        if self.report.ok:
            return "fits"
        can_be_fixed = list(fixable(self.report))
        failing = (finding for finding in self.report.findings if finding.severity in FAILING)
        return "fits after prepare" if all(finding in can_be_fixed for finding in failing) else "does not fit"


def takers(
    path: str, facts: Facts, catalog: Catalog, level: Level, codes: frozenset[str], containment: Containment
) -> list[Taker]:
    """The models that have a role for files of this kind, by id, with their findings for the file by itself.

    Args:
        facts: of the file, at this level, or at `decode` for `content`.
    """
    looks: dict[Look | None, Measured] = {}
    found = []
    for model in catalog.models():
        for role in model.roles_of_kind(facts.kind):
            if model.roles[role].follows is not None:
                continue
            look = look_for(facts, model.roles[role], level)
            if look not in looks:
                looks[look] = containment.looked_at(path, facts, model.roles[role], level)
            report = judge(lone_job(path, model, role), model, {role: looks[look]}, codes)
            found.append(Taker(model, role, report))
    return found
