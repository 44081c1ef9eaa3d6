"""A user's desk: jobs, a ledger and a folder for videos, the command line in processes of its own, and the service in another."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import httpx

import mediapreflight
from mediapreflight.submit.ledger import Ledger, Submission

from .stand_in import VIDEO

HERE = Path(__file__).parent
SOURCES = Path(mediapreflight.__file__).parents[1]
KEY = "sk-0123456789abcdef0123456789abcdef"
MODELS = ("wan2.6-i2v", "wan2.6-i2v-flash")
_PATIENCE_S = 120
# What Python itself says under `-W error` of a file that it was importing when the interrupt came.
_OF_AN_IMPORT = re.compile(
    r"Exception ignored in: <_io\.FileIO [^\n]+>\nTraceback [^\n]+\n"
    r'  File "<frozen importlib\._bootstrap_external>"[^\n]+\nResourceWarning: [^\n]+\n'
)
_IN_MAIN = re.compile(r'mediapreflight/cli/__init__\.py", line \d+, in main')
_OWN = ("DASHSCOPE", "MEDIAPREFLIGHT", "PYTHON", "NO_COLOR", "LC_", "LANG")


class Ended(NamedTuple):
    """How a command ended."""

    status: int
    out: str
    err: str


class Service:
    """The stand-in service in a process of its own; a context manager."""

    def __init__(self, seconds_per_task: float = 0.1, *, still: bool = False) -> None:
        command = [sys.executable, str(HERE / "stand_in.py"), str(seconds_per_task), *(["still"] if still else [])]
        self._process = subprocess.Popen(
            command,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        self.base_url = self._process.stdout.readline().strip()
        assert self.base_url, "the service did not start"
        self._http = httpx.Client(base_url=self.base_url.removesuffix("/api/v1"), trust_env=False)

    def __enter__(self) -> "Service":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()
        self._process.communicate()

    @property
    def tasks(self) -> list[dict[str, Any]]:
        """As `Emulator.tasks`."""
        return self._http.get("/emulator/tasks").raise_for_status().json()

    @property
    def log(self) -> list[dict[str, Any]]:
        """As `Emulator.log`."""
        return self._http.get("/emulator/log").raise_for_status().json()

    def fail(self, step: str, fault: str, times: int = 1) -> None:
        """As `Emulator.fail`."""
        self._http.post("/emulator/faults", json={"step": step, "fault": fault, "times": times}).raise_for_status()

    def advance(self, seconds: float) -> None:
        """As `Emulator.advance`."""
        self._http.post("/emulator/clock", json={"advance": seconds}).raise_for_status()


def environment(**changes: str) -> dict[str, str]:
    """The environment of a process that is not the user's own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OWN)}
    return kept | {"PYTHONPATH": str(SOURCES), "LC_ALL": "C.UTF-8"} | changes


def wan_jobs(count: int, picture: Path, name: str = "take") -> list[dict[str, Any]]:
    """Jobs that need nothing but a picture, told apart by their prompts."""
    return [
        {"model": MODELS[number % len(MODELS)], "image": str(picture), "prompt": f"{name} {number}", "parameters.duration": 2}
        for number in range(count)
    ]


@dataclass
class Desk:
    """One folder with all that is a user's own."""

    folder: Path
    base_url: str
    key: str = KEY
    changes: Mapping[str, str] = field(default_factory=dict)

    @property
    def out(self) -> Path:
        return self.folder / "out"

    @property
    def state(self) -> Path:
        return self.folder / "state"

    @property
    def ledger_path(self) -> Path:
        return self.state / "ledger.sqlite3"

    def job_file(self, jobs: Sequence[Mapping[str, Any]]) -> Path:
        """The jobs as a file."""
        path = self.folder / "jobs.jsonl"
        path.write_text("".join(json.dumps(job) + "\n" for job in jobs), encoding="utf-8")
        return path

    def start(self, *arguments: str | Path) -> subprocess.Popen[str]:
        """The command, running."""
        own = {
            "MEDIAPREFLIGHT_STATE_DIR": str(self.state),
            "MEDIAPREFLIGHT_CACHE_DIR": os.environ["MEDIAPREFLIGHT_CACHE_DIR"],
            "DASHSCOPE_API_KEY": self.key,
            "DASHSCOPE_HTTP_BASE_URL": self.base_url,
        }
        pace = ("--poll-interval", "0.05") if arguments[0] in ("submit", "tasks") else ()
        command = [sys.executable, "-W", "error", str(HERE / "hurried.py"), *map(str, arguments), *pace]
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=environment(**own, **self.changes),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str | Path) -> Ended:
        """The command, to its end; no traceback may come of it."""
        return ended(self.start(*arguments))

    def submit(self, jobs: Path, *options: str) -> Ended:
        """`submit`, to the end."""
        return self.run("submit", jobs, "--out", self.out, *options)

    def interrupted(self, jobs: Path, service: Service, requests: int, pause: float, how: signal.Signals) -> Ended:
        """`submit`, sent a signal so many seconds after the service has had so many requests."""
        process = self.start("submit", jobs, "--out", self.out)
        while process.poll() is None and len(service.log) < requests:
            time.sleep(0.05)
        try:
            process.wait(pause)
        except subprocess.TimeoutExpired:
            process.send_signal(how)
        return ended(process)

    def finish(self, jobs: Sequence[Mapping[str, Any]], service: Service) -> None:
        """Take up what was left, as a user would: `tasks resume`, or `submit` where nothing was written down yet.

        A create call that was cut off before it reached the service stays unclear: the user looks, and sends it with `--again`.
        """
        runs: list[Ended] = []
        while (rows := self.rows()) == () or any(row.stage not in ("delivered", "failed", "unclear") for row in rows):
            runs.append(self.run("tasks", "resume") if rows else self.submit(self.job_file(jobs)))
            assert len(runs) < 4, runs
        unclear = {row.job["inputs"]["prompt"] for row in rows if row.stage == "unclear"}
        assert all(run.status == 0 for run in runs) or unclear, runs
        assert not unclear & {task["request"]["input"]["prompt"] for task in service.tasks}
        for job in jobs:
            if job["prompt"] in unclear:
                assert self.submit(self.job_file([job]), "--again").status == 0

    def rows(self) -> tuple[Submission, ...]:
        """What the ledger holds, oldest first; nothing where there is none yet."""
        if not self.ledger_path.exists():
            return ()
        with Ledger(self.ledger_path) as ledger:
            return ledger.all()[::-1]

    def is_intact(self) -> bool:
        """Whether the ledger's file is sound."""
        with closing(sqlite3.connect(self.ledger_path)) as connection:
            return connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)

    def assert_all_is_well(self, jobs: int, tasks: Sequence[Mapping[str, Any]]) -> None:
        """One task and one whole video for each job, and nothing else."""
        prompts = Counter(task["request"]["input"]["prompt"] for task in tasks)
        assert len(prompts) == jobs
        twice = {prompt for prompt, count in prompts.items() if count > 1}
        assert not twice, [task for task in tasks if task["request"]["input"]["prompt"] in twice]
        # What was unclear, and known not to have made a task, was sent anew in a row of its own.
        rows = [row for row in self.rows() if row.stage != "unclear"]
        assert [row.stage for row in rows] == ["delivered"] * jobs
        assert {row.task_id for row in rows} == {task["task_id"] for task in tasks}
        assert {path.name for path in self.out.iterdir()} == {Path(str(row.result)).name for row in rows}
        whole = VIDEO.read_bytes()
        assert all(Path(str(row.result)).read_bytes() == whole for row in rows)
        assert self.is_intact()


def ended(process: "subprocess.Popen[str]") -> Ended:
    """Wait for a command. No traceback may come of it, but that of an interrupt which meets Python before the command begins."""
    try:
        out, err = process.communicate(timeout=_PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"the command did not end\n{out}\n{err}") from None
    err = _OF_AN_IMPORT.sub("", err)
    met_the_start = err.endswith("KeyboardInterrupt\n") and not _IN_MAIN.search(err)
    assert met_the_start or ("Traceback" not in err and "Exception ignored" not in err), err
    return Ended(process.returncode, out, err)
