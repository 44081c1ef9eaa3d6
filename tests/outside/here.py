"""The package in the test's own process, by its public names alone: many calls in the time that one process takes to start."""

import contextlib
import gc
import io
import json
import runpy
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from mediapreflight import Client, Job, Pace, Task

from .home import FIXTURES, holds_key, picture
from .stand_in import KEY_A, StandIn

PORTRAIT, TALL = FIXTURES / "portrait.jpg", FIXTURES / "portrait-3x4.jpg"
BODY, VOICE = FIXTURES / "full-body.jpg", FIXTURES / "voice.wav"
HEAD, DANCE = FIXTURES / "talking-head.mp4", FIXTURES / "dance.mp4"

SWIFT: dict[str, Any] = {
    "poll_interval": 0.02,
    "attempts": 3,
    "first_backoff": 0.02,
    "settle": (0.02, 0.05),
    "settle_time": 0.2,
    "queue_interval": 0.02,
    "unknown_polls": 3,
}


class Said(NamedTuple):
    """What a command has said, and its exit status."""

    status: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def all(self) -> str:
        return self.out + self.err


class Here:
    """Somebody with a ledger, a folder for videos and a key, who knows one service. No process is started for it."""

    def __init__(self, folder: Path, service: StandIn, patch: pytest.MonkeyPatch) -> None:
        self.folder, self.service, self._patch = folder, service, patch
        self.out = folder / "out"
        service.rules(running=0.0)
        patch.setenv("MEDIAPREFLIGHT_STATE_DIR", str(folder / "state"))

    def client(self, key: str = KEY_A, *, pace: dict[str, Any] | None = None, **settings: Any) -> Client:
        """A client on the ledger that all clients and commands of this test share."""
        return Client(key, pace=Pace(**SWIFT | (pace or {})), **{"base_url": self.service.base_url} | settings)

    def command(self, *arguments: object, key: str | None = KEY_A, **environment: str | None) -> Said:
        """Run the command line as `python -m mediapreflight` does; an environment name that is None is taken away."""
        quick, init = SWIFT, Pace.__init__

        def paced(pace: Pace, **given: Any) -> None:
            init(pace, **quick | {name: value for name, value in given.items() if value is not None})

        set_to = {
            "DASHSCOPE_API_KEY": key,
            "DASHSCOPE_HTTP_BASE_URL": self.service.base_url,
            "COLUMNS": "1000",
            "NO_COLOR": "1",
            "LANG": "C.UTF-8",
        } | environment
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
        with self._patch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            for name, value in set_to.items():
                patch.delenv(name, raising=False) if value is None else patch.setenv(name, value)
            patch.setattr(Pace, "__init__", paced)
            patch.setattr(sys, "argv", ["mediapreflight", *map(str, arguments)])
            patch.chdir(self.folder)
            status = 0
            try:
                runpy.run_module("mediapreflight", run_name="__main__")
            except SystemExit as left:
                status = int(left.code or 0)
            finally:  # the command line has a process of its own, and leaves the collector off
                gc.unfreeze()
                gc.enable()
        texts = []
        for stream in (out, err):
            stream.flush()
            texts.append(stream.buffer.getvalue().decode("utf-8"))  # type: ignore[attr-defined]
        said = Said(status, *texts)
        assert "Traceback" not in said.all, said.all
        assert not holds_key(said.all.encode()), "a key was printed"
        return said

    def submit(self, *arguments: object, **settings: Any) -> Said:
        """Submit with the answer as JSON."""
        return self.command("submit", *arguments, "--out", self.out, "--output-format", "json", **settings)

    def dry_run(self, *arguments: object, **settings: Any) -> Said:
        return self.command("submit", *arguments, "--dry-run", "--output-format", "json", **settings)

    def wan(self, prompt: str = "waves", model: str = "wan2.6-i2v", **more: Any) -> Job:
        """The job that costs the least time: a picture that nobody has to be found in."""
        return Job(model, image=picture(self.folder), prompt=prompt, **more)

    def wan_words(self, prompt: str = "waves", model: str = "wan2.6-i2v") -> tuple[str, ...]:
        return ("--model", model, f"image={picture(self.folder)}", "--set", f"prompt={prompt}")

    def created(self) -> list[dict[str, Any]]:
        """The bodies of the create calls."""
        return [json.loads(entry["body"]) for entry in self.service.log("create")]


def header(entry: dict[str, Any], name: str) -> str | None:
    return next((value for key, value in entry["headers"] if key.lower() == name.lower()), None)


def answer_of(task: Task, status: str, **more: Any) -> dict[str, Any]:
    """A query's answer in the documents' form."""
    times = {"submit_time": "2026-11-29 09:12:10.125", "scheduled_time": "2026-11-29 09:12:13.250"}
    usage = {"usage": more.pop("usage")} if "usage" in more else {}
    output = {"task_id": task.id, "task_status": status, **times, **more}
    return {"request_id": "5f2d7c1e-8a40-9a55-8f0c-0c9a2e7b6d31", "output": output, **usage}
