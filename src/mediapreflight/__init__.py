"""Input preflight and media preparation for generative-video models.

from mediapreflight import Job, check

report = check(Job("emo-v1", image="portrait.png", audio="voice.mp3"))
for finding in report.findings:
    print(finding.code, finding.message)
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from .cache import Cache
    from .catalog import Catalog
    from .check import check, check_many
    from .errors import (
        AccessRefusedError,
        CatalogError,
        ConfigError,
        DetectionRefusedError,
        DownloadError,
        FfmpegError,
        InputUrlError,
        JobFileError,
        JobNotFitError,
        KeyRefusedError,
        LedgerError,
        LostAnswerError,
        MediaPreflightError,
        MissingLibraryError,
        OutputError,
        PrepareError,
        ProtocolError,
        RequestRefusedError,
        ServiceError,
        ServiceFaultError,
        SubmitError,
        TaskExpiredError,
        TaskFailed,
        ThrottledError,
        TransportError,
        UnclearTaskError,
        UnknownModelError,
        UnknownRuleError,
        UnreachableError,
        UnreadableMediaError,
        UploadError,
        UsageError,
        WaitTimeoutError,
    )
    from .findings import Finding, InputReport, JobReport, Report, Summary
    from .job import Job
    from .job_files import read_jobs
    from .prepare import JobPlan, Prepared, PrepareOptions, plan, prepare, prepare_jobs
    from .probe import AudioFacts, Facts, ImageFacts, Problem, UnknownFacts, VideoFacts, probe
    from .submit.client import AsyncClient, Client
    from .submit.ledger import Ledger
    from .submit.surroundings import Event, Pace
    from .submit.tasks import Task

__all__ = [
    "AccessRefusedError",
    "AsyncClient",
    "AudioFacts",
    "Cache",
    "Catalog",
    "CatalogError",
    "Client",
    "ConfigError",
    "DetectionRefusedError",
    "DownloadError",
    "Event",
    "Facts",
    "FfmpegError",
    "Finding",
    "ImageFacts",
    "InputReport",
    "InputUrlError",
    "Job",
    "JobFileError",
    "JobNotFitError",
    "JobPlan",
    "JobReport",
    "KeyRefusedError",
    "Ledger",
    "LedgerError",
    "LostAnswerError",
    "MediaPreflightError",
    "MissingLibraryError",
    "OutputError",
    "Pace",
    "PrepareError",
    "PrepareOptions",
    "Prepared",
    "Problem",
    "ProtocolError",
    "Report",
    "RequestRefusedError",
    "ServiceError",
    "ServiceFaultError",
    "SubmitError",
    "Summary",
    "Task",
    "TaskExpiredError",
    "TaskFailed",
    "ThrottledError",
    "TransportError",
    "UnclearTaskError",
    "UnknownFacts",
    "UnknownModelError",
    "UnknownRuleError",
    "UnreachableError",
    "UnreadableMediaError",
    "UploadError",
    "UsageError",
    "VideoFacts",
    "WaitTimeoutError",
    "__version__",
    "check",
    "check_many",
    "plan",
    "prepare",
    "prepare_jobs",
    "probe",
    "read_jobs",
]

# Where each name lives. A module is imported when one of its names is first asked for: the command line needs few of them.
_HOMES = {
    name: home
    for home, names in {
        "cache": ("Cache",),
        "catalog": ("Catalog",),
        "check": ("check", "check_many"),
        "errors": (
            "AccessRefusedError",
            "CatalogError",
            "ConfigError",
            "DetectionRefusedError",
            "DownloadError",
            "FfmpegError",
            "InputUrlError",
            "JobFileError",
            "JobNotFitError",
            "KeyRefusedError",
            "LedgerError",
            "LostAnswerError",
            "MediaPreflightError",
            "MissingLibraryError",
            "OutputError",
            "PrepareError",
            "ProtocolError",
            "RequestRefusedError",
            "ServiceError",
            "ServiceFaultError",
            "SubmitError",
            "TaskExpiredError",
            "TaskFailed",
            "ThrottledError",
            "TransportError",
            "UnclearTaskError",
            "UnknownModelError",
            "UnknownRuleError",
            "UnreachableError",
            "UnreadableMediaError",
            "UploadError",
            "UsageError",
            "WaitTimeoutError",
        ),
        "findings": ("Finding", "InputReport", "JobReport", "Report", "Summary"),
        "job": ("Job",),
        "job_files": ("read_jobs",),
        "prepare": ("JobPlan", "PrepareOptions", "Prepared", "plan", "prepare", "prepare_jobs"),
        "submit.client": ("AsyncClient", "Client"),
        "submit.ledger": ("Ledger",),
        "submit.surroundings": ("Event", "Pace"),
        "submit.tasks": ("Task",),
        "probe": ("AudioFacts", "Facts", "ImageFacts", "Problem", "UnknownFacts", "VideoFacts", "probe"),
    }.items()
    for name in names
}


class _Face(type(sys)):  # type: ignore[misc]  # mypy wants a name for a class's base
    """This package as a module in which `check`, `prepare` and `probe` are the functions, not the modules they live in."""

    def __getattr__(self, name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        setattr(self, name, value)
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        # Python binds a module it has imported to its name in the package.
        if not (name in _HOMES and isinstance(value, type(sys))):
            super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *__all__})


sys.modules[__name__].__class__ = _Face
