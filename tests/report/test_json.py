import json

import pytest

from mediapreflight import Report
from mediapreflight.report.json import render
from mediapreflight.report.style import Style


def test_one_document(job, finding) -> None:
    jobs = (job(finding()), job())
    (piece,) = render(jobs, Style(color=True))
    assert piece.endswith("}\n")
    assert json.loads(piece) == json.loads(Report(jobs=jobs).to_json())


def test_hostile_names_are_kept_and_the_document_is_valid(nasty_job) -> None:
    document = json.loads("".join(render([nasty_job], Style())))
    assert document["jobs"][0]["findings"][0]["path"] == nasty_job.findings[0].path


@pytest.mark.parametrize("jobs", [0, 1, 2])
def test_any_number_of_jobs(job, jobs: int) -> None:
    assert len(json.loads("".join(render([job()] * jobs, Style())))["jobs"]) == jobs
