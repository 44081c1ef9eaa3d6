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
    JobFileError,
    MediaPreflightError,
    MissingLibraryError,
    UnknownModelError,
    UnknownRuleError,
    UsageError,
)
from .findings import Finding, InputReport, JobReport, Report, Summary
from .job import Job
from .job_files import read_jobs
from .probe import AudioFacts, Facts, ImageFacts, Problem, UnknownFacts, VideoFacts, probe

__all__ = [
    "AudioFacts",
    "Catalog",
    "CatalogError",
    "Facts",
    "Finding",
    "ImageFacts",
    "InputReport",
    "Job",
    "JobFileError",
    "JobReport",
    "MediaPreflightError",
    "MissingLibraryError",
    "Problem",
    "Report",
    "Summary",
    "UnknownFacts",
    "UnknownModelError",
    "UnknownRuleError",
    "UsageError",
    "VideoFacts",
    "__version__",
    "check",
    "check_many",
    "probe",
    "read_jobs",
]
