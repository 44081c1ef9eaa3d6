"""One page that contains everything. It needs no network and no server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from ...catalog import Catalog, Model, builtin_catalog
from ...findings import FAILING, SEVERITIES, JobReport, Summary, summary_of
from ...language import tr, tr_many
from ...media.facts import Facts
from ...media.previews import NOTHING, Preview
from ...prepare.outlook import Outlook
from ..closing import jobs_counted
from ..style import Style
from .views import CLEAN, FITS, JobView, job_view, model_named, severities_of, severity_name

if TYPE_CHECKING:
    from .page import Card

# The largest page that opens quickly: bytes of pictures, of which jobs that fit take up to half, and jobs by their rank.
# The others are counted.
MOST_PICTURE_BYTES = 1_500_000
MOST_JOBS = (1500, 500, 500)

PreviewOf = Callable[[str, Facts], Preview]
OutlooksOf = Callable[[JobReport, Model], Mapping[str, Outlook]]


def render(
    jobs: Iterable[JobReport],
    style: Style,
    *,
    catalog: Catalog | None = None,
    preview_of: PreviewOf = lambda _path, _facts: NOTHING,
    outlooks_of: OutlooksOf = lambda _job, _model: {},
) -> Iterator[str]:
    """The page in pieces; the first one comes when all jobs are done, because their counts are at the top.

    Args:
        catalog: what the jobs were checked against, for the bars.
        preview_of: what is shown of a file.
        outlooks_of: what `prepare` would do with the files of a job, by role.
    """
    from .page import assembled, filled

    tally = _Tally(preview_of)
    yield from assembled(
        _cards(jobs, tally, catalog or builtin_catalog(), outlooks_of),
        tr("mediapreflight report"),
        lambda: filled("top.html", tally=tally, severity_name=severity_name),
        lambda: tally.help,
    )


def framed(jobs: Iterable[JobReport]) -> str:
    """The page inside a frame, for notebooks, so that styles and scripts of page and notebook do not affect each other."""
    from html import escape

    page = escape("".join(render(jobs, Style())))
    return (
        f'<iframe sandbox="allow-scripts" style="width: 100%; height: 36em; border: 0" title="report" srcdoc="{page}"></iframe>'
    )


def _cards(jobs: Iterable[JobReport], tally: _Tally, models: Catalog, outlooks_of: OutlooksOf) -> Iterator[Card]:
    from .page import Card, filled

    for job in jobs:
        if not tally.add(job):
            continue
        model = model_named(job.model, models)
        view = job_view(tally.summary.jobs, job, model, tally.previews(job), outlooks_of(job, model) if model else {})
        tally.note(view)
        yield Card(filled("job.html", job=view), _rank(view.worst))


def _rank(worst: str) -> int:
    """The place of a job on the page, by its highest severity: what would be refused, what has warnings, what fits."""
    return 0 if worst in FAILING else 1 if worst == "warning" else FITS


class _Tally:
    """Counts over all jobs: for the top of the page, its filters and the rules explained at its end."""

    def __init__(self, preview_of: PreviewOf) -> None:
        self._preview_of = preview_of
        self.summary = Summary(jobs=0, files=0, errors=0, warnings=0, unchecked=0)
        self.models: Counter[str] = Counter()
        self.rules: Counter[tuple[str, str]] = Counter()
        self.severities: Counter[str] = Counter()
        self.help: set[str] = set()
        self.verdicts: Counter[str] = Counter()
        self.unpictured = self.unlisted = 0
        self._listed = [0] * len(MOST_JOBS)
        self._picture_bytes = 0

    def add(self, job: JobReport) -> bool:
        """Count a job and its findings. Returns whether it is listed."""
        more = summary_of((job,))
        self.summary = Summary(**{name: getattr(self.summary, name) + getattr(more, name) for name in Summary.__struct_fields__})
        self.models[job.model] += 1
        self.rules.update({(finding.code, finding.name) for finding in job.findings})
        severities = severities_of(job)
        self.severities.update(severities)
        self.verdicts[severities[0]] += 1
        rank = _rank(severities[0])
        listed = self._listed[rank] < MOST_JOBS[rank]
        self._listed[rank] += listed
        self.unlisted += not listed
        return listed

    def note(self, view: JobView) -> None:
        """Remember the rules that a card names."""
        self.help.update(view.rules)
        self.help.update(step.code for item in view.inputs if item.plan for step in item.plan.steps if step.code)

    @property
    def worst(self) -> str:
        """The highest severity found, or `clean`."""
        return next((severity for severity in SEVERITIES if self.verdicts[severity]), CLEAN)

    @property
    def listed(self) -> int:
        """How many jobs are listed."""
        return sum(self._listed)

    @property
    def headline(self) -> str:
        """The result in one sentence."""
        jobs, refused, unchecked = self.summary.jobs, self.verdicts["error"], self.verdicts["unchecked"]
        if not jobs:
            return tr("Nothing was checked")
        if refused:
            return tr("{count} of {jobs} would be refused", count=refused, jobs=jobs_counted(jobs))
        if unchecked:
            return tr("{count} of {jobs} could not be checked fully", count=unchecked, jobs=jobs_counted(jobs))
        warned = self.verdicts["warning"]
        if jobs == 1:
            return tr("The job fits, with warnings") if warned else tr("The job fits")
        if warned:
            return tr("All {jobs} jobs fit, {warned} with warnings", jobs=jobs, warned=warned)
        return tr("All {jobs} jobs fit", jobs=jobs)

    @property
    def figures(self) -> tuple[tuple[str, str, int], ...]:
        """Kind, name and number of everything counted, for the top of the page."""
        counts = self.summary
        return (
            ("jobs", tr_many("job", "jobs", counts.jobs), counts.jobs),
            ("files", tr_many("input file", "input files", counts.files), counts.files),
            ("error", tr_many("error", "errors", counts.errors), counts.errors),
            ("unchecked", tr("unchecked"), counts.unchecked),
            ("warning", tr_many("warning", "warnings", counts.warnings), counts.warnings),
            ("info", tr_many("note", "notes", counts.infos), counts.infos),
            ("fixable", tr("can be fixed by prepare"), counts.fixable),
        )

    def previews(self, job: JobReport) -> dict[str, Preview]:
        """The previews of a job's files, by role; nothing once the page has enough."""
        shown = {}
        most = MOST_PICTURE_BYTES // 2 if _rank(severities_of(job)[0]) == FITS else MOST_PICTURE_BYTES
        for role, item in job.inputs.items():
            if item.facts is None:
                continue
            if self._picture_bytes >= most:
                self.unpictured += 1
                continue
            shown[role] = self._preview_of(item.path, item.facts)
            self._picture_bytes += sum(len(still.jpeg) for still in shown[role].stills)
        return shown
