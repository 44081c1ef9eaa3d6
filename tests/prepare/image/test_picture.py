"""Pictures made to fit, with real files."""

import hashlib
import io
import shutil
import struct
import sys
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from mediapreflight import Job
from mediapreflight.catalog import Role
from mediapreflight.check.run import check
from mediapreflight.errors import PrepareError
from mediapreflight.findings import Finding
from mediapreflight.media.facts import ImageFacts
from mediapreflight.media.probe import probe
from mediapreflight.people.geometry import Box
from mediapreflight.prepare.image.picture import Convert, Pad, Scale, StripLocation, run_image
from mediapreflight.prepare.image.plan import plan_image
from mediapreflight.prepare.options import PrepareOptions
from mediapreflight.prepare.steps import Step

from ..roles import IMAGE_ROLES, blocking, findings_of

# `mediapreflight.prepare` is a function too.
picture_module: Any = sys.modules[run_image.__module__]
FIXTURES = Path(__file__).resolve().parents[3] / "fixtures"
# What cannot be read whole, and why.
UNREADABLE = {
    "corrupt-scan-slightly.jpg": "damaged",
    "corrupt-scan.jpg": "damaged",
    "giant-screen.gif": "more than 65 are not decoded",
    "giant-width.bmp": "damaged",
    "giant.png": "more than 65 are not decoded",
    "text-bomb.png": "too large when decompressed",
    "truncated.bmp": "damaged",
    "truncated.gif": "damaged",
    "truncated.jpg": "damaged",
    "truncated.png": "damaged",
    "truncated.webp": "damaged",
    "wrong-crc.png": "damaged",
    "wrong-data.png": "damaged",
}


def pictures() -> list[Path]:
    return [path for path in sorted(FIXTURES.rglob("*.*")) if path.is_file() and isinstance(probe(path, "metadata"), ImageFacts)]


PICTURES = pictures()


def facts_of(path: Path) -> ImageFacts:
    facts = probe(path)
    assert isinstance(facts, ImageFacts)
    return facts


def prepared(source: Path, place: str, out: Path, **asked: Any) -> Path:
    """The source made to fit an input, under the plan's own extension."""
    model, name = IMAGE_ROLES[place]
    facts = facts_of(source)
    steps, suffix, _ = plan_image(facts, model.roles[name], PrepareOptions(), findings_of(facts, model, name), **asked)
    target = out / f"{source.stem}.{suffix}"
    if steps:
        run_image(str(source), steps, str(target))
    else:
        shutil.copyfile(source, target)
    return target


def remaining(path: Path, place: str) -> list[Finding]:
    model, name = IMAGE_ROLES[place]
    report = check(Job(model.id, whole=False, **{name: str(path)}), level="decode", select=("FILE", "IMG"))
    return [finding for finding in report.findings if finding.role == name]


def rgb_of(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def psnr(first: NDArray[Any], second: NDArray[Any]) -> float:
    """Of two pictures of one size, in dB."""
    assert first.shape == second.shape
    error = float(np.mean((first.astype(float) - second.astype(float)) ** 2))
    return 99.0 if error == 0 else 10 * float(np.log10(255**2 / error))


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


@pytest.mark.sweep
@pytest.mark.parametrize("source", PICTURES, ids=named)
def test_every_picture_is_made_to_fit_inputs_and_then_left_alone(source: Path, tmp_path: Path) -> None:
    """Each picture for a sixteenth of the inputs, so that each input gets a sixteenth of the pictures."""
    made_to_fit(source, [*IMAGE_ROLES][PICTURES.index(source) % 16 :: 16], tmp_path)


@pytest.mark.sweep
@pytest.mark.release
@pytest.mark.parametrize("source", PICTURES, ids=named)
def test_every_picture_is_made_to_fit_every_input_and_then_left_alone(source: Path, tmp_path: Path) -> None:
    made_to_fit(source, IMAGE_ROLES, tmp_path)


def made_to_fit(source: Path, places: Iterable[str], tmp_path: Path) -> None:
    digest = hashlib.sha256(source.read_bytes()).digest()

    for place in places:
        model, name = IMAGE_ROLES[place]
        if source.name in UNREADABLE:
            assert_refused_or_reported(source, place, tmp_path)
            continue
        made = prepared(source, place, tmp_path)
        left = remaining(made, place)
        assert blocking(left) == [], place
        assert plan_image(facts_of(made), model.roles[name], PrepareOptions(), left)[0] == (), place

    assert hashlib.sha256(source.read_bytes()).digest() == digest


def assert_refused_or_reported(source: Path, place: str, out: Path) -> None:
    """What is damaged is refused; what only hides more than is read is at most copied, and not vouched for."""
    try:
        made = prepared(source, place, out)
    except PrepareError as error:
        assert UNREADABLE[source.name] in str(error)
    else:
        assert "unchecked" in {finding.severity for finding in remaining(made, place)}


@pytest.mark.parametrize(
    "name", ["rgb.tiff", "cmyk.jpg", "rgb.avif", "animated.gif", "rgba.png", "sixteen-bit.png", "alpha.webp"]
)
def test_a_second_run_gives_the_same_bytes(name: str, tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()

    first = prepared(FIXTURES / "formats" / name, "emo-v1/image", tmp_path)
    second = prepared(FIXTURES / "formats" / name, "emo-v1/image", tmp_path / "again")

    assert first.read_bytes() == second.read_bytes()


def test_what_is_planned_is_what_comes_out(tmp_path: Path) -> None:
    model, name = IMAGE_ROLES["liveportrait/image"]
    wide = tmp_path / "wide.png"
    Image.effect_noise((900, 120), 60).convert("RGB").save(wide)
    facts = facts_of(wide)

    steps, _, expected = plan_image(facts, model.roles[name], PrepareOptions(), findings_of(facts, model, name))
    run_image(str(wide), steps, str(tmp_path / "out"))

    made = facts_of(tmp_path / "out")
    assert (made.format, made.width, made.height) == (expected.format, expected.width, expected.height)


def convert(**other: Any) -> Convert:
    """To PNG, unless said otherwise."""
    plain = {"source_format": "jpeg", "format": "png", "quality": None, "max_bytes": None, "least_side": 1}
    return Convert(reason="", **{**plain, **other})


def to_jpeg(**other: Any) -> Convert:
    return convert(format="jpeg", quality=95, **other)


def run(source: Path, target: Path, *steps: Step) -> NDArray[np.uint8]:
    run_image(str(source), steps, str(target))
    return rgb_of(target)


class TestPixels:
    def test_a_conversion_is_as_good_as_pillows(self, tmp_path: Path) -> None:
        source = FIXTURES / "portrait.jpg"
        made = run(source, tmp_path / "out.jpg", to_jpeg())

        assert psnr(made, rgb_of(source)) > 40

    def test_scaling_down_matches_pillows_area_filter(self, tmp_path: Path) -> None:
        source = FIXTURES / "portrait.jpg"
        made = run(source, tmp_path / "out.png", Scale(reason="", size=(640, 640), new_size=(250, 250)), convert())

        with Image.open(source) as picture:
            wanted = np.asarray(picture.convert("RGB").resize((250, 250), Image.Resampling.BOX))
        assert psnr(made, wanted) > 35

    def test_scaling_up_matches_pillows_lanczos(self, tmp_path: Path) -> None:
        source = FIXTURES / "portrait.jpg"
        made = run(source, tmp_path / "out.png", Scale(reason="", size=(640, 640), new_size=(1000, 1000)), convert())

        with Image.open(source) as picture:
            wanted = np.asarray(picture.convert("RGB").resize((1000, 1000), Image.Resampling.LANCZOS))
        assert psnr(made, wanted) > 35

    def test_padding_leaves_the_picture_and_fills_the_rest(self, tmp_path: Path) -> None:
        source = FIXTURES / "portrait-3x4.jpg"
        pad = Pad(reason="", size=(480, 640), left=10, top=0, right=30, bottom=5, background="#0a80ff")

        made = run(source, tmp_path / "out.png", pad, convert())

        assert made.shape == (645, 520, 3)
        assert (made[:640, 10:490] == rgb_of(source)).all()
        for rest in (made[:, :10], made[:, 490:], made[640:]):
            assert (rest == (10, 128, 255)).all()

    def test_a_lossless_source_stays_lossless(self, tmp_path: Path) -> None:
        made = run(FIXTURES / "formats" / "rgb.bmp", tmp_path / "out.png", convert())

        assert (made == rgb_of(FIXTURES / "formats" / "rgb.bmp")).all()

    def test_no_metadata_comes_through(self, tmp_path: Path) -> None:
        run(FIXTURES / "orientation" / "location.jpg", tmp_path / "out.jpg", to_jpeg())

        with Image.open(tmp_path / "out.jpg") as made:
            assert not made.getexif()
            assert not {"icc_profile", "exif", "xmp", "comment"} & set(made.info)


def test_every_orientation_comes_out_upright(tmp_path: Path) -> None:
    upright = rgb_of(prepared(FIXTURES / "orientation" / "exif-1.jpg", "emo-v1/image", tmp_path))

    for value in range(2, 9):
        made = prepared(FIXTURES / "orientation" / f"exif-{value}.jpg", "emo-v1/image", tmp_path)
        assert facts_of(made).orientation == 1
        # The fixtures were compressed hard, each on its own.
        assert psnr(rgb_of(made), upright) > 27


def with_coding_points(path: Path, rgb: NDArray[np.uint8], primaries: int, transfer: int) -> Path:
    """A PNG whose numbers are to be read by these (H.273)."""
    data = io.BytesIO()
    Image.fromarray(rgb).save(data, "PNG")
    png, content = data.getvalue(), b"cICP" + bytes([primaries, transfer, 0, 1])
    at = png.index(b"IDAT") - 4
    path.write_bytes(png[:at] + struct.pack(">I", 4) + content + struct.pack(">I", zlib.crc32(content)) + png[at:])
    return path


def as_pq(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The same picture in PQ (BT.2100), with its white at 203 cd/m2."""
    coded = rgb / 255
    light = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    power = (light * 203 / 10_000) ** 0.1593017578125
    return np.round(255 * ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375).astype(np.uint8)


def test_high_dynamic_range_comes_out_as_srgb(tmp_path: Path) -> None:
    upright = rgb_of(FIXTURES / "portrait-3x4.jpg")
    source = with_coding_points(tmp_path / "source.png", as_pq(upright), 1, 16)
    (tmp_path / "out").mkdir()
    made = prepared(source, "liveportrait/image", tmp_path / "out")

    assert steps_for(source, "liveportrait/image") == ["tone-map", "convert"]
    assert psnr(rgb_of(made), upright) > 33
    assert remaining(made, "liveportrait/image") == []


def test_wide_colours_come_out_as_srgb(tmp_path: Path) -> None:
    source = with_coding_points(tmp_path / "source.png", rgb_of(FIXTURES / "portrait.jpg"), 12, 13)
    (tmp_path / "out").mkdir()
    made = prepared(source, "liveportrait/image", tmp_path / "out")

    assert steps_for(source, "liveportrait/image") == ["to-srgb", "convert"]
    assert remaining(made, "liveportrait/image") == []
    # The same red is redder in numbers of the smaller space.
    assert rgb_of(made)[..., 0].mean() > rgb_of(source)[..., 0].mean() + 1


def steps_for(source: Path, place: str) -> list[str]:
    model, name = IMAGE_ROLES[place]
    facts = facts_of(source)
    return [step.name for step in plan_image(facts, model.roles[name], PrepareOptions(), findings_of(facts, model, name))[0]]


class TestByteLimit:
    @pytest.fixture(scope="class")
    @staticmethod
    def noise(tmp_path_factory: pytest.TempPathFactory) -> Path:
        """A picture that no encoder makes small: 800 x 500 px."""
        path = tmp_path_factory.mktemp("noise") / "noise.png"
        Image.fromarray(np.random.default_rng(1).integers(0, 256, (500, 800, 3), np.uint8)).save(path)
        return path

    def test_the_highest_quality_that_fits_is_taken(self, noise: Path, tmp_path: Path) -> None:
        limit = 300_000
        run(noise, tmp_path / "out.jpg", to_jpeg(max_bytes=limit))

        made = (tmp_path / "out.jpg").stat().st_size
        assert made <= limit
        with Image.open(tmp_path / "out.jpg") as picture, Image.open(noise) as original:
            assert picture.size == (800, 500)
            quality = next(quality for quality in range(60, 96) if self.size_at(original, quality) == made)
            assert self.size_at(original, quality + 1) > limit

    @staticmethod
    def size_at(picture: Image.Image, quality: int) -> int:
        data = io.BytesIO()
        picture.save(data, "JPEG", quality=quality, subsampling=0 if quality >= 90 else 2)
        return len(data.getvalue())

    def test_then_pixels_go_and_the_ratio_stays(self, noise: Path, tmp_path: Path) -> None:
        run(noise, tmp_path / "out.jpg", to_jpeg(max_bytes=40_000))

        made = facts_of(tmp_path / "out.jpg")
        assert made.bytes is not None
        assert 20_000 < made.bytes <= 40_000
        assert made.width is not None and made.height is not None
        assert made.width < 800
        assert abs(made.width / made.height - 1.6) < 0.01

    def test_a_png_loses_pixels_only(self, noise: Path, tmp_path: Path) -> None:
        run(noise, tmp_path / "out.png", convert(max_bytes=100_000))

        assert facts_of(tmp_path / "out.png").format == "png"
        assert (tmp_path / "out.png").stat().st_size <= 100_000

    def test_no_side_falls_below_the_least(self, noise: Path, tmp_path: Path) -> None:
        run(noise, tmp_path / "out.jpg", to_jpeg(max_bytes=50_000, least_side=240))
        assert min(rgb_of(tmp_path / "out.jpg").shape[:2]) >= 240

        with pytest.raises(PrepareError, match=r"noise\.png: it has more than 30,000 bytes even at 640 x 400 px"):
            run(noise, tmp_path / "out.jpg", to_jpeg(max_bytes=30_000, least_side=400))


def test_a_position_is_stripped_without_touching_the_picture(tmp_path: Path) -> None:
    source = FIXTURES / "orientation" / "location.jpg"
    steps = (StripLocation(reason="", whole_metadata=False),)

    run_image(str(source), steps, str(tmp_path / "out.jpg"))

    before, after = source.read_bytes(), (tmp_path / "out.jpg").read_bytes()
    scan = before.index(b"\xff\xda")
    assert after[-len(before[scan:]) :] == before[scan:]
    assert facts_of(source).has_location
    assert not facts_of(tmp_path / "out.jpg").has_location


def test_a_crop_around_a_face_leaves_it_whole(tmp_path: Path) -> None:
    wide = tmp_path / "source.png"
    with Image.open(FIXTURES / "portrait.jpg") as portrait:
        canvas = Image.new("RGB", (3000, 640), "grey")
        canvas.paste(portrait, (2000, 0))
    canvas.save(wide)
    face = Box(2150, 100, 2500, 450)

    (tmp_path / "out").mkdir()
    made = prepared(wide, "liveportrait/image", tmp_path / "out", faces=[face])

    assert remaining(made, "liveportrait/image") == []
    assert (rgb_of(made)[100:450] == rgb_of(wide)[100:450, 1685:2965]).all()


class TestTrouble:
    def test_a_missing_source_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(PrepareError, match=r"gone\.jpg: missing: no such file"):
            run_image("gone.jpg", (convert(),), str(tmp_path / "out.png"))

    def test_a_folder_is_no_source(self, tmp_path: Path) -> None:
        with pytest.raises(PrepareError, match="it is a folder"):
            run_image(str(tmp_path), (convert(),), str(tmp_path / "out.png"))

    def test_damage_is_said_with_the_name(self, tmp_path: Path) -> None:
        source = FIXTURES / "faults" / "truncated.png"
        with pytest.raises(PrepareError, match=r"truncated\.png: "):
            run_image(str(source), (convert(),), str(tmp_path / "out.png"))
        assert not (tmp_path / "out.png").exists()

    def test_a_picture_beyond_the_bound_is_not_decoded(self, tmp_path: Path) -> None:
        with pytest.raises(PrepareError, match="65 megapixels"):
            run_image(str(FIXTURES / "faults" / "giant.png"), (convert(),), str(tmp_path / "out.png"))

    def test_a_source_that_changed_since_is_refused(self, tmp_path: Path) -> None:
        planned = Scale(reason="", size=(1000, 1000), new_size=(500, 500))
        with pytest.raises(PrepareError, match="has changed since its plan was made"):
            run_image(str(FIXTURES / "portrait.jpg"), (planned, convert()), str(tmp_path / "out.png"))

    def test_a_target_that_cannot_be_written_is_said(self, tmp_path: Path) -> None:
        with pytest.raises(PrepareError, match=r"portrait\.jpg: its output cannot be written: no such file or directory"):
            run_image(str(FIXTURES / "portrait.jpg"), (convert(),), str(tmp_path / "no-folder" / "out.png"))

    def test_a_name_that_looks_like_an_option_is_only_a_name(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        shutil.copyfile(FIXTURES / "portrait.jpg", "-i %d\n.jpg")

        run_image("-i %d\n.jpg", (convert(),), "-o.png")

        assert facts_of(Path("-o.png")).format == "png"


def test_a_role_that_takes_neither_jpeg_nor_png_is_said() -> None:
    model, name = IMAGE_ROLES["emo-v1/image"]
    role = model.roles[name]
    formats = type(role.formats)(documented=("webp",), source="EMO")
    only_webp = Role(**{field: getattr(role, field) for field in role.__struct_fields__} | {"formats": formats})
    finding = Finding(code="FILE006", name="file-format-not-accepted", severity="error", role=name, path="p", message="")

    with pytest.raises(PrepareError, match="only webp is accepted"):
        plan_image(facts_of(FIXTURES / "portrait.jpg"), only_webp, PrepareOptions(), [finding])


# -- nothing garbled is ever ready


def written(source: Path, target: Path) -> Path:
    """The source converted to JPEG, whatever was found in it."""
    convert = Convert(reason="a test", source_format="any", format="jpeg", quality=60, max_bytes=None, least_side=8)
    run_image(str(source), (convert,), str(target))
    return target


def inverted_by_its_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a reader does that takes white for black."""
    reading = picture_module.read_rgb
    monkeypatch.setattr(picture_module, "read_rgb", lambda *given: 255 - reading(*given))


@pytest.mark.parametrize("format", ["BMP", "TIFF"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_picture_that_two_decoders_read_differently_is_refused(
    format: str, mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "source.any"
    with Image.open(FIXTURES / "portrait.jpg") as portrait:
        portrait.convert(mode).save(source, format)
    assert psnr(rgb_of(written(source, tmp_path / "out.jpg")), rgb_of(source)) > 30
    inverted_by_its_reader(monkeypatch)
    with pytest.raises(PrepareError, match="two decoders read different pictures"):
        written(source, tmp_path / "out.jpg")


@pytest.mark.parametrize(
    ("format", "mode"), [("JPEG", "CMYK"), ("TIFF", "CMYK"), ("TIFF", "RGBA"), ("TIFF", "LA"), ("BMP", "RGBA")]
)
def test_inks_and_transparency_have_a_second_witness(
    format: str, mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "source.any"
    with Image.open(FIXTURES / "portrait.jpg") as portrait:
        picture = portrait.convert("L" if mode == "LA" else "RGB")
        if mode.endswith("A"):
            across = Image.linear_gradient("L").resize(picture.size)
            picture.putalpha(across)
        picture.convert(mode).save(source, format)
    assert written(source, tmp_path / "out.jpg").stat().st_size
    inverted_by_its_reader(monkeypatch)
    with pytest.raises(PrepareError, match="two decoders read different pictures"):
        written(source, tmp_path / "out.jpg")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_picture_is_compared_as_it_is_shown(orientation: int, tmp_path: Path) -> None:
    tags = Image.Exif()
    tags[0x0112] = orientation
    for format in ("JPEG", "PNG", "TIFF", "WEBP"):
        with Image.open(FIXTURES / "portrait.jpg") as portrait:
            portrait.resize((200, 120)).save(tmp_path / "turned.any", format, exif=tags)
        with Image.open(written(tmp_path / "turned.any", tmp_path / "out.jpg")) as made:
            assert made.size == ((120, 200) if orientation > 4 else (200, 120))


def test_an_output_that_shows_something_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encode = picture_module._jpeg
    monkeypatch.setattr(picture_module, "_jpeg", lambda rgb, quality: encode(rgb[:, ::-1], quality))
    with pytest.raises(PrepareError, match="is not the picture that was read"):
        written(FIXTURES / "portrait.jpg", tmp_path / "out.jpg")
