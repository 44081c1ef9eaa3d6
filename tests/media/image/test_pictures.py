"""Pictures of every format to the array the detectors see, and what is refused."""

import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mediapreflight.errors import MediaPreflightError, MissingLibraryError, UnreadableMediaError
from mediapreflight.media.av.containers import opened_container
from mediapreflight.media.image.decoding import guarded
from mediapreflight.media.image.pixels import Picture, _plain_jpeg, _unusual_jpeg, load_picture, within
from mediapreflight.media.image.scaling import scaled
from mediapreflight.media.probe import probe

FORMATS = [
    "baseline.jpg",
    "progressive.jpg",
    "grey.jpg",
    "cmyk.jpg",
    "two-pictures.mpo",
    "rgb.png",
    "grey.png",
    "palette.png",
    "grey-alpha.png",
    "animated.png",
    "sixteen-bit.png",
    "sixteen-bit-grey.png",
    "interlaced.png",
    "rgb.bmp",
    "palette.bmp",
    "lossy.webp",
    "lossless.webp",
    "animated.webp",
    "still.gif",
    "animated.gif",
    "rgb.tiff",
    "rgb.avif",
    "rgba-opaque.png",
]


@pytest.fixture(scope="module")
def reference(fixtures: Path) -> np.ndarray:
    return load_picture(fixtures / "formats" / "rgb.png", 1000).rgb.astype(int)


@pytest.mark.every("name", FORMATS)
def test_every_format_shows_the_same_portrait(fixtures, reference, name):
    picture = load_picture(fixtures / "formats" / name, 1000)
    assert picture.rgb.dtype == np.uint8
    assert picture.rgb.shape == (picture.height, picture.width, 3)
    assert picture.rgb.flags.c_contiguous
    middle = np.s_[20:-20, 20:-20]
    seen = scaled(picture.rgb, reference.shape[1::-1]).astype(int)[middle]
    expected = reference[middle]
    if name.startswith(("grey", "sixteen-bit-grey")):
        expected = np.asarray(Image.fromarray(expected.astype(np.uint8)).convert("L").convert("RGB")).astype(int)
    apart = np.abs(seen - expected).mean()
    assert apart < 12


@pytest.mark.parametrize("number", range(1, 9))
def test_orientation_is_applied_to_pixels_and_size(fixtures, number):
    upright = load_picture(fixtures / "orientation" / "exif-1.jpg", 1000)
    turned = load_picture(fixtures / "orientation" / f"exif-{number}.jpg", 1000)
    assert (turned.width, turned.height) == (upright.width, upright.height)
    apart = np.abs(turned.rgb.astype(int) - upright.rgb).mean()
    assert apart < 10


@pytest.mark.parametrize("name", ["exif-6.webp", "exif-6-before-data.png", "exif-6-after-data.png", "xmp-6.png"])
def test_orientation_of_other_formats(fixtures, name):
    upright = load_picture(fixtures / "orientation" / "exif-1.jpg", 1000)
    turned = load_picture(fixtures / "orientation" / name, 1000)
    apart = np.abs(turned.rgb.astype(int) - upright.rgb).mean()
    assert apart < 10


@pytest.mark.parametrize("name", ["formats/rgba.png", "formats/alpha.webp", "formats/palette-transparent.png"])
def test_transparency_is_laid_over_grey(fixtures, name):
    with Image.open(fixtures / name) as stored:
        hidden = np.asarray(stored.convert("RGBA"))[..., 3] == 0
    assert hidden.any()
    assert np.unique(load_picture(fixtures / name, 1000).rgb[hidden]).tolist() == [128]


@pytest.mark.parametrize("name", ["portrait.jpg", "half-body.jpg", "full-body.jpg", "portrait-3x4.jpg", "orientation/exif-6.jpg"])
def test_the_size_is_that_of_the_whole_displayed_picture(fixtures, name):
    picture, facts = load_picture(fixtures / name, 100), probe(fixtures / name)
    assert (picture.width, picture.height) == (facts.width, facts.height)


@pytest.mark.parametrize(
    ("longest", "width", "height"), [(1000, 1500, 1000), (1000, 1001, 640), (300, 2400, 1200), (500, 600, 3000)]
)
@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_arrays_are_as_large_as_asked_for_and_little_smaller(tmp_path, longest, width, height, suffix):
    path = tmp_path / f"picture.{suffix}"
    Image.new("RGB", (width, height), "teal").save(path)
    rgb = load_picture(path, longest).rgb
    assert 0.75 * longest - 1 <= max(rgb.shape) <= longest
    assert rgb.shape[1] / rgb.shape[0] == pytest.approx(width / height, rel=0.02)


def test_a_small_picture_keeps_its_size(fixtures):
    assert load_picture(fixtures / "portrait.jpg", 640).rgb.shape == (640, 640, 3)


def test_usual_jpegs_are_decoded_without_pillow_to_its_pixels(fixtures):
    """Of 298 pictures of public repositories, at two sizes each, none differed."""
    for name, usual in {
        "portrait.jpg": True,
        "formats/baseline.jpg": True,
        "formats/progressive.jpg": True,
        "formats/grey.jpg": True,
        "formats/two-pictures.mpo": True,
        "formats/cmyk.jpg": False,
        "faults/truncated.jpg": False,
    }.items():
        with (fixtures / name).open("rb") as stream:
            for least in (37, 200, 5000):
                plain = _plain_jpeg(stream, least)
                assert (plain is not None) is usual, name
                if plain is not None:
                    assert np.array_equal(plain, _unusual_jpeg(stream, least)), name


def test_shrinking_averages():
    stripes = np.zeros((400, 400, 3), np.uint8)
    stripes[:, ::2] = 200
    assert within(stripes, 400) is stripes
    assert np.unique(within(stripes, 200)[:, 1:-1]).tolist() == [100]
    assert within(stripes[:1], 100).shape == (1, 100, 3)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("empty.jpg", "empty"),
        ("one-byte.png", "not a picture"),
        ("html-named-jpg.jpg", "HTML"),
        ("truncated.jpg", "ends before"),
        ("truncated.png", "decoded"),
        ("truncated.webp", ""),
        ("giant.png", "more than are ever decoded"),
        ("giant-width.bmp", "more than are ever decoded"),
        ("text-bomb.png", "decoded"),
        ("truncated.mp4", "not a picture"),
    ],
)
def test_what_cannot_be_decoded_is_refused_by_name(fixtures, name, reason):
    with pytest.raises(UnreadableMediaError) as caught:
        load_picture(fixtures / "faults" / name, 1000)
    assert str(caught.value).startswith(f"{fixtures / 'faults' / name}: ")
    assert reason in caught.value.reason
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UnreadableMediaError, match=r"nothing\.jpg: missing"):
        load_picture(tmp_path / "nothing.jpg", 1000)
    with pytest.raises(UnreadableMediaError, match="a folder"):
        load_picture(tmp_path, 1000)


def test_a_picture_is_no_container(fixtures):
    with (
        pytest.raises(UnreadableMediaError, match="neither sound nor video, but jpeg"),
        opened_container(fixtures / "portrait.jpg"),
    ):
        pass


def test_the_error_survives_pickling():
    error = pickle.loads(pickle.dumps(UnreadableMediaError("a.jpg", "it is empty")))
    assert isinstance(error, MediaPreflightError)
    assert (error.path, error.reason, str(error)) == ("a.jpg", "it is empty", "a.jpg: it is empty")


def test_a_missing_library_is_not_bad_data():
    def fail(error):
        raise error

    with pytest.raises(MissingLibraryError):
        guarded("a.jpg", lambda: fail(MissingLibraryError("x", "gone", "fix")))
    with pytest.raises(UnreadableMediaError, match=r"a\.jpg: cannot be decoded$"):
        guarded("a.jpg", lambda: fail(SyntaxError("broken\n badly")))
    with pytest.raises(UnreadableMediaError, match="memory"):
        guarded("a.jpg", lambda: fail(MemoryError()))
    assert guarded("a.jpg", lambda: Picture) is Picture
