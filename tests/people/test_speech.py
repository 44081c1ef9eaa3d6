"""Speech, pauses and levels, in the recordings that come with the project and in sounds made here."""

from itertools import pairwise

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.errors import UnreadableMediaError
from mediapreflight.media.av import sound
from mediapreflight.media.av.sound import MAX_SAMPLE_RATE
from mediapreflight.people.facts import SILENCE_DBFS
from mediapreflight.people.speech import MIN_PAUSE_S, MIN_SPEECH_S, listen, pauses_between, speech_spans, speech_timeline
from mediapreflight.people.vad import FRAME_S
from mediapreflight.rules.people.voices import SPEECH_SHARE_LEAST

RATE = 48_000


def write_wav(path, samples, codec="pcm_s16le", format="s16", rate=RATE):
    """`samples`: channels x samples, in the format's own values."""
    channels = len(samples)
    with av.open(str(path), "w") as container:
        layout = {1: "mono", 2: "stereo"}[channels]
        stream = container.add_stream(codec, rate=rate, layout=layout)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples.T.reshape(1, -1)), format=format, layout=layout)
        frame.sample_rate = rate
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def tone(seconds=2.0, peak=0.5, frequency=1000):
    return peak * np.sin(2 * np.pi * frequency * np.arange(round(seconds * RATE)) / RATE)


def sixteen_bit(*channels):
    return np.array([(channel * 32767).round() for channel in channels]).astype(np.int16)


@pytest.mark.parametrize("name", ["voice.wav", "voice.mp3", "voice.aac", "talking-head.mp4"])
def test_speech_is_heard_with_its_pauses(fixtures, name):
    facts = listen(fixtures / name)
    assert 0.5 < facts.speech_share < 1
    assert len(facts.speech) >= 2
    assert facts.speech_level_dbfs > facts.loudness_dbfs > facts.noise_floor_dbfs
    assert facts.other_sound_share < 0.2
    edges = sorted(edge for span in (*facts.speech, *facts.pauses) for edge in span)
    assert (edges[0], edges[-1]) == (0, facts.heard_s)
    total = sum(end - start for start, end in (*facts.speech, *facts.pauses))
    assert total == pytest.approx(facts.heard_s, abs=0.04)


def test_a_few_words_are_a_voice_too(fixtures):
    assert listen(fixtures / "formats" / "voice.flac").speech_share >= SPEECH_SHARE_LEAST


def test_formats_say_the_same(fixtures):
    wav, mp3 = listen(fixtures / "voice.wav"), listen(fixtures / "voice.mp3")
    assert mp3.speech_share == pytest.approx(wav.speech_share, abs=0.1)
    assert mp3.loudness_dbfs == pytest.approx(wav.loudness_dbfs, abs=1)
    assert mp3.heard_s == pytest.approx(wav.heard_s, abs=0.1)


@pytest.mark.parametrize("behind", [b"\n", bytes(4096), b"TAG" + bytes(125)])
@pytest.mark.parametrize("ending", ["aac", "wv"])
def test_what_follows_the_last_frame_hides_no_voice(fixtures, tmp_path, ending, behind):
    """FFmpeg ends such streams with an error."""
    clean = fixtures / "voice.aac" if ending == "aac" else write_wav(tmp_path / "tone.wv", sixteen_bit(tone()), "wavpack", "s16p")
    path = tmp_path / f"voice.{ending}"
    path.write_bytes(clean.read_bytes() + behind)
    assert listen(path) == listen(clean)


def test_a_timeline_has_a_probability_for_every_frame(fixtures):
    timeline, facts = speech_timeline(fixtures / "voice.wav"), listen(fixtures / "voice.wav")
    assert len(timeline) == -(-facts.heard_s // FRAME_S)
    assert all(type(each) is float and 0 <= each <= 1 for each in timeline)
    assert speech_spans(timeline) == facts.speech


def test_silence(fixtures):
    facts = listen(fixtures / "faults" / "silent.wav")
    assert facts.speech == ()
    assert facts.pauses == ((0, facts.heard_s),)
    levels = facts.loudness_dbfs, facts.speech_level_dbfs, facts.noise_floor_dbfs, facts.peak_dbfs
    assert set(levels) == {SILENCE_DBFS}
    assert (facts.speech_share, facts.other_sound_share, facts.clipping_share) == (0, 0, 0)


def test_a_tone_is_other_sound_of_its_own_level(tmp_path):
    facts = listen(write_wav(tmp_path / "tone.wav", sixteen_bit(tone())))
    assert facts.speech_share < SPEECH_SHARE_LEAST
    assert facts.heard_s == 2
    # A sine of half the full scale: 6 dB down at its peak, 9 dB as a whole.
    assert facts.peak_dbfs == pytest.approx(-6, abs=0.1)
    assert facts.loudness_dbfs == pytest.approx(-9, abs=0.2)
    assert facts.noise_floor_dbfs == pytest.approx(-9, abs=0.3)
    assert facts.other_sound_share > 0.98
    assert facts.speech_level_dbfs == SILENCE_DBFS


@pytest.mark.parametrize(("level_dbfs", "share"), [(-49, 1), (-51, 0)])
def test_what_is_quieter_than_the_limit_is_no_other_sound(tmp_path, level_dbfs, share):
    peak = 10 ** (level_dbfs / 20) * 2**0.5
    facts = listen(write_wav(tmp_path / "tone.wav", sixteen_bit(tone(peak=peak))))
    assert facts.loudness_dbfs == pytest.approx(level_dbfs, abs=0.3)
    assert facts.other_sound_share == pytest.approx(share, abs=0.03)


def test_the_noise_floor_is_that_of_the_quietest_tenth(tmp_path):
    quiet, loud = tone(0.5, 0.001), tone(1.5, 0.5)
    facts = listen(write_wav(tmp_path / "both.wav", sixteen_bit(np.concatenate([loud, quiet]))))
    assert facts.noise_floor_dbfs == pytest.approx(-63, abs=1)
    assert facts.loudness_dbfs == pytest.approx(-9 - 1.25, abs=0.3)


@pytest.mark.parametrize(
    ("codec", "format", "scale", "offset"),
    [("pcm_s16le", "s16", 32768, 0), ("pcm_s32le", "s32", 2**31, 0), ("pcm_f32le", "flt", 1, 0), ("pcm_u8", "u8", 128, 128)],
)
def test_levels_do_not_depend_on_how_samples_are_stored(tmp_path, codec, format, scale, offset):
    kind = {"s16": np.int16, "s32": np.int32, "flt": np.float32, "u8": np.uint8}[format]
    samples = tone()[None] * scale + offset
    facts = listen(write_wav(tmp_path / "tone.wav", samples.astype(kind), codec, format))
    assert facts.peak_dbfs == pytest.approx(-6, abs=0.15)
    assert facts.loudness_dbfs == pytest.approx(-9, abs=0.2)
    assert facts.clipping_share == 0


@pytest.mark.parametrize(("layout", "channel"), [("5.1", 5), ("7.1", 0), ("7.1", 7)])
def test_levels_are_those_of_the_loudest_channel(tmp_path, layout, channel):
    """AAC is decoded channel by channel."""
    path = tmp_path / "surround.m4a"
    samples = np.zeros((RATE, av.AudioLayout(layout).nb_channels), np.float32)
    samples[:, channel] = tone(1)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=RATE, layout=layout, bit_rate=800_000)
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="flt", layout=layout)
        frame.sample_rate = RATE
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert listen(path).peak_dbfs == pytest.approx(-6, abs=0.5)


class TestRatesThatNoRecordingHas:
    def test_the_highest_that_is_heard(self, tmp_path):
        facts = listen(write_wav(tmp_path / "high.wav", sixteen_bit(tone(1)), rate=MAX_SAMPLE_RATE))
        assert facts.heard_s == pytest.approx(RATE / MAX_SAMPLE_RATE, abs=0.001)

    @pytest.mark.parametrize("rate", [MAX_SAMPLE_RATE + 1, 268_443_456])
    def test_a_higher_one(self, tmp_path, rate):
        with pytest.raises(UnreadableMediaError, match=f"high.wav: cannot be decoded .no recording has {rate} samples"):
            listen(write_wav(tmp_path / "high.wav", sixteen_bit(tone(1)), rate=rate))

    def test_one_so_low_that_a_frame_lasts_longer_than_is_ever_heard(self, tmp_path, monkeypatch):
        path = write_wav(tmp_path / "low.wav", sixteen_bit(tone(1)), rate=8000)
        with av.open(str(path)) as container:
            longest = max(frame.samples for frame in container.decode(audio=0)) / 8000
        monkeypatch.setattr(sound, "MAX_HEARD_S", longest)
        assert listen(path).heard_s > 0
        monkeypatch.setattr(sound, "MAX_HEARD_S", longest - 1 / 8000)
        with pytest.raises(UnreadableMediaError, match="no recording has 8000 samples"):
            listen(path)


class TestClipping:
    def test_an_overdriven_tone_is_clipped_where_it_is_flat(self, tmp_path):
        # Twice the full scale: above half its peak for two thirds of the time.
        samples = sixteen_bit(tone(peak=2, frequency=101).clip(-1, 1))
        facts = listen(write_wav(tmp_path / "clipped.wav", samples))
        assert facts.clipping_share == pytest.approx(2 / 3, abs=0.03)
        assert facts.peak_dbfs == 0

    def test_a_tone_at_full_scale_is_not(self, tmp_path):
        # 3 kHz: each peak is a single sample.
        facts = listen(write_wav(tmp_path / "full.wav", sixteen_bit(tone(peak=1, frequency=3000))))
        assert facts.peak_dbfs == 0
        assert facts.clipping_share == 0

    @pytest.mark.parametrize(("run", "clipped"), [(2, 0), (3, 3), (4, 4)])
    def test_it_takes_three_samples_in_a_row(self, tmp_path, run, clipped):
        channel = np.zeros(RATE)
        channel[1000 : 1000 + run] = 1
        # On one of two channels, so of twice the samples.
        facts = listen(write_wav(tmp_path / "run.wav", sixteen_bit(channel, np.zeros(RATE))))
        assert facts.clipping_share == round(clipped / (2 * RATE), 5)

    def test_both_channels_and_both_signs_count(self, tmp_path):
        channel = np.zeros(RATE)
        channel[100:2100] = -1
        facts = listen(write_wav(tmp_path / "run.wav", sixteen_bit(channel, -channel)))
        assert facts.clipping_share == pytest.approx(2000 / RATE, abs=1e-5)


def test_nan_and_infinity_are_not_passed_on(tmp_path):
    samples = tone().astype(np.float32)[None]
    samples[0, 500:600] = np.nan
    samples[0, 700:705] = np.inf
    facts = listen(write_wav(tmp_path / "nan.wav", samples, "pcm_f32le", "flt"))
    assert facts.loudness_dbfs == pytest.approx(-9, abs=0.3)
    assert facts.peak_dbfs == pytest.approx(-6, abs=0.1)
    assert facts.clipping_share == 0


def test_a_long_recording_is_judged_by_its_beginning(tmp_path, monkeypatch):
    monkeypatch.setattr(sound, "MAX_HEARD_S", 1.0)
    facts = listen(write_wav(tmp_path / "long.wav", sixteen_bit(np.concatenate([tone(2), np.zeros(6 * RATE)]))))
    assert 1 <= facts.heard_s < 2
    assert facts.loudness_dbfs == pytest.approx(-9, abs=0.3)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("formats/h264-silent.mp4", "no sound"),
        ("faults/empty.jpg", "empty"),
        ("portrait.jpg", "neither sound nor video"),
        ("faults/truncated.mp4", "truncated"),
    ],
)
def test_what_has_no_sound_says_so(fixtures, name, reason):
    with pytest.raises(UnreadableMediaError, match=reason):
        listen(fixtures / name)


def frames(*stretches):
    return [probability for probability, count in stretches for _ in range(count)]


class TestSpans:
    def test_speech_begins_high_and_lasts_while_it_is_not_low(self):
        timeline = frames((0.49, 10), (0.5, 10), (0.35, 10), (0.34, 20))
        assert speech_spans(timeline) == ((0.32, 0.96),)

    def test_it_may_last_to_the_end(self):
        assert speech_spans(frames((0.1, 5), (0.9, 15))) == ((0.16, 0.64),)

    def test_a_short_gap_is_part_of_it(self):
        # Six frames are 0.192 s, seven are 0.224 s.
        assert MIN_PAUSE_S == 0.2
        assert speech_spans(frames((0.9, 20), (0.1, 6), (0.9, 20))) == ((0.0, 1.472),)
        assert speech_spans(frames((0.9, 20), (0.1, 7), (0.9, 20))) == ((0.0, 0.64), (0.864, 1.504))

    def test_a_short_stretch_is_none(self):
        # Seven frames are 0.224 s, eight are 0.256 s.
        assert MIN_SPEECH_S == 0.25
        assert speech_spans(frames((0.1, 20), (0.9, 7), (0.1, 20))) == ()
        assert speech_spans(frames((0.1, 20), (0.9, 8), (0.1, 20))) == ((0.64, 0.896),)

    def test_short_stretches_close_to_each_other_are_speech(self):
        assert speech_spans(frames((0.9, 5), (0.1, 3), (0.9, 5), (0.1, 30))) == ((0.0, 0.416),)

    def test_nothing_is_nothing(self):
        assert speech_spans([]) == ()

    @given(st.lists(st.floats(0, 1), max_size=200))
    def test_spans_are_in_order_long_enough_and_far_enough_apart(self, timeline):
        spans = speech_spans(timeline)
        edges = [edge for span in spans for edge in span]
        assert edges == sorted(edges)
        assert all(end - start >= MIN_SPEECH_S - 1e-9 for start, end in spans)
        assert all(after[0] - before[1] >= MIN_PAUSE_S - 1e-9 for before, after in pairwise(spans))
        assert all(0 <= edge <= len(timeline) * FRAME_S + 1e-9 for edge in edges)


@pytest.mark.parametrize(
    ("speech", "pauses"),
    [
        ((), ((0, 5),)),
        (((0, 5),), ()),
        (((1, 2), (3, 5)), ((0, 1), (2, 3))),
        (((0, 2), (3, 4)), ((2, 3), (4, 5))),
        (((0, 5.02),), ()),
    ],
)
def test_pauses_are_all_the_rest(speech, pauses):
    assert pauses_between(speech, 5) == pauses
