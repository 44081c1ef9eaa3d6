"""`data:` URLs: files sent as text (RFC 2397). Here their bytes are read, and here they are shortened for messages."""

from __future__ import annotations

import re
from collections.abc import Mapping

# More than any picture that may be sent inside a request; the text is a third longer.
MAX_BYTES = 64 * 2**20
_SCHEME = "data:"
_BASE64 = r"(?i)data:[^,]*;base64,"
_SHOWN = r"(?i)data:[^,]{0,61},… \([\d.]+ \w+\)"
_MAX_HEAD = 60
# A URL within a text that is long enough to contain a file.
_WITHIN = r"(?i)data:[^,\s]{0,200};base64,[A-Za-z0-9+/=_%-]{80,}"
# Formats that have other names in media types.
_OTHER_NAMES: Mapping[str, str] = {
    "audio/mpeg": "mp3",
    "image/pjpeg": "jpeg",
    "ms-bmp": "bmp",
    "msvideo": "avi",
    "matroska": "mkv",
    "mp2t": "ts",
    "quicktime": "mov",
    "vnd.wave": "wav",
}


def is_data_url(value: object) -> bool:
    """Whether a text is a `data:` URL. A file whose name begins like this is written `./data:…`."""
    return isinstance(value, str) and value[: len(_SCHEME)].lower() == _SCHEME


def holds_base64(text: str) -> bool:
    """Whether a text begins like a `data:` URL in Base64; prompts rarely do."""
    return re.match(_BASE64, text) is not None


def decoded(url: str) -> bytes:
    """The bytes of a `data:` URL. Raises ValueError, with the reason, if it has none or is not strict Base64."""
    import binascii

    if not holds_base64(url):
        raise ValueError("it is a data: URL that is not in Base64: it begins as data:MEDIA/TYPE;base64,")
    if size_of(url) > MAX_BYTES:
        raise ValueError(f"it contains more than {MAX_BYTES} bytes; give the file")
    try:
        return binascii.a2b_base64(url.partition(",")[2].encode("ascii"), strict_mode=True)
    except (binascii.Error, UnicodeEncodeError):
        raise ValueError("its Base64 is damaged: it contains other characters, or ends too early") from None


def size_of(url: str) -> int:
    """About how many bytes a `data:` URL holds, without decoding it."""
    return (len(url) - url.find(",") - 1) * 3 // 4 - url[-2:].count("=")


def media_type_of(url: str) -> str:
    """The media type a `data:` URL states, in lower case and without parameters; empty if it states none."""
    return url[len(_SCHEME) :].partition(",")[0].partition(";")[0].strip().lower()


def named_by(media_type: str) -> str:
    """The format or extension that a media type names: `jpeg` of `image/jpeg`, `mp3` of `audio/mpeg`."""
    name = media_type.partition("/")[2].removeprefix("x-")
    return _OTHER_NAMES.get(media_type) or _OTHER_NAMES.get(name, name)


def shown(url: str) -> str:
    """A `data:` URL shortened for messages: `data:image/png;base64,… (1.2 MB)`. A short one stays as it is."""
    if re.fullmatch(_SHOWN, url):
        return url
    head, comma, _ = url.partition(",")
    if not comma:
        return f"{url[:_MAX_HEAD]}…" if len(url) > _MAX_HEAD else url
    head = head if len(head) <= _MAX_HEAD else f"{head[:_MAX_HEAD]}…"
    return f"{head},… ({_amount(size_of(url))})"


def shortened(text: str) -> str:
    """A text with every `data:` URL in it shortened."""
    return re.sub(_WITHIN, lambda found: shown(found[0]), text) if ";base64," in text.lower() else text


def _amount(size: int) -> str:
    if size < 1000:
        return f"{size} bytes"
    return f"{size / 1e3:.1f} kB" if size < 999_950 else f"{size / 1e6:.1f} MB"
