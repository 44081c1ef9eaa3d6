"""Somebody who uses the package: a folder with a ledger, a cache, videos, and a key; and the processes that somebody starts."""

import functools
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from .stand_in import KEY_A, KEY_A2, KEY_B, StandIn
from .warm import run_cold, run_warm

DRIVE = Path(__file__).with_name("drive.py")
FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
SECRETS = (KEY_A, KEY_A2, KEY_B)

QUICK = {
    "poll_interval": 0.2,
    "attempts": 3,
    "first_backoff": 0.1,
    "settle": [0.2, 0.3, 0.5, 0.5, 0.5],
    "settle_time": 2.0,
    "queue_interval": 0.1,
    "unknown_polls": 3,
}
"""What takes minutes takes seconds: the task list is looked at for two."""
BRISK = QUICK | {"settle": [0.1, 0.2, 0.2, 0.2], "settle_time": 0.6}
"""For those of whom it does not matter how long they look."""


class Ended(NamedTuple):
    """A process that has ended. `peak` is the most memory it took, in bytes."""

    status: int
    out: str
    err: str
    seconds: float
    peak: int

    @property
    def said(self) -> str:
        return self.out + self.err

    def json(self) -> Any:
        return json.loads(self.out)


class Home:
    """All processes it starts share one ledger and one cache, and know one service."""

    def __init__(self, folder: Path, service: StandIn, pace: dict[str, Any] = QUICK) -> None:
        self.folder, self.service, self._pace = folder, service, pace
        self.out = folder / "out"
        folder.mkdir(parents=True, exist_ok=True)

    def environment(
        self, key: str = KEY_A, clock: str = "", pace: dict[str, Any] | None = None, peak: Path | None = None
    ) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
        return inherited | {
            "DASHSCOPE_API_KEY": key,
            "DASHSCOPE_HTTP_BASE_URL": self.service.base_url,
            "MEDIAPREFLIGHT_STATE_DIR": str(self.folder / "state"),
            "MEDIAPREFLIGHT_CACHE_DIR": str(self.folder / "cache"),
            "OUTSIDE_CLOCK": clock,
            "OUTSIDE_PACE": json.dumps(self._pace if pace is None else pace),
            "OUTSIDE_PEAK": str(peak or ""),
            "NO_COLOR": "1",
            "LANG": "C.UTF-8",
            "COLUMNS": "1000",
        }

    def start(self, *arguments: str, **settings: Any) -> subprocess.Popen[str]:
        """The command line, as a process that goes on."""
        return subprocess.Popen(
            [sys.executable, DRIVE, "command", *arguments],
            env=self.environment(**settings),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def command(self, *arguments: str, limit: float = 60, plain: bool = False, **settings: Any) -> Ended:
        """Run the command line to its end, which has to come within `limit` seconds.

        `plain`: with nothing of ours around it, and started cold.
        """
        start = ["-m", "mediapreflight"] if plain else [str(DRIVE), "command"]
        ended = self._run([*start, *arguments], "", limit, settings, cold=plain)
        assert "Traceback" not in ended.said, ended.said
        return ended

    def submit(self, *prompts: str, options: Sequence[str] = (), **settings: Any) -> Ended:
        """Send a picture with each prompt: the jobs differ by it alone."""
        jobs = self.folder / f"jobs-{abs(hash(prompts))}.jsonl"
        lines = [{"model": "wan2.6-i2v", "image": str(picture(self.folder)), "prompt": prompt} for prompt in prompts]
        jobs.write_text("\n".join(map(json.dumps, lines)), "utf-8")
        return self.command("submit", str(jobs), "--out", str(self.out), "--poll-interval", "0.2", *options, **settings)

    def resume(self, **settings: Any) -> Ended:
        return self.command("tasks", "resume", "--poll-interval", "0.2", **settings)

    def rows(self) -> list[dict[str, Any]]:
        """What the ledger holds, as `tasks` prints it."""
        printed = self.command("tasks", "--output-format", "json").json()
        rows = printed if isinstance(printed, list) else next(value for value in printed.values() if isinstance(value, list))
        return list(rows)

    def python(
        self, kind: str, *actions: dict[str, Any], limit: float = 60, client: dict[str, Any] | None = None, **settings: Any
    ) -> list[dict[str, Any]]:
        """What came of each action of a Python client."""
        ended = self.drive(kind, actions, client, limit, **settings)
        assert ended is not None, f"it did not end within {limit} s"
        assert ended.status == 0, ended.err
        answers: list[dict[str, Any]] = ended.json()
        for answer in answers:
            assert "traceback" not in answer, answer["traceback"]
        return answers

    def drive(
        self,
        kind: str,
        actions: Sequence[dict[str, Any]],
        client: dict[str, Any] | None = None,
        limit: float = 60,
        **settings: Any,
    ) -> Ended | None:
        """The process of a Python client; None where it does not end in time."""
        try:
            return self._run([str(DRIVE), kind], json.dumps({"client": client or {}, "actions": actions}), limit, settings)
        except subprocess.TimeoutExpired:
            return None

    def wan(self, prompt: str, *, fetch: bool = True, **more: Any) -> dict[str, Any]:
        """The action that sends a picture with a prompt."""
        inputs = {"image": str(picture(self.folder)), "prompt": prompt}
        action = {"do": "submit", "job": {"model": "wan2.6-i2v", "inputs": inputs}, "with": {"out": str(self.out)}}
        return action | ({"out": str(self.out)} if fetch else {}) | more

    def videos(self) -> list[Path]:
        return sorted(self.out.glob("*.mp4"))

    def delivered(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.videos()}

    def files_with_keys(self) -> list[Path]:
        return [path for path in self.folder.rglob("*") if path.is_file() and holds_key(path.read_bytes())]

    def _run(self, arguments: list[str], given: str, limit: float, settings: dict[str, Any], cold: bool = False) -> Ended:
        peak = self.folder / "peak"
        peak.unlink(missing_ok=True)
        started = time.monotonic()
        # Another clock has to be there before the imports.
        run = run_cold if cold or settings.get("clock") else run_warm
        done = run(arguments, given=given.encode(), env=self.environment(peak=peak, **settings), cwd=self.folder, timeout=limit)
        most = int(peak.read_text("utf-8")) if peak.exists() else 0
        assert not holds_key(done.stdout + done.stderr), "a key was printed"
        return Ended(done.returncode, done.stdout.decode(), done.stderr.decode(), time.monotonic() - started, most)


def holds_key(data: bytes) -> bool:
    return any(secret.encode() in data for secret in SECRETS)


def picture(folder: Path) -> Path:
    """A picture that fits, without a face to look for."""
    path = folder / "picture.png"
    if not path.exists():
        path.write_bytes(_plain_picture())
    return path


@functools.cache
def _plain_picture() -> bytes:
    from PIL import Image

    data = io.BytesIO()
    Image.new("RGB", (480, 480), (200, 120, 40)).save(data, "PNG")
    return data.getvalue()
