"""A stand-in for the service, written from its documents alone. It imports nothing but the standard library.

    python service.py [--video FILE]

prints its base URL, then its control URL, and ends when its standard input is closed. It listens on four ports of loopback: the
API, the upload host, the download host and the control interface. `Rules` lists what can be set, `Fault` what can go wrong.

    GET  /rules /accounts /hosts /log /tasks /files
    POST /rules {...}                        changes those that are named
    POST /faults {...}, DELETE /faults       POST /tasks {...}     a task somebody else makes: {"key", "model", "prompt", "ago_s"}
    POST /listener {"down_s": 2}             nothing listens on the API's port for so long
    POST /reset                              as it was at first
"""

import argparse
import asyncio
import base64
import contextlib
import hashlib
import json
import os
import random
import socket
import struct
import threading
import time
import uuid
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime, timedelta, timezone
from email.utils import formatdate
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

CHINA = timezone(timedelta(hours=8))
DAY = 86400
UPLOADS_LIVE = 2 * DAY
LONGEST_HEAD = 1 << 16
LOGGED_BODY = 1 << 16

# ---- accounts -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Key:
    """A key of an account. Tasks are seen by every key of the account."""

    secret: str
    account: str
    id: str
    uid: str


KEYS = (
    Key("sk-outsidea1-3f9c2a7b51d84e06", "1001", "50001", "1001"),
    Key("sk-outsidea2-88d0b6e1c94f4a27", "1001", "50002", "1002"),
    Key("sk-outsideb1-d51e7c0a6b3f4982", "2001", "60001", "2001"),
)

# ---- models: what the documents say of each request -----------------------------------------------------------------

FACE_DETECT = "/api/v1/services/aigc/image2video/face-detect"
BODY_DETECT = "/api/v1/services/aigc/image2video/aa-detect"
TEMPLATE = "/api/v1/services/aigc/image2video/aa-template-generation"
PEOPLE = "/api/v1/services/aigc/image2video/video-synthesis"
VIDEO = "/api/v1/services/aigc/video-generation/video-synthesis"


class Model(NamedTuple):
    path: str
    required: tuple[str, ...]
    urls: tuple[str, ...]
    result: str = ""  # where the URL of the result stands, below `output`
    usage: str = ""

    @property
    def is_asynchronous(self) -> bool:
        return bool(self.result)


MODELS = {
    "emo-detect-v1": Model(FACE_DETECT, ("image_url",), ("image_url",)),
    "liveportrait-detect": Model(FACE_DETECT, ("image_url",), ("image_url",)),
    "emoji-detect-v1": Model(FACE_DETECT, ("image_url",), ("image_url",)),
    "wan2.2-s2v-detect": Model(FACE_DETECT, ("image_url",), ("image_url",)),
    "animate-anyone-detect-gen2": Model(BODY_DETECT, ("image_url",), ("image_url",)),
    "animate-anyone-template-gen2": Model(TEMPLATE, ("video_url",), ("video_url",), "template_id", "people"),
    "emo-v1": Model(
        PEOPLE, ("image_url", "audio_url", "face_bbox", "ext_bbox"), ("image_url", "audio_url"), "results.video_url", "people"
    ),
    "liveportrait": Model(PEOPLE, ("image_url", "audio_url"), ("image_url", "audio_url"), "results.video_url", "people"),
    "videoretalk": Model(PEOPLE, ("video_url", "audio_url"), ("video_url", "audio_url", "ref_image_url"), "video_url", "people"),
    "animate-anyone-gen2": Model(PEOPLE, ("image_url", "template_id"), ("image_url",), "video_url", "people"),
    "emoji-v1": Model(PEOPLE, ("image_url", "face_bbox", "ext_bbox", "driven_id"), ("image_url",), "video_url", "people"),
    "wan2.2-s2v": Model(PEOPLE, ("image_url", "audio_url"), ("image_url", "audio_url"), "results.video_url", "people"),
    "wan2.2-animate-move": Model(PEOPLE, ("image_url", "video_url"), ("image_url", "video_url"), "results.video_url", "people"),
    "wan2.2-animate-mix": Model(PEOPLE, ("image_url", "video_url"), ("image_url", "video_url"), "results.video_url", "people"),
    "video-style-transform": Model(VIDEO, ("video_url",), ("video_url",), "output_video_url", "style"),
    "wan2.7-i2v": Model(VIDEO, ("media",), (), "video_url", "wan"),
    "wan2.6-i2v": Model(VIDEO, ("img_url",), ("img_url", "audio_url"), "video_url", "wan"),
    "wan2.6-i2v-us": Model(VIDEO, ("img_url",), ("img_url", "audio_url"), "video_url", "wan"),
    "wan2.6-i2v-flash": Model(VIDEO, ("img_url",), ("img_url", "audio_url"), "video_url", "wan"),
    "wan2.5-i2v-preview": Model(VIDEO, ("img_url",), ("img_url", "audio_url"), "video_url", "wan"),
    "wan2.2-i2v-plus": Model(VIDEO, ("img_url",), ("img_url",), "video_url", "wan"),
    "wan2.2-i2v-flash": Model(VIDEO, ("img_url",), ("img_url",), "video_url", "wan"),
    "wanx2.1-i2v-turbo": Model(VIDEO, ("img_url",), ("img_url",), "video_url", "people"),
    "wanx2.1-i2v-plus": Model(VIDEO, ("img_url",), ("img_url",), "video_url", "people"),
    "wan2.6-r2v": Model(VIDEO, ("reference_urls", "prompt"), ("reference_urls",), "video_url", "wan"),
    "wan2.6-r2v-flash": Model(VIDEO, ("reference_urls", "prompt"), ("reference_urls",), "video_url", "wan"),
    "wan2.2-kf2v-flash": Model(PEOPLE, ("first_frame_url",), ("first_frame_url", "last_frame_url"), "video_url", "wan"),
    "wanx2.1-kf2v-plus": Model(PEOPLE, ("first_frame_url",), ("first_frame_url", "last_frame_url"), "video_url", "wan"),
    "wanx2.1-vace-plus": Model(VIDEO, ("function", "prompt"), ("ref_images_url", "video_url"), "video_url", "wan"),
}
# Their files stand in an array, each with its type.
OF_MEDIA = (
    "wan3.0-video",
    "wan3.0-video-prime",
    "wan2.7-r2v",
    "wan2.7-videoedit",
    "happyhorse-1.1-i2v",
    "happyhorse-1.0-i2v",
    "happyhorse-1.1-r2v",
    "happyhorse-1.0-r2v",
    "happyhorse-1.0-video-edit",
    "kling/kling-v3-video-generation",
    "kling/kling-v3-omni-video-generation",
    "vidu/viduq3-pro_img2video",
    "vidu/viduq3-pro-fast_img2video",
    "vidu/viduq3-turbo_img2video",
    "vidu/viduq2-pro_img2video",
    "vidu/viduq2-turbo_img2video",
    "vidu/viduq2-pro-fast_img2video",
    "vidu/viduq3-pro_start-end2video",
    "vidu/viduq3-turbo_start-end2video",
    "vidu/viduq2-pro_start-end2video",
    "vidu/viduq2-turbo_start-end2video",
    "vidu/viduq2_reference2video",
    "vidu/viduq2-pro_reference2video",
    "pixverse/pixverse-c1-it2v",
    "pixverse/pixverse-v6-it2v",
    "pixverse/pixverse-v5.6-it2v",
    "pixverse/pixverse-c1-kf2v",
    "pixverse/pixverse-v6-kf2v",
    "pixverse/pixverse-v5.6-kf2v",
    "pixverse/pixverse-c1-r2v",
    "pixverse/pixverse-v6-r2v",
    "pixverse/pixverse-v5.6-r2v",
    "pixverse/pixverse-v6-r2v-omni",
    "pixverse/pixverse-lipsync",
)
MODELS |= {name: Model(VIDEO, ("media",), (), "video_url", "wan") for name in OF_MEDIA}
CREATES = (PEOPLE, VIDEO, TEMPLATE)
DETECTS = (FACE_DETECT, BODY_DETECT)

# ---- what can be set, and what can be ordered to go wrong -----------------------------------------------------------


@dataclass
class Rules:
    """How the service behaves. Times in seconds."""

    clock_offset: float = 0.0
    """Its clock against this machine's; everything below goes by its clock."""
    date: str = ""
    """The Date header: empty is right; `missing`; `+3600` or `-3600` off the service's clock; any other text as it is."""
    pending: float = 0.0
    running: float = 0.2
    fails: dict[str, list[str]] = field(default_factory=dict)
    """By job: [code, message] its task ends with."""
    shape: str = "documented"
    """Where a finished task's video stands: `documented`, `video_url`, `results`, `results list`, `output list`, `bare` (neither
    task_id nor task_status), `usage text`, `elsewhere` (a field no document names), `nowhere`."""
    detection: list[str] = field(default_factory=list)
    """Empty: pictures pass; else [code, message] of the refusal."""
    detection_refuses: str = "output"
    """Where the refusal stands: `output` (HTTP 200), `400` (top level), `400 output`."""
    same_model: bool = True
    """Whether a file can be used only for the model its upload was asked for."""
    upload_host: str = ""
    """Empty: our own. Any other is what getPolicy names."""
    policy_expires: float = 300.0
    result_url: str = ""
    """Empty: our own. Any other is what a finished task names."""
    list_lag: float = 0.0
    """A task shows up in the list so long after it was made."""
    list_order: str = "newest"
    """`newest`, `oldest`, `random` (anew for each page)."""
    list_total: str = ""
    """`larger`, `zero`, `missing`: what `total` says."""
    list_total_page: str = ""
    """`one`, `zero`, `larger`, `missing`."""
    list_page_no: str = ""
    """`one`: each page says that it is the first; `missing`."""
    list_page_size: int = 0
    """Not 0: so many rows a page, whatever was asked for."""
    list_twice: bool = False
    """Each row stands twice."""
    list_shifts: bool = False
    """Another key's new task pushes the rows down between two pages."""
    list_nulls: list[str] = field(default_factory=list)
    """Fields that are null in each row."""
    list_without: list[str] = field(default_factory=list)
    """Fields that are missing in each row."""
    colleague: str = ""
    """Key that makes a task of wan2.6-i2v at the same moment as each create call that arrives, done or not."""
    colleague_prompt: str = "a colleague's prompt"


@dataclass
class Fault:
    """What goes wrong with the next calls of a step.

    Steps are `policy`, `upload`, `detect`, `create`, `query`, `list`, `cancel` and `download`. Three things are chosen apart:
    whether the work is done, what is answered, and how the bytes of the answer travel.
    """

    step: str
    work: str = "yes"
    """`yes`, `no`, or `late`: the task is there `late` seconds after the call."""
    late: float = 0.0
    late_says_then: bool = False
    """Whether the gmt_create of late work is the moment of the call."""
    status: int = 0
    """0: what the service would answer. Else this, with `body` and `headers`."""
    body: Any = None
    """Text as it is; anything else as JSON."""
    headers: dict[str, str] = field(default_factory=dict)
    gigabytes: float = 0.0
    """The body unpacks to so much, after the encodings that `headers` name in Content-Encoding (gzip, deflate, several)."""
    delay: float = 0.0
    """Before the answer."""
    delivery: str = "whole"
    """`whole`; `reset unread` (nothing of it is heeded, an upload's body is not even read); `reset unanswered`;
    `closed unanswered`; `reset in head`; `reset in body`; `closed in body`; `too short` (Content-Length says more, then closed);
    `silent` (open, nothing is said)."""
    head_interval: float = 0.0
    """Seconds between two bytes of the head."""
    body_interval: float = 0.0
    """Seconds between two bytes of the body."""
    listener_down: float = 0.0
    """After this call, nothing listens on the API's port for so long."""
    times: int = 1
    """How often; 0: without end."""
    seconds: float = 0.0
    """Not 0: for so long, counted from the first call it strikes, however often."""
    skip: int = 0
    """So many calls go well before."""
    job: str = ""
    """Only for this job."""
    struck: int = 0
    since: float = 0.0

    def __post_init__(self) -> None:
        if self.delivery == "reset unread":
            self.work = "no"

    def strikes(self, step: str, job: str, now: float) -> bool:
        if step != self.step or (self.job and job != self.job):
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.seconds:
            self.since = self.since or now
            if now > self.since + self.seconds:
                return False
        elif self.times and self.struck >= self.times:
            return False
        self.struck += 1
        return True


# ---- tasks and files ------------------------------------------------------------------------------------------------


@dataclass
class Task:
    id: str
    key: Key
    model: str
    job: str
    prompt: str
    created: float  # by the service's clock
    appears: float
    pending: float
    running: float
    failure: list[str]
    request_id: str
    canceled: bool = False

    def status(self, now: float) -> str:
        if self.canceled:
            return "CANCELED"
        if now < self.appears + self.pending:
            return "PENDING"
        if now < self.ended:
            return "RUNNING"
        return "FAILED" if self.failure else "SUCCEEDED"

    @property
    def ended(self) -> float:
        return self.appears + self.pending + self.running


@dataclass(frozen=True)
class Upload:
    account: str
    model: str
    key: str
    sha256: str
    until: float


class Answer(NamedTuple):
    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)


def as_json(status: int, value: Any) -> Answer:
    return Answer(status, json.dumps(value, ensure_ascii=False).encode())


class RefusedError(Exception):
    """An error in the service's own words."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.answer = as_json(status, {"request_id": str(uuid.uuid4()), "code": code, "message": message})


@dataclass(frozen=True)
class Request:
    host: str  # api, upload, download
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    @property
    def path(self) -> str:
        return urlsplit(self.target).path.rstrip("/")

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query))

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    @property
    def step(self) -> str:
        if self.host != "api":
            return self.host
        if self.path in CREATES:
            return "create"
        if self.path in DETECTS:
            return "detect"
        if self.path == "/api/v1/uploads":
            return "policy"
        if self.path == "/api/v1/tasks":
            return "list"
        if self.path.startswith("/api/v1/tasks/"):
            return "cancel" if self.path.endswith("/cancel") else "query"
        return "unknown"


# ---- the service: requests to answers, no sockets -------------------------------------------------------------------


class Service:
    """Everything that is remembered, and what is answered. One event loop, so nothing is locked."""

    def __init__(self, video: bytes) -> None:
        self.video = video
        self.upload_host = self.download_host = ""
        self.reset()

    def reset(self) -> None:
        """Be as at first."""
        self.rules = Rules()
        self.faults: list[Fault] = []
        self.tasks: dict[str, Task] = {}
        self.uploads: dict[str, Upload] = {}
        self.log: list[dict[str, Any]] = []
        self.random = random.Random(0)
        self._policies: dict[str, tuple[Key, str, float]] = {}
        self._templates: dict[str, str] = {}

    def now(self) -> float:
        return time.time() + self.rules.clock_offset

    def date(self) -> str:
        said = self.rules.date
        if said[:1] in ("+", "-"):
            return formatdate(self.now() + float(said), usegmt=True)
        return said or formatdate(self.now(), usegmt=True)

    def key(self, request: Request) -> Key:
        scheme, _, secret = request.header("Authorization").partition(" ")
        found = [key for key in KEYS if key.secret == secret and scheme == "Bearer"]
        if not found:
            raise RefusedError(401, "InvalidApiKey", "Invalid API-key provided.")
        return found[0]

    def job(self, request: Request) -> str:
        """What tells jobs apart: the prompt, or else the files a call names, by their content."""
        if request.step not in ("create", "detect"):
            return ""
        try:
            given = json.loads(request.body)["input"]
            return str(given.get("prompt") or " ".join(f"{name}={self._content(value)}" for name, value in sorted(given.items())))
        except (ValueError, KeyError, TypeError, AttributeError):
            return ""

    def _content(self, value: Any) -> str:
        upload = self.uploads.get(str(value).removeprefix("oss://"))
        return upload.sha256[:12] if upload else str(value)[:100]

    def answer(self, request: Request, fault: Fault | None = None) -> Answer:
        """Do the work of a call and say what is to be said."""
        try:
            return getattr(self, f"_{request.step}")(request, fault)  # type: ignore[no-any-return]
        except RefusedError as refused:
            return refused.answer

    def _unknown(self, request: Request, fault: Fault | None) -> Answer:
        raise RefusedError(404, "NotFound", f"Not found: {request.path}")

    # -- files

    def _policy(self, request: Request, fault: Fault | None) -> Answer:
        key, model = self.key(request), request.query.get("model", "")
        if request.query.get("action") != "getPolicy" or request.method != "GET":
            raise RefusedError(400, "InvalidParameter", "action must be getPolicy")
        if model not in MODELS:
            raise RefusedError(400, "InvalidParameter", "Model not exist.")
        folder = f"dashscope-instant/{uuid.uuid4().hex}/{datetime.now(CHINA):%Y-%m-%d}/{uuid.uuid4()}"
        until = self.now() + self.rules.policy_expires
        words = {"expiration": datetime.fromtimestamp(until, UTC).isoformat(), "conditions": [["starts-with", "$key", folder]]}
        policy = base64.b64encode(json.dumps(words).encode()).decode()
        self._policies[policy] = (key, model, until)
        data = {
            "policy": policy,
            "signature": hashlib.sha256(policy.encode()).hexdigest()[:28],
            "upload_dir": folder,
            "upload_host": self.rules.upload_host or self.upload_host,
            "expire_in_seconds": int(self.rules.policy_expires),
            "max_file_size_mb": 100,
            "capacity_limit_mb": 999999999,
            "oss_access_key_id": "LTAI-outside",
            "x_oss_object_acl": "private",
            "x_oss_forbid_overwrite": "true",
        }
        return as_json(200, {"request_id": str(uuid.uuid4()), "data": data})

    def _upload(self, request: Request, fault: Fault | None) -> Answer:
        def refuse(status: int, code: str) -> Answer:
            text = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>Invalid according to Policy</Message></Error>'
            return Answer(status, text.encode(), (("Content-Type", "application/xml"),))

        parts = form_parts(request)
        if request.method != "POST" or not parts or [name for name, _ in parts][-1] != "file":
            return refuse(400, "MalformedPOSTRequest")
        form = dict(parts)
        policy = form.get("policy", b"").decode("ascii", "replace")
        key, model, until = self._policies.get(policy, (None, "", 0.0))
        folder = str(json.loads(base64.b64decode(policy))["conditions"][0][2]) if key else ""
        name = form.get("key", b"").decode()
        rest = ("OSSAccessKeyId", "Signature", "x-oss-object-acl", "x-oss-forbid-overwrite")
        if not key or self.now() > until or not name.startswith(folder + "/") or any(one not in form for one in rest):
            return refuse(403, "AccessDenied")
        if name in self.uploads:
            return refuse(409, "FileAlreadyExists")
        digest = hashlib.sha256(form["file"]).hexdigest()
        self.uploads[name] = Upload(key.account, model, name, digest, self.now() + UPLOADS_LIVE)
        return Answer(200 if form.get("success_action_status") == b"200" else 204, b"", ())

    # -- calls that bill

    def _call(self, request: Request) -> tuple[Key, str, dict[str, Any], dict[str, Any]]:
        """Key, model, input and parameters of a POST, judged by the documents."""
        key = self.key(request)
        if request.method != "POST" or not request.header("Content-Type").startswith("application/json"):
            raise RefusedError(400, "BadRequest.IllegalInput", "Content-Type must be application/json.")
        try:
            body = json.loads(request.body)
        except ValueError:
            raise RefusedError(400, "InvalidParameter", "Required body invalid, please check the request body format.") from None
        if not isinstance(body, dict) or not body.get("model"):
            raise RefusedError(400, "BadRequest.EmptyModel", "Required parameter 'model' missing or invalid.")
        name = str(body["model"])
        if name not in MODELS:
            raise RefusedError(400, "InvalidParameter", "Model not exist.")
        model = MODELS[name]
        if model.path != request.path:
            raise RefusedError(400, "InvalidParameter", "url error, please check url!")
        if model.is_asynchronous and request.header("X-DashScope-Async") != "enable":
            raise RefusedError(403, "AccessDenied", "current user api does not support synchronous calls.")
        given = body.get("input")
        if not isinstance(given, dict) or not given:
            raise RefusedError(400, "BadRequest.EmptyInput", "Required input missing from request.")
        for one in model.required:
            if not given.get(one):
                raise RefusedError(400, "InvalidParameter", f"Field required: input.{one}")
        for one in model.urls:
            value = given.get(one) or ""
            for url in value if isinstance(value, list) else [value]:
                self._judge_url(request, key, name, str(url))
        for one in given.get("media", ()):
            # What is no file, such as the text to be spoken, has no URL.
            self._judge_url(request, key, name, one.get("url", ""))
        if name == "emo-v1":
            judge_boxes(given)
        if name == "animate-anyone-gen2" and self._templates.get(given["template_id"]) not in (key.account, None):
            raise RefusedError(400, "InvalidFile.Template.Content", "Invalid template content.")
        parameters = body.get("parameters") or {}
        if name == "emo-detect-v1" and parameters.get("ratio") not in ("1:1", "3:4"):
            raise RefusedError(400, "InvalidParameter", "ratio must be 1:1 or 3:4")
        if name == "emoji-detect-v1" and parameters.get("ratio") != "1:1":
            raise RefusedError(400, "InvalidParameter.Ratio", "ratio must be 1:1")
        return key, name, given, parameters

    def _judge_url(self, request: Request, key: Key, model: str, url: str) -> None:
        if url.startswith("oss://"):
            if request.header("X-DashScope-OssResourceResolve") != "enable":
                raise RefusedError(400, "invalid_parameter_error", "The provided URL does not appear to be valid.")
            upload = self.uploads.get(url.removeprefix("oss://"))
            if (
                upload is None
                or upload.account != key.account
                or self.now() > upload.until
                or (self.rules.same_model and upload.model != model)
            ):
                raise RefusedError(400, "InvalidParameter.DataInspection", "Unable to download the media resource.")
        elif url.startswith("data:"):
            if MODELS[model].path != VIDEO:
                raise RefusedError(400, "InvalidURL", "The required URL is missing or invalid.")
        elif url and not url.startswith(("http://", "https://")):
            raise RefusedError(400, "InvalidURL", "The required URL is missing or invalid.")

    def _detect(self, request: Request, fault: Fault | None) -> Answer:
        _, model, _, parameters = self._call(request)
        request_id = str(uuid.uuid4())
        if self.rules.detection:
            code, message = self.rules.detection
            if self.rules.detection_refuses == "400":
                return as_json(400, {"request_id": request_id, "code": code, "message": message})
            if self.rules.detection_refuses == "400 output":
                return as_json(400, {"request_id": request_id, "output": {"code": code, "message": message}})
            said: dict[str, Any] = {"check_pass": False, "code": code, "message": message}
            if model == "liveportrait-detect":
                said = {"pass": False, "message": message}
            if model == "animate-anyone-detect-gen2":
                said = {"check_pass": False, "bodystyle": "", "reason": message}
        else:
            said = {"check_pass": True}
            if model == "liveportrait-detect":
                said = {"pass": True, "message": "success"}
            if model == "animate-anyone-detect-gen2":
                said |= {"bodystyle": "full"}
            if model == "emo-detect-v1":
                wide = [87, 0, 540, 453] if parameters["ratio"] == "1:1" else [144, 0, 483, 452]
                said |= {"face_bbox": [223, 132, 404, 313], "ext_bbox": wide}
            if model == "emoji-detect-v1":
                said |= {"bbox_face": [223, 132, 404, 313], "ext_bbox_face": [114, 12, 513, 411]}
            if model == "wan2.2-s2v-detect":
                said |= {"humanoid": True}
        return as_json(200, {"request_id": request_id, "output": said, "usage": {"image_count": 1}})

    def _create(self, request: Request, fault: Fault | None) -> Answer:
        key, model, given, _ = self._call(request)
        late = fault.late if fault and fault.work == "late" else 0.0
        task = self.make(key, model, self.job(request), str(given.get("prompt") or ""), late)
        if fault and fault.late_says_then:
            task.created -= late
        return as_json(
            200, {"request_id": task.request_id, "output": {"task_id": task.id, "task_status": "PENDING"}, "usage": None}
        )

    def colleague(self) -> None:
        """Somebody else makes a task now, where that is set."""
        if self.rules.colleague:
            key = next(one for one in KEYS if one.secret == self.rules.colleague)
            self.make(key, "wan2.6-i2v", "colleague", self.rules.colleague_prompt)

    def make(self, key: Key, model: str, job: str, prompt: str, late: float = 0.0) -> Task:
        at = self.now() + late
        rules = self.rules
        failure = rules.fails.get(job, [])
        task = Task(str(uuid.uuid4()), key, model, job, prompt, at, at, rules.pending, rules.running, failure, str(uuid.uuid4()))
        self.tasks[task.id] = task
        return task

    # -- tasks

    def _task(self, request: Request) -> tuple[Key, Task | None]:
        key = self.key(request)
        task = self.tasks.get(request.path.removeprefix("/api/v1/tasks/").removesuffix("/cancel"))
        if task is None or task.key.account != key.account or not task.appears <= self.now() <= task.created + DAY:
            return key, None
        return key, task

    def _query(self, request: Request, fault: Fault | None) -> Answer:
        _, task = self._task(request)
        request_id = str(uuid.uuid4())
        if task is None:
            name = request.path.rpartition("/")[2]
            return as_json(200, {"request_id": request_id, "output": {"task_id": name, "task_status": "UNKNOWN"}})
        status = task.status(self.now())
        output: dict[str, Any] = {"task_id": task.id, "task_status": status, "submit_time": as_time(task.created)}
        answer: dict[str, Any] = {"request_id": request_id, "output": output}
        if status in ("RUNNING", "SUCCEEDED", "FAILED"):
            output["scheduled_time"] = as_time(task.appears + task.pending)
        if status in ("SUCCEEDED", "FAILED"):
            output["end_time"] = as_time(task.ended)
        if status == "FAILED":
            output["code"], output["message"] = task.failure
        if status == "SUCCEEDED":
            self._finish(task, answer)
        return as_json(200, answer)

    def _finish(self, task: Task, answer: dict[str, Any]) -> None:
        """The result and the usage of a task that has succeeded, in the shape that is set."""
        output, shape, model = answer["output"], self.rules.shape, MODELS[task.model]
        if model.usage == "wan":
            output["orig_prompt"] = task.prompt
            answer["usage"] = {
                "input_video_duration": 0,
                "output_video_duration": 5,
                "duration": 5,
                "SR": 1080,
                "video_count": 1,
            }
        elif model.usage == "style":
            answer["usage"] = {"duration": 3.96, "SR": 720}
        else:
            answer["usage"] = {"video_duration": 3.96, "video_ratio": "1:1" if task.model == "emo-v1" else "standard"}
        if shape == "usage text":
            answer["usage"] = json.dumps(answer["usage"])
        if model.result == "template_id":
            output["template_id"] = f"AACT.{task.id[:3]}.{task.id[-6:-3]}-{task.id[-3:]}.out"
            self._templates[output["template_id"]] = task.key.account
            return
        url = self.rules.result_url or f"{self.download_host}/{task.id}.mp4?Expires={int(task.ended + DAY)}&Signature=s%2Bg%3D"
        place = {"video_url": "video_url", "results": "results.video_url", "elsewhere": "media.final.address"}.get(
            shape, model.result
        )
        if shape == "bare":
            del output["task_id"], output["task_status"]
        if shape == "results list":
            output["results"] = [{"video_url": url}]
        elif shape == "output list":
            answer["output"] = [output | {"video_url": url}]
        elif shape != "nowhere":
            *folders, name = place.split(".")
            for folder in folders:
                output = output.setdefault(folder, {})
            output[name] = url

    def _cancel(self, request: Request, fault: Fault | None) -> Answer:
        _, task = self._task(request)
        if request.method != "POST" or task is None or task.status(self.now()) != "PENDING":
            raise RefusedError(
                400, "UnsupportedOperation", "Failed to cancel the task, please confirm if the task is in PENDING status."
            )
        task.canceled = True
        return as_json(200, {"request_id": str(uuid.uuid4())})

    def _list(self, request: Request, fault: Fault | None) -> Answer:
        key, asked, rules, now = self.key(request), request.query, self.rules, self.now()
        end = read_time(asked.get("end_time")) or now + 1
        start = read_time(asked.get("start_time")) or end - DAY
        if end - start > DAY + 1:
            raise RefusedError(400, "InvalidParameter", "The time window must not be longer than 24 hours.")
        try:
            page, size = int(asked.get("page_no", 1)), int(asked.get("page_size", 10))
        except ValueError:
            raise RefusedError(400, "InvalidParameter", "page_no and page_size must be numbers.") from None
        if page < 1 or size < 1:
            raise RefusedError(400, "InvalidParameter", "page_no and page_size must be positive.")
        if rules.list_shifts and page > 1:
            other = next(one for one in KEYS if one.account == key.account and one != key)
            self.make(other, "wan2.6-i2v", "colleague", "another page")
        rows = [
            task
            for task in self.tasks.values()
            if task.key.account == key.account
            and task.appears + rules.list_lag <= now
            and start <= int(task.created) <= end
            and asked.get("model_name", task.model) == task.model
            and asked.get("status", task.status(now)) == task.status(now)
            and asked.get("task_id", task.id) == task.id
        ]
        rows.sort(key=lambda task: task.created, reverse=rules.list_order != "oldest")
        if rules.list_order == "random":
            self.random.shuffle(rows)
        if rules.list_twice:
            rows = [task for task in rows for _ in range(2)]
        size = rules.list_page_size or size
        total = {"": len(rows), "larger": len(rows) + 7, "zero": 0}.get(rules.list_total)
        pages = {"": -(-len(rows) // size), "one": 1, "zero": 0, "larger": 40}.get(rules.list_total_page)
        answer = {
            "request_id": str(uuid.uuid4()),
            "data": [self._row(task, now) for task in rows[(page - 1) * size : page * size]],
            "total": total,
            "total_page": pages,
            "page_no": {"": page, "one": 1}.get(rules.list_page_no),
            "page_size": size,
        }
        return as_json(200, {name: value for name, value in answer.items() if value is not None})

    def _row(self, task: Task, now: float) -> dict[str, Any]:
        status = task.status(now)
        row: dict[str, Any] = {
            "api_key_id": task.key.id,
            "caller_parent_id": task.key.account,
            "caller_uid": task.key.uid,
            "gmt_create": int(task.created * 1000),
            "start_time": int((task.appears + task.pending) * 1000) if status != "PENDING" else None,
            "end_time": int(task.ended * 1000) if status in ("SUCCEEDED", "FAILED") else None,
            "region": "cn-beijing",
            "request_id": task.request_id,
            "status": status,
            "task_id": task.id,
            "user_api_unique_key": f"apikey:v1:aigc:image2video:video-synthesis:{task.model}",
            "model_name": task.model,
        }
        row |= dict.fromkeys(self.rules.list_nulls)
        return {name: value for name, value in row.items() if name not in self.rules.list_without}

    def _download(self, request: Request, fault: Fault | None) -> Answer:
        task = self.tasks.get(request.path.removeprefix("/").removesuffix(".mp4"))
        if task is None or self.now() > task.ended + DAY:
            return Answer(403, b"<Error><Code>AccessDenied</Code><Message>Request has expired.</Message></Error>")
        whole = (("Content-Type", "video/mp4"), ("Accept-Ranges", "bytes"), ("ETag", '"outside"'))
        first, _, last = request.header("Range").removeprefix("bytes=").partition("-")
        if not first.isdigit():
            return Answer(200, self.video, whole)
        piece = self.video[int(first) : int(last) + 1 if last else None]
        if not piece:
            return Answer(416, b"", whole)
        place = f"bytes {first}-{int(first) + len(piece) - 1}/{len(self.video)}"
        return Answer(206, piece, (*whole, ("Content-Range", place)))


def judge_boxes(given: Mapping[str, Any]) -> None:
    for name in ("face_bbox", "ext_bbox"):
        if not isinstance(given[name], list) or len(given[name]) != 4 or not all(isinstance(n, int) for n in given[name]):
            raise RefusedError(400, "InvalidParameter", f"Invalid {name}.")
    x1, y1, x2, y2 = given["ext_bbox"]
    width, height = x2 - x1, y2 - y1
    if width <= 0 or height <= 0 or (abs(width - height) > 1 and abs(width * 4 - height * 3) > 4):
        raise RefusedError(400, "InvalidParameter", "Invalid ext_bbox.")


def as_time(at: float) -> str:
    return datetime.fromtimestamp(at, CHINA).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def read_time(text: str | None) -> float | None:
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=CHINA).timestamp()
    except ValueError:
        raise RefusedError(400, "InvalidParameter", "Times must be YYYYMMDDhhmmss.") from None


def form_parts(request: Request) -> list[tuple[str, bytes]]:
    """The fields of a multipart form, in their order."""
    boundary = request.header("Content-Type").partition("boundary=")[2].strip('"').encode()
    parts = []
    for part in request.body.split(b"--" + boundary)[1:-1] if boundary else ():
        head, _, content = part.partition(b"\r\n\r\n")
        name = head.partition(b'name="')[2].partition(b'"')[0]
        parts.append((name.decode("utf-8", "replace"), content.removesuffix(b"\r\n")))
    return parts


# ---- sockets --------------------------------------------------------------------------------------------------------


class GoneError(Exception):
    """The other side has gone, or is sent away."""


async def read_head(reader: asyncio.StreamReader, host: str) -> Request | None:
    """The request line and the header fields; None where no further request comes."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        return None
    first, *lines = head.decode("latin-1").split("\r\n")[:-2]
    method, target, _ = first.split(" ", 2)
    pairs = tuple((name.strip(), value.strip()) for name, _, value in (line.partition(":") for line in lines))
    return Request(host, method, target, pairs)


async def read_body(reader: asyncio.StreamReader, request: Request) -> bytes:
    if "chunked" in request.header("Transfer-Encoding").lower():
        pieces = []
        while size := int((await reader.readline()).partition(b";")[0], 16):
            pieces.append(await reader.readexactly(size))
            await reader.readline()
        await reader.readline()
        return b"".join(pieces)
    return await reader.readexactly(int(request.header("Content-Length") or 0))


def unpacks_to(size: int, encodings: list[str]) -> bytes:
    """Zeros, packed by each of the encodings in turn. The streams are left open at their end: readers unpack as they read."""
    piece, count = bytes(1 << 20), max(1, size >> 20)
    for encoding in encodings:
        kind = {"gzip": 31, "deflate": 15}[encoding]
        packer = zlib.compressobj(9, zlib.DEFLATED, kind)
        head = packer.compress(piece) + packer.flush(zlib.Z_FULL_FLUSH)
        more = packer.compress(piece) + packer.flush(zlib.Z_FULL_FLUSH)
        piece, count = head + more * (count - 1), 1
    return piece


class Front:
    """The listeners, and the bytes on their connections."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.writers: set[asyncio.StreamWriter] = set()
        self.api: asyncio.Server | None = None
        self.port = 0
        self.waiting: set[asyncio.Task[None]] = set()

    async def open(self) -> tuple[str, str]:
        """Listen; the base URL and the control URL."""
        self.api, self.port = await self._listen("api")
        _, upload = await self._listen("upload")
        _, download = await self._listen("download")
        _, control = await self._listen("control")
        self.service.upload_host = f"http://127.0.0.1:{upload}"
        self.service.download_host = f"http://127.0.0.1:{download}"
        return f"http://127.0.0.1:{self.port}/api/v1", f"http://127.0.0.1:{control}"

    async def _listen(self, host: str, port: int = 0) -> tuple[asyncio.Server, int]:
        talk = self._control if host == "control" else self._talk

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.writers.add(writer)
            try:
                await self._requests(host, talk, reader, writer)
            except (GoneError, OSError, ValueError, asyncio.IncompleteReadError):
                writer.transport.abort()
            finally:
                self.writers.discard(writer)
                writer.close()

        server = await asyncio.start_server(connected, "127.0.0.1", port, limit=LONGEST_HEAD, reuse_address=True)
        return server, server.sockets[0].getsockname()[1]

    async def _requests(self, host: str, talk: Callable[..., Awaitable[bool]], *streams: Any) -> None:
        reader, _ = streams
        while request := await read_head(reader, host):
            if not await talk(request, *streams):
                break

    def down(self, seconds: float) -> None:
        """Nothing listens on the API's port for so long, and what is connected to it is cut."""

        async def later() -> None:
            await asyncio.sleep(seconds)
            self.api, _ = await self._listen("api", self.port)

        if self.api:
            self.api.close()
        for writer in self.writers:
            if (writer.get_extra_info("sockname") or ("", 0))[1] == self.port:
                writer.transport.abort()
        task = asyncio.ensure_future(later())
        self.waiting.add(task)
        task.add_done_callback(self.waiting.discard)

    async def _talk(self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; whether the connection goes on."""
        service = self.service
        entry: dict[str, Any] = {
            "n": len(service.log),
            "at": service.now(),
            "host": request.host,
            "step": request.step,
            "method": request.method,
            "target": request.target,
            "headers": request.headers,
            "fault": None,
            "job": "",
            "task_id": None,
            "billed": False,
            "answered": None,
            "may_have_made": False,
        }
        service.log.append(entry)
        fault = self._struck(request, "", unread=True) if request.host == "upload" else None
        if fault is None:
            body = await read_body(reader, request)
            request = Request(request.host, request.method, request.target, request.headers, body)
            entry |= {"body": body[:LOGGED_BODY].decode("latin-1"), "job": service.job(request)}
            entry["keys_elsewhere"] = keys_elsewhere(request)
            fault = self._struck(request, entry["job"], unread=request.host != "upload") or self._struck(request, entry["job"])
        if request.step == "create":
            service.colleague()
        before = set(service.tasks)
        answer = service.answer(request, fault) if fault is None or fault.work != "no" else lost(request.step)
        entry["task_id"] = next(
            (one for one in service.tasks if one not in before and service.tasks[one].job == entry["job"]), None
        )
        entry["billed"] = request.step == "detect" and answer.status == 200 and (fault is None or fault.work != "no")
        if fault is not None:
            entry["fault"] = {name: value for name, value in asdict(fault).items() if name != "body"}
            answer = self._falsified(answer, fault)
        whole = fault is None or fault.delivery == "whole"
        entry["may_have_made"] = request.step == "create" and (bool(entry["task_id"]) or not (whole and refuses(answer)))
        sent = await self._deliver(answer, fault, writer, head_only=request.method == "HEAD")
        entry["answered"] = answer.status if sent else None
        if fault is not None and fault.listener_down:
            self.down(fault.listener_down)
        return sent and "close" not in request.header("Connection").lower()

    def _struck(self, request: Request, job: str, *, unread: bool = False) -> Fault | None:
        """The fault that strikes. Those that leave the request unread are asked for apart: an upload is cut while it comes."""
        faults = (fault for fault in self.service.faults if (fault.delivery == "reset unread") == unread)
        return next((fault for fault in faults if fault.strikes(request.step, job, self.service.now())), None)

    def _falsified(self, answer: Answer, fault: Fault) -> Answer:
        """What is said instead of the answer."""
        if fault.gigabytes:
            encodings = [one.strip() for one in fault.headers["Content-Encoding"].split(",")]
            body = unpacks_to(int(fault.gigabytes * (1 << 30)), encodings)
            return Answer(fault.status or 200, body, (("Content-Type", "application/json"), *fault.headers.items()))
        if not fault.status:
            return answer._replace(headers=(*answer.headers, *fault.headers.items()))
        if isinstance(fault.body, str):
            kind = () if "Content-Type" in fault.headers else (("Content-Type", "text/html"),)
            return Answer(fault.status, fault.body.encode(), (*kind, *fault.headers.items()))
        said = as_json(fault.status, fault.body)
        return said._replace(headers=(*said.headers, *fault.headers.items()))

    async def _deliver(self, answer: Answer, fault: Fault | None, writer: asyncio.StreamWriter, *, head_only: bool) -> bool:
        """Send the answer as the fault wants it; whether it went whole and the connection can go on."""
        delivery = fault.delivery if fault else "whole"
        if fault and fault.delay:
            await asyncio.sleep(fault.delay)
        if delivery in ("reset unread", "reset unanswered"):
            reset(writer)
            return False
        if delivery == "closed unanswered":
            writer.close()
            return False
        if delivery == "silent":
            await silence(writer)
            return False
        length = len(answer.body) + (100 if delivery == "too short" else 0)
        head = self._head(answer, length)
        if delivery == "reset in head":
            await send(writer, head[: len(head) // 2], 0)
            await asyncio.sleep(0.05)  # what was sent arrives before the reset does
            reset(writer)
            return False
        await send(writer, head, fault.head_interval if fault else 0)
        body = b"" if head_only else answer.body
        if delivery in ("reset in body", "closed in body"):
            body = body[: len(body) // 2]
        await send(writer, body, fault.body_interval if fault else 0)
        if delivery == "reset in body":
            await asyncio.sleep(0.05)
            reset(writer)
        return delivery == "whole"

    def _head(self, answer: Answer, length: int) -> bytes:
        lines = [f"HTTP/1.1 {answer.status} {'OK' if answer.status < 300 else 'Said'}", f"Content-Length: {length}"]
        if self.service.rules.date != "missing":
            lines.append(f"Date: {self.service.date()}")
        lines += [f"{name}: {value}" for name, value in answer.headers]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    # -- control

    async def _control(self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        body = await read_body(reader, request)
        try:
            said = as_json(200, self._ordered(request.method, request.path, json.loads(body) if body else None))
        except (TypeError, KeyError, ValueError, StopIteration) as error:
            said = as_json(400, {"error": f"{type(error).__name__}: {error}"})
        await send(writer, self._head(said, len(said.body)) + said.body, 0)
        return True

    def _ordered(self, method: str, path: str, given: Any) -> Any:
        service = self.service
        match method, path:
            case "GET", "/rules":
                return asdict(service.rules)
            case "POST", "/rules":
                known = {one.name for one in fields(Rules)}
                if unknown := given.keys() - known:
                    raise KeyError(f"no such rule: {', '.join(sorted(unknown))}")
                for name, value in given.items():
                    setattr(service.rules, name, value)
                return asdict(service.rules)
            case "GET", "/accounts":
                return [asdict(key) for key in KEYS]
            case "GET", "/log":
                return service.log
            case "GET", "/tasks":
                return [asdict(task) | {"status": task.status(service.now())} for task in service.tasks.values()]
            case "GET", "/hosts":
                return {"upload": service.upload_host, "download": service.download_host}
            case "GET", "/files":
                return [asdict(upload) for upload in service.uploads.values()]
            case "POST", "/tasks":
                key = next(one for one in KEYS if one.secret == given["key"])
                task = service.make(key, given["model"], "colleague", given.get("prompt", ""), -given.get("ago_s", 0.0))
                return asdict(task)
            case "POST", "/faults":
                orders = given if isinstance(given, list) else [given]
                service.faults += [Fault(**order) for order in orders]
                return len(service.faults)
            case "DELETE", "/faults":
                service.faults.clear()
                return 0
            case "POST", "/reset":
                service.reset()
                return None
            case "POST", "/listener":
                self.down(given["down_s"])
                return given
        raise KeyError(f"no such order: {method} {path}")


def refuses(answer: Answer) -> bool:
    """Whether the service says in its own words that it made nothing: an error with a code and a request id."""
    try:
        said = json.loads(answer.body)
    except ValueError:
        return False
    is_whole = isinstance(said, dict) and isinstance(said.get("code"), str) and isinstance(said.get("request_id"), str)
    return answer.status >= 400 and is_whole and bool(said["code"])


def lost(step: str) -> Answer:
    """What an answer could look like of which only a part arrives, and behind which nothing was done."""
    said = {"output": {"task_status": "PENDING", "task_id": str(uuid.uuid4())}, "request_id": str(uuid.uuid4())}
    return as_json(200, said if step == "create" else {"request_id": str(uuid.uuid4())})


def keys_elsewhere(request: Request) -> list[str]:
    """Where a key stands that is not the Authorization header of a call of the API."""
    places = {"target": request.target, "body": request.body.decode("latin-1")}
    places |= {name: value for name, value in request.headers if request.host != "api" or name.lower() != "authorization"}
    return [place for place, text in places.items() if any(key.secret in text for key in KEYS)]


async def send(writer: asyncio.StreamWriter, data: bytes, interval: float) -> None:
    async for piece in paced(data, interval):
        if writer.is_closing():
            raise GoneError
        writer.write(piece)
        await writer.drain()


async def paced(data: bytes, interval: float) -> AsyncIterator[bytes]:
    for start in range(0, len(data), 1 if interval else 1 << 16):
        yield data[start : start + (1 if interval else 1 << 16)]
        if interval:
            await asyncio.sleep(interval)


async def silence(writer: asyncio.StreamWriter) -> None:
    """Say nothing until the other side has gone."""
    while not writer.is_closing():
        await asyncio.sleep(0.1)


def reset(writer: asyncio.StreamWriter) -> None:
    """Cut the connection with a TCP reset."""
    opened = writer.get_extra_info("socket")
    if opened is not None:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("hh" if os.name == "nt" else "ii", 1, 0))
    writer.transport.abort()


async def serve(video: bytes) -> None:
    front = Front(Service(video))
    for url in await front.open():
        print(url, flush=True)
    ended, loop = asyncio.Event(), asyncio.get_running_loop()

    def watch() -> None:
        while os.read(0, 1 << 12):
            pass
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=watch, daemon=True).start()
    await ended.wait()
    os._exit(0)  # connections that are still open are not waited for


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    beside = Path(__file__).resolve().parents[2] / "fixtures" / "talking-head.mp4"
    parser.add_argument("--video", type=Path, default=beside, help="what every finished task made")
    asyncio.run(serve(parser.parse_args().video.read_bytes()))


if __name__ == "__main__":
    main()
