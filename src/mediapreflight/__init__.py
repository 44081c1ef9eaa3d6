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
    from .catalog import Catalog
    from .check.cache import Cache
    from .check.run import check, check_many
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
        ResultNotFoundError,
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
    from .media.facts import AudioFacts, Facts, ImageFacts, Problem, UnknownFacts, VideoFacts
    from .media.probe import probe
    from .prepare.execute import Prepared, prepare, prepare_jobs
    from .prepare.options import PrepareOptions
    from .prepare.plan import JobPlan, plan
    from .submit.client import AsyncClient, Client
    from .submit.ledger import Ledger
    from .submit.pipeline import SubmitOptions
    from .submit.result import JobResult
    from .submit.session import Event, Pace
    from .submit.tasks import Task
else:
    # These packages have the same names as functions. Importing them now, before the functions are set, keeps a later import of
    # one of their modules from replacing the function with the package.
    from . import check, prepare

    del check, prepare

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
    "JobResult",
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
    "ResultNotFoundError",
    "ServiceError",
    "ServiceFaultError",
    "SubmitError",
    "SubmitOptions",
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

# The module of each public name. It is imported when the name is first used, because the command line needs few of them.
_HOMES = {
    name: home
    for home, names in {
        "check.cache": ("Cache",),
        "catalog": ("Catalog",),
        "check.run": ("check", "check_many"),
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
            "ResultNotFoundError",
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
        "prepare.execute": ("Prepared", "prepare", "prepare_jobs"),
        "prepare.options": ("PrepareOptions",),
        "prepare.plan": ("JobPlan", "plan"),
        "submit.client": ("AsyncClient", "Client"),
        "submit.ledger": ("Ledger",),
        "submit.pipeline": ("SubmitOptions",),
        "submit.result": ("JobResult",),
        "submit.session": ("Event", "Pace"),
        "submit.tasks": ("Task",),
        "media.facts": ("AudioFacts", "Facts", "ImageFacts", "Problem", "UnknownFacts", "VideoFacts"),
        "media.probe": ("probe",),
    }.items()
    for name in names
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    if findings := sys.modules.get(f"{__name__}.findings"):
        vars(findings)["notebook_page"] = _notebook_page
    return value


def _notebook_page(jobs: tuple[JobReport, ...]) -> str:
    from .report.html import framed

    return framed(jobs)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
