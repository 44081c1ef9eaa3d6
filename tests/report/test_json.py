import json

import pytest

from mediapreflight import Report
from mediapreflight.report.json import render
from mediapreflight.report.style import Style


def test_one_document(job, finding) -> None:
    jobs = (job(finding()), job())
    assert "".join(render(jobs, Style(color=True))) == Report(jobs=jobs).to_json(indent=2) + "\n"


def test_hostile_names_are_kept_and_the_document_is_valid(nasty_job) -> None:
    document = json.loads("".join(render([nasty_job], Style())))
    assert document["jobs"][0]["findings"][0]["path"] == nasty_job.findings[0].path


@pytest.mark.parametrize("held", [0, 2000, 2**30])
@pytest.mark.parametrize("jobs", [0, 1, 2, 100])
def test_any_number_of_jobs(job, nasty_job, jobs: int, held: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """In memory, on disk, and on disk after a while."""
    monkeypatch.setattr("mediapreflight.report.json._HELD_IN_MEMORY", held)
    several = (job(), nasty_job) * (jobs // 2) + (job(),) * (jobs % 2)
    assert "".join(render(several, Style())) == Report(jobs=several).to_json(indent=2) + "\n"
