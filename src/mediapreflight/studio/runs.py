"""Prepare jobs one after the other, and keep the results."""

from __future__ import annotations

import itertools
import os
import threading
import zipfile
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Literal

from msgspec import structs

from ..errors import MediaPreflightError
from ..language import say, translated
from ..media.facts import Facts
from ..media.previews import NOTHING, Preview
from ..output_folder import OutputFolder
from ..prepare.execute import Prepared, prepare_planned
from ..prepare.record import NAME, PreparedInput
from ..report.html.prepared import prepared_card
from ..workers.processes import CrashError
from .access import RefusedError
from .advice import on_page
from .limits import RUNS_AT_ONCE, RUNS_KEPT
from .memory import Memory, Remembering
from .orders import Order, command_line, python_text
from .workshop import Workshop

ALL = "all.zip"


class _StopError(Exception):
    """The run was stopped."""


class Run:
    """One job that is prepared, in its own folder."""

    def __init__(self, id: str, order: Order, place: ExitStack, out: Path, containment: Remembering) -> None:
        self.id = id
        self.order = order
        self.place = place
        self.out = out
        self.containment = containment
        self.state: Literal["running", "done", "failed", "stopped"] = "running"
        self.error: str | None = None
        self.result: Prepared | None = None
        self.html: str | None = None
        self.is_stopping = False
        self.is_sending = False
        self._shares: dict[str, float] = {}

    def report(self, name: str, share: float) -> None:
        """Record how much of a file is done. Raises _StopError if the run was stopped."""
        if self.is_stopping:
            raise _StopError
        self._shares[name] = share

    @property
    def progress(self) -> float:
        """The share of all files that is done, 0 to 1."""
        if self.state != "running":
            return 1.0
        return min(sum(self._shares.values()) / max(len(self.order.files), 1), 1.0)

    @property
    def files(self) -> dict[str, PreparedInput]:
        """The files that were made, by name."""
        made = self.result.record.inputs.values() if self.result else ()
        return {Path(item.path).name: item for item in made}

    def file(self, name: str) -> Path:
        """The path of a file that was made; also of `prepared.json` and of the ZIP file with everything. Raises RefusedError."""
        if self.result is None or name not in (*self.files, NAME, ALL):
            raise RefusedError(404, say("there is no file {number}", number=name))
        return self.out / name if name != ALL else self.out.parent / ALL

    def beside(self, name: str, shown: str) -> Path:
        """Where something lies that is shown of a file that was made."""
        return self.out.parent / f"{name}.{shown}"


class Runs:
    """Prepares jobs for the page. For several threads; `work` runs in a separate one."""

    def __init__(self, folder: OutputFolder, workshop: Workshop, memory: Memory) -> None:
        self._folder = folder
        self._workshop = workshop
        self._memory = memory
        self._lock = threading.Lock()
        # One job at a time: ffmpeg's `stop_all` stops those of all jobs, and one video uses every core.
        self._turn = threading.Lock()
        self._numbers = itertools.count(1)
        self._runs: dict[str, Run] = {}

    @property
    def all(self) -> list[Run]:
        """All runs, in order."""
        with self._lock:
            return list(self._runs.values())

    def run(self, id: str) -> Run:
        """The run with this number. Raises RefusedError."""
        with self._lock:
            found = self._runs.get(id)
        if found is None:
            raise RefusedError(404, say("there is no run {number}", number=id))
        return found

    def begin(self, order: Order) -> Run:
        """A new run; the caller must call `work` for it. Raises RefusedError if there are too many."""
        with ExitStack() as stack:
            out = stack.enter_context(self._folder.staged(order.out))
            containment = Remembering(self._memory)
            stack.callback(containment.close)
            self._make_room()
            with self._lock:
                if sum(run.state == "running" for run in self._runs.values()) >= RUNS_AT_ONCE:
                    raise RefusedError(429, say("too many jobs are being prepared; wait until one is done"))
                run = Run(f"r{next(self._numbers)}", order, stack.pop_all(), out, containment)
                self._runs[run.id] = run
        return run

    def _make_room(self) -> None:
        """Drop the oldest runs if there are too many. A run whose files are being sent stays."""
        idle = [run for run in self.all if run.state != "running" and not run.is_sending]
        for run in idle[: max(len(idle) - RUNS_KEPT + 1, 0)]:
            self._drop(run)

    def work(self, run: Run) -> None:
        """Prepare the job of a run. Never raises: the run contains the result or the error."""
        try:
            with self._turn:
                run.report("", 0.0)
                run.result = self._prepared(run)
                record = run.result.record
                shown = structs.replace(record, findings=on_page(record.findings))
                run.html = prepared_card(shown, self._workshop.catalog, _previews(run))
                _write_zip(run)
                for name in run.files:
                    self._memory.add(str(run.file(name)))
                run.state = "done"
        except (_StopError, CrashError):
            run.state = "stopped"
        except MediaPreflightError as error:
            run.state, run.error = "stopped" if run.is_stopping else "failed", str(error)
        except OSError as error:
            run.state, run.error = "failed", (error.strerror or str(error)).lower()
        except Exception as error:
            # The page waits for the run to end, so any error must end it.
            run.state, run.error = "failed", say("it failed ({name}: {error})", name=type(error).__name__, error=error)
        if run.is_stopping:
            self._drop(run)

    def _prepared(self, run: Run) -> Prepared:
        with OutputFolder(run.out) as folder:
            (result,) = prepare_planned(
                self._workshop.plans(run.order),
                folder,
                options=run.order.options,
                workers=os.cpu_count() or 1,
                progress=run.report,
                containment=run.containment,
            )
        return result

    def remove(self, id: str) -> None:
        """Stop a run, and delete its files. Raises RefusedError."""
        run = self.run(id)
        run.is_stopping = True
        run.containment.close()
        if run.state != "running":
            self._drop(run)

    def close(self) -> None:
        """Stop all runs."""
        for run in self.all:
            with suppress(RefusedError):
                self.remove(run.id)

    def _drop(self, run: Run) -> None:
        with self._lock:
            known = self._runs.pop(run.id, None)
        if known is not None:
            for name in run.files:
                self._memory.forget(str(run.out / name))
            run.place.close()


def _previews(run: Run) -> Callable[[str, Facts], Preview]:
    """The preview of a file, by its name in the record."""
    places = {upload.path.name: str(upload.path) for upload in run.order.uploads}
    places |= {item.path: str(run.out / name) for name, item in run.files.items()}

    def preview(shown: str, facts: Facts) -> Preview:
        return run.containment.preview(places[shown], facts) if shown in places else NOTHING

    return preview


def _write_zip(run: Run) -> None:
    """Write all files into one ZIP file, without compression: media is already compressed."""
    with zipfile.ZipFile(run.file(ALL), "x", zipfile.ZIP_STORED) as archive:
        for name in (*run.files, NAME):
            archive.write(run.file(name), f"{run.order.out}/{name}")


def record_of_run(run: Run) -> dict[str, Any]:
    """A run as JSON for the page."""
    result = run.result
    files = [
        {
            "name": name,
            "role": role,
            "bytes": item.after.bytes,
            "kind": item.after.kind,
            "copied": not item.steps,
        }
        for role, item in (result.record.inputs.items() if result else ())
        for name in [Path(item.path).name]
    ]
    return {
        "id": run.id,
        "state": run.state,
        "progress": run.progress,
        "ok": result.record.ok if result and run.state == "done" else None,
        "error": translated(run.error) if run.error else None,
        "files": files if result else None,
        "record": result.record if result else None,
        "html": run.html,
        "command": command_line(run.order),
        "python": python_text(run.order),
    }
