"""The service's calls, on aiohttp's web server."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import itertools
import json
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from ..catalog import Catalog
from ..check.containment import Containment
from ..check.measure import Measured
from ..errors import UnreadableMediaError, UsageError
from ..workers.processes import CrashError
from . import answers, delivery, door, limits, media, videos
from .calls import BAD_URL, Call, Refusal, find_model, outline, read_body, read_call, too_large
from .faults import Faults, checked
from .folder import Folder, SpaceError
from .state import Clock, Memory, Owner, Policy, Task, Upload, new_id, owner_of, rates_of, remember

_SIGNED = frozenset({"Signature", "OSSAccessKeyId"})
_UPLOADS = "/oss"
_LARGEST_PAGE = 100
_CHUNK = 2**18
_DAY = 86400.0
# The lifetime of results: longer than anyone runs a stand-in.
_UNLIMITED = 3650 * _DAY
_UNAVAILABLE = {
    "429": Refusal(429, "Throttling.RateQuota", "Requests rate limit exceeded, please try again later."),
    "500": Refusal(500, "InternalError", "An internal error has occurred, please try again later."),
    "503": Refusal(503, "ModelUnavailable", "Model is unavailable, please try again later."),
}
_EXPIRED = Refusal(403, "AccessDenied", "Invalid according to Policy: Policy expired.", oss=True)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Step = Callable[[web.Request], Awaitable[web.Response | delivery.FilePart]]
_ENTRY = web.RequestKey("entry", dict[str, Any])
_OWNER = web.RequestKey("owner", Owner)


@dataclass(frozen=True)
class Settings:
    """How the service behaves. `api_key` None: any key is accepted. `detection`: `assume` accepts every picture unseen."""

    api_key: str | None
    detection: media.Detection
    max_file_size_mb: int


class Server:
    """The application and its state. Everything but `faults` and `clock` belongs to the event loop's thread."""

    def __init__(
        self,
        settings: Settings,
        catalog: Catalog,
        memory: Memory,
        faults: Faults,
        clock: Clock,
        folder: Folder,
        containment: Containment,
    ) -> None:
        self._settings = settings
        self._catalog = catalog
        self._memory = memory
        self._faults = faults
        self._clock = clock
        self._folder = folder
        self._containment = containment
        self._room = door.Room(limits.CALL_BYTES)
        self._rendering: dict[str, asyncio.Task[None]] = {}
        self.closing = asyncio.Event()

    def application(self) -> web.Application:
        """All routes."""
        app = web.Application(middlewares=[self._logged])
        app.on_response_prepare.append(self._date)
        add = app.router.add_route
        add("GET", "/api/v1/uploads", self._step("policy", self._policy))
        add("POST", _UPLOADS, self._step("upload", self._upload, keyed=False))
        detect, create = self._step("detect", self._detect), self._step("create", self._create)
        services = [model.service for model in self._catalog.models() if model.service]
        modes = {service.path.rstrip("/"): service.mode for service in services}
        for path, mode in modes.items():
            for spelt in (path, path + "/"):
                add("POST", spelt, detect if mode == "synchronous" else create)
        add("POST", "/api/v1/services/{rest:.*}", self._elsewhere)
        for spelt in ("/api/v1/tasks", "/api/v1/tasks/"):
            add("GET", spelt, self._step("list", self._list))
        add("GET", "/api/v1/tasks/{id}", self._step("query", self._query))
        add("POST", "/api/v1/tasks/{id}/cancel", self._step("cancel", self._cancel))
        app.router.add_get("/results/{id}.mp4", self._step("result", self._result, keyed=False))
        add("POST", "/emulator/faults", self._add_fault)
        add("POST", "/emulator/clock", self._advance)
        add("GET", "/emulator/log", self._show_log)
        add("GET", "/emulator/tasks", self._show_tasks)
        return app

    def tasks(self) -> Iterator[dict[str, Any]]:
        """The state of every task, as `/emulator/tasks` answers it."""
        now = self._clock.now()
        for task in self._memory.life.tasks(now):
            yield {
                "task_id": task.id,
                "model": task.call.name,
                "status": self._memory.life.status(task, now),
                "submitted": task.submitted,
                "ended": self._memory.life.ended(task, now),
                "code": task.failure[0] if task.failure else None,
                "message": task.failure[1] if task.failure else None,
                "request": msgspec.json.decode(task.request),
            }

    # --- every call ------------------------------------------------------------------------------------------------------

    @web.middleware
    async def _logged(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        query = itertools.islice(request.query.items(), limits.LOG_ITEMS)
        entry = {
            "time": self._clock.now(),
            "method": _short(request.method),
            "path": _short(request.path),
            "query": {_short(name): "***" if name in _SIGNED else _short(value) for name, value in query},
            "headers": sorted(_short(str(name)) for name in itertools.islice(request.headers, limits.LOG_ITEMS)),
            "authorization": "Authorization" in request.headers,
            "step": None,
            "fault": None,
            "status": None,
        }
        request[_ENTRY] = entry
        if not request.path.startswith("/emulator/"):
            self._memory.log.append(entry)
        try:
            async with asyncio.timeout(limits.EXCHANGE_S):
                response = await self._answered(request, handler)
                entry["status"] = None if door.is_gone(request) else response.status
                if not door.is_gone(request):
                    with contextlib.suppress(ConnectionError):
                        await response.prepare(request)
                        await response.write_eof()
        except TimeoutError:
            response = delivery.broken_off(request)
        return response

    async def _answered(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            door.refuse_foreign(request)
            if request.path != _UPLOADS:
                door.refuse_other_types(request)
            return await handler(request)
        except Refusal as refusal:
            return delivery.refused(refusal)
        except web.HTTPException as error:
            return web.json_response(answers.error("NotFound", error.reason), status=error.status)
        except CrashError:
            # The server was stopped, and nobody waits for the answer.
            return delivery.broken_off(request)

    async def _date(self, _: web.Request, response: web.StreamResponse) -> None:
        response.headers["Date"] = formatdate(self._clock.now(), usegmt=True)

    def _step(self, step: str, handler: Step, *, keyed: bool = True) -> Handler:
        """A call of the service, with its faults. It checks the key only if the call needs one."""

        async def call(request: web.Request) -> web.StreamResponse:
            fault = self._faults.take(step)
            request[_ENTRY].update(step=step, fault=fault)
            if fault == "stall":
                await self._until_gone(request)
            if fault in ("reset", "stall"):
                return delivery.broken_off(request)
            try:
                if fault in _UNAVAILABLE:
                    raise _UNAVAILABLE[fault]
                self._check_key(request) if keyed else door.refuse_key(request)
                answer = await handler(request)
            except Refusal as refusal:
                answer = delivery.refused(refusal)
            return await delivery.delivered(request, answer, fault)

        return call

    def _check_key(self, request: web.Request) -> None:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        wanted = self._settings.api_key
        if scheme != "Bearer" or not key.strip() or (wanted is not None and key.strip() != wanted):
            raise Refusal(401, "InvalidApiKey", "Invalid API-key provided.")
        request[_OWNER] = owner_of(key.strip())

    async def _until_gone(self, request: web.Request) -> None:
        while not door.is_gone(request) and not self.closing.is_set():
            await asyncio.sleep(0.02)

    def _enter(self, name: str, per_second: float) -> None:
        # Real time: clients keep to the rates in real time.
        self._memory.rates.enter(name, per_second, time.monotonic())

    async def _elsewhere(self, request: web.Request) -> web.Response:
        self._check_key(request)
        raise Refusal(400, "InvalidParameter", BAD_URL)

    # --- uploads ---------------------------------------------------------------------------------------------------------

    async def _policy(self, request: web.Request) -> web.Response:
        terms, now = self._catalog.terms, self._clock.now()
        name = request.query.get("model", "")
        if request.query.get("action") != "getPolicy" or not name:
            raise Refusal(400, "InvalidParameter", "Field required: model" if not name else "action must be getPolicy")
        model = find_model(self._catalog, name)
        self._enter(f"policy {model.id}", terms.upload_policy_rate)
        folder = f"dashscope-instant/emulator/{new_id()}"
        expires = now if request[_ENTRY]["fault"] == "expired" else now + terms.upload_policy_lifetime
        conditions = [["starts-with", "$key", folder], ["content-length-range", 0, self._settings.max_file_size_mb * 2**20]]
        text = base64.b64encode(json.dumps({"expiration": answers.iso(expires), "conditions": conditions}).encode()).decode()
        policy = Policy(request[_OWNER].account, model, text, self._signature(text), folder, expires)
        remember(self._memory.policies, text, policy, limits.POLICIES)
        host = f"http://{request.host}{_UPLOADS}"
        body = answers.policy(policy, host, int(terms.upload_policy_lifetime), self._settings.max_file_size_mb)
        return web.json_response(body)

    async def _upload(self, request: web.Request) -> web.Response:
        if request[_ENTRY]["fault"] == "expired":
            raise _EXPIRED
        if request.content_type != "multipart/form-data":
            raise Refusal(400, "InvalidArgument", "The request must be a multipart form.", oss=True)
        fields: dict[str, str] = {}
        room = limits.FORM_BYTES
        try:
            async for part in await request.multipart():
                if isinstance(part, BodyPartReader) and part.name == "file":
                    # Fields after the file are not read, as the documents say.
                    await self._store(part, fields)
                    return web.Response()
                if isinstance(part, BodyPartReader) and part.name:
                    value = await _field(part, room)
                    fields[part.name] = value.decode("utf-8", "replace")
                    room -= len(value) + len(part.name)
        except (ValueError, HttpProcessingError):
            raise Refusal(400, "MalformedPOSTRequest", "The body is not a well-formed form.", oss=True) from None
        raise Refusal(400, "InvalidArgument", "The form has no file.", oss=True)

    async def _store(self, part: BodyPartReader, fields: Mapping[str, str]) -> None:
        policy, now = self._permission(fields), self._clock.now()
        key, most = fields["key"], self._settings.max_file_size_mb * 2**20
        try:
            with self._folder.writing(key, most) as file:
                while chunk := await part.read_chunk(_CHUNK):
                    file.write(chunk)
        except SpaceError:
            raise Refusal(
                400, "EntityTooLarge", f"The file is larger than {most} bytes, or all are together.", oss=True
            ) from None
        upload = Upload(policy.account, policy.model, file.path, now + self._catalog.terms.upload_lifetime)
        remember(self._memory.uploads, key, upload, limits.FILES)

    def _permission(self, fields: Mapping[str, str]) -> Policy:
        policy = self._memory.policies.get(fields.get("policy", ""))
        if fields.get("OSSAccessKeyId") != answers.ACCESS_KEY_ID:
            raise Refusal(403, "InvalidAccessKeyId", "The OSS Access Key Id you provided does not exist.", oss=True)
        if policy is None or not hmac.compare_digest(fields.get("Signature", "").encode(), policy.signature.encode()):
            raise Refusal(403, "SignatureDoesNotMatch", "The signature does not match the policy.", oss=True)
        if policy.expires <= self._clock.now():
            raise _EXPIRED
        key = fields.get("key", "")
        if not key.startswith(f"{policy.folder}/") or key == f"{policy.folder}/" or len(key.encode()) > limits.KEY_BYTES:
            raise Refusal(403, "AccessDenied", "Invalid according to Policy: Policy Condition failed: $key.", oss=True)
        if key in self._memory.uploads and fields.get("x-oss-forbid-overwrite") == "true":
            raise Refusal(409, "FileAlreadyExists", "The object you specified already exists.", oss=True)
        return policy

    def _signature(self, text: str) -> str:
        return base64.b64encode(hmac.digest(self._memory.secret, text.encode(), "sha1")).decode()

    # --- detect and create -----------------------------------------------------------------------------------------------

    async def _called(self, request: web.Request) -> tuple[Call, bytes, dict[str, Path]]:
        """The call, its text, and its files that are on this machine."""
        text, sent = await self._read(request)
        body = read_body(text)
        model = find_model(self._catalog, body["model"])
        if model.require_service().path.rstrip("/") != request.path.rstrip("/"):
            raise Refusal(400, "InvalidParameter", "Model not exist.")
        wants_async = request.headers.get("X-DashScope-Async") == "enable"
        if wants_async != (model.require_service().mode == "asynchronous"):
            kind = "asynchronous" if wants_async else "synchronous"
            raise Refusal(403, "AccessDenied", f"current user api does not support {kind} calls.")
        if rates := rates_of(model):
            self._enter(model.id, rates.requests_per_second)
        call = read_call(body, model)
        account, now = request[_OWNER].account, self._clock.now()
        uploads = {key: each for key, each in self._memory.uploads.items() if each.account == account and each.expires > now}
        resolves = request.headers.get("X-DashScope-OssResourceResolve") == "enable"
        return call, text, media.local_inputs(call, uploads, sent, resolves=resolves)

    async def _read(self, request: web.Request) -> tuple[bytes, dict[str, Path]]:
        """The text of a call, and what was sent inside it."""
        size = limits.CALL_BYTES if request.content_length is None else request.content_length
        if size > limits.CALL_BYTES:
            raise too_large(limits.CALL_BYTES)
        async with self._room.taken(size):
            text = await door.whole(request, limits.CALL_BYTES)
            kept, places = await asyncio.to_thread(outline, text)
            return kept, await asyncio.to_thread(media.keep_data, text, places, self._folder)

    async def _inspected(self, call: Call, paths: dict[str, Path], *, content: bool) -> media.Inspected:
        """The facts of the files; adds the fetched files to `paths`."""
        for name in call.model.roles:
            url = call.job.inputs.get(name)
            if url is not None and name not in paths and media.points_here(url):
                paths[name] = await media.fetch(url, self._settings.max_file_size_mb * 2**20, self._folder)
        return await asyncio.to_thread(media.inspect, call, paths, self._containment, content=content)

    async def _detect(self, request: web.Request) -> web.Response:
        call, _, paths = await self._called(request)
        looks = self._settings.detection == "look"
        measured, fault = await self._inspected(call, paths, content=looks)
        if request[_ENTRY]["fault"] == "refused":
            raise Refusal(
                400, "InvalidFile.NoHuman", "The input image has no human body. Please upload other image with single person."
            )
        if fault is not None:
            message = media.message_of(fault, call.model)
            if media.is_of_file(fault):
                raise Refusal(400, media.code_of(fault), message)
            # An answer that says whether the picture passes has a code only where a page names one.
            code = (fault.service_code or "") if call.model.require_service().verdict else media.code_of(fault)
            return web.json_response(answers.verdict(call.model, (code, message)))
        returns = call.model.require_service().returns
        found = media.boxes(call, measured) if returns else None
        if isinstance(found, str):
            return web.json_response(answers.verdict(call.model, ("InvalidFile.BodyProportion", found)))
        body = answers.verdict(call.model, None)
        if found is not None:
            for name, box in zip(("face_bbox", "ext_bbox"), found, strict=True):
                answers.put(body, returns[name], list(box))
        told = _other_facts(measured)
        for what, place in call.model.require_service().other_facts.items():
            answers.put(body, place, told[what])
        return web.json_response(body)

    async def _create(self, request: web.Request) -> web.Response:
        call, text, paths = await self._called(request)
        failure, facts = None, {}
        try:
            measured, fault = await self._inspected(call, paths, content=False)
            facts = {name: each.facts for name, each in measured.items()}
            failure = None if fault is None else (media.code_of(fault), media.message_of(fault, call.model))
        except Refusal as refusal:
            failure = (refusal.code, refusal.message)
        if request[_ENTRY]["fault"] == "failed":
            failure = ("InternalError", "An internal error has occurred, please try again later.")
        template = call.job.inputs.get("template_id")
        if template is not None and call.model.require_service().template and not str(template).startswith("AACT."):
            failure = ("InvalidFile.Template.Content", "Invalid template content.")
        task = Task(new_id(), request[_OWNER], call, text, new_id(), self._clock.now(), failure, paths, facts)
        self._memory.life.add(task)
        return web.json_response(answers.created(task))

    # --- tasks -----------------------------------------------------------------------------------------------------------

    async def _query(self, request: web.Request) -> web.Response:
        self._enter("query", self._catalog.terms.query_rate)
        now, task_id = self._clock.now(), request.match_info["id"]
        task = self._memory.life.task(task_id, request[_OWNER].account, now)
        if task is None or request[_ENTRY]["fault"] == "unknown":
            return web.json_response(answers.unknown(task_id))
        status, ended = self._memory.life.status(task, now), self._memory.life.ended(task, now)
        body = answers.state(task, status, ended)
        if status == "SUCCEEDED" and ended is not None:
            makes_template = (task.model.require_service().result or "").endswith("template_id")
            result = task.template_id if makes_template else self._link(task, request.host, ended)
            answers.add_result(body, task, videos.shape_of(task), result)
        return web.json_response(body)

    async def _list(self, request: web.Request) -> web.Response:
        self._enter("list", self._catalog.terms.query_rate)
        now, query, life = self._clock.now(), request.query, self._memory.life
        try:
            start, end = answers.window(query, now)
            number, size = (int(query.get(name, default)) for name, default in (("page_no", 1), ("page_size", 10)))
            if number < 1 or not 1 <= size <= _LARGEST_PAGE:
                raise ValueError(f"page_no starts at 1, page_size is 1 to {_LARGEST_PAGE}")
        except (ValueError, OverflowError) as error:
            raise Refusal(400, "InvalidParameter", str(error)) from None
        kept = max(start, now - self._catalog.terms.task_lifetime)
        account = request[_OWNER].account
        tasks = [task for task in reversed(life.tasks(now)) if kept <= task.submitted <= end and task.owner.account == account]
        rows = [answers.row(task, life.status(task, now), life.ended(task, now)) for task in tasks]
        wanted = {name: query[name] for name in ("task_id", "model_name", "status") if name in query}
        return web.json_response(answers.page([row for row in rows if wanted.items() <= row.items()], number, size))

    async def _cancel(self, request: web.Request) -> web.Response:
        self._enter("cancel", self._catalog.terms.query_rate)
        if not self._memory.life.cancel(request.match_info["id"], request[_OWNER].account, self._clock.now()):
            message = "Failed to cancel the task, please confirm if the task is in PENDING status."
            raise Refusal(400, "UnsupportedOperation", message)
        return web.json_response({"request_id": new_id()})

    # --- results ---------------------------------------------------------------------------------------------------------

    def _link(self, task: Task, host: str, ended: float) -> str:
        expires = str(int(ended + self._result_lifetime(task)))
        query = f"Expires={expires}&OSSAccessKeyId={answers.ACCESS_KEY_ID}&Signature={self._link_signature(task.id, expires)}"
        return f"http://{host}/results/{task.id}.mp4?{query}"

    def _result_lifetime(self, task: Task) -> float:
        days = task.model.require_service().result_days
        if isinstance(days, str):
            return _UNLIMITED
        return days * _DAY if days else self._catalog.terms.result_lifetime

    def _link_signature(self, task_id: str, expires: str) -> str:
        return hmac.digest(self._memory.secret, f"{task_id} {expires}".encode(), "sha256").hex()

    async def _result(self, request: web.Request) -> web.Response | delivery.FilePart:
        task_id, expires, now = request.match_info["id"], request.query.get("Expires", ""), self._clock.now()
        signature = request.query.get("Signature", "").encode()
        if not hmac.compare_digest(signature, self._link_signature(task_id, expires).encode()):
            raise Refusal(403, "SignatureDoesNotMatch", "The request signature does not match.", oss=True)
        if request[_ENTRY]["fault"] == "expired" or now >= int(expires):
            raise Refusal(403, "AccessDenied", "Request has expired.", oss=True)
        task = self._memory.life.known(task_id, now)
        if task is None:
            raise Refusal(404, "NoSuchKey", "The specified key does not exist.", oss=True)
        etag = hashlib.md5(task_id.encode(), usedforsecurity=False).hexdigest().upper()
        return delivery.part_of(request, await self._video(task), f'"{etag}"')

    async def _video(self, task: Task) -> Path:
        """The task's video; made now if it does not exist."""
        path = self._folder.named(f"{task.id}.mp4")
        if task.id not in self._rendering and not path.exists():
            making = asyncio.create_task(asyncio.to_thread(self._make, task, path))
            self._rendering[task.id] = making
            making.add_done_callback(lambda _: self._rendering.pop(task.id))
        if task.id in self._rendering:
            try:
                await asyncio.shield(self._rendering[task.id])
            except UnreadableMediaError as error:
                raise Refusal(500, "InternalError", f"The video cannot be made: {error.reason}.", oss=True) from None
        return path

    def _make(self, task: Task, path: Path) -> None:
        try:
            videos.render(task, path, self._containment)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        self._folder.adopt(path)

    # --- the emulator's own ----------------------------------------------------------------------------------------------

    async def _add_fault(self, request: web.Request) -> web.Response:
        asked = await door.asked(request)
        try:
            self._faults.add(checked(asked.get("step"), asked.get("fault"), asked.get("times", 1)))
        except UsageError as error:
            raise Refusal(400, "InvalidParameter", str(error)) from None
        return web.json_response({})

    async def _advance(self, request: web.Request) -> web.Response:
        seconds = (await door.asked(request)).get("advance")
        if not isinstance(seconds, int | float) or not 0 <= seconds <= 10**9:
            raise Refusal(400, "InvalidParameter", 'give {"advance": seconds}')
        try:
            self._clock.advance(seconds)
        except UsageError as error:
            raise Refusal(400, "InvalidParameter", str(error)) from None
        return web.json_response({"now": self._clock.now()})

    async def _show_log(self, request: web.Request) -> web.StreamResponse:
        return await delivery.listed(request, list(self._memory.log))

    async def _show_tasks(self, request: web.Request) -> web.StreamResponse:
        return await delivery.listed(request, self.tasks())


async def _field(part: BodyPartReader, most: int) -> bytes:
    text = b""
    while chunk := await part.read_chunk(_CHUNK):
        text += chunk
        if len(text) > most:
            raise Refusal(400, "InvalidArgument", "The fields of the form are too long.", oss=True)
    return text


def _short(text: str) -> str:
    return text if len(text) <= limits.LOG_TEXT else f"{text[: limits.LOG_TEXT]}…"


def _other_facts(measured: Mapping[str, Measured]) -> dict[str, Any]:
    """The other facts that a detect call can return about a picture that passed, by their catalog names."""
    content = media.seen_in(measured)
    bodies = (content.bodies if content else None) or ()
    return {"framing": "half" if bodies and bodies[0].framing == "half" else "full", "person": True}
