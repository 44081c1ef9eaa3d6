"""The values of parameters and fields in a job, with their catalog entries; shared by the rules over values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ...catalog.schema import Parameter
from ..base import JobCase


class Given(NamedTuple):
    """A value by name, with the catalog's entry for it. `where`: `parameter` or `field`."""

    name: str
    value: Any
    known: Parameter
    where: str

    @property
    def has_right_type(self) -> bool:
        """Whether the value has the documented type; boxes have another rule and always pass here."""
        return self.known.type == "box" or self.known.is_of_type(self.value)


def given_values(case: JobCase) -> Iterator[Given]:
    """Every known parameter and field the job gives, in the order of the catalog; of a list, the values in its entries too."""
    parameters, inputs = case.job.parameters, case.job.inputs
    found = [
        Given(name, parameters[name], known, "parameter") for name, known in case.model.parameters.items() if name in parameters
    ]
    found += [
        Given(name, inputs[name], known, "field") for name, known in case.model.fields.items() if inputs.get(name) is not None
    ]
    for given in found:
        yield given
        if given.known.keys and given.has_right_type:
            yield from _in_entries(given)


def _in_entries(given: Given) -> Iterator[Given]:
    """The known values in the entries of a list, named as `multi_prompt[2].duration`; the first entry is number 1."""
    for number, entry in enumerate(given.value, start=1):
        for key, known in given.known.keys.items():
            if key in entry:
                yield Given(f"{given.name}[{number}].{key}", entry[key], known, given.where)


def sound_values(case: JobCase) -> Iterator[Given]:
    """The given values of the right type: others are `parameter-type-wrong`, and no other rule applies to them."""
    return (given for given in given_values(case) if given.has_right_type)
