"""Prepared files, before and after side by side: one page that needs nothing else, like the report of a check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ...catalog import Catalog, builtin_catalog
from ...findings import FAILING
from ...language import tr, translated
from ...media.facts import Facts
from ...media.previews import NOTHING, Preview
from ...prepare.record import PreparedInput, PreparedJob
from ..closing import jobs_counted
from . import PreviewOf
from .views import (
    FindingView,
    Outline,
    Shot,
    StepView,
    Wave,
    fact_rows,
    finding_views,
    model_named,
    named_boxes,
    parted,
    shots,
    step_views,
    value_rows,
    wave,
)

# Pairs after these are listed without pictures, so that the page can still be opened.
MOST_PAIRS = 250


class Row(NamedTuple):
    """One fact of a file. `changed`: it differs from the other side."""

    label: str
    value: str
    changed: bool


class Side(NamedTuple):
    """A file before or after."""

    folder: str
    name: str
    rows: tuple[Row, ...]
    shots: tuple[Shot, ...]
    wave: Wave | None
    trouble: str | None


class PairView(NamedTuple):
    """One file, before and after. `copied`: no byte of it changed."""

    role: str
    before: Side
    after: Side
    steps: tuple[StepView, ...]
    copied: bool


class PreparedView(NamedTuple):
    """One job that was prepared, or could not be."""

    number: int
    model: str
    title: str
    ok: bool
    values: tuple[tuple[str, str], ...]
    error: str | None
    findings: tuple[FindingView, ...]
    pairs: tuple[PairView, ...]


def render_prepared(records: Iterable[PreparedJob], *, catalog: Catalog | None = None, preview_of: PreviewOf) -> Iterator[str]:
    """The page in pieces. `records` as in `prepared.json`; `preview_of`: the previews of a source and of its prepared file."""
    from .page import Card, assembled, filled

    maker = _Cards(catalog or builtin_catalog(), preview_of)
    yield from assembled(
        (Card(filled("prepared.html", job=maker.view(record))) for record in records),
        tr("mediapreflight prepare"),
        lambda: filled("prepared-top.html", headline=maker.headline, ok=maker.ready == maker.jobs, unpictured=maker.unpictured),
        lambda: maker.codes,
    )


def prepared_card(record: PreparedJob, catalog: Catalog, preview_of: PreviewOf) -> str:
    """The part of the page that shows one job."""
    from .page import filled

    return filled("prepared.html", job=_Cards(catalog, preview_of).view(record))


class _Cards:
    """Makes cards, and counts them."""

    def __init__(self, catalog: Catalog, preview_of: PreviewOf) -> None:
        self.jobs = self.ready = self.unpictured = 0
        self.codes: set[str] = set()
        self._catalog = catalog
        self._preview_of = preview_of
        self._pictured = 0

    @property
    def headline(self) -> str:
        """The result in one sentence."""
        if not self.jobs:
            return tr("Nothing was prepared")
        return tr("{count} of {jobs} ready", count=self.ready, jobs=jobs_counted(self.jobs))

    def view(self, record: PreparedJob) -> PreparedView:
        """One job, with what can be shown of its files."""
        self.jobs += 1
        self.ready += record.ok
        boxes = named_boxes(record.fields)
        pairs = tuple(_pair(role, item, boxes, *self._previews(item)) for role, item in record.inputs.items())
        findings = finding_views(finding for finding in record.findings if finding.severity in FAILING)
        self.codes.update(finding.code for finding in findings)
        self.codes.update(step.code for pair in pairs for step in pair.steps if step.code)
        model = model_named(record.model, self._catalog)
        return PreparedView(
            number=self.jobs,
            model=record.model,
            title=model.title if model else record.model,
            ok=record.ok,
            values=value_rows({**record.urls, **record.fields, **record.parameters}),
            error=translated(record.error) if record.error else None,
            findings=findings,
            pairs=pairs,
        )

    def _previews(self, item: PreparedInput) -> tuple[Preview, Preview]:
        if self._pictured >= MOST_PAIRS:
            self.unpictured += 1
            return NOTHING, NOTHING
        self._pictured += 1
        before = self._preview_of(item.source, item.before)
        return before, self._preview_of(item.path, item.after) if item.steps else before


def _pair(role: str, item: PreparedInput, boxes: tuple[Outline, ...], before: Preview, after: Preview) -> PairView:
    rows = [dict(fact_rows(facts)) for facts in (item.before, item.after)]
    # One scale for both, so that the removed part is visible.
    whole_s = max((preview.sound.duration_s for preview in (before, after) if preview.sound), default=0.0)
    boxes = boxes if item.after.kind == "image" else ()
    return PairView(
        role=role,
        before=_side(item.source, item.before, rows[0], rows[1], before, (), whole_s),
        after=_side(item.path, item.after, rows[1], rows[0], after, boxes, whole_s),
        steps=step_views(item.steps),
        copied=not item.steps,
    )


def _side(
    path: str,
    facts: Facts,
    rows: dict[str, str],
    others: dict[str, str],
    preview: Preview,
    boxes: tuple[Outline, ...],
    whole_s: float,
) -> Side:
    folder, name = parted(path)
    sound = preview.sound
    return Side(
        folder=folder,
        name=name,
        rows=tuple(Row(label, value, others.get(label) != value) for label, value in rows.items()),
        shots=tuple(shots(preview, facts, None, boxes)),
        wave=wave(sound, whole_s, caption=tr("{seconds:.2f} s of sound", seconds=sound.duration_s)) if sound else None,
        trouble=translated(preview.trouble) if preview.trouble else None,
    )
