import json
import pickle
from pathlib import Path
from typing import Any, get_args

import pytest

from mediapreflight import Finding, InputReport, Job, JobReport, Report, __version__, check, plan
from mediapreflight.findings import FAILING, SEVERITIES, Severity, fixable, summary_of
from mediapreflight.media.facts import ImageFacts


def finding(severity: Severity, *, fixable: bool = False) -> Finding:
    return Finding(
        code="IMG006",
        name="image-side-too-long",
        severity=severity,
        role="image",
        path="p.png",
        message="longest side is 5000 px; liveportrait takes up to 4096 px",
        measured=5000,
        limit="<= 4096",
        unit="px",
        service_code="InvalidImage.ImageSize",
        fixable=fixable,
        source="liveportrait-api, 2026-03-15",
    )


def job(*findings: Finding, files: int = 1) -> JobReport:
    ok = not any(one.severity in FAILING for one in findings)
    inputs = {
        f"role{number}": InputReport(path=f"{number}.png", facts=ImageFacts(path=f"{number}.png")) for number in range(files)
    }
    return JobReport(model="liveportrait", ok=ok, parameters={"a": 1}, fields={"b": [2]}, inputs=inputs, findings=findings)


def test_severities() -> None:
    assert set(SEVERITIES) == set(get_args(Severity))
    assert {"error", "unchecked"} == FAILING


@pytest.mark.parametrize(("severity", "ok"), [("error", False), ("unchecked", False), ("warning", True), ("info", True)])
def test_report_is_ok_unless_something_fails(severity: Severity, ok: bool) -> None:
    assert Report(jobs=(job(), job(finding(severity)))).ok is ok


def test_findings_of_all_jobs_in_order() -> None:
    first, second, third = finding("error"), finding("warning"), finding("info")
    assert Report(jobs=(job(first), job(), job(second, third))).findings == (first, second, third)


def test_summary_counts() -> None:
    jobs = (
        job(finding("error", fixable=True), finding("error"), files=2),
        job(finding("warning"), files=0),
        job(finding("info")),
    )
    summary = Report(jobs=(*jobs, job(finding("unchecked", fixable=True)))).summary
    assert (summary.jobs, summary.files) == (4, 4)
    assert (summary.errors, summary.warnings, summary.infos, summary.unchecked) == (2, 1, 1, 1)
    assert summary.fixable == 2
    assert summary_of(()).jobs == 0


FAULTS = sorted((Path(__file__).parent.parent / "fixtures/faults").iterdir())


def alone(model: str, role: str, path: Path) -> Job:
    inputs: dict[str, Any] = {role: str(path)}
    return Job(model, whole=False, **inputs)


@pytest.mark.every(("model", "role"), [("emo-v1", "image"), ("emo-v1", "audio"), ("videoretalk", "video")])
@pytest.mark.every("path", FAULTS)
def test_nothing_is_fixable_where_no_plan_can_be_made(path: Path, model: str, role: str) -> None:
    job = alone(model, role, path)
    (report,) = check(job, level="decode").jobs
    (made,) = plan(job, level="decode")
    assert not (made.unfixable and list(fixable(report)))


@pytest.mark.parametrize(
    ("name", "model", "role", "count"),
    [
        ("faults/truncated.png", "emo-v1", "image", 0),
        ("faults/wrong-crc.png", "emo-v1", "image", 0),
        ("faults/giant.png", "emo-v1", "image", 0),
        ("faults/truncated.jpg", "videoretalk", "video", 0),
        ("faults/truncated.mkv", "emo-v1", "audio", 0),
        ("faults/truncated.wav", "emo-v1", "audio", 0),
        ("faults/truncated.mkv", "videoretalk", "video", 0),
        ("faults/corrupt-frames.mp4", "videoretalk", "video", 0),
        ("talking-head.mp4", "emo-v1", "audio", 1),
    ],
)
def test_faults_of_files_that_cannot_be_read_are_not_counted_as_fixable(
    fixtures: Path, name: str, model: str, role: str, count: int
) -> None:
    (report,) = check(alone(model, role, fixtures / name), level="decode").jobs
    assert any(finding.fixable for finding in report.findings)
    assert summary_of((report,)).fixable == count


def test_json_has_the_documented_shape() -> None:
    document = json.loads(Report(jobs=(job(finding("error", fixable=True)),)).to_json())
    assert list(document) == ["schema", "version", "ok", "summary", "jobs"]
    assert document["schema"] == "mediapreflight.report/1"
    assert document["version"] == __version__
    assert document["ok"] is False
    assert {"jobs": 1, "files": 1, "errors": 1, "warnings": 0, "unchecked": 0}.items() <= document["summary"].items()
    (one,) = document["jobs"]
    assert {"model", "ok", "parameters", "inputs", "findings"} <= set(one)
    assert one["inputs"]["role0"]["path"] == "0.png"
    assert one["inputs"]["role0"]["facts"]["kind"] == "image"
    assert one["findings"][0] | {"help": None} == {
        "source_urls": {},
        "code": "IMG006",
        "name": "image-side-too-long",
        "severity": "error",
        "role": "image",
        "path": "p.png",
        "message": "longest side is 5000 px; liveportrait takes up to 4096 px",
        "measured": 5000,
        "limit": "<= 4096",
        "unit": "px",
        "service_code": "InvalidImage.ImageSize",
        "fixable": True,
        "help": None,
        "source": "liveportrait-api, 2026-03-15",
    }


def test_indented_json_says_the_same() -> None:
    report = Report(jobs=(job(finding("error")),))
    assert json.loads(report.to_json(indent=2)) == json.loads(report.to_json())
    assert "\n" in report.to_json(indent=2)
    assert "\n" not in report.to_json()


def test_reports_are_frozen_and_picklable() -> None:
    report = Report(jobs=(job(finding("error")),))
    assert pickle.loads(pickle.dumps(report)) == report
    with pytest.raises(AttributeError):
        report.jobs = ()


def test_the_repr_is_a_line() -> None:
    several = Report(jobs=(job(finding("error"), finding("warning"), finding("warning"), files=2), job()))
    assert repr(several) == "<Report of 2 jobs: 1 error, 2 warnings>"
    assert repr(several.jobs[0]) == "<JobReport liveportrait(role0='0.png', role1='1.png'): 1 error, 2 warnings>"
    assert repr(Report(jobs=(job(),))) == "<Report of 1 job: nothing found>"
