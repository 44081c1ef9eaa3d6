"""JPEGs that no writer at hand makes: of any sampling, by hand, in flat blocks."""

import random
import re
import struct

from PIL import Image

from ..make import encoded, jpeg_segment, picture

FRAME, TABLES, QUANTIZERS, SCAN = 0xC0, 0xC4, 0xDB, 0xDA
Sampling = tuple[tuple[int, int], ...]


def segments(jpeg: bytes) -> list[tuple[int, int]]:
    """Marker and place of each segment up to the scan, the scan's header included."""
    found, at = [], 2
    while not found or found[-1][0] != SCAN:
        found.append((jpeg[at + 1], at))
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
    return found


def data_at(jpeg: bytes) -> int:
    """Where the data of the first scan begin."""
    at = segments(jpeg)[-1][1]
    return at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")


def restarts(jpeg: bytes) -> list[int]:
    """Where the restart markers stand."""
    start = data_at(jpeg)
    return [start + found.start() for found in re.finditer(rb"\xff[\xd0-\xd7]", jpeg[start:])]


def of_sampling(sampling: Sampling, size: tuple[int, int] = (200, 120), *, seed: int = 1) -> bytes:
    """A picture of flat blocks of random brightness and colour; the last of each unit has values of every length."""
    model = encoded(picture("RGB" if len(sampling) > 1 else "L"), "JPEG")
    copied = b"".join(_whole(model, at) for marker, at in segments(model) if marker in (TABLES, QUANTIZERS))
    coder = _Coder(model, random.Random(seed))
    across, down = (max(factors) for factors in zip(*sampling, strict=True))
    units = -(-size[0] // (8 * across)) * -(-size[1] // (8 * down))
    for _ in range(units):
        for component, (horizontal, vertical) in enumerate(sampling):
            for _ in range(horizontal * vertical):
                coder.block(min(component, 1))
    parts = [(number, horizontal << 4 | vertical, min(number, 1)) for number, (horizontal, vertical) in enumerate(sampling)]
    frame = struct.pack(">BHHB", 8, size[1], size[0], len(sampling)) + bytes(sum(parts, ()))
    scan = bytes((len(sampling), *sum(((number, 0x11 * table) for number, _, table in parts), ()), 0, 63, 0))
    return b"\xff\xd8" + copied + jpeg_segment(FRAME, frame) + jpeg_segment(SCAN, scan) + coder.data() + b"\xff\xd9"


def _whole(jpeg: bytes, at: int) -> bytes:
    return jpeg[at : at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")]


class _Coder:
    """Writes blocks with the tables of a JPEG of Pillow's."""

    def __init__(self, model: bytes, dice: random.Random) -> None:
        self._codes = {}
        for marker, at in segments(model):
            if marker == TABLES:
                table = _whole(model, at)[4:]
                self._codes[table[0]] = _codes(table[1:17], table[17:])
        self._dice = dice
        self._bits: list[str] = []

    def block(self, table: int) -> None:
        """A block whose first value differs from the one before, and that holds one more now and then."""
        self._value(self._codes[table], 0, self._dice.randint(-40, 40))
        if self._dice.random() < 0.3:
            self._value(self._codes[16 + table], self._dice.randrange(15) << 4, self._dice.choice((-9, -1, 1, 5)))
        self._bits.append(self._codes[16 + table][0])

    def _value(self, codes: dict[int, str], run: int, value: int) -> None:
        length = abs(value).bit_length()
        self._bits.append(codes[run | length])
        if length:
            self._bits.append(f"{value if value > 0 else value + (1 << length) - 1:0{length}b}")

    def data(self) -> bytes:
        bits = "".join(self._bits)
        bits += "1" * (-len(bits) % 8)
        return int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\x00")


def _codes(counts: bytes, symbols: bytes) -> dict[int, str]:
    codes, code, following = {}, 0, iter(symbols)
    for length, count in enumerate(counts, start=1):
        for _ in range(count):
            codes[next(following)] = f"{code:0{length}b}"
            code += 1
        code <<= 1
    return codes


def photograph(mode: str = "RGB", size: tuple[int, int] = (160, 120)) -> Image.Image:
    """A smooth picture with a few hard edges."""
    grown = picture("RGB", (12, 9)).resize(size, Image.Resampling.BICUBIC)
    grown.paste((255, 255, 255), (size[0] // 2, 0, size[0], size[1] // 3))
    return grown.convert(mode)
