"""The arguments of the tools. These types validate the arguments, and the schemas that clients see are made from them."""

from __future__ import annotations

import math
from typing import Annotated, Any

from msgspec import Meta, Struct

from ..errors import UsageError
from ..job import Job
from ..language import say
from ..media.facts import Level
from ..people.geometry import Ratio
from ..prepare.options import Fit, PrepareOptions, Trim
from ..submit.forecast import Prices
from ..submit.pipeline import Depth
from ..submit.session import Boxes

Value = str | bool | int | float | list[str | int]
_MODEL = Meta(description="id or alias of a model, as list_models gives it", min_length=1)
_PATH = Meta(description="path of a file; relative ones count from the first folder the server may use", min_length=1)
_FACE = Meta(description="the chosen person, by the number that faces lists; default: the largest face", ge=1)
_WHOLE = Meta(description="false: each file stands for itself, and missing inputs are no fault")
_RATIO = Meta(description="ratio of ext_bbox, where the model takes boxes")


class ListAsked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Arguments of `list_models`."""

    provider: Annotated[str | None, Meta(description="only this provider; default: dashscope, to which jobs can be sent")] = None
    words: Annotated[str | None, Meta(description="only models whose id, summary or inputs hold all these words")] = None
    file: Annotated[str | None, Meta(description="a file: only models that take it, as it is or prepared")] = None
    details: Annotated[bool, Meta(description="with a file: also all inputs of each model, and why the file is prepared")] = False


class CardAsked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Arguments of `model_card`."""

    model: Annotated[str, _MODEL]


class ProbeAsked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Arguments of `probe`."""

    path: Annotated[str, _PATH]
    level: Annotated[Level, Meta(description="metadata reads headers, decode all data")] = "decode"


class FacesAsked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Arguments of `faces`."""

    path: Annotated[str, _PATH]
    ratio: Annotated[Ratio, _RATIO] = "1:1"
    face: Annotated[int, _FACE] | None = None
    picture: Annotated[bool, Meta(description="whether to return the picture with faces, numbers and boxes drawn in")] = True


class JobAsked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model, its inputs and parameters."""

    model: Annotated[str, _MODEL]
    inputs: Annotated[
        dict[str, Value],
        Meta(
            description="by name of an input (model_card lists them): a path or a URL, a list of them where several are taken, "
            "a text or a box [left, top, right, bottom]"
        ),
    ]
    parameters: Annotated[dict[str, Any], Meta(description="request parameters by name, as in model_card")] = {}
    region: str | None = None
    face: Annotated[int, _FACE] | None = None

    def job(self, *, whole: bool = True) -> Job:
        """The job. Raises UsageError if it is not valid."""
        for name in ("parameters", "region", "face", "whole"):
            if name in self.inputs:
                raise UsageError(say("{name} is not an input; it is a separate argument", name=name))
        return Job(self.model, parameters=self.parameters, region=self.region, face=self.face, whole=whole, **dict(self.inputs))


class CheckAsked(JobAsked, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Arguments of `check`."""

    level: Annotated[Level, Meta(description="metadata: headers; decode: all data; content: faces and speech too")] = "content"
    whole: Annotated[bool, _WHOLE] = True


class PlanAsked(JobAsked, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Arguments of `plan`."""

    whole: Annotated[bool, _WHOLE] = True
    fit: Annotated[Fit, Meta(description="how an aspect ratio is reached")] = "auto"
    trim: Annotated[Trim, Meta(description="where a recording that is too long is cut")] = "pause"
    keep: Annotated[dict[str, tuple[float, float]], Meta(description="by role: start and end, in seconds, of what is kept")] = {}
    split: Annotated[bool, Meta(description="make several jobs of a recording that is too long")] = False
    ratio: Annotated[Ratio, _RATIO] | None = None
    crop_to_boxes: Annotated[bool, Meta(description="crop the picture to ext_bbox")] = False
    upright: Annotated[bool, Meta(description="turn pictures that lie on their side, by the face in them")] = False
    background: Annotated[str, Meta(description="what padding and transparency become, #rrggbb")] = "#ffffff"
    loudness: Annotated[float | None, Meta(description="bring recordings to this loudness, in LUFS")] = None
    mono: bool = False
    denoise: bool = False
    equal_lengths: Annotated[bool, Meta(description="bring video and voice to one length")] = False

    def options(self) -> PrepareOptions:
        """The options for `prepare`.

        Files that mediapreflight did not write are never replaced. Raises UsageError for an invalid background colour or part to
        keep.
        """
        return PrepareOptions(**{name: getattr(self, name) for name in PlanAsked.__annotations__ if name != "whole"})


class PrepareAsked(PlanAsked, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Arguments of `prepare`."""

    out: Annotated[str, Meta(description="the folder for the files that fit", min_length=1)]


class SubmitAsked(JobAsked, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Arguments of `submit`."""

    out: Annotated[str, Meta(description="the folder for the video, and for files that are prepared first", min_length=1)]
    max_cost: Annotated[
        float, Meta(description="nothing is sent where the estimate, in any currency, is above this or unknown", gt=0)
    ]
    level: Annotated[Depth, Meta(description="how the job is checked first")] = "content"
    boxes: Annotated[Boxes, Meta(description="who finds the face: service asks the detect call, which bills; local does not")] = (
        "service"
    )
    ratio: Annotated[Ratio, _RATIO] | None = None
    prices: Annotated[
        Prices, Meta(description="what estimates go by: the provider's own prices, or a third party's too, where it states none")
    ] = "official"
    wait: Annotated[
        bool, Meta(description="false: return when the task runs; the same call again waits and fetches the video")
    ] = True

    def __post_init__(self) -> None:
        if not math.isfinite(self.max_cost):
            raise ValueError("max_cost is no number")


class TasksAsked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Arguments of `tasks`."""

    number: Annotated[int, Meta(description="only this submission", ge=1)] | None = None
    limit: Annotated[int, Meta(description="how many of the newest", ge=1, le=200)] = 20
