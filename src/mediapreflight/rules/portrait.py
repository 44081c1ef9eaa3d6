"""The picture of a job's boxes, shared by the rules over boxes and faces."""

from __future__ import annotations

from typing import NamedTuple, cast

from ..catalog import Model
from ..job import Job
from ..people.facts import PictureContent
from ..people.geometry import FRAMINGS, Box, ExtBox, Framing, NoExtBox, Ratio, ext_bbox, is_box, nearest_ratio
from ..people.portraits import framing_of, portrait_in
from .base import JobCase
from .request.boxes import raw_boxes


class Portrait(NamedTuple):
    """A picture with its faces. The first is the chosen one, or the largest.

    `ratio`: of the job's boxes. `framing`: how the model's detect call frames them; None: like EMO's.
    """

    role: str
    content: PictureContent
    ratio: Ratio
    framing: Framing | None

    def boxes(self) -> tuple[Box, ExtBox | NoExtBox] | None:
        """The boxes computed for the chosen or largest face; None if there is no face."""
        if not self.content.faces:
            return None
        face = self.content.faces[0].box
        return face, ext_bbox(face, self.content.width, self.content.height, self.ratio, self.framing)


def portrait(case: JobCase) -> Portrait | None:
    """The first picture of a job whose model takes boxes, with its content measured and the chosen face in it; None elsewhere."""
    if "ext_bbox" not in case.model.fields and "ratio" not in case.model.parameters:
        return None
    chosen = case.job.chosen_face(case.model) or 0
    for name, item in case.inputs.items():
        if isinstance(item.content, PictureContent) and chosen <= len(item.content.faces):
            ratio = ratio_of(case.job, case.model)
            return Portrait(name, item.content, ratio, framing_of(case.model.boxes, ratio))
    return None


def part_of(job: Job, model: Model, seen: PictureContent) -> Box | None:
    """The crop that the job's boxes name, or that is made around the chosen face, which is the first; None without either."""
    fields = model.fields if "ext_bbox" in model.fields else {}
    face, outer = (
        Box(*box) if name in fields and is_box(box := job.inputs.get(name)) else None for name in ("face_bbox", "ext_bbox")
    )
    if not (face or outer) and job.chosen_face(model) is None:
        return None
    ratio = ratio_of(job, model)
    return portrait_in(seen, "", ratio, framing_of(model.boxes, ratio), face_bbox=face, outer=outer).ext_bbox


def gives_boxes(case: JobCase) -> bool:
    """Whether the job gives a box."""
    return next(raw_boxes(case), None) is not None


def ratio_of(job: Job, model: Model) -> Ratio:
    """The ratio of the boxes: the requested one, else that of the given ext_bbox, else the first that the model takes."""
    asked, given = job.value("ratio", model), job.inputs.get("ext_bbox")
    if asked in tuple(FRAMINGS):
        return cast(Ratio, asked)
    return nearest_ratio(Box(*given)) if is_box(given) else "1:1"
