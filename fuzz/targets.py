"""What is fuzzed: one function a target, which takes an input and returns, or raises what is a find.

A target lets pass what its code promises to raise, and nothing else. Heavy libraries load in the functions: a worker runs one
target only.
"""

from __future__ import annotations

import functools
import io
import json
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, NamedTuple

from mediapreflight.errors import MediaPreflightError

from . import mutate, seeds

Run = Callable[[bytes], None]


class BrokenPromiseError(AssertionError):
    """A promise that is kept by no exception is broken; the text says which."""


class Target(NamedTuple):
    """`seeds`: the inputs to start from. `share`: of a campaign's time, beside those of the other targets.

    `round`: how many inputs are one round, about as many as one processor tries in `share` seconds.
    """

    run: Run
    seeds: Callable[[], Sequence[bytes]]
    mutate: mutate.Mutator
    round: int
    share: float = 1.0


@functools.cache
def scratch() -> Path:
    """A folder of this process. Whoever starts the process says where, with TMPDIR, and removes it."""
    return Path(tempfile.mkdtemp(prefix="fuzz-"))


def written(data: bytes, name: str) -> str:
    """The path of a file with these bytes."""
    path = scratch() / name
    path.write_bytes(data)
    return str(path)


# --- probes


def probe_metadata(data: bytes) -> None:
    """Headers of any file: facts come back, never an exception."""
    _probed(data, "metadata")


def probe_decode(data: bytes) -> None:
    """All data of any file."""
    _probed(data, "decode")


def _probed(data: bytes, level: Any) -> Any:
    import msgspec

    from mediapreflight import probe

    path = written(data, "file")
    facts = probe(path, level)
    if facts.path != path or not facts.kind:
        raise BrokenPromiseError("the facts are not those of the file")
    if any(not problem.isprintable() for problem in facts.problems):
        raise BrokenPromiseError(f"a problem is not fit for a terminal: {facts.problems!r}")
    if facts.problems == () and facts.kind == "unknown":
        raise BrokenPromiseError("a file that is nothing known has no problem")
    for name in facts.__struct_fields__:
        value = getattr(facts, name)
        if isinstance(value, float) and not abs(value) < float("inf"):
            raise BrokenPromiseError(f"{name} is {value}")
    sides = [getattr(facts, name, None) for name in ("width", "height", "stored_width", "stored_height")]
    if any(side is not None and side <= 0 for side in sides):
        raise BrokenPromiseError(f"sides of {sides} px")
    if msgspec.json.decode(msgspec.json.encode(facts), type=type(facts)) != facts:
        raise BrokenPromiseError("the facts do not survive JSON")
    return facts


def headers(data: bytes) -> None:
    """Each reader of picture headers on whatever comes: a header, or its own error."""
    from mediapreflight.media.av import movie
    from mediapreflight.media.image.headers import READERS, HeaderError, read_header
    from mediapreflight.media.image.headers.exif import read_exif, read_xmp
    from mediapreflight.media.parsers import boxes as isobmff
    from mediapreflight.media.parsers import extents, flv, h264, hevc, matroska, ogg, riff, streams, transport
    from mediapreflight.media.parsers.mpeg_audio import find_audio_frames
    from mediapreflight.media.sniff import sniff
    from mediapreflight.media.source import Source

    for name in READERS:
        with suppress(HeaderError):
            found = read_header(name, io.BytesIO(data), len(data))
            if found.width <= 0 or found.height <= 0:
                raise BrokenPromiseError(f"{name}: {found.width} x {found.height} px")
            read_exif(found.exif or b"")
            read_xmp(found.xmp or b"")
    read_exif(data)
    read_xmp(data)
    h264.read_configuration(data)
    at = data.find(b"avcC")
    h264.read_configuration(data[at + 4 :] if at >= 0 else b"\x01" + data)
    hevc.read_configuration(data[data.find(b"hvcC") + 4 :])
    stream = io.BytesIO(data)
    sniff(stream)
    find_audio_frames(stream)
    isobmff.listed_samples(stream, len(data))
    movie.read_movie(Source("file", stream, len(data)))
    for read in (
        *(extents.missing_bytes, extents.missing_titles),
        *(matroska.read_track_header, matroska.missing_bytes, matroska.missing_titles, matroska.read_clusters),
        *(riff.read_wav_header, riff.avi_missing_bytes, riff.avi_missing_index),
        *(ogg.read_pages, flv.read_tags, transport.torn_packet, transport.damaged_packets),
    ):
        read(stream, len(data))
    for name in ("mp4", "mkv", "ogg", "asf", "flv", "ts", "mpg", "avi"):
        streams.has_picture(stream, len(data), name)


# --- rules


def check_decode(data: bytes) -> None:
    """A whole check at level `decode`, then every rule of every model over what was measured, and an output format."""
    from mediapreflight import Job, check
    from mediapreflight.catalog import builtin_catalog
    from mediapreflight.check.judge import judge
    from mediapreflight.check.measure import Measured
    from mediapreflight.rules import selection

    path = written(data, "file")
    models = builtin_catalog().models()
    model = models[len(data) % len(models)]
    role = sorted(model.roles)[data[-1] % len(model.roles)] if data else next(iter(model.roles))
    (report,) = check(Job(model.id, whole=False, **{role: path}), level="decode", contained=False).jobs
    facts = report.inputs[role].facts
    if facts is None:
        raise BrokenPromiseError("the file was not measured")
    measured = Measured(facts)
    codes = selection(("ALL",), ())
    reports = [report]
    for each in models:
        everywhere: dict[str, Any] = dict.fromkeys(each.roles, path)
        reports.append(judge(Job(each.id, **everywhere), each, dict.fromkeys(each.roles, measured), codes))
    _rendered([reports[0], reports[1 + len(data) % (len(reports) - 1)]], data)


def check_content(data: bytes) -> None:
    """A whole check at level `content`, of a model that looks at files of this kind."""
    from mediapreflight import Job, check

    path = written(data, "file")
    for model, role in (("emo-v1", "image"), ("animate-anyone-gen2", "image"), ("emo-v1", "audio"), ("videoretalk", "video")):
        inputs: dict[str, Any] = {role: path}
        with suppress(MediaPreflightError):
            _rendered(check(Job(model, whole=False, **inputs), level="content", contained=False).jobs, data)


def _rendered(reports: Sequence[Any], data: bytes) -> None:
    """The reports in one of the formats, which depends on the input."""
    from mediapreflight.report import FORMATS, renderer
    from mediapreflight.report.style import Style

    # The page decodes the files themselves once more.
    formats = [name for name in FORMATS if name != "html"]
    "".join(renderer(formats[len(data) % len(formats)])(reports, Style())).encode()


def prepare_plan(data: bytes) -> None:
    """The plan for a broken file: a plan, or a reason why there is none."""
    from mediapreflight import Job, plan

    path = written(data, "file")
    for model, role in (("emo-v1", "image"), ("liveportrait", "audio"), ("videoretalk", "video")):
        inputs: dict[str, Any] = {role: path}
        with suppress(MediaPreflightError):
            plan(Job(model, whole=False, **inputs), contained=False)


# --- people


def people(data: bytes) -> None:
    """Faces, bodies and speech of whatever the file is."""
    from mediapreflight.people import listen, see_picture, watch_video

    path = written(data, "file")
    with suppress(MediaPreflightError):
        see_picture(path, bodies=bool(len(data) & 1))
    with suppress(MediaPreflightError):
        watch_video(path, samples=3)
    with suppress(MediaPreflightError):
        listen(path)


# --- prepare


def image_read(data: bytes) -> None:
    """Pixels of a picture: an array of the stated size, or DecodeError."""
    from mediapreflight.media.facts import ImageFacts
    from mediapreflight.media.image.picture import probe_image
    from mediapreflight.media.image.pixels import read_rgb
    from mediapreflight.media.opening import open_source
    from mediapreflight.media.sniff import sniff
    from mediapreflight.media.source import OpenError

    path = written(data, "file")
    with suppress(OpenError), open_source(path) as source:
        found = sniff(source.stream)
        if found.family == "image":
            facts: ImageFacts = probe_image(source, found.format, decode=False)
            with suppress(MediaPreflightError):
                rgb = read_rgb(source, facts, (128, 128, 128))
                if rgb.shape != (facts.height, facts.width, 3) or rgb.dtype != "uint8":
                    raise BrokenPromiseError(f"{rgb.shape} {rgb.dtype} for {facts.width} x {facts.height} px")


def survey(data: bytes) -> None:
    """What ffmpeg is told of a source, and where its picture can be cut by copy: or PrepareError."""
    from mediapreflight.prepare.av.packets import survey as surveyed

    path = written(data, "file")
    for cut_s in (None, 0.5):
        with suppress(MediaPreflightError):
            cut = surveyed(path, cut_s).cut
            if cut is not None and (cut_s is None or cut.frames < 1 or not 0 < cut.end_s <= cut_s):
                raise BrokenPromiseError(f"a cut at {cut_s} s comes out as {cut}")


def heif(data: bytes) -> None:
    """The index of a HEIC file: what the picture is made of and where that lies, or HeifError."""
    from mediapreflight.media.image.heif_items import HeifError, missing_bytes, read_items

    with suppress(HeifError):
        items = read_items(io.BytesIO(data), len(data))
        missing_bytes(items, len(data))
        items.of_picture()


# --- what users write


def catalog(data: bytes) -> None:
    """A user's own models: loaded, or CatalogError and its kin."""
    from mediapreflight.catalog import Catalog

    path = Path(written(data, "models.toml"))
    with suppress(MediaPreflightError):
        known = Catalog([path])
        for model in known.models():
            for role in model.roles.values():
                str(role.side), str(role.duration)


def provider(data: bytes) -> None:
    """A provider, read by the same loader."""
    from mediapreflight.catalog.loading import provider_from, read_table

    path = Path(written(data, "provider.toml"))
    with suppress(MediaPreflightError):
        provider_from(read_table(path), path)


def interval(data: bytes) -> None:
    """An interval as it is written: one that reads back as itself, or ValueError."""
    from mediapreflight.catalog import Interval

    with suppress(ValueError):
        found = Interval.parse(data.decode("utf-8", "replace"))
        if Interval.parse(str(found)) != found:
            raise BrokenPromiseError(f"{found} does not read back")
        if not found.in_words or not found.covers(found):
            raise BrokenPromiseError(f"{found!r} does not hold itself")


def jobs_toml(data: bytes) -> None:
    """A job file in TOML, and every rule over the jobs in it."""
    _jobs(data, "jobs.toml")


def jobs_jsonl(data: bytes) -> None:
    """A job file in JSON Lines."""
    _jobs(data, "jobs.jsonl")


def jobs_csv(data: bytes) -> None:
    """A job file in CSV."""
    _jobs(data, "jobs.csv")


def jobs_prepared(data: bytes) -> None:
    """A `prepared.json`."""
    _jobs(data, "prepared.json")


def _jobs(data: bytes, name: str) -> None:
    from mediapreflight import check
    from mediapreflight.job_files import read_jobs

    path = written(data, name)
    try:
        jobs = list(read_jobs(path, model="emo-v1"))
    except MediaPreflightError as error:
        _one_line(error)
        return
    with suppress(MediaPreflightError):
        _rendered(check(jobs[:5], level="metadata").jobs, data)


def config(data: bytes) -> None:
    """A configuration, and which files it means."""
    from mediapreflight.config.loading import load

    path = written(data, "mediapreflight.toml")
    try:
        project = load(path)
        for file in ("portraits/a.png", "b.wav", "drafts/x/c.mp4"):
            for found in project.jobs_with(file, lambda name: name):
                str(found)
        list(project.fixed_jobs(lambda name: name))
        project.leaves_out(str(scratch() / "drafts"), True)
    except MediaPreflightError as error:
        _one_line(error)


def pyproject(data: bytes) -> None:
    """A configuration inside a `pyproject.toml`, found from its folder."""
    from mediapreflight.config.discovery import config_in
    from mediapreflight.config.loading import load

    folder = scratch() / "project"
    folder.mkdir(exist_ok=True)
    (folder / "pyproject.toml").write_bytes(data)
    with suppress(MediaPreflightError):
        found = config_in(str(folder))
        if found:
            load(found)


def _one_line(error: Exception) -> None:
    if not str(error) or "\n" in str(error):
        raise BrokenPromiseError(f"the error is not one line: {error!r}")


# --- what the service answers


def http_answer(data: bytes) -> Any:
    """An answer out of an input: a line with the status, lines of headers, an empty line, the body."""
    from mediapreflight.submit.http import Answer

    head, _, body = data.partition(b"\n\n")
    lines = head.decode("latin-1").split("\n")
    status = int(lines[0]) if lines[0].isascii() and lines[0].isdigit() and len(lines[0]) == 3 else 200
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    return Answer(status, headers, body)


def answers(data: bytes) -> None:
    """Every parser of answers, for every model: a result, or one error of ours that fits on a line."""
    from mediapreflight.catalog import builtin_catalog
    from mediapreflight.submit.dashscope import answers as parsers

    answer = http_answer(data)
    models = builtin_catalog().models()
    model = models[len(data) % len(models)]
    for parse in (
        parsers.parse_policy,
        parsers.parse_created,
        parsers.parse_list,
        parsers.parse_cancel,
        lambda given: parsers.refusal_of(parsers.parse_detection(given, model)),
        lambda given: parsers.failure_of(parsers.parse_task(given, model)),
        parsers.error_of,
    ):
        try:
            found = parse(answer)
        except MediaPreflightError as error:
            found = error
        if isinstance(found, Exception) and (not str(found).isprintable() or len(str(found)) > 2000):
            raise BrokenPromiseError(f"an error is not fit for a terminal: {str(found)[:200]!r}")


def urls(data: bytes) -> None:
    """The look at a user's URL, answered by an input; and where redirects lead."""
    from mediapreflight.catalog import builtin_catalog
    from mediapreflight.submit import inputs as looks
    from mediapreflight.submit.http import Answer, Send, shown_url
    from mediapreflight.submit.ledger import Ledger
    from mediapreflight.submit.session import Session

    answer = http_answer(data)
    role = builtin_catalog().model("emo-v1").roles[("image", "audio")[len(data) % 2]]
    url = answer.headers.get("url", "https://example.com/a.png?Signature=x")
    shown_url(url)
    answer.redirect(url)
    assert answer.length is None or answer.length >= 0
    assert all(each is None or each >= 0 for each in answer.range)
    exchanges = 0

    async def wire(send: Send) -> Answer:
        nonlocal exchanges
        exchanges += 1
        if exchanges > 100:
            raise BrokenPromiseError("the look does not end")
        if send.sink is not None and answer.status in (200, 206):
            send.sink(answer.body)
        return answer

    async def no_wait(seconds: float) -> None:
        """Nothing takes time here."""

    async def run(*call: Any) -> Any:
        return ["127.0.0.1"]

    session = Session(ledger=Ledger("/nonexistent/ledger"), account="", wire=wire, sleep=no_wait, private_urls=True)
    object.__setattr__(session, "run", run)
    looking = looks.look_at(session, url, role)
    with suppress(MediaPreflightError, StopIteration):
        # Nothing in it waits for anything: it ends at its first step.
        looking.send(None)


def ledger_rows(data: bytes) -> None:
    """A ledger whose rows hold values nobody wrote: read, or LedgerError."""
    import sqlite3

    from mediapreflight.submit.ledger import Ledger

    path = seeds.ledger_copy(scratch())
    try:
        values = json.loads(data)
    except (ValueError, RecursionError):
        return
    if not isinstance(values, dict):
        return
    with closing(sqlite3.connect(path)) as connection:
        columns = {row[1] for row in connection.execute("PRAGMA table_info(submissions)")}
        for name, value in values.items():
            if name in columns:
                with suppress(sqlite3.Error, OverflowError, UnicodeError):
                    plain = value if isinstance(value, int | float | str | None) else json.dumps(value)
                    connection.execute(f"UPDATE submissions SET {name} = ?", (plain,))
        connection.commit()
    _ledger_read(Ledger(path))


def ledger_file(data: bytes) -> None:
    """A damaged ledger file: read, or LedgerError; never rebuilt."""
    from mediapreflight.submit.ledger import Ledger

    path = Path(written(data, "ledger.sqlite3"))
    for log in (path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        log.unlink(missing_ok=True)
    _ledger_read(Ledger(path))


def _ledger_read(ledger: Any) -> None:
    with closing(ledger):
        by_number = (ledger.submission, ledger.claim)
        for read in (
            ledger.all,
            ledger.open,
            lambda: ledger.by_task("task-1"),
            *(functools.partial(each, 1) for each in by_number),
        ):
            with suppress(MediaPreflightError):
                read()


def cache_file(data: bytes) -> None:
    """A damaged cache of facts: the report is the same as without one."""
    from mediapreflight import Job, check
    from mediapreflight.check.cache import Cache

    folder = scratch() / "cache"
    folder.mkdir(exist_ok=True)
    picture = written(seeds.TINY_PNG, "picture.png")
    with Cache(folder) as cache:
        for old in folder.iterdir():
            old.unlink()
        cache.path.write_bytes(data)
        job = Job("emo-v1", whole=False, image=picture)
        if check(job, level="decode", cache=cache, contained=False) != check(job, level="decode", contained=False):
            raise BrokenPromiseError("the cache changes the report")


# --- the emulator


def emulator_call(data: bytes) -> None:
    """What a client sends to the emulator: a job, or a refusal."""
    from mediapreflight.catalog import builtin_catalog
    from mediapreflight.emulator.calls import Refusal, find_model, read_body, read_call

    with suppress(Refusal):
        body = read_body(data)
        read_call(body, find_model(builtin_catalog(), body["model"]))


def emulator_http(data: bytes) -> None:
    """Raw bytes at the emulator's port: whatever they are, it never answers that it has failed by itself."""
    import socket

    service = _emulator()
    address = ("127.0.0.1", int(service.base_url.split(":")[2].partition("/")[0]))
    data = data.replace(b"Host: 127.0.0.1\r\n", b"Host: 127.0.0.1:%d\r\n" % address[1])
    with socket.create_connection(address, timeout=20) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        with suppress(ConnectionError):
            while piece := connection.recv(65_536):
                received += piece
    # A 500 may have been asked for; this is what aiohttp says for an exception that nobody caught.
    if b"Server got itself in trouble" in received:
        raise BrokenPromiseError(received.decode("utf-8", "replace")[:500])


@functools.cache
def _emulator() -> Any:
    import atexit

    from mediapreflight.emulator import Emulator

    service = Emulator(seconds_per_task=0.0, detection="assume")
    service.start()
    atexit.register(service.close)
    return service


TARGETS: dict[str, Target] = {
    "probe-metadata": Target(probe_metadata, seeds.all_media, mutate.media, 5_400, 3),
    "probe-decode": Target(probe_decode, seeds.all_media, mutate.media, 3_500, 6),
    "headers": Target(headers, seeds.pictures, mutate.media, 4_000, 2),
    "check-decode": Target(check_decode, seeds.small_media, mutate.media, 650, 3),
    "check-content": Target(check_content, seeds.with_people, mutate.media, 80, 2),
    "prepare-plan": Target(prepare_plan, seeds.small_media, mutate.media, 90, 2),
    "people": Target(people, seeds.with_people, mutate.media, 260, 3),
    "image-read": Target(image_read, seeds.pictures, mutate.media, 5_100, 3),
    "survey": Target(survey, seeds.videos, mutate.media, 700),
    "heif": Target(heif, seeds.heifs, mutate.media, 3_200, 0.5),
    "catalog": Target(catalog, seeds.catalog_files, mutate.text, 470),
    "provider": Target(provider, seeds.provider_files, mutate.text, 900, 0.5),
    "interval": Target(interval, seeds.intervals, mutate.text, 7_000, 0.3),
    "jobs-toml": Target(jobs_toml, seeds.jobs_toml, mutate.text, 2_000, 0.5),
    "jobs-jsonl": Target(jobs_jsonl, seeds.jobs_jsonl, mutate.json_lines, 1_100, 0.5),
    "jobs-csv": Target(jobs_csv, seeds.jobs_csv, mutate.text, 1_000, 0.5),
    "jobs-prepared": Target(jobs_prepared, seeds.prepared, mutate.json_lines, 2_000, 0.5),
    "config": Target(config, seeds.configs, mutate.text, 3_700),
    "pyproject": Target(pyproject, seeds.pyprojects, mutate.text, 860, 0.3),
    "answers": Target(answers, seeds.answers, mutate.http, 5_000, 1.5),
    "urls": Target(urls, seeds.url_answers, mutate.http, 2_200, 0.7),
    "ledger-rows": Target(ledger_rows, seeds.ledger_rows, mutate.json_lines, 500, 0.7),
    "ledger-file": Target(ledger_file, seeds.ledger_files, mutate.raw, 370, 0.5),
    "cache-file": Target(cache_file, seeds.cache_files, mutate.raw, 120, 0.5),
    "emulator-call": Target(emulator_call, seeds.emulator_calls, mutate.json_lines, 6_200, 0.7),
    "emulator-http": Target(emulator_http, seeds.emulator_requests, mutate.raw, 1_200, 0.7),
}
