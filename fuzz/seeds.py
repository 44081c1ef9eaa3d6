"""The inputs that mutations start from: from `fixtures/`, from what the package ships, and from its own writers."""

from __future__ import annotations

import functools
import io
import itertools
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "fixtures"
MODELS = ROOT / "src" / "mediapreflight" / "catalog"
TINY_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d494844520000000100000001080200000090"
    "7753de0000000c4944415408d763f8ffff3f0005fe02fedccc59e70000000049454e44ae426082"
)
_PICTURES = frozenset({"jpg", "png", "webp", "bmp", "gif", "tiff", "avif", "jp2", "mpo"})
_VIDEOS = frozenset({"mp4", "mov", "mkv", "webm", "avi", "flv", "ts", "mpg", "mxf"})
_SOUNDS = frozenset({"wma", "wav", "mp3", "aac", "m4a", "flac", "ogg", "opus", "amr", "aiff"})
_LARGEST, _SMALL = 200_000, 30_000
# What is written when it was made would not be the same the next time: where an ICC profile says so, and what a ledger says.
_PROFILE_DATE = slice(24, 36)
_SOME_TIME = "UPDATE submissions SET registered_at = 1.7e9, sent_at = sent_at * 0 + 1.7e9, created_at = created_at * 0 + 1.7e9"
_SOME_OWNER = "UPDATE submissions SET owner = '0123456789abcdef0123456789abcdef' WHERE owner IS NOT NULL"


@functools.cache
def all_media() -> Sequence[bytes]:
    """Every small file of `fixtures/`, pictures of the formats that are not kept there, and what was found before."""
    return tuple(_read(_PICTURES | _VIDEOS | _SOUNDS | {"svg"}, _LARGEST)) + _generated() + heifs() + _found()


@functools.cache
def small_media() -> Sequence[bytes]:
    """The smaller ones, where an input costs much."""
    return tuple(data for data in all_media() if len(data) <= _SMALL)


@functools.cache
def pictures() -> Sequence[bytes]:
    """Pictures of every format."""
    return tuple(_read(_PICTURES, _LARGEST)) + _generated() + heifs()


@functools.cache
def videos() -> Sequence[bytes]:
    """Videos of every container."""
    return tuple(_read(_VIDEOS, _LARGEST))


@functools.cache
def with_people() -> Sequence[bytes]:
    """Portraits, a voice and a talking head, and small files of every format."""
    names = ("portrait.jpg", "portrait-3x4.jpg", "voice.wav", "voice.mp3", "voice.aac", "talking-head.mp4")
    return tuple((FIXTURES / name).read_bytes() for name in names) + small_media()


@functools.cache
def heifs() -> Sequence[bytes]:
    """HEIC files of one tile, of a grid, turned and cut, and with an alpha plane.

    No encoder at hand writes any, so the tests' own writer does.
    """
    import numpy as np
    from tests.media.image.heic import write_heic

    rgb = np.add.outer(np.arange(48), np.arange(80)).astype(np.uint8)[..., None].repeat(3, axis=2)
    with tempfile.TemporaryDirectory() as folder:
        one, grid, clear = (Path(folder, f"{name}.heic") for name in ("one", "grid", "clear"))
        write_heic(one, rgb, 128)
        write_heic(grid, rgb, 32, turns=1, profile=b"\0" * 128, aperture=(64, 32, 4, 4))
        write_heic(clear, rgb, 128, mirror=1, coding=(9, 16), alpha=rgb[..., 0], index_zero=True)
        return one.read_bytes(), grid.read_bytes(), clear.read_bytes()


def _found() -> tuple[bytes, ...]:
    folders = (Path(__file__).parent / "regressions" / target for target in ("probe-decode", "people"))
    return tuple(path.read_bytes() for folder in folders for path in sorted(folder.iterdir()))


def _read(extensions: frozenset[str], largest: int) -> Iterator[bytes]:
    for path in sorted(FIXTURES.rglob("*")):
        if path.suffix[1:] in extensions and 0 < path.stat().st_size <= largest:
            yield path.read_bytes()


@functools.cache
def _generated() -> tuple[bytes, ...]:
    """Formats that Pillow writes and `fixtures/` does not hold, and the fullest header of each common one."""
    from PIL import Image

    picture = Image.linear_gradient("L").resize((40, 24)).convert("RGB")
    made = []
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a" * 50
    for format, options in (
        ("ICO", {}),
        ("QOI", {}),
        ("TIFF", {"compression": "tiff_lzw", "exif": exif}),
        ("TIFF", {"compression": "jpeg"}),
        ("TIFF", {"compression": "tiff_adobe_deflate"}),
        ("TIFF", {"compression": "group4", "mode": "1"}),
        ("JPEG", {"exif": exif, "progressive": True, "icc_profile": _profile()}),
        ("PNG", {"exif": exif, "icc_profile": _profile()}),
        ("WEBP", {"exif": exif, "icc_profile": _profile()}),
        ("JPEG2000", {}),
        ("AVIF", {"exif": exif}),
    ):
        stream = io.BytesIO()
        picture.convert(options.pop("mode", "RGB")).save(stream, format, **options)
        made.append(stream.getvalue())
    return tuple(made)


def _profile() -> bytes:
    from PIL import ImageCms

    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[_PROFILE_DATE] = bytes(12)
    return bytes(profile)


# --- what users write

_OWN_MODEL = b"""
id = "liveportrait"
extends = "liveportrait"

[sources.house]
page = "our delivery guide"
date = "2026-11-01"

[roles.image.side]
documented = "[512, 2048]"
source = "house"
"""


@functools.cache
def catalog_files() -> Sequence[bytes]:
    """The models of the package, and a user's own over one of them."""
    return (_OWN_MODEL, *(path.read_bytes() for path in sorted((MODELS / "models").rglob("*.toml"))))


@functools.cache
def provider_files() -> Sequence[bytes]:
    """The providers, with their terms and sources."""
    return tuple(path.read_bytes() for path in sorted((MODELS / "providers").glob("*.toml")))


def intervals() -> Sequence[bytes]:
    """Every form an interval is written in."""
    return b"[400, 7000]", b"(2, 120)", b">= 400", b"< 60", b"[0.5, 2)", b"(-1e3, 1e9]"


_BOXES = {"face_bbox": [302, 286, 610, 593], "ext_bbox": [71, 9, 840, 778]}
_JOBS: tuple[dict[str, Any], ...] = (
    {"model": "emo-v1", "image": "a.png", "audio": "https://a.b/c.mp3", **_BOXES},
    {"model": "emo-v1", "image": "a.png", "audio": "b.wav", "parameters": {"style_level": "calm"}, "region": "beijing"},
    {"model": "liveportrait", "image": "https://x/y z.png", "audio": "b", "parameters": {"video_fps": 30, "eye_move_freq": 0.7}},
    {"model": "videoretalk", "video": "v.mp4", "audio": "a.mp3", "ref_image": "", "parameters": {"video_extension": True}},
    {"model": "wan2.7-i2v", "first_frame": "f.png", "prompt": "a cat", "parameters": {"duration": 5, "seed": 1}},
    {"model": "animate-anyone-gen2", "image": "a.png", "template_id": "AACT.1", "parameters": {"use_ref_img_bg": False}},
    {"model": "wan2.2-s2v", "image": "i.jpg", "audio": "a.wav", "parameters.resolution": "480P"},
)


def jobs_jsonl() -> Sequence[bytes]:
    """Jobs of every system, together and alone."""
    lines = [json.dumps(job).encode() for job in _JOBS]
    return b"\n".join(lines), *lines


def jobs_toml() -> Sequence[bytes]:
    """The same as TOML."""
    tables = [_toml_job(job) for job in _JOBS]
    return b"".join(tables), *tables


def _toml_job(job: dict[str, Any]) -> bytes:
    lines = ["[[jobs]]"]
    for name, value in job.items():
        if isinstance(value, dict):
            inner = ", ".join(f"{key} = {json.dumps(item)}" for key, item in value.items())
            lines.append(f"{name} = {{{inner}}}")
        else:
            lines.append(f"{json.dumps(name)} = {json.dumps(value)}")
    return ("\n".join(lines) + "\n").encode()


def jobs_csv() -> Sequence[bytes]:
    """The same as CSV."""
    head = "model,image,audio,face_bbox,parameters.style_level,parameters.video_fps,region"
    rows = [
        'emo-v1,a.png,b.wav,"302,286,610,593",calm,,beijing',
        "liveportrait,p.png,https://a.b/c.mp3,,,24,",
        '"emo-v1","a ""b"".png",b.mp3',
    ]
    return f"{head}\n{chr(10).join(rows)}\n".encode(), f"{head}\r\n{rows[0]}\r\n".encode()


@functools.cache
def prepared() -> Sequence[bytes]:
    """What `prepare` writes beside its files."""
    facts = {"kind": "image", "path": "p.png", "format": "png", "bytes": 1, "width": 5, "height": 6, "problems": []}
    item = {"source": "p.png", "source_sha256": "0", "path": "out/p.png", "sha256": "1", "before": facts, "after": facts}
    item["steps"] = [{"name": "convert", "detail": "to JPEG"}]
    finding = {"code": "IMG006", "name": "image-side-too-long", "severity": "error", "role": "image", "path": "p.png"}
    finding |= {"message": "m", "measured": 5000, "limit": "<= 4096", "unit": "px", "service_code": None, "fixable": True}
    finding |= {"source": "s", "help": None}
    job = {"model": "emo-v1", "ok": True, "parameters": {}, "fields": {}, "inputs": {"image": item}, "findings": [finding]}
    document = {
        "schema": "mediapreflight.prepared/1",
        "version": "1",
        "ok": True,
        "jobs": [job, {**job, "urls": {"audio": "https://x/y"}}],
    }
    return json.dumps(document).encode(), json.dumps({**document, "jobs": [{**job, "findings": []}]}).encode()


_CONFIG = """select = ["ALL"]
ignore = ["image-has-location", "FACE"]
level = "decode"
strict = false
exclude = ["old/**", "!old/keep/"]
respect-gitignore = true
[[assets]]
files = ["portraits/**/*.png", "*.jp[e]g"]
model = "liveportrait"
role = "image"
parameters = { video_fps = 24 }
[[pairs]]
model = "emo-v1"
image = "portraits/*.png"
audio = ["voices/*.wav", "voices/*.mp3"]
by = "stem"
parameters = { style_level = "calm" }
[per-file-ignores]
"drafts/**" = ["FACE", "IMG001"]
"""


def configs() -> Sequence[bytes]:
    """A configuration with every key, and a short one."""
    return _CONFIG.encode(), b'[[assets]]\nfiles = "*.wav"\nmodel = "liveportrait"\n'


def pyprojects() -> Sequence[bytes]:
    """The same inside a `pyproject.toml`."""
    inside = _CONFIG.replace("[[", "[[tool.mediapreflight.").replace("[per-file", "[tool.mediapreflight.per-file")
    return f'[project]\nname = "x"\n[tool.mediapreflight]\n{inside}'.encode(), b"[tool.mediapreflight]\n"


# --- what the service answers

_POLICY = {
    "policy": "eyJl",
    "signature": "g5K=",
    "upload_dir": "dashscope-instant/xxx/2024-07-18/xxx",
    "upload_host": "https://dashscope-file-xxx.oss-cn-beijing.aliyuncs.com",
    "expire_in_seconds": 300,
    "max_file_size_mb": 100,
    "oss_access_key_id": "LTAI",
    "x_oss_object_acl": "private",
    "x_oss_forbid_overwrite": "true",
}
_TIMES = {f"{name}_time": f"2026-03-15 10:20:3{second}.123" for second, name in enumerate(("submit", "scheduled", "end"))}
_DONE = {"task_id": "a8532587-0c46", "task_status": "SUCCEEDED", **_TIMES, "results": {"video_url": "https://x/y.mp4?Expires=1"}}
_ROW = {"task_id": "t-1", "status": "RUNNING", "model_name": "emo-v1", "gmt_create": 17e11, "start_time": 17e11, "end_time": None}
_BODIES: tuple[dict[str, Any], ...] = (
    {"request_id": "r-1", "data": _POLICY},
    {"request_id": "r-1", "output": {"task_id": "t-1", "task_status": "PENDING"}},
    {"request_id": "r-1", "output": _DONE, "usage": {"video_duration": 10, "video_ratio": "1:1", "duration": 10.2}},
    {"request_id": "r-1", "output": {**_DONE, "video_url": "http://x/y.mp4"}, "usage": {"image_count": 1}},
    {"request_id": "r-1", "output": {**_DONE, "output_video_url": "https://x", "template_id": "AACT.x"}},
    {
        "request_id": "r-1",
        "output": {"task_id": "t", "task_status": "FAILED", "code": "InvalidFile", "message": "Size.", **_TIMES},
    },
    {"request_id": "r-1", "output": {"check_pass": True, "bbox_face": [1, 2, 3, 4], "ext_bbox_face": [0, 0, 9, 9]}},
    {"request_id": "r-1", "output": {"pass": False, "message": "no face", "code": "InvalidFile.NoHuman", "humanoid": True}},
    {"request_id": "r-1", "total": 1, "total_page": 1, "page_no": 1, "page_size": 10, "data": [_ROW, _ROW]},
    {"request_id": "r-1"},
    {"code": "Throttling.RateQuota", "message": "Requests rate limit exceeded.", "request_id": "r-1"},
)
_XML = b"<?xml version='1.0'?>\n<Error><Code>AccessDenied</Code><Message>a &amp; &#10;</Message><RequestId>1</RequestId></Error>"


def answers() -> Sequence[bytes]:
    """The documented answers, good and bad, as `targets.http_answer` reads them."""
    heads = (
        b"200\nx-request-id: r",
        b"429\nretry-after: Wed, 21 Oct 2026 07:28:00 GMT\ndate: Wed, 21 Oct 2026 07:27:00 GMT",
        b"500\nretry-after: 7",
    )
    bodies = [json.dumps(body).encode() for body in _BODIES]
    plain = [b"200\n\n" + body for body in bodies]
    return *plain, *(b"\n\n".join(each) for each in zip(itertools.cycle(heads), bodies, strict=False)), b"403\n\n" + _XML


def url_answers() -> Sequence[bytes]:
    """What the server of a user's URL answers: media, redirects, refusals."""
    media = [data[:5000] for data in small_media()[::6]]
    heads = (
        b"200\ncontent-length: 5000\ncontent-type: image/png",
        b"206\ncontent-range: bytes 0-65535/999999\nurl: https://u@h:1/x?y#z",
        b"302\nlocation: ../b?c#d\nurl: http://[::1]:80/",
        b"416\ncontent-range: bytes */0",
        b"503\nretry-after: 3",
    )
    return tuple(head + b"\n\n" + data for head, data in zip(itertools.cycle(heads), media, strict=False))


# --- files of our own making


@functools.cache
def _ledger() -> bytes:
    from mediapreflight.submit.ledger import Ledger, NewSubmission

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "ledger.sqlite3")
        with Ledger(path) as ledger:
            job = {"model": "emo-v1", "inputs": {"image": "/a/p.png"}, "parameters": {"style_level": "calm"}, "region": None}
            base = "https://dashscope.aliyuncs.com/api/v1"
            for name in "abc":
                known = {"model": "emo-v1", "region": "beijing", "base_url": base, "account": "0123456789abcdef"}
                entry = NewSubmission(fingerprint=name, job=job, **known)
                ledger.register([entry])
            owned = ledger.claim(1)
            assert owned is not None
            ledger.begin_sending(1, None)
            ledger.created(1, "task-1", "r", "PENDING")
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            for statement in (_SOME_TIME, _SOME_OWNER, "VACUUM"):
                connection.execute(statement)
        return path.read_bytes()


def ledger_copy(folder: Path) -> Path:
    """A fresh ledger with three submissions."""
    for old in folder.glob("ledger.sqlite3*"):
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    path = folder / "ledger.sqlite3"
    path.write_bytes(_ledger())
    return path


def ledger_files() -> Sequence[bytes]:
    """Ledgers as they lie on disk."""
    return (_ledger(),)


def ledger_rows() -> Sequence[bytes]:
    """Values for the columns of a ledger's row."""
    row: dict[str, Any] = {"job": {"model": "emo-v1", "inputs": {}, "parameters": {}, "region": None}, "hashes": {"image": "0"}}
    row |= {"fields": {"face_bbox": [1, 2]}, "out": "/out", "result": "/out/a.mp4", "status": "RUNNING", "task_id": "task-1"}
    row |= {"stage": "created", "registered_at": 1.7e9, "sent_at": None, "amount": 0.5, "owner": "1-2-3", "resumable": 1, "id": 1}
    return json.dumps(row).encode(), json.dumps({"job": [], "model": "x", "base_url": "", "created_at": 1}).encode()


@functools.cache
def cache_files() -> Sequence[bytes]:
    """A cache of facts that knows a picture."""
    from mediapreflight import Job, check
    from mediapreflight.check.cache import Cache

    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder, "picture.png")
        picture.write_bytes(TINY_PNG)
        with Cache(folder) as cache:
            check(Job("emo-v1", whole=False, image=str(picture)), level="decode", cache=cache, contained=False)
            path = cache.path
        return (path.read_bytes() if path.exists() else b"SQLite format 3\0",)


# --- what clients send


def emulator_calls() -> Sequence[bytes]:
    """Bodies of create and detect calls, of both shapes."""
    bodies: tuple[dict[str, Any], ...] = (
        {
            "model": "emo-v1",
            "input": {"image_url": "https://a/b.png", "audio_url": "https://a/b.mp3", **_BOXES},
            "parameters": {"style_level": "normal"},
        },
        {"model": "emo-detect-v1", "input": {"image_url": "oss://a"}, "parameters": {"ratio": "1:1"}},
        {"model": "wan2.7-i2v", "input": {"prompt": "x", "media": [{"type": "first_frame", "url": "https://a"}]}},
        {"model": "videoretalk", "input": {"video_url": "https://a", "audio_url": "https://b", "ref_image_url": ""}},
        {"model": "animate-anyone-gen2", "input": {"image_url": "https://a", "template_id": "AACT.1"}},
    )
    return tuple(json.dumps(body).encode() for body in bodies)


def emulator_requests() -> Sequence[bytes]:
    """Whole requests, one of each call."""
    host = b"Host: 127.0.0.1\r\nAuthorization: Bearer sk-x\r\nConnection: close\r\n"
    body = emulator_calls()[0]
    fields = (b'name="key"\r\n\r\nd/x.png', b'name="policy"\r\n\r\ne30=', b'name="file"; filename="x.png"\r\n\r\nabc')
    form = b"".join(b"--b\r\nContent-Disposition: form-data; " + field + b"\r\n" for field in fields) + b"--b--\r\n"
    json_headers = b"Content-Type: application/json\r\nX-DashScope-Async: enable\r\n"

    def post(path: bytes, sent: bytes, headers: bytes = json_headers) -> bytes:
        return b"POST %b HTTP/1.1\r\n%b%bContent-Length: %d\r\n\r\n%b" % (path, host, headers, len(sent), sent)

    gets = (
        b"/api/v1/uploads?action=getPolicy&model=emo-v1",
        b"/api/v1/tasks/?page_no=1&page_size=10&start_time=20261120000000&end_time=20261120120000&status=RUNNING&model_name=emo-v1",
        b"/api/v1/tasks/x",
        b"/results/x.mp4",
        b"/emulator/log",
    )
    return (
        *(b"GET %b HTTP/1.1\r\n%bRange: bytes=0-5\r\n\r\n" % (path, host) for path in gets),
        post(b"/api/v1/services/aigc/image2video/video-synthesis", body),
        post(b"/api/v1/services/aigc/image2video/face-detect", emulator_calls()[1], b"Content-Type: application/json\r\n"),
        post(b"/api/v1/tasks/x/cancel", b""),
        post(b"/oss", form, b"Content-Type: multipart/form-data; boundary=b\r\n"),
        post(b"/emulator/faults", b'{"step": "create", "fault": "500", "times": 1}'),
        post(b"/emulator/clock", b'{"seconds": 5}'),
    )
