"""The picture that `faces` returns: small, with faces and boxes drawn in. It is made where media is decoded."""

from __future__ import annotations

import io
from typing import NamedTuple

from ..people.geometry import Ratio
from ..people.portraits import Portrait, find_portrait

# Pixels: numbers and boxes can be read, and an agent that pays for pictures by their size pays little.
_SIDE = 1024
_WHOLE = 100_000
_QUALITY = 85


class Seen(NamedTuple):
    """What is found in a picture, and the picture as a JPEG, if it was asked for."""

    portrait: Portrait
    jpeg: bytes | None


def seen(path: str, ratio: Ratio, face: int | None, picture: bool) -> Seen:
    """Look for faces. Raises UnreadableMediaError and MissingLibraryError."""
    portrait = find_portrait(path, ratio, face=face)
    return Seen(portrait, _drawn(path, portrait) if picture else None)


def _drawn(path: str, portrait: Portrait) -> bytes:
    from PIL import Image

    from ..media.pixels import load_picture, within
    from ..people.annotate import annotated

    whole = load_picture(path, _WHOLE).rgb
    drawn = annotated(whole, portrait.faces, portrait.face_bbox, portrait.ext_bbox, portrait.doubtful)
    written = io.BytesIO()
    Image.fromarray(within(drawn, _SIDE)).save(written, "JPEG", quality=_QUALITY)
    return written.getvalue()
