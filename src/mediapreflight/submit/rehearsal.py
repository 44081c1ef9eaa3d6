"""The dry run: a job goes through all steps, but the answers are made up here, to show each request that would be made.

Nothing is sent and nothing is recorded: the ledger is a copy in memory. Requests are shown as text, as a curl command and as
plain data. None of them contains the API key: not in its header, and after `masked` not in a value either.

A file inside the request as a `data:` URL is shortened in the text, which is for people. The curl command and the
data have it whole: they are for programs. curl reads the body from its standard input, because a file would not fit on a command
line.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import urlencode

import anyio

from ..catalog import Model
from ..errors import MediaPreflightError
from ..job import Job, is_url
from ..media.data_url import holds_base64, is_data_url
from ..media.source import display_name
from ..text import plain
from .dashscope.requests import model_id
from .http import Answer, Form, Request, Send
from .http.key import KEY_VARIABLE, MASK
from .ledger import NewSubmission, Submission
from .pipeline import with_local_boxes
from .sending import send
from .session import Session
from .tasks import detect_picture, fetched_before
from .waiting import wait

# The reserved top-level domain for names that do not exist.
_UPLOAD_HOST = "https://host-named-by-the-policy.invalid"
_RESULT = "https://host-named-by-the-task.invalid/result.mp4"
_TASK_ID = "id-of-the-task"
_OK = 200


class Rehearsed(NamedTuple):
    """The requests that a job would make, and the submission of an earlier run that it would continue; None for a new one."""

    requests: tuple[Request, ...]
    earlier: Submission | None = None


def rehearsed(session: Session, entry: NewSubmission, job: Job, *, again: bool = False) -> Rehearsed:
    """The requests that would be made for a job, in order, without uploads that the ledger knows and without checks of input
    URLs. Boxes from a detect call are predicted on this machine.
    """
    requests: list[Request] = []
    stage = _stage(session, job, requests)
    last = stage.ledger.last_id()
    (submission,) = stage.ledger.register([entry], again=again)
    earlier = submission if submission.id <= last else None
    if not session.account and submission.account:
        # Without a key the account is not known: an open job is shown as if sent with its own key.
        stage = replace(stage, account=submission.account)

    async def whole() -> None:
        """Run a job to its end, without writing to the download folder."""
        async with stage.claimed(submission) as own:
            task = await wait(stage, await send(stage, own, job))
        if is_url(task.result):
            await stage.send(Request("download", "GET", task.result or ""))

    if earlier is None or fetched_before(earlier, entry.out) is None:
        anyio.run(whole)
    return Rehearsed(tuple(requests), earlier)


def rehearsed_detection(session: Session, job: Job, ratio: str | None) -> Rehearsed:
    """The requests of a job for a detect call."""
    requests: list[Request] = []
    anyio.run(detect_picture, _stage(session, job, requests), job, ratio)
    return Rehearsed(tuple(requests))


def _stage(session: Session, job: Job, requests: list[Request]) -> Session:
    """A session without a network, which records each request and makes up its answer, and without waits."""

    async def noted(send: Send) -> Answer:
        requests.append(send.request)
        return _answer(session, send.request, job)

    async def no_wait(seconds: float) -> None:
        """Time does not pass here."""

    return replace(session, ledger=session.ledger.copied(), wire=noted, sleep=no_wait, look_at_urls=False)


def _answer(session: Session, request: Request, job: Job) -> Answer:
    match request.purpose:
        case "policy":
            return _json({"data": _POLICY})
        case "detect":
            return _json(_detection(_sent_model(session, request), session, job))
        case "create":
            return _json({"output": {"task_id": _TASK_ID, "task_status": "PENDING"}})
        case "query":
            return _json(_succeeded(session.catalog.model(job.model)))
        case _:
            return Answer(_OK, {})


_POLICY = {
    "policy": "policy",
    "signature": "signature",
    "upload_dir": "directory-named-by-the-policy",
    "upload_host": _UPLOAD_HOST,
    "expire_in_seconds": 300,
    "max_file_size_mb": 1024,
    "oss_access_key_id": "id-named-by-the-policy",
    "x_oss_object_acl": "private",
    "x_oss_forbid_overwrite": "true",
}


def _sent_model(session: Session, request: Request) -> Model:
    sent = request.json["model"]
    return next(model for model in session.catalog.models() if sent in {model.id, *(model_id(model, r) for r in model.regions)})


def _detection(detector: Model, session: Session, job: Job) -> dict[str, Any]:
    """A positive answer, with the boxes that the detect call is expected to find."""
    answer: dict[str, Any] = {"output": {}}
    service = detector.require_service()
    if service.verdict is not None:
        _put(answer, service.verdict, True)
    predicted: Mapping[str, Any] = {}
    if service.returns:
        try:
            predicted = with_local_boxes(session, job, session.catalog.model(job.model), None).inputs
        except MediaPreflightError:
            predicted = {}
    for field, path in service.returns.items():
        _put(answer, path, predicted.get(field) or [0, 0, 0, 0])
    return answer


def _succeeded(model: Model) -> dict[str, Any]:
    answer: dict[str, Any] = {"output": {"task_id": _TASK_ID, "task_status": "SUCCEEDED"}}
    path = model.require_service().result or "output.video_url"
    _put(answer, path, _RESULT if path.endswith("url") else "template-id-named-by-the-task")
    return answer


def _put(answer: dict[str, Any], path: str, value: Any) -> None:
    *above, last = path.split(".")
    for name in above:
        answer = answer.setdefault(name, {})
    answer[last] = value


def _json(value: Any) -> Answer:
    return Answer(_OK, {"content-type": "application/json"}, json.dumps({"request_id": "id-of-the-request", **value}).encode())


# --- how requests are shown

_ORDER = "##["


def as_text(request: Request) -> str:
    """The request as it goes over the wire, in lines: method and URL, headers, an empty line, the body. Safe for a terminal."""
    lines = [f"{request.method} {_full_url(request)}", *(f"{name}: {value}" for name, value in _headers(request).items())]
    if request.json is not None:
        lines += ["", *json.dumps(_shortened(request.json), indent=2, ensure_ascii=False).split("\n")]
    if request.form is not None:
        lines += ["", *(f"{name}={value}" for name, value in request.form.fields.items())]
        lines += [f"file={request.form.name} (the content of {display_name(request.form.path)})"]
    return "\n".join(plain(line) for line in lines)


def as_curl(request: Request) -> str:
    """The request as a command for a POSIX shell with curl (bash, zsh), which runs as it stands once DASHSCOPE_API_KEY is set."""
    url = _full_url(request)
    # curl reads brackets and braces in a URL as several URLs.
    globoff = "--globoff " if re.search(r"[][{}]", url) else ""
    command = [f"curl -X {request.method} {globoff}{_quoted(url)}", *_curl_options(request)]
    body = "" if request.json is None else f" <<'JSON'\n{_ascii_json(request.json)}\nJSON"
    return _note(request) + " \\\n  ".join(command) + body


def masked(request: Request, mask: Callable[[str], str]) -> Request:
    """The request with every text changed by `mask`, which removes the key."""
    form = request.form
    return replace(
        request,
        url=mask(request.url),
        headers=_masked(request.headers, mask),
        params=_masked(request.params, mask),
        json=_masked(request.json, mask),
        form=form and Form(_masked(form.fields, mask), mask(form.path), mask(form.name)),
    )


def _masked(value: Any, mask: Callable[[str], str]) -> Any:
    if isinstance(value, Mapping):
        return {mask(name): _masked(inner, mask) for name, inner in value.items()}
    if isinstance(value, list):
        return [_masked(inner, mask) for inner in value]
    return mask(value) if isinstance(value, str) else value


def as_dict(request: Request) -> dict[str, Any]:
    """The request as plain data for JSON: `purpose`, `method`, `url`, `headers`, `params`, `json`, `form`.

    `form`: `fields`, the `path` of the file and its `name`. `json` and `form` are None if there is no such body.
    """
    form = request.form
    return {
        "purpose": request.purpose,
        "method": request.method,
        "url": request.url,
        "headers": _headers(request),
        "params": dict(request.params),
        "json": request.json,
        "form": form and {"fields": dict(form.fields), "path": display_name(form.path), "name": form.name},
    }


def _headers(request: Request) -> dict[str, str]:
    key = {"Authorization": f"Bearer {MASK}"} if request.carries_key else {}
    return {**key, **request.headers}


def _full_url(request: Request) -> str:
    return f"{request.url}?{urlencode(request.params)}" if request.params else request.url


def _curl_options(request: Request) -> Iterator[str]:
    if request.carries_key:
        yield f'-H "Authorization: Bearer ${KEY_VARIABLE}"'
    for name, value in request.headers.items():
        yield f"-H {_quoted(f'{name}: {value}')}"
    if request.json is not None:
        yield "--data-binary @-"
    if request.form is not None:
        for name, value in request.form.fields.items():
            yield f"--form-string {_quoted(f'{name}={value}')}"
        yield f"-F {_quoted(f'file=@{_curl_name(_curl_file(request.form))};filename={_curl_name(request.form.name)}')}"


def _note(request: Request) -> str:
    """A comment on what must be done by hand first: curl reads no `data:` URL as a file."""
    form = request.form
    if form is None or not is_data_url(form.path):
        return ""
    return f"# {plain(f'first write what {display_name(form.path)} holds to {_curl_file(form)}')}\n"


def _curl_file(form: Form) -> str:
    return f"./{form.name}" if is_data_url(form.path) else form.path


def _curl_name(name: str) -> str:
    """A file name inside a form option of curl, where quotes and backslashes are escaped."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _quoted(text: str) -> str:
    """A word for the shell.

    Unprintable characters are written as bytes, so that none reaches the terminal; so is text that a GitHub runner would read as
    a command, which it finds anywhere in a line.
    """
    if text.isprintable() and _ORDER not in text:
        return shlex.quote(text)
    return "$'" + "".join(_shell_character(character) for character in text).replace(_ORDER, "##\\x5b") + "'"


def _shell_character(character: str) -> str:
    if character in "\\'":
        return "\\" + character
    if character.isprintable():
        return character
    # Bytes that are not UTF-8 are restored; other halves of surrogate pairs have no meaning.
    handler = "surrogateescape" if "\udc80" <= character <= "\udcff" else "surrogatepass"
    return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", handler))


def _ascii_json(value: Any) -> str:
    return json.dumps(value, indent=2).replace("\x7f", "\\u007f").replace(_ORDER, "##\\u005b")


def _shortened(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shortened(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_shortened(inner) for inner in value]
    return display_name(value) if isinstance(value, str) and holds_base64(value) else value
