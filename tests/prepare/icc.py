"""A colour profile written tag by tag: sRGB with its red and blue primaries exchanged, which cannot be overlooked."""

import struct

# The D50 primaries of sRGB (IEC 61966-2-1), as X, Y, Z.
RED, GREEN, BLUE = (0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141)
WHITE = (0.9642, 1.0, 0.8249)


def swapped_profile() -> bytes:
    """Red in it means blue, and blue red."""
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(2.2 * 256)) + bytes(2)
    text = b"Red and blue exchanged\0"
    name = b"desc" + bytes(4) + struct.pack(">I", len(text)) + text + bytes(78)
    tags = {
        b"desc": name + bytes(-len(name) % 4),
        b"cprt": b"text" + bytes(4) + b"none\0\0\0\0",
        b"wtpt": _xyz(WHITE),
        b"rXYZ": _xyz(BLUE),
        b"gXYZ": _xyz(GREEN),
        b"bXYZ": _xyz(RED),
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    at, table, body = 128 + 4 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for tag, content in tags.items():
        table += struct.pack(">4sII", tag, at + len(body), len(content))
        body += content
    illuminant = b"".join(_fixed(value) for value in WHITE)
    head = struct.pack(">I4xI4s4s4s12x4s", at + len(body), 0x02100000, b"mntr", b"RGB ", b"XYZ ", b"acsp")
    return head + bytes(68 - len(head)) + illuminant + bytes(48) + table + body


def _xyz(values: tuple[float, float, float]) -> bytes:
    return b"XYZ " + bytes(4) + b"".join(_fixed(value) for value in values)


def _fixed(value: float) -> bytes:
    return struct.pack(">i", round(value * 65_536))
