"""What the documents promise of pictures, videos and recordings, kind by kind, on files made here. Other decoders judge."""

import functools
import io
import json
import struct
import subprocess
import zlib
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image, ImageCms

import mediapreflight
from mediapreflight import Finding, Job, PrepareError, PrepareOptions

from .here import Here

DAMAGE = {"file-truncated", "file-corrupt", "file-header-broken"}
FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
RETALK, TEMPLATE, WAN = "videoretalk", "animate-anyone-template-gen2", "wan2.6-i2v"


def ffmpeg(*arguments: object) -> bytes:
    command = [FFMPEG, "-v", "error", "-nostdin", "-y", "-threads", "1", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, check=True).stdout


def video(path: Path, *how: object, size: str = "320x240", seconds: float = 2.2, before: tuple[object, ...] = ()) -> Path:
    source = f"testsrc2=s={size}:r=25:d={seconds}"
    ffmpeg(
        "-f", "lavfi", "-i", source, *before, "-pix_fmt", "yuv420p", *(how or ("-c:v", "libx264", "-preset", "ultrafast")), path
    )
    return path


def sound(path: Path, *how: object, rate: int = 48000, seconds: float = 3.0) -> Path:
    ffmpeg("-f", "lavfi", "-i", f"aevalsrc=0.3*sin(440*2*PI*t)*sin(3*t):s={rate}:d={seconds}", *how, path)
    return path


def samples(path: Path) -> "np.ndarray[tuple[int], np.dtype[np.int16]]":
    """All samples of a recording of one channel, by ffmpeg's full decode."""
    return np.frombuffer(ffmpeg("-i", path, "-map", "0:a:0", "-ac", "1", "-f", "s16le", "-"), np.int16)


def frame(path: Path, *filters: str) -> Image.Image:
    """The first frame of a video as it is shown, by ffmpeg."""
    chain = ("-vf", ",".join(filters)) if filters else ()
    return Image.open(io.BytesIO(ffmpeg("-i", path, *chain, "-frames:v", "1", "-f", "image2pipe", "-c:v", "png", "-"))).convert(
        "RGB"
    )


def psnr(one: Image.Image, other: Image.Image) -> float:
    assert one.size == other.size
    error = np.mean((np.asarray(one.convert("RGB"), float) - np.asarray(other.convert("RGB"), float)) ** 2)
    return float("inf") if error == 0 else float(10 * np.log10(255**2 / error))


def findings(model: str, **inputs: Path) -> dict[str, Finding]:
    report = mediapreflight.check(Job(model, whole=False, **inputs), level="decode")
    return {finding.name: finding for finding in report.findings}


def prepared(out: Path, model: str, background: str | None = None, **inputs: Path) -> Path:
    """The one file that prepare makes."""
    ((role, _),) = inputs.items()
    options = PrepareOptions(**({"background": background} if background else {}))
    ready = mediapreflight.prepare(Job(model, whole=False, **inputs), out=out, options=options, level="decode")
    return Path(ready.job.inputs[role])


@functools.cache
def scene() -> Image.Image:
    """A picture with soft and sharp places, no two sides alike."""
    y, x = np.mgrid[0:400, 0:480]
    planes = np.stack([x * 150 // 479, y * 150 // 399, x * 0 + 90], axis=-1) + ((x // 16 + y // 16) % 2 * 90)[:, :, None]
    return Image.fromarray(planes.astype(np.uint8))


def jpeg(**options: object) -> bytes:
    stream = io.BytesIO()
    scene().save(stream, "jpeg", quality=90, **options)
    return stream.getvalue()


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def before_tables(data: bytes, what: bytes) -> bytes:
    place = data.index(b"\xff\xdb")
    return data[:place] + what + data[place:]


def padded_restarts() -> bytes:
    data = jpeg(restart_marker_blocks=20)
    start = data.index(b"\xff\xda")
    body = data[start:]
    for number in range(8):
        marker = bytes([0xFF, 0xD0 + number])
        body = body.replace(marker, b"\xff\xff" + marker)
    return data[:start] + body


HARMLESS = {
    "stray bytes between segments": lambda: before_tables(jpeg(), b"\0\1\2\3\4"),
    "fill bytes before a marker": lambda: before_tables(jpeg(), b"\xff" * 7),
    "a malformed ICC segment": lambda: before_tables(jpeg(), segment(0xE2, b"ICC_PROFILE\0\1\1" + b"nonsense")),
    "a cut ICC segment": lambda: before_tables(jpeg(), segment(0xE2, b"ICC_PROFILE\0\1")),
    "an empty application segment": lambda: before_tables(jpeg(), segment(0xE9, b"")),
    "padded restart intervals": padded_restarts,
    "filler before the end": lambda: jpeg()[:-2] + b"\xff" * 9 + b"\xff\xd9",
    "zeros behind the end": lambda: jpeg() + bytes(64),
}


@pytest.mark.parametrize("kind", HARMLESS)
def test_what_decodes_to_the_same_pixels_is_sound(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "p.jpg"
    path.write_bytes(HARMLESS[kind]())
    assert np.array_equal(cv2.imread(str(path)), cv2.imdecode(np.frombuffer(jpeg(), np.uint8), 1)), "the twin is not one"
    found = findings(WAN, image=path)
    assert not {name for name, finding in found.items() if finding.severity in ("error", "unchecked")}


def without_end(data: bytes) -> bytes:
    return data[:-2]


def with_a_broken_text(data: bytes) -> bytes:
    place = data.index(b"IDAT") - 4
    return data[:place] + struct.pack(">I", 8) + b"tEXta\0text\0\0" + bytes(4) + data[place:]


@pytest.mark.parametrize(("form", "change"), [("jpg", without_end), ("png", with_a_broken_text)])
def test_what_only_strict_readers_refuse_is_rewritten_without_an_encode(tmp_path: Path, form: str, change) -> None:
    path = tmp_path / f"p.{form}"
    scene().save(path)
    clean = path.read_bytes()
    path.write_bytes(change(clean))
    with pytest.raises((OSError, SyntaxError)), Image.open(path) as opened:
        opened.load()
        opened.verify()
    found = findings(WAN, image=path)
    assert {name: finding.severity for name, finding in found.items()} == {"file-header-false": "warning"}
    made = prepared(tmp_path / "out", WAN, image=path)
    assert not findings(WAN, image=made)
    assert made.read_bytes() == clean


@pytest.mark.parametrize("form", ["jpeg", "png", "webp", "bmp"])
def test_a_picture_that_is_cut_is_damaged(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"p.{form}"
    scene().save(path)
    assert not DAMAGE & set(findings(WAN, image=path))
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * 0.8)])
    assert DAMAGE & set(findings(WAN, image=path))


def flat_jpeg(sampling: tuple[int, int], damage: bool) -> bytes:
    """A JPEG of flat blocks with a sampling that few programs write. Each block is 11 or more bits: its step, and its end."""
    across, down = sampling
    wide, high, bits, steps = 480, 400, [], np.random.default_rng(3).integers(-15, 16, 200000)
    count = -(-wide // (8 * across)) * -(-high // (8 * down)) * (across * down + 2)
    for step in map(int, steps[:count]):
        size = abs(step).bit_length()
        bits.append(f"{size:04b}" + (f"{step if step > 0 else step + (1 << size) - 1:0{size}b}" if size else "") + "0")
    text = "".join(bits)
    text += "1" * (-len(text) % 8)
    scan = bytearray(int(text, 2).to_bytes(len(text) // 8, "big"))
    if damage:
        middle = len(scan) // 2
        scan[middle : middle + 400] = np.random.default_rng(5).integers(0, 255, 400, np.uint8).tobytes()
    frame_of = struct.pack(">BHHB", 8, high, wide, 3) + bytes([1, across << 4 | down, 0, 2, 0x11, 0, 3, 0x11, 0])
    dc = b"\0" + bytes([0, 0, 0, 12, *[0] * 12]) + bytes(range(12))
    ac = b"\x10" + bytes([1, *[0] * 15]) + b"\0"
    tables = segment(0xDB, b"\0" + bytes([8] * 64)) + segment(0xC4, dc) + segment(0xC4, ac)
    head = b"\xff\xd8" + tables + segment(0xC0, frame_of)
    return head + segment(0xDA, b"\3\1\0\2\0\3\0\0\x3f\0") + bytes(scan).replace(b"\xff", b"\xff\0") + b"\xff\xd9"


@pytest.mark.parametrize("sampling", [(1, 1), (2, 2), (3, 1), (1, 3), (4, 1)])
def test_damage_is_found_whatever_the_sampling(tmp_path: Path, sampling: tuple[int, int]) -> None:
    path = tmp_path / "p.jpg"
    path.write_bytes(flat_jpeg(sampling, damage=False))
    Image.open(path).load()
    assert not DAMAGE & set(findings(WAN, image=path))
    path.write_bytes(flat_jpeg(sampling, damage=True))
    assert DAMAGE & set(findings(WAN, image=path))


def by_ffmpeg(folder: Path, codec: str, layout: str, suffix: str) -> bytes:
    path = folder / f"made.{suffix}"
    scene().save(folder / "scene.png")
    how = ("-c:v", codec, "-pix_fmt", layout, "-strict", "-2", "-frames:v", "1")
    ffmpeg("-i", folder / "scene.png", *how, "-f", "image2", path)
    return path.read_bytes()


def twelve_bits(_: Path) -> bytes:
    data = bytearray(jpeg())
    place = data.index(b"\xff\xc0")
    data[place + 1], data[place + 4] = 0xC1, 12
    return bytes(data)


def odd_bmp(_: Path) -> bytes:
    """Sixteen bits, four to a colour: valid, and hardly ever met."""
    masks = struct.pack("<III", 0xF000, 0x0F00, 0x00F0)
    head = struct.pack("<IiiHHIIiiII", 40, 400, 400, 1, 16, 3, 320000, 2835, 2835, 0, 0) + masks
    return b"BM" + struct.pack("<IHHI", 14 + len(head) + 320000, 0, 0, 14 + len(head)) + head + bytes(range(250)) * 1280


def odd_tiff(_: Path) -> bytes:
    """Ten bits of grey."""
    entries = [(256, 400), (257, 400), (258, 10), (259, 1), (262, 1), (273, 8), (277, 1), (278, 400), (279, 200000)]
    packed = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries)
    return b"II*\0" + struct.pack("<I", 200008) + bytes(range(200)) * 1000 + struct.pack("<H", len(entries)) + packed + bytes(4)


FOREIGN = {
    "lossless grey JPEG": ("p.jpg", lambda folder: by_ffmpeg(folder, "ljpeg", "gray", "jpg")),
    "lossless colour JPEG": ("p.jpg", lambda folder: by_ffmpeg(folder, "ljpeg", "bgr24", "jpg")),
    "JPEG-LS": ("p.jls", lambda folder: by_ffmpeg(folder, "jpegls", "rgb24", "jls")),
    "JPEG XL": ("p.jxl", lambda folder: by_ffmpeg(folder, "libjxl", "rgb24", "jxl")),
    "JPEG of twelve bits": ("p.jpg", twelve_bits),
    "BMP with rare masks": ("p.bmp", odd_bmp),
    "TIFF of ten bits": ("p.tif", odd_tiff),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_what_is_not_decoded_here_is_not_called_damaged(tmp_path: Path, kind: str) -> None:
    name, make = FOREIGN[kind]
    path = tmp_path / name
    path.write_bytes(make(tmp_path))
    found = findings(WAN, image=path)
    assert not DAMAGE & set(found)
    words = " ".join(finding.message for finding in found.values())
    assert not any(raw in words for raw in ("<_io", "b'", "-1", "0x", "Error", "Exception")), words
    undecoded = [finding for finding in found.values() if finding.severity == "unchecked"]
    try:
        assert Image.open(prepared(tmp_path / "out", WAN, image=path)).size in ((480, 400), (400, 400))
    except PrepareError:
        assert undecoded, "refused without a word in the check"


def wave(path: Path, promised: int | None = None, seconds: float = 3.0, keep: float = 1.0) -> Path:
    """A WAV file of 16 kHz. `promised` is what its header says of the data's size."""
    time = np.arange(int(16000 * seconds)) / 16000
    data = (8000 * np.sin(440 * 2 * np.pi * time) * np.sin(3 * time)).astype("<i2").tobytes()
    size = len(data) if promised is None else promised
    head = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 16000, 32000, 2, 16) + b"data" + struct.pack("<I", size)
    riff = struct.pack("<I", min(size + 36, 0xFFFFFFFF))
    path.write_bytes(b"RIFF" + riff + head + data[: int(len(data) * keep)])
    return path


STREAMED = [0, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFF9B, 2_000_000_000]


@pytest.mark.parametrize("promised", STREAMED)
def test_a_streamed_wav_is_whole_and_its_header_is_rewritten(tmp_path: Path, promised: int) -> None:
    path = wave(tmp_path / "a.wav", promised)
    found = findings(RETALK, audio=path)
    assert not (DAMAGE | {"file-empty"}) & set(found)
    assert found and all(finding.fixable for finding in found.values())
    assert mediapreflight.probe(path).duration_s == pytest.approx(3.0, abs=0.001)
    made = prepared(tmp_path / "out", RETALK, audio=path)
    assert not findings(RETALK, audio=made)
    assert np.array_equal(samples(made), samples(wave(tmp_path / "clean.wav")))


@pytest.mark.parametrize("by", [2, 8, -8])
def test_a_wav_whose_size_is_off_by_bytes_is_whole(tmp_path: Path, by: int) -> None:
    found = findings(RETALK, audio=wave(tmp_path / "a.wav", 96000 + by))
    assert not DAMAGE & set(found)
    assert all(finding.severity in ("warning", "info") and finding.fixable for finding in found.values())


@pytest.mark.parametrize("name", [b"RF64", b"BW64"])
@pytest.mark.parametrize("promised", [0, 2**64 - 1])
def test_a_wide_wav_whose_size_was_never_filled_in_is_whole(tmp_path: Path, name: bytes, promised: int) -> None:
    """As FFmpeg leaves it in a pipe: it reads no sound from one, and refuses the other."""
    plain = wave(tmp_path / "clean.wav").read_bytes()
    lengths = b"ds64" + struct.pack("<IQQQI", 28, 0, promised, 0, 0)
    path = tmp_path / "a.wav"
    path.write_bytes(name + b"\xff" * 4 + b"WAVE" + lengths + plain[12:40] + b"\xff" * 4 + plain[44:])
    found = findings(RETALK, audio=path)
    assert {name: finding.severity for name, finding in found.items()} == {"file-header-false": "warning"}
    assert mediapreflight.probe(path).duration_s == 3.0
    made = prepared(tmp_path / "out", RETALK, audio=path)
    assert not findings(RETALK, audio=made)
    assert np.array_equal(samples(made), samples(tmp_path / "clean.wav"))


@pytest.mark.parametrize("promised", [0, 0xFFFFFFFF])
def test_titles_behind_sound_of_unknown_length_are_not_played(tmp_path: Path, promised: int) -> None:
    path = wave(tmp_path / "a.wav", promised)
    titles = b"INFOINAM" + struct.pack("<I", 6) + b"title\0"
    path.write_bytes(path.read_bytes() + b"LIST" + struct.pack("<I", len(titles)) + titles)
    assert mediapreflight.probe(path).duration_s == 3.0
    made = prepared(tmp_path / "out", RETALK, audio=path)
    assert np.array_equal(samples(made), samples(wave(tmp_path / "clean.wav")))


def test_a_wav_without_its_second_half_is_truncated(tmp_path: Path) -> None:
    assert "file-truncated" in findings(RETALK, audio=wave(tmp_path / "a.wav", keep=0.5))


MP3 = ("-c:a", "libmp3lame", "-b:a", "64k")
MP2 = ("-c:a", "mp2", "-b:a", "64k", "-f", "mp2")
TAILS = {
    "a newline": b"\n",
    "zeros": bytes(700),
    "ID3v1": b"TAG" + bytes(125),
    "Lyrics3": b"LYRICSBEGININD0000210000018LYRICS200" + b"TAG" + bytes(125),
    "APEv2": b"APETAGEX" + struct.pack("<IIII", 2000, 32, 0, 0) + bytes(8),
}


@pytest.mark.parametrize("tail", TAILS)
@pytest.mark.parametrize("codec", [MP3, MP2], ids=["mp3", "mp2"])
def test_what_stands_behind_the_last_frame_is_no_damage(tmp_path: Path, codec: tuple[str, ...], tail: str) -> None:
    path = sound(tmp_path / "a.mp3", *codec)
    path.write_bytes(path.read_bytes() + TAILS[tail])
    assert not DAMAGE & set(findings(RETALK, audio=path))


EXCERPTS = {
    "a.mp3": (*MP3, "-write_xing", "0", "-id3v2_version", "0"),
    "counted.mp3": MP3,
    "a.mp2": MP2,
    "a.aac": ("-c:a", "aac"),
    "a.ac3": ("-c:a", "ac3"),
    "a.flac": ("-c:a", "flac"),
    "a.amr": ("-c:a", "libopencore_amrnb", "-b:a", "12.2k", "-ar", "8000"),
}


@pytest.mark.parametrize("name", EXCERPTS)
def test_only_a_last_frame_that_is_cut_is_left_out(tmp_path: Path, name: str) -> None:
    """Players leave out some 20 ms; nobody refuses the file."""
    path = sound(tmp_path / name, *EXCERPTS[name])
    clean = samples(path)
    path.write_bytes(path.read_bytes()[:-3])
    found = findings(RETALK, audio=path)
    assert found["file-header-false"].severity == "warning"
    assert not DAMAGE & set(found)
    rate = 8000 if name == "a.amr" else 48000
    assert mediapreflight.probe(path).duration_s == pytest.approx(len(samples(path)) / rate, abs=0.02)
    made = prepared(tmp_path / "out", RETALK, audio=path)
    assert not findings(RETALK, audio=made)
    kept = samples(made)
    assert 0.95 < len(kept) / len(clean) < 1
    if made.suffix == ".wav":
        assert np.array_equal(kept, clean[: len(kept)])


def test_an_mp3_that_counts_more_frames_than_there_are_is_damaged(tmp_path: Path) -> None:
    path = sound(tmp_path / "a.mp3", *MP3)
    path.write_bytes(path.read_bytes()[:-300])
    assert "file-truncated" in findings(RETALK, audio=path)


@pytest.mark.parametrize("tail", TAILS)
def test_tags_behind_amr_are_not_played(tmp_path: Path, tail: str) -> None:
    path = sound(tmp_path / "a.amr", *EXCERPTS["a.amr"])
    clean = samples(path)
    path.write_bytes(path.read_bytes() + TAILS[tail])
    assert set(findings(RETALK, audio=path)) == {"file-format-not-accepted"}
    assert np.array_equal(samples(prepared(tmp_path / "out", RETALK, audio=path)), clean)


@pytest.mark.parametrize("codec", ["eac3", "flac", "libopus"])
def test_newer_sound_in_flv_is_no_damage(tmp_path: Path, codec: str) -> None:
    """Between its packets stand empty ones, with what decoders need to begin."""
    path = sound(tmp_path / "a.flv", "-c:a", codec)
    assert not DAMAGE & set(findings(RETALK, audio=path))
    assert mediapreflight.probe(path).duration_s == pytest.approx(len(samples(path)) / 48000, abs=0.02)


def test_a_hole_in_an_mp3_is_damage(tmp_path: Path) -> None:
    path = sound(tmp_path / "a.mp3", *MP3)
    data = path.read_bytes()
    path.write_bytes(data[:9000] + np.random.default_rng(2).integers(0, 250, 3000, np.uint8).tobytes() + data[12000:])
    assert DAMAGE & set(findings(RETALK, audio=path))


def test_frames_without_data_are_no_damage_in_amr(tmp_path: Path) -> None:
    path = sound(tmp_path / "a.amr", "-c:a", "libopencore_amrnb", "-b:a", "12.2k", "-ar", "8000", rate=8000)
    data = path.read_bytes()
    path.write_bytes(data[:6] + data[6 : 6 + 32 * 50] + b"\x7c" * 20 + data[6 + 32 * 50 :])
    assert not DAMAGE & set(findings(RETALK, audio=path))
    assert mediapreflight.probe(path).duration_s == pytest.approx((len(data) - 6) / 32 * 0.02 + 20 * 0.02, abs=0.02)


def test_flac_behind_an_id3_tag_is_flac(tmp_path: Path) -> None:
    path = sound(tmp_path / "a.flac")
    path.write_bytes(b"ID3\4\0\0\0\0\0\x40" + bytes(64) + path.read_bytes())
    facts = mediapreflight.probe(path)
    assert (facts.kind, facts.format, facts.problems) == ("audio", "flac", ())


NAMED = {
    "w64": ("a.w64",),
    "au": ("a.au",),
    "ac3": ("a.ac3", "-c:a", "ac3"),
    "wavpack": ("a.wv", "-c:a", "wavpack"),
    "tta": ("a.tta", "-c:a", "tta"),
}


@pytest.mark.parametrize("form", NAMED)
def test_rare_formats_are_named(tmp_path: Path, form: str) -> None:
    name, *how = NAMED[form]
    facts = mediapreflight.probe(sound(tmp_path / name, *how))
    assert facts.kind == "audio"
    assert form in facts.format.replace("-", "")
    assert facts.duration_s == pytest.approx(3.0, abs=0.04)


LENGTHS = {
    "vorbis in ogg": ("a.ogg", "-c:a", "libvorbis"),
    "opus in ogg": ("a.opus", "-c:a", "libopus"),
    "opus in webm": ("a.webm", "-c:a", "libopus"),
    "vorbis in matroska": ("a.mka", "-c:a", "libvorbis"),
    "alac in matroska": ("a.mka", "-c:a", "alac"),
    "alac in mp4": ("a.m4a", "-c:a", "alac"),
    "flac in matroska": ("a.mka", "-c:a", "flac"),
    "wma": ("a.wma", "-c:a", "wmav2"),
    "e-ac-3": ("a.eac3", "-c:a", "eac3"),
    "ac-3 in ts": ("a.ts", "-c:a", "ac3"),
    "aac in mp4": ("a.m4a", "-c:a", "aac"),
    "aac in adts": ("a.aac", "-c:a", "aac"),
    "mp3": ("a.mp3", *MP3),
    "adpcm in wav": ("a.wav", "-c:a", "adpcm_ms"),
}


@pytest.mark.parametrize("kind", LENGTHS)
def test_a_recording_lasts_as_long_as_it_decodes(tmp_path: Path, kind: str) -> None:
    name, *how = LENGTHS[kind]
    path = sound(tmp_path / name, *how, seconds=3.96)
    facts = mediapreflight.probe(path)
    assert facts.kind == "audio"
    assert facts.duration_s == pytest.approx(len(samples(path)) / 48000, abs=0.02)
    assert not facts.problems


SOUND_ONLY = {
    "isom": ("a.mp4", "-c:a", "aac", "-brand", "isom"),
    "mp42": ("a.mp4", "-c:a", "aac", "-brand", "mp42"),
    "3gp": ("a.3gp", "-c:a", "aac"),
    "dash": ("a.mp4", "-c:a", "aac", "-movflags", "dash+frag_keyframe+empty_moov"),
    "mov": ("a.mov", "-c:a", "aac"),
    "ts": ("a.ts", "-c:a", "aac"),
    "asf": ("a.asf", "-c:a", "wmav2"),
    "mkv": ("a.mkv", "-c:a", "aac"),
}


@pytest.mark.parametrize("kind", SOUND_ONLY)
def test_sound_alone_is_a_recording_in_any_container(tmp_path: Path, kind: str) -> None:
    name, *how = SOUND_ONLY[kind]
    assert mediapreflight.probe(sound(tmp_path / name, *how)).kind == "audio"


def test_ogg_with_a_picture_is_a_video(tmp_path: Path) -> None:
    assert mediapreflight.probe(video(tmp_path / "v.ogv", "-c:v", "libtheora")).kind == "video"


def exif(orientation: int, field: int, order: str = "<") -> bytes:
    """An EXIF block with one entry: the orientation, as an integer of the type `field`."""
    value = struct.pack(order + {1: "B3x", 3: "H2x", 4: "I", 9: "i"}[field], orientation)
    mark = b"II*\0" if order == "<" else b"MM\0*"
    return mark + struct.pack(order + "IHHHI", 8, 1, 0x112, field, 1) + value + bytes(4)


TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    8: Image.Transpose.ROTATE_90,
}


@pytest.mark.parametrize(("orientation", "field", "order"), [(6, 4, "<"), (8, 4, ">"), (5, 9, "<"), (3, 1, ">"), (2, 3, "<")])
def test_an_orientation_of_any_integer_type_counts(tmp_path: Path, orientation: int, field: int, order: str) -> None:
    path = tmp_path / "p.jpg"
    path.write_bytes(jpeg()[:2] + segment(0xE1, b"Exif\0\0" + exif(orientation, field, order)) + jpeg()[2:])
    facts = mediapreflight.probe(path)
    assert facts.orientation == orientation
    assert (facts.width, facts.height) == ((400, 480) if orientation > 4 else (480, 400))
    made = Image.open(prepared(tmp_path / "out", WAN, image=path))
    assert made.getexif().get(0x112, 1) == 1
    assert psnr(made, scene().transpose(TURNS[orientation])) > 30


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(pixels: "np.ndarray[tuple[int, ...], np.dtype[np.uint8 | np.uint16]]", *chunks: bytes) -> bytes:
    """A PNG of grey or RGB, 8 or 16 bits, with more chunks before its pixels."""
    color, depth = (2 if pixels.ndim == 3 else 0), pixels.itemsize * 8
    rows = pixels.astype(f">u{pixels.itemsize}").tobytes()
    width = len(rows) // pixels.shape[0]
    packed = b"".join(b"\0" + rows[start : start + width] for start in range(0, len(rows), width))
    head = struct.pack(">IIBBBBB", pixels.shape[1], pixels.shape[0], depth, color, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + b"".join(chunks)
        + chunk(b"IDAT", zlib.compress(packed))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("name", [b"exif", b"APP1"])
def test_an_orientation_in_png_text_counts(tmp_path: Path, packed: bool, name: bytes) -> None:
    block = b"Exif\0\0" + exif(6, 3)
    text = b"\n%s\n%8d\n%s\n" % (name, len(block), block.hex().encode())
    key = b"Raw profile type " + name + b"\0"
    raw = chunk(b"zTXt", key + b"\0" + zlib.compress(text)) if packed else chunk(b"tEXt", key + text)
    path = tmp_path / "p.png"
    path.write_bytes(png(np.asarray(scene()), raw))
    assert findings(WAN, image=path)["image-relies-on-orientation-tag"].code == "IMG008"
    made = prepared(tmp_path / "out", WAN, image=path)
    assert b"Raw profile" not in made.read_bytes()
    assert psnr(Image.open(made), scene().transpose(Image.Transpose.ROTATE_270)) > 30


UPRIGHT = {
    "mirrored": (("-display_hflip",), True, ("hflip",)),
    "mirrored downwards": (("-display_vflip",), True, ("vflip",)),
    "turned": (("-display_rotation", "90"), False, ("transpose=cclock",)),
    "turned and mirrored": (("-display_rotation", "90", "-display_hflip"), True, ()),
}


@pytest.mark.parametrize("kind", UPRIGHT)
def test_a_display_matrix_is_understood_whole(tmp_path: Path, kind: str) -> None:
    matrix, mirrored, filters = UPRIGHT[kind]
    plain = video(tmp_path / "plain.mp4", size="240x320")
    ffmpeg(*matrix, "-i", plain, "-c", "copy", tmp_path / "v.mp4")
    facts = mediapreflight.probe(tmp_path / "v.mp4")
    assert facts.mirrored is mirrored
    assert (facts.width, facts.height) == frame(tmp_path / "v.mp4").size
    assert "video-relies-on-rotation-tag" in findings(TEMPLATE, video=tmp_path / "v.mp4")
    made = prepared(tmp_path / "out", TEMPLATE, video=tmp_path / "v.mp4")
    assert not findings(TEMPLATE, video=made)
    assert psnr(frame(made), frame(tmp_path / "v.mp4")) > 28
    if filters:
        assert psnr(frame(made), frame(plain, *filters)) > 28


def test_a_turn_in_the_movie_header_counts(tmp_path: Path) -> None:
    path = video(tmp_path / "v.mp4", size="240x320")
    data = bytearray(path.read_bytes())
    place = data.index(b"mvhd") + 4 + 36
    data[place : place + 36] = struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    facts = mediapreflight.probe(path)
    assert (facts.width, facts.height) == (320, 240)
    assert "video-relies-on-rotation-tag" in findings(TEMPLATE, video=path)


ALPHA = {
    "vp9": ("v.webm", "-pix_fmt", "yuva420p", "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"),
    "prores": ("v.mov", "-pix_fmt", "yuva444p10le", "-c:v", "prores_ks", "-profile:v", "4444"),
    "png": ("v.mov", "-c:v", "png", "-pix_fmt", "rgba"),
    "animation": ("v.mov", "-c:v", "qtrle", "-pix_fmt", "argb"),
}


@pytest.mark.parametrize("kind", ALPHA)
def test_the_background_is_laid_under_a_video_with_alpha(tmp_path: Path, kind: str) -> None:
    name, *how = ALPHA[kind]
    source = "color=c=blue@0.0:s=320x240:r=25:d=2.2,format=rgba,drawbox=x=160:y=0:w=160:h=240:color=lime@1.0:t=fill:replace=1"
    path = tmp_path / name
    ffmpeg("-f", "lavfi", "-i", source, *how, path)
    assert mediapreflight.probe(path).has_alpha
    assert any("alpha" in found for found in findings(TEMPLATE, video=path))
    shown = frame(prepared(tmp_path / "out", TEMPLATE, background="#ff0000", video=path))
    left, right = shown.getpixel((60, 120)), shown.getpixel((260, 120))
    assert np.allclose(left, (255, 0, 0), atol=14), left
    assert np.allclose(right, (0, 255, 0), atol=14), right


def cicp(*codes: int) -> bytes:
    return chunk(b"cICP", bytes(codes))


@pytest.mark.parametrize("transfer", [16, 18], ids=["PQ", "HLG"])
def test_a_png_of_high_dynamic_range_is_tone_mapped(tmp_path: Path, transfer: int) -> None:
    ramp = np.repeat(np.tile(np.arange(480) * 150 // 479, (400, 1))[:, :, None], 3, axis=2).astype(np.uint8)
    path = tmp_path / "p.png"
    path.write_bytes(png(ramp, cicp(9, transfer, 0, 1)))
    assert findings(WAN, image=path)["image-is-hdr"].code == "IMG010"
    made = prepared(tmp_path / "out", WAN, image=path)
    assert not findings(WAN, image=made)
    shown = np.asarray(Image.open(made).convert("RGB"), int)[200]
    assert np.ptp(shown, axis=1).max() <= 6, "grey has become coloured"
    assert (np.diff(shown[:, 1]) >= -3).all()
    assert shown[-1, 1] > 165, "white of 203 nits has stayed as dark as it was coded"


def test_cicp_of_plain_srgb_is_clean(tmp_path: Path) -> None:
    path = tmp_path / "p.png"
    path.write_bytes(png(np.asarray(scene()), cicp(1, 13, 0, 1)))
    assert not findings(WAN, image=path)


def test_p3_by_cicp_becomes_srgb(tmp_path: Path) -> None:
    path = tmp_path / "p.png"
    path.write_bytes(png(np.full((400, 400, 3), (180, 120, 90), np.uint8), cicp(12, 13, 0, 1)))
    coded = np.array([180, 120, 90]) / 255
    linear = ((coded + 0.055) / 1.055) ** 2.4
    to_srgb = np.array([[1.2249, -0.2247, 0], [-0.0420, 1.0419, 0], [-0.0197, -0.0786, 1.0979]])
    right = (1.055 * (to_srgb @ linear) ** (1 / 2.4) - 0.055) * 255
    shown = Image.open(prepared(tmp_path / "out", WAN, image=path)).convert("RGB").getpixel((200, 200))
    assert np.allclose(shown, right, atol=3), (shown, right)


def test_avif_of_high_dynamic_range_is_found_and_mapped(tmp_path: Path) -> None:
    path = tmp_path / "p.avif"
    params = "setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc:range=tv"
    grey = ("-f", "lavfi", "-i", f"color=c=0x949494:s=400x400:d=1,format=gray10le,format=yuv420p10le,{params}")
    ffmpeg(*grey, "-frames:v", "1", "-pix_fmt", "yuv420p10le", "-c:v", "libaom-av1", "-cpu-used", "8", path)
    assert "image-is-hdr" in findings(WAN, image=path)
    shown = Image.open(prepared(tmp_path / "out", WAN, image=path)).convert("RGB").getpixel((200, 200))
    assert min(shown) > 165 and max(shown) - min(shown) <= 4, shown


@pytest.mark.parametrize("form", ["avif", "png", "webp", "tiff"])
def test_the_background_is_laid_under_a_picture_with_alpha(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"p.{form}"
    picture = scene().convert("RGBA")
    picture.paste((10, 200, 30, 0), (0, 0, 200, 400))
    picture.save(path)
    assert mediapreflight.probe(path).has_alpha
    if form == "webp":  # the model refuses alpha in PNG alone
        return
    made = Image.open(prepared(tmp_path / "out", WAN, background="#ffffff", image=path)).convert("RGB")
    assert np.allclose(made.getpixel((4, 4)), 255, atol=4)
    assert psnr(made.crop((240, 0, 480, 400)), scene().crop((240, 0, 480, 400))) > 28


def linear_profile() -> bytes:
    """A profile of sRGB's primaries with a straight curve, and a name that says sRGB."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for number in range(struct.unpack_from(">I", data, 128)[0]):
        tag, offset, _ = struct.unpack_from(">4sII", data, 132 + 12 * number)
        if tag in (b"rTRC", b"gTRC", b"bTRC"):
            data[offset : offset + 12] = b"curv" + bytes(8)
            struct.pack_into(">I", data, 132 + 12 * number + 8, 12)
    return bytes(data)


def test_a_profile_is_judged_by_its_content(tmp_path: Path) -> None:
    profile, path = linear_profile(), tmp_path / "p.jpg"
    scene().save(path, quality=95, icc_profile=profile)
    assert "image-relies-on-color-profile" in findings(WAN, image=path)
    made = Image.open(prepared(tmp_path / "out", WAN, image=path))
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    right = ImageCms.profileToProfile(Image.open(path), source, ImageCms.createProfile("sRGB"))
    assert psnr(made, right) > 30
    clean = tmp_path / "clean.jpg"
    scene().save(clean, icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    assert not findings(WAN, image=clean)


def test_grey_of_16_bits_with_a_transparent_colour_lies_on_white(tmp_path: Path) -> None:
    pixels = np.full((400, 400), 0x4321, np.uint16)
    pixels[:200] = 0x1234
    pixels[:50] = 0x1235  # a neighbour of the transparent colour: the same in 8 bits, but not transparent
    path = tmp_path / "p.png"
    path.write_bytes(png(pixels, chunk(b"tRNS", b"\x12\x34")))
    assert mediapreflight.probe(path).has_alpha
    made = Image.open(prepared(tmp_path / "out", WAN, background="#ffffff", image=path)).convert("L")
    assert [made.getpixel((200, row)) for row in (20, 120, 300)] == pytest.approx([0x12, 255, 0x43], abs=4)


def test_a_lab_tiff_has_no_alpha(tmp_path: Path) -> None:
    profile = ImageCms.createProfile("LAB")
    lab = ImageCms.profileToProfile(scene(), ImageCms.createProfile("sRGB"), profile, outputMode="LAB")
    lab.save(tmp_path / "p.tif")
    assert not mediapreflight.probe(tmp_path / "p.tif").has_alpha
    try:
        assert psnr(Image.open(prepared(tmp_path / "out", WAN, image=tmp_path / "p.tif")), scene()) > 24
    except PrepareError:
        assert any(finding.severity == "unchecked" for finding in findings(WAN, image=tmp_path / "p.tif").values())


def test_a_photoshop_file_is_right_or_refused(tmp_path: Path) -> None:
    planes = np.asarray(scene()).transpose(2, 0, 1).tobytes()
    path = tmp_path / "p.psd"
    path.write_bytes(b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, 400, 480, 8, 3) + bytes(12) + b"\0\0" + planes)
    try:
        assert psnr(Image.open(prepared(tmp_path / "out", WAN, image=path)), scene()) > 30
    except PrepareError:
        assert any(finding.severity in ("error", "unchecked") for finding in findings(WAN, image=path).values())


def test_an_mdat_that_promises_a_little_more_is_whole(tmp_path: Path) -> None:
    path = video(tmp_path / "v.mp4")
    data = bytearray(path.read_bytes())
    place = data.index(b"mdat") - 4
    rest = data[place + struct.unpack_from(">I", data, place)[0] :]
    assert rest[4:8] == b"moov"
    # with the index first, the box of samples is the last, and says more than there is
    ffmpeg("-i", path, "-c", "copy", "-movflags", "+faststart", tmp_path / "fast.mp4")
    data = bytearray((tmp_path / "fast.mp4").read_bytes())
    place = data.rindex(b"mdat") - 4
    struct.pack_into(">I", data, place, struct.unpack_from(">I", data, place)[0] + 8)
    path.write_bytes(data)
    assert not DAMAGE & set(findings(TEMPLATE, video=path))
    assert mediapreflight.probe(path).frames == 55


def test_a_video_of_which_no_frame_decodes_is_damaged(tmp_path: Path) -> None:
    path = video(tmp_path / "v.ts")
    assert not DAMAGE & set(findings(TEMPLATE, video=path))
    ffmpeg("-i", path, "-c", "copy", "-bsf:v", "noise=amount=4", tmp_path / "bad.ts")
    assert DAMAGE & set(findings(TEMPLATE, video=tmp_path / "bad.ts"))


def test_an_encrypted_recording_is_called_so(tmp_path: Path) -> None:
    key = ("-encryption_scheme", "cenc-aes-ctr", "-encryption_key", "76a6c65c5ea762046bd749a2e632ccbb")
    path = sound(tmp_path / "a.mp4", "-c:a", "aac", *key, "-encryption_kid", "a7e61c373e219033c21091fa607bf3b8")
    found = findings(RETALK, audio=path)
    assert "audio-is-encrypted" in found
    assert not DAMAGE & set(found)
    assert any("encrypted" in problem for problem in mediapreflight.probe(path).problems)


def test_a_codec_nobody_knows_is_said_to_be_unknown(tmp_path: Path) -> None:
    path = video(
        tmp_path / "v.mp4",
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-c:a",
        "aac",
        "-shortest",
        before=("-f", "lavfi", "-i", "sine"),
    )
    path.write_bytes(path.read_bytes().replace(b"mp4a", b"xq7z").replace(b"esds", b"xq7d"))
    found = findings(TEMPLATE, video=path)
    assert found, "sound that nobody can decode passes as clean"
    assert not DAMAGE & set(found)


def test_slow_mp3_goes_into_mp4(tmp_path: Path) -> None:
    tone = ("-f", "lavfi", "-i", "sine=440:r=11025:d=2.2")
    path = video(tmp_path / "v.avi", "-c:v", "mpeg4", "-q:v", "3", "-c:a", "libmp3lame", "-ar", "11025", before=tone)
    made = prepared(tmp_path / "out", TEMPLATE, video=path)
    assert len(samples(made)) > 0
    assert not findings(TEMPLATE, video=made)


@pytest.mark.parametrize("codec", ["mpeg4", "mjpeg"])
def test_videoretalk_requires_its_codecs(tmp_path: Path, codec: str) -> None:
    path = video(tmp_path / "v.mov", "-c:v", codec)
    assert findings(RETALK, video=path)["video-codec-not-accepted"].severity == "error"
    assert "video-codec-not-accepted" not in findings(RETALK, video=video(tmp_path / "h.mov"))


SIZES = [(4_999_999, None), (5_000_000, "warning"), ((5 << 20) - 1, "warning"), (5 << 20, "error")]


@pytest.mark.parametrize(("size", "severity"), SIZES)
def test_animateanyone_takes_less_than_5_mb(tmp_path: Path, size: int, severity: str | None) -> None:
    plain = png(np.asarray(scene()))
    path = tmp_path / "p.png"
    path.write_bytes(png(np.asarray(scene()), chunk(b"fiLl", bytes(size - len(plain) - 12))))
    assert path.stat().st_size == size
    finding = findings("animate-anyone-gen2", image=path).get("file-too-large")
    assert (finding.severity if finding else None) == severity


def test_a_folder_check_names_what_it_passes_over(here: Here) -> None:
    folder = here.folder / "media"
    folder.mkdir()
    scene().save(folder / "p.png")
    video(folder / "clip.mp4")
    (folder / "photo.jpg").write_text("not a picture at all")
    said = here.command("check", folder, "--model", WAN, "--level", "decode")
    assert "clip.mp4" in said.all and "video" in said.all
    assert "photo.jpg" in said.all


def test_to_check_nothing_is_no_success(here: Here) -> None:
    folder = here.folder / "media"
    folder.mkdir()
    assert here.command("check", folder, "--model", WAN).status == 2
    video(folder / "clip.mp4")
    said = here.command("check", folder, "--model", WAN)
    assert said.status == 2
    assert "clip.mp4" in said.all


def test_to_prepare_twice_changes_no_byte(here: Here) -> None:
    sources = [here.folder / "p.png", wave(here.folder / "a.wav", 0x7FFFFFFF)]
    scene().convert("RGBA").save(sources[0])
    before = [path.read_bytes() for path in sources]
    words = ("prepare", "--model", WAN, *sources, "--out", here.folder / "out", "--output-format", "json")
    first = here.command(*words)
    assert first.status == 0, first.all
    assert json.loads(first.out)["ok"]
    once = {path.name: path.read_bytes() for path in (here.folder / "out").rglob("*") if path.is_file()}
    assert here.command(*words).status == 0
    assert once == {path.name: path.read_bytes() for path in (here.folder / "out").rglob("*") if path.is_file()}
    assert before == [path.read_bytes() for path in sources]


ODD_BUT_SOUND = {
    "progressive JPEG": ("p.jpg", {"progressive": True, "quality": 92}),
    "JPEG of 4:4:4": ("p.jpg", {"subsampling": 0, "quality": 92}),
    "grey JPEG": ("p.jpg", {"mode": "L"}),
    "print colours": ("p.jpg", {"mode": "CMYK", "quality": 95}),
    "print colours in TIFF": ("p.tif", {"mode": "CMYK"}),
    "palette": ("p.png", {"mode": "P"}),
    "palette in GIF": ("p.gif", {"mode": "P"}),
    "LZW": ("p.tif", {"compression": "tiff_lzw"}),
    "JPEG in TIFF": ("p.tif", {"compression": "jpeg", "quality": 95}),
    "lossless WebP": ("p.webp", {"lossless": True, "method": 0}),
    "AVIF": ("p.avif", {"quality": 90, "speed": 10}),
    "JPEG 2000": ("p.jp2", {}),
    "run lengths": ("p.tga", {"compression": "tga_rle"}),
}


@pytest.mark.parametrize("kind", ODD_BUT_SOUND)
def test_what_is_ready_shows_what_the_source_shows(tmp_path: Path, kind: str) -> None:
    name, options = ODD_BUT_SOUND[kind]
    path, mode = tmp_path / name, options.get("mode", "RGB")
    scene().convert(mode).save(path, **{key: value for key, value in options.items() if key != "mode"})
    found = findings(WAN, image=path)
    assert not DAMAGE & set(found)
    try:
        made = Image.open(prepared(tmp_path / "out", WAN, image=path))
    except PrepareError:
        assert any(finding.severity in ("error", "unchecked") for finding in found.values())
        return
    with Image.open(path) as source:
        assert psnr(made, source) > 30
    assert psnr(made.convert("L"), scene().convert("L")) > 24


@pytest.mark.parametrize(("form", "orientation"), [("png", 6), ("webp", 3), ("avif", 6), ("avif", 7), ("tiff", 7)])
def test_an_orientation_is_baked_in_every_format(tmp_path: Path, form: str, orientation: int) -> None:
    path, tags = tmp_path / f"p.{form}", Image.Exif()
    tags[0x112] = orientation
    scene().save(path, exif=tags.tobytes() if form != "tiff" else tags)
    made = Image.open(prepared(tmp_path / "out", WAN, image=path))
    turned = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE}[orientation]
    assert psnr(made, scene().transpose(turned)) > 24
    assert made.getexif().get(0x112, 1) == 1


def test_a_wrong_checksum_in_png_pixels_is_damage(tmp_path: Path) -> None:
    data = bytearray(png(np.asarray(scene())))
    data[data.index(b"IDAT") + 900] ^= 0x55
    path = tmp_path / "p.png"
    path.write_bytes(data)
    assert DAMAGE & set(findings(WAN, image=path))


def test_a_flipped_bit_in_flac_is_damage(tmp_path: Path) -> None:
    path = sound(tmp_path / "a.flac")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x10
    path.write_bytes(data)
    assert DAMAGE & set(findings(RETALK, audio=path))


@pytest.mark.parametrize("name", ["v.mp4", "v.mov", "v.avi", "v.mkv"])
def test_a_video_that_is_cut_is_damaged(tmp_path: Path, name: str) -> None:
    path, index = tmp_path / name, ("-movflags", "+faststart") if name in ("v.mp4", "v.mov") else ()
    ffmpeg("-i", video(tmp_path / "whole.mp4"), "-c", "copy", *index, path)
    assert not DAMAGE & set(findings(TEMPLATE, video=path))
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * 0.8)])
    assert DAMAGE & set(findings(TEMPLATE, video=path))


def test_an_avi_that_lost_its_index_alone_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "v.avi"
    ffmpeg("-i", video(tmp_path / "whole.mp4"), "-c", "copy", path)
    path.write_bytes(path.read_bytes()[: path.read_bytes().rindex(b"idx1") + 100])
    assert not DAMAGE & set(findings(TEMPLATE, video=path))
    assert mediapreflight.probe(path).frames == 55


def test_overwritten_pictures_in_a_video_are_damage(tmp_path: Path) -> None:
    path = video(tmp_path / "v.mp4")
    data = bytearray(path.read_bytes())
    middle = data.index(b"mdat") + 60000
    data[middle : middle + 3000] = np.random.default_rng(4).integers(0, 255, 3000, np.uint8).tobytes()
    path.write_bytes(data)
    assert DAMAGE & set(findings(TEMPLATE, video=path))


def test_frames_are_counted_where_fields_are_coded(tmp_path: Path) -> None:
    path = video(tmp_path / "v.ts", "-c:v", "mpeg2video", "-flags", "+ilme+ildct", "-q:v", "4")
    facts = mediapreflight.probe(path)
    assert facts.frames == 55
    assert facts.duration_s == pytest.approx(2.2, abs=0.02)


def test_stamps_that_begin_below_zero_change_no_length(tmp_path: Path) -> None:
    path = video(tmp_path / "v.mp4", "-c:v", "libx264", "-preset", "veryfast", "-bf", "3", "-avoid_negative_ts", "disabled")
    for name in ("v.ts", "v.mkv"):
        ffmpeg("-i", path, "-c", "copy", "-output_ts_offset", "-0.5", "-avoid_negative_ts", "disabled", tmp_path / name)
        facts = mediapreflight.probe(tmp_path / name)
        assert facts.duration_s == pytest.approx(2.2, abs=0.02), name
        assert facts.frames == 55, name


def test_rf64_is_whole_and_becomes_a_plain_wav(tmp_path: Path) -> None:
    path = sound(tmp_path / "a.wav", "-rf64", "always")
    assert mediapreflight.probe(path).duration_s == pytest.approx(3.0, abs=0.001)
    assert not DAMAGE & set(findings(RETALK, audio=path))
    assert np.array_equal(samples(prepared(tmp_path / "out", RETALK, audio=path)), samples(sound(tmp_path / "clean.wav")))


def test_an_au_file_of_unknown_size_is_whole(tmp_path: Path) -> None:
    path = sound(tmp_path / "a.au")
    data = bytearray(path.read_bytes())
    data[8:12] = b"\xff" * 4
    path.write_bytes(data)
    assert mediapreflight.probe(path).duration_s == pytest.approx(3.0, abs=0.001)
    assert not DAMAGE & set(findings(RETALK, audio=path))


def test_one_packet_that_cannot_be_decoded_is_a_named_gap(tmp_path: Path) -> None:
    path = sound(tmp_path / "a.aac", "-c:a", "aac")
    data, starts = bytearray(path.read_bytes()), [0]
    while starts[-1] < len(data):
        head = data[starts[-1] : starts[-1] + 6]
        starts.append(starts[-1] + ((head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5))
    body = slice(starts[60] + 7, starts[61])
    data[body] = b"\x55" * len(data[body])
    path.write_bytes(data)
    assert "file-corrupt" in findings(RETALK, audio=path)
    ready = mediapreflight.prepare(Job(RETALK, whole=False, audio=path), out=tmp_path / "out", level="decode")
    assert "1.28 s" in " ".join(step.detail for step in ready.steps["audio"])
    made = Path(ready.job.inputs["audio"])
    assert not findings(RETALK, audio=made)
    assert len(samples(made)) == pytest.approx(3.02 * 48000, abs=1200)


def test_lossless_jpeg_does_no_harm_in_process(tmp_path: Path) -> None:
    path = tmp_path / "p.jpg"
    path.write_bytes(by_ffmpeg(tmp_path, "ljpeg", "gray", "jpg"))
    report = mediapreflight.check(Job(WAN, whole=False, image=path), level="decode", contained=False)
    assert not DAMAGE & {finding.name for finding in report.findings}


def overwrite(path: Path) -> None:
    """600 bytes in the middle become others."""
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 600] = np.random.default_rng(9).integers(0, 255, 600, np.uint8).tobytes()
    path.write_bytes(data)


SOUNDS = {"a.ogg": ("-c:a", "libvorbis"), "a.m4a": ("-c:a", "aac"), "a.aac": ("-c:a", "aac"), "a.ac3": ("-c:a", "ac3")}


@pytest.mark.parametrize("name", SOUNDS)
def test_overwritten_sound_is_damage(tmp_path: Path, name: str) -> None:
    path = sound(tmp_path / name, *SOUNDS[name])
    assert not DAMAGE & set(findings(RETALK, audio=path))
    overwrite(path)
    assert DAMAGE & set(findings(RETALK, audio=path))


MOVING = {"v.mkv": "libx264", "v.ts": "libx264", "v.mp4": "mpeg4", "v.mov": "prores_ks"}


@pytest.mark.parametrize("name", MOVING)
def test_overwritten_frames_are_damage_in_every_container(tmp_path: Path, name: str) -> None:
    path = video(tmp_path / name, "-c:v", MOVING[name])
    assert not DAMAGE & set(findings(TEMPLATE, video=path))
    overwrite(path)
    assert DAMAGE & set(findings(TEMPLATE, video=path))


@pytest.mark.parametrize("name", ["p.avif", "p.webp", "p.gif", "p.jpg"])
def test_overwritten_pixels_are_damage_in_every_format(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    scene().save(path, **({"progressive": True} if name == "p.jpg" else {}))
    assert not DAMAGE & set(findings(WAN, image=path))
    overwrite(path)
    assert DAMAGE & set(findings(WAN, image=path))


def test_grey_of_8_bits_with_a_transparent_colour_lies_on_the_background(tmp_path: Path) -> None:
    pixels = np.full((400, 400), 90, np.uint8)
    pixels[:200] = 7
    path = tmp_path / "p.png"
    path.write_bytes(png(pixels, chunk(b"tRNS", b"\0\7")))
    made = Image.open(prepared(tmp_path / "out", WAN, background="#ff0000", image=path)).convert("RGB")
    assert np.allclose(made.getpixel((9, 9)), (255, 0, 0), atol=4)
    assert np.allclose(made.getpixel((9, 300)), 90, atol=4)
