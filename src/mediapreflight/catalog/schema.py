"""The types of a catalog entry, and the checks of its values when it is loaded.

Every figure names its source by a tag, resolved against the `[sources]` of its provider (or the entry's own).
Where current documents disagree a limit has two readings: `documented`, outside of which the service refuses,
and `safe`, which satisfies every current document.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Set
from datetime import timedelta, timezone
from typing import Annotated, Literal

from msgspec import Meta, Struct

from ..errors import UsageError
from ..language import say
from ..media.formats import FORMATS
from ..text import clauses
from .interval import Interval

Kind = Literal["image", "video", "audio"]
# One of the provider's `hosts`, which the loading of an entry checks.
Region = Annotated[str, Meta(extra_json_schema={"$ref": "#/$defs/Region"})]
Scalar = bool | int | float | str

IntervalText = Annotated[str, Meta(examples=["[400, 7000]", "(2, 120)", ">= 400", "< 60"])]
Positive = Annotated[float, Meta(gt=0)]
Amount = Annotated[float, Meta(ge=0)]
Count = Annotated[int, Meta(gt=0)]
# The provider that jobs are sent to, and of entries that name none.
DASHSCOPE = "dashscope"
MIB = 2**20
MEGABYTE = 10**6
BOX_LENGTH = 4
MOST_FILES = 64
# The keys of a job itself; no input can have these names.
OWN_KEYS = frozenset({"model", "parameters", "region", "face", "whole"})


Confidence = Literal["official", "sdk", "client", "third party"]


class Source(Struct, frozen=True, forbid_unknown_fields=True):
    """A page that states limits. `date`: its "last updated" date; None if the page shows none. `url`: its address.

    `confidence`: who wrote it: the provider (`official`), its own SDK (`sdk`), a client, which may accept less than the provider
    (`client`), or anyone else (`third party`).
    """

    page: str
    confidence: Confidence = "official"
    url: str | None = None
    language: str | None = None
    date: str | None = None
    note: str | None = None

    def __post_init__(self) -> None:
        if self.url is not None and not self.url.startswith("https://"):
            raise ValueError(f"`url` {self.url!r} does not begin with https://")

    def __str__(self) -> str:
        return ", ".join(
            part for part in ((self.page, self.date) if self.date else (self.page, self.language, "undated")) if part
        )

    @property
    def cited(self) -> str:
        """The page and date, and who wrote it if not the provider."""
        is_said = self.confidence == "official" or self.confidence in self.page
        return str(self) if is_said else f"{self} ({self.confidence})"


class Limit(Struct, frozen=True, forbid_unknown_fields=True):
    """A range of accepted values.

    `documented`: outside it the service refuses. `safe`: what satisfies every current document; absent if they agree.
    `error`: the code the service answers with, if the documents name it. `excess_cut`: more than the limit is cut off, not
    refused.
    """

    documented: IntervalText
    source: str
    excess_cut: bool = False
    safe: IntervalText | None = None
    safe_source: str | None = None
    error: str | None = None
    note: str | None = None

    def __post_init__(self) -> None:
        documented = Interval.parse(self.documented)
        if (self.safe is None) != (self.safe_source is None):
            raise ValueError("`safe` and `safe_source` go together")
        if self.safe is not None and not documented.covers(Interval.parse(self.safe)):
            raise ValueError(f"`safe` {self.safe!r} reaches beyond `documented` {self.documented!r}")

    @property
    def documented_interval(self) -> Interval:
        return Interval.parse(self.documented)

    @property
    def safe_interval(self) -> Interval:
        return Interval.parse(self.safe or self.documented)


class Choices(Struct, frozen=True, forbid_unknown_fields=True):
    """A set of accepted names (formats, codecs), with the same two readings as `Limit`."""

    documented: tuple[str, ...]
    source: str
    safe: tuple[str, ...] | None = None
    safe_source: str | None = None
    error: str | None = None
    note: str | None = None

    def __post_init__(self) -> None:
        if (self.safe is None) != (self.safe_source is None):
            raise ValueError("`safe` and `safe_source` go together")
        if not set(self.safe or ()) <= set(self.documented):
            raise ValueError("`safe` holds a name that `documented` does not")

    @property
    def safe_names(self) -> tuple[str, ...]:
        return self.documented if self.safe is None else self.safe


class Condition(Struct, frozen=True, forbid_unknown_fields=True):
    """A condition on a job: one role, field or parameter is given, or equals a value (if it is not given, its default counts).

    Of a role also the way its file is `given_as`: `url` (http or https) or `data` (a data: URL, inside the request).
    """

    role: str | None = None
    field: str | None = None
    parameter: str | None = None
    given: bool | None = None
    equals: Scalar | None = None
    given_as: Literal["url", "data"] | None = None

    def __post_init__(self) -> None:
        if sum(name is not None for name in (self.role, self.field, self.parameter)) != 1:
            raise ValueError("a condition names exactly one of `role`, `field` and `parameter`")
        if sum(each is not None for each in (self.given, self.equals, self.given_as)) != 1:
            raise ValueError("a condition has exactly one of `given`, `equals` and `given_as`")
        if self.given_as is not None and self.role is None:
            raise ValueError("`given_as` is of a role")

    @property
    def in_words(self) -> str:
        """The condition as a clause: `prompt_extend is false`, `ref_image is not given`."""
        name = self.parameter or self.field or self.role
        if self.given is not None:
            return say("{name} is given", name=name) if self.given else say("{name} is not given", name=name)
        if self.given_as is not None:
            return (
                say("{name} is given as a data: URL", name=name)
                if self.given_as == "data"
                else say("{name} is given as an http(s) URL", name=name)
            )
        value = str(self.equals).lower() if isinstance(self.equals, bool) else self.equals
        return say("{name} is {value}", name=name, value=value)


Boxes = Literal["emo", "emoji"]
ContentFault = Literal["none", "several", "proportion", "face", "body", "pose"]


Threshold = Literal[
    "face_share_min",
    "face_share_max",
    "face_px_min",
    "face_frames_min",
    "video_face_px_min",
    "yaw_max",
    "pitch_max",
    "roll_max",
    "sharpness_min",
    "brightness_min",
    "covered_max",
    "speech_share_least",
    "speech_share_min",
    "speech_level_min",
    "clipping_share_max",
    "noise_distance_min",
    "other_sound_max",
]


class Content(Struct, frozen=True, forbid_unknown_fields=True):
    """What must be seen or heard in the file.

    `faces`, `bodies`: how many people the documents ask for (`one` = exactly one refuses several; `largest` = the largest
    is used; `any` = one or more). `framing`: how much of the person. `first_frame`: in a video the person must be there from the
    first frame on. `silence`: recordings without a voice are accepted too. `drawn`: drawn figures are accepted too.
    `thresholds`: overrides of the content rules' named thresholds.
    `errors`: the code the service answers with, by fault: `none` (nobody there), `several`, `proportion` (person too large or
    too small), `face` (turned, tilted or covered face), `body` (parts of the body missing), `pose` (body pose).
    """

    source: str
    faces: Literal["one", "largest"] | None = None
    bodies: Literal["one", "any"] | None = None
    framing: tuple[Literal["head", "half", "full"], ...] | None = None
    frontal: bool = False
    first_frame: bool = False
    speech: bool = False
    silence: bool = False
    drawn: bool = False
    thresholds: dict[Threshold, float] = {}
    errors: dict[ContentFault, str] = {}
    note: str | None = None


class RoleVariant(Struct, frozen=True, forbid_unknown_fields=True):
    """Limits that replace those of the role for jobs for which all of `when` is true."""

    when: tuple[Condition, ...]
    megabytes: Limit | None = None
    side: Limit | None = None
    aspect_ratio: Limit | None = None
    duration: Limit | None = None
    fps: Limit | None = None
    sizes: Choices | None = None


class Role(Struct, frozen=True, forbid_unknown_fields=True):
    """One input file of a model, and what is accepted there.

    Units: `megabytes` in MB (not defined by the provider, see `byte_intervals`), `side` in display pixels and for both
    width and height, `short_side` for the shorter of them alone, `pixels` as width times height, `aspect_ratio` as long side over
    short side, `duration` in seconds, `fps` in frames per second. `sizes`: the only ones that are taken, as `1280x720`.
    `formats`: None if no document names any; then none is refused.
    `without_alpha` lists the formats in which an alpha channel is refused. `base64`: the file may travel inside the request.
    `uploads`: it may lie in the provider's temporary storage, never where jobs are not sent; if neither is true, it is given as
    an http(s) URL only.

    `count`: how many files the role takes, if not one. Then the model has a role for each of them: `pictures`,
    `pictures_2`, `pictures_3`, of which the later ones say in `follows` whose they are. A file does not set `follows`.
    `key_of`: it is sent as a key of another file, by the name `field`, and never without that: one of these roles, of which one
    is given. The n-th file goes with the n-th of that role.
    """

    field: str
    kind: Kind
    source: str
    formats: Choices | None = None
    required: bool = True
    count: IntervalText | None = None
    follows: str | None = None
    key_of: tuple[str, ...] = ()
    megabytes: Limit | None = None
    side: Limit | None = None
    short_side: Limit | None = None
    pixels: Limit | None = None
    sizes: Choices | None = None
    aspect_ratio: Limit | None = None
    duration: Limit | None = None
    fps: Limit | None = None
    video_codecs: Choices | None = None
    without_alpha: Choices | None = None
    content: Content | None = None
    ignored_when: tuple[Condition, ...] = ()
    variants: tuple[RoleVariant, ...] = ()
    base64: bool = False
    uploads: bool = True
    send_empty: bool = False
    note: str | None = None

    def __post_init__(self) -> None:
        sizes = [each for each in (self.sizes, *(variant.sizes for variant in self.variants)) if each is not None]
        for size in (size for each in sizes for size in each.documented):
            if not re.fullmatch(r"[1-9]\d*x[1-9]\d*", size):
                raise ValueError(f"{size!r} is no size such as '1280x720'")
        if self.count is None:
            return
        count = Interval.parse(self.count)
        if not 1 < count.upper <= MOST_FILES:
            raise ValueError(f"`count` {self.count!r} ends between 2 and {MOST_FILES}")
        if count.lower_open or count.upper_open or count.lower < 0 or not (count.lower.is_integer() and count.upper.is_integer()):
            raise ValueError(f"`count` {self.count!r} is no range of whole numbers, such as '[1, 9]'")

    @property
    def known_formats(self) -> Choices:
        """The formats it takes; if no document names any, all of its kind."""
        return self.formats or Choices(tuple(name for name, each in FORMATS.items() if each.kind == self.kind), self.source)

    @property
    def format_error(self) -> str | None:
        """The service's code for a format it does not take, if the documents name it."""
        return self.formats.error if self.formats else None

    @property
    def byte_intervals(self) -> tuple[Interval, Interval] | None:
        """The documented and the safe interval of the file's size in bytes; None if no limit is documented.

        The provider never says whether MB is 10^6 or 2^20 bytes: the documented reading takes the larger, the safe one
        the smaller.
        """
        if self.megabytes is None:
            return None
        return self.megabytes.documented_interval.scaled(MIB), self.megabytes.safe_interval.scaled(MEGABYTE)


def _is_number(value: object) -> bool:
    return type(value) in (int, float)


class ParameterVariant(Struct, frozen=True, forbid_unknown_fields=True):
    """Values that replace those of the parameter for jobs for which all of `when` is true."""

    when: tuple[Condition, ...]
    source: str
    choices: tuple[Scalar, ...] | None = None
    range: IntervalText | None = None
    required: bool | None = None

    def __post_init__(self) -> None:
        if self.range is not None:
            Interval.parse(self.range)


class Parameter(Struct, frozen=True, forbid_unknown_fields=True):
    """A value that is not a file: a request parameter, or an input field such as `prompt` or `face_bbox`.

    `box` is `[x1, y1, x2, y2]` in pixels. `max_length` counts characters, or `utf16` units, of which an emoji has two;
    `max_chinese`: of Chinese characters, where fewer of them are taken. `excess_cut`: what is longer is cut, not refused.
    `filled_by` names the detect call that yields the value, so that a job without it is still complete. `ignored_when`: any one
    of these makes the service ignore it.
    `required` with a `default`: the service needs the value, and a client sends the default for a job without it.
    `special_values`: further accepted numbers outside the range, such as -1 for "the model chooses".

    A `list` has as many entries as `range` says: tables with these `keys`, or without `keys`, texts from the `choices`.
    `item_key`: a field that is sent in the list of files, as a separate item: `{type, <item_key>: value}`. `key_of`: as of a
    role; a field of files that can be several has a name for each of them: `ref_name`, `ref_name_2`, of which the later ones say
    in `follows` whose they are.
    """

    type: Literal["string", "integer", "number", "boolean", "box", "list"]
    source: str
    required: bool = False
    keys: dict[str, Parameter] = {}
    item_key: str | None = None
    key_of: tuple[str, ...] = ()
    follows: str | None = None
    choices: tuple[Scalar, ...] | None = None
    range: IntervalText | None = None
    special_values: tuple[int | float, ...] = ()
    max_length: Count | None = None
    length_unit: Literal["characters", "utf16"] = "characters"
    max_chinese: Count | None = None
    excess_cut: bool = False
    default: Scalar | None = None
    filled_by: str | None = None
    ratios: tuple[str, ...] | None = None
    ignored_when: tuple[Condition, ...] = ()
    variants: tuple[ParameterVariant, ...] = ()
    error: str | None = None
    note: str | None = None

    def __post_init__(self) -> None:
        if self.keys and self.type != "list":
            raise ValueError("`keys` are of a list")
        # For one job, the choices can come from one variant and the range from another.
        choices = [self.choices, *(variant.choices for variant in self.variants if variant.choices is not None)]
        ranges = [self.range, *(variant.range for variant in self.variants if variant.range is not None)]
        for some, range in itertools.product(choices, ranges):
            self._check(some, range)

    def _check(self, choices: tuple[Scalar, ...] | None, range: str | None) -> None:
        interval = Interval() if range is None else Interval.parse(range)
        for value in (*(choices or ()), *(() if self.default is None else (self.default,))):
            if self.type == "list":
                if not isinstance(value, str):
                    raise ValueError(f"{value!r} is no text, as the entries of a list are")
                continue
            if not self.is_of_type(value):
                raise ValueError(f"{value!r} is no {self.type}")
            if range is not None and value not in interval and value not in self.special_values:
                raise ValueError(f"{value!r} is outside the range {range!r}")
        if choices is not None and self.default is not None and self.default not in choices:
            raise ValueError(f"the default {self.default!r} is not among the choices")

    @property
    def interval(self) -> Interval:
        return Interval() if self.range is None else Interval.parse(self.range)

    def is_of_type(self, value: object) -> bool:
        """Whether a value has this type. An integer is a number too; true and false are only booleans."""
        if self.type == "box":
            return isinstance(value, list | tuple) and len(value) == BOX_LENGTH and all(map(_is_number, value))
        if self.type == "list":
            return isinstance(value, list | tuple) and all(isinstance(each, dict if self.keys else str) for each in value)
        if self.type == "number":
            return _is_number(value)
        kinds = {"string": str, "integer": int, "boolean": bool}
        return type(value) is kinds[self.type]


class EqualLengths(Struct, frozen=True, forbid_unknown_fields=True):
    """Two roles whose lengths should agree: the longer is cut to the shorter, unless `unless` holds."""

    roles: tuple[str, str]
    source: str
    unless: Condition | None = None


class AudioFillsDuration(Struct, frozen=True, forbid_unknown_fields=True):
    """A sound track for a video of a chosen length: if it is longer it is cut, if it is shorter the rest is silent."""

    role: str
    parameter: str
    source: str


class PictureRatio(Struct, frozen=True, forbid_unknown_fields=True):
    """A picture that must have the ratio in a parameter; otherwise it is distorted."""

    role: str
    parameter: str
    when: Condition
    source: str


class Match(Struct, frozen=True, forbid_unknown_fields=True):
    """Two files that must agree, if both are given.

    `same`: what is equal in both. `quotient`: of their pixels (width times height), the larger over the smaller.
    """

    roles: tuple[str, str]
    source: str
    same: tuple[Literal["size", "fps", "duration", "format"], ...] = ()
    quotient: IntervalText | None = None
    when: tuple[Condition, ...] = ()

    def __post_init__(self) -> None:
        if not self.same and self.quotient is None:
            raise ValueError("a match has `same` or `quotient`")
        if self.quotient is not None:
            Interval.parse(self.quotient)


class Pairs(Struct, frozen=True, forbid_unknown_fields=True):
    """Rules between inputs and parameters."""

    equal_lengths: EqualLengths | None = None
    audio_fills_duration: AudioFillsDuration | None = None
    picture_ratio: PictureRatio | None = None
    matches: tuple[Match, ...] = ()


class RoleSetsVariant(Struct, frozen=True, forbid_unknown_fields=True):
    """The combinations for jobs for which all of `when` is true."""

    when: tuple[Condition, ...]
    sets: tuple[tuple[str, ...], ...]
    source: str


class RoleSets(Struct, frozen=True, forbid_unknown_fields=True):
    """The combinations of inputs that the service accepts, if it does not accept all. `last_frame?` can be left out.

    Fields that no set names can be given with each.
    """

    sets: tuple[tuple[str, ...], ...]
    source: str
    variants: tuple[RoleSetsVariant, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """All inputs in these sets."""
        return frozenset(name.removesuffix("?") for each in self.sets for name in each)

    @property
    def in_words(self) -> str:
        """The sets as text: `first_frame + [last_frame]; first_clip`. Optional inputs are in brackets."""
        return clauses(
            " + ".join(f"[{name[:-1]}]" if name.endswith("?") else name for name in each) or say("no file") for each in self.sets
        )

    def take(self, given: Set[str]) -> bool:
        """Whether these roles together are one of the sets."""
        return any(
            {name for name in each if not name.endswith("?")} <= given <= {name.removesuffix("?") for name in each}
            for each in self.sets
            if given or not each
        )


class Group(Struct, frozen=True, forbid_unknown_fields=True):
    """The limits for several files together: of several roles, or of one role that takes several.

    `count`: of files. `seconds`: of their lengths, and of the length that the parameter `and_parameter` asks for.
    `when`: for jobs of which all of it is true.
    """

    roles: tuple[str, ...]
    source: str
    count: IntervalText | None = None
    seconds: IntervalText | None = None
    and_parameter: str | None = None
    when: tuple[Condition, ...] = ()
    error: str | None = None

    def __post_init__(self) -> None:
        limits = [limit for limit in (self.count, self.seconds) if limit is not None]
        if not limits:
            raise ValueError("a group has `count` or `seconds`")
        for limit in limits:
            Interval.parse(limit)


class Restriction(Struct, frozen=True, forbid_unknown_fields=True):
    """A parameter that has fewer choices in one region than elsewhere."""

    region: Region
    parameter: str
    choices: tuple[Scalar, ...]
    source: str


class Service(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the call is sent, and how to read its answer.

    `result`: dotted path of the result in the answer. `verdict`, `reason`: dotted paths of a detect call's pass flag and of why
    it failed. `returns`: dotted paths a detect call yields, by the field they fill. `extra_states`: states beyond the
    provider's general ones. `usage_seconds`: dotted paths of the billed seconds; the first the answer holds counts. `minutes`:
    how long a task takes. `detect`, `template`: the model that checks the picture first, or that makes the template.
    `media_array`: the files are sent as `{type, url}` in `input.media`; the type is the role's `field`. `boxes`: how the
    `ext_bbox` that the model takes or returns is framed, see `people.portraits`. `other_facts`: dotted paths of further facts
    that a detect call returns about a picture that passed: `framing` (`full` or `half`), `person` (true). `other_results`:
    dotted paths of further results. `result_days`: how long results are kept, if that differs from the provider's other
    results.
    """

    path: str
    mode: Literal["synchronous", "asynchronous"]
    source: str
    result: str | None = None
    verdict: str | None = None
    reason: str | None = None
    returns: dict[str, str] = {}
    extra_states: tuple[str, ...] = ()
    usage_seconds: tuple[str, ...] = ()
    media_array: bool = False
    other_results: tuple[str, ...] = ()
    result_days: Positive | Literal["unlimited"] | None = None
    minutes: IntervalText | None = None
    detect: str | None = None
    template: str | None = None
    boxes: Boxes = "emo"
    other_facts: dict[Literal["framing", "person"], str] = {}
    note: str | None = None

    def __post_init__(self) -> None:
        if self.minutes is not None:
            Interval.parse(self.minutes)


class Rates(Struct, frozen=True, forbid_unknown_fields=True):
    """Requests per second and tasks that run at once, per main account. `concurrent_tasks` None: no limit is documented."""

    regions: tuple[Region, ...]
    requests_per_second: Positive
    source: str
    concurrent_tasks: Count | None = None
    note: str | None = None


class Price(Struct, frozen=True, forbid_unknown_fields=True):
    """What one second of video or one picture costs; or one character of the text or one credit, of which the number that a job
    takes is not known beforehand.

    `when`: the parameter values it holds for; `ratio` there is the ratio of `ext_bbox`. `regions`: empty if the documents
    name none. `official` false: a third party's figure. `counts`: the roles whose seconds are billed in addition to those of the
    result.
    """

    per: Literal["second", "image", "character", "credit"]
    amount: Amount
    currency: Literal["CNY", "USD"]
    source: str
    when: dict[str, Scalar] = {}
    counts: tuple[str, ...] = ()
    regions: tuple[Region, ...] = ()
    official: bool = True
    note: str | None = None


class Length(Struct, frozen=True, forbid_unknown_fields=True):
    """The length of a job's video, in seconds. These seconds are billed.

    `roles`: the length of the shortest of these inputs. `parameter`: the value of this parameter. `when`: only for such jobs.
    """

    source: str
    roles: tuple[str, ...] = ()
    parameter: str | None = None
    when: Condition | None = None
    note: str | None = None

    def __post_init__(self) -> None:
        if bool(self.roles) == (self.parameter is not None):
            raise ValueError("a length has exactly one of `roles` and `parameter`")


class Output(Struct, frozen=True, forbid_unknown_fields=True):
    """The properties of the result.

    `size`: `fixed` (see `sizes`, by ratio or parameter value), `area` (the picture's ratio at the pixel area that `areas` names,
    sides rounded down to a multiple of `multiple_of`), `input` (as the input), or `unknown`. `size_of`: the roles whose size
    `area` and `input` mean; the first one given counts. `size_unless`: any one of these makes the size unknown. `areas` in
    pixels, by the value of `resolution`. `fps`: a number or an interval; `fps_by`: by a parameter's value; `fps_parameter`: the
    parameter that states it. `max_duration` in seconds. `silent_when`: any one of these removes the sound.
    """

    source: str
    size: Literal["fixed", "area", "input", "unknown"] = "unknown"
    size_of: tuple[str, ...] = ()
    size_unless: tuple[Condition, ...] = ()
    sizes: dict[str, tuple[int, int]] = {}
    areas: dict[str, Count] = {}
    multiple_of: Count | None = None
    container: str = "mp4"
    video_codec: str | None = None
    fps: Positive | IntervalText | None = None
    fps_by: dict[str, Positive] = {}
    fps_parameter: str | None = None
    max_duration: Positive | None = None
    sound: bool | None = None
    silent_when: tuple[Condition, ...] = ()
    note: str | None = None

    def __post_init__(self) -> None:
        if isinstance(self.fps, str):
            Interval.parse(self.fps)


class Model(Struct, frozen=True, forbid_unknown_fields=True):
    """One model: all its inputs, parameters and terms.

    `service`: None if its jobs are only checked and prepared here.

    `request_megabytes`: how large a request may be, with the files inside it. None if no document says.
    `unconfirmed_regions`: regions that a page of the model names, although no document says whether the model runs there.
    `extends`: the entry this one starts from; tables merge key by key, every other value replaces. `aliases`: other ids of the
    same model. `region_ids`: the id to send in a region that has its own. `lengths`: the first one that applies to a job counts;
    if none does, the length is not known before the job is done.
    """

    id: str
    title: str
    summary: str
    roles: dict[str, Role]
    provider: str = DASHSCOPE
    service: Service | None = None
    regions: tuple[Region, ...] = ()
    fields: dict[str, Parameter] = {}
    parameters: dict[str, Parameter] = {}
    pairs: Pairs = Pairs()
    role_sets: RoleSets | None = None
    request_megabytes: Limit | None = None
    groups: tuple[Group, ...] = ()
    restrictions: tuple[Restriction, ...] = ()
    rates: tuple[Rates, ...] = ()
    prices: tuple[Price, ...] = ()
    lengths: tuple[Length, ...] = ()
    output: Output | None = None
    extends: str | None = None
    unconfirmed_regions: tuple[Region, ...] = ()
    aliases: tuple[str, ...] = ()
    region_ids: dict[Region, str] = {}
    successor: str | None = None
    notes: tuple[str, ...] = ()
    sources: dict[str, Source] = {}

    def files_of(self, role: str) -> tuple[str, ...]:
        """The names of a role's files in a job: its own name, and those of the roles that follow it."""
        return (role, *(name for name, each in self.roles.items() if each.follows == role))

    def combined(self, given: Set[str]) -> frozenset[str]:
        """The inputs that count for the combinations: roles by their own names, without keys of other files, and the fields that
        a combination names."""
        roles = {role.follows or name for name, role in self.roles.items() if name in given and not role.key_of}
        named = self.role_sets.names if self.role_sets else frozenset()
        return frozenset(roles | {name for name in self.fields if name in given and name in named})

    def roles_of_kind(self, kind: str) -> tuple[str, ...]:
        """The roles that take files of this kind, required ones first."""
        fitting = [name for name, role in self.roles.items() if role.kind == kind]
        return tuple(sorted(fitting, key=lambda name: not self.roles[name].required))

    def require_service(self) -> Service:
        """The model's service. Raises UsageError for a model whose jobs are only checked and prepared here."""
        if self.service is None:
            raise UsageError(
                say(
                    "{id} is a model of {provider}: its files can be checked and prepared here, but jobs cannot be sent there",
                    id=self.id,
                    provider=self.provider,
                )
            )
        return self.service

    @property
    def boxes(self) -> Boxes:
        """The framing of the boxes that the model takes or returns."""
        return self.service.boxes if self.service else "emo"

    @property
    def face_roles(self) -> tuple[str, ...]:
        """The inputs whose faces are checked."""
        return tuple(name for name in self.roles_of_kind("image") if (wanted := self.roles[name].content) and wanted.faces)

    def source(self, tag: str) -> str:
        """The page and date behind a source tag: `emo-api, 2026-03-15`. Several tags are joined by ` + `."""
        return "; ".join(str(self.sources[part]) for part in split_tags(tag))

    def cited(self, tag: str) -> str:
        """The same, with who wrote it if not the provider: `sdk-python types, 2026-07-27 (sdk)`."""
        return "; ".join(self.sources[part].cited for part in split_tags(tag))

    def source_urls(self, tag: str) -> dict[str, str]:
        """The known addresses of the pages behind a source tag, by page and date."""
        pages = [self.sources[part] for part in split_tags(tag)]
        return {str(page): page.url for page in pages if page.url}


def numbered(role: str, number: int) -> str:
    """The name of a file of a role that takes several; they count from 1."""
    return role if number == 1 else f"{role}_{number}"


def split_tags(tags: str) -> tuple[str, ...]:
    """The single source tags of a `source` value such as `LP + LP-pt`."""
    return tuple(tag.strip() for tag in tags.split("+"))


class Host(Struct, frozen=True, forbid_unknown_fields=True):
    """The hosts of a region, as base URLs without a path.

    `host` is the fixed one, `workspace_host` the newer form with `{WorkspaceId}` in it.
    """

    source: str
    host: str | None = None
    workspace_host: str | None = None
    note: str | None = None


class Terms(Struct, frozen=True, forbid_unknown_fields=True):
    """What applies to every call to a provider. Times in seconds, rates in calls per second.

    `utc_offset_hours`: of the clock that all times without a zone are of.
    `query_rate`: of each task call (query, list, cancel), per account. `rate_recovery`: about how long a throttled account
    waits. `task_deadline`: after it an unfinished task fails. `url_timeout`: how long the service tries to fetch an input.
    Temporary uploads: `upload_policy_lifetime`, `upload_policy_rate` (per account and model), `upload_megabytes` (one file),
    `upload_regions`.
    """

    hosts: dict[str, Host]
    utc_offset_hours: Annotated[int, Meta(ge=-12, le=14)]
    states: tuple[str, ...]
    task_lifetime: Positive
    result_lifetime: Positive
    polling_interval: Positive
    query_rate: Positive
    rate_recovery: Positive
    task_deadline: Positive
    url_timeout: Positive
    upload_lifetime: Positive
    upload_policy_lifetime: Positive
    upload_policy_rate: Positive
    upload_megabytes: Positive
    upload_regions: Choices
    source: str
    notes: tuple[str, ...] = ()

    @property
    def clock(self) -> timezone:
        """The zone of the provider's times."""
        return timezone(timedelta(hours=self.utc_offset_hours))


class Provider(Struct, frozen=True, forbid_unknown_fields=True):
    """A provider of models, and the source pages of its limits.

    `terms`: what applies to every call; None if its jobs are only checked and prepared here.
    """

    title: str
    source: str
    terms: Terms | None = None
    sources: dict[str, Source] = {}
    notes: tuple[str, ...] = ()
