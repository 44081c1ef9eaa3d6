"""The place of a finding, for tools that show it next to the file: paths relative to the root of the project."""

from __future__ import annotations

import os.path
from pathlib import PurePath

from ..findings import Finding, JobReport
from ..job import is_local


def below(root: str, path: str) -> str | None:
    """A path relative to the folder `root`, with `/` between its parts; None if it is elsewhere. No file is opened."""
    whole = os.path.normpath(os.path.join(root, path))  # noqa: PTH118 - pathlib keeps `..`, which tools refuse
    try:
        return PurePath(whole).relative_to(root).as_posix()
    except ValueError:
        return None


def file_of(job: JobReport, finding: Finding) -> str | None:
    """The local file where a finding is shown: its own, else the first of its job; None if there is none."""
    named = (finding.path, *(item.path for item in job.inputs.values()))
    return next((path for path in named if is_local(path)), None)
