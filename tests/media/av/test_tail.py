"""What stands behind the last packet: only lost sound is damage."""

import io
import itertools
import struct
from pathlib import Path

import av
import pytest

from mediapreflight.media.facts import AudioFacts, Problem, cut_frame, fixable_gap
from mediapreflight.media.parsers.mpeg_audio import mpeg_length
from mediapreflight.media.probe import probe

from ..make import FIXTURES, TONE, MediaMaker, lavfi, patched

ID3V1 = b"TAG" + b"Title".ljust(125, b"\0")
LYRICS = b"LYRICSBEGININD0000210LYR00005hello000039LYRICS200"
ITEM = struct.pack("<II", 5, 0) + b"Title\0hello"


def ape(flags: int) -> bytes:
    return b"APETAGEX" + struct.pack("<IIII", 2000, len(ITEM) + 32, 1, flags) + bytes(8)


TAILS = {
    "newline": b"\n",
    "zero": b"\0",
    "zeros": bytes(600),
    "id3v1": ID3V1,
    "zeros and id3v1": bytes(600) + ID3V1,
    "enhanced": b"TAG+" + b"Title".ljust(223, b"\0") + ID3V1,
    "lyrics": LYRICS + ID3V1,
    "ape": ape(0xA0000000) + ITEM + ape(0x80000000),
    "ape and id3v1": ape(0xA0000000) + ITEM + ape(0x80000000) + ID3V1,
    "text": b"<p>the end</p>",
}
STREAMS = {"mp3": ("libmp3lame",), "mp2": ("mp2",), "aac": ("aac",)}


def whole(make: MediaMaker, extension: str) -> bytes:
    encoder = STREAMS.get(extension, (extension,))
    path = make(f"tail.{extension}", *lavfi(TONE), "-ar", "48000", "-c:a", *encoder, "-b:a", "64k", "-write_id3v1", "0")
    return path.read_bytes()


def audio(path: Path) -> AudioFacts:
    facts = probe(path)
    assert isinstance(facts, AudioFacts), facts
    return facts


def judge_tail(make: MediaMaker, extension: str, tail: str, *, apart_s: float) -> None:
    """With something behind its last frame, a stream has no problem, and is as long as without, within so many seconds."""
    data = whole(make, extension)
    clean = audio(make.write(f"clean.{extension}", data))
    facts = audio(make.write(f"tailed.{extension}", data + TAILS[tail]))
    assert facts.problems == ()
    assert facts.duration_s == pytest.approx(clean.duration_s, abs=apart_s)


@pytest.mark.parametrize("extension", STREAMS)
@pytest.mark.parametrize("tail", TAILS)
def test_what_is_no_sound_is_no_damage_and_lasts_no_time(make: MediaMaker, extension: str, tail: str) -> None:
    # Filler moves the frame that FFmpeg takes for the last one, and cuts short, by less than a frame.
    judge_tail(make, extension, tail, apart_s=0.02)


@pytest.mark.every(("extension", "tail"), itertools.product(["ac3", "eac3"], ["zeros", "id3v1", "ape"]))
def test_a_tag_that_comes_with_the_last_frame_of_dolby_is_no_damage(make: MediaMaker, extension: str, tail: str) -> None:
    judge_tail(make, extension, tail, apart_s=0.001)


@pytest.mark.parametrize("extension", [*STREAMS, "ac3", "eac3", "flac"])
@pytest.mark.parametrize("cut", [1, 40])
def test_a_cut_last_frame_is_named_and_all_else_is_whole(make: MediaMaker, extension: str, cut: int) -> None:
    """Of a stream that is cut anywhere, as excerpts are, players leave out some 20 ms at most: no reason to refuse it."""
    facts = audio(make.write(f"cut.{extension}", whole(make, extension)[:-cut]))
    problem = facts.problem(Problem.MISSTATED)
    assert problem is not None
    assert problem.startswith("its last frame ")
    assert facts.has_only(Problem.MISSTATED)
    frame = cut_frame(facts)
    assert frame is not None
    clean = audio(make.write(f"clean.{extension}", whole(make, extension)))
    assert frame.at_s + frame.length_s >= (clean.duration_s or 0) - 0.002
    assert 0 <= (clean.duration_s or 0) - (facts.duration_s or 0) <= frame.length_s + 0.001


@pytest.mark.parametrize("extension", ["mp3", "mp2"])
@pytest.mark.parametrize("tail", ["id3v1", "lyrics", "ape", "ape and id3v1"])
def test_a_tag_does_not_hide_that_the_last_frame_is_cut(make: MediaMaker, extension: str, tail: str) -> None:
    """Readers fill the frame with what stands behind it, and decode that."""
    data = whole(make, extension)
    with av.open(io.BytesIO(data)) as container:
        length = [packet.size for packet in container.demux(audio=0) if packet.size][-1]
    facts = audio(make.write(f"hidden.{extension}", data[:-100] + TAILS[tail]))
    said = f"its last frame has {length - 100} of {length} bytes; all sound before it is whole"
    assert facts.problems == (f"false header: {said}",)
    frame, clean = cut_frame(facts), audio(make.write(f"clean.{extension}", data))
    assert frame is not None
    assert frame.at_s + frame.length_s == pytest.approx(clean.duration_s, abs=0.025)


@pytest.mark.parametrize("extension", ["mp3", "flac"])
def test_a_file_that_counts_more_frames_is_truncated(make: MediaMaker, extension: str) -> None:
    data = whole(make, extension)
    with av.open(io.BytesIO(data)) as container:
        last_two = [packet.size for packet in container.demux(audio=0) if packet.size][-2:]
    facts = audio(make.write(f"cut-two.{extension}", data[: -sum(last_two) + 20]))
    assert facts.problem(Problem.TRUNCATED) is not None
    assert facts.problem(Problem.MISSTATED) is None


def test_a_long_last_frame_is_no_small_loss(make: MediaMaker) -> None:
    """A frame of TTA lasts a second."""
    data = make("long-frames.tta", *lavfi(TONE.replace("duration=1", "duration=3")), "-c:a", "tta").read_bytes()
    assert audio(make.write("cut.tta", data[: len(data) * 3 // 5])).problem(Problem.TRUNCATED) is not None


def test_a_lost_frame_counts_beside_a_cut_one(make: MediaMaker) -> None:
    data = whole(make, "mp2")
    facts = audio(make.write("both.mp2", patched(data, len(data) // 2, bytes(1000))[:-40]))
    assert facts.problem(Problem.CORRUPT) is not None
    assert facts.problem(Problem.MISSTATED) is None


@pytest.mark.parametrize("extension", STREAMS)
def test_lost_frames_in_the_middle_are_damage(make: MediaMaker, extension: str) -> None:
    data = whole(make, extension)
    facts = audio(make.write(f"hole.{extension}", patched(data, len(data) // 2, bytes(1000))))
    assert facts.problem(Problem.CORRUPT) is not None
    if extension != "aac":
        assert facts.gaps[0].at_s == pytest.approx(0.5, abs=0.15)


def test_a_frame_of_mp3_without_its_header_is_one_gap(make: MediaMaker) -> None:
    """FFmpeg makes several packets of what is there before it finds the next frame; `prepare` fills one gap."""
    data = make("long-tail.mp3", *lavfi(TONE.replace("duration=1", "duration=3")), "-c:a", "libmp3lame").read_bytes()
    with av.open(io.BytesIO(data)) as container:
        places = [packet.pos or 0 for packet in container.demux(audio=0) if packet.size]
    facts = audio(make.write("no-header.mp3", patched(data, places[40], bytes(4))))
    gap = fixable_gap(facts)
    assert gap is not None
    assert gap.at_s == pytest.approx(40 * 0.036, abs=0.08)
    assert facts.duration_s == pytest.approx(3.0, abs=0.04)


def test_a_frame_of_adts_that_is_passed_over_is_damage(make: MediaMaker) -> None:
    """FFmpeg leaves out a frame whose head is broken, and says nothing."""
    data = whole(make, "aac")
    with av.open(io.BytesIO(data)) as container:
        stored = [bytes(packet) for packet in container.demux(audio=0) if packet.size]
    at = data.index(stored[8])
    facts = audio(make.write("headless.aac", patched(data, at, bytes(4))))
    assert facts.problem(Problem.CORRUPT) == f"{len(stored[8])} bytes between its frames are not frames"


def test_a_frame_of_adts_without_its_header_is_one_gap(make: MediaMaker) -> None:
    """FFmpeg passes over it and leaves no time for it; `prepare` puts silence there, so that nothing after it comes too early."""
    data = make("noise.aac", *lavfi("anoisesrc=d=3:r=48000:seed=2"), "-c:a", "aac", "-b:a", "96k").read_bytes()
    with av.open(io.BytesIO(data)) as container:
        places = [packet.pos or 0 for packet in container.demux(audio=0) if packet.size]
    clean = audio(make.write("clean.aac", data))
    facts = audio(make.write("no-header.aac", patched(data, places[40], bytes(7))))
    gap = fixable_gap(facts)
    assert gap is not None
    assert 39 * 1024 / 48000 < gap.at_s < 40 * 1024 / 48000
    assert (gap.length_s, gap.untimed_s) == (0.021, 0.021)
    assert facts.duration_s == pytest.approx(clean.duration_s, abs=0.001)


def test_two_frames_of_adts_that_are_passed_over_are_no_gap_to_fill(make: MediaMaker) -> None:
    data = make("noise.aac", *lavfi("anoisesrc=d=3:r=48000:seed=2"), "-c:a", "aac", "-b:a", "96k").read_bytes()
    with av.open(io.BytesIO(data)) as container:
        places = [packet.pos or 0 for packet in container.demux(audio=0) if packet.size]
    facts = audio(make.write("no-headers.aac", patched(patched(data, places[40], bytes(7)), places[80], bytes(7))))
    assert facts.problem(Problem.CORRUPT) is not None
    assert fixable_gap(facts) is None


COVER = bytes(range(256)) * 300
BETWEEN = {
    **{name: TAILS[name] for name in ("id3v1", "lyrics", "ape", "ape and id3v1")},
    "id3v2": b"ID3\x04\x00\x00" + bytes((0, 0, 2, 10)) + b"TIT2" + bytes((0, 0, 0, 6, 0, 0)) + b"\0title" + bytes(250),
    "id3v2 with a picture": b"ID3\x03\x00\x00" + bytes((0, 4, 88, 10)) + b"APIC" + struct.pack(">IH", 76800, 0) + COVER,
}


@pytest.mark.parametrize("between", BETWEEN)
def test_mp3s_joined_with_a_tag_between_are_whole(make: MediaMaker, between: str) -> None:
    """FFmpeg makes packets of the tag, and loses the first frame behind it."""
    tone = lavfi(TONE.replace("duration=1", "duration=3"))
    data = make("part.mp3", *tone, "-c:a", "libmp3lame", "-write_xing", "0", "-id3v2_version", "0").read_bytes()
    once = audio(make.write("once.mp3", data))
    joined = audio(make.write("joined.mp3", data + BETWEEN[between] + data))
    assert (joined.problems, joined.gaps) == ((), ())
    assert once.duration_s is not None
    assert joined.duration_s == pytest.approx(2 * once.duration_s, abs=0.04)


def test_a_lost_frame_counts_beside_a_tag_between(make: MediaMaker) -> None:
    tone = lavfi(TONE.replace("duration=1", "duration=3"))
    data = make("part.mp3", *tone, "-c:a", "libmp3lame", "-write_xing", "0", "-id3v2_version", "0").read_bytes()
    with av.open(io.BytesIO(data)) as container:
        places = [packet.pos or 0 for packet in container.demux(audio=0) if packet.size]
    facts = audio(make.write("hole.mp3", patched(data, places[40], bytes(4)) + BETWEEN["id3v2"] + data))
    assert facts.problem(Problem.CORRUPT) is not None


def test_filler_in_place_of_sound_is_damage(make: MediaMaker) -> None:
    data = whole(make, "mp2")
    half = data[: len(data) // 2 + 50]
    assert audio(make.write("half.mp2", half + bytes(len(half)))).problems


@pytest.mark.parametrize("xing", ["0", "1"])
def test_much_filler_behind_whole_frames_is_no_damage(make: MediaMaker, xing: str) -> None:
    noise = lavfi("anoisesrc=d=1:r=44100:seed=1")
    data = make(f"noise-{xing}.mp3", *noise, "-b:a", "64k", "-write_xing", xing, "-id3v2_version", "0").read_bytes()
    assert audio(make.write("filled.mp3", data + bytes(len(data)))).problems == ()
    half = data[: len(data) // 2 + 50]
    assert audio(make.write("half.mp3", half + bytes(len(half)))).problem(Problem.CORRUPT) is not None


def test_pauses_of_amr_are_no_damage(make: MediaMaker) -> None:
    data = (FIXTURES / "formats/amr-nb.amr").read_bytes()
    paused = data + b"\x7c\x7c" + data[6:]
    assert (audio(make.write("paused.amr", paused)).problems, audio(make.write("paused.amr", paused)).duration_s) == ((), 1.28)


def test_cut_amr(make: MediaMaker) -> None:
    data = (FIXTURES / "formats/amr-nb.amr").read_bytes()
    facts = audio(make.write("cut.amr", data[:-3]))
    assert facts.problem(Problem.MISSTATED) == "its last frame has 29 of 32 bytes; all sound before it is whole"
    assert facts.duration_s == pytest.approx(0.6)


# Zeros are frames of AMR, and only a tag alone tells them from filler.
@pytest.mark.parametrize("tail", [name for name in TAILS if name not in ("text", "zeros and id3v1")])
def test_tags_behind_amr_are_no_sound(make: MediaMaker, tail: str) -> None:
    """FFmpeg takes them for frames, and plays noise."""
    data = (FIXTURES / "formats/amr-nb.amr").read_bytes()
    facts = audio(make.write("tagged.amr", data + TAILS[tail]))
    assert (facts.problems, facts.duration_s) == ((), 0.62)


@pytest.mark.parametrize("encoder", ["libopus", "libvorbis"])
def test_a_broken_page_of_ogg_is_damage(make: MediaMaker, encoder: str) -> None:
    tone = TONE.replace("16000", "48000").replace("duration=1", "duration=4")
    data = make(f"{encoder}-4.ogg", *lavfi(tone), "-c:a", encoder).read_bytes()
    assert audio(make.write("page.ogg", data)).problems == ()
    assert audio(make.write("page.ogg", patched(data, len(data) // 2, bytes(50)))).problem(Problem.CORRUPT) is not None


@pytest.mark.parametrize(("extension", "encoder"), [("ac3", "ac3"), ("eac3", "eac3"), ("wv", "wavpack"), ("tta", "tta")])
def test_a_frame_with_a_wrong_checksum_is_damage(make: MediaMaker, extension: str, encoder: str) -> None:
    """Decoders play it, and say nothing."""
    noise = lavfi("anoisesrc=d=3:r=48000:seed=1:a=0.5")
    data = make(f"checked.{extension}", *noise, "-c:a", encoder).read_bytes()
    middle = len(data) // 2
    assert audio(make.write(f"whole.{extension}", data)).problems == ()
    turned = patched(data, middle, bytes((data[middle] ^ 16,)))
    assert audio(make.write(f"turned.{extension}", turned)).problem(Problem.CORRUPT) is not None


@pytest.mark.parametrize(("extension", "encoder"), [("wv", "wavpack"), ("tta", "tta")])
def test_samples_that_are_counted_and_missing_are_damage(make: MediaMaker, extension: str, encoder: str) -> None:
    data = make(f"counted.{extension}", *lavfi("anoisesrc=d=3:r=48000:seed=1:a=0.5"), "-c:a", encoder).read_bytes()
    assert audio(make.write(f"whole.{extension}", data)).problems == ()
    assert not audio(make.write(f"cut.{extension}", data[: len(data) // 2])).has_only(Problem.MISSTATED)


@pytest.mark.parametrize("stray", [b"ID3\x04\0\0\0\0\x02\0" + bytes(256), ID3V1], ids=["id3v2", "id3v1"])
def test_tags_between_frames_of_adts_are_no_damage(make: MediaMaker, stray: bytes) -> None:
    data = whole(make, "aac")
    assert audio(make.write("joined.aac", data + stray + data)).problems == ()


def test_a_broken_frame_of_flac_is_damage(make: MediaMaker) -> None:
    """Its checksum tells, which decoders ignore; and FLAC counts its samples exactly."""
    data = make("noise.flac", *lavfi("anoisesrc=d=4:r=44100:seed=1"), "-c:a", "flac").read_bytes()
    middle = len(data) // 2
    assert audio(make.write("whole.flac", data)).problems == ()
    assert audio(make.write("tagged.flac", data + ID3V1)).problems == ()
    for damage in (bytes(400), bytes((data[middle] ^ 1,))):
        assert audio(make.write("broken.flac", patched(data, middle, damage))).problem(Problem.CORRUPT) is not None
    assert audio(make.write("cut.flac", data[: len(data) * 9 // 10])).problem(Problem.TRUNCATED) is not None


def test_a_broken_frame_of_flac_that_does_not_count_its_samples_is_damage(make: MediaMaker) -> None:
    """Streaming programs leave the number open. Frames have numbers of their own."""
    data = make("noise.flac", *lavfi("anoisesrc=d=4:r=44100:seed=1"), "-c:a", "flac").read_bytes()
    streamed = patched(data, 21, bytes((data[21] & 0xF0, 0, 0, 0, 0)))
    assert audio(make.write("streamed.flac", streamed)).problems == ()
    middle = len(data) // 2
    facts = audio(make.write("broken-stream.flac", patched(streamed, middle, bytes((data[middle] ^ 1,)))))
    assert facts.problem(Problem.CORRUPT) is not None
    assert facts.gaps[0].at_s == pytest.approx(2.0, abs=0.15)
    assert facts.duration_s == pytest.approx(4.0, abs=0.01)


@pytest.mark.parametrize("frames", [1, 5, 10])
@pytest.mark.parametrize(("extension", "options"), [("mp3", ("-write_xing", "0", "-id3v2_version", "0")), ("mp2", ())])
def test_frames_that_became_zeros_are_damage(make: MediaMaker, extension: str, options: tuple[str, ...], frames: int) -> None:
    data = make(f"four-seconds.{extension}", *lavfi("sine=d=4:r=16000"), "-b:a", "64k", *options).read_bytes()
    length = mpeg_length(data, 0)
    assert audio(make.write("whole.mp3", bytes(100) + data)).problems == ()
    holed = patched(data, 40 * length, bytes(frames * length))
    assert audio(make.write("holed.mp3", holed)).problem(Problem.CORRUPT) is not None
