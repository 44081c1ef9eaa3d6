"""One process that feeds one target, watched by `campaign`. What it is about to try stands in shared memory, so that a crash, a
hang or a process that was killed leaves its input behind.

    python -m fuzz.worker run TARGET MODULE SEED SECONDS INPUTS SHARED OUT   mutated inputs; a line of JSON for each find
    python -m fuzz.worker replay TARGET MODULE FILE...                        these inputs; exit status 1 for a find
    python -m fuzz.worker shrink TARGET MODULE FILE SECONDS                   the file becomes a smaller input that fails alike
"""

from __future__ import annotations

import hashlib
import importlib
import json
import logging
import mmap
import os
import random
import resource
import struct
import sys
import time
import traceback
import warnings
from pathlib import Path
from typing import Any, NamedTuple

from .minimise import minimised

SHARED_BYTES = 4 * 2**20
# Counter, when the input was begun (monotonic seconds), inputs done, resident bytes before the first, length of the input.
SHARED_HEAD = struct.Struct("<QdQQQ")
MOST_GROWTH_BYTES = 500 * 2**20
# A target that works on one input for so long hangs.
HANG_CPU_S = 10.0
# Nothing here may take the machine down; what wants more gets a MemoryError, which is a find of its own.
_MOST_ADDRESSES = 8 * 2**30
_FORGOTTEN_BYTES = 64 * 2**20
_WARM_UP = 3
_KEPT_AT_MOST = 400


class Find(NamedTuple):
    """What came out of a target that never should. `signature`: the same for the same fault."""

    sort: str
    signature: str
    detail: str


class Gauge:
    """How much more memory the process has held than when this was made, since it was last asked."""

    def __init__(self) -> None:
        self._base = _status("VmRSS")

    def growth(self) -> int:
        """Bytes at the peak. A high one is forgotten, so that the next input is blamed for its own only."""
        growth = _status("VmHWM") - self._base
        if growth > _FORGOTTEN_BYTES:
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        return growth

    @property
    def base(self) -> int:
        """Bytes held at the start."""
        return self._base


def _status(name: str) -> int:
    """A figure of this process in bytes, as Linux gives it."""
    text = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    return int(text.partition(f"{name}:")[2].split(maxsplit=1)[0]) * 1024


def attempt(run: Any, data: bytes, gauge: Gauge | None = None) -> Find | None:
    """Feed one input. Without a gauge its memory is not looked at."""
    try:
        run(data)
    except Exception as error:
        return Find("exception", _signature(error), "".join(traceback.format_exception(error))[-6000:])
    growth = gauge.growth() if gauge else 0
    return Find("memory", "memory", f"the process grew by {growth / 2**20:.0f} MiB") if growth > MOST_GROWTH_BYTES else None


def _signature(error: Exception) -> str:
    """The sort of the error and the innermost places of this package that it passed."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f"{Path(frame.filename).name}:{frame.name}" for frame in frames if "mediapreflight" in frame.filename]
    return " ".join([type(error).__name__, *own[-2:], f"{Path(frames[-1].filename).name}:{frames[-1].name}"])


def _target(name: str, module: str) -> Any:
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_ADDRESSES, _MOST_ADDRESSES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    logging.disable(logging.CRITICAL)
    # As the test runner does: a warning that reaches the user is a fault, too.
    warnings.simplefilter("error")
    warnings.filterwarnings("default", category=ResourceWarning)
    return importlib.import_module(module).TARGETS[name]


def run(name: str, module: str, seed: str, seconds: float, inputs: int, shared_path: str, out: str) -> None:
    """Feed mutated inputs until time or number is up, and say what was found."""
    target = _target(name, module)
    rng = random.Random(f"{seed}:{name}")
    corpus = list(target.seeds())
    found: dict[str, str] = {}
    with Path(shared_path).open("r+b") as file, mmap.mmap(file.fileno(), SHARED_BYTES) as shared:
        for data in corpus[:_WARM_UP]:
            _begin(shared, 0, 0, data)
            _report(attempt(target.run, data), data, found, out, name)
        gauge = Gauge()
        end = time.monotonic() + seconds
        done = 0
        kept: list[bytes] = []
        while done < inputs and time.monotonic() < end:
            # Now and then a change of a change: some faults lie two steps away.
            start = rng.choice(kept) if kept and rng.random() < 0.3 else rng.choice(corpus)
            data = target.mutate(start, rng, corpus)
            _begin(shared, done, gauge.base, data)
            find = attempt(target.run, data, gauge)
            done += 1
            _report(find, data, found, out, name)
            if rng.random() < 0.05:
                if len(kept) < _KEPT_AT_MOST:
                    kept.append(data)
                else:
                    kept[rng.randrange(_KEPT_AT_MOST)] = data
        _begin(shared, done, gauge.base, b"")


def _begin(shared: mmap.mmap, done: int, base: int, data: bytes) -> None:
    counter = SHARED_HEAD.unpack_from(shared)[0] + 1
    room = SHARED_BYTES - SHARED_HEAD.size
    shared[SHARED_HEAD.size : SHARED_HEAD.size + min(len(data), room)] = data[:room]
    SHARED_HEAD.pack_into(shared, 0, counter, time.monotonic(), done, base, min(len(data), room))


def _report(find: Find | None, data: bytes, found: dict[str, str], out: str, name: str) -> None:
    if find is None or find.signature in found:
        return
    path = save(find, data, Path(out), name)
    found[find.signature] = str(path)
    print(json.dumps({**find._asdict(), "path": str(path)}), flush=True)


def save(find: Find, data: bytes, out: Path, name: str) -> Path:
    """Write the input of a find and what is known of it."""
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{find.sort}-{hashlib.sha256(find.signature.encode()).hexdigest()[:10]}"
    path.write_bytes(data)
    said = f"{find.sort}: {find.signature}\n{find.detail}"
    path.with_name(f"{path.name}.txt").write_text(said, encoding="utf-8", errors="replace")
    return path


def replay(name: str, module: str, paths: list[str]) -> int:
    """Run these inputs; what fails is said on stdout."""
    target = _target(name, module)
    failed = 0
    attempt(target.run, target.seeds()[0])
    gauge = Gauge()
    for path in paths:
        print(f"> {path}", flush=True)
        begun = time.process_time()
        find = attempt(target.run, Path(path).read_bytes(), gauge)
        if find is None and time.process_time() - begun > HANG_CPU_S:
            find = Find("hang", "hang", f"{time.process_time() - begun:.1f} s of processor time")
        if find is not None:
            failed += 1
            print(f"{find.sort}: {find.signature}\n{find.detail}", flush=True)
    return int(failed > 0)


def shrink(name: str, module: str, path: str, seconds: float) -> None:
    """Minimise an input that raises, in place."""
    target = _target(name, module)
    data = Path(path).read_bytes()
    first = attempt(target.run, data)
    if first is None or first.sort != "exception":
        return

    def fails(smaller: bytes) -> bool:
        find = attempt(target.run, smaller)
        return find is not None and find.signature == first.signature

    Path(path).write_bytes(minimised(data, fails, seconds))


def main(arguments: list[str]) -> int:
    """What the module's help shows."""
    command, name, module, *rest = arguments
    # Foreign code prints; what is said here goes where it is read.
    os.environ.setdefault("NO_COLOR", "1")
    if command == "run":
        run(name, module, rest[0], float(rest[1]), int(rest[2]), rest[3], rest[4])
    elif command == "shrink":
        shrink(name, module, rest[0], float(rest[1]))
    else:
        return replay(name, module, rest)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
