"""The picture that `faces` returns: small, with faces and boxes drawn in. It is made in the process that decodes media."""

from __future__ import annotations

import io
from typing import NamedTuple

from ..people.geometry import Ratio
from ..people.portraits import Portrait, find_portrait

# Pixels of the longest side: large enough to read numbers, and small because agents pay for pictures by size.
_SIDE = 1024
_WHOLE = 100_000
_QUALITY = 85


class Seen(NamedTuple):
    """The faces of a picture, and the picture as a JPEG if requested."""

    portrait: Portrait
    jpeg: bytes | None


def seen(path: str, ratio: Ratio, face: int | None, picture: bool) -> Seen:
    """Find the faces of a picture. Raises UnreadableMediaError and MissingLibraryError."""
    portrait = find_portrait(path, ratio, face=face)
    return Seen(portrait, _drawn(path, portrait) if picture else None)


def _drawn(path: str, portrait: Portrait) -> bytes:
    from PIL import Image

    from ..media.image.pixels import load_picture, within
    from ..people.annotate import annotated

    whole = load_picture(path, _WHOLE).rgb
    drawn = annotated(whole, portrait.faces, portrait.face_bbox, portrait.ext_bbox, portrait.doubtful)
    written = io.BytesIO()
    Image.fromarray(within(drawn, _SIDE)).save(written, "JPEG", quality=_QUALITY)
    return written.getvalue()
