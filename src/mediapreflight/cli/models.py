"""`mediapreflight models`: what each model accepts, as a reference card with its sources."""

from __future__ import annotations

import argparse
import re
import textwrap
from collections.abc import Iterator

import msgspec

from ..catalog import Catalog, Interval, Model, Parameter
from ..catalog.schema import DASHSCOPE, Condition, Content, Group, ParameterVariant, Price, Role, split_tags
from ..errors import UsageError
from ..report.style import Style
from ..text import listed
from . import OK
from .catalogs import add_catalog_argument, catalog_here
from .output import add_output_arguments, style_of, write
from .rule import described

_WIDTH = 110
_LIMITS = {
    "formats": "formats",
    "megabytes": "size",
    "side": "width and height",
    "aspect_ratio": "long / short side",
    "duration": "duration",
    "fps": "frame rate",
    "video_codecs": "video codec",
    "without_alpha": "no alpha in",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `models`."""
    parser.add_argument("id", nargs="?", metavar="ID", help="a model's id or alias; all models where left out")
    parser.add_argument("--provider", metavar="NAME", help="only the models of this provider")
    parser.add_argument("--compare", nargs=2, metavar="ID", help="two models side by side")
    add_catalog_argument(parser)
    add_output_arguments(parser, ("text", "json"))


def run(options: argparse.Namespace) -> int:
    """Print one card, or the list of models."""
    catalog = catalog_here(options.catalog)
    named = options.compare or ([options.id] if options.id else ())
    models = tuple(map(catalog.model, named)) or _offered(catalog, options.provider)
    style = style_of(options)
    if options.output_format == "json":
        pieces = iter([msgspec.json.format(msgspec.json.encode(models), indent=2).decode() + "\n"])
    elif options.compare:
        from .compare import compared

        pieces = compared([model.id for model in models], [sections(model, catalog) for model in models], color=style.color)
    elif options.id is None:
        pieces = _list(models, catalog, style)
    else:
        pieces = _card(models[0], catalog, style)
    write(options, pieces)
    return OK


def _offered(catalog: Catalog, provider: str | None) -> tuple[Model, ...]:
    """All models, or those of one provider. Raises UsageError for a provider that has none."""
    models = catalog.models()
    if provider is None:
        return models
    names = tuple(sorted({model.provider for model in models}))
    if provider not in names:
        raise UsageError(f"no models of provider {provider!r}; there are those of {listed(names)}")
    return tuple(model for model in models if model.provider == provider)


def _list(models: tuple[Model, ...], catalog: Catalog, style: Style) -> Iterator[str]:
    """The models by provider, the one that jobs are sent to first."""
    providers = sorted({model.provider for model in models}, key=lambda name: (name != DASHSCOPE, name))
    width = max(len(model.id) for model in models)
    for provider in providers:
        yield style(catalog.provider(provider).title, "bold", "cyan") + "\n"
        yield from _rows_of([model for model in models if model.provider == provider], width, style)


def _rows_of(models: list[Model], width: int, style: Style) -> Iterator[str]:
    for model in models:
        takes = style(f"takes {inputs(model)}", "dim")
        yield f"{style(f'{model.id:<{width}}', 'bold')}  {model.summary}\n{'':<{width}}  {takes}\n"


def inputs(model: Model) -> str:
    """The inputs that are files, the optional ones in brackets; those that take several files once, with their number."""
    return ", ".join(_in_list(name, role) for name, role in model.roles.items() if role.follows is None)


def _in_list(name: str, role: Role) -> str:
    """A role in a list of inputs: `[reference_image (up to 5)]`, with brackets around the whole if it can be left out."""
    several = f"{name} ({Interval.parse(role.count).in_words})" if role.count else name
    return several if role.required else f"[{several}]"


def _card(model: Model, catalog: Catalog, style: Style) -> Iterator[str]:
    yield f"{style(model.id, 'bold')}  {model.title}\n{model.summary}\n"
    for title, rows in sections(model, catalog):
        yield from _rows(title, rows, style)
    for note in notes(model):
        yield "\n" + textwrap.fill(f"Note: {note}", _WIDTH, break_on_hyphens=False) + "\n"


def sections(model: Model, catalog: Catalog) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """The parts of a card that hold anything: a title, and rows of name, text and sources, which are joined by `; `."""
    values = {**model.fields, **model.parameters}
    parts = [
        ("Terms", _terms(model, catalog)),
        *((_role_title(name, role), _role(model, role)) for name, role in model.roles.items() if not role.follows),
        ("Values", [(name, _value(known), model.source(known.source)) for name, known in values.items()]),
        ("Price", [_price(model, price) for price in model.prices]),
    ]
    return [(title, rows) for title, rows in parts if rows]


def _role_title(name: str, role: Role) -> str:
    need = f"{Interval.parse(role.count).in_words} files" if role.count else "required" if role.required else "optional"
    return f"{name}  ({role.field}; {role.kind}, {need})"


def notes(model: Model) -> tuple[str, ...]:
    """The notes of a card, with their sources in brackets."""
    return tuple(_with_sources(model, note) for note in model.notes)


def _with_sources(model: Model, note: str) -> str:
    """The note with each `(TAG)` of a source spelt out."""

    def spelt_out(found: re.Match[str]) -> str:
        known = all(tag in model.sources for tag in split_tags(found[1]))
        return f"[{model.source(found[1])}]" if known else found[0]

    return re.sub(r"\(([^()]+)\)", spelt_out, note)


def _rows(title: str, rows: list[tuple[str, str, str]], style: Style) -> Iterator[str]:
    """A titled block of name, text and source."""
    yield "\n" + style(title, "bold", "cyan") + "\n"
    width = max(len(name) for name, _, _ in rows)
    for name, text, source in rows:
        hanging = " " * (width + 4)
        wrapped = textwrap.fill(
            text, _WIDTH, initial_indent=hanging, subsequent_indent=hanging, break_on_hyphens=False
        ).removeprefix(hanging)
        tail = f"  {style(f'[{source}]', 'dim')}" if source else ""
        yield f"  {name:<{width}}  {wrapped}{tail}\n"


def _terms(model: Model, catalog: Catalog) -> list[tuple[str, str, str]]:
    rows = [
        ("provider", catalog.provider(model.provider).title, ""),
        *_service(model),
        *[("perhaps", f"{region}: no document says whether it runs there", "") for region in model.unconfirmed_regions],
    ]
    if model.aliases:
        rows.append(("also called", ", ".join(model.aliases), ""))
    if model.role_sets:
        rows.append(("takes one of", model.role_sets.in_words, model.source(model.role_sets.source)))
    rows += [("together", _group(group), model.source(group.source)) for group in model.groups]
    for restriction in model.restrictions:
        offered = f"{restriction.parameter} {', '.join(map(_literal, restriction.choices))} only"
        rows.append((f"in {restriction.region}", offered, model.source(restriction.source)))
    for rate in model.rates:
        tasks = f", {rate.concurrent_tasks} at once" if rate.concurrent_tasks else ""
        rows.append(
            ("rate", f"{rate.requests_per_second:g} a second{tasks} ({', '.join(rate.regions)})", model.source(rate.source))
        )
    if model.output:
        rows.append(("delivers", _output(model), model.source(model.output.source)))
    if model.successor:
        rows.append(("successor", model.successor, ""))
    return rows


def _group(group: Group) -> str:
    limits = {"files": group.count, "s": group.seconds}
    allowed = " and ".join(f"{Interval.parse(limit).in_words} {unit}" for unit, limit in limits.items() if limit)
    names = " + ".join((*group.roles, *([group.and_parameter] if group.and_parameter else ())))
    condition = _together(group.when)
    return f"{names}: {allowed}" + (f", when {condition}" if condition else "")


def _service(model: Model) -> Iterator[tuple[str, str, str]]:
    service = model.service
    if service is None:
        yield "jobs", "are checked and prepared here, and sent with the provider's own tools", ""
        return
    yield "endpoint", f"POST {service.path} ({service.mode})", model.source(service.source)
    yield "regions", ", ".join(model.regions), ""
    if service.result or service.verdict:
        yield "result", f"{service.result or service.verdict}", ""
    if service.detect:
        yield "checked by", service.detect, ""


def _output(model: Model) -> str:
    output = model.output
    if output is None:
        return ""
    sizes = ", ".join(f"{name}: {width} x {height} px" for name, (width, height) in output.sizes.items())
    size = {"fixed": sizes, "input": "the size of the input", "area": "the picture's ratio at the chosen area"}.get(
        output.size, ""
    )
    rate = f"{output.fps:g} fps" if isinstance(output.fps, float) else f"{output.fps} fps" if output.fps else ""
    longest = f"up to {output.max_duration:g} s" if output.max_duration else ""
    return "; ".join(
        part for part in (" ".join(filter(None, (output.container, output.video_codec))), size, rate, longest) if part
    )


def _role(model: Model, role: Role) -> list[tuple[str, str, str]]:
    rows = []
    for name, label in _LIMITS.items():
        limit = getattr(role, name)
        if limit is not None:
            tags = dict.fromkeys(filter(None, (limit.source, limit.safe_source)))
            answer = f", else {limit.error}" if limit.error else ""
            rows.append((label, described(limit, role, name) + answer, "; ".join(model.source(tag) for tag in tags)))
    for variant in role.variants:
        for name, label in _LIMITS.items():
            limit = getattr(variant, name, None)
            if limit is not None:
                text = f"{described(limit, role, name)} when {_together(variant.when)}"
                rows.append((label, text, model.source(limit.source)))
    if role.content:
        rows.append(("content", _content(role.content), model.source(role.content.source)))
    if role.ignored_when:
        rows.append(("ignored when", _conditions(role.ignored_when), ""))
    if role.note:
        rows.append(("note", role.note, ""))
    return rows


def _content(content: Content) -> str:
    parts = [
        {"one": "exactly one face", "largest": "the largest face is used"}.get(content.faces or "", ""),
        "one person" if content.bodies == "one" else "",
        f"framing: {', '.join(content.framing)}" if content.framing else "",
        "facing the camera" if content.frontal else "",
        "from the first frame on" if content.first_frame else "",
        "a voice" if content.speech else "",
        content.note or "",
    ]
    return "; ".join(filter(None, parts))


def _value(known: Parameter) -> str:
    parts = [
        known.type,
        "required" if known.required and known.filled_by is None else "",
        f"from {known.filled_by} where not given" if known.filled_by else "",
        ", ".join(map(_literal, known.choices)) if known.choices else "",
        str(known.interval) if known.range else "",
        f"or {', '.join(map(_literal, known.besides))}" if known.besides else "",
        *map(_variant, known.variants),
        f"up to {known.max_length} characters" if known.max_length else "",
        f"ratio {' or '.join(known.ratios)}" if known.ratios else "",
        f"default {_literal(known.default)}" if known.default is not None else "",
        f"ignored when {_conditions(known.ignored_when)}" if known.ignored_when else "",
        known.note or "",
    ]
    return "; ".join(filter(None, parts))


def _variant(variant: ParameterVariant) -> str:
    values = variant.range or ", ".join(map(_literal, variant.choices or ())) or ("required" if variant.required else "optional")
    return f"{values} when {_together(variant.when)}"


def _together(conditions: tuple[Condition, ...]) -> str:
    return " and ".join(condition.in_words for condition in conditions)


def _literal(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _conditions(conditions: tuple[Condition, ...]) -> str:
    return " or ".join(condition.in_words for condition in conditions)


def _price(model: Model, price: Price) -> tuple[str, str, str]:
    condition = ", ".join(f"{name} {_literal(value)}" for name, value in price.when.items())
    details = "; ".join(filter(None, (condition, ", ".join(price.regions), price.note, "" if price.official else "not official")))
    return (
        f"{price.amount:g} {price.currency}",
        f"a {price.per}" + (f" ({details})" if details else ""),
        model.source(price.source),
    )
