"""Input preflight and media preparation for generative-video models.

from mediapreflight import Job, check

report = check(Job("emo-v1", image="portrait.png", audio="voice.mp3"))
for finding in report.findings:
    print(finding.code, finding.message)
"""

from __future__ import annotations

from ._version import __version__
from .catalog import Catalog
from .check import check, check_many
from .errors import (
    CatalogError,
    FfmpegError,
    JobFileError,
    MediaPreflightError,
    MissingLibraryError,
    PrepareError,
    UnknownModelError,
    UnknownRuleError,
    UnreadableMediaError,
    UsageError,
)
from .findings import Finding, InputReport, JobReport, Report, Summary
from .job import Job
from .job_files import read_jobs
from .prepare import JobPlan, Prepared, PrepareOptions, plan, prepare, prepare_jobs
from .probe import AudioFacts, Facts, ImageFacts, Problem, UnknownFacts, VideoFacts, probe

__all__ = [
    "AudioFacts",
    "Catalog",
    "CatalogError",
    "Facts",
    "FfmpegError",
    "Finding",
    "ImageFacts",
    "InputReport",
    "Job",
    "JobFileError",
    "JobPlan",
    "JobReport",
    "MediaPreflightError",
    "MissingLibraryError",
    "PrepareError",
    "PrepareOptions",
    "Prepared",
    "Problem",
    "Report",
    "Summary",
    "UnknownFacts",
    "UnknownModelError",
    "UnknownRuleError",
    "UnreadableMediaError",
    "UsageError",
    "VideoFacts",
    "__version__",
    "check",
    "check_many",
    "plan",
    "prepare",
    "prepare_jobs",
    "probe",
    "read_jobs",
]
