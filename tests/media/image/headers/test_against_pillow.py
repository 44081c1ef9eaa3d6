"""What our header readers say of pictures, beside what Pillow says."""

import io
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from mediapreflight.media.facts import ImageFacts

from ...make import EXIF_GPS, EXIF_ORIENTATION, FIXTURES, encoded, exif, picture, picture_facts

# What Pillow opens of the fixtures; it refuses the giants, and reads neither HEIC nor SVG.
PICTURES = sorted(
    path.relative_to(FIXTURES).as_posix()
    for pattern in ("*.jpg", "formats/*", "orientation/*", "faults/[pj]*g-named-*", "faults/corrupt*.jpg")
    for path in FIXTURES.glob(pattern)
    if path.suffix in {".jpg", ".png", ".webp", ".gif", ".bmp", ".avif", ".mpo", ".tiff", ".jp2"}
)
MODES = {
    "JPEG": ("L", "RGB", "CMYK"),
    "PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
    "WEBP": ("RGB", "RGBA"),
    "GIF": ("1", "L", "P", "RGB"),
    "BMP": ("1", "L", "P", "RGB"),
    "AVIF": ("L", "RGB", "RGBA"),
    "TIFF": ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"),
}
FORMATS_WITHOUT_EXIF = {"GIF", "BMP"}
SIDES = st.integers(1, 70)


class Seen(NamedTuple):
    """What both sides say of a picture."""

    stored: tuple[int | None, int | None]
    shown: tuple[int | None, int | None]
    orientation: int
    has_location: bool
    frames: int | None


def seen_by_us(facts: ImageFacts) -> Seen:
    stored, shown = (facts.stored_width, facts.stored_height), (facts.width, facts.height)
    return Seen(stored, shown, facts.orientation, facts.has_location, facts.frames)


def seen_by_pillow(data: bytes) -> Seen:
    with Image.open(io.BytesIO(data)) as image:
        tags = image.getexif()
        orientation = tags.get(EXIF_ORIENTATION, 1)
        # Pillow reports the sides of a TIFF as they are shown.
        stored = (tags[0x100], tags[0x101]) if image.format == "TIFF" else image.size
        # Counting the pages of a TIFF means walking it, and JPEG 2000 has one picture that nobody counts.
        frames = None if image.format in {"TIFF", "JPEG2000"} else getattr(image, "n_frames", 1)
        located = 2 in tags.get_ifd(EXIF_GPS)
        turned = image.format != "TIFF" and orientation in range(5, 9)
        shown = image.size[::-1] if turned else image.size
        return Seen(stored, shown, orientation if orientation in range(1, 9) else 1, located, frames)


@pytest.mark.every("name", PICTURES)
def test_of_fixtures(name: str) -> None:
    data = (FIXTURES / name).read_bytes()
    assert seen_by_us(picture_facts(data)) == seen_by_pillow(data)


@pytest.mark.every("name", [name for name in PICTURES if not name.startswith("faults/")])
def test_shown_sides_are_those_that_pillow_turns_the_pixels_to(name: str) -> None:
    data = (FIXTURES / name).read_bytes()
    facts = picture_facts(data)
    with Image.open(io.BytesIO(data)) as image:
        assert (facts.width, facts.height) == ImageOps.exif_transpose(image).size


@pytest.mark.every("name", [name for name in PICTURES if not name.startswith("faults/")])
def test_alpha_and_channels_of_fixtures(name: str) -> None:
    data = (FIXTURES / name).read_bytes()
    facts = picture_facts(data)
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        assert facts.has_alpha == ("A" in image.getbands() or "transparency" in image.info)
        # A palette with transparent colours, and a 24-bit picture with one, still store what their bands say.
        assert facts.channels == len(image.getbands()) or image.format == "GIF"


@pytest.mark.every(
    ("name", "bit_depth", "color"),
    [
        ("formats/baseline.jpg", 8, "rgb"),
        ("formats/progressive.jpg", 8, "rgb"),
        ("formats/grey.jpg", 8, "grey"),
        ("formats/cmyk.jpg", 8, "cmyk"),
        ("formats/two-pictures.mpo", 8, "rgb"),
        ("formats/rgb.png", 8, "rgb"),
        ("formats/interlaced.png", 8, "rgb"),
        ("formats/grey.png", 8, "grey"),
        ("formats/palette.png", 8, "palette"),
        ("formats/grey-alpha.png", 8, "grey"),
        ("formats/sixteen-bit.png", 16, "rgb"),
        ("formats/sixteen-bit-grey.png", 16, "grey"),
        ("formats/rgb.bmp", 8, "rgb"),
        ("formats/palette.bmp", 8, "palette"),
        ("formats/lossy.webp", 8, "rgb"),
        ("formats/lossless.webp", 8, "rgb"),
        ("formats/still.gif", 8, "palette"),
        ("formats/rgb.avif", 8, "rgb"),
        ("formats/rgb.tiff", 8, "rgb"),
    ],
)
def test_depth_and_color_of_fixtures(name: str, bit_depth: int, color: str) -> None:
    facts = picture_facts((FIXTURES / name).read_bytes())
    assert (facts.bit_depth, facts.color) == (bit_depth, color)


@given(data=st.data())
def test_of_made_pictures(data: st.DataObject) -> None:
    format = data.draw(st.sampled_from(sorted(MODES)))
    mode = data.draw(st.sampled_from(MODES[format]))
    options = {}
    if format not in FORMATS_WITHOUT_EXIF:
        # Pillow cannot write a GPS directory into a TIFF.
        located = data.draw(st.booleans()) if format != "TIFF" else False
        options["exif"] = exif(data.draw(st.none() | st.integers(0, 12) | st.just(0xFFFF)), located=located)
    if format == "JPEG":
        options |= {"progressive": data.draw(st.booleans()), "restart_marker_blocks": data.draw(st.sampled_from((0, 1, 7)))}
    made = encoded(picture(mode, (data.draw(SIDES), data.draw(SIDES))), format, **options)
    facts = picture_facts(made)
    assert facts.problems == ()
    assert seen_by_us(facts) == seen_by_pillow(made)
    assert facts.has_alpha == ("A" in mode)


@given(format=st.sampled_from(["PNG", "WEBP", "GIF", "AVIF"]), frames=st.integers(2, 9))
def test_frames_of_animations(format: str, frames: int) -> None:
    pictures = [picture(size=(20, 10 + index)).resize((20, 30)) for index in range(frames)]
    made = encoded(pictures[0], format, save_all=True, append_images=pictures[1:], duration=40)
    assert picture_facts(made).frames == seen_by_pillow(made).frames == frames


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_pictures_of_a_multi_picture_jpeg(frames: int) -> None:
    made = encoded(picture(), "MPO", save_all=True, append_images=[picture()] * (frames - 1))
    assert picture_facts(made).frames == seen_by_pillow(made).frames == frames
