"""HTML pages with previews of files. Previews are made in separate processes, so that a decoder that crashes or hangs affects
nothing else."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator

from ..catalog import Catalog
from ..check.containment import TIME_LIMIT_S, contained
from ..findings import JobReport
from ..prepare.outlook import outlooks
from ..prepare.record import PreparedJob
from ..report.html import render
from ..report.html.prepared import render_prepared
from ..report.style import Style


def checked_page(jobs: Iterable[JobReport], style: Style, catalog: Catalog | None) -> Iterator[str]:
    """The page of a check. `catalog`: the one the jobs were checked against; None if there are several."""
    with contained(TIME_LIMIT_S) as containment:
        plans = functools.partial(outlooks, containment=containment)
        yield from render(jobs, style, catalog=catalog, preview_of=containment.preview, outlooks_of=plans)


def prepared_page(records: Iterable[PreparedJob], catalog: Catalog | None) -> Iterator[str]:
    """The page of prepared files. Sources and outputs are read from their folders."""
    with contained(TIME_LIMIT_S) as containment:
        yield from render_prepared(records, catalog=catalog, preview_of=containment.preview)
