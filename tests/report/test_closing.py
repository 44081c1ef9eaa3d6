import pytest

from mediapreflight import JobReport
from mediapreflight.findings import summary_of
from mediapreflight.report.closing import closing_line, files_counted
from mediapreflight.report.style import Style


def closing(*jobs: JobReport) -> str:
    return closing_line(summary_of(jobs), jobs, Style())


@pytest.mark.parametrize(
    ("severities", "found"),
    [
        (["error"], "Found 1 error in 2 files in 1 job for liveportrait."),
        (["error", "error", "warning"], "Found 2 errors, 1 warning in 2 files in 1 job for liveportrait."),
        (["unchecked"], "Found 1 unchecked finding in 2 files in 1 job for liveportrait."),
        (["info", "info"], "Found 2 notes in 2 files in 1 job for liveportrait. Nothing stops a submission."),
        (["warning"], "Found 1 warning in 2 files in 1 job for liveportrait. Nothing stops a submission."),
        (["warning", "unchecked"], "Found 1 unchecked finding, 1 warning in 2 files in 1 job for liveportrait."),
    ],
)
def test_counts(job, finding, severities: list[str], found: str) -> None:
    assert closing(job(*map(finding, severities))) == found


def test_nothing_found(job) -> None:
    assert closing(job()) == "All clear: 2 files in 1 job checked for liveportrait, nothing found."


def test_several_models(job) -> None:
    assert closing(job(), job(model="emo-v1")).endswith("checked for 2 models, nothing found.")


def test_one_file_a_job(job, finding) -> None:
    lone = JobReport(model="emo-v1", ok=True, parameters={}, fields={}, inputs={"image": job().inputs["image"]}, findings=())
    assert closing(lone, lone) == "All clear: 2 files checked for emo-v1, nothing found."


def test_job_without_files(finding) -> None:
    bare = JobReport(model="emo-v1", ok=False, parameters={}, fields={}, inputs={}, findings=(finding(),))
    assert closing(bare) == "Found 1 error in 1 job for emo-v1."


def test_nothing_to_check() -> None:
    assert closing() == "Nothing to check."


def test_numbers_of_things() -> None:
    assert [files_counted(number) for number in (0, 1, 2)] == ["0 files", "1 file", "2 files"]
