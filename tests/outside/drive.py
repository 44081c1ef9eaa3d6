"""The package in a process of its own, by its public names alone, with a clock and a pace that the test chooses.

    python drive.py command ARGUMENT…        the command line
    python drive.py sync|asyncio|trio        a client; standard input holds {"client": {…}, "actions": [{"do": "submit", …}]},
                                             standard output gets a list: what came of each action

Environment: OUTSIDE_CLOCK is added to the local clock (seconds, or `jump`: another hour each fifth of a second). OUTSIDE_PACE is
what `Pace(…)` takes, as JSON. OUTSIDE_PEAK names a file for the most memory used, in bytes.
"""

import asyncio
import atexit
import json
import os
import runpy
import sys
import time
import traceback
from pathlib import Path
from typing import Any


def shift_clock(by: str) -> None:
    """Make the local clock wrong. It has to come before whatever keeps `time.time` for itself."""
    true, monotonic = time.time, time.monotonic

    def shifted() -> float:
        if by == "jump":
            return true() + (0, 3600, -3600, 60)[int(monotonic() * 5) % 4]
        return true() + float(by)

    time.time = shifted
    time.time_ns = lambda: int(shifted() * 1e9)


def own_peak() -> int:
    """Linux counts to a process what the one that started it held, except in its status."""
    import resource

    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    (kilobytes,) = (line.split()[1] for line in status.read_text("utf-8").splitlines() if line.startswith("VmHWM"))
    return int(kilobytes) * 1024


def note_peak(path: str) -> None:
    import resource

    def write() -> None:
        children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        Path(path).write_text(str(max(own_peak(), children)), "utf-8")

    atexit.register(write)


def pace() -> dict[str, Any]:
    given = json.loads(os.environ.get("OUTSIDE_PACE") or "{}")
    return {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}


def command(arguments: list[str]) -> None:
    """The command line, with another default pace."""
    from mediapreflight import Pace

    quick, init = pace(), Pace.__init__

    def paced(self: Pace, **given: Any) -> None:
        init(self, **quick | given)

    Pace.__init__ = paced  # type: ignore[assignment,method-assign]
    sys.argv = ["mediapreflight", *arguments]
    runpy.run_module("mediapreflight", run_name="__main__", alter_sys=True)


def settings(given: dict[str, Any]) -> dict[str, Any]:
    """What the client is made with."""
    import httpx

    from mediapreflight import Pace

    result = {"time_limit_s": None, "pace": Pace(**pace())} | given
    if seconds := result.pop("timeout_s", None):
        result["timeout"] = httpx.Timeout(seconds)
    return result


def job(given: dict[str, Any]) -> Any:
    from mediapreflight import Job

    return Job(given["model"], parameters=given.get("parameters"), **given["inputs"])


def seen(task: Any) -> dict[str, Any]:
    names = ("id", "model", "status", "request_id", "number", "result", "seconds", "code", "message")
    return {name: getattr(task, name) for name in names if hasattr(task, name)}


def failure(error: BaseException) -> dict[str, Any]:
    from mediapreflight import MediaPreflightError

    said = {"error": type(error).__name__, "kinds": [kind.__name__ for kind in type(error).__mro__], "message": str(error)}
    return said if isinstance(error, MediaPreflightError) else said | {"traceback": traceback.format_exc()}


def sync(plan: dict[str, Any]) -> list[dict[str, Any]]:
    from mediapreflight import Client

    said: list[dict[str, Any]] = []
    with Client(**settings(plan["client"])) as client:
        for action in plan["actions"]:
            try:
                match action["do"]:
                    case "submit":
                        task = client.submit(job(action["job"]), **action.get("with", {}))
                        said.append({"task": seen(task)})
                        if out := action.get("out"):
                            said[-1]["video"] = str(client.wait(task, out=out))
                    case "wait":
                        said.append({"video": str(client.wait(action["task"], out=action["out"]))})
                    case "template":
                        said.append({"template": client.template(action["video"])})
                    case "list":
                        said.append({"listed": len(client.list(model=action.get("model")))})
            except Exception as error:  # whatever comes is what the test judges
                said.append(failure(error))
    return said


async def unsynced(plan: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    from mediapreflight import AsyncClient

    said: list[dict[str, Any]] = []
    async with AsyncClient(**settings(plan["client"])) as client:
        for action in plan["actions"]:
            try:
                said.append(await limited(act(client, action), action.get("cancel_after"), kind))
            except Exception as error:
                said.append(failure(error))
    return said


async def limited(work: Any, seconds: float | None, kind: str) -> dict[str, Any]:
    """The work, cancelled after so long."""
    if seconds is None:
        return dict(await work)
    if kind == "asyncio":
        try:
            return dict(await asyncio.wait_for(work, seconds))
        except TimeoutError:
            return {"cancelled": True}
    import trio

    with trio.move_on_after(seconds):
        return dict(await work)
    return {"cancelled": True}


async def act(client: Any, action: dict[str, Any]) -> dict[str, Any]:
    match action["do"]:
        case "submit":
            task = await client.submit(job(action["job"]), **action.get("with", {}))
            video = {"video": str(await client.wait(task, out=action["out"]))} if action.get("out") else {}
            return {"task": seen(task), **video}
        case "wait":
            return {"video": str(await client.wait(action["task"], out=action["out"]))}
        case "template":
            return {"template": await client.template(action["video"])}
        case "list":
            return {"listed": len(await client.list(model=action.get("model")))}
    raise ValueError(action["do"])


def main() -> None:
    kind, *arguments = sys.argv[1:]
    if by := os.environ.get("OUTSIDE_CLOCK"):
        shift_clock(by)
    if peak := os.environ.get("OUTSIDE_PEAK"):
        note_peak(peak)
    if kind == "command":
        return command(arguments)
    plan = json.load(sys.stdin)
    if kind == "sync":
        said = sync(plan)
    elif kind == "asyncio":
        said = asyncio.run(unsynced(plan, kind))
    else:
        import trio

        said = trio.run(unsynced, plan, kind)
    json.dump(said, sys.stdout)
    return None


if __name__ == "__main__":
    main()
