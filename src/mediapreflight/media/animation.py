"""The frames of an animation behind the first, decoded as far as a budget goes: damage in one of them is damage of the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .webp_still import LARGE_PIXELS

if TYPE_CHECKING:
    from PIL import Image

# As many pixels as of a video.
_MAX_PIXELS = 300_000_000
# What a frame costs however small it is, in pixels.
_LEAST_PIXELS = 30_000


def decode_later_frames(picture: Image.Image, frames: int) -> None:
    """Decode what follows the first of so many frames; nothing where a frame takes too much memory to be held several times.

    Raises ValueError where one of them cannot be decoded, or is missing.
    """
    pixels = picture.width * picture.height
    if pixels > LARGE_PIXELS:
        return
    for number in range(1, min(frames, _MAX_PIXELS // max(pixels, _LEAST_PIXELS))):
        try:
            picture.seek(number)
            picture.load()
        except (ValueError, OSError, SyntaxError, EOFError):
            raise ValueError(f"frame {number + 1} of {frames} cannot be decoded") from None
