"""Measure files: facts and, if the model needs it, who is seen and heard. No limits are known here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Literal, NamedTuple

from msgspec import structs

from ..catalog import Model, Role
from ..catalog.schema import Content as Demand
from ..errors import MissingLibraryError, UnreadableMediaError, UsageError
from ..job import Job, is_url, with_local_paths
from ..language import say
from ..media.facts import Facts, Level, Problem, VideoFacts, undecoded_after
from ..media.probe import probe, probe_to_be_cut
from ..media.source import is_remote
from ..people.facts import Content

if TYPE_CHECKING:
    from ..people.geometry import Ratio

# A longer measurement has hung: ten minutes of 1080p video take some seconds.
TIME_LIMIT_S = 120.0
# The files of a job by role, and the model whose roles they are.
InRoles = tuple[Mapping[str, str], Model]
# What is measured in a file besides its facts.
Look = Literal[
    "faces",
    "faces and bodies",
    "faces in frames",
    "faces in frames, bodies in the first",
    "faces and bodies in the first frame",
    "speech",
]


class Cut(NamedTuple):
    """A video that will be cut if it is longer than `kept_s`; until then, `decoded_s` of it are to be decoded. Seconds."""

    kept_s: float
    decoded_s: float


class Measured(NamedTuple):
    """What one file is, who is seen and heard in it, and why that could not be measured."""

    facts: Facts
    content: Content | None = None
    trouble: str | None = None


def local_files(job: Job, model: Model) -> dict[str, str]:
    """The paths of a job by role, and its `data:` URLs, which contain a file; other URLs are left out.

    Raises UsageError for an input that is neither path nor URL.
    """
    paths = {}
    for role in model.roles:
        value = job.inputs.get(role)
        if value in (None, "") or is_url(value):
            continue
        if not isinstance(value, str):
            raise UsageError(
                say("{role} of {model} must be a path or a URL, not {value!r}", role=role, model=model.id, value=value)
            )
        paths[role] = value
    return paths


def as_asked(model: Model, job: Job, level: Level, ratio: Ratio | None = None) -> Model:
    """The model with the requirements that apply to this job.

    Bodies are measured only if the model needs them, or if the boxes are for half a body (3:4), because finding bodies takes
    longer than finding faces. `ratio`: of the boxes, if chosen outside the job.
    """
    if level != "content" or not any(_is_only_framed(role.content) for role in model.roles.values()):
        return model
    from ..rules.portrait import ratio_of

    if (ratio or ratio_of(job, model)) == "3:4":
        return model
    return structs.replace(model, roles={name: _unframed(role) for name, role in model.roles.items()})


def _is_only_framed(demand: Demand | None) -> bool:
    return demand is not None and demand.framing is not None and demand.bodies is None


def _unframed(role: Role) -> Role:
    demand = role.content
    if demand is None or not _is_only_framed(demand):
        return role
    return structs.replace(role, content=structs.replace(demand, framing=None))


def measure(job: Job, model: Model, level: Level) -> dict[str, Measured]:
    """Measure every local file of a job, by role. Raises UsageError for an input that is neither path nor URL."""
    return measure_files(local_files(with_local_paths(job, model), model), as_asked(model, job, level), level)


def measure_files(paths: Mapping[str, str], model: Model, level: Level) -> dict[str, Measured]:
    """Measure the files in these roles of the model."""
    return {role: measure_file(path, model.roles[role], level) for role, path in paths.items()}


def measure_jobs(jobs: Sequence[InRoles], level: Level) -> list[dict[str, Measured]]:
    """The same for several jobs."""
    return [measure_files(paths, model, level) for paths, model in jobs]


def measure_file(path: str, role: Role, level: Level) -> Measured:
    """Measure one file in this role."""
    with _at_hand(path, level):
        return look_at_file(path, probe(path, level), role, level)


def measure_to_be_cut(path: str, role: Role, level: Level, cut: Cut) -> Measured | None:
    """The same for a video that will be cut: of what is thrown away only the packets are read. None if it is not too long."""
    if is_remote(path):
        return None
    stated = probe(path, "metadata")
    if not isinstance(stated, VideoFacts) or (stated.stated_duration_s or 0.0) <= cut.kept_s:
        return None
    found = look_at_file(path, probe_to_be_cut(path, cut.decoded_s), role, level)
    return found._replace(facts=structs.replace(found.facts, problems=(*found.facts.problems, undecoded_after(cut.decoded_s))))


def look_at_file(path: str, facts: Facts, role: Role, level: Level) -> Measured:
    """The same for a file that was probed before."""
    look = look_for(facts, role, level)
    return Measured(facts) if look is None else _with_content(path, facts, look)


def read_facts(path: str, level: Level) -> Facts:
    """What `probe` says of a file, here or in an object store."""
    with _at_hand(path, level):
        return probe(path, level)


def _at_hand(path: str, level: Level) -> AbstractContextManager[object]:
    """Inside the block, a remote file that is read whole is fetched once."""
    if level == "metadata" or not is_remote(path):
        return nullcontext()
    from ..media.remote import fetched_once

    return fetched_once(path)


def look_for(facts: Facts, role: Role, level: Level) -> Look | None:
    """What to look for in a file with these facts; None if the level does not include it, or the model does not need it."""
    wanted = role.content
    # A wrong header does no harm here, and reading an encrypted file reports that it cannot be read.
    is_whole = facts.has_only(Problem.MISSTATED, Problem.ENCRYPTED)
    if level != "content" or wanted is None or facts.kind != role.kind or not is_whole:
        return None
    if role.kind == "audio":
        return "speech" if wanted.speech else None
    with_bodies = wanted.bodies is not None or wanted.framing is not None
    if wanted.faces is None and not with_bodies:
        return None
    if role.kind == "image":
        return "faces and bodies" if with_bodies else "faces"
    if wanted.faces is None:
        return "faces and bodies in the first frame"
    return "faces in frames, bodies in the first" if with_bodies else "faces in frames"


def _with_content(path: str, facts: Facts, look: Look) -> Measured:
    try:
        return Measured(facts, _seen(path, look))
    except UnreadableMediaError as error:
        return Measured(facts, trouble=error.reason)
    except MissingLibraryError as error:
        return Measured(facts, trouble=str(error))
    except ImportError as error:
        reason = " ".join(str(error).split())
        library = error.name or say("a library")
        said = say("{library} does not load ({reason}); see `mediapreflight doctor`", library=library, reason=reason)
        return Measured(facts, trouble=said)


def _seen(path: str, look: Look) -> Content:
    from ..people import listen, see_picture, watch_video

    match look:
        case "speech":
            return listen(path)
        case "faces" | "faces and bodies":
            return see_picture(path, bodies=look == "faces and bodies")
        case "faces and bodies in the first frame":
            return watch_video(path, samples=1, bodies=True)
    return watch_video(path, bodies=look == "faces in frames, bodies in the first")
