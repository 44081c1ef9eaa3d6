"""Checks in a process that may hang or die."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mediapreflight import Job, check
from mediapreflight.catalog import builtin_catalog
from mediapreflight.check import Guarded
from mediapreflight.rules import selection

ALL = selection(("ALL",), ())
# Stands before the real library in processes that start from here on, and dies of some pictures or never comes back from them.
LIBRARY = """
import os, sys, time
me, here = sys.modules.pop(__name__), sys.path.pop(0)
import simplejpeg as real
sys.modules[__name__] = me
sys.path.insert(0, here)
def decode_jpeg_header(data, **options):
    if data.endswith(b"CRASH"):
        os.abort()
    if data.endswith(b"HANG"):
        time.sleep(60)
    return real.decode_jpeg_header(data, **options)
decode_jpeg = real.decode_jpeg
"""


@pytest.fixture
def spoilt(fixtures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Makes a picture that its decoder dies of (`CRASH`) or never comes back from (`HANG`)."""
    import simplejpeg  # noqa: F401 - this process keeps the real one

    (tmp_path / "library").mkdir()
    (tmp_path / "library/simplejpeg.py").write_text(LIBRARY)
    monkeypatch.syspath_prepend(tmp_path / "library")

    def make(end: str) -> Path:
        path = tmp_path / f"{end}.jpg"
        path.write_bytes((fixtures / "portrait.jpg").read_bytes() + end.encode())
        return path

    return make


@pytest.fixture
def guarded() -> Iterator[Callable[..., Guarded]]:
    made = []

    def make(level: str, time_limit_s: float = 60) -> Guarded:
        made.append(Guarded(level, ALL, time_limit_s))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for each in made:
        each.close()


def report_of(guard: Guarded, **inputs: Path):
    return guard.report(Job("emo-v1", whole=len(inputs) > 1, **inputs), builtin_catalog().model("emo-v1"))


def test_report_is_that_of_check(fixtures: Path, guarded) -> None:
    job = Job("emo-v1", image=fixtures / "portrait.jpg", audio=fixtures / "voice.wav")
    (expected,) = check(job).jobs
    assert guarded("content").report(job, builtin_catalog().model("emo-v1")) == expected


def test_process_stays_from_one_job_to_the_next(fixtures: Path, guarded) -> None:
    guard = guarded("metadata")
    pids = set()
    for _ in range(3):
        assert report_of(guard, image=fixtures / "portrait.jpg").ok
        pids.add(guard._processes.call(os.getpid))
    assert len(pids) == 1 and os.getpid() not in pids


@pytest.mark.parametrize("level", ["decode", "content"])
def test_crash_spoils_its_own_file_only(fixtures: Path, guarded, spoilt, level: str) -> None:
    guard = guarded(level)
    report = report_of(guard, image=spoilt("CRASH"), audio=fixtures / "voice.wav")
    (finding,) = report.findings
    assert (finding.code, finding.severity, finding.role) == ("FILE012", "unchecked", "image")
    assert "what reads it crashed" in finding.message
    assert report.inputs["audio"].facts.duration_s == pytest.approx(3.96, abs=0.01)
    assert report_of(guard, image=fixtures / "portrait.jpg").ok


def test_what_takes_too_long_is_unchecked_and_the_next_file_is_checked(fixtures: Path, guarded, spoilt) -> None:
    guard = guarded("decode", time_limit_s=3)
    report = report_of(guard, image=spoilt("HANG"))
    (finding,) = report.findings
    assert (finding.code, finding.severity) == ("FILE012", "unchecked")
    assert "it takes longer than 3 s" in finding.message
    assert report.inputs["image"].facts.width == 640
    assert report_of(guard, image=fixtures / "portrait.jpg").ok


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("end", ["CRASH", "HANG"])
def test_check_with_a_limit_survives_its_decoders(fixtures: Path, spoilt, end: str, workers: int) -> None:
    jobs = [Job("emo-v1", whole=False, image=path) for path in (spoilt(end), fixtures / "portrait.jpg")]
    spoiled, fine = check(jobs, level="decode", workers=workers, time_limit_s=3).jobs
    assert [finding.code for finding in spoiled.findings] == ["FILE012"]
    assert spoiled.inputs["image"].facts.width == 640
    assert fine.ok


def test_report_with_a_limit_is_the_same(fixtures: Path) -> None:
    job = Job("emo-v1", image=fixtures / "portrait.jpg", audio=fixtures / "voice.wav")
    assert check(job, time_limit_s=60) == check(job)


def test_no_time_for_anything_is_unchecked(fixtures: Path, guarded) -> None:
    (finding,) = report_of(guarded("metadata", time_limit_s=0.001), image=fixtures / "portrait.jpg").findings
    assert (finding.code, finding.severity) == ("FILE012", "unchecked")
