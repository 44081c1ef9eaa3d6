"""The input and the output of rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import Struct

from ..catalog.schema import Condition, Group, Model, Role, Threshold
from ..findings import Severity
from ..job import Job
from ..media.facts import Facts

if TYPE_CHECKING:
    from ..people.facts import Content
    from ..people.geometry import Box


class InputCase(NamedTuple):
    """One measured input of a job: `name` is its role, `role` what the model takes there.

    `content`: who is seen and heard, if that was measured; `content_trouble`: why it could not be. `face`: the number
    of the face that the job is about; it comes first in `content`. None if none was chosen. `part`: the part of the
    picture that the job's boxes name, or else that `prepare` leaves around the chosen face. None if it is all of it.
    """

    model: Model
    name: str
    role: Role
    path: str
    facts: Facts
    content: Content | None = None
    content_trouble: str | None = None
    face: int | None = None
    part: Box | None = None

    def threshold(self, name: Threshold, default: float) -> float:
        """A content rule's threshold: the catalog's override for this input, or the rule's own."""
        return self.role.content.thresholds.get(name, default) if self.role.content else default


class JobCase(NamedTuple):
    """A whole job with its measured inputs, for rules over several inputs. `inputs` has local files only."""

    model: Model
    job: Job
    inputs: Mapping[str, InputCase]

    def value(self, parameter: str) -> Any:
        """A parameter's value: as given, or the default the model documents."""
        return self.job.value(parameter, self.model)

    @property
    def groups(self) -> tuple[Group, ...]:
        """The limits for several files together in this job."""
        return tuple(group for group in self.model.groups if all(map(self.holds, group.when)))

    def given(self, roles: Iterable[str]) -> tuple[str, ...]:
        """The names of the files that are given in these roles."""
        names = (name for role in roles for name in self.model.files_of(role))
        return tuple(name for name in names if self.job.inputs.get(name) not in (None, ""))

    def holds(self, condition: Condition) -> bool:
        """Whether the condition is true of this job."""
        return self.job.holds(condition, self.model)


class Fault(Struct, frozen=True, kw_only=True):
    """What a rule found. Its code, name and place are added by `check`.

    `measured` and `limit` are in `unit`. `help`: what to do next, one sentence without a full stop. `source`: the tags of the
    pages that state the limit. `role`: only if a rule over the whole job concerns one input. `fixable`: only if this one
    differs from the rule's `FIXABLE`.
    """

    severity: Severity
    message: str
    help: str | None = None
    measured: Any = None
    limit: str | None = None
    unit: str | None = None
    service_code: str | None = None
    source: str | None = None
    role: str | None = None
    fixable: bool | None = None
