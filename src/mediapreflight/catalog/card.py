"""The rows of a model's card, with sources."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..language import say, tr, translated
from ..text import alternatives, listed
from .interval import Interval
from .schema import (
    Choices,
    Condition,
    Content,
    Group,
    Limit,
    Match,
    Model,
    Parameter,
    ParameterVariant,
    Price,
    Role,
    RoleSets,
    split_tags,
)

if TYPE_CHECKING:
    from . import Catalog

_LIMITS = {
    "formats": say("formats"),
    "megabytes": say("file size"),
    "side": say("width and height"),
    "short_side": say("short side"),
    "pixels": say("width x height"),
    "sizes": say("sizes"),
    "aspect_ratio": say("long / short side"),
    "duration": say("length"),
    "fps": say("frame rate"),
    "video_codecs": say("video codec"),
    "without_alpha": say("no alpha in"),
}
_PER = {
    "second": say("per second"),
    "image": say("per image"),
    "character": say("per character"),
    "credit": say("per credit"),
}
_UNITS = {"side": "px", "short_side": "px", "pixels": "px", "megabytes": "MB", "duration": "s", "fps": "fps"}


def offered(catalog: Catalog, provider: str | None) -> tuple[Model, ...]:
    """All models, or those of one provider. Raises UsageError if the provider has none."""
    models = catalog.models()
    if provider is None:
        return models
    names = tuple(sorted({model.provider for model in models}))
    if provider not in names:
        raise UsageError(say("no models of provider {provider!r}; providers are {names}", provider=provider, names=listed(names)))
    return tuple(model for model in models if model.provider == provider)


def inputs(model: Model) -> str:
    """The inputs that are files; optional ones in brackets, and those that take several files with their number."""
    return ", ".join(_in_list(name, role) for name, role in model.roles.items() if role.follows is None)


def _in_list(name: str, role: Role) -> str:
    """A role in a list of inputs: `[reference_image (up to 5)]`, with brackets around the whole if it can be left out."""
    several = f"{name} ({translated(Interval.parse(role.count).in_words)})" if role.count else name
    return several if role.required else f"[{several}]"


def described(limit: Limit | Choices, role: Role, name: str) -> str:
    """A limit in words, with the safe reading where documents disagree."""
    unit = _UNITS.get(name, "")
    if isinstance(limit, Choices):
        documented, safe = ", ".join(limit.documented), None if limit.safe is None else ", ".join(limit.safe)
    else:
        taken = limit.documented_interval
        if name == "aspect_ratio" and limit.safe is not None and taken == Interval(lower=1):
            # The long side is never shorter than the short one, so the ratio is at least 1.
            taken = Interval()
        documented = translated(taken.in_words)
        safe = None if limit.safe is None else translated(limit.safe_interval.in_words)
    text = f"{documented} {unit}".rstrip()
    if isinstance(limit, Limit) and limit.excess_cut:
        text = tr("{text}, what is longer is cut", text=text)
    if safe is None:
        return text
    return tr("{documented} (safe: {safe})", documented=text, safe=f"{safe} {unit}".rstrip())


def sections(model: Model, catalog: Catalog) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """The non-empty sections of a card: a title, and rows of name, text and sources (joined by `; `)."""
    values = {name: known for name, known in {**model.fields, **model.parameters}.items() if known.follows is None}
    parts = [
        (tr("Terms"), _terms(model, catalog)),
        *((_role_title(name, role), _role(model, role)) for name, role in model.roles.items() if not role.follows),
        (tr("Values"), [row for name, known in values.items() for row in _value_rows(model, name, known)]),
        (tr("Price"), [_price(model, price) for price in model.prices]),
    ]
    return [(title, rows) for title, rows in parts if rows]


def _role_title(name: str, role: Role) -> str:
    if role.count:
        need = tr("{range} files", range=Interval.parse(role.count).in_words)
    else:
        need = tr("required") if role.required else tr("optional")
    return f"{name}  ({role.field}; {role.kind}, {need})"


def notes(model: Model) -> tuple[str, ...]:
    """The notes of a card, with their sources in brackets."""
    return tuple(_with_sources(model, translated(note)) for note in model.notes)


def _with_sources(model: Model, note: str) -> str:
    """The note with each `(TAG)` of a source spelt out."""

    def spelt_out(found: re.Match[str]) -> str:
        known = all(tag in model.sources for tag in split_tags(found[1]))
        return f"[{model.cited(found[1])}]" if known else found[0]

    return re.sub(r"\(([^()]+)\)", spelt_out, note)


def _terms(model: Model, catalog: Catalog) -> list[tuple[str, str, str]]:
    rows = [
        (tr("provider"), catalog.provider(model.provider).title, ""),
        *_service(model),
        *[
            (tr("perhaps"), tr("{region}: no document says whether it runs there", region=region), "")
            for region in model.unconfirmed_regions
        ],
    ]
    if model.aliases:
        rows.append((tr("also called"), ", ".join(model.aliases), ""))
    if model.role_sets:
        rows += _combinations(model, model.role_sets)
    rows += [(tr("together"), _group(group), model.cited(group.source)) for group in model.groups]
    rows += [(tr("must agree"), _match(match), model.cited(match.source)) for match in model.pairs.matches]
    if model.request_megabytes:
        whole = tr("{size} MB, with the files inside it", size=model.request_megabytes.documented_interval.upper_words)
        rows.append((tr("request"), whole, model.cited(model.request_megabytes.source)))
    for restriction in model.restrictions:
        choices = ", ".join(map(_literal, restriction.choices))
        offered = tr("{parameter} {choices} only", parameter=restriction.parameter, choices=choices)
        rows.append((tr("in {region}", region=restriction.region), offered, model.cited(restriction.source)))
    for rate in model.rates:
        often = say("{rate:g} per second", rate=rate.requests_per_second)
        if rate.concurrent_tasks:
            often = say("{often}, {tasks} at once", often=often, tasks=rate.concurrent_tasks)
        regions = tr("{often} ({regions})", often=often, regions=", ".join(rate.regions))
        rows.append((tr("rate"), regions, model.cited(rate.source)))
    if model.output:
        rows.append((tr("delivers"), _output(model), model.cited(model.output.source)))
    if model.successor:
        rows.append((tr("successor"), model.successor, ""))
    return rows


def _combinations(model: Model, sets: RoleSets) -> Iterator[tuple[str, str, str]]:
    """The inputs that can be combined; if that depends on the job, for each case."""
    if not sets.variants:
        yield tr("takes one of"), translated(sets.in_words), model.cited(sets.source)
    for variant in sets.variants:
        words = RoleSets(variant.sets, variant.source).in_words
        yield tr("takes one of"), _when(translated(words), variant.when), model.cited(variant.source)


def _group(group: Group) -> str:
    count = say("{range} files", range=Interval.parse(group.count).in_words) if group.count else ""
    seconds = say("{range} s", range=Interval.parse(group.seconds).in_words) if group.seconds else ""
    names = " + ".join((*group.roles, *([group.and_parameter] if group.and_parameter else ())))
    allowed = say("{place}: {message}", place=names, message=listed(tuple(filter(None, (count, seconds)))))
    return (
        tr("{limit}, when {conditions}", limit=allowed, conditions=_together(group.when)) if group.when else translated(allowed)
    )


_SAME = {"size": say("width and height"), "fps": say("frame rate"), "duration": say("length"), "format": say("format")}


def _match(match: Match) -> str:
    files = listed(match.roles)
    if match.same:
        return tr(
            "{files}: the same {what}", files=files, what=listed(tuple(map(translated, map(_SAME.__getitem__, match.same))))
        )
    most = Interval.parse(match.quotient or "").upper_words
    return tr("{files}: their pixels (width times height) differ by a factor of {most}", files=files, most=most)


def _service(model: Model) -> Iterator[tuple[str, str, str]]:
    service = model.service
    if service is None:
        yield tr("jobs"), tr("are checked and prepared here, and sent with the provider's own tools"), ""
        return
    mode = {"synchronous": tr("synchronous"), "asynchronous": tr("asynchronous")}[service.mode]
    yield tr("endpoint"), f"POST {service.path} ({mode})", model.cited(service.source)
    yield tr("regions"), ", ".join(model.regions), ""
    if service.result or service.verdict:
        yield tr("result"), ", ".join((service.result or service.verdict or "", *service.other_results)), ""
    if service.result_days:
        days = service.result_days
        kept = tr("without an end so far") if isinstance(days, str) else tr("{days:g} days", days=days)
        yield tr("kept for"), kept, model.cited(service.source)
    if service.detect:
        yield tr("checked by"), service.detect, ""


def _output(model: Model) -> str:
    output = model.output
    if output is None:
        return ""
    sizes = ", ".join(f"{name}: {width} x {height} px" for name, (width, height) in output.sizes.items())
    size = {"fixed": sizes, "input": tr("the size of the input"), "area": tr("the picture's ratio, with the chosen area")}.get(
        output.size, ""
    )
    several = translated(Interval.parse(output.fps).in_words) if isinstance(output.fps, str) else ""
    rate = f"{several or f'{output.fps:g}'} fps" if output.fps else ""
    rate = ", ".join(f"{name}: {fps:g} fps" for name, fps in output.fps_by.items()) or rate
    sound = tr("silent") if output.sound is False else ""
    longest = tr("up to {seconds:g} s", seconds=output.max_duration) if output.max_duration else ""
    return "; ".join(
        part
        for part in (
            " ".join(filter(None, (output.container, output.video_codec))),
            size,
            rate,
            sound,
            longest,
            translated(output.note or ""),
        )
        if part
    )


def _role(model: Model, role: Role) -> list[tuple[str, str, str]]:
    rows = []
    for name, label in _LIMITS.items():
        limit = getattr(role, name)
        if limit is not None:
            tags = dict.fromkeys(filter(None, (limit.source, limit.safe_source)))
            text = described(limit, role, name)
            text = tr("{limit}, else {error}", limit=text, error=limit.error) if limit.error else text
            rows.append((translated(label), text, "; ".join(model.cited(tag) for tag in tags)))
    for variant in role.variants:
        for name, label in _LIMITS.items():
            limit = getattr(variant, name, None)
            if limit is not None:
                rows.append((translated(label), _when(described(limit, role, name), variant.when), model.cited(limit.source)))
    if role.content:
        rows.append((tr("people"), _content(role.content), model.cited(role.content.source)))
    if role.key_of:
        rows.append((tr("goes with"), tr("{files}, and cannot be given without it", files=alternatives(role.key_of)), ""))
    if role.ignored_when:
        rows.append((tr("ignored when"), _conditions(role.ignored_when), ""))
    if role.note:
        rows.append((tr("note"), translated(role.note), ""))
    return rows


def _content(content: Content) -> str:
    parts = [
        {"one": tr("exactly one face"), "largest": tr("the largest face is used")}.get(content.faces or "", ""),
        {"one": tr("one person"), "any": tr("at least one person")}.get(content.bodies or "", ""),
        tr("framing: {kinds}", kinds=", ".join(content.framing)) if content.framing else "",
        tr("facing the camera") if content.frontal else "",
        tr("from the first frame on") if content.first_frame else "",
        tr("a voice") if content.speech else "",
        translated(content.note or ""),
    ]
    return "; ".join(filter(None, parts))


def _value_rows(model: Model, name: str, known: Parameter) -> Iterator[tuple[str, str, str]]:
    """The rows of a value; for a list, also of the keys of its entries."""
    yield name, _value(known), model.cited(known.source)
    for key, each in known.keys.items():
        yield f"{name}.{key}", _value(each), model.cited(each.source)


def _value(known: Parameter) -> str:
    parts = [
        known.type,
        tr("goes with {files}, one for each file", files=alternatives(known.key_of)) if known.key_of else "",
        tr("required") if known.required and known.filled_by is None else "",
        tr("from {model} where not given", model=known.filled_by) if known.filled_by else "",
        ", ".join(map(_literal, known.choices)) if known.choices else "",
        _range(known),
        tr("or {values}", values=", ".join(map(_literal, known.special_values))) if known.special_values else "",
        *map(_variant, known.variants),
        _length(known),
        tr("ratio {ratios}", ratios=alternatives(known.ratios)) if known.ratios else "",
        tr("default {value}", value=_literal(known.default)) if known.default is not None else "",
        tr("ignored when {conditions}", conditions=_conditions(known.ignored_when)) if known.ignored_when else "",
        translated(known.note or ""),
    ]
    return "; ".join(filter(None, parts))


def _range(known: Parameter) -> str:
    if known.range is None:
        return ""
    allowed = translated(known.interval.in_words)
    return tr("{range} entries", range=allowed) if known.type == "list" else allowed


def _length(known: Parameter) -> str:
    if known.max_length is None:
        return ""
    if known.length_unit == "utf16":
        longest = tr("up to {count} UTF-16 units", count=known.max_length)
    elif known.max_chinese is not None:
        longest = tr("up to {count} characters, {chinese} Chinese ones", count=known.max_length, chinese=known.max_chinese)
    else:
        longest = tr("up to {count} characters", count=known.max_length)
    return tr("{text}, what is longer is cut", text=longest) if known.excess_cut else longest


def _variant(variant: ParameterVariant) -> str:
    need = say("required") if variant.required else say("optional")
    allowed = Interval.parse(variant.range).in_words if variant.range else ", ".join(map(_literal, variant.choices or ()))
    return _when(allowed or need, variant.when)


def _when(text: str, conditions: tuple[Condition, ...]) -> str:
    return tr("{text} when {conditions}", text=text, conditions=_together(conditions))


def _together(conditions: tuple[Condition, ...]) -> str:
    if len(conditions) > 2 and all(condition.given is False for condition in conditions):
        names = (condition.parameter or condition.field or condition.role or "" for condition in conditions)
        return tr("none of {names} is given", names=listed(tuple(names)))
    return listed(tuple(condition.in_words for condition in conditions))


def _literal(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _conditions(conditions: tuple[Condition, ...]) -> str:
    return translated(alternatives(tuple(condition.in_words for condition in conditions)))


def _price(model: Model, price: Price) -> tuple[str, str, str]:
    condition = ", ".join(f"{name} {_literal(value)}" for name, value in price.when.items())
    counted = tr("seconds of {roles} count too", roles=listed(price.counts)) if price.counts else ""
    details = "; ".join(
        filter(
            None,
            (
                condition,
                counted,
                ", ".join(price.regions),
                translated(price.note or ""),
                "" if price.official else tr("not official"),
            ),
        )
    )
    per = translated(_PER[price.per])
    return (
        f"{price.amount:g} {price.currency}",
        f"{per} ({details})" if details else per,
        model.cited(price.source),
    )
