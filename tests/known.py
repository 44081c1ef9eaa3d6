"""What is measured of the files that come with the project, once in each process of a run.

Most tests that submit, prepare or emulate are about what follows from these facts, and each would find the same faces anew.
"""

import pickle
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from mediapreflight.catalog import Role
from mediapreflight.check.containment import Containment
from mediapreflight.check.measure import InRoles, Measured, measure_jobs

FIXTURES = f"{Path(__file__).resolve().parent.parent / 'fixtures'}/"
# All of them only read, and depend on their arguments alone.
READERS = {"find_portrait", "measure_to_be_cut", "read_facts"}
_known: dict[object, Any] = {}
_run = Containment._run


@pytest.fixture(scope="module")
def fixtures_measured_once() -> Iterator[None]:
    """For tests that do not measure: each file in `fixtures` is measured once, and then what was found is known."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Containment, "_run", _known_or_run)
        yield


def _known_or_run(containment: Containment, paths: Iterable[str], function: Any, *arguments: Any) -> Any:
    every = list(paths)
    if function is measure_jobs:
        return _measured(containment, *arguments)
    if function.__name__ not in READERS or not all(path.startswith(FIXTURES) for path in every):
        return _run(containment, every, function, *arguments)
    key = function, pickle.dumps(arguments)
    if key not in _known:
        _known[key] = _run(containment, every, function, *arguments)
    return _known[key]


def _measured(containment: Containment, jobs: Sequence[InRoles], level: str) -> list[dict[str, Measured]]:
    """As `measure_jobs`, which looks for what the role asks for, whichever model it belongs to."""
    new = [
        ({name: path for name, path in paths.items() if _key(path, of.roles[name], level) not in _known}, of)
        for paths, of in jobs
    ]
    files = [path for paths, _ in new for path in paths.values()]
    found = _run(containment, files, measure_jobs, new, level) if files else [{} for _ in jobs]
    for (paths, model), measured in zip(new, found, strict=True):
        _known.update(
            {_key(path, model.roles[name], level): measured[name] for name, path in paths.items() if path.startswith(FIXTURES)}
        )
    return [
        {name: now.get(name) or _known[_key(path, model.roles[name], level)] for name, path in paths.items()}
        for (paths, model), now in zip(jobs, found, strict=True)
    ]


def _key(path: str, role: Role, level: str) -> object:
    return path, level, role.kind, repr(role.content)
