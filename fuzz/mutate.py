"""Changes that turn a good input into a hostile one. Everything random comes from the generator that is handed in."""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Callable, Sequence
from typing import Any

from .structure import Node, syntax_of

# A mutator makes a new input out of one; `others` are inputs of the same sort to take pieces from.
Mutator = Callable[[bytes, random.Random, Sequence[bytes]], bytes]

MAX_BYTES = 2**20
_POWERS = (7, 8, 15, 16, 24, 31, 32, 44, 48, 62, 63, 64)
_NUMBERS = tuple(sorted({2**power + near for power in _POWERS for near in (-1, 0, 1)}))
_SMALL_NUMBERS = (0, 1, 2, 3, 4, 8, 16, 100, 255, 1000, 65_535, 80_000_000)
_STRUCTURED_SHARE = 0.6


def media(data: bytes, rng: random.Random, others: Sequence[bytes]) -> bytes:
    """A picture, video or recording, changed in its parts where it has some, and in its bytes."""
    syntax = syntax_of(data)
    if syntax is not None and rng.random() < _STRUCTURED_SHARE:
        nodes = syntax.parse(data)
        other = rng.choice(others)
        donors = syntax.parse(other) if syntax_of(other) is syntax else nodes
        for _ in range(_few(rng)):
            _change_tree(nodes, rng, donors, syntax.tags)
        data = syntax.build(nodes)
        if rng.random() < 0.7:
            return data[:MAX_BYTES]
    return raw(data, rng, others)


def raw(data: bytes, rng: random.Random, others: Sequence[bytes]) -> bytes:
    """Any bytes, changed without knowing what they mean."""
    changed = bytearray(data)
    for _ in range(_few(rng)):
        rng.choice(_RAW)(changed, rng, others)
    return bytes(changed[:MAX_BYTES])


def text(data: bytes, rng: random.Random, others: Sequence[bytes]) -> bytes:
    """TOML, CSV and the like: words and lines changed, and now and then bytes."""
    if rng.random() < 0.1:
        return raw(data, rng, others)
    words = _words(data)
    for _ in range(_few(rng)):
        _change_words(words, rng, others)
    return b"".join(words)[:MAX_BYTES]


def json_lines(data: bytes, rng: random.Random, others: Sequence[bytes]) -> bytes:
    """JSON, one value a line or one in all: values replaced, moved, nested and left out."""
    if rng.random() < 0.15:
        return text(data, rng, others)
    try:
        values = [json.loads(line) for line in _documents(data)]
        for _ in range(_few(rng)):
            index = rng.randrange(len(values)) if values else 0
            values[index : index + 1] = [_changed_value(value, rng, 0) for value in values[index : index + 1]]
        lines = [json.dumps(value, ensure_ascii=rng.random() < 0.5) for value in values]
    except (ValueError, RecursionError):
        # No JSON, or what earlier mutations have nested too deeply.
        return raw(data, rng, others)
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def http(data: bytes, rng: random.Random, others: Sequence[bytes]) -> bytes:
    """An answer as `targets.http_answer` reads it: head and body changed each in its own way."""
    head, _, body = data.partition(b"\n\n")
    if rng.random() < 0.3:
        head = text(head, rng, others)
    bodies = [other.partition(b"\n\n")[2] for other in others]
    return head + b"\n\n" + (json_lines(body, rng, bodies) if rng.random() < 0.9 else raw(body, rng, bodies))


def _few(rng: random.Random) -> int:
    return 1 + min(int(rng.expovariate(0.7)), 12)


# --- bytes


def _flip(data: bytearray, rng: random.Random, others: Sequence[bytes]) -> None:
    if data:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _near_start(data: bytearray, rng: random.Random, others: Sequence[bytes]) -> None:
    if data:
        data[int(min(rng.expovariate(1 / 40), len(data) - 1))] = rng.choice((0, 1, 127, 128, 254, 255, rng.randrange(256)))


def _number(data: bytearray, rng: random.Random, others: Sequence[bytes]) -> None:
    width = rng.choice((1, 2, 4, 4, 8))
    if len(data) >= width:
        at = rng.randrange(len(data) - width + 1)
        if rng.random() < 0.3:
            at = min(at, int(rng.expovariate(1 / 100)))
        data[at : at + width] = _some_number(rng).to_bytes(16, rng.choice(("big", "little")))[-width:]


def _some_number(rng: random.Random) -> int:
    return rng.choice(_SMALL_NUMBERS if rng.random() < 0.5 else _NUMBERS)


def _span(data: Sequence[Any], rng: random.Random) -> slice:
    start = rng.randrange(len(data) + 1)
    return slice(start, start + 1 + int(rng.expovariate(1 / rng.choice((2, 30, 2000)))))


def _remove(data: bytearray, rng: random.Random, others: Sequence[bytes]) -> None:
    del data[_span(data, rng)]


def _repeat(data: bytearray, rng: random.Random, others: Sequence[bytes]) -> None:
    span = _span(data, rng)
    data[span.start : span.start] = data[span] * rng.choice((1, 1, 2, 50))


def _splice(data: bytearray, rng: random.Random, others: Sequence[bytes]) -> None:
    other = rng.choice(others)
    data[_span(data, rng)] = other[_span(other, rng)]


def _cut(data: bytearray, rng: random.Random, others: Sequence[bytes]) -> None:
    del data[rng.randrange(len(data) + 1) :]


def _noise(data: bytearray, rng: random.Random, others: Sequence[bytes]) -> None:
    span = _span(data, rng)
    data[span] = rng.randbytes(len(data[span]))


_RAW = (_flip, _flip, _near_start, _number, _number, _number, _remove, _repeat, _splice, _cut, _noise)


# --- trees


def _change_tree(nodes: list[Node], rng: random.Random, donors: list[Node], tags: tuple[bytes, ...]) -> None:
    everything = [node for top in nodes for node in top.all()]
    families = [family for family in (nodes, *(node.parts for node in everything)) if family]
    if not families:
        return
    siblings = rng.choice(families)
    place = rng.randrange(len(siblings))
    node = siblings[place]
    match rng.randrange(12):
        case 0:
            del siblings[place]
        case 1:
            siblings.insert(place, copy.deepcopy(node))
        case 2:
            siblings.insert(rng.randrange(len(siblings)), siblings.pop(place))
        case 3:
            node.tag = rng.choice(tags)
        case 4:
            lie = _some_number(rng)
            # A length counts for nothing where those of the parts around it contradict it.
            around = [each for each in everything if each.parts and any(below is node for below in each.all())]
            for each in (node, *(around if rng.random() < 0.5 else ())):
                each.lie = lie
        case 5:
            siblings.insert(place, copy.deepcopy(rng.choice([each for top in donors for each in top.all()] or [node])))
        case 6 if node.parts is None:
            node.body = (node.body * rng.choice((2, 3, 40)))[:MAX_BYTES]
        case 7 if node.prefix:
            node.prefix = raw(node.prefix, rng, [node.prefix])
        case _ if node.parts is None:
            body = bytearray(node.body)
            for _ in range(_few(rng)):
                rng.choice((_number, _number, _flip, _near_start, _remove, _noise, _repeat))(body, rng, [node.body])
            node.body = bytes(body[:MAX_BYTES])


# --- words and values

_WORD = re.compile(rb"[A-Za-z0-9_.+-]+|\s+|.", re.DOTALL)
_ODD_WORDS = (
    *(str(number).encode() for number in (*_NUMBERS, -1, 0, -0.0, 1e308, -1e-308)),
    *b'1e999 -1e999 nan inf -inf 0x7fffffff 1_000 true false null [] {} \'\' "" """'.split(),
    *b"# = , . [[ ]] ; : * ** ? ! \\ / $ % @ &".split(),
    b"9" * 5000,
    b"[" * 3000,
    b"{" * 3000,
    b"a." * 3000,
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\r",
    b"\r\n",
    b"\x1b[31m",
    b"\xed\xa0\x80",
    b"\\ud800",
    b"\\x",
    b"../../../etc/passwd",
    b"file:///etc/passwd",
    b"http://[::1",
    b"https://\xe2\x84\xab.example:99999/a b",
    b"1979-05-27T07:32:00Z",
    b"00:00:60",
    b">= 1e400",
    b"[2, 1]",
    b"(1, 1)",
)


def _words(data: bytes) -> list[bytes]:
    return _WORD.findall(data)


def _change_words(words: list[bytes], rng: random.Random, others: Sequence[bytes]) -> None:
    place = rng.randrange(len(words) + 1)
    match rng.randrange(8):
        case 0:
            del words[place : place + rng.choice((1, 1, 2, 5, 40))]
        case 1:
            words[place:place] = words[_span(words, rng)][:50] * rng.choice((1, 1, 2, 20))
        case 2:
            words[place : place + 1] = [rng.choice(_ODD_WORDS)]
        case 3:
            words.insert(place, rng.choice(_ODD_WORDS))
        case 4:
            words[place : place + 1] = [rng.choice(words)] if words else []
        case 5:
            donor = _words(rng.choice(others))
            words[place:place] = donor[_span(donor, rng)][:100]
        case 6 if place < len(words) and words[place]:
            word = bytearray(words[place])
            word[rng.randrange(len(word))] = rng.randrange(256)
            words[place] = bytes(word)
        case _ if len(words) > 1:
            there = rng.randrange(len(words))
            words[place : place + 1], words[there] = [words[there]], words[min(place, len(words) - 1)]


def _documents(data: bytes) -> list[str]:
    decoded = data.decode("utf-8", "surrogateescape")
    try:
        json.loads(decoded)
    except ValueError:
        return [line for line in decoded.split("\n") if line.strip()]
    return [decoded]


_ODD_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 0.5, -0.0, 1e308, float("inf"), float("nan"), 2**63, -(2**64), 10**400),
    *("", " ", "0", "-1", "1e999", "nan", "\x00", "\ud800", "\U0010ffff", "a" * 5000, "9" * 5000, "\x1b[31m", "a\nb", "%s%n"),
    *("{0}", "../../x", "file:///etc/passwd", "http://", "http://[::1", "https://h:99999/", "https://a b/", "oss://x", "data:,"),
    *(
        "2026-03-15 10:20:30.123",
        "9999-12-31 23:59:59.999",
        "0001-01-01T00:00:00+23:59",
        "SUCCEEDED",
        "FAILED",
        "UNKNOWN",
        "emo-v1",
    ),
    *([], {}, [[]], [None], [0, 0, 1, 1], [1e400, 0, 0, 0], {"code": "InternalError"}, {"": ""}, [1] * 1000),
)


def _changed_value(value: Any, rng: random.Random, depth: int) -> Any:
    if isinstance(value, dict) and value and rng.random() < 0.85:
        name = rng.choice(list(value))
        match rng.randrange(8):
            case 0:
                return {key: item for key, item in value.items() if key != name}
            case 1:
                return {(rng.choice(_KEYS) if key == name else key): item for key, item in value.items()}
            case 2:
                return {**value, rng.choice(_KEYS): rng.choice(_ODD_VALUES)}
            case _:
                return {**value, name: _changed_value(value[name], rng, depth + 1)}
    if isinstance(value, list) and value and rng.random() < 0.8:
        place = rng.randrange(len(value))
        match rng.randrange(4):
            case 0:
                return value[:place] + value[place + 1 :]
            case 1:
                return [*value[:place], value[place], *value[place:]]
            case _:
                return [*value[:place], _changed_value(value[place], rng, depth + 1), *value[place + 1 :]]
    if isinstance(value, str) and rng.random() < 0.4:
        return raw(value.encode("utf-8", "surrogatepass"), rng, [b"x"]).decode("utf-8", "surrogateescape")
    if rng.random() < 0.05:
        for _ in range(rng.choice((3, 50, 500))):
            value = [value]
        return value
    return rng.choice(_ODD_VALUES)


_KEYS = (
    *("", " ", "model", "input", "parameters", "output", "usage", "code", "message", "request_id", "data", "error", "region"),
    *("parameters.", "parameters.x", "whole", "self", "__class__", "task_id", "face_bbox", "prompt", "media", "\x00", "\ud800"),
)
