import json

from mediapreflight import Report
from mediapreflight.report.jsonl import render
from mediapreflight.report.style import Style


def test_line_a_job_each_as_it_is_done(job, finding) -> None:
    jobs = [job(finding()), job()]
    pieces = list(render(jobs, Style(color=True)))
    assert len(pieces) == 2
    assert [json.loads(piece) for piece in pieces] == json.loads(Report(jobs=tuple(jobs)).to_json())["jobs"]


def test_hostile_names_are_kept_on_one_line(nasty_job) -> None:
    (piece,) = render([nasty_job], Style())
    assert piece.count("\n") == 1
    assert piece.endswith("\n")
    assert json.loads(piece)["findings"][0]["path"] == nasty_job.findings[0].path


def test_no_jobs() -> None:
    assert list(render([], Style())) == []
