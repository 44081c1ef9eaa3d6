import io
import shutil
import wave
from pathlib import Path

import pytest
from PIL import Image

from mediapreflight import probe
from mediapreflight.media.previews import Preview, Still, preview_of


def preview(path: Path) -> Preview:
    return preview_of(str(path), probe(path, "decode"))


def opened(still: Still) -> Image.Image:
    picture = Image.open(io.BytesIO(still.jpeg))
    assert picture.format == "JPEG"
    assert picture.size == (still.width, still.height)
    return picture.convert("RGB")


@pytest.mark.parametrize(
    "name",
    [
        "formats/baseline.jpg",
        "formats/cmyk.jpg",
        "formats/two-pictures.mpo",
        "formats/rgba.png",
        "formats/sixteen-bit-grey.png",
        "formats/lossy.webp",
        "formats/rgb.bmp",
        "formats/animated.gif",
        "formats/rgb.avif",
    ],
)
def test_pictures(fixtures: Path, name: str) -> None:
    (still,) = preview(fixtures / name).stills
    opened(still)


def test_a_picture_without_its_end_mark_is_shown(fixtures: Path, tmp_path: Path) -> None:
    path = tmp_path / "endless.jpg"
    path.write_bytes((fixtures / "portrait.jpg").read_bytes()[:-2])
    shown = preview(path)
    assert (shown.trouble, len(shown.stills)) == (None, 1)


def test_pictures_are_small(fixtures: Path) -> None:
    (still,) = preview(fixtures / "portrait.jpg").stills
    assert (still.width, still.height) == (480, 480)
    assert len(still.jpeg) < 45_000


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_stand_upright(fixtures: Path, orientation: int) -> None:
    (still,), (upright,) = (preview(fixtures / f"orientation/exif-{number}.jpg").stills for number in (orientation, 1))
    turned, expected = opened(still), opened(upright)
    assert turned.size == expected.size
    samples = [(x, y) for x in range(4, turned.width, 9) for y in range(4, turned.height, 9)]
    differences = [abs(a - b) for at in samples for a, b in zip(turned.getpixel(at), expected.getpixel(at), strict=True)]
    assert sum(differences) / len(differences) < 12


def test_video_shows_frames_with_times_and_its_sound(fixtures: Path) -> None:
    shown = preview(fixtures / "talking-head.mp4")
    assert len(shown.stills) == 6
    times = [still.time_s for still in shown.stills]
    assert times[0] == 0
    assert times == sorted(set(times))
    assert all(max(opened(still).size) <= 224 for still in shown.stills)
    assert shown.sound is not None


def test_silent_video_has_frames_only(fixtures: Path) -> None:
    shown = preview(fixtures / "formats/h264-silent.mp4")
    assert shown.stills
    assert shown.sound is None


def test_sound_is_outlined_where_it_is_loud(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with wave.open(str(path), "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(8000)
        loud = (16384).to_bytes(2, "little", signed=True) + (-16384).to_bytes(2, "little", signed=True)
        written.writeframes(b"\0\0" * 16000 + loud * 8000)
    sound = preview(path).sound
    assert sound is not None
    assert sound.duration_s == pytest.approx(4.0, abs=0.05)
    half = len(sound.peaks) // 2
    assert max(sound.peaks[: half - 2]) < 0.02
    assert min(sound.peaks[half + 2 : -2]) > 0.4
    assert max(sound.peaks) <= 1


@pytest.mark.parametrize("name", ["corrupt-scan.jpg", "giant.png", "truncated.mp4", "html-named-jpg.jpg", "empty.jpg"])
def test_damaged_files_are_not_decoded_again(fixtures: Path, name: str) -> None:
    shown = preview(fixtures / "faults" / name)
    assert shown.stills == ()
    assert shown.trouble


def test_file_that_went_away(fixtures: Path, tmp_path: Path) -> None:
    path = tmp_path / "p.jpg"
    shutil.copy(fixtures / "portrait.jpg", path)
    facts = probe(path)
    path.unlink()
    assert preview_of(str(path), facts).trouble == "missing: no such file"


def test_file_that_became_another(fixtures: Path, tmp_path: Path) -> None:
    path = tmp_path / "p.jpg"
    shutil.copy(fixtures / "portrait.jpg", path)
    facts = probe(path)
    path.write_bytes(b"no picture any more")
    shown = preview_of(str(path), facts)
    assert shown.stills == ()
    assert shown.trouble


def test_a_large_photograph_is_shown_as_large_as_any(tmp_path: Path) -> None:
    path = tmp_path / "large.jpg"
    Image.new("RGB", (1500, 1000), "teal").save(path)
    (still,) = preview(path).stills
    assert (still.width, still.height) == (480, 320)
