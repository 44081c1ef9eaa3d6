"""Files of the world, of other kinds than the documents' own examples: what is whole, what is damaged, and what becomes of each.

Each test makes its file, and FFmpeg's own decoder says what is in it.
"""

import json
import struct
import subprocess
import sys
import zlib
from io import BytesIO

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

from mediapreflight import Job, PrepareError, check, prepare, probe

RATE = 22050
SECONDS = 2.5


def ffmpeg(*words):
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y", *map(str, words)]
    return subprocess.run(command, check=True, capture_output=True).stdout


def heard(path, rate=RATE):
    """All samples of a recording, as FFmpeg decodes them."""
    return np.frombuffer(ffmpeg("-i", path, "-map", "0:a:0", "-f", "s16le", "-ac", 1, "-ar", rate, "-"), "<i2").astype(float)


def found(path, model, role):
    """The findings of one file by themselves, by name."""
    report = check(Job(model, whole=False, **{role: str(path)}), level="decode", contained=False)
    return {finding.name: finding for finding in report.findings}


def made(path, model, role, out):
    ready = prepare(Job(model, whole=False, **{role: str(path)}), out=out, level="decode", contained=False)
    return ready.job.inputs[role], [step.name for step in ready.steps[role]]


@pytest.fixture(scope="module")
def samples():
    noise = np.random.default_rng(1)
    time = np.arange(int(RATE * SECONDS)) / RATE
    return (9000 * np.sin(2 * np.pi * 330 * time) + noise.normal(0, 300, len(time))).astype("<i2")


def wave(samples, states, *, riff=None, magic=b"RIFF", ds64=b"", tail=b""):
    """A WAV file whose data chunk states `states` bytes."""
    layout = struct.pack("<HHIIHH", 1, 1, RATE, RATE * 2, 2, 16)
    head = b"WAVE" + ds64 + b"fmt " + struct.pack("<I", 16) + layout
    body = head + b"data" + struct.pack("<I", states) + samples.tobytes() + tail
    return magic + struct.pack("<I", len(body) if riff is None else riff) + body


@pytest.fixture(scope="module")
def voice(samples, tmp_path_factory):
    path = tmp_path_factory.mktemp("voice") / "voice.wav"
    path.write_bytes(wave(samples, samples.nbytes))
    return path


# What streamers leave as the size of a WAV file.


@pytest.mark.parametrize(
    "states",
    [0, 0x7FFFF000, 0x7FFFFFDB, 0x80000024, 0xFFFFFF00, 0xFFFFFFDB, 0xFFFFFFFF, 2_147_483_600],
    ids=lambda number: f"{number:#x}",
)
def test_a_streamers_size_is_a_false_header_and_no_sample_is_lost(states, samples, tmp_path):
    path = tmp_path / "streamed.wav"
    path.write_bytes(wave(samples, states, riff=(states + 36) & 0xFFFFFFFF))
    assert probe(path).duration_s == pytest.approx(SECONDS, abs=0.001)
    findings = found(path, "videoretalk", "audio")
    assert list(findings) == ["file-header-false"] and findings["file-header-false"].severity == "warning"
    if states in (0, 0xFFFFFFDB):
        output, _ = made(path, "videoretalk", "audio", tmp_path / "out")
        assert np.array_equal(heard(output), samples)


@pytest.mark.parametrize("more", [1, 2, 3, 7, 16])
def test_a_size_that_is_a_few_bytes_too_large_is_a_false_header(more, samples, tmp_path):
    path = tmp_path / "off.wav"
    path.write_bytes(wave(samples, samples.nbytes + more))
    findings = found(path, "videoretalk", "audio")
    assert list(findings) == ["file-header-false"] and findings["file-header-false"].fixable
    if more in (1, 16):
        output, _ = made(path, "videoretalk", "audio", tmp_path / "out")
        assert np.array_equal(heard(output), samples)


@pytest.mark.parametrize("magic", [b"RF64", b"BW64"])
@pytest.mark.parametrize("states", ["right", "zero", "largest"])
def test_sizes_of_64_bits(magic, states, samples, tmp_path):
    size = {"right": samples.nbytes, "zero": 0, "largest": 2**64 - 1}[states]
    ds64 = b"ds64" + struct.pack("<IQQQI", 28, size, size, 0, 0)
    path = tmp_path / "large.wav"
    path.write_bytes(wave(samples, 0xFFFFFFFF, riff=0xFFFFFFFF, magic=magic, ds64=ds64))
    assert probe(path).duration_s == pytest.approx(SECONDS, abs=0.001)
    assert set(found(path, "videoretalk", "audio")) == (set() if states == "right" else {"file-header-false"})
    if magic == b"RF64":
        output, _ = made(path, "videoretalk", "audio", tmp_path / "out")
        assert np.array_equal(heard(output), samples)


@pytest.mark.parametrize(
    "tail", [b"\r\n", b"TAG" + bytes(125), b"LIST" + struct.pack("<I", 4) + b"INFO"], ids=["newline", "ID3v1", "LIST"]
)
def test_what_stands_behind_the_sound_is_not_sound(tail, samples, tmp_path):
    path = tmp_path / "tail.wav"
    path.write_bytes(wave(samples, samples.nbytes, tail=tail))
    assert probe(path).duration_s == pytest.approx(SECONDS, abs=0.001)
    assert not found(path, "videoretalk", "audio")


def test_half_a_recording_is_cut_off(samples, tmp_path):
    path = tmp_path / "half.wav"
    path.write_bytes(wave(samples, samples.nbytes)[: samples.nbytes // 2])
    assert found(path, "videoretalk", "audio")["file-truncated"].severity == "error"
    with pytest.raises(PrepareError, match="cut off"):
        made(path, "videoretalk", "audio", tmp_path / "out")


# Other containers and codecs: the kind, the name and the length.

SOUNDS = {
    "w64": ("w64", ["-f", "w64"]),
    "aiff": ("aiff", ["-f", "aiff"]),
    "caf": ("caf", ["-f", "caf"]),
    "au": ("au", ["-f", "au"]),
    "tta": ("tta", ["-f", "tta"]),
    "wv": ("wavpack", ["-f", "wv", "-c:a", "wavpack"]),
    "eac3": ("eac3", ["-f", "eac3", "-ar", 48000]),
    "dts": ("dts", ["-f", "dts", "-c:a", "dca", "-strict", -2, "-ar", 48000]),
    "oga": ("ogg", ["-f", "oga", "-c:a", "flac"]),
    "opus": ("ogg", ["-f", "opus", "-c:a", "libopus", "-ar", 48000]),
    "mka": ("mkv", ["-f", "matroska", "-c:a", "tta"]),
    "webm": ("webm", ["-f", "webm", "-c:a", "libopus", "-ar", 48000]),
    "ts": ("ts", ["-f", "mpegts", "-c:a", "aac"]),
    "flv": ("flv", ["-f", "flv", "-c:a", "libmp3lame"]),
    "mov": ("mov", ["-f", "mov", "-c:a", "adpcm_ima_qt"]),
    "wma": ("asf", ["-f", "asf", "-c:a", "wmav1"]),
}


@pytest.mark.parametrize("name", SOUNDS)
def test_sound_in_any_container_is_a_recording_of_the_decoded_length(name, voice, tmp_path):
    known_as, words = SOUNDS[name]
    path = tmp_path / f"voice.{name}"
    ffmpeg("-i", voice, *words, path)
    facts = probe(path)
    assert (facts.kind, facts.format) == ("audio", known_as)
    assert facts.duration_s == pytest.approx(len(heard(path)) / RATE, abs=0.02)
    assert not facts.problems


@pytest.mark.parametrize("name", ["aiff", "w64", "oga", "ts"])
def test_sound_of_any_container_is_prepared_sample_for_sample(name, voice, tmp_path):
    path = tmp_path / f"voice.{name}"
    ffmpeg("-i", voice, *SOUNDS[name][1], path)
    output, _ = made(path, "videoretalk", "audio", tmp_path / "out")
    before, after = heard(path), heard(output)
    assert len(before) == len(after) and np.abs(before - after).max() <= 2


@pytest.mark.parametrize("form", ["w64", "aiff"])
def test_a_header_that_was_written_to_a_pipe(form, voice, samples, tmp_path):
    path = tmp_path / f"piped.{form}"
    path.write_bytes(ffmpeg("-i", voice, "-f", form, "-"))
    assert probe(path).duration_s == pytest.approx(SECONDS, abs=0.001)
    assert found(path, "videoretalk", "audio")["file-header-false"].severity == "warning"
    output, _ = made(path, "videoretalk", "audio", tmp_path / "out")
    assert np.array_equal(heard(output)[: len(samples)], samples)


@pytest.mark.parametrize("between", ["ID3v2", "ID3v1", "APEv2"])
def test_joined_mp3_files_with_tags_between_are_whole(between, voice, tmp_path):
    part = ffmpeg("-i", voice, "-f", "mp3", "-write_xing", 0, "-id3v2_version", 0, "-")
    ape = b"APETAGEX" + struct.pack("<IIII", 2000, 32, 0, 0x80000000) + bytes(8)
    tag = {"ID3v2": b"ID3\3\0\0\0\0\x08\0" + bytes(1024), "ID3v1": b"TAG" + b"x" * 125, "APEv2": ape}[between]
    path = tmp_path / "joined.mp3"
    path.write_bytes(part + tag + part)
    assert probe(path).duration_s == pytest.approx(2 * len(heard_of(part, tmp_path)) / RATE, abs=0.03)
    assert {finding.severity for finding in found(path, "videoretalk", "audio").values()} <= {"warning"}


def heard_of(data, folder):
    path = folder / "part.mp3"
    path.write_bytes(data)
    return heard(path)


@pytest.mark.parametrize("end", [b"\n", b" " * 30, bytes(400), b"\xff" * 100], ids=["newline", "spaces", "zeros", "ones"])
def test_filler_behind_the_last_mp3_frame_is_no_damage(end, voice, tmp_path):
    path = tmp_path / "filled.mp3"
    path.write_bytes(ffmpeg("-i", voice, "-f", "mp3", "-write_xing", 0, "-") + end)
    assert not probe(path).problems and not found(path, "videoretalk", "audio")


def test_an_aac_packet_that_cannot_be_decoded_becomes_a_gap_that_is_named(voice, tmp_path):
    data = bytearray(ffmpeg("-i", voice, "-f", "adts", "-c:a", "aac", "-"))
    start = data.find(b"\xff\xf1", len(data) // 2)
    end = data.find(b"\xff\xf1", start + 8)
    data[start + 8 : end] = b"\x5a" * (end - start - 8)
    path = tmp_path / "gap.aac"
    path.write_bytes(data)
    assert found(path, "videoretalk", "audio")["file-corrupt"].severity == "error"
    output, steps = made(path, "videoretalk", "audio", tmp_path / "out")
    assert "fill-gap" in steps
    assert len(heard(output)) / RATE == pytest.approx(SECONDS, abs=0.1)


# Pictures.


@pytest.fixture(scope="module")
def pixels():
    y, x = np.mgrid[0:420, 0:560]
    picture = np.stack([x * 200 // 560 + 30, y * 200 // 420 + 20, (x // 40 + y // 40) % 2 * 120 + 60], -1).astype("u1")
    picture[20:120, 20:220] = [230, 30, 30]  # so that no turn or mirror leaves it as it is
    return picture


def stored(pixels, form, **options):
    file = BytesIO()
    Image.fromarray(pixels).save(file, form, **options)
    return file.getvalue()


def seen(path):
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB")).astype(int)


def near(one, other, at_least=35):
    return one.shape == other.shape and 10 * np.log10(255**2 / max(((one - other) ** 2).mean(), 1e-9)) > at_least


def padded(data, filler):
    """The JPEG with `filler` before each restart marker."""
    scan = data.index(b"\xff\xda") + 2
    out = bytearray(data[:scan])
    at = scan
    while at < len(data):
        if data[at] == 0xFF and data[at + 1] & 0xF8 == 0xD0:
            out += filler
        out.append(data[at])
        at += 1
    return bytes(out)


@pytest.mark.parametrize("filler", [b"\xff\xff\xff", b"\0", bytes(8), b"\xff\0"], ids=["ff", "one zero", "zeros", "stuffed ff"])
def test_padding_before_restart_markers_is_no_damage(filler, pixels, tmp_path):
    data = stored(pixels, "JPEG", quality=92, restart_marker_blocks=8)
    path = tmp_path / "restarts.jpg"
    path.write_bytes(padded(data, filler))
    assert not probe(path).problems and not found(path, "wan2.6-i2v", "image")
    assert np.array_equal(seen(path), seen(BytesIO(data)))


@pytest.mark.parametrize("marker", [b"\xff\xdb", b"\xff\xc0", b"\xff\xc4", b"\xff\xda"], ids=["DQT", "SOF", "DHT", "SOS"])
@pytest.mark.parametrize("stray", [b"\0\x12\x34\0\0", b"\xff" * 33], ids=["junk", "fill"])
def test_bytes_between_segments_are_no_damage(marker, stray, pixels, tmp_path):
    data = stored(pixels, "JPEG")
    at = data.index(marker)
    path = tmp_path / "stray.jpg"
    path.write_bytes(data[:at] + stray + data[at:])
    assert not found(path, "wan2.6-i2v", "image")


@pytest.mark.parametrize("filler", [b"\xff" * 9, bytes(16)], ids=["ff", "zeros"])
def test_filler_before_the_end_marker_is_no_damage(filler, pixels, tmp_path):
    path = tmp_path / "filled.jpg"
    path.write_bytes(stored(pixels, "JPEG")[:-2] + filler + b"\xff\xd9")
    assert not found(path, "wan2.6-i2v", "image")


def test_a_missing_end_marker_is_a_false_header(pixels, tmp_path):
    data = stored(pixels, "JPEG")
    path = tmp_path / "endless.jpg"
    path.write_bytes(data[:-2])
    findings = found(path, "wan2.6-i2v", "image")
    assert list(findings) == ["file-header-false"] and findings["file-header-false"].severity == "warning"
    output, _ = made(path, "wan2.6-i2v", "image", tmp_path / "out")
    assert np.array_equal(seen(output), seen(BytesIO(data)))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_overwritten_pixels_are_damage(form, pixels, tmp_path):
    data = bytearray(stored(pixels, form))
    at = len(data) * 6 // 10
    data[at : at + 300] = np.random.default_rng(0).integers(0, 255, 300, "u1").tobytes()
    path = tmp_path / f"hurt.{form.lower()}"
    path.write_bytes(data)
    assert found(path, "wan2.6-i2v", "image")["file-corrupt"].severity == "error"
    with pytest.raises(PrepareError):
        made(path, "wan2.6-i2v", "image", tmp_path / "out")


def exif(orientation, kind, order):
    number, layout = {"BYTE": (1, "Bxxx"), "LONG": (4, "I"), "SBYTE": (6, "bxxx"), "SSHORT": (8, "hxx"), "SLONG": (9, "i")}[kind]
    entry = struct.pack(order + "HHI", 0x112, number, 1) + struct.pack(order + layout, orientation)
    return (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", 8, 1) + entry + bytes(4)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", ["BYTE", "LONG", "SBYTE", "SSHORT", "SLONG"])
def test_a_picture_turned_and_mirrored_at_once_by_any_integer(kind, order, pixels, tmp_path):
    segment = b"Exif\0\0" + exif(5, kind, order)
    data = stored(pixels, "JPEG", quality=95, subsampling=0)
    path = tmp_path / "turned.jpg"
    path.write_bytes(data[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + data[2:])
    facts = probe(path)
    assert (facts.orientation, facts.width, facts.height) == (5, 420, 560)
    assert "image-relies-on-orientation-tag" in found(path, "wan2.6-i2v", "image")
    output, _ = made(path, "wan2.6-i2v", "image", tmp_path / "out")
    assert near(seen(output), pixels.astype(int).transpose(1, 0, 2))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def with_chunk(png, added, *, last=False):
    at = png.rindex(b"IEND") - 4 if last else 33
    return png[:at] + added + png[at:]


@pytest.mark.parametrize("place", ["eXIf behind the pixels", "zTXt APP1", "iTXt compressed"])
def test_orientation_in_other_places_of_a_png(place, pixels, tmp_path):
    block = exif(7, "SSHORT", ">")
    profile = b"Exif\0\0" + block
    text = f"\nexif\n{len(profile):8}\n{profile.hex()}\n".encode()
    added = {
        "eXIf behind the pixels": chunk(b"eXIf", block),
        "zTXt APP1": chunk(b"zTXt", b"Raw profile type APP1\0\0" + zlib.compress(text)),
        "iTXt compressed": chunk(b"iTXt", b"Raw profile type exif\0\1\0\0\0" + zlib.compress(text)),
    }[place]
    path = tmp_path / "turned.png"
    path.write_bytes(with_chunk(stored(pixels, "PNG"), added, last=place.startswith("eXIf")))
    assert probe(path).orientation == 7
    output, _ = made(path, "wan2.6-i2v", "image", tmp_path / "out")
    assert np.array_equal(seen(output), np.rot90(pixels, 2).transpose(1, 0, 2))
    assert probe(output).orientation == 1


@pytest.mark.parametrize("form", ["AVIF", "JPEG2000", "TIFF", "WEBP", "PNG"])
def test_alpha_in_any_format_is_laid_onto_the_background(form, pixels, tmp_path):
    cover = np.dstack([pixels, np.full(pixels.shape[:2], 255, "u1")])
    cover[:, :280, 3] = 0
    path = tmp_path / f"alpha.{form.lower()}"
    path.write_bytes(stored(cover, form, **({"lossless": True} if form == "WEBP" else {})))
    assert probe(path).has_alpha
    if form == "WEBP":
        return  # the model's page asks only PNG to be without alpha
    output, _ = made(path, "wan2.6-i2v", "image", tmp_path / "out")
    picture = seen(output)
    assert (picture[:, :270] > 250).all() and near(picture[:, 290:], pixels[:, 290:].astype(int), 30)


@pytest.mark.parametrize(
    ("values", "name"), [((9, 16), "image-is-hdr"), ((9, 18), "image-is-hdr"), ((12, 13), "image-relies-on-color-profile")]
)
def test_a_png_says_its_colours_by_cicp(values, name, pixels, tmp_path):
    path = tmp_path / "cicp.png"
    path.write_bytes(with_chunk(stored(pixels, "PNG"), chunk(b"cICP", bytes([*values, 0, 1]))))
    assert name in found(path, "wan2.6-i2v", "image")
    path.write_bytes(with_chunk(stored(pixels, "PNG"), chunk(b"cICP", bytes([1, 13, 0, 1]))))
    assert not found(path, "wan2.6-i2v", "image")


# Videos.


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    picture, sound = "testsrc2=s=720x640:r=25:d=2.4", "sine=f=440:d=2.4:sample_rate=48000"
    encoding = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", 25, "-c:a", "aac"]
    ffmpeg("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound, *encoding, "-movflags", "faststart", path)
    return path


ONE, DEEP = 0x10000, 0x40000000
MATRICES = {  # a, b, c, d, x, y of the display matrix: displayed size, rotation, mirrored
    "mirrored": ((-ONE, 0, 0, ONE, 720 * ONE, 0), (720, 640, 0, True)),
    "upside down, mirrored": ((ONE, 0, 0, -ONE, 0, 640 * ONE), (720, 640, 180, True)),
    "turned": ((0, ONE, -ONE, 0, 640 * ONE, 0), (640, 720, 90, False)),
    "turned and mirrored": ((0, ONE, ONE, 0, 0, 0), (640, 720, 270, True)),
    "all zeros": ((0, 0, 0, 0, 0, 0), (720, 640, 0, False)),
}


@pytest.mark.parametrize("header", [b"tkhd", b"mvhd"])
@pytest.mark.parametrize("name", MATRICES)
def test_mirrors_and_turns_of_a_track_and_of_a_movie(name, header, clip, tmp_path):
    (a, b, c, d, x, y), shown = MATRICES[name]
    data = bytearray(clip.read_bytes())
    at = data.index(header) + 4 + (40 if header == b"tkhd" else 36)
    data[at : at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, x, y, DEEP if any((a, b)) else 0)
    path = tmp_path / "shown.mp4"
    path.write_bytes(data)
    facts = probe(path)
    assert (facts.width, facts.height, facts.rotation, facts.mirrored) == shown
    upright = shown[2:] == (0, False)
    assert ("video-relies-on-rotation-tag" in found(path, "videoretalk", "video")) is not upright


@pytest.mark.parametrize(
    "behind", [bytes(500), b"hello, not a box", struct.pack(">I", 64) + b"free" + bytes(56)], ids=["zeros", "text", "free"]
)
def test_what_stands_behind_the_last_box_is_no_damage(behind, clip, tmp_path):
    path = tmp_path / "tail.mp4"
    path.write_bytes(clip.read_bytes() + behind)
    assert not found(path, "videoretalk", "video")


@pytest.mark.parametrize("more", [1, 100, None], ids=["1 byte", "100 bytes", "to the end"])
def test_a_data_box_that_promises_more_than_its_samples_need(more, clip, tmp_path):
    data = bytearray(clip.read_bytes())
    at = data.index(b"mdat") - 4
    size = struct.unpack(">I", data[at : at + 4])[0]
    data[at : at + 4] = struct.pack(">I", 0 if more is None else size + more)
    path = tmp_path / "long.mp4"
    path.write_bytes(data)
    assert probe(path).frames == 60
    assert {finding.severity for finding in found(path, "videoretalk", "video").values()} <= {"warning"}


def packets(clip, *words):
    data = ffmpeg("-i", clip, "-c", "copy", *words, "-f", "mpegts", "-")
    return [data[at : at + 188] for at in range(0, len(data), 188)]


def test_lost_packets_of_a_transport_stream_are_damage_and_null_packets_are_not(clip, tmp_path):
    whole = packets(clip)
    path = tmp_path / "stream.ts"
    path.write_bytes(b"".join(packet + b"\x47\x1f\xff\x10" + b"\xff" * 184 for packet in whole))
    assert "file-corrupt" not in found(path, "videoretalk", "video") and probe(path).frames == 60
    path.write_bytes(b"".join(whole[: len(whole) // 2] + whole[len(whole) // 2 + 6 :]))
    assert found(path, "videoretalk", "video")["file-corrupt"].severity == "error"


@pytest.mark.parametrize("start", [5, 4000, 95442.5], ids=["late", "very late", "over the end of the clock"])
def test_a_transport_stream_whose_clock_starts_anywhere(start, clip, tmp_path):
    path = tmp_path / "stream.ts"
    path.write_bytes(b"".join(packets(clip, "-output_ts_offset", start)))
    facts = probe(path)
    assert (facts.frames, facts.duration_s) == (60, pytest.approx(2.4, abs=0.02))


def test_joined_transport_streams_last_as_long_as_both(clip, tmp_path):
    path = tmp_path / "joined.ts"
    path.write_bytes(b"".join(packets(clip) * 2))
    facts = probe(path)
    assert (facts.frames, facts.duration_s) == (120, pytest.approx(4.8, abs=0.02))


ALPHA = {
    "mov": ["-c:v", "png", "-pix_fmt", "rgba"],
    "avi": ["-c:v", "utvideo", "-pix_fmt", "gbrap"],
    "mkv": ["-c:v", "ffv1", "-pix_fmt", "bgra"],
    "webm": ["-c:v", "libvpx", "-pix_fmt", "yuva420p", "-auto-alt-ref", 0, "-deadline", "realtime"],
}


@pytest.mark.parametrize("name", ALPHA)
def test_alpha_in_video_of_other_containers(name, tmp_path):
    path = tmp_path / f"alpha.{name}"
    source = "color=red@0.0:s=64x64:r=20:d=0.3,format=rgba"
    ffmpeg("-f", "lavfi", "-i", source, *ALPHA[name], path)
    assert probe(path).has_alpha
    assert found(path, "videoretalk", "video")["video-has-alpha"].severity == "warning"


def test_the_background_is_laid_into_a_video_with_alpha(tmp_path):
    path = tmp_path / "alpha.avi"
    ffmpeg("-f", "lavfi", "-i", "color=red@0.0:s=640x640:r=15:d=2.1,format=rgba", *ALPHA["avi"], path)
    output, _ = made(path, "videoretalk", "video", tmp_path / "out")
    frame = np.frombuffer(ffmpeg("-i", output, "-frames:v", 1, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"), "u1")
    assert frame.min() > 245


# The same words from the command line.


def test_the_command_line_says_the_same(samples, pixels, tmp_path):
    (tmp_path / "streamed.wav").write_bytes(wave(samples, 0xFFFFFFDB, riff=0xFFFFFFFF))
    (tmp_path / "endless.jpg").write_bytes(stored(pixels, "JPEG")[:-2])
    names = ["streamed.wav", "endless.jpg"]
    words = ["check", "--model", "liveportrait", "--level", "decode", "--no-cache", "--output-format", "json"]
    command = [sys.executable, "-m", "mediapreflight", *words, *names]
    run = subprocess.run(command, capture_output=True, cwd=tmp_path, check=False, timeout=60)
    report = json.loads(run.stdout)
    assert (run.returncode, report["summary"]["errors"], report["summary"]["unchecked"]) == (0, 0, 0)
    words = {(finding["path"], finding["name"], finding["severity"]) for job in report["jobs"] for finding in job["findings"]}
    assert words >= {(name, "file-header-false", "warning") for name in names}
