"""The documents' sentences on other files than those they name: other codecs, other orders, two causes at once."""

import io
import json
import re
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import mediapreflight
from mediapreflight import ImageFacts, Job, VideoFacts

from .here import PORTRAIT, VOICE, Here
from .test_documents_media import DAMAGE, TEMPLATE, WAN, ffmpeg, findings, frame, prepared, psnr, scene, sound, video

GREEN = (0, 255, 0)
LIVE = "liveportrait"
PNG_START = 33
"""Signature and IHDR."""

Matrix = tuple[int, ...]
AS_IT_IS: Matrix = (1, 0, 0, 0, 1, 0, 0, 0, 1)
MIRRORED: Matrix = (-1, 0, 0, 0, 1, 0, 320, 0, 1)
QUARTER: Matrix = (0, 1, 0, -1, 0, 0, 240, 0, 1)
TRANSVERSE: Matrix = (0, -1, 0, -1, 0, 0, 240, 320, 1)


def png(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "png")
    return stream.getvalue()


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def behind_the_pixels(data: bytes, what: bytes) -> bytes:
    end = data.rindex(b"IEND") - 4
    return data[:end] + what + data[end:]


def near(pixel: object, colour: tuple[int, ...]) -> bool:
    return bool(np.allclose(pixel, colour, atol=25))  # type: ignore[arg-type]


def exif(orientation: int, field: int, letter: str, order: str) -> bytes:
    value = struct.pack(order + letter, orientation).ljust(4, b"\0")
    head = b"II*\0" if order == "<" else b"MM\0*"
    return head + struct.pack(order + "IHHHI", 8, 1, 0x112, field, 1) + value + bytes(4)


@pytest.mark.parametrize("order", "<>")
def test_exif_behind_the_pixels_of_a_png_counts(tmp_path: Path, order: str) -> None:
    path = tmp_path / "p.png"
    plain = exif(5, 3, "H", order)
    profile = b"\nexif\n%8d\n%s\n" % (len(plain) + 6, (b"Exif\0\0" + plain).hex().encode())
    name = b"Raw profile type exif\0"
    chunks = [
        chunk(b"eXIf", exif(5, field, letter, order)) for field, letter in ((1, "B"), (3, "H"), (4, "I"), (8, "h"), (9, "i"))
    ]
    chunks += [chunk(b"iTXt", name + b"\1\0\0\0" + zlib.compress(profile)), chunk(b"zTXt", name + b"\0" + zlib.compress(profile))]
    for what in chunks:
        path.write_bytes(behind_the_pixels(png(scene()), what))
        facts = mediapreflight.probe(path)
        assert isinstance(facts, ImageFacts)
        assert (facts.orientation, facts.width, facts.height) == (5, 400, 480), what[4:40]


def test_the_matrices_of_track_and_movie_are_applied_one_after_the_other(tmp_path: Path) -> None:
    source, path = video(tmp_path / "s.mp4"), tmp_path / "p.mp4"
    data = source.read_bytes()
    stored = struct.pack(">9i", *scaled(AS_IT_IS))
    places = [data.index(stored, data.index(name)) for name in (b"tkhd", b"mvhd")]

    def shown(track: Matrix, movie: Matrix) -> VideoFacts:
        changed = bytearray(data)
        for place, matrix in zip(places, (track, movie), strict=True):
            changed[place : place + 36] = struct.pack(">9i", *scaled(matrix))
        path.write_bytes(changed)
        facts = mediapreflight.probe(path)
        assert isinstance(facts, VideoFacts)
        return facts

    twice = shown(MIRRORED, MIRRORED)
    assert (twice.rotation, twice.mirrored) == (0, False)
    half = shown(QUARTER, QUARTER)
    assert (half.rotation, half.mirrored, half.width) == (180, False, 320)
    turned = shown(AS_IT_IS, TRANSVERSE)
    assert (turned.mirrored, turned.width, turned.height) == (True, 240, 320)
    ready = prepared(tmp_path / "out", TEMPLATE, video=path)
    upright = frame(source).transpose(Image.Transpose.TRANSVERSE)
    assert psnr(frame(ready).resize(upright.size), upright) > 20


def scaled(matrix: Matrix) -> list[int]:
    return [value << (30 if place % 3 == 2 else 16) for place, value in enumerate(matrix)]


def box(name: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", len(body) + 8) + name + body


def full_box(name: bytes, version_and_flags: int, *parts: bytes) -> bytes:
    return box(name, struct.pack(">I", version_and_flags), *parts)


def hevc(folder: Path, picture: Image.Image) -> tuple[bytes, bytes]:
    """The decoder's configuration box and the one coded picture."""
    png_path, path = folder / "h.png", folder / "h.mp4"
    picture.convert("RGB").save(png_path)
    colours = ("-vf", "scale=out_color_matrix=bt601:out_range=pc", "-color_range", "pc", "-pix_fmt", "yuv420p")
    ffmpeg("-i", png_path, *colours, "-c:v", "libx265", "-x265-params", "crf=8:log-level=none", "-tag:v", "hvc1", path)
    data = path.read_bytes()
    at, coded = data.index(b"hvcC") - 4, data.index(b"mdat") - 4
    sizes = [struct.unpack_from(">I", data, place)[0] for place in (at, coded)]
    return data[at : at + sizes[0]], data[coded + 8 : coded + sizes[1]]


def heic(size: tuple[int, int], items: list[tuple[bytes, bytes]], *turns: bytes) -> bytes:
    """A HEIC of one picture, or of a picture and its alpha."""
    ispe = full_box(b"ispe", 0, struct.pack(">II", *size))
    colour = box(b"colr", b"nclx", struct.pack(">HHHB", 1, 13, 6, 128))
    alpha = full_box(b"auxC", 0, b"urn:mpeg:hevc:2015:auxid:1\0")
    properties = [ispe, colour, alpha, *(configuration for configuration, _ in items), *turns]
    essential = [0x80 | (4 + len(items) + number) for number in range(len(turns))]
    uses = [[1, 2, 0x84, *essential], [1, 3, 0x85, *essential]][: len(items)]
    count = struct.pack(">H", len(items))
    entries = [full_box(b"infe", 2 << 24, struct.pack(">HH", item, 0), b"hvc1\0") for item in range(1, len(items) + 1)]
    links = [bytes([0, item, len(used), *used]) for item, used in enumerate(uses, 1)]
    association = full_box(b"ipma", 0, struct.pack(">I", len(items)), *links)
    reference = full_box(b"iref", 0, box(b"auxl", struct.pack(">HHH", 2, 1, 1))) if len(items) > 1 else b""

    def meta(start: int) -> bytes:
        extents = []
        for item, (_, coded) in enumerate(items, 1):
            extents.append(struct.pack(">HHHII", item, 0, 1, start, len(coded)))
            start += len(coded)
        return full_box(
            b"meta",
            0,
            full_box(b"hdlr", 0, bytes(4), b"pict", bytes(13)),
            full_box(b"pitm", 0, struct.pack(">H", 1)),
            full_box(b"iloc", 0, b"\x44\0", count, *extents),
            full_box(b"iinf", 0, count, *entries),
            reference,
            box(b"iprp", box(b"ipco", *properties), association),
        )

    brand = box(b"ftyp", b"heic", bytes(4), b"mif1heic")
    return brand + meta(len(brand) + len(meta(0)) + 8) + box(b"mdat", *(coded for _, coded in items))


def test_a_heic_is_turned_and_mirrored_in_the_order_of_its_properties(tmp_path: Path) -> None:
    picture, path = scene(), tmp_path / "p.heic"
    items = [hevc(tmp_path, picture)]
    turn, flip = box(b"irot", b"\1"), box(b"imir", b"\0")
    turned = picture.transpose(Image.Transpose.ROTATE_90)
    flipped = picture.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    shown = [
        ((turn, flip), turned.transpose(Image.Transpose.FLIP_TOP_BOTTOM)),
        ((flip, turn), flipped.transpose(Image.Transpose.ROTATE_90)),
    ]
    for number, (turns, right) in enumerate(shown):
        path.write_bytes(heic(picture.size, items, *turns))
        facts = mediapreflight.probe(path)
        assert isinstance(facts, ImageFacts)
        assert (facts.width, facts.height) == right.size
        assert psnr(Image.open(prepared(tmp_path / str(number), WAN, image=path)), right) > 25


def test_the_alpha_of_a_heic_is_turned_with_its_picture(tmp_path: Path) -> None:
    clear = Image.new("L", scene().size, 255)
    clear.paste(0, (0, 0, 240, 200))
    path = tmp_path / "p.heic"
    path.write_bytes(heic(clear.size, [hevc(tmp_path, scene()), hevc(tmp_path, clear)], box(b"irot", b"\1")))
    ready = Image.open(prepared(tmp_path / "out", WAN, "#00ff00", image=path)).convert("RGB")
    assert ready.size == (400, 480)
    assert near(ready.getpixel((20, 460)), GREEN)
    assert not near(ready.getpixel((20, 20)), GREEN)


def test_a_transparent_colour_lies_on_the_background(tmp_path: Path) -> None:
    picture = Image.new("RGB", (480, 400), (200, 10, 10))
    picture.paste((1, 2, 3), (0, 0, 480, 200))
    data, path = png(picture), tmp_path / "p.png"
    path.write_bytes(data[:PNG_START] + chunk(b"tRNS", struct.pack(">HHH", 1, 2, 3)) + data[PNG_START:])
    ready = Image.open(prepared(tmp_path / "out", WAN, "#00ff00", image=path)).convert("RGB")
    assert near(ready.getpixel((9, 9)), GREEN)
    assert near(ready.getpixel((9, 390)), (200, 10, 10))


def test_alpha_of_other_codecs_lies_on_the_background(tmp_path: Path) -> None:
    codecs = {
        "p.webm": ("-c:v", "libvpx", "-auto-alt-ref", "0", "-deadline", "realtime", "-cpu-used", "8", "-pix_fmt", "yuva420p"),
        "p.mkv": ("-c:v", "ffv1", "-pix_fmt", "yuva420p"),
    }
    for name, how in codecs.items():
        clear = ("-f", "lavfi", "-i", "color=red@0.0:s=320x240:r=5:d=2.2,format=rgba")
        ffmpeg(*clear, "-vf", "drawbox=0:0:160:240:white:fill:replace=1,format=rgba", *how, tmp_path / name)
        ready = prepared(tmp_path / name[2:], TEMPLATE, "#00ff00", video=tmp_path / name)
        shown = frame(ready)
        assert near(shown.getpixel((shown.width * 4 // 5, shown.height // 2)), GREEN), name
        assert near(shown.getpixel((shown.width // 5, shown.height // 2)), (255, 255, 255)), name


@pytest.mark.parametrize("codec", ["pcm_f32le", "pcm_s24le", "pcm_mulaw", "adpcm_ima_wav", "adpcm_ms"])
def test_a_streamed_wav_of_any_codec_is_whole(tmp_path: Path, codec: str) -> None:
    path = sound(tmp_path / "p.wav", "-c:a", codec)
    data = bytearray(path.read_bytes())
    size = data.index(b"data") + 4
    data[size : size + 4] = b"\xff" * 4
    path.write_bytes(data)
    assert mediapreflight.probe(path).duration_s == pytest.approx(3, abs=0.03)  # type: ignore[union-attr]
    assert not DAMAGE & {name for name, found in findings(LIVE, audio=path).items() if found.severity in ("error", "unchecked")}


@pytest.mark.parametrize("form", ["flac", "aac"])
def test_tags_and_zeros_behind_other_recordings_are_no_damage(tmp_path: Path, form: str) -> None:
    path = sound(tmp_path / f"p.{form}")
    whole, tag = path.read_bytes(), b"TAG" + bytes(125)
    for tail in (b"\r\n", bytes(5000), tag, bytes(700) + tag, tag + bytes(300), b"ID3\4\0\0\0\0\0\x0a" + bytes(10)):
        path.write_bytes(whole + tail)
        facts = mediapreflight.probe(path)
        assert not facts.problems, tail[:9]
        assert facts.duration_s == pytest.approx(3, abs=0.05), tail[:9]  # type: ignore[union-attr]


def test_nothing_to_check_is_status_2_in_every_form(here: Here) -> None:
    empty = here.folder / "empty"
    empty.mkdir()
    for form in ("text", "concise", "json", "jsonl", "sarif", "junit", "github", "html"):
        said = here.command("check", empty, "--model", LIVE, "--output-format", form)
        assert (said.status, bool(said.err)) == (2, True), form
    for name, text in {"a.csv": "", "b.csv": "model,image\n", "c.jsonl": "", "d.toml": ""}.items():
        (here.folder / name).write_text(text)
        said = here.command("check", name)
        assert (said.status, name in said.err) == (2, True), name


def test_a_finding_carries_its_source_as_a_link_in_every_form(here: Here) -> None:
    Image.new("RGB", (5000, 613)).save(here.folder / "p.png")
    forms: dict[str, Callable[[str], bool]] = {
        "p.json": lambda text: '"mediapreflight.report/' in text,
        "P.SARIF": lambda text: "results" in json.loads(text)["runs"][0],
        "p.html": lambda text: 'href="https://' in text,
    }
    for name, is_right in forms.items():
        said = here.command("check", "--model", LIVE, "p.png", "--level", "metadata", "--output", name)
        text = (here.folder / name).read_text("utf-8")
        assert (said.status, said.out) == (1, ""), name
        assert is_right(text), name
        assert re.search(r"https://\S+liveportrait", text), name
    said = here.command("check", "--model", LIVE, "p.png", "--level", "metadata", "--output-format", "concise")
    assert all(" error" in line or " warning" in line for line in said.out.splitlines() if line.startswith("p.png"))
    assert not re.search(r"\d\.\d{3}", said.out)


def test_a_chosen_face_is_the_same_in_every_way_to_choose_it(here: Here) -> None:
    portrait = Image.open(PORTRAIT).convert("RGB")
    two = Image.new("RGB", (1280, 640))
    two.paste(portrait.resize((640, 640)), (0, 0))
    two.paste(portrait.resize((512, 512)), (640, 60))
    two.save(here.folder / "two.png")
    (seen,) = here.command("faces", "two.png", "--output-format", "json").json()
    (chosen,) = here.command("faces", "two.png", "--face", 2, "--output-format", "json").json()
    assert chosen["face_bbox"] == seen["faces"][1]["bbox"]
    words = ("--model", "emo-v1", "image=two.png", f"audio={VOICE}", "--face", 2, "--output-format", "json")
    (here.folder / "jobs.csv").write_text(f"model,image,audio,face\nemo-v1,two.png,{VOICE},2\n")
    ways = [words, ("jobs.csv", "--output-format", "json")]
    plans = [here.command("prepare", *way, "--dry-run") for way in ways]
    assert [plan.status for plan in plans] == [0, 0]
    steps = [[step["name"] for step in plan.json()["jobs"][0]["inputs"]["image"]["steps"]] for plan in plans]
    job = Job("emo-v1", image=here.folder / "two.png", audio=VOICE, face=2)
    ready = mediapreflight.prepare(job, out=here.folder / "ready")
    ran = [step.name for step in ready.steps["image"]]
    assert steps == [ran, ran]
