"""Every error this package raises on purpose.

    MediaPreflightError
    ├── UsageError                 the caller asked for something that makes no sense
    │   ├── UnknownModelError      a model id that no catalog entry has
    │   ├── UnknownRuleError       a rule code, prefix or name that selects nothing
    │   ├── JobFileError           a job file that cannot be read; names file and line
    │   ├── CatalogError           a catalog file that breaks its schema; names file, key and line
    │   └── ConfigError            a configuration that breaks its schema; names file, key and line
    ├── MissingLibraryError        a library or system file this check needs does not load
    ├── UnreadableMediaError       pictures or sound that cannot be decoded, although content was to be measured
    ├── PrepareError               a file could not be made to fit; carries the findings that stay
    │   └── FfmpegError            ffmpeg failed, hung or is missing; carries its last lines
    ├── OutputError                a folder or file cannot be written
    └── SubmitError                a job could not be sent, finished or fetched
        ├── JobNotFitError         its report has errors, so it was not sent; carries the report
        ├── LedgerError            the record of submitted jobs cannot be read or written
        ├── TransportError         no answer came
        │   ├── UnreachableError   and the request was certainly not received
        │   └── LostAnswerError    and the request may have been received
        ├── UnclearTaskError       whether a create call made a task is not known; it is not sent again
        ├── TaskExpiredError       the service no longer has the task or its result
        ├── WaitTimeoutError       the task is still open when the caller's time limit ends; it can be resumed
        ├── UploadError            the temporary space does not take a file
        ├── InputUrlError          a URL given as input does not answer, or does not answer with media of the right kind
        ├── DownloadError          the result cannot be fetched, or is not what it should be
        └── ServiceError           the service answered with an error; carries its code, message and request id
            ├── ProtocolError      its answer cannot be understood
            │   └── ResultNotFoundError a task succeeded, but its result is not found in the answer; the answer is kept
            ├── KeyRefusedError    the API key is wrong or missing (401)
            ├── AccessRefusedError the account may not do this, or must pay first (403, 429 of billing)
            ├── RequestRefusedError the request or a file in it breaks a limit (400, 404, 409)
            ├── ThrottledError     too many requests (429); nothing was made of the request
            ├── ServiceFaultError  the service failed (5xx)
            ├── DetectionRefusedError the detect call refuses the picture
            └── TaskFailed         the task ended FAILED or CANCELED

Bad media is not an error: `probe` describes it in `Facts.problems` and `check` turns that into findings.
"""

from __future__ import annotations

import functools
from typing import Any

from .language import say


class MediaPreflightError(Exception):
    """Base of all errors of this package. The text is one line, fit to show to a user. All can be pickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        # By default an error is rebuilt from its text, but most of these are made from other arguments.
        return restored, (type(self), self.args, self.__dict__)


def restored(kind: type[MediaPreflightError], args: tuple[object, ...], attributes: dict[str, object]) -> MediaPreflightError:
    """An error of this class with these arguments and attributes, made without its `__init__`."""
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(attributes)
    return error


class UsageError(MediaPreflightError):
    """A target, option or argument that makes no sense here."""


class UnknownModelError(UsageError):
    """No catalog entry has this id or alias.

    Attributes:
        model: the id as given.
        suggestions: the nearest known ids, best first; may be empty.
    """

    def __init__(self, model: str, suggestions: tuple[str, ...] = ()) -> None:
        self.model = model
        self.suggestions = suggestions
        listing = say("`mediapreflight models` lists them all")
        if not suggestions:
            super().__init__(say("unknown model {model!r}; {listing}", model=model, listing=listing))
            return
        nearest = did_you_mean(suggestions)
        super().__init__(say("unknown model {model!r}{nearest} {listing}", model=model, nearest=nearest, listing=listing))


class UnknownRuleError(UsageError):
    """No rule has this code, code prefix or name.

    Attributes:
        selector: the text as given.
        suggestions: the nearest known names, best first; may be empty.
    """

    def __init__(self, selector: str, suggestions: tuple[str, ...] = ()) -> None:
        self.selector = selector
        self.suggestions = suggestions
        super().__init__(say("unknown rule {selector!r}{nearest}", selector=selector, nearest=did_you_mean(suggestions)))


class _FileError(UsageError):
    """Something wrong at a place in a text file.

    Attributes:
        path: the file.
        line: the line, counted from 1, or None if the whole file is at fault.
    """

    def __init__(self, path: str, message: str, *, line: int | None = None) -> None:
        self.path = path
        self.line = line
        place = path if line is None else f"{path}:{line}"
        super().__init__(say("{place}: {message}", place=place, message=message))


class JobFileError(_FileError):
    """A job file (TOML, JSON, JSON Lines or CSV) that cannot be understood."""


class _KeyedFileError(_FileError):
    """Something wrong with a key of a TOML file.

    Attributes:
        key: the dotted key at fault, or None.
    """

    def __init__(self, path: str, message: str, *, key: str | None = None, line: int | None = None) -> None:
        self.key = key
        super().__init__(path, say("{place}: {message}", place=key, message=message) if key else message, line=line)


class CatalogError(_KeyedFileError):
    """A catalog file that cannot be parsed or breaks the schema."""


class ConfigError(_KeyedFileError):
    """A configuration that cannot be parsed, breaks the schema, or names a model, input or rule that is not known."""


class MissingLibraryError(MediaPreflightError):
    """A library, or a system file it links to, does not load.

    Attributes:
        library: its name.
        fix: the one line that fixes it.
    """

    def __init__(self, library: str, reason: str, fix: str) -> None:
        self.library = library
        self.fix = fix
        super().__init__(say("{library} does not load ({reason}); {fix}", library=library, reason=reason, fix=fix))


class UnreadableMediaError(MediaPreflightError):
    """The pictures or the sound of a file cannot be decoded; what `probe` finds wrong with it says more.

    Attributes:
        path: the file.
        reason: the rest of the message.
    """

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(say("{place}: {message}", place=path, message=reason))


class PrepareError(MediaPreflightError):
    """A file could not be made to fit, or its output could not be written.

    Attributes:
        path: the source.
        findings: what stays wrong with it; may be empty if writing failed.
    """

    def __init__(self, path: str, message: str, findings: tuple[object, ...] = ()) -> None:
        self.path = path
        self.findings = findings
        super().__init__(say("{place}: {message}", place=path, message=message))


class FfmpegError(PrepareError):
    """ffmpeg failed, hung, or is missing.

    Attributes:
        log: its last lines; may be empty.
    """

    def __init__(self, path: str, message: str, log: tuple[str, ...] = ()) -> None:
        self.log = log
        super().__init__(path, message)


class OutputError(MediaPreflightError):
    """A folder or file that cannot be written.

    Attributes:
        path: the folder or file.
        reason: the rest of the message.
    """

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(say("{place}: {message}", place=path, message=reason))


class SubmitError(MediaPreflightError):
    """A job could not be sent, finished or fetched."""


class JobNotFitError(SubmitError):
    """The job was not sent, because its report has findings that fail it.

    Attributes:
        report: the job's report (`findings.JobReport`).
    """

    def __init__(self, message: str, report: object) -> None:
        self.report = report
        super().__init__(message)


class LedgerError(SubmitError):
    """The record of submitted jobs cannot be read or written; names its file."""


class TransportError(SubmitError):
    """No answer came."""


class UnreachableError(TransportError):
    """No answer came, and the request was certainly not received: it can be sent again."""


class LostAnswerError(TransportError):
    """No answer came, and the request may have been received: sending it again may be billed twice."""


class UnclearTaskError(SubmitError):
    """The answer to a create call was lost, and the task list does not tell which task it made, or whether it made one.

    Attributes:
        candidates: the ids of the tasks it could have made; may be empty.
    """

    def __init__(self, message: str, candidates: tuple[str, ...] = ()) -> None:
        self.candidates = candidates
        super().__init__(message)


class TaskExpiredError(SubmitError):
    """The service no longer has the task or its result (tasks are kept for 24 h, results at least as long)."""


class WaitTimeoutError(SubmitError):
    """The task is still open when the caller's time limit ends. It continues, and can be waited for again."""


class UploadError(SubmitError):
    """The temporary space does not take a file; names the file."""


class InputUrlError(SubmitError):
    """A URL given as input does not answer, or does not answer with media of the right kind; names the URL without its query."""


class DownloadError(SubmitError):
    """The result cannot be fetched, or is not what it should be."""


class ServiceError(SubmitError):
    """The service answered with an error.

    Attributes:
        code: the service's error code, such as `InvalidFile.Resolution`; may be empty.
        service_message: what it says.
        status: the HTTP status; 200 if it is the end of a task.
        request_id: the id that the provider's support needs; may be empty.
        retry_helps: whether the same request can succeed later; None if that is not known.
        rules: the local rules that would have found it, by code.
        retry_after: seconds the service asks to wait, or None.
        cause: what the message can mean, if it says too little; may be empty.
    """

    def __init__(
        self,
        code: str,
        service_message: str,
        *,
        status: int,
        request_id: str = "",
        retry_helps: bool | None = False,
        rules: tuple[str, ...] = (),
        retry_after: float | None = None,
        cause: str = "",
    ) -> None:
        self.code = code
        self.service_message = service_message
        self.status = status
        self.request_id = request_id
        self.retry_helps = retry_helps
        self.rules = rules
        self.retry_after = retry_after
        self.cause = cause
        said = ": ".join(part for part in (code, service_message) if part) or say("HTTP status {status}", status=status)
        super().__init__(say("{said} ({cause})", said=said, cause=cause) if cause else said)


class ProtocolError(ServiceError):
    """An answer that cannot be understood."""


class ResultNotFoundError(ProtocolError):
    """A task succeeded, and is paid, but its result is not found in the answer. The ledger keeps the whole answer.

    Attributes:
        task_id: the task.
        urls: every URL in the answer, with its signature, which works like a password until it expires.
    """

    def __init__(self, task_id: str, service_message: str, *, urls: tuple[str, ...] = (), **details: Any) -> None:
        self.task_id = task_id
        self.urls = urls
        super().__init__("", service_message, **details)


class KeyRefusedError(ServiceError):
    """The API key is wrong (401)."""


class AccessRefusedError(ServiceError):
    """The account may not do this, or must pay first (403, and 429 of billing)."""


class RequestRefusedError(ServiceError):
    """The request, or a file in it, breaks a limit (400, 404, 409)."""


class ThrottledError(ServiceError):
    """Too many requests (429); nothing was made of this one."""


class ServiceFaultError(ServiceError):
    """The service failed (5xx); whether something was made of the request is not known."""


class DetectionRefusedError(ServiceError):
    """The detect call refuses the picture."""


class TaskFailed(ServiceError):  # noqa: N818 - the name others rely on
    """The task ended FAILED or CANCELED.

    Attributes:
        task_id: the task.
    """

    def __init__(self, task_id: str, code: str, service_message: str, **details: Any) -> None:
        self.task_id = task_id
        super().__init__(code, service_message, **details)


def did_you_mean(suggestions: tuple[str, ...]) -> str:
    """The end of a message that suggests similar names; empty if there are none."""
    if not suggestions:
        return ""
    *before, last = suggestions
    names = say("{names} or {last}", names=functools.reduce(_and, before), last=last) if before else last
    return say("; did you mean {names}?", names=names)


def _and(before: str, name: str) -> str:
    return say("{before}, {name}", before=before, name=name)
