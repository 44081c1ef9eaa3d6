"""Every fact of a recording, against what is known from how the file was made."""

import io
import itertools
import math
import struct
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict

from mediapreflight.media.av.audio import SILENCE_DBFS, probe_audio
from mediapreflight.media.av.containers import ContainerError, open_container
from mediapreflight.media.facts import AudioFacts, Problem
from mediapreflight.media.probe import probe
from mediapreflight.media.source import Source

from ..make import FIXTURES, TONE, MediaMaker, box_at, encoded, lavfi, patched, picture, riff_chunk, wav

COVER = FIXTURES / "formats/baseline.jpg"
# 0.6 s of speech whose loudest sample is 5.7 dB below full scale; lossy codecs change that a little.
PLAIN: dict[str, Any] = {
    "channels": 1,
    "duration_s": 0.6,
    "stated_duration_s": 0.6,
    "peak_dbfs": pytest.approx(-5.8, abs=0.6),
    "cover_art_bytes": 0,
    "problems": (),
}
# The header counts whole frames of 36 ms, and says beside it what of them is the encoder's delay, which no decoder plays.
MP3 = {"format": "mp3", "audio_codec": "mp3", "sample_rate": 16_000, "duration_s": 0.6, "stated_duration_s": 0.6}
EXPECTED: dict[str, dict[str, Any]] = {
    "formats/pcm-s16.wav": {"format": "wav", "audio_codec": "pcm_s16le", "sample_rate": 8000, "peak_dbfs": -5.7},
    "formats/pcm-s24.wav": {"format": "wav", "audio_codec": "pcm_s24le", "sample_rate": 8000, "peak_dbfs": -5.7},
    "formats/pcm-u8.wav": {"format": "wav", "audio_codec": "pcm_u8", "sample_rate": 8000, "peak_dbfs": -5.8},
    "formats/pcm-f32.wav": {"format": "wav", "audio_codec": "pcm_f32le", "sample_rate": 8000, "peak_dbfs": -5.7},
    "formats/mulaw.wav": {"format": "wav", "audio_codec": "pcm_mulaw", "sample_rate": 8000},
    "formats/stereo-48-khz.wav": {
        "format": "wav",
        "audio_codec": "pcm_s16le",
        "sample_rate": 48_000,
        "channels": 2,
        "peak_dbfs": -8.8,
    },
    "formats/cbr.mp3": MP3,
    "formats/vbr.mp3": MP3,
    # Without a header the length can only be guessed from the first frame's bit rate.
    "formats/vbr-without-xing.mp3": MP3 | {"duration_s": 0.684, "stated_duration_s": pytest.approx(0.5265)},
    "formats/cover-art.mp3": MP3 | {"cover_art_bytes": COVER.stat().st_size},
    "formats/large-cover-art.mp3": MP3 | {"cover_art_bytes": 120_364},
    "formats/adts.aac": {
        "format": "aac",
        "audio_codec": "aac",
        "sample_rate": 16_000,
        "duration_s": 0.704,
        "stated_duration_s": pytest.approx(0.704, abs=0.001),
    },
    "formats/aac.m4a": {"format": "m4a", "audio_codec": "aac", "sample_rate": 16_000},
    "formats/alac.m4a": {"format": "m4a", "audio_codec": "alac", "sample_rate": 16_000},
    "formats/audio-only.mp4": {
        "format": "mp4",
        "audio_codec": "aac",
        "sample_rate": 16_000,
        "duration_s": 1.0,
        "stated_duration_s": 1.0,
    },
    "formats/voice.flac": {"format": "flac", "audio_codec": "flac", "sample_rate": 16_000},
    "formats/vorbis.ogg": {"format": "ogg", "audio_codec": "vorbis", "sample_rate": 16_000},
    "formats/opus.opus": {"format": "ogg", "audio_codec": "opus", "sample_rate": 48_000, "stated_duration_s": 0.6065},
    "formats/amr-nb.amr": {
        "format": "amr",
        "audio_codec": "amr_nb",
        "sample_rate": 8000,
        "duration_s": 0.62,
        "stated_duration_s": 0.62,
        "peak_dbfs": -4.7,
    },
    "formats/pcm.aiff": {"format": "aiff", "audio_codec": "pcm_s16be", "sample_rate": 8000, "peak_dbfs": -5.7},
    "formats/windows-media.wma": {
        "format": "asf",
        "audio_codec": "wmav2",
        "sample_rate": 16_000,
        "duration_s": 0.576,
        "stated_duration_s": 0.608,
    },
    "formats/cover-only.mp4": {
        "format": "mp4",
        "audio_codec": "aac",
        "sample_rate": 16_000,
        "duration_s": 1.0,
        "stated_duration_s": 1.0,
        "cover_art_bytes": COVER.stat().st_size,
    },
    "faults/mp3-named-wav.wav": MP3,
    "faults/false-length.mp3": MP3
    | {"duration_s": pytest.approx(3.963, abs=0.001), "stated_duration_s": 161.208, "peak_dbfs": -1.1},
    "faults/truncated.mp3": MP3
    | {
        "duration_s": pytest.approx(1.947, abs=0.001),
        "stated_duration_s": 3.96,
        "peak_dbfs": -2.9,
        "problems": ("truncated: its last frame has 44 of 144 bytes",),
    },
    "faults/unknown-data-size.wav": {
        "format": "wav",
        "audio_codec": "pcm_s16le",
        "sample_rate": 8000,
        "stated_duration_s": None,
        "problems": ("false header: its data chunk states 4294967295 bytes, as streaming programs write; it has 9600",),
    },
    "faults/false-data-size.wav": {
        "format": "wav",
        "audio_codec": "pcm_s16le",
        "sample_rate": 8000,
        "stated_duration_s": 6.0,
        "problems": ("truncated: its data chunk needs 86400 bytes more than the file has",),
    },
    "faults/truncated.wav": {
        "format": "wav",
        "audio_codec": "pcm_s16le",
        "sample_rate": 8000,
        "duration_s": 0.298625,
        "problems": ("truncated: its data chunk needs 4822 bytes more than the file has",),
    },
    "faults/silent.wav": {
        "format": "wav",
        "audio_codec": "pcm_s16le",
        "sample_rate": 8000,
        "duration_s": 3.0,
        "stated_duration_s": 3.0,
        "peak_dbfs": SILENCE_DBFS,
    },
    "voice.wav": {
        "format": "wav",
        "audio_codec": "pcm_s16le",
        "sample_rate": 16_000,
        "duration_s": 3.96,
        "stated_duration_s": 3.96,
        "peak_dbfs": -0.7,
    },
    "voice.mp3": MP3 | {"duration_s": 3.96, "stated_duration_s": 3.96, "peak_dbfs": -1.1},
    "voice.aac": {
        "format": "aac",
        "audio_codec": "aac",
        "sample_rate": 16_000,
        "duration_s": 4.032,
        "stated_duration_s": pytest.approx(4.032, abs=0.001),
        "peak_dbfs": -0.8,
    },
}


def audio(path: Path, level: str = "decode") -> AudioFacts:
    facts = probe(path, level=level)  # type: ignore[arg-type]
    assert isinstance(facts, AudioFacts), facts
    return facts


def wav_facts(data: bytes) -> AudioFacts:
    source = Source("made", io.BytesIO(data), len(data))
    with open_container(source, "wav") as container:
        return probe_audio(source, "wav", container, decode=True)


def decoded_seconds(path: Path) -> float:
    """What a decoder makes of the sound, priming left out."""
    with av.open(str(path)) as opened:
        return sum(frame.samples / frame.sample_rate for frame in opened.decode(audio=0))


@pytest.mark.every("name", EXPECTED)
def test_every_field_of_the_fixtures(name: str) -> None:
    facts = asdict(audio(FIXTURES / name))
    expected = PLAIN | EXPECTED[name]
    assert {field: facts[field] for field in expected} == expected


def test_no_sound_fixture_is_left_out() -> None:
    sounds = {
        path.relative_to(FIXTURES).as_posix()
        for folder in (".", "formats", "orientation", "video", "faults")
        for path in (FIXTURES / folder).iterdir()
        if path.is_file() and probe(path, level="metadata").kind == "audio"
    }
    assert sounds == EXPECTED.keys()


@pytest.mark.every("name", EXPECTED)
def test_headers_say_what_is_there(name: str) -> None:
    quick, whole = asdict(audio(FIXTURES / name, "metadata")), asdict(audio(FIXTURES / name))
    assert (quick.pop("duration_s"), quick.pop("peak_dbfs")) == (None, None)
    # Only the end of a bare stream shows that it is cut off.
    unseen = ("problems",) if name == "faults/truncated.mp3" else ()
    assert {field: quick[field] for field in quick if field not in unseen} == {
        field: whole[field] for field in quick if field not in unseen
    }


# -- lengths


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 44100, 48000])
@pytest.mark.parametrize(
    ("extension", "encoder"), [("m4a", "aac"), ("mp4", "aac"), ("mka", "aac"), ("ogg", "libvorbis"), ("flac", "flac")]
)
def test_priming_is_neither_stated_nor_measured(make: MediaMaker, extension: str, encoder: str, rate: int) -> None:
    tone = TONE.replace("16000", str(rate))
    facts = audio(make(f"primed-{rate}.{extension}", *lavfi(tone), "-c:a", encoder))
    assert facts.duration_s == pytest.approx(1.0, abs=0.001)
    # Matroska states when its last packet ends, priming included.
    assert facts.stated_duration_s == pytest.approx(1.0, abs=0.13 if extension == "mka" else 0.001)
    assert (facts.sample_rate, facts.problems) == (rate, ())


@pytest.mark.parametrize(
    ("editlist", "counted", "seconds"),
    [
        pytest.param(0, 0, 1.0, id="the tag alone"),
        pytest.param(1, 800, 1.024, id="an edit list goes first"),
        pytest.param(0, 3000, 1.024, id="the tag of another file"),
    ],
)
def test_padding_that_only_itunes_counts(make: MediaMaker, editlist: int, counted: int, seconds: float) -> None:
    """A tag with samples of delay, padding and sound stands in for an edit list. `counted`: how many too few it claims."""
    from mutagen.mp4 import MP4, MP4FreeForm

    bare = make("itunes.aac", *lavfi(TONE), "-c:a", "aac")
    path = make(f"itunes-{editlist}-{counted}.m4a", "-i", bare, "-c", "copy", "-use_editlist", str(editlist))
    with av.open(str(path)) as container:
        stored = sum(1024 for packet in container.demux(audio=0) if packet.size)
    numbers = f" 00000000 00000400 {stored - 1024 - 16_000:08X} {16_000 - counted:016X}" + " 00000000" * 8
    tagged = MP4(path)
    tagged["----:com.apple.iTunes:iTunSMPB"] = [MP4FreeForm(numbers.encode())]
    tagged.save()
    facts = audio(path)
    assert (facts.duration_s, facts.problems) == (pytest.approx(seconds, abs=0.001), ())


@pytest.mark.parametrize("cut_s", [0.02, 0.1])
def test_an_edit_list_that_ends_within_a_frame(make: MediaMaker, cut_s: float) -> None:
    """As Apple's encoders write it; at 8 kHz a frame lasts 128 ms."""
    bare = make("edited.aac", *lavfi(TONE.replace("16000", "8000")), "-c:a", "aac")
    data = make("edited.m4a", "-i", bare, "-c", "copy", "-movie_timescale", "8000").read_bytes()
    at = box_at(data, b"moov", b"trak", b"edts", b"elst")[0] + 8
    whole = struct.unpack_from(">I", data, at)[0]
    edited = patched(data, at, struct.pack(">Ii", whole - 1024 - round(cut_s * 8000), 1024))
    facts = audio(make.write("ends-within.m4a", edited))
    assert (facts.duration_s, facts.problems) == (pytest.approx(whole / 8000 - 0.128 - cut_s, abs=0.001), ())


@pytest.mark.parametrize("extension", ["ogg", "webm", "mka"])
def test_priming_of_opus(make: MediaMaker, extension: str) -> None:
    path = make(f"opus.{extension}", *lavfi(TONE.replace("16000", "48000")), "-c:a", "libopus")
    assert audio(path).duration_s == pytest.approx(1.0, abs=0.0015)
    assert decoded_seconds(path) == pytest.approx(1.0)


def test_an_edit_that_cuts_into_a_packet(make: MediaMaker) -> None:
    """Other encoders than ffmpeg's drop 2112 samples, which is no whole number of packets."""
    data = make("one.m4a", *lavfi(TONE.replace("16000", "48000")), "-c:a", "aac").read_bytes()
    start, _ = box_at(data, b"moov", b"trak", b"edts", b"elst")
    (media_time,) = struct.unpack_from(">i", data, start + 12)
    assert media_time == 1024
    edited = make.write("edited.m4a", patched(data, start + 12, struct.pack(">i", 2112)))
    facts = audio(edited)
    assert facts.duration_s == pytest.approx(1.0 - (2112 - 1024) / 48_000, abs=0.001)
    assert facts.duration_s == pytest.approx(decoded_seconds(edited), abs=0.022)


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF])
def test_padding_behind_mp3_in_a_wav_that_states_no_length(make: MediaMaker, size: int) -> None:
    """Its data are of an odd length, so a byte follows them, of which FFmpeg makes a packet."""
    data = make("odd.wav", *lavfi(TONE), "-ar", "44100", "-c:a", "libmp3lame", "-b:a", "96k").read_bytes()
    at = data.index(b"data") + 4
    length = int.from_bytes(data[at : at + 4], "little")
    assert length % 2 == 1
    whole = audio(make.write("whole.wav", data))
    streamed = audio(make.write("streamed.wav", patched(data, at, size.to_bytes(4, "little"))[: at + 4 + length + 1]))
    assert streamed.problem(Problem.CORRUPT) is None
    assert streamed.duration_s == whole.duration_s


@pytest.mark.parametrize("codec", ["pcm_alaw", "adpcm_ima_wav", "adpcm_ms", "libmp3lame", "pcm_s32le", "pcm_f64le"])
def test_a_wav_states_its_length_by_its_bytes_a_second(make: MediaMaker, codec: str) -> None:
    facts = audio(make(f"{codec}.wav", *lavfi(TONE.replace("16000", "48000")), "-c:a", codec))
    # Compressed blocks are not cut short for the last second.
    assert facts.stated_duration_s == pytest.approx(1.0, abs=0.05)
    assert facts.duration_s == pytest.approx(1.0, abs=0.05)
    assert facts.problems == ()


def test_a_wav_beyond_four_gigabytes(make: MediaMaker) -> None:
    path = make("rf64.wav", *lavfi(TONE), "-rf64", "always")
    assert (audio(path).stated_duration_s, audio(path).duration_s, audio(path).problems) == (1.0, 1.0, ())
    cut = make.write("rf64-cut.wav", path.read_bytes()[:-1000])
    assert audio(cut).problem(Problem.TRUNCATED) == "its data chunk needs 1000 bytes more than the file has"


def test_a_wav_as_a_pipe_leaves_it(make: MediaMaker) -> None:
    data = bytes(16_000)
    for claim in (0xFFFFFFFF, 0):
        facts = wav_facts(wav(data, length=claim))
        assert (facts.duration_s, facts.stated_duration_s) == (1.0, None)
        assert facts.problem(Problem.MISSTATED) is not None


@given(
    seconds=st.integers(1, 3),
    rate=st.sampled_from([8000, 44_100]),
    channels=st.integers(1, 3),
    bits=st.sampled_from([8, 16, 24, 32]),
)
def test_pcm_of_every_shape(seconds: int, rate: int, channels: int, bits: int) -> None:
    data = b"\x80" * (seconds * rate * channels * bits // 8)
    facts = wav_facts(wav(data, rate=rate, channels=channels, bits=bits))
    assert (facts.duration_s, facts.stated_duration_s) == (seconds, seconds)
    assert (facts.sample_rate, facts.channels, facts.problems) == (rate, channels, ())


def test_chunks_before_the_data_are_walked_over() -> None:
    more = riff_chunk(b"LIST", b"INFOodd") + riff_chunk(b"bext", bytes(602)) + riff_chunk(b"data"[::-1], bytes(3))
    facts = wav_facts(wav(bytes(8000), more=more))
    assert (facts.stated_duration_s, facts.problems) == (0.5, ())


@given(st.data())
def test_damaged_wav_headers_never_raise(data: st.DataObject) -> None:
    good = bytearray(wav(bytes(400), more=riff_chunk(b"fact", bytes(4))))
    for _ in range(data.draw(st.integers(1, 3))):
        good[data.draw(st.integers(12, 60))] = data.draw(st.integers(0, 255))
    path = Source("made", io.BytesIO(bytes(good)), len(good))
    try:
        with open_container(path, "wav") as container:
            probe_audio(path, "wav", container, decode=True)
    except ContainerError as error:
        assert str(error).startswith(("broken header: ", "truncated: "))


def test_sample_rate_zero(make: MediaMaker) -> None:
    facts = probe(make.write("zero.wav", wav(bytes(800), rate=0)))
    assert (facts.format, facts.problem(Problem.BROKEN)) == ("wav", "its structure cannot be read")


def test_no_sound_at_all(make: MediaMaker) -> None:
    facts = audio(make.write("hollow.wav", wav(b"")))
    assert (facts.problem(Problem.EMPTY), facts.duration_s) == ("it contains no sound", 0.0)


def test_streams_that_are_neither_picture_nor_sound(make: MediaMaker, tmp_path: Path) -> None:
    subtitles = tmp_path / "a.srt"
    subtitles.write_text("1\n00:00:00,000 --> 00:00:01,000\nHello\n")
    facts = audio(make("subtitles.mkv", "-i", subtitles))
    assert facts.problem(Problem.BROKEN) == "it contains neither picture nor sound"


# -- the loudest sample


@pytest.mark.every(
    ("dtype", "tag", "full_scale"),
    [("u1", 1, 128), ("<i2", 1, 2**15), ("<i4", 1, 2**31), ("<i8", 1, 2**63), ("<f4", 3, 1), ("<f8", 3, 1)],
)
@pytest.mark.every("level", [1.0, 0.5, -1.0, -0.25])
def test_peak_of_every_sample_format(dtype: str, tag: int, full_scale: float, level: float) -> None:
    largest = level * full_scale
    if dtype != "u1" and tag == 1 and level == 1.0:
        largest -= full_scale / 2**15
    samples = np.zeros(800, dtype="f8")
    samples[500] = largest
    data = (samples + 128).clip(0, 255).astype(dtype) if dtype == "u1" else samples.astype(dtype)
    peak = wav_facts(wav(data.tobytes(), bits=8 * data.itemsize, tag=tag)).peak_dbfs
    assert peak == pytest.approx(20 * math.log10(abs(level)), abs=0.1)


@pytest.mark.parametrize(("layout", "channels"), [("5.1", 6), ("7.1", 8), ("hexadecagonal", 16)])
@pytest.mark.parametrize("encoder", ["wavpack", "pcm_s16le"])
def test_peak_of_the_last_of_many_channels(make: MediaMaker, layout: str, channels: int, encoder: str) -> None:
    """WavPack stores channel by channel, PCM sample by sample."""
    tone = f"aevalsrc={'0|' * (channels - 1)}0.5:duration=0.1:channel_layout={layout}:sample_rate=48000"
    facts = audio(make(f"{layout}-{encoder}.mka", *lavfi(tone), "-c:a", encoder))
    assert (facts.channels, facts.peak_dbfs) == (channels, -6.0)


@pytest.mark.parametrize(("dtype", "tag", "bits", "zero"), [("u1", 1, 8, 128), ("<i2", 1, 16, 0), ("<f4", 3, 32, 0)])
def test_digital_silence(dtype: str, tag: int, bits: int, zero: int) -> None:
    data = np.full(8000, zero, dtype)
    assert wav_facts(wav(data.tobytes(), bits=bits, tag=tag)).peak_dbfs == SILENCE_DBFS


@pytest.mark.parametrize(
    ("extension", "encoder"), [("mp3", "libmp3lame"), ("m4a", "aac"), ("flac", "flac"), ("ogg", "libvorbis")]
)
def test_digital_silence_through_codecs(make: MediaMaker, extension: str, encoder: str) -> None:
    path = make(f"silence.{extension}", *lavfi("anullsrc=sample_rate=16000:duration=1"), "-c:a", encoder)
    assert audio(path).peak_dbfs == SILENCE_DBFS


@pytest.mark.parametrize(("special", "peak"), [(math.nan, -6.0), (math.inf, -6.0), (-math.inf, -6.0), (1e30, 600.0)], ids=str)
def test_samples_that_are_no_numbers_do_not_count(special: float, peak: float) -> None:
    samples: npt.NDArray[Any] = np.zeros(8000, "<f4")
    samples[100], samples[7000] = special, 0.5
    assert wav_facts(wav(samples.tobytes(), bits=32, tag=3)).peak_dbfs == pytest.approx(peak, abs=0.1)


def test_a_sample_just_below_full_scale() -> None:
    assert str(wav_facts(wav(np.full(800, 32_767, "<i2").tobytes())).peak_dbfs) == "0.0"


def test_a_recording_of_nothing_but_no_numbers_is_silent() -> None:
    samples = np.full(8000, np.nan, "<f4")
    assert wav_facts(wav(samples.tobytes(), bits=32, tag=3)).peak_dbfs == SILENCE_DBFS


def test_the_peak_is_found_wherever_it_is(make: MediaMaker) -> None:
    for at in (0, 12_345, 15_999):
        samples = np.zeros(16_000, "<i2")
        samples[at] = -16_384
        assert wav_facts(wav(samples.tobytes())).peak_dbfs == pytest.approx(-6.0, abs=0.05)


# -- cover pictures


@pytest.mark.parametrize(("extension", "encoder"), [("mp3", "libmp3lame"), ("m4a", "aac"), ("flac", "flac")])
def test_cover_art_is_no_video(make: MediaMaker, extension: str, encoder: str) -> None:
    options = ("-map", "0:a", "-map", "1:v", "-c:v", "copy", "-c:a", encoder, "-disposition:v", "attached_pic")
    facts = audio(make(f"cover.{extension}", *lavfi(TONE), "-i", COVER, *options))
    assert (facts.cover_art_bytes, facts.problems) == (COVER.stat().st_size, ())
    assert facts.duration_s == pytest.approx(1.0, abs=0.1)


def test_several_covers_are_added_up(make: MediaMaker) -> None:
    from mutagen.id3 import APIC, ID3

    small, large = encoded(picture(), "JPEG"), encoded(picture(size=(200, 200)), "PNG")
    path = make.copy(FIXTURES / "formats/cbr.mp3", "covers.mp3")
    tags = ID3()
    tags.add(APIC(mime="image/jpeg", type=3, desc="front", data=small))
    tags.add(APIC(mime="image/png", type=4, desc="back", data=large))
    tags.save(path)
    assert audio(path).cover_art_bytes == len(small) + len(large)


# -- damage


def test_damaged_packets(make: MediaMaker) -> None:
    data = (FIXTURES / "formats/voice.flac").read_bytes()
    facts = audio(make.write("damaged.flac", patched(data, len(data) // 2, bytes(500))))
    assert facts.problem(Problem.CORRUPT) is not None


@pytest.mark.parametrize("level", ["metadata", "decode"])
def test_cut_off_m4a(make: MediaMaker, level: str) -> None:
    path = make("moov-first.m4a", *lavfi(TONE), "-c:a", "aac", "-movflags", "+faststart")
    data = path.read_bytes()
    facts = audio(make.write("cut.m4a", data[:-2000]), level)
    assert facts.problem(Problem.TRUNCATED) == "the file is 2000 bytes shorter than its header says"


@pytest.mark.parametrize(("ending", "codec"), [("w64", "pcm_s16le"), ("au", "pcm_s16be"), ("caf", "pcm_s16be"), ("caf", "alac")])
def test_cut_off_pcm(make: MediaMaker, ending: str, codec: str) -> None:
    data = make(f"whole-{codec}.{ending}", *lavfi(TONE), "-c:a", codec).read_bytes()
    facts = probe(make.write(f"cut-{codec}.{ending}", data[: len(data) // 2]))
    assert facts.problem(Problem.TRUNCATED) is not None


@pytest.mark.every(("ending", "claim"), itertools.product(["w64", "aiff"], ["none", "all ones", "largest"]))
def test_lengths_that_streaming_programs_leave_open(make: MediaMaker, ending: str, claim: str) -> None:
    """Length of the file, of the sound, and the number of samples."""
    codec = {"w64": "pcm_s16le", "aiff": "pcm_s16be"}[ending]
    data = make(f"whole-{codec}.{ending}", *lavfi(TONE), "-c:a", codec).read_bytes()
    places = (16, data.index(b"data") + 16) if ending == "w64" else (4, data.index(b"SSND") + 4, data.index(b"COMM") + 10)
    width = 8 if ending == "w64" else 4
    ones = bytes([255]) * width
    length = {"none": bytes(width), "all ones": ones, "largest": b"\x7f" + ones[1:]}[claim]
    for at in places:
        data = patched(data, at, length[::-1] if ending == "w64" else length)
    facts = audio(make.write(f"open-{claim}.{ending}", data))
    assert facts.duration_s == 1.0
    assert "as streaming programs write" in (facts.problem(Problem.MISSTATED) or "")
    assert facts.has_only(Problem.MISSTATED)


def test_sound_in_a_transport_stream_that_is_like_no_frame_is_of_an_unknown_codec(make: MediaMaker) -> None:
    """FFmpeg takes MPEG-H for MP3 without a rate."""
    data = bytearray(make("to-be-unlike.ts", *lavfi(TONE), "-c:a", "libmp3lame").read_bytes())
    for at in range(0, len(data), 188):
        if data[at + 1] & 31 == 1:
            start = at + 4 + (1 + data[at + 4] if data[at + 3] & 32 else 0)
            start += 9 + data[start + 8] if data[at + 1] & 64 else 0
            data[start : at + 188] = b"\x55" * (at + 188 - start)
    facts = audio(make.write("unlike.ts", bytes(data)))
    assert facts.problems == ("not measured: the codec of its sound is not known here",)
    assert (facts.audio_codec, facts.sample_rate, facts.channels) == (None, None, None)


def test_sound_whose_codec_nobody_knows_is_not_empty(make: MediaMaker) -> None:
    facts = audio(make.write("odd.wav", wav(bytes(600), bits=48)))
    assert facts.problems == ("not measured: the codec of its sound is not known here",)
    assert (facts.audio_codec, facts.duration_s) == (None, None)


def test_more_padding_than_sound_is_no_negative_length(make: MediaMaker) -> None:
    data = make("tag.mp3", *lavfi("sine=d=0.1:r=16000"), "-c:a", "libmp3lame", "-id3v2_version", "0").read_bytes()
    counted = data.index(b"Info") + 8
    assert audio(make.write("few.mp3", patched(data, counted, struct.pack(">I", 1)))).stated_duration_s is None


def test_index_that_lists_more_sound(make: MediaMaker) -> None:
    data = make("one-second.m4a", *lavfi(TONE), "-c:a", "aac", "-movflags", "+faststart").read_bytes()
    start, end = box_at(data, b"mdat")
    short = data[: start - 8] + struct.pack(">I4s", 8 + 1000, b"mdat") + data[start : start + 1000]
    assert end == len(data)
    problem = audio(make.write("short.m4a", short)).problem(Problem.TRUNCATED)
    assert problem is not None
    assert problem.startswith("its index lists 1.00 s of sound, but only 0.")
