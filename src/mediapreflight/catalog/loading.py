"""Load catalog files as validated models: parse, inherit and convert. Errors name file, key and line."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from ..errors import CatalogError, ConfigError, did_you_mean
from ..language import say
from ..media.formats import FORMATS
from ..named_files import MOST_TABLE_BYTES, NotReadError, read_text
from .interval import Interval
from .schema import OWN_KEYS, Model, Parameter, Provider, Role, RoleVariant, Source, numbered
from .strings import What, sources_named, strings

TOO_LONG_NUMBER = say("contains a number with too many digits")
# Python does not parse whole numbers with more digits (sys.int_info.default_max_str_digits).
_WINDOWS_PATH = r"\"[A-Za-z]:\\"
_LONG_NUMBER = r"[\d_]{4301}"
# The deepest nesting that is read. Catalog files, configurations and jobs need eight.
_MOST_LEVELS = 32
T = TypeVar("T")
Key = tuple[str, ...]
Failure = type[CatalogError] | type[ConfigError]

_KEYED_TABLES: dict[str, type] = {"roles": Role, "fields": Parameter, "parameters": Parameter, "sources": Source}
# msgspec names the place as a path in which the keys of a dict are `[...]`, and a bad key as "`key` in" the path of its dict.
_PLACE = r"(?s)^(?P<what>.*?)(?: - at (?:`key` in )?`(?P<path>[^`]*)`)?$"
_UNKNOWN = r"unknown field `([^`]+)`|Invalid enum value '([^']+)' - at `key`"

_WORD = r"""(?:[\w-]+|"[^"]*"|'[^']*')"""
_DOTTED = rf"{_WORD}(?:\s*\.\s*{_WORD})*"
_HEADER = rf"\s*(?P<open>\[\[?)\s*(?P<key>{_DOTTED})\s*\]\]?\s*(?:#.*)?"
_ASSIGNMENT = rf"\s*(?P<key>{_DOTTED})\s*="


class TomlError(ValueError):
    """Text that is not TOML.

    Attributes:
        line: where, or None.
    """

    def __init__(self, message: str, line: int | None = None) -> None:
        self.line = line
        super().__init__(message)


def toml_table(text: str) -> dict[str, Any]:
    """TOML as plain values. Raises TomlError."""
    import tomllib

    try:
        return tomllib.loads(text)
    except RecursionError:
        raise TomlError(say("is nested too deeply")) from None
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\(at line (\d+), column \d+\)", str(error))
        message = re.sub(r"\s*\(at .*\)$", "", str(error))
        line, said = int(found[1]) if found else None, message[:1].lower() + message[1:]
        if line and re.search(_WINDOWS_PATH, text.split("\n")[line - 1]):
            said = say("{message}; write a path with backslashes in single quotes", message=said)
        raise TomlError(said, line) from None
    except ValueError:
        long = (number for number, line in enumerate(text.split("\n"), start=1) if re.search(_LONG_NUMBER, line))
        raise TomlError(TOO_LONG_NUMBER, next(long, None)) from None


def read_table(path: Path, failure: Failure = CatalogError) -> dict[str, Any]:
    """A TOML file as plain values. Raises an error with the line if it cannot be read."""
    try:
        table = toml_table(read_text(path, MOST_TABLE_BYTES))
    except NotReadError as error:
        raise failure(str(path), str(error)) from None
    except TomlError as error:
        raise failure(str(path), str(error), line=error.line) from None
    if is_nested_too_deeply(table):
        raise failure(str(path), "is nested too deeply")
    return table


def is_nested_too_deeply(value: object) -> bool:
    """Whether tables and lists are nested deeper than any real file, and deeper than the code that writes reports can follow."""
    level = [value]
    for _ in range(_MOST_LEVELS):
        level = [inner for each in level if isinstance(each, dict | list) for inner in _inside(each)]
        if not level:
            return False
    return True


def not_in_json(value: object, key: Key = ()) -> Iterator[tuple[Key, str]]:
    """Values that JSON cannot express, at any depth: the key, and what is wrong. List items count from 0."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from not_in_json(inner, (*key, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from not_in_json(inner, (*key, str(index)))
    elif isinstance(value, float) and not math.isfinite(value):
        yield key, say("{value} is not a number in JSON", value=value)
    elif not isinstance(value, str | int | float | None):
        yield key, say("{value} is a date or a time, which JSON does not have; write it as text, in quotes", value=value)


def _inside(value: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value


def merged(base: Mapping[str, Any], override: Mapping[str, Any]) -> dict[str, Any]:
    """`base` merged with `override`: tables merge key by key, every other value is replaced."""
    result = dict(base)
    for key, value in override.items():
        below = result.get(key)
        result[key] = merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return result


def model_from(table: Mapping[str, Any], paths: tuple[Path, ...], provider: Provider, model_ids: Collection[str]) -> Model:
    """A validated model.

    `paths`: the file of the entry, then the files it extends, nearest first. `provider`: whose sources its tags name; the
    entry's own come on top. `model_ids`: the models that it may name. Raises CatalogError naming file, key and line.
    """
    for key, fault in not_in_json(table):
        raise fault_at(paths, key, fault)
    plain = {key: value for key, value in table.items() if key not in _KEYED_TABLES}
    for name, kind in _KEYED_TABLES.items():
        entries = table.get(name, {})
        if not isinstance(entries, dict):
            raise fault_at(paths, (name,), say("must be a table"))
        plain[name] = {key: convert(value, kind, paths, (name, key)) for key, value in entries.items()}
    model = convert(plain, Model, paths)
    if not model.roles:
        raise fault_at(paths, ("roles",), say("a model takes at least one file"))
    _check_formats(model.roles, paths)
    _check_ends(model.roles, paths)
    fields = dict(_keys_one_by_one(model.fields, model.roles))
    model = msgspec.structs.replace(model, roles=dict(_one_by_one(model.roles, paths)), fields=fields)
    if provider.terms is None:
        # The temporary storage is that of the provider to which jobs are sent.
        roles = {name: msgspec.structs.replace(role, uploads=False) for name, role in model.roles.items()}
        model = msgspec.structs.replace(model, roles=roles)
        if model.service is not None:
            raise fault_at(
                paths, ("service",), say("jobs cannot be sent to {provider}: leave the table out", provider=model.provider)
            )
    elif not model.regions:
        raise fault_at(paths, ("regions",), say("a model runs in at least one region"))
    _check_own_names(model, paths)
    _check_strings(model, provider, model_ids, paths)
    return msgspec.structs.replace(model, sources={**provider.sources, **model.sources})


def _check_strings(model: Model, provider: Provider, model_ids: Collection[str], paths: tuple[Path, ...]) -> None:
    """Raises for a string that may not be what it is, or that names something that is not there."""
    known: dict[What, Collection[str]] = {
        "source": {**provider.sources, **model.sources},
        "model": model_ids,
        "role": model.roles,
        "field": model.fields,
        "parameter": model.parameters,
        "input": {**model.roles, **model.fields},
    }
    if provider.terms is not None:
        known["region"] = provider.terms.hosts
    for key, text, sort in strings(model):
        if not sort.takes(text):
            raise fault_at(paths, key, sort.refusal(text))
        if sort.names is None or sort.names not in known:
            continue
        for name in sort.named(text):
            if name not in known[sort.names]:
                raise fault_at(paths, key, _unknown(sort.names, name, known[sort.names]))


def _unknown(what: What, name: str, known: Collection[str]) -> str:
    if what == "source":
        return say("source {tag!r} is not defined", tag=name)
    if what == "region":
        return say("unknown region {region!r}; regions are {known}", region=name, known=", ".join(known))
    if what == "model":
        import difflib

        close = did_you_mean(tuple(difflib.get_close_matches(name, known, n=1)))
        return say("names the unknown model {name!r}{close}", name=name, close=close)
    return say("names the unknown {kind} {name!r}", kind=what, name=name)


def _check_formats(roles: Mapping[str, Role], paths: tuple[Path, ...]) -> None:
    """Raises for a format name that is not known: such a limit would refuse every file."""
    for name, role in roles.items():
        for key, choices in (("formats", role.formats), ("without_alpha", role.without_alpha)):
            for format in choices.documented if choices else ():
                if format not in FORMATS:
                    close = tuple(known for known, each in FORMATS.items() if format.lower() in each.extensions)
                    unknown = say("unknown format {format!r}{close}", format=format, close=did_you_mean(close))
                    raise fault_at(paths, ("roles", name, key), unknown)


def _check_ends(roles: Mapping[str, Role], paths: tuple[Path, ...]) -> None:
    """Raises for a lower end of a limit that is only checked from above: it would have no effect."""
    for name, role in roles.items():
        parts: list[tuple[Key, Role | RoleVariant]] = [(("roles", name), role)]
        parts += ((("roles", name, "variants"), variant) for variant in role.variants)
        for place, each in parts:
            for key, limit, least in (("megabytes", each.megabytes, 0), ("aspect_ratio", each.aspect_ratio, 1)):
                for interval in (Interval.parse(text) for text in (limit.documented, limit.safe) if text) if limit else ():
                    if interval.is_below(least + 1e-9):
                        raise fault_at(
                            paths, (*place, key), say("this limit is only checked from above: give only the upper end")
                        )


def _one_by_one(roles: Mapping[str, Role], paths: tuple[Path, ...]) -> Iterator[tuple[str, Role]]:
    """The roles; a role that takes several files becomes one role per file."""
    for name, role in roles.items():
        if role.follows is not None:
            raise fault_at(paths, ("roles", name, "follows"), say("is set by `count`"))
        if role.count is None:
            yield name, role
            continue
        count = Interval.parse(role.count)
        for number in range(1, int(count.upper) + 1):
            own = numbered(name, number)
            if number > 1 and own in roles:
                raise fault_at(paths, ("roles", own), say("is the name of file {number} of {role}", number=number, role=name))
            yield (
                own,
                msgspec.structs.replace(
                    role,
                    required=number <= count.lower,
                    follows=None if own == name else name,
                    key_of=tuple(numbered(other, number) for other in role.key_of),
                    variants=tuple(_of_file(variant, name, own) for variant in role.variants),
                ),
            )


def _of_file(variant: RoleVariant, role: str, own: str) -> RoleVariant:
    """The variant for one file of a role: its conditions are about this file, not about the first one."""
    when = (
        msgspec.structs.replace(each, role=own) if each.given_as is not None and each.role == role else each
        for each in variant.when
    )
    return msgspec.structs.replace(variant, when=tuple(when))


def _keys_one_by_one(fields: Mapping[str, Parameter], roles: Mapping[str, Role]) -> Iterator[tuple[str, Parameter]]:
    """The fields; a field that is a key of a role with several files becomes one field per file."""
    for name, field in fields.items():
        yield name, field
        several = [count for other in field.key_of if other in roles and (count := roles[other].count)]
        for number in range(2, int(Interval.parse(several[0]).upper) + 1 if several else 0):
            key_of = tuple(numbered(other, number) for other in field.key_of)
            yield numbered(name, number), msgspec.structs.replace(field, follows=name, key_of=key_of)


def provider_from(table: Mapping[str, Any], path: Path) -> Provider:
    """A validated provider."""
    provider = convert(table, Provider, (path,))
    for key, tag in sources_named(provider):
        if tag not in provider.sources:
            raise fault_at((path,), key, _unknown("source", tag, provider.sources))
    if provider.terms is not None:
        choices, hosts = provider.terms.upload_regions, provider.terms.hosts
        for region in (*choices.documented, *choices.safe_names):
            if region not in hosts:
                raise fault_at((path,), ("terms", "upload_regions"), _unknown("region", region, hosts))
    return provider


def convert(value: object, kind: type[T], paths: tuple[Path, ...], key: Key = (), failure: Failure = CatalogError) -> T:
    """`value` as `kind`; raises the failure, naming file, key and line."""
    try:
        return msgspec.convert(value, kind, from_attributes=True)
    except msgspec.ValidationError as error:
        found = re.match(_PLACE, str(error))
        inner = re.findall(r"[\w-]+", (found and found["path"]) or "")
        unknown = re.search(_UNKNOWN, str(error))
        culprit = () if unknown is None else (unknown[1] or unknown[2],)
        raise fault_at(paths, (*key, *inner, *culprit), found["what"] if found else str(error), failure) from None


def _check_own_names(model: Model, paths: tuple[Path, ...]) -> None:
    """Raises for an input with a name that no job can use."""
    for table in ("roles", "fields"):
        for name in getattr(model, table):
            if name in OWN_KEYS:
                fault = say("{name!r} is a setting of every job, and cannot be the name of an input", name=name)
                raise fault_at(paths, (table, name), fault)
            if table == "fields" and name in model.roles:
                raise fault_at(paths, (table, name), say("is also the name of a role; give the field another name"))
    for name, field in model.fields.items():
        if field.type == "list" and not field.keys:
            # In a job, a list of texts would be read as a list of files.
            raise fault_at(paths, ("fields", name, "type"), say("a list of texts can only be a parameter"))


def fault_at(paths: tuple[Path, ...], key: Key, message: str, failure: Failure = CatalogError) -> CatalogError | ConfigError:
    """The error, at the file and line that define the key most closely; the nearest file where several do."""
    found = [(path, definition) for path in paths if (definition := _definition(path, key))]
    path, (_, line) = max(found, key=lambda item: item[1][0], default=(paths[0], (0, None)))
    return failure(str(path), message[:1].lower() + message[1:], key=dotted(key) or None, line=line)


def line_of(path: Path, key: Key) -> int | None:
    """The line that defines `key`, or its nearest ancestor that has a line. List items count from 0."""
    definition = _definition(path, key)
    return definition[1] if definition else None


def _definition(path: Path, key: Key) -> tuple[int, int | None] | None:
    """How many parts of the key the file defines, and the line. tomllib keeps no positions, hence this reading of the text."""
    best: tuple[int, int | None] | None = None
    for number, here in _keys(path):
        depth = len(here)
        if here == key[:depth] and (best is None or depth > best[0]):
            best = (depth, number)
    return best


def _keys(path: Path) -> Iterator[tuple[int, Key]]:
    """Each line that defines a key, with the whole key."""
    table: Key = ()
    items: Counter[Key] = Counter()
    for number, line in enumerate(_lines(path), start=1):
        if header := re.fullmatch(_HEADER, line):
            table = _with_items(_key_parts(header["key"]), items, whole=header["open"] == "[")
            if header["open"] == "[[":
                items[table] += 1
                table = (*table, str(items[table] - 1))
            yield number, table
        elif assignment := re.match(_ASSIGNMENT, line):
            yield number, (*table, *_key_parts(assignment["key"]))


def _with_items(parts: Key, items: Mapping[Key, int], *, whole: bool) -> Key:
    """The key with the index of the current item after each list on the way; `whole`: the key itself may be such a list."""
    key: Key = ()
    for index, part in enumerate(parts, start=1):
        key = (*key, part)
        if items.get(key) and (whole or index < len(parts)):
            key = (*key, str(items[key] - 1))
    return key


def _key_parts(dotted: str) -> Key:
    return tuple(part.strip("\"'") for part in re.findall(_WORD, dotted))


def dotted(key: Key) -> str:
    """A key as people write it: `prices[3].amount`."""
    return "".join(f"[{part}]" if part.isdigit() else f".{part}" for part in key).removeprefix(".")


def _lines(path: Path) -> list[str]:
    try:
        return read_text(path, MOST_TABLE_BYTES).split("\n")
    except NotReadError:
        return []
