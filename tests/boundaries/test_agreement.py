"""The catalog and the table say the same, figure by figure: what no file shows, and limits that only one of the two has."""

import math

import pytest

from mediapreflight import catalog
from mediapreflight.catalog import Interval, builtin_catalog
from mediapreflight.catalog.schema import Condition, Price, RoleVariant

from .limits import MEBIBYTE, MEGABYTE, Bound, Choice, Entries, Model, Number, Only, Parameter, Switch, Text, Together
from .table import MODELS

PROPERTIES = {
    "pixels": "pixels",
    "short_side": "short_side",
    "side": "side",
    "aspect": "aspect_ratio",
    "duration": "duration",
    "fps": "fps",
}
OTHER_NAMES = {"h265": "hevc"}


every_model = pytest.mark.every("model_id", MODELS)


def pair(model_id: str) -> tuple[catalog.Model, Model]:
    """A model as the catalog has it, and as the table has it."""
    return builtin_catalog().model(model_id), MODELS[model_id]


def test_every_model_of_the_catalog_is_in_the_table() -> None:
    assert set(builtin_catalog().ids()) == set(MODELS)


@every_model
def test_names_and_regions(model_id: str) -> None:
    entry, table = pair(model_id)
    assert set(entry.regions) == (set(table.regions) if table.service else set())
    assert set(table.aliases) <= set(entry.aliases)
    restrictions = {(each.region, each.parameter): tuple(each.choices) for each in entry.restrictions}
    assert restrictions == dict(table.restrictions)


@every_model
def test_inputs_and_their_limits(model_id: str) -> None:
    entry, table = pair(model_id)
    assert {name for name, role in entry.roles.items() if role.follows is None} == table.roles.keys()
    for name, role in table.roles.items():
        found = entry.roles[name]
        assert (found.kind, found.required) == (role.kind, role.required)
        assert (found.uploads, found.base64) == (role.oss, role.base64)
        assert (found.count and count_of(found.count)) == role.count
        assert intervals(found) == {bound.property: ends(bound) for bound in role.bounds if bound.when is None}
        variants = {(conditions(each.when), *figure) for each in found.variants for figure in intervals(each).items()}
        sizes = {f"{each.when[0].equals}={size}" for each in found.variants if each.sizes for size in each.sizes.documented}
        assert sizes | set(found.sizes.documented if found.sizes else ()) == set(role.sizes)
        assert variants == {(bound.when, bound.property, ends(bound)) for bound in role.bounds if bound.when}
        assert formats_of(found.formats) == (set(role.formats), set(role.formats) - set(role.wary_formats))
        assert codecs(found.video_codecs) == {OTHER_NAMES.get(codec, codec) for codec in role.codecs}
        assert codecs(found.without_alpha) == set(role.formats_without_alpha)


def formats_of(formats: catalog.Choices | None) -> tuple[set[str], set[str]]:
    """The documented and the safe formats; no names where none are known."""
    return (set(formats.documented), set(formats.safe_names)) if formats else (set(), set())


def count_of(text: str) -> tuple[int, int]:
    """The least and the most files of an interval as the catalog writes it."""
    interval = Interval.parse(text)
    return int(max(interval.lower, 0)), int(interval.upper)


def intervals(role: catalog.Role | RoleVariant) -> dict[str, tuple[Interval, Interval]]:
    """The documented and the safe range of every number the catalog limits, by the names of the table."""
    limits = {name: getattr(role, attribute or name, None) for name, attribute in PROPERTIES.items()}
    found = {name: (limit.documented_interval, limit.safe_interval) for name, limit in limits.items() if limit is not None}
    if role.megabytes is None:
        return found
    sizes = role.megabytes.documented_interval.scaled(MEBIBYTE), role.megabytes.safe_interval.scaled(MEGABYTE)
    return {**found, "bytes": sizes}


def ends(bound: Bound) -> tuple[Interval, Interval]:
    low, high = -math.inf if bound.low is None else bound.low, math.inf if bound.high is None else bound.high
    safe_low, safe_high = low if bound.safe_low is None else bound.safe_low, high if bound.safe_high is None else bound.safe_high
    opens = (bound.low_open, bound.high_open)
    safe_opens = (
        bound.low_open if bound.safe_low_open is None else bound.safe_low_open,
        bound.high_open if bound.safe_high_open is None else bound.safe_high_open,
    )
    return range_of(low, high, *opens), range_of(safe_low, safe_high, *safe_opens)


def range_of(low: float, high: float, low_open: bool, high_open: bool) -> Interval:
    """An interval; an end that is not there is neither open nor closed."""
    return Interval(low, high, low_open and low > -math.inf, high_open and high < math.inf)


def codecs(choices: catalog.Choices | None) -> set[str]:
    return set(choices.safe_names) if choices else set()


@every_model
def test_parameters_and_fields(model_id: str) -> None:
    entry, table = pair(model_id)
    known = {name for name, value in (entry.parameters | entry.fields).items() if value.follows is None}
    assert known == {*table.parameters, *table.fields, *table.unlimited}
    found = entry.parameters | entry.fields
    for kind, values in (("parameters", table.parameters), ("fields", table.fields)):
        assert {name: figures(getattr(entry, kind)[name]) for name in values} == {
            name: written(value) for name, value in values.items()
        }
    assert {name: figures(found[name]) for name in table.unlimited} == {name: (kind,) for name, kind in table.unlimited.items()}
    assert {name for name, value in found.items() if value.required} == set(table.required_values)


def figures(value: catalog.Parameter) -> tuple[object, ...]:
    """What the catalog says of a value, without what it leaves open."""
    limits = [value.range and Interval.parse(value.range), value.special_values or None, value.choices]
    limits += [value.max_length, value.max_chinese, value.length_unit == "utf16" or None, value.excess_cut or None]
    limits += [{name: figures(each) for name, each in value.keys.items()} or None]
    assert all(each.required for each in value.keys.values())
    return (value.type, *(limit for limit in [*limits, value.default] if limit is not None))


def written(value: Parameter) -> tuple[object, ...]:
    """The same of the table."""
    match value:
        case Entries():
            keys = {name: written(each) if each else ("string",) for name, each in value.keys}
            parts = ["list", Interval(value.least, value.most), value.values or None, keys or None]
        case Number():
            range = range_of(value.low, math.inf if value.high is None else value.high, False, False)
            parts = ["integer" if value.integer else "number", range, value.special_values or None, value.default]
        case Choice():
            parts = ["string" if isinstance(value.values[0], str) else "integer", value.values, value.default]
        case Switch():
            parts = ["boolean", value.default]
        case Only():
            parts = ["boolean", (value.value,)]
        case Text():
            parts = ["string", value.most, value.most_chinese, value.utf16 or None, value.beyond == "warning" or None]
    return tuple(part for part in parts if part is not None)


@every_model
def test_what_depends_on_inputs_and_values(model_id: str) -> None:
    entry, table = pair(model_id)
    values = entry.parameters | entry.fields
    found = {
        (name, conditions(variant.when), variant.range and Interval.parse(variant.range), variant.choices)
        for name, value in values.items()
        for variant in value.variants
        if variant.required is None
    }
    assert found == {
        (name, when, range_in(value), value.values if isinstance(value, Choice) else only(value))
        for name, cases in table.depending.items()
        for when, value in cases
    }
    required = {(name, conditions(each.when)) for name, value in values.items() for each in value.variants if each.required}
    assert required == {(name, when) for name, cases in table.required_when.items() for when in cases}
    for name, cases in table.ignored.items():
        assert {conditions((each,)) for each in values[name].ignored_when} == set(cases)


def range_in(value: Parameter) -> Interval | None:
    if isinstance(value, Entries):
        return Interval(value.least, value.most)
    return Interval(value.low, math.inf if value.high is None else value.high) if isinstance(value, Number) else None


def only(value: Parameter) -> tuple[bool, ...] | None:
    return (value.value,) if isinstance(value, Only) else None


def conditions(when: tuple[Condition, ...]) -> str:
    """Conditions as the table writes them."""
    return " + ".join(
        f"as {each.given_as}"
        if each.given_as is not None
        else f"{each.parameter or each.field}={each.equals}"
        if each.given is None
        else f"{'' if each.given else 'no '}{each.role or each.field}"
        for each in when
    )


@every_model
def test_inputs_that_are_sent_with_files(model_id: str) -> None:
    entry, table = pair(model_id)
    inputs = [*entry.roles.items(), *entry.fields.items()]
    assert {name: each.key_of for name, each in inputs if each.key_of and each.follows is None} == table.keys_of
    assert bool(entry.role_sets and entry.role_sets.variants) == bool(table.sets_when)


@every_model
def test_files_together(model_id: str) -> None:
    entry, table = pair(model_id)
    found = {
        Together(
            group.roles,
            group.count and count_of(group.count),  # type: ignore[arg-type]
            group.seconds and int(Interval.parse(group.seconds).upper),  # type: ignore[arg-type]
            group.and_parameter,
            conditions(group.when) or None,
        )
        for group in entry.groups
    }
    assert found == set(table.together)


@every_model
def test_files_that_agree_and_requests(model_id: str) -> None:
    entry, table = pair(model_id)
    found = {(each.roles, each.same, each.quotient and Interval.parse(each.quotient).upper) for each in entry.pairs.matches}
    assert found == {((each.first, each.second), each.same, each.factor) for each in table.alike}
    limit = entry.request_megabytes
    assert (limit and limit.documented_interval.upper) == table.request


@every_model
def test_service(model_id: str) -> None:
    entry, table = pair(model_id)
    service, expected = entry.service, table.service
    if service is None or expected is None:
        assert (service, expected, entry.rates, entry.unconfirmed_regions) == (None, None, (), ())
        return
    assert (service.path, service.result, service.extra_states) == (expected.path, expected.result, expected.states)
    assert service.mode == ("asynchronous" if expected.result else "synchronous")
    assert entry.unconfirmed_regions == expected.unconfirmed
    if expected.per_second is None:
        assert entry.rates == ()
        return
    (rates,) = entry.rates
    assert (rates.requests_per_second, rates.concurrent_tasks) == (expected.per_second, expected.at_once)
    assert set(rates.regions) == set(entry.regions) - set(expected.unrated)


@every_model
def test_prices(model_id: str) -> None:
    entry, table = pair(model_id)
    assert sorted(map(price_text, entry.prices)) == sorted(table.service.prices if table.service else ())


def price_text(price: Price) -> str:
    amount = f"{price.amount:g}" if price.amount >= 1 else repr(price.amount)
    conditions = (f"{name}={value}" for name, value in price.when.items())
    return " ".join([price.currency, amount, price.per, *conditions, *([] if price.official else ["*"])])
