"""Checks that nothing can stop: in a process of its own, which is ended when it takes too long and replaced when it dies."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

import msgspec

from ..catalog import Model, Role
from ..check import judge
from ..findings import JobReport
from ..job import Job
from ..measure import Measured, local_files, measure, measure_file
from ..probe import Facts, Level, UnknownFacts
from ..probe.facts import Problem
from ..probe.source import display_name
from ..processes import CrashError, Processes

_Result = TypeVar("_Result")


class Guarded:
    """Checks one job after the other. The process they run in stays for the next, with the detectors it has loaded.

    Args:
        codes: of the rules that count.
        time_limit_s: how long one job may take.
    """

    def __init__(self, level: Level, codes: frozenset[str], time_limit_s: float) -> None:
        self._level = level
        self._codes = codes
        self._time_limit_s = time_limit_s
        self._processes = Processes()

    def report(self, job: Job, model: Model) -> JobReport:
        """The report of a job; what of it could not be measured is unchecked.

        A job that crashes its process is tried again, file by file. Of one that takes too long, the headers alone are read.
        """
        try:
            return self._call(_report, job, model, self._level, self._codes)
        except CrashError:
            measure_one = self._measured
        except _TooSlowError:
            measure_one = self._glanced_at
        measured = {role: measure_one(path, model.roles[role]) for role, path in local_files(job, model).items()}
        return judge(job, model, measured, self._codes)

    def close(self) -> None:
        """End the process."""
        self._processes.stop()

    def _measured(self, path: str, role: Role) -> Measured:
        """What one file is, of several among which one makes its reader crash."""
        try:
            return self._call(measure_file, path, role, self._level)
        except CrashError:
            pass
        except _TooSlowError:
            return self._glanced_at(path, role)
        if self._level != "content":
            return Measured(_unknown(path, "what reads it crashed"))
        try:
            return Measured(self._call(measure_file, path, role, "decode").facts, trouble="what looks at it crashed")
        except (CrashError, _TooSlowError):
            return Measured(_unknown(path, "what reads it crashed"))

    def _glanced_at(self, path: str, role: Role) -> Measured:
        problem = f"checking it takes longer than {self._time_limit_s:g} s"
        try:
            facts = self._call(measure_file, path, role, "metadata").facts
        except (CrashError, _TooSlowError):
            return Measured(_unknown(path, problem))
        return Measured(msgspec.structs.replace(facts, problems=(*facts.problems, Problem.NOT_RUN.because(problem))))

    def _call(self, function: Callable[..., _Result], *arguments: object) -> _Result:
        """What the function returns. Raises CrashError, _TooSlowError."""
        timer = threading.Timer(self._time_limit_s, self._processes.stop)
        timer.start()
        try:
            return self._processes.call(function, *arguments)
        except CrashError:
            if self._processes.is_stopped:
                raise _TooSlowError from None
            raise
        finally:
            timer.cancel()
            timer.join()
            if self._processes.is_stopped:
                self._processes = Processes()


class _TooSlowError(Exception):
    """The call was ended because it took too long."""


def _report(job: Job, model: Model, level: Level, codes: frozenset[str]) -> JobReport:
    return judge(job, model, measure(job, model, level), codes)


def _unknown(path: str, problem: str) -> Facts:
    return UnknownFacts(path=display_name(path), problems=(Problem.NOT_RUN.because(problem),))
