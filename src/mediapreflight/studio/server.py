"""The page's requests, handled with aiohttp. All paths begin with the token."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import mimetypes
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import msgspec
from aiohttp import web
from aiohttp.typedefs import Middleware

from .._version import __version__
from ..catalog import Catalog
from ..errors import (
    JobNotFitError,
    LedgerError,
    MediaPreflightError,
    MissingLibraryError,
    SubmitError,
    UnreadableMediaError,
    UsageError,
)
from ..language import say, spoken, translated
from ..media.formats import FORMATS
from ..output_folder import OutputFolder
from ..people.geometry import FRAMINGS, Ratio
from ..report.html import page as report_page
from ..workers.processes import CrashError
from . import access, limits, previews
from .limits import Space
from .memory import Memory, Remembering
from .orders import Asked, Order, order_of
from .runs import ALL, Run, Runs, record_of_run
from .sending import Sender
from .uploads import Upload, Uploads
from .workshop import TEMPLATES, Workshop, record_of_model, record_of_upload

_P = ParamSpec("_P")
_Result = TypeVar("_Result")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_FOLDER = Path(__file__).parent / "assets"
# The page's own files by name: a request cannot name a path.
_ASSETS = {path.relative_to(_FOLDER).as_posix(): path for path in _FOLDER.rglob("*") if path.is_file()} | {
    name: report_page.TEMPLATES / name for name in ("report.css", "report.js")
}
_STATUS: dict[type[Exception], int] = {
    UnreadableMediaError: 422,
    JobNotFitError: 422,
    MissingLibraryError: 503,
    CrashError: 503,
    UsageError: 400,
    LedgerError: 500,
    SubmitError: 502,
}
# Fixed here, because the system's own table of extensions may say that scripts are plain text.
_KINDS = mimetypes.MimeTypes()
_TYPES = {"wav": "audio/wav", "jpg": "image/jpeg", "json": "application/json", "zip": "application/zip", "mp4": "video/mp4"}


class _Agreed(msgspec.Struct, forbid_unknown_fields=True):
    """`POST submit`."""

    confirm: str


class _Chosen(msgspec.Struct, forbid_unknown_fields=True):
    """`POST cost`."""

    run: str


class Server:
    """The application and its state."""

    def __init__(
        self, catalog: Catalog, folder: OutputFolder, space: Space, sender: Sender, token: str, host: Callable[[], str]
    ) -> None:
        memory = Memory()
        self._catalog = catalog
        self._folder = folder
        self._containment = Remembering(memory, limits.LOOKS_AT_ONCE)
        self._uploads = Uploads(folder, self._containment, memory, space)
        self._workshop = Workshop(catalog, self._containment)
        self._runs = Runs(folder, self._workshop, memory)
        self._sender = sender
        self._token = token
        self._host = host
        self._uploading = 0
        self._threads = ThreadPoolExecutor(limits.THREADS, thread_name_prefix="studio")
        self._preparing = ThreadPoolExecutor(limits.RUNS_AT_ONCE, thread_name_prefix="studio-run")

    def application(self) -> web.Application:
        """All routes."""
        app = web.Application(middlewares=[self._guarding()], client_max_size=limits.JSON_BYTES)
        app.on_response_prepare.append(_with_headers)
        routes: dict[str, Mapping[str, Handler]] = {
            "": {"GET": self._page},
            "assets/{name:.+}": {"GET": self._asset},
            "state": {"GET": self._state},
            "models": {"GET": self._models},
            "files": {"GET": self._files, "POST": self._receive},
            "files/{id}": {"GET": self._file, "DELETE": self._remove_file},
            "files/{id}/content": {"GET": self._content},
            "files/{id}/picture": {"GET": self._picture},
            "files/{id}/sound": {"GET": self._sound},
            "files/{id}/waveform": {"GET": self._waveform},
            "files/{id}/frames": {"GET": self._frames},
            "files/{id}/frames.jpg": {"GET": self._strip},
            "files/{id}/faces": {"GET": self._faces},
            "files/{id}/takers": {"GET": self._takers},
            "check": {"POST": self._check},
            "plan": {"POST": self._plan},
            "prepare": {"POST": self._prepare},
            "runs/{id}": {"GET": self._run, "DELETE": self._remove_run},
            "runs/{id}/all.zip": {"GET": self._made_all},
            "runs/{id}/prepared.json": {"GET": self._made_record},
            "runs/{id}/files/{name}": {"GET": self._made},
            "runs/{id}/files/{name}/picture": {"GET": self._made_picture},
            "runs/{id}/files/{name}/sound": {"GET": self._made_sound},
            "cost": {"POST": self._cost},
            "submit": {"POST": self._submit},
            "tasks/{id}": {"GET": self._task, "DELETE": self._cancel},
            "tasks/{id}/video": {"GET": self._video},
        }
        for path, methods in routes.items():
            for method, handler in methods.items():
                app.router.add_route(method, f"/{{token}}/{path}", handler)
        return app

    async def get_ready(self) -> None:
        """Load the detectors in advance. An error is reported with the first picture."""
        with contextlib.suppress(MediaPreflightError, CrashError):
            await self._in_thread(lambda: self._containment.call("", previews.get_ready))

    def close(self) -> None:
        """Stop all running work."""
        self._runs.close()
        self._containment.close()
        self._preparing.shutdown(cancel_futures=True)
        self._threads.shutdown(cancel_futures=True)

    # --- every call ------------------------------------------------------------------------------------------------------

    def _guarding(self) -> Middleware:
        @web.middleware
        async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
            try:
                access.admit(request, self._host(), self._token)
                return await handler(request)
            except Exception as error:
                status, reason = _refusal(error)
                return _json({"error": self._sender.mask(translated(reason))}, status)

        return guarded

    async def _in_thread(self, function: Callable[_P, _Result], *args: _P.args, **kwargs: _P.kwargs) -> _Result:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, functools.partial(function, *args, **kwargs))

    async def _order(self, request: web.Request) -> Order:
        asked = await _body(request, Asked)
        return order_of(asked, self._uploads, self._catalog)

    def _upload(self, request: web.Request) -> Upload:
        return self._uploads.upload(request.match_info["id"])

    # --- the page --------------------------------------------------------------------------------------------------------

    async def _page(self, _: web.Request) -> web.Response:
        values = {"version": __version__, "stand_in": self._sender.account.stand_in, "models": self._model_records()}
        text = await self._in_thread(report_page.filled, "studio.html", beside=TEMPLATES, **values)
        return web.Response(text=text, content_type="text/html")

    async def _asset(self, request: web.Request) -> web.FileResponse:
        name = request.match_info["name"]
        path = _ASSETS.get(name)
        if path is None:
            raise web.HTTPNotFound
        kind = _KINDS.guess_type(name)[0] or "application/octet-stream"
        return web.FileResponse(path, headers={"Content-Type": _with_charset(kind), "Cache-Control": "no-cache"})

    async def _state(self, _: web.Request) -> web.Response:
        return _json(
            {
                "version": __version__,
                "lang": spoken(),
                "stand_in": self._sender.account.stand_in,
                "service": self._sender.service,
                "limits": self._uploads.space._asdict(),
                "files": [record_of_upload(upload) for upload in self._uploads.files],
                "runs": [record_of_run(run) for run in self._runs.all],
                "tasks": [self._sender.record(sent) for sent in self._sender.all],
            }
        )

    async def _models(self, _: web.Request) -> web.Response:
        return _json(self._model_records())

    def _model_records(self) -> list[dict[str, Any]]:
        return [record_of_model(model) for model in self._catalog.models()]

    # --- files -----------------------------------------------------------------------------------------------------------

    async def _files(self, _: web.Request) -> web.Response:
        return _json([record_of_upload(upload) for upload in self._uploads.files])

    async def _receive(self, request: web.Request) -> web.Response:
        if request.content_type in ("multipart/form-data", "application/x-www-form-urlencoded"):
            raise access.RefusedError(415, say("the request must be the file itself"))
        most = self._uploads.space.file_bytes
        if request.content_length is not None and request.content_length > most:
            raise access.RefusedError(413, say("a file may have up to {most:,} bytes", most=most))
        if self._uploading >= limits.UPLOADS_AT_ONCE:
            raise access.RefusedError(429, say("too many files are coming at once"))
        self._uploading += 1
        try:
            return _json(record_of_upload(await self._received(request)), 201)
        finally:
            self._uploading -= 1

    async def _received(self, request: web.Request) -> Upload:
        """Receive the file of a request. An incomplete upload is deleted."""
        incoming = self._uploads.begin(request.query.get("name", ""))
        try:
            while piece := await _within(limits.IDLE_S, request.content.readany()):
                incoming.write(piece)
            return await self._in_thread(self._uploads.keep, incoming)
        except BaseException:
            incoming.discard()
            raise

    async def _file(self, request: web.Request) -> web.Response:
        return _json(record_of_upload(self._upload(request)))

    async def _remove_file(self, request: web.Request) -> web.Response:
        await self._in_thread(self._uploads.remove, self._upload(request).id)
        return web.Response(status=204)

    async def _content(self, request: web.Request) -> web.FileResponse:
        upload = self._upload(request)
        return _sent_file(request, upload.path, _media_type(upload.facts.format), upload.name)

    async def _picture(self, request: web.Request) -> web.FileResponse:
        path = self._upload(request).path
        return await self._shown(request, path, _beside(path, "picture.jpg"), previews.write_picture)

    async def _sound(self, request: web.Request) -> web.FileResponse:
        path = self._upload(request).path
        return await self._shown(request, path, _beside(path, "sound.wav"), previews.write_sound)

    async def _waveform(self, request: web.Request) -> web.Response:
        heard = await self._in_thread(self._heard, str(self._upload(request).path))
        trouble = translated(heard.trouble) if heard.trouble else None
        return _json(msgspec.structs.replace(heard, trouble=trouble))

    def _heard(self, path: str) -> previews.Heard:
        return self._containment.known(path, ("heard",), previews.hear, path)

    async def _frames(self, request: web.Request) -> web.Response:
        upload = self._upload(request)
        strip = await self._in_thread(self._strip_of, upload)
        return _json({"strip": f"files/{upload.id}/frames.jpg", **msgspec.to_builtins(strip)})

    async def _strip(self, request: web.Request) -> web.FileResponse:
        upload = self._upload(request)
        await self._in_thread(self._strip_of, upload)
        return _sent_file(request, _beside(upload.path, "frames.jpg"), _TYPES["jpg"])

    def _strip_of(self, upload: Upload) -> previews.Strip:
        path = str(upload.path)
        return self._containment.known(path, ("frames",), previews.write_strip, path, str(_beside(upload.path, "frames.jpg")))

    async def _shown(self, request: web.Request, path: Path, target: Path, write: Callable[[str, str], None]) -> web.FileResponse:
        """A preview of a file, made once."""
        await self._in_thread(self._containment.known, str(path), (target.name,), write, str(path), str(target))
        return _sent_file(request, target, _TYPES[target.suffix[1:]])

    async def _faces(self, request: web.Request) -> web.Response:
        ratio = request.query.get("ratio", "1:1")
        if ratio not in FRAMINGS:
            raise UsageError(say("{ratio!r} is not a ratio of a box", ratio=ratio))
        named = request.query.get("model")
        model = self._catalog.model(named) if named else None
        chosen: Ratio = ratio
        return _json(await self._in_thread(self._workshop.portraits, self._upload(request), chosen, model))

    async def _takers(self, request: web.Request) -> web.Response:
        return _json({"models": await self._in_thread(self._workshop.takers, self._upload(request))})

    # --- jobs ------------------------------------------------------------------------------------------------------------

    async def _check(self, request: web.Request) -> web.Response:
        return _json(await self._in_thread(self._workshop.checked, await self._order(request)))

    async def _plan(self, request: web.Request) -> web.Response:
        return _json(await self._in_thread(self._workshop.planned, await self._order(request)))

    async def _prepare(self, request: web.Request) -> web.Response:
        run = await self._in_thread(self._runs.begin, await self._order(request))
        self._preparing.submit(self._runs.work, run)
        return _json(record_of_run(run), 202)

    async def _run(self, request: web.Request) -> web.Response:
        return _json(record_of_run(self._runs.run(request.match_info["id"])))

    async def _remove_run(self, request: web.Request) -> web.Response:
        await self._in_thread(self._runs.remove, request.match_info["id"])
        return web.Response(status=204)

    async def _made(self, request: web.Request) -> web.FileResponse:
        run, name = self._run_and_name(request)
        item = run.files.get(name)
        return _sent_file(request, run.file(name), _media_type(item.after.format if item else None), name)

    async def _made_all(self, request: web.Request) -> web.FileResponse:
        run = self._runs.run(request.match_info["id"])
        return _sent_file(request, run.file(ALL), _TYPES["zip"], f"{run.order.out}.zip")

    async def _made_record(self, request: web.Request) -> web.FileResponse:
        path = self._runs.run(request.match_info["id"]).file("prepared.json")
        return _sent_file(request, path, _TYPES["json"], path.name)

    async def _made_picture(self, request: web.Request) -> web.FileResponse:
        run, name = self._run_and_name(request)
        return await self._shown(request, run.file(name), run.beside(name, "picture.jpg"), previews.write_picture)

    async def _made_sound(self, request: web.Request) -> web.FileResponse:
        run, name = self._run_and_name(request)
        return await self._shown(request, run.file(name), run.beside(name, "sound.wav"), previews.write_sound)

    def _run_and_name(self, request: web.Request) -> tuple[Run, str]:
        return self._runs.run(request.match_info["id"]), request.match_info["name"]

    # --- tasks -----------------------------------------------------------------------------------------------------------

    async def _cost(self, request: web.Request) -> web.Response:
        chosen = await _body(request, _Chosen)
        return _json(await self._sender.offer(self._runs.run(chosen.run)))

    async def _submit(self, request: web.Request) -> web.Response:
        agreed = await _body(request, _Agreed)
        return _json(self._sender.record(await self._sender.agree(agreed.confirm)), 202)

    async def _task(self, request: web.Request) -> web.Response:
        return _json(self._sender.record(self._sender.sent(request.match_info["id"])))

    async def _cancel(self, request: web.Request) -> web.Response:
        return _json(self._sender.record(await self._sender.cancel(request.match_info["id"])))

    async def _video(self, request: web.Request) -> web.FileResponse:
        video = self._sender.sent(request.match_info["id"]).video
        if video is None or not video.is_file():
            raise web.HTTPNotFound
        return _sent_file(request, video, _TYPES["mp4"], video.name)


async def _body(request: web.Request, kind: type[_Result]) -> _Result:
    """The body of a request, as JSON of this shape. Raises RefusedError and UsageError."""
    access.ensure_json(request)
    try:
        return msgspec.json.decode(await _within(limits.IDLE_S, request.read()), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(say("the request is not understood: {error}", error=error)) from None


async def _within(seconds: float, coming: Awaitable[_Result]) -> _Result:
    """The result of a request. Raises RefusedError if it takes longer than this."""
    try:
        async with asyncio.timeout(seconds):
            return await coming
    except TimeoutError:
        raise access.RefusedError(408, say("the request took too long to arrive")) from None


def _json(value: Any, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), status=status, content_type="application/json")


def _refusal(error: Exception) -> tuple[int, str]:
    """The status and the text of an error."""
    match error:
        case access.RefusedError():
            return error.status, error.reason
        case web.HTTPException():
            return error.status, _sentence(error)
        case MediaPreflightError() | CrashError():
            return next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), 500), str(error)
        case OSError():
            return 500, (error.strerror or str(error)).lower()
    return 500, say("it failed ({name}: {error})", name=type(error).__name__, error=error)


def _sentence(error: web.HTTPException) -> str:
    match error.status:
        case 404:
            return say("there is no page at this address")
        case 405:
            return say("this address does not take {method}", method=getattr(error, "method", "this"))
        case 413:
            return say("the request is too large")
    return say("the request is not understood: {error}", error=error.reason)


def _beside(path: Path, name: str) -> Path:
    """The path of a preview: beside the upload."""
    return path.parent / f"{path.name}.{name}"


async def _with_headers(_: web.Request, response: web.StreamResponse) -> None:
    for name, value in access.HEADERS.items():
        response.headers.setdefault(name, value)


def _sent_file(request: web.Request, path: Path, media_type: str, name: str | None = None) -> web.FileResponse:
    """The answer with a file or the requested range of it, with a type that a browser does not run."""
    headers = {"Content-Type": media_type, "Content-Disposition": "inline"}
    if "download" in request.query and name is not None:
        from urllib.parse import quote

        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return web.FileResponse(path, headers=headers)


def _media_type(format: str | None) -> str:
    """The media type of a file by its bytes; plain bytes if a browser could read it as a page."""
    known = FORMATS.get(format or "")
    kind = _KINDS.guess_type(f"x.{known.extensions[0]}", strict=False)[0] if known else None
    return kind if kind and kind.startswith(("image/", "audio/", "video/")) and "svg" not in kind else "application/octet-stream"


def _with_charset(kind: str) -> str:
    return f"{kind}; charset=utf-8" if kind.startswith("text/") or kind.endswith(("json", "javascript")) else kind
