"""The recordings and videos that models take, each set of limits once; findings without a file; and media made on the spot."""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from mediapreflight import Job
from mediapreflight.catalog import Catalog, Model, Role, builtin_catalog
from mediapreflight.check.judge import judge
from mediapreflight.check.measure import Measured
from mediapreflight.findings import Finding
from mediapreflight.job import as_used
from mediapreflight.media.facts import AudioFacts, Facts, VideoFacts
from mediapreflight.prepare.av.ffmpeg import find_ffmpeg
from mediapreflight.rules import selection


class Input(NamedTuple):
    """One input of a model."""

    model: Model
    name: str

    @property
    def role(self) -> Role:
        return self.model.roles[self.name]

    def findings(self, facts: Facts) -> list[Finding]:
        """What the rules over files find in these facts."""
        job = Job(self.model.id, whole=False, **{self.name: facts.path})
        report = judge(job, self.model, {self.name: Measured(facts)}, selection(("FILE", "VID", "AUD")))
        return [finding for finding in report.findings if finding.role == self.name]

    def faults(self, facts: Facts) -> list[str]:
        """What a prepared file must not have: its code and message."""
        return [f"{finding.code}: {finding.message}" for finding in self.findings(facts) if finding.severity != "info"]


def inputs(kind: str) -> dict[str, Input]:
    """One input by `model/name` for each set of limits that the catalog holds for files of this kind."""
    found: dict[str, Input] = {}
    seen = set()
    for entry in builtin_catalog().models():
        model = as_used(entry, Job(entry.id))
        for name, role in model.roles.items():
            limits = repr(
                (role.formats, role.megabytes, role.side, role.aspect_ratio, role.duration, role.fps, role.video_codecs)
            )
            if role.kind == kind and limits not in seen:
                seen.add(limits)
                found[f"{model.id}/{name}"] = Input(model, name)
    return found


def changed(base: str, name: str, folder: Path, *limits: str) -> Input:
    """An input of a known model with other limits, as a user's own catalog file writes them: `duration = "< 5"`."""
    path = folder / "own.toml"
    lines = [f'id = "own"\nextends = "{base}"\n[sources.house]\npage = "house"\n']
    for limit in limits:
        key, _, value = limit.partition(" = ")
        known = builtin_catalog().model(base).roles[name]
        own = f'safe = {value}\nsafe_source = "house"\n' if getattr(known, key).safe else ""
        lines.append(f'[roles.{name}.{key}]\ndocumented = {value}\nsource = "house"\n{own}')
    path.write_text("".join(lines))
    return Input(Catalog([path]).model("own"), name)


def ffmpeg(*arguments: object) -> str:
    """Run ffmpeg; returns what it says."""
    command = [find_ffmpeg(), "-hide_banner", "-nostdin", "-y", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, check=False)
    said = done.stderr.decode(errors="replace")
    assert done.returncode == 0, said
    return said


def a_third_of(values: list[Path]) -> list[Any]:
    """Every third for the quick tests, the others for the sweep."""
    return [value if number % 3 == 0 else pytest.param(value, marks=pytest.mark.sweep) for number, value in enumerate(values)]


def is_in_order(names: Sequence[str], order: Sequence[str]) -> bool:
    """Whether the names stand in this order."""
    return [order.index(name) for name in names] == sorted(order.index(name) for name in names)


def measured(facts: Facts) -> AudioFacts | VideoFacts:
    """The facts, which are of a recording or a video."""
    assert isinstance(facts, AudioFacts | VideoFacts), facts
    return facts


AUDIO_INPUTS, VIDEO_INPUTS = inputs("audio"), inputs("video")
