"""The boxes a job gives, shared by the rules over boxes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ...catalog.schema import Parameter
from ...media.facts import ImageFacts
from ...people.geometry import Box, is_box
from ..base import InputCase, JobCase


class GivenBox(NamedTuple):
    """A box of the job by its name, with its catalog entry. In pixels of the displayed picture."""

    name: str
    known: Parameter
    box: Box

    @property
    def corners(self) -> list[int]:
        """As the request carries it."""
        return list(self.box)


def raw_boxes(case: JobCase) -> Iterator[tuple[str, Parameter, Any]]:
    """Every field of type box that the job gives, as it is given."""
    for name, known in case.model.fields.items():
        value = case.job.inputs.get(name)
        if known.type == "box" and value is not None:
            yield name, known, value


def sound_boxes(case: JobCase) -> dict[str, GivenBox]:
    """The well-formed boxes by name: others are `box-malformed`, and no other rule applies to them."""
    return {name: GivenBox(name, known, Box(*value)) for name, known, value in raw_boxes(case) if is_box(value)}


def picture(case: JobCase) -> tuple[InputCase, ImageFacts] | None:
    """The picture whose pixels the boxes use: the job's first measured image; None if there is none."""
    for item in case.inputs.values():
        if isinstance(item.facts, ImageFacts) and item.facts.width and item.facts.height:
            return item, item.facts
    return None
