"""Turn a configuration and the files below it into jobs with their settings."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import msgspec

from ..catalog import Catalog, Model
from ..check.run import lone_job
from ..errors import ConfigError, UsageError
from ..findings import FAILING, JobReport
from ..job import Job, revised
from ..language import say
from ..system import relative_path
from .files import GitIgnored, files_below
from .patterns import Patterns
from .schema import Config


class AssetSet(NamedTuple):
    """Files that are checked one by one. `role` None: the kind of each file decides."""

    model: Model
    role: str | None
    parameters: Mapping[str, Any]
    files: Patterns


class PairSet(NamedTuple):
    """Files that are combined into jobs: `patterns` by role; `paths` (files by role) and `values` are the same in each job."""

    model: Model
    parameters: Mapping[str, Any]
    by: Literal["stem", "folder"]
    patterns: Mapping[str, Patterns]
    paths: Mapping[str, str]
    values: Mapping[str, Any]


class Ignored(NamedTuple):
    """Rules that are not applied to some files, by code."""

    files: Patterns
    codes: frozenset[str]


class Found(NamedTuple):
    """A job that the configuration makes of a file. `key`: equal if two files make the same job."""

    key: tuple[str, int, str]
    job: Job


Shown = Callable[[str], str]


@dataclass(frozen=True)
class Project:
    """A configuration and everything it names. Paths of files are relative to its folder, with `/`.

    Attributes:
        path: the configuration, as it is shown.
        folder: its folder, absolute.
        catalog: the models, with its own entries applied on top.
    """

    path: str
    folder: str
    config: Config
    catalog: Catalog
    assets: tuple[AssetSet, ...]
    pairs: tuple[PairSet, ...]
    excluded: Patterns
    ignored: tuple[Ignored, ...]

    @property
    def has_jobs(self) -> bool:
        """Whether the configuration says which files are for which model."""
        return bool(self.assets or self.pairs)

    def relative(self, path: str) -> str:
        """A path (absolute, or relative to the current folder) relative to the configuration's folder."""
        return relative_path(path, self.folder).replace(os.sep, "/")

    def leaves_out(self, path: str, is_folder: bool) -> bool:
        """Whether a file or folder (absolute) does not belong to the project: excluded, or named in a `.gitignore`."""
        if self.excluded.globs and self.excluded.matches(self._below(path) + ("/" if is_folder else "")):
            return True
        return self.config.respect_gitignore and self._git_ignored(path, is_folder)

    def files(self, folder: str = "", on_hidden: Callable[[str], None] | None = None) -> Iterator[str]:
        """The project's files below one of its folders, sorted. `on_hidden`: as of `files_below`."""
        start = os.path.normpath(os.path.join(self.folder, folder))  # noqa: PTH118

        def below(path: str) -> None:
            if on_hidden:
                on_hidden(self._below(path))

        return map(self._below, files_below(start, self.leaves_out, below))

    def _below(self, path: str) -> str:
        return path[len(self.folder) :].lstrip(os.sep).replace(os.sep, "/")

    def jobs_with(self, file: str, shown: Shown) -> Iterator[Found]:
        """Every job that contains the file. `shown`: turns a file's path into the one in the job.

        Raises ConfigError if it is not clear which input a file is for, or which files belong together.
        """
        if self.excluded.matches(file):
            return
        for index, assets in enumerate(self.assets):
            if assets.files.matches(file):
                yield Found(("assets", index, file), self._lone_job(index, assets, shown(file)))
        for index, pairs in enumerate(self.pairs):
            for role, patterns in pairs.patterns.items():
                if patterns.matches(file):
                    name = _job_name(pairs, role, file)
                    files = self._joined[index].get(name, {})
                    if file in files.values():
                        yield Found(("pairs", index, name), _whole_job(pairs, files, shown))

    def fixed_jobs(self, shown: Shown) -> Iterator[Found]:
        """The jobs that name all their files without a glob."""
        for index, pairs in enumerate(self.pairs):
            if not pairs.patterns:
                yield Found(("pairs", index, ""), _whole_job(pairs, {}, shown))

    def without_ignored(self, report: JobReport) -> JobReport:
        """The report without the findings that `per-file-ignores` names."""
        if not self.ignored or not report.findings:
            return report
        dropped = {each.path: self._ignored_codes(each.path) for each in report.inputs.values()}
        kept = tuple(finding for finding in report.findings if finding.code not in dropped.get(finding.path or "", ()))
        return msgspec.structs.replace(report, findings=kept, ok=not any(finding.severity in FAILING for finding in kept))

    @functools.cached_property
    def _git_ignored(self) -> GitIgnored:
        return GitIgnored(self.folder)

    @functools.cached_property
    def _joined(self) -> tuple[Mapping[str, Mapping[str, str]], ...]:
        """For each entry of `pairs`, the files of its jobs: by job name, then by role."""
        jobs: tuple[dict[str, dict[str, str]], ...] = tuple({} for _ in self.pairs)
        for file in self.files():
            for index, pairs in enumerate(self.pairs):
                for role, patterns in pairs.patterns.items():
                    if patterns.matches(file):
                        self._join(jobs[index], index, role, file)
        return jobs

    def _join(self, jobs: dict[str, dict[str, str]], index: int, role: str, file: str) -> None:
        name = _job_name(self.pairs[index], role, file)
        files = jobs.setdefault(name, {})
        if role in files:
            message = say(
                "{files} and {file} are both {role} of the job {name!r}", files=files[role], file=file, role=role, name=name
            )
            raise ConfigError(self.path, message, key=say("pairs[{index}]", index=index))
        files[role] = file

    def _lone_job(self, index: int, assets: AssetSet, path: str) -> Job:
        try:
            job = lone_job(path, assets.model, assets.role)
        except UsageError:
            roles = ", ".join(assets.model.roles)
            message = say(
                "{model} has several inputs that {path} could be; name one with role (of {roles})",
                model=assets.model.id,
                path=path,
                roles=roles,
            )
            raise ConfigError(self.path, message, key=say("assets[{index}]", index=index)) from None
        return revised(job, parameters=assets.parameters) if assets.parameters else job

    def _ignored_codes(self, path: str) -> frozenset[str]:
        file = self.relative(path)
        return frozenset().union(*(each.codes for each in self.ignored if each.files.matches(file)))


def _job_name(pairs: PairSet, role: str, file: str) -> str:
    """What the files of one job have in common."""
    own = pairs.patterns[role].below_fixed_part(file)
    return os.path.splitext(own)[0] if pairs.by == "stem" else os.path.dirname(own)  # noqa: PTH120, PTH122


def _whole_job(pairs: PairSet, files: Mapping[str, str], shown: Shown) -> Job:
    inputs = {**pairs.values, **{role: shown(path) for role, path in {**pairs.paths, **files}.items()}}
    ordered = {name: inputs[name] for name in (*pairs.model.roles, *pairs.model.fields) if name in inputs}
    return Job(pairs.model.id, parameters=pairs.parameters, **ordered)
