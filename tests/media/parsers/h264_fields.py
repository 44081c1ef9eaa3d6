"""H.264 written by hand: no encoder at hand stores the two fields of a picture one by one (ITU-T H.264, 7.3)."""


def fields(frames: int) -> bytes:
    """So many frames of 16 x 32 px, each one grey and in two fields, as a byte stream (annex B)."""
    top, bottom = (b"\0\0\0\1\x09\x10", _SEQUENCE, _PICTURE), b"\0\0\0\1\x09\x30"
    return b"".join(b"".join((*top, _field(16 + 8 * each, 0), bottom, _field(16 + 8 * each, 1))) for each in range(frames))


def _bits(value: int, count: int) -> str:
    return format(value, f"0{count}b")


def _number(value: int) -> str:
    """Exp-Golomb (9.1)."""
    code = format(value + 1, "b")
    return "0" * (len(code) - 1) + code


def _numbers(*values: int) -> str:
    return "".join(map(_number, values))


def _unit(header: int, bits: str) -> bytes:
    bits += "1"
    bits += "0" * (-len(bits) % 8)
    body = int(bits, 2).to_bytes(len(bits) // 8, "big")
    escaped = bytearray()
    for byte in body:
        if byte <= 3 and escaped[-2:] == b"\0\0":
            escaped.append(3)
        escaped.append(byte)
    return b"\0\0\0\1" + bytes([header]) + bytes(escaped)


def _field(grey: int, is_bottom: int) -> bytes:
    """One macroblock of plain samples; the second field of a picture is no picture of its own to start from."""
    start = _numbers(0, 7, 0) + _bits(0, 4) + "1" + str(is_bottom)
    start += "0" if is_bottom else _number(grey % 2) + "00"
    start += _numbers(0, 25)
    start += "0" * (-len(start) % 8)
    return _unit(0x61 if is_bottom else 0x65, start + _bits(grey, 8) * 256 + _bits(128, 8) * 128)


# Main profile, one reference frame, 1 x 2 macroblocks, fields allowed.
_SEQUENCE = _unit(0x67, _bits(77, 8) + _bits(0, 8) + _bits(30, 8) + _numbers(0, 0, 2, 1) + "0" + _numbers(0, 0) + "00100")
_PICTURE = _unit(0x68, _numbers(0, 0) + "00" + _numbers(0, 0, 0) + "000" + _numbers(0, 0, 0) + "000")
