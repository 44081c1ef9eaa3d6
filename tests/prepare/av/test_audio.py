"""Recordings made to fit, with real files."""

import hashlib
import re
import shutil
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from mediapreflight import Job
from mediapreflight.check.run import check
from mediapreflight.errors import FfmpegError, PrepareError
from mediapreflight.media.facts import AudioFacts, VideoFacts
from mediapreflight.media.probe import probe
from mediapreflight.prepare.av.audio import EncodeSound, RemuxSound, run_audio
from mediapreflight.prepare.av.audio_plan import plan_audio, plan_audio_split
from mediapreflight.prepare.av.cuts import Timeline
from mediapreflight.prepare.av.steps import Trim
from mediapreflight.prepare.options import PrepareOptions
from mediapreflight.prepare.steps import Step, step_of

from .sound_and_video import AUDIO_INPUTS, Input, a_third_of, changed, ffmpeg, measured

EMO, LIVEPORTRAIT, RETALK = AUDIO_INPUTS["emo-v1/audio"], AUDIO_INPUTS["liveportrait/audio"], AUDIO_INPUTS["videoretalk/audio"]
FIXTURES = Path(__file__).resolve().parents[3] / "fixtures"
OPTIONS = PrepareOptions()
# What cannot be decoded, or says nothing.
UNFIXABLE = {
    "truncated.mp3": "last frame .* is incomplete",
    "encrypted.mp4": "encrypted",
    "silent.wav": "is completely silent",
    "truncated-after-index.mp4": "Decode error rate",
    "truncated.mkv": "truncated",
}


def with_sound() -> list[Path]:
    """Every recording of the fixtures, and every video that has sound."""
    return sorted(path for path in FIXTURES.rglob("*") if path.is_file() and _has_sound(path))


def _has_sound(path: Path) -> bool:
    facts = probe(path, "metadata")
    return isinstance(facts, AudioFacts | VideoFacts) and facts.audio_codec is not None


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def made(
    source: Path, item: Input, folder: Path, options: PrepareOptions = OPTIONS, **other: Any
) -> tuple[Path, tuple[Step, ...]]:
    """The file prepared, or itself where it needs nothing but a name; and the steps."""
    facts = measured(probe(source))
    steps, suffix, _ = plan_audio(facts, item.role, options, item.findings(facts), **other)
    target = folder / f"out.{suffix}"
    if not steps or steps[-1].name == "rename":
        shutil.copyfile(source, target)
    else:
        run_audio(str(source), steps, str(target))
    return target, steps


def faults(path: Path, item: Input) -> list[str]:
    """What the check of the finished file says."""
    job = Job(item.model.id, whole=False, **{item.name: path})
    # The model may be a changed one, which only the item knows.
    return item.faults(probe(path)) if item.model.id == "own" else _said(job)


def _said(job: Job) -> list[str]:
    report = check(job, level="decode")
    return [f"{finding.code}: {finding.message}" for finding in report.findings if finding.severity != "info"]


def samples(path: Path) -> NDArray[np.float32]:
    """Channels x samples, as decoded; full scale 1.0."""
    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="fltp")
        parts = [part.to_ndarray() for frame in container.decode(audio=0) for part in resampler.resample(frame)]
        return np.concatenate([*parts, *(part.to_ndarray() for part in resampler.resample(None))], axis=1)


def packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size]


def speech(folder: Path, seconds: float, name: str = "long.mp3", **options: str) -> Path:
    """The voice of the fixtures, over and over."""
    path = folder / name
    arguments = [argument for key, value in options.items() for argument in (f"-{key.replace('_', ':')}", value)]
    ffmpeg("-stream_loop", "-1", "-i", FIXTURES / "voice.wav", "-t", seconds, *arguments, path)
    return path


@pytest.mark.sweep
@pytest.mark.parametrize("source", a_third_of(with_sound()), ids=lambda path: str(path.relative_to(FIXTURES)))
def test_every_fixture_fits_afterwards(source: Path, tmp_path: Path) -> None:
    before = sha256(source)
    if (why := UNFIXABLE.get(source.name)) is not None:
        with pytest.raises((PrepareError, AssertionError), match=why):
            assert faults(made(source, LIVEPORTRAIT, tmp_path)[0], LIVEPORTRAIT) == []
        return
    target, steps = made(source, LIVEPORTRAIT, tmp_path)

    assert faults(target, LIVEPORTRAIT) == []
    assert sha256(source) == before
    facts = measured(probe(target))
    assert plan_audio(facts, LIVEPORTRAIT.role, OPTIONS, LIVEPORTRAIT.findings(facts))[0] == (), steps


@pytest.mark.parametrize("named", [False, True], ids=["bare", "encoder named"])
def test_a_copied_mp3_begins_with_the_same_sample(named: bool, tmp_path: Path) -> None:
    """FFmpeg names itself as the encoder, and readers leave out 529 samples of an MP3 whose encoder is known."""
    source = tmp_path / "bare.mp3"
    ffmpeg("-i", FIXTURES / "voice.wav", "-ar", 16000, "-write_xing", int(named), "-id3v2_version", 0, source)
    target, steps = made(source, EMO, tmp_path, keep=(0.0, 2.0))

    assert isinstance(steps[-1], RemuxSound)
    before, after = samples(source), samples(target)
    assert np.abs(after[:, 5000:25000] - before[:, 5000:25000]).max() < 1e-3
    assert faults(target, EMO) == []


@pytest.mark.parametrize("name", ["formats/voice.flac", "formats/opus.opus", "formats/large-cover-art.mp3", "talking-head.mp4"])
def test_a_second_run_writes_the_same_bytes(name: str, tmp_path: Path) -> None:
    runs = [tmp_path / "first", tmp_path / "second"]
    for folder in runs:
        folder.mkdir()
        made(FIXTURES / name, LIVEPORTRAIT, folder, PrepareOptions(mono=True))
    first, second = (sha256(next(folder.iterdir())) for folder in runs)

    assert first == second


@pytest.mark.parametrize(
    "name", ["faults/false-length.mp3", "formats/vbr-without-xing.mp3", "formats/large-cover-art.mp3", "faults/truncated.mp3"]
)
def test_a_new_header_leaves_the_sound_bit_for_bit(name: str, tmp_path: Path) -> None:
    target, steps = made(FIXTURES / name, EMO, tmp_path)
    facts = probe(target)

    assert isinstance(steps[-1], RemuxSound)
    assert packets(target) == packets(FIXTURES / name)
    assert isinstance(facts, AudioFacts)
    assert facts.cover_art_bytes == 0
    assert facts.stated_duration_s == pytest.approx(facts.duration_s, abs=0.05)
    assert b"ID3" not in target.read_bytes()[:3]


def test_a_wav_that_was_never_closed_gets_its_sizes(tmp_path: Path) -> None:
    source = FIXTURES / "faults" / "unknown-data-size.wav"
    target, steps = made(source, EMO, tmp_path)

    assert [step.name for step in steps] == ["remux"]
    assert target.read_bytes()[44:] == source.read_bytes()[44:]
    assert int.from_bytes(target.read_bytes()[40:44], "little") == target.stat().st_size - 44


@pytest.mark.parametrize("extension", ["mp3", "m4a"])
def test_one_lost_packet_becomes_silence_and_nothing_moves(extension: str, tmp_path: Path) -> None:
    source = tmp_path / f"voice.{extension}"
    ffmpeg("-i", FIXTURES / "voice.wav", "-c:a", {"mp3": "libmp3lame", "m4a": "aac"}[extension], "-b:a", "64k", source)
    whole = samples(source)[0]
    data, stored = source.read_bytes(), packets(source)
    at = data.index(stored[30])
    filler = bytes(4) if extension == "mp3" else b"\xff" * 40
    source.write_bytes(data[:at] + filler + data[at + len(filler) :])
    target, steps = made(source, EMO, tmp_path)

    gap = next(step for step in steps if step.name == "fill-gap")
    assert gap.detail.endswith(" cannot be decoded: silence instead")
    assert gap.reason == "FILE011 file-corrupt"
    assert faults(target, EMO) == []
    prepared = samples(target)[0]
    assert len(prepared) == pytest.approx(len(whole), abs=0.02 * 16_000)
    # What is heard behind the gap is heard when it was.
    assert float(np.corrcoef(prepared[44_000:60_000], whole[44_000:60_000])[0, 1]) > 0.98


def test_a_cut_by_copy_keeps_the_packets(tmp_path: Path) -> None:
    source = speech(tmp_path, 70)
    target, steps = made(source, EMO, tmp_path, PrepareOptions(trim="end"))
    kept = packets(target)

    assert isinstance(steps[-1], RemuxSound)
    assert kept == packets(source)[: len(kept)]
    assert len(kept) * 0.036 == pytest.approx(59.9, abs=0.1)
    assert faults(target, EMO) == []


def test_a_wav_is_cut_at_the_sample_and_fades_out(tmp_path: Path) -> None:
    source = speech(tmp_path, 70, "long.wav")
    target, steps = made(source, EMO, tmp_path, timeline=Timeline(0.032, (0.0,) * 2200))
    whole, kept = samples(source), samples(target)

    trim = step_of(steps, Trim)
    assert trim is not None
    assert trim.place == "pause"
    assert kept.shape == (1, round(59.9 * 16_000))
    faded = round(trim.fade_s * 16_000)
    np.testing.assert_array_equal(kept[:, :-faded], whole[:, : kept.shape[1] - faded])
    assert abs(kept[0, -1]) < 1e-3
    assert faults(target, EMO) == []


def test_the_parts_of_a_split_are_the_whole(tmp_path: Path) -> None:
    source = speech(tmp_path, 130, "long.wav")
    facts = measured(probe(source))
    voice = tuple(0.0 if number % 97 < 12 else 1.0 for number in range(4100))
    parts = plan_audio_split(facts, EMO.role, OPTIONS, EMO.findings(facts), timeline=Timeline(0.032, voice))
    targets = []
    for number, (steps, suffix, _) in enumerate(parts):
        targets.append(tmp_path / f"{number}.{suffix}")
        run_audio(str(source), steps, str(targets[-1]))

    assert len(targets) == 3
    np.testing.assert_array_equal(np.concatenate([samples(target) for target in targets], axis=1), samples(source))
    assert [faults(target, EMO) for target in targets] == [[], [], []]


def test_a_short_recording_ends_in_silence(tmp_path: Path) -> None:
    source = FIXTURES / "formats" / "pcm-s16.wav"
    target, _ = made(source, LIVEPORTRAIT, tmp_path)
    before, after = samples(source), samples(target)

    np.testing.assert_array_equal(after[:, : before.shape[1]], before)
    assert not after[:, before.shape[1] :].any()
    assert after.shape[1] == round(1.1 * 8_000)


def test_a_wav_beyond_the_byte_limit_becomes_an_mp3_within_it(tmp_path: Path) -> None:
    tight = changed("liveportrait", "audio", tmp_path, 'megabytes = "< 0.25"')
    source = speech(tmp_path, 20, "long.wav", ar="48000", ac="2")
    target, steps = made(source, tight, tmp_path)

    assert target.suffix == ".mp3"
    assert target.stat().st_size < 250_000
    assert faults(target, tight) == []
    encode = step_of(steps, EncodeSound)
    assert encode is not None
    assert encode.bit_rate == 80_000


@pytest.mark.parametrize("target_lufs", [-16.0, -27.0])
def test_loudness_is_reached(target_lufs: float, tmp_path: Path) -> None:
    target, _ = made(FIXTURES / "voice.wav", LIVEPORTRAIT, tmp_path, PrepareOptions(loudness=target_lufs))
    said = ffmpeg("-i", target, "-af", "ebur128", "-f", "null", "-")
    integrated = float(re.findall(r"I:\s+(-?[\d.]+) LUFS", said)[-1])

    assert integrated == pytest.approx(target_lufs, abs=1.0)
    assert measured(probe(target)).duration_s == pytest.approx(3.96, abs=0.01)
    assert faults(target, LIVEPORTRAIT) == []


def test_silence_has_no_loudness_and_stays_silent(tmp_path: Path) -> None:
    target, _ = made(FIXTURES / "faults" / "silent.wav", LIVEPORTRAIT, tmp_path, PrepareOptions(loudness=-16.0))

    assert not samples(target).any()


def test_several_channels_become_one(tmp_path: Path) -> None:
    source = tmp_path / "two.wav"
    ffmpeg("-f", "lavfi", "-i", "sine=440:d=2", "-f", "lavfi", "-i", "sine=880:d=2", "-filter_complex", "amerge", source)
    target, _ = made(source, LIVEPORTRAIT, tmp_path, PrepareOptions(mono=True))
    before, after = samples(source), samples(target)

    assert (before.shape[0], after.shape[0]) == (2, 1)
    np.testing.assert_allclose(after[0], before.mean(axis=0), atol=2e-4)


def test_noise_gets_lower(tmp_path: Path) -> None:
    source = tmp_path / "noisy.wav"
    ffmpeg(
        "-i",
        FIXTURES / "voice.wav",
        "-filter_complex",
        "anoisesrc=a=0.02:d=3.96:r=16000:seed=1[n];[0][n]amix=2:normalize=0",
        source,
    )
    target, _ = made(source, LIVEPORTRAIT, tmp_path, PrepareOptions(denoise=True))

    quietest = [np.percentile(np.abs(samples(path)[0]), 5) for path in (source, target)]
    assert quietest[1] < quietest[0] / 2


def test_the_sound_of_a_video_is_what_its_decoder_gives(tmp_path: Path) -> None:
    source = FIXTURES / "talking-head.mp4"
    target, steps = made(source, LIVEPORTRAIT, tmp_path)
    before, after = samples(source), samples(target)

    assert [step.name for step in steps] == ["extract-sound", "encode"]
    length = min(before.shape[1], after.shape[1])
    assert abs(before.shape[1] - after.shape[1]) <= 1024
    np.testing.assert_allclose(after[:, :length], before[:, :length], atol=1 / 32768)


def test_sound_whose_time_stamps_are_too_close_together_is_kept_whole(tmp_path: Path) -> None:
    source = tmp_path / "fast.avi"
    sources = ("-f", "lavfi", "-i", "testsrc=s=64x64:r=10:d=2", "-f", "lavfi", "-i", "sine=d=2:sample_rate=44100")
    ffmpeg(*sources, "-c:v", "libx264", "-c:a", "libmp3lame", source)
    data = bytearray(source.read_bytes())
    # The header of the sound says that a hundred times as many of its units make a second.
    rate = data.index(b"auds") + 24
    data[rate : rate + 4] = (100 * int.from_bytes(data[rate : rate + 4], "little")).to_bytes(4, "little")
    source.write_bytes(data)
    target, _ = made(source, AUDIO_INPUTS["wan2.7-i2v/driving_audio"], tmp_path)
    loud = np.nonzero(np.abs(samples(target)).max(axis=0) > 0.01)[0]
    assert loud[-1] - loud[0] > 1.9 * 44_100


@pytest.mark.parametrize("rate", [16_000, 44_100])
@pytest.mark.parametrize("extension", ["mkv", "mov", "mp4", "avi", "wav"])
def test_mp3_from_another_container_is_heard_when_it_was(extension: str, rate: int, tmp_path: Path) -> None:
    source = tmp_path / f"click.{extension}"
    click = ("-f", "lavfi", "-i", f"aevalsrc='if(gte(t,1),0.8*sin(2000*PI*t),0)':s={rate}:d=3")
    ffmpeg(*click, "-c:a", "libmp3lame", source)
    target, _ = made(source, RETALK, tmp_path)
    lengths = [measured(probe(path)).duration_s or 0 for path in (source, target)]
    assert lengths[0] == pytest.approx(lengths[1], abs=0.02)
    first = [np.nonzero(np.abs(samples(path)[0]) > 0.1)[0][0] for path in (source, target)]
    assert first[0] == pytest.approx(first[1], abs=0.002 * rate)


@pytest.mark.parametrize("at_byte", [32_000, 33_001])
def test_the_sound_of_every_data_chunk_is_kept(at_byte: int, tmp_path: Path) -> None:
    whole, source = tmp_path / "whole.wav", tmp_path / "pieces.wav"
    ffmpeg("-f", "lavfi", "-i", "anoisesrc=d=3:r=16000:seed=1:a=0.5", "-fflags", "+bitexact", whole)
    data = whole.read_bytes()
    at = data.index(b"data") + 8
    cuts = (data[at : at + at_byte], data[at + at_byte : at + 40_000], data[at + 40_000 :])
    chunks = (b"data" + len(piece).to_bytes(4, "little") + piece + b"\0" * (len(piece) % 2) for piece in cuts)
    source.write_bytes(data[: at - 8] + b"".join(chunks))
    assert measured(probe(source)).duration_s == 3.0
    target, steps = made(source, RETALK, tmp_path)
    assert [step.name for step in steps] == ["remux"]
    np.testing.assert_array_equal(samples(target), samples(whole))


def test_a_recording_begins_with_its_first_sound(tmp_path: Path) -> None:
    """The decoder of WMA gives nothing for the first packet, so its sound begins after time zero."""
    source = tmp_path / "voice.wma"
    ffmpeg("-f", "lavfi", "-i", "anoisesrc=d=3:r=44100:seed=1:a=0.5", "-c:a", "wmav2", "-f", "asf", source)
    target, _ = made(source, LIVEPORTRAIT, tmp_path)
    before, after = samples(source), samples(target)
    assert abs(before.shape[1] - after.shape[1]) <= 2
    assert np.abs(after[:, :2000]).max() > 0.1


FILMS: dict[str, tuple[str, str, float]] = {
    "decoded-late.wmv": ("wmv2", "wmav2", 0),
    "late.wmv": ("wmv2", "wmav2", 0.5),
    "late.mp4": ("mpeg4", "aac", 0.5),
    "priming.ts": ("mpeg2video", "mp2", 0),
    "late.mpg": ("mpeg1video", "mp2", 0.5),
    "late.ogv": ("libtheora", "libvorbis", 0.5),
    "priming.flv": ("flv", "libmp3lame", 0),
    "priming.avi": ("mpeg4", "wmav2", 0),
}


@pytest.mark.sweep
@pytest.mark.parametrize("name", FILMS)
@pytest.mark.parametrize("keep", [None, (0.5, 2.5)])
def test_sound_that_is_taken_out_stays_in_step_with_the_picture(
    name: str, keep: tuple[float, float] | None, tmp_path: Path
) -> None:
    source, (picture, sound, late_s) = tmp_path / name, FILMS[name]
    click = ("-itsoffset", late_s, "-f", "lavfi", "-i", "aevalsrc='if(gte(t,1),0.8*sin(2000*PI*t),0)':s=44100:d=3")
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=3", *click, "-c:v", picture, "-c:a", sound, source)
    target, _ = made(source, LIVEPORTRAIT, tmp_path, keep=keep)
    assert loud_from(target) == pytest.approx(loud_from(source) - first_picture(source) - (keep or (0, 0))[0], abs=0.02)


def test_sound_from_before_the_picture_is_left_out_unless_that_is_most_of_it(tmp_path: Path) -> None:
    """A tone from 0.2 s on, and the picture from 0.5 or 2.5 s on."""
    tone = ("-f", "lavfi", "-i", "aevalsrc='if(gte(t,0.2)*lt(t,0.3)+gte(t,1),0.8*sin(2000*PI*t),0)':s=44100:d=3")
    for begins, words, loud in ((0.5, ", without the 0.5", 0.5), (2.5, ", which begins 2.5", 0.2)):
        source = tmp_path / f"{begins}.mp4"
        ffmpeg("-itsoffset", begins, "-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=3", *tone, "-c:v", "mpeg4", source)
        target, steps = made(source, LIVEPORTRAIT, tmp_path)
        assert words in steps[0].detail and steps[0].detail.endswith(" s before the picture")
        assert loud_from(target) == pytest.approx(loud, abs=0.02)


def test_a_pause_is_found_behind_the_silence_before_a_late_sound_track(tmp_path: Path) -> None:
    source = tmp_path / "late.mp4"
    tone = ("-itsoffset", 1, "-f", "lavfi", "-i", "sine=1000:r=44100:d=8")
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=9", *tone, "-c:v", "mpeg4", source)
    item = changed("liveportrait", "audio", tmp_path, 'duration = "[1, 5]"')
    # Somebody speaks but for half a second, from 3 s of the track on.
    timeline = Timeline(0.1, (1.0,) * 30 + (0.0,) * 5 + (1.0,) * 45)
    _, steps = made(source, item, tmp_path, timeline=timeline)
    cut = step_of(steps, Trim)
    assert cut is not None and cut.place == "pause" and 4.0 < cut.end_s < 4.5


def loud_from(path: Path) -> float:
    """When sound is first louder than a tenth of full scale, by the file's clock."""
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            pieces = np.abs(frame.to_ndarray().astype(float)) / (32768 if frame.format.name.startswith("s16") else 1)
            if (loud := np.nonzero(pieces[0, :: 1 if frame.format.is_planar else frame.layout.nb_channels] > 0.1)[0]).size:
                assert frame.time is not None
                return frame.time + float(loud[0]) / frame.sample_rate
    raise AssertionError("it is silent")


def first_picture(path: Path) -> float:
    with av.open(str(path)) as container:
        return min(float(packet.pts * packet.time_base) for packet in container.demux(video=0) if packet.pts is not None)


def test_a_source_that_vanished_is_said(tmp_path: Path) -> None:
    source = tmp_path / "v.mp3"
    facts = AudioFacts(path=str(source), format="mp3", audio_codec="mp3", duration_s=5.0, stated_duration_s=200.0)
    steps, _, _ = plan_audio(facts, EMO.role, OPTIONS, EMO.findings(facts))
    with pytest.raises(PrepareError, match=r"v\.mp3: missing: no such file"):
        run_audio(str(source), steps, str(tmp_path / "out.mp3"))


def test_a_playlist_is_not_followed(tmp_path: Path) -> None:
    source = FIXTURES / "faults" / "concat-named-mp4.mp4"
    steps = (RemuxSound(reason="a test", source_format="mp4", format="wav", seconds=1.0),)
    with pytest.raises(PrepareError, match="is not a sound or video file, but ffconcat script"):
        run_audio(str(source), steps, str(tmp_path / "out.wav"))


def test_a_target_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    steps = (RemuxSound(reason="a test", source_format="wav", format="wav", seconds=1.0),)
    with pytest.raises(FfmpegError, match="No such file or directory"):
        run_audio(str(FIXTURES / "voice.wav"), steps, str(tmp_path / "no-folder" / "out.wav"))


def judged(path: Path) -> Iterator[float]:
    """The length in seconds by other judges than ours, as far as they are installed."""
    if shutil.which("ffprobe"):
        import subprocess

        command = ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", str(path)]
        yield float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    if shutil.which("mediainfo"):
        import subprocess

        command = ["mediainfo", "--Output=General;%Duration%", str(path)]
        yield float(Fraction(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()) / 1000)


@pytest.mark.sweep
@pytest.mark.skipif(not (shutil.which("ffprobe") or shutil.which("mediainfo")), reason="needs ffprobe or mediainfo")
@pytest.mark.parametrize("name", ["long.mp3", "long.wav", "long.m4a", "long.ogg"])
def test_other_judges_find_the_length_within_the_limit(name: str, tmp_path: Path) -> None:
    target, _ = made(speech(tmp_path, 63, name), EMO, tmp_path)

    assert all(59.0 < seconds < 60.0 for seconds in judged(target)), list(judged(target))
