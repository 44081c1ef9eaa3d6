"""The words of the tables of limits, and how they are read.

A value outside the documented interval is an error, a value inside it and outside the safe one is a warning. The two differ
where documents that are current disagree; the documented interval is then the permissive one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MEBIBYTE = 1 << 20
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Bound:
    """A numeric limit. `None` means no end; `open` means that the end itself is outside.

    `property` and its unit: `side` (px, each side of the displayed picture), `aspect` (long side over short side), `duration`
    (s), `fps`, `bytes`, `pixels` (width times height), `short_side` (px). A `safe_…` left out is as documented. `when`: the limit
    that stands in place of the role's own for such jobs, written `resolution=1080p`, `as url` or `as data`. `cut`: what is more
    is cut, and not refused.
    """

    role: str
    property: str
    low: float | None = None
    high: float | None = None
    low_open: bool = False
    high_open: bool = False
    safe_low: float | None = None
    safe_high: float | None = None
    safe_low_open: bool | None = None
    safe_high_open: bool | None = None
    when: str | None = None
    cut: bool = False

    def verdict(self, value: float) -> str | None:
        """`error`, `warning`, or None for a value that every current document accepts."""
        if self.cut and self.high is not None and value > self.high:
            return "warning"
        if not _inside(value, (self.low, self.low_open), (self.high, self.high_open)):
            return "error"
        safe_low = (self.low if self.safe_low is None else self.safe_low, _first(self.safe_low_open, self.low_open))
        safe_high = (self.high if self.safe_high is None else self.safe_high, _first(self.safe_high_open, self.high_open))
        return None if _inside(value, safe_low, safe_high) else "warning"

    def ends(self) -> tuple[float, ...]:
        """The values at which the verdict changes."""
        return tuple(sorted({end for end in (self.low, self.safe_low, self.safe_high, self.high) if end is not None}))


def _first(choice: bool | None, otherwise: bool) -> bool:
    return otherwise if choice is None else choice


def _inside(value: float, low: tuple[float | None, bool], high: tuple[float | None, bool]) -> bool:
    (least, least_open), (most, most_open) = low, high
    above = least is None or value > least or (value == least and not least_open)
    below = most is None or value < most or (value == most and not most_open)
    return above and below


@dataclass(frozen=True)
class Role:
    """What one input may be. `formats` is empty where none are known.

    `wary_formats` are accepted by one current document and not by another. `count`: the least and the most files of a role that
    takes several. A file may travel as an http(s) URL always; `oss` and `base64` say which other ways the documents name.
    """

    kind: str
    formats: tuple[str, ...]
    bounds: tuple[Bound, ...]
    required: bool = True
    wary_formats: tuple[str, ...] = ()
    codecs: tuple[str, ...] = ()
    formats_without_alpha: tuple[str, ...] = ()
    count: tuple[int, int] | None = None
    sizes: tuple[str, ...] = ()
    """The only ones that are taken; as `1280x720=1280x720`, for jobs with that value of `size`."""
    oss: bool = True
    base64: bool = False


@dataclass(frozen=True)
class Number:
    """A numeric parameter, both ends included; `special_values` are values outside them that are accepted as well.

    `high` is None where no upper end is known.
    """

    low: float
    high: float | None
    default: float | None
    integer: bool = True
    special_values: tuple[int, ...] = ()


@dataclass(frozen=True)
class Choice:
    """A parameter with listed values; `default` is None where the documents give none."""

    values: tuple[str | int, ...]
    default: str | int | None = None


@dataclass(frozen=True)
class Switch:
    """A boolean parameter; `default` is None where the documents disagree."""

    default: bool | None


@dataclass(frozen=True)
class Only:
    """The one value of a boolean parameter that is accepted beside certain inputs."""

    value: bool


@dataclass(frozen=True)
class Text:
    """A text field; `beyond` is the verdict on a longer text (a warning where the service cuts it).

    `most_chinese`: of Chinese characters, where fewer of them are taken. `utf16`: UTF-16 units are counted, not characters.
    """

    most: int
    beyond: str
    most_chinese: int | None = None
    utf16: bool = False


@dataclass(frozen=True)
class Entries:
    """A list of so many entries: texts that are among `values`, or tables with `keys`, of which all are required."""

    least: int
    most: int
    values: tuple[str, ...] = ()
    keys: tuple[tuple[str, Number | Text | None], ...] = ()
    """Each with its limits; None for a text without any."""


Parameter = Number | Choice | Switch | Text | Only | Entries


@dataclass(frozen=True)
class Together:
    """What the files of several roles, or of one that takes several, may come to.

    `files`: the least and the most. `seconds`: the most, with those that the parameter `plus` asks for. `when`: a condition, such
    as a role that is given.
    """

    roles: tuple[str, ...]
    files: tuple[int, int] | None = None
    seconds: int | None = None
    plus: str | None = None
    when: str | None = None


@dataclass(frozen=True)
class Alike:
    """Two files that agree in this, or whose pixels differ by no more than that factor."""

    first: str
    second: str
    same: tuple[str, ...] = ()
    factor: float | None = None


@dataclass(frozen=True)
class Service:
    """Where a job goes, how many may, and what they cost.

    `result` is the field of the answer that holds what was made; without one the call answers at once. `states` are those beyond
    the provider's. Prices are written `CNY 0.08 second ratio=1:1`, with `*` where only a third party states them. `unrated` are
    regions for which no rate was found, `unconfirmed` those whose host a page names without the model.
    """

    path: str
    result: str | None = None
    states: tuple[str, ...] = ()
    per_second: float | None = 5
    at_once: int | None = None
    prices: tuple[str, ...] = ()
    unrated: tuple[str, ...] = ()
    unconfirmed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Model:
    """What one model accepts: files by role, request parameters, and input fields that are no files.

    A condition is written `feature`, `no first_frame + no base` or `resolution=1080P`: a role that is given or not, or a value.
    """

    roles: Mapping[str, Role]
    service: Service | None = None
    """None where jobs are checked and not sent."""
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    fields: Mapping[str, Parameter] = field(default_factory=dict)
    regions: tuple[str, ...] = ("beijing",)
    """Of no meaning without a service."""
    required_values: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    restrictions: Mapping[tuple[str, str], tuple[int, ...]] = field(default_factory=dict)
    """By region and parameter: the only values taken there."""
    unlimited: Mapping[str, str] = field(default_factory=dict)
    """Parameters and fields of which no limit is documented, with their types (a `face_bbox` has other rules of its own)."""
    sets: tuple[str, ...] = ()
    """The legal sets of roles, if not all are: `first_frame + last_frame?`, of which a role with `?` may be left out.

    Fields can stand there too."""
    sets_when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By condition: the legal sets that stand in place of those."""
    keys_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By input: the roles with whose files it is sent, and never without."""
    together: tuple[Together, ...] = ()
    alike: tuple[Alike, ...] = ()
    request: int | None = None
    """The most megabytes of a whole request."""
    depending: Mapping[str, tuple[tuple[str, Parameter], ...]] = field(default_factory=dict)
    """By parameter: a condition, and what the parameter takes then."""
    ignored: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By parameter: the conditions under which the service does not use it."""
    required_when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By parameter: the conditions under which it must be given."""


def file_size(role: str, most: int, *, strict: bool = False, safe_strict: bool | None = None) -> Bound:
    """Whether a megabyte is 10^6 or 2^20 bytes is nowhere said: the larger reading is documented, the smaller one safe."""
    safe_open = strict if safe_strict is None else safe_strict
    return Bound(role, "bytes", high=most * MEBIBYTE, high_open=strict, safe_high=most * MEGABYTE, safe_high_open=safe_open)


def sides(role: str, low: int | None, high: int, *, safe_open: bool = False) -> Bound:
    return Bound(role, "side", low=low, high=high, safe_low_open=safe_open, safe_high_open=safe_open)


def travelling(role: str, *, url: int | None = None, data: float | None = None, strict: bool = False) -> tuple[Bound, ...]:
    """Sizes in megabytes of a file that is given as a URL, or inside the request."""

    def bound(most: float, when: str) -> Bound:
        return Bound(role, "bytes", high=most * MEBIBYTE, high_open=strict, safe_high=most * MEGABYTE, when=when)

    return tuple(bound(most, when) for most, when in ((url, "as url"), (data, "as data")) if most is not None)


def aspect(role: str, most: float) -> Bound:
    return Bound(role, "aspect", high=most)


def lasting(role: str, low: float | None, high: float, *, strict: bool = False, safe_strict: bool = False) -> Bound:
    safe = strict or safe_strict
    return Bound(role, "duration", low, high, strict, strict, safe_low_open=safe, safe_high_open=safe)


def up_to(most: int, least: int = 0) -> dict[str, Any]:
    """A role that takes several files."""
    return {"count": (least, most), "required": least > 0}
