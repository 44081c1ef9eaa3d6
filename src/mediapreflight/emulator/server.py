"""The service's calls, on aiohttp's web server."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Middleware

from ..catalog import Catalog, Model
from ..check import Measured
from ..errors import UsageError
from . import answers, delivery, media, videos
from .calls import BAD_URL, Call, Refusal, find_model, read_body, read_call
from .faults import Faults, checked
from .state import Clock, Memory, Policy, Task, Upload, new_id, rates_of

_SIGNED = frozenset({"Signature", "OSSAccessKeyId"})
# Calls with a picture inside them are the largest: 20 MB in Base64.
_LARGEST_CALL = 64 * 2**20
_LARGEST_FIELD = 2**16
_LARGEST_PAGE = 100
_CHUNK = 2**18
_UNAVAILABLE = {
    "429": Refusal(429, "Throttling.RateQuota", "Requests rate limit exceeded, please try again later."),
    "500": Refusal(500, "InternalError", "An internal error has occurred, please try again later."),
    "503": Refusal(503, "ModelUnavailable", "Model is unavailable, please try again later."),
}
_EXPIRED = Refusal(403, "AccessDenied", "Invalid according to Policy: Policy expired.", oss=True)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_ENTRY = web.RequestKey("entry", dict[str, Any])


@dataclass(frozen=True)
class Settings:
    """How the service behaves. `api_key` None: any will do. `detection`: `assume` takes every picture without a look at it."""

    api_key: str | None
    detection: media.Detection
    max_file_size_mb: int


class Server:
    """The application and all it knows. Everything but `faults` and `clock` belongs to the event loop's thread."""

    def __init__(self, settings: Settings, catalog: Catalog, memory: Memory, faults: Faults, clock: Clock, folder: Path) -> None:
        self._settings = settings
        self._catalog = catalog
        self._memory = memory
        self._faults = faults
        self._clock = clock
        self._folder = media.Folder(folder)
        self._videos: dict[str, asyncio.Task[bytes]] = {}
        self.closing = asyncio.Event()

    def application(self) -> web.Application:
        """All routes."""
        app = web.Application(middlewares=[self._logging()], client_max_size=_LARGEST_CALL)
        add = app.router.add_route
        add("GET", "/api/v1/uploads", self._step("policy", self._policy))
        add("POST", "/oss", self._step("upload", self._upload, keyed=False))
        detect, create = self._step("detect", self._detect), self._step("create", self._create)
        modes = {model.service.path.rstrip("/"): model.service.mode for model in self._catalog.models()}
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

    def tasks(self) -> list[dict[str, Any]]:
        """What became of every task, as `/emulator/tasks` answers it."""
        now = self._clock.now()
        return [
            {
                "task_id": task.id,
                "model": task.call.name,
                "status": self._memory.life.status(task, now),
                "submitted": task.submitted,
                "ended": self._memory.life.ended(task, now),
                "code": task.failure[0] if task.failure else None,
                "message": task.failure[1] if task.failure else None,
                "request": dict(task.call.body),
            }
            for task in self._memory.life.tasks(now)
        ]

    # --- every call ------------------------------------------------------------------------------------------------------

    def _logging(self) -> Middleware:
        @web.middleware
        async def logged(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._logged(request, handler)

        return logged

    async def _logged(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        entry = {
            "time": self._clock.now(),
            "method": request.method,
            "path": request.path,
            "query": {name: "***" if name in _SIGNED else value for name, value in request.query.items()},
            "headers": sorted(request.headers),
            "authorization": "Authorization" in request.headers,
            "step": None,
            "fault": None,
            "status": None,
        }
        request[_ENTRY] = entry
        if not request.path.startswith("/emulator/"):
            self._memory.log.append(entry)
        try:
            response: web.StreamResponse = await handler(request)
        except Refusal as refusal:
            response = delivery.refused(refusal)
        except web.HTTPException as error:
            response = web.json_response(answers.error("NotFound", error.reason), status=error.status)
        entry["status"] = None if request.transport is None or request.transport.is_closing() else response.status
        return response

    def _step(self, step: str, handler: Handler, *, keyed: bool = True) -> Handler:
        """A call of the service: with its faults, and with the key where it wants one and nowhere else."""

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
                self._check_key(request) if keyed else _refuse_key(request)
                response: web.StreamResponse = await handler(request)
            except Refusal as refusal:
                response = delivery.refused(refusal)
            return await delivery.delivered(request, response, fault)

        return call

    def _check_key(self, request: web.Request) -> None:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        wanted = self._settings.api_key
        if scheme != "Bearer" or not key.strip() or (wanted is not None and key.strip() != wanted):
            raise Refusal(401, "InvalidApiKey", "Invalid API-key provided.")

    async def _until_gone(self, request: web.Request) -> None:
        while request.transport is not None and not request.transport.is_closing() and not self.closing.is_set():
            await asyncio.sleep(0.02)

    def _enter(self, name: str, per_second: float) -> None:
        # Real time: a client that keeps to the limits keeps to those of the world it lives in.
        self._memory.rates.enter(name, per_second, time.monotonic())

    async def _elsewhere(self, request: web.Request) -> web.Response:
        self._check_key(request)
        raise Refusal(400, "InvalidParameter", BAD_URL)

    # --- uploads ---------------------------------------------------------------------------------------------------------

    async def _policy(self, request: web.Request) -> web.Response:
        provider, now = self._catalog.provider, self._clock.now()
        name = request.query.get("model", "")
        if request.query.get("action") != "getPolicy" or not name:
            raise Refusal(400, "InvalidParameter", "Field required: model" if not name else "action must be getPolicy")
        model = find_model(self._catalog, name)
        self._enter(f"policy {model.id}", provider.upload_policy_rate)
        folder = f"dashscope-instant/emulator/{new_id()}"
        expires = now if request[_ENTRY]["fault"] == "expired" else now + provider.upload_policy_lifetime
        conditions = [["starts-with", "$key", folder], ["content-length-range", 0, self._settings.max_file_size_mb * 2**20]]
        text = base64.b64encode(json.dumps({"expiration": answers.iso(expires), "conditions": conditions}).encode()).decode()
        policy = Policy(model, text, self._signature(text), folder, expires)
        self._memory.policies[text] = policy
        host = f"http://{request.host}/oss"
        body = answers.policy(policy, host, int(provider.upload_policy_lifetime), self._settings.max_file_size_mb)
        return web.json_response(body)

    async def _upload(self, request: web.Request) -> web.Response:
        if request[_ENTRY]["fault"] == "expired":
            raise _EXPIRED
        if request.content_type != "multipart/form-data":
            raise Refusal(400, "InvalidArgument", "The request must be a multipart form.", oss=True)
        fields: dict[str, str] = {}
        try:
            async for part in await request.multipart():
                if isinstance(part, BodyPartReader) and part.name == "file":
                    # Fields behind the file are not read, as the documents say.
                    await self._store(part, fields)
                    return web.Response()
                if isinstance(part, BodyPartReader) and part.name:
                    fields[part.name] = await _field(part)
        except (ValueError, HttpProcessingError):
            raise Refusal(400, "MalformedPOSTRequest", "The body is not a well-formed form.", oss=True) from None
        raise Refusal(400, "InvalidArgument", "The form has no file.", oss=True)

    async def _store(self, part: BodyPartReader, fields: Mapping[str, str]) -> None:
        policy, now = self._permission(fields), self._clock.now()
        key, most = fields["key"], self._settings.max_file_size_mb * 2**20
        path, size = self._folder.place(key), 0
        try:
            with path.open("wb") as file:
                while chunk := await part.read_chunk(_CHUNK):
                    size += len(chunk)
                    if size > most:
                        raise Refusal(400, "EntityTooLarge", f"The file is larger than {most} bytes.", oss=True)
                    file.write(chunk)
        except BaseException:
            path.unlink()
            raise
        self._memory.uploads[key] = Upload(policy.model, path, now + self._catalog.provider.upload_lifetime)

    def _permission(self, fields: Mapping[str, str]) -> Policy:
        policy = self._memory.policies.get(fields.get("policy", ""))
        if fields.get("OSSAccessKeyId") != answers.ACCESS_KEY_ID:
            raise Refusal(403, "InvalidAccessKeyId", "The OSS Access Key Id you provided does not exist.", oss=True)
        if policy is None or not hmac.compare_digest(fields.get("Signature", "").encode(), policy.signature.encode()):
            raise Refusal(403, "SignatureDoesNotMatch", "The signature does not match the policy.", oss=True)
        if policy.expires <= self._clock.now():
            raise _EXPIRED
        key = fields.get("key", "")
        if not key.startswith(f"{policy.folder}/") or key == f"{policy.folder}/":
            raise Refusal(403, "AccessDenied", "Invalid according to Policy: Policy Condition failed: $key.", oss=True)
        if key in self._memory.uploads and fields.get("x-oss-forbid-overwrite") == "true":
            raise Refusal(409, "FileAlreadyExists", "The object you specified already exists.", oss=True)
        return policy

    def _signature(self, text: str) -> str:
        return base64.b64encode(hmac.digest(self._memory.secret, text.encode(), "sha1")).decode()

    # --- detect and create -----------------------------------------------------------------------------------------------

    async def _called(self, request: web.Request) -> tuple[Call, dict[str, Path]]:
        """The call, and those of its files that are here."""
        body = read_body(await request.read())
        model = find_model(self._catalog, body["model"])
        if model.service.path.rstrip("/") != request.path.rstrip("/"):
            raise Refusal(400, "InvalidParameter", "Model not exist.")
        wants_async = request.headers.get("X-DashScope-Async") == "enable"
        if wants_async != (model.service.mode == "asynchronous"):
            kind = "asynchronous" if wants_async else "synchronous"
            raise Refusal(403, "AccessDenied", f"current user api does not support {kind} calls.")
        self._enter(model.id, rates_of(model).requests_per_second)
        call = read_call(body, model)
        resolves = request.headers.get("X-DashScope-OssResourceResolve") == "enable"
        uploads, now = self._memory.uploads, self._clock.now()
        return call, await asyncio.to_thread(media.local_inputs, call, uploads, resolves, now, self._folder)

    async def _inspected(self, call: Call, paths: dict[str, Path], *, content: bool) -> media.Inspected:
        """What the files are; adds those it fetched to `paths`."""
        for name in call.model.roles:
            url = call.job.inputs.get(name)
            if url is not None and name not in paths and media.points_here(url):
                paths[name] = await media.fetch(url, self._settings.max_file_size_mb * 2**20, self._folder)
        return await asyncio.to_thread(media.inspect, call, paths, content=content)

    async def _detect(self, request: web.Request) -> web.Response:
        call, paths = await self._called(request)
        looks = self._settings.detection == "look"
        measured, fault = await self._inspected(call, paths, content=looks)
        if fault is not None:
            code, message = media.code_of(fault), media.message_of(fault, call.model)
            if media.is_of_file(fault):
                raise Refusal(400, code, message)
            return web.json_response(answers.verdict(call.model, (code, message)))
        returns = call.model.service.returns
        found = media.boxes(call, measured) if returns else None
        if isinstance(found, str):
            return web.json_response(answers.verdict(call.model, ("InvalidFile.BodyProportion", found)))
        body = answers.verdict(call.model, None)
        if found is not None:
            for name, box in zip(("face_bbox", "ext_bbox"), found, strict=True):
                answers.put(body, returns[name], list(box))
        for name, value in _seen(call.model, measured).items():
            answers.put(body, f"output.{name}", value)
        return web.json_response(body)

    async def _create(self, request: web.Request) -> web.Response:
        call, paths = await self._called(request)
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
        if template is not None and call.model.service.template and not str(template).startswith("AACT."):
            failure = ("InvalidFile.Template.Content", "Invalid template content.")
        task = Task(new_id(), call, new_id(), self._clock.now(), failure, paths, facts)
        self._memory.life.add(task)
        return web.json_response(answers.created(task))

    # --- tasks -----------------------------------------------------------------------------------------------------------

    async def _query(self, request: web.Request) -> web.Response:
        self._enter("query", self._catalog.provider.query_rate)
        now, task_id = self._clock.now(), request.match_info["id"]
        task = self._memory.life.task(task_id, now)
        if task is None or request[_ENTRY]["fault"] == "unknown":
            return web.json_response(answers.unknown(task_id))
        status, ended = self._memory.life.status(task, now), self._memory.life.ended(task, now)
        body = answers.state(task, status, ended)
        if status == "SUCCEEDED" and ended is not None:
            makes_template = (task.model.service.result or "").endswith("template_id")
            result = task.template_id if makes_template else self._link(task, request.host, ended)
            answers.add_result(body, task, videos.shape_of(task), result)
        return web.json_response(body)

    async def _list(self, request: web.Request) -> web.Response:
        self._enter("list", self._catalog.provider.query_rate)
        now, query, life = self._clock.now(), request.query, self._memory.life
        try:
            start, end = answers.window(query, now)
            number, size = (int(query.get(name, default)) for name, default in (("page_no", 1), ("page_size", 10)))
            if number < 1 or not 1 <= size <= _LARGEST_PAGE:
                raise ValueError(f"page_no starts at 1, page_size is 1 to {_LARGEST_PAGE}")
        except (ValueError, OverflowError) as error:
            raise Refusal(400, "InvalidParameter", str(error)) from None
        kept = max(start, now - self._catalog.provider.task_lifetime)
        tasks = [task for task in reversed(life.tasks(now)) if kept <= task.submitted <= end]
        rows = [answers.row(task, life.status(task, now), life.ended(task, now)) for task in tasks]
        wanted = {name: query[name] for name in ("task_id", "model_name", "status") if name in query}
        return web.json_response(answers.page([row for row in rows if wanted.items() <= row.items()], number, size))

    async def _cancel(self, request: web.Request) -> web.Response:
        self._enter("cancel", self._catalog.provider.query_rate)
        if not self._memory.life.cancel(request.match_info["id"], self._clock.now()):
            message = "Failed to cancel the task, please confirm if the task is in PENDING status."
            raise Refusal(400, "UnsupportedOperation", message)
        return web.json_response({"request_id": new_id()})

    # --- results ---------------------------------------------------------------------------------------------------------

    def _link(self, task: Task, host: str, ended: float) -> str:
        expires = str(int(ended + self._catalog.provider.result_lifetime))
        query = f"Expires={expires}&OSSAccessKeyId={answers.ACCESS_KEY_ID}&Signature={self._link_signature(task.id, expires)}"
        return f"http://{host}/results/{task.id}.mp4?{query}"

    def _link_signature(self, task_id: str, expires: str) -> str:
        return hmac.digest(self._memory.secret, f"{task_id} {expires}".encode(), "sha256").hex()

    async def _result(self, request: web.Request) -> web.Response:
        task_id, expires, now = request.match_info["id"], request.query.get("Expires", ""), self._clock.now()
        signature = request.query.get("Signature", "").encode()
        if not hmac.compare_digest(signature, self._link_signature(task_id, expires).encode()):
            raise Refusal(403, "SignatureDoesNotMatch", "The request signature does not match.", oss=True)
        if request[_ENTRY]["fault"] == "expired" or now >= int(expires):
            raise Refusal(403, "AccessDenied", "Request has expired.", oss=True)
        task = next(task for task in self._memory.life.tasks(now) if task.id == task_id)
        if task_id not in self._videos:
            self._videos[task_id] = asyncio.create_task(asyncio.to_thread(_rendered, task, self._folder.place("result.mp4")))
        content = await asyncio.shield(self._videos[task_id])
        return delivery.part_of(request, content, f'"{hashlib.md5(content, usedforsecurity=False).hexdigest().upper()}"')

    # --- the emulator's own ----------------------------------------------------------------------------------------------

    async def _add_fault(self, request: web.Request) -> web.Response:
        asked = await _asked(request)
        try:
            self._faults.add(checked(asked.get("step"), asked.get("fault"), asked.get("times", 1)))
        except UsageError as error:
            raise Refusal(400, "InvalidParameter", str(error)) from None
        return web.json_response({})

    async def _advance(self, request: web.Request) -> web.Response:
        seconds = (await _asked(request)).get("advance")
        if not isinstance(seconds, int | float) or not 0 <= seconds <= 10**9:
            raise Refusal(400, "InvalidParameter", 'give {"advance": seconds}')
        self._clock.advance(seconds)
        return web.json_response({"now": self._clock.now()})

    async def _show_log(self, request: web.Request) -> web.Response:
        return web.json_response(list(self._memory.log))

    async def _show_tasks(self, request: web.Request) -> web.Response:
        return web.json_response(self.tasks())


async def _asked(request: web.Request) -> dict[str, Any]:
    try:
        body = msgspec.json.decode(await request.read())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise Refusal(400, "InvalidParameter", "give a JSON object")
    return body


async def _field(part: BodyPartReader) -> str:
    text = b""
    while chunk := await part.read_chunk(_CHUNK):
        text += chunk
        if len(text) > _LARGEST_FIELD:
            raise Refusal(400, "InvalidArgument", f"The field {part.name} is too long.", oss=True)
    return text.decode("utf-8", "replace")


def _rendered(task: Task, path: Path) -> bytes:
    videos.render(task, path)
    return path.read_bytes()


def _seen(model: Model, measured: Mapping[str, Measured]) -> dict[str, Any]:
    """What two of the detect calls answer besides, of a picture that passed."""
    content = media.seen_in(measured)
    if model.id == "animate-anyone-detect-gen2":
        bodies = (content.bodies if content else None) or ()
        return {"bodystyle": "half" if bodies and bodies[0].framing == "half" else "full"}
    return {"humanoid": True} if model.id == "wan2.2-s2v-detect" else {}


def _refuse_key(request: web.Request) -> None:
    if "Authorization" in request.headers:
        raise Refusal(400, "InvalidArgument", "The API key was sent to a host it is not meant for.", oss=True)
