"""A campaign: every target gets its share of the time, in processes that may crash, hang and swell without harm."""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from . import seeds
from .minimise import minimised
from .worker import HANG_CPU_S, MOST_GROWTH_BYTES, SHARED_BYTES, SHARED_HEAD, Find, save

# So long may one input wait for anything but the processor, and for that where the machine is busy.
HANG_S = 40.0
_POLL_S = 0.2
_START_S = 120.0
_SHRINK_S = 20.0
_SHRINK_APART_S = 60.0
TARGETS_MODULE = "fuzz.targets"


@dataclass
class Outcome:
    """What came of one target. `slowest_s`: the longest that one input was seen to take."""

    target: str
    inputs: int = 0
    seconds: float = 0.0
    slowest_s: float = 0.0
    finds: dict[str, Find] = field(default_factory=dict)
    paths: dict[str, Path] = field(default_factory=dict)

    def add(self, find: Find, path: Path) -> None:
        """Keep a find, the first of its signature."""
        self.finds.setdefault(find.signature, find)
        self.paths.setdefault(find.signature, path)


@dataclass(frozen=True)
class Slice:
    """What one target gets: seconds, or a number of inputs."""

    target: str
    seconds: float
    inputs: int = 10**12
    module: str = TARGETS_MODULE


def run(slices: Iterable[Slice], *, jobs: int, seed: str, out: Path, shrink: bool = True) -> list[Outcome]:
    """Run the slices, `jobs` of them at a time, and return what came of each, in their order."""
    waiting: queue.SimpleQueue[tuple[int, Slice]] = queue.SimpleQueue()
    several = list(slices)
    for item in enumerate(several):
        waiting.put(item)
    outcomes: list[Outcome] = [Outcome(each.target) for each in several]

    def work() -> None:
        with suppress(queue.Empty):
            while True:
                index, each = waiting.get_nowait()
                outcome = _slice(each, seed, out)
                if shrink:
                    for signature, find in outcome.finds.items():
                        _shrink(find, outcome.paths[signature], each)
                outcomes[index] = outcome
                _say(outcome)

    threads = [threading.Thread(target=work) for _ in range(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def _say(outcome: Outcome) -> None:
    rate = outcome.inputs / outcome.seconds if outcome.seconds else 0.0
    head = f"{outcome.target:16} {outcome.inputs:>9,} inputs {outcome.seconds:>7.1f} s {rate:>7.0f}/s"
    print(f"{head}  slowest {outcome.slowest_s:.1f} s  {len(outcome.finds)} finds", flush=True)
    for signature, find in outcome.finds.items():
        print(f"    {find.sort}: {signature}\n    {outcome.paths[signature]}", flush=True)


def _slice(each: Slice, seed: str, out: Path) -> Outcome:
    """Workers one after the other until the time is used: one that dies is followed by another."""
    outcome = Outcome(each.target)
    begun = time.monotonic()
    for number in range(1000):
        left = each.seconds - (time.monotonic() - begun)
        inputs = each.inputs - outcome.inputs
        if left <= 0 or inputs <= 0:
            break
        with _Watched(each, f"{seed}.{number}", left, inputs, out) as worker:
            ended = worker.watch(outcome)
        if ended:
            break
    outcome.seconds = time.monotonic() - begun
    return outcome


class _Watched:
    """A worker and the memory it shares."""

    def __init__(self, each: Slice, seed: str, seconds: float, inputs: int, out: Path) -> None:
        self._each, self._out = each, out
        memory = Path("/dev/shm")
        self._folder = Path(tempfile.mkdtemp(prefix="fuzz-", dir=memory if os.access(memory, os.W_OK) else None))
        shared = self._folder / "shared"
        shared.write_bytes(bytes(SHARED_BYTES))
        self._shared = shared.open("rb", buffering=0)
        command = ("run", each.target, each.module, seed, str(seconds), str(inputs), str(shared), str(out))
        self._errors = (self._folder / "stderr").open("w+b")
        self._popen = subprocess.Popen(
            _command(*command), cwd=seeds.ROOT, env=environment(self._folder), stdout=subprocess.PIPE, stderr=self._errors
        )
        self._finds = threading.Thread(target=self._listen, daemon=True)
        self._found: list[tuple[Find, Path]] = []
        self._finds.start()

    def __enter__(self) -> _Watched:
        return self

    def __exit__(self, *_: object) -> None:
        self._popen.kill()
        self._popen.wait()
        self._finds.join()
        assert self._popen.stdout is not None
        self._popen.stdout.close()
        self._shared.close()
        self._errors.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _listen(self) -> None:
        assert self._popen.stdout is not None
        for line in self._popen.stdout:
            with suppress(ValueError, KeyError, TypeError):
                said = json.loads(line)
                self._found.append((Find(said["sort"], said["signature"], said["detail"]), Path(said["path"])))

    def watch(self, outcome: Outcome) -> bool:
        """Until the worker ends or has to be ended: whether it ended well. What it tried last is blamed where it did not."""
        blame = self._until_end(outcome)
        self._popen.wait()
        self._finds.join()
        outcome.inputs += self._head()[2]
        for find, path in self._found:
            outcome.add(find, path)
        if blame is None and self._popen.returncode != 0:
            self._errors.seek(0)
            detail = self._errors.read()[-3000:].decode("utf-8", "replace")
            blame = Find("crash", f"crash {self._popen.returncode}", detail)
        if blame is None:
            return True
        outcome.inputs += 1
        outcome.add(blame, save(blame, self._input(), self._out, self._each.target))
        return False

    def _until_end(self, outcome: Outcome) -> Find | None:
        seen, seen_cpu, begun = 0, 0.0, time.monotonic()
        while self._popen.poll() is None:
            time.sleep(_POLL_S)
            counter, since, _, base, _ = self._head()
            cpu = _cpu_seconds(self._popen.pid)
            if counter == 0:
                if time.monotonic() - begun > _START_S:
                    self._popen.kill()
                    return Find("hang", "hang at start", "")
                continue
            if counter != seen:
                seen, seen_cpu = counter, cpu
                continue
            outcome.slowest_s = max(outcome.slowest_s, cpu - seen_cpu)
            if cpu - seen_cpu > HANG_CPU_S or time.monotonic() - since > HANG_S:
                self._popen.kill()
                return Find("hang", "hang", f"{cpu - seen_cpu:.1f} s of processor time")
            if base and self._is_swollen(base + 2 * MOST_GROWTH_BYTES):
                self._popen.kill()
                return Find("memory", "memory", "the process grew by more than twice what is allowed")
        return None

    def _is_swollen(self, most: int) -> bool:
        """Whether the worker holds more than it may. Asked again while it stands still, or the next input would get the blame."""
        if _resident_bytes(self._popen.pid) <= most:
            return False
        self._popen.send_signal(signal.SIGSTOP)
        if _resident_bytes(self._popen.pid) > most:
            return True
        self._popen.send_signal(signal.SIGCONT)
        return False

    def _head(self) -> tuple[int, float, int, int, int]:
        found: tuple[int, float, int, int, int] = SHARED_HEAD.unpack(os.pread(self._shared.fileno(), SHARED_HEAD.size, 0))
        return found

    def _input(self) -> bytes:
        return os.pread(self._shared.fileno(), self._head()[4], SHARED_HEAD.size)


def replay(target: str, paths: Iterable[Path], *, module: str = TARGETS_MODULE, timeout_s: float = 120.0) -> str:
    """Run inputs in a process of their own. Returns what is wrong with them; empty where nothing is."""
    folder = tempfile.mkdtemp(prefix="fuzz-")
    try:
        command = _command("replay", target, module, *map(str, paths))
        settings = environment(Path(folder))
        done = subprocess.run(
            command, cwd=seeds.ROOT, env=settings, capture_output=True, text=True, timeout=timeout_s, check=False
        )
    except subprocess.TimeoutExpired as error:
        return f"hang\n{error.stdout!r}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return "" if done.returncode == 0 else f"exit status {done.returncode}\n{done.stdout}\n{done.stderr}"


def _shrink(find: Find, path: Path, each: Slice) -> None:
    """Make a find's input small. What raises is shrunk in one process, what kills or hangs its process in one for each try."""
    if find.sort == "exception":
        folder = tempfile.mkdtemp(prefix="fuzz-")
        command = _command("shrink", each.target, each.module, str(path), str(_SHRINK_S))
        settings = environment(Path(folder))
        with suppress(subprocess.TimeoutExpired):
            subprocess.run(command, cwd=seeds.ROOT, env=settings, timeout=_SHRINK_S * 4, capture_output=True, check=False)
        shutil.rmtree(folder, ignore_errors=True)
        return
    attempt_path = path.with_name(f"{path.name}.smaller")

    def fails(smaller: bytes) -> bool:
        attempt_path.write_bytes(smaller)
        return bool(replay(each.target, [attempt_path], module=each.module, timeout_s=HANG_CPU_S * 2))

    data = path.read_bytes()
    if fails(data):
        path.write_bytes(minimised(data, fails, _SHRINK_APART_S))
    attempt_path.unlink(missing_ok=True)


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "fuzz.worker", *arguments]


def environment(folder: Path) -> dict[str, str]:
    """No setting of the user's, no ledger and no cache of theirs, and files of a worker in one place."""
    own = {name: str(folder) for name in ("TMPDIR", "MEDIAPREFLIGHT_CACHE_DIR", "MEDIAPREFLIGHT_STATE_DIR")}
    return {**os.environ, **own, "PYTHONFAULTHANDLER": "1", "PYTHONHASHSEED": "0"}


def _cpu_seconds(pid: int) -> float:
    """Processor time of a process and its threads; 0 where it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident_bytes(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0
