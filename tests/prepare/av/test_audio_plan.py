"""The plan for a recording, from facts alone."""

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediapreflight.errors import PrepareError, UsageError
from mediapreflight.media.facts import AudioFacts, Gap, VideoFacts
from mediapreflight.media.formats import FORMATS
from mediapreflight.prepare.av.audio import (
    Denoise,
    DropCutFrame,
    DropPictures,
    EncodeSound,
    ExtractSound,
    Loudness,
    MixDown,
    PadSilence,
    RemuxSound,
)
from mediapreflight.prepare.av.audio_plan import plan_audio, plan_audio_split
from mediapreflight.prepare.av.cuts import Timeline
from mediapreflight.prepare.av.steps import NEEDED, Trim
from mediapreflight.prepare.options import PrepareOptions
from mediapreflight.prepare.steps import Expected, Rename, Step, step_of

from .sound_and_video import AUDIO_INPUTS, Input, changed, is_in_order

EMO, LIVEPORTRAIT, RETALK, WAN = "emo-v1/audio", "liveportrait/audio", "videoretalk/audio", "wan2.5-i2v-preview/audio"
OPTIONS = PrepareOptions()
ORDER = ("extract-sound", "drop-pictures", "trim", "denoise", "mono", "loudness", "pad-silence", "remux", "encode")
PCM_BYTES = {"pcm_u8": 1, "pcm_s16le": 2, "pcm_s24le": 3, "pcm_s32le": 4}
CODECS = {
    "wav": ("pcm_s16le", "pcm_s24le", "pcm_u8", "pcm_f32le", "pcm_mulaw", "mp3"),
    "mp3": ("mp3",),
    "aac": ("aac",),
    "m4a": ("aac", "alac"),
    "mp4": ("aac", "mp3"),
    "flac": ("flac",),
    "ogg": ("opus", "vorbis"),
    "amr": ("amr_nb",),
    "aiff": ("pcm_s16be",),
    "asf": ("wmav2",),
    "mkv": ("opus", "pcm_s16le", "mp3"),
}


def facts(seconds: float = 10.0, name: str = "v.mp3", **other: Any) -> AudioFacts:
    """Facts of a plain MP3 that fits everywhere, but for what is given."""
    known = {"format": "mp3", "bytes": 160_000, "audio_codec": "mp3", "sample_rate": 44_100, "channels": 2, "peak_dbfs": -3.0}
    return AudioFacts(path=name, **{**known, "duration_s": seconds, "stated_duration_s": seconds, **other})


def wav(seconds: float, *, rate: int = 48_000, channels: int = 2, **other: Any) -> AudioFacts:
    size = int(seconds * rate * channels * 2) + 44
    plain = {"format": "wav", "audio_codec": "pcm_s16le", "sample_rate": rate, "channels": channels, "bytes": size}
    return facts(seconds, "v.wav", **{**plain, **other})


@st.composite
def recordings(draw: st.DrawFn) -> AudioFacts:
    """Recordings of every format and codec, of any length and size, honest or not."""
    format = draw(st.sampled_from(sorted(CODECS)))
    codec = draw(st.sampled_from(CODECS[format]))
    seconds = draw(st.floats(0.05, 400) | st.sampled_from([1.0, 2.0, 3.0, 20.0, 30.0, 59.95, 60.0, 120.0, 180.0]))
    rate = draw(st.sampled_from([8_000, 16_000, 22_050, 44_100, 48_000, 96_000]))
    channels = draw(st.sampled_from([1, 2, 6]))
    art = draw(st.sampled_from([0, 0, 50_000, 20_000_000]))
    bits = draw(st.floats(8_000, 400_000)) if not codec.startswith("pcm") else rate * channels * 16
    return AudioFacts(
        path=f"v.{draw(st.sampled_from(['mp3', 'wav', 'dat', format]))}",
        format=format,
        bytes=int(seconds * bits / 8) + art + draw(st.sampled_from([100, 40_000_000])),
        audio_codec=codec,
        sample_rate=rate,
        channels=channels,
        duration_s=seconds,
        stated_duration_s=seconds * draw(st.sampled_from([1.0, 1.0, 1.0, 0.2, 40.0])),
        peak_dbfs=-3.0,
        cover_art_bytes=art,
    )


@st.composite
def sound_tracks(draw: st.DrawFn) -> VideoFacts:
    codec = draw(st.sampled_from(["aac", "mp3", "opus", "pcm_s16le"]))
    seconds = draw(st.floats(0.1, 400))
    return VideoFacts(
        path="v.mp4",
        format=draw(st.sampled_from(["mp4", "mov", "mkv"])),
        bytes=draw(st.integers(10_000, 400_000_000)),
        duration_s=seconds,
        stated_duration_s=seconds,
        audio_codec=codec,
        audio_duration_s=seconds * draw(st.sampled_from([1.0, 0.5])),
    )


@st.composite
def chosen(draw: st.DrawFn) -> PrepareOptions:
    return PrepareOptions(
        trim=draw(st.sampled_from(["pause", "end"])),
        loudness=draw(st.none() | st.floats(-30, -10)),
        mono=draw(st.booleans()),
        denoise=draw(st.booleans()),
    )


voices = st.lists(st.sampled_from([0.0, 1.0]), min_size=0, max_size=30).map(
    lambda runs: Timeline(0.032, tuple(itertools.chain.from_iterable([value] * 100 for value in runs)))
)
places = st.sampled_from(sorted(AUDIO_INPUTS))


@dataclass(frozen=True)
class Written:
    """What a plan makes of facts, by the words of the plan."""

    steps: tuple[Step, ...]
    suffix: str
    expected: Expected

    def facts(self, source: AudioFacts | VideoFacts) -> AudioFacts:
        last, seconds = self.steps[-1], self.expected.duration_s or 0.0
        assert self.expected.format and self.expected.audio_codec
        rounded = 0.0 if self.expected.format == "wav" else 0.07
        return AudioFacts(
            path=f"out.{self.suffix}",
            format=self.expected.format,
            bytes=self._bytes(source, last, seconds) + 200,
            audio_codec=self.expected.audio_codec,
            sample_rate=48_000,
            channels=2,
            duration_s=seconds + rounded,
            stated_duration_s=seconds + rounded,
            peak_dbfs=-3.0,
        )

    def _bytes(self, source: AudioFacts | VideoFacts, last: Step, seconds: float) -> int:
        """The size of sound that is written as PCM, at a bit rate, or as it was."""
        stored = source if isinstance(source, AudioFacts) else None
        rate, channels = (stored and stored.sample_rate) or 48_000, (stored and stored.channels) or 2
        if isinstance(last, EncodeSound):
            rate, channels = last.sample_rate or rate, last.channels or channels
            if last.bit_rate is not None:
                return round(seconds * last.bit_rate / 8 * 1.01)
        if (width := PCM_BYTES.get(self.expected.audio_codec or "")) is not None:
            return round(seconds * rate * channels * width)
        if stored is None:
            return round(seconds * 320_000 / 8)
        return round(((stored.bytes or 0) - stored.cover_art_bytes) * seconds / (stored.duration_s or 1.0))


def plan(place: str | Input, known: AudioFacts | VideoFacts, options: PrepareOptions = OPTIONS, **other: Any) -> Written:
    item = AUDIO_INPUTS[place] if isinstance(place, str) else place
    return Written(*plan_audio(known, item.role, options, item.findings(known), **other))


@given(places, recordings(), chosen(), voices | st.none())
def test_what_is_planned_fits(place: str, known: AudioFacts, options: PrepareOptions, timeline: Timeline | None) -> None:
    written = plan(place, known, options, timeline=timeline)
    names = [step.name for step in written.steps]

    if written.steps and names != ["rename"]:
        assert AUDIO_INPUTS[place].faults(written.facts(known)) == []
        assert written.suffix == FORMATS[written.expected.format or ""].extensions[0]
    else:
        stays = [finding for finding in AUDIO_INPUTS[place].findings(known) if finding.severity != "info"]
        assert {finding.code for finding in stays} <= {"FILE007"}
    assert not names or names == ["rename"] or (is_in_order(names, ORDER) and names[-1] in ("remux", "encode"))


@given(places, recordings(), chosen(), voices | st.none())
def test_no_step_is_without_a_reason(place: str, known: AudioFacts, options: PrepareOptions, timeline: Timeline | None) -> None:
    found = AUDIO_INPUTS[place].findings(known)
    asked = {"loudness asked for", "mono asked for", "denoise asked for"}
    reasons = {f"{finding.code} {finding.name}" for finding in found} | asked | {NEEDED}
    steps = plan(place, known, options, timeline=timeline).steps

    assert {step.reason for step in steps} <= reasons
    assert not steps or any(step.reason != NEEDED for step in steps)
    for step in steps:
        assert step.detail
        assert "\n" not in step.detail


@given(places, recordings())
def test_nothing_found_means_nothing_done(place: str, known: AudioFacts) -> None:
    written = Written(*plan_audio(known, AUDIO_INPUTS[place].role, OPTIONS, []))

    assert written.steps == ()
    assert known.path.endswith(f".{written.suffix}")


@given(places, sound_tracks(), voices | st.none())
def test_a_sound_track_that_is_taken_out_fits(place: str, known: VideoFacts, timeline: Timeline | None) -> None:
    written = plan(place, known, timeline=timeline)

    extraction = step_of(written.steps, ExtractSound)
    assert extraction is not None
    assert extraction.reason == "FILE005 file-kind-wrong"
    assert AUDIO_INPUTS[place].faults(written.facts(known)) == []


@given(places, recordings(), st.floats(0.5, 200))
def test_a_wanted_length_is_reached_as_far_as_the_model_takes_it(place: str, known: AudioFacts, length: float) -> None:
    item = AUDIO_INPUTS[place]
    written = plan(item, known, length=length)
    interval = item.role.duration.safe_interval if item.role.duration else None
    wanted = length if interval is None else min(max(length, interval.lower), interval.upper)

    assert written.expected.duration_s == pytest.approx(wanted, rel=0.03, abs=0.25)


@given(places, recordings(), voices | st.none())
def test_the_parts_of_a_split_cover_the_whole_and_fit(place: str, known: AudioFacts, timeline: Timeline | None) -> None:
    item = AUDIO_INPUTS[place]
    parts = [Written(*part) for part in plan_audio_split(known, item.role, OPTIONS, item.findings(known), timeline=timeline)]
    if len(parts) == 1:
        assert parts[0] == plan(place, known, timeline=timeline)
        return
    trims = [step_of(part.steps, Trim) for part in parts]
    spans = [(trim.start_s, trim.end_s) for trim in trims if trim]
    assert spans[0][0] == 0
    assert spans[-1][1] == known.duration_s
    assert all(first[1] == second[0] for first, second in itertools.pairwise(spans))
    # A fade would take something away.
    assert all(trim is not None and trim.fade_s == 0 for trim in trims)
    for part in parts:
        assert item.faults(part.facts(known)) == []
        assert isinstance(part.steps[-1], EncodeSound)


def test_a_part_is_encoded_for_the_reason_that_needs_it() -> None:
    known = facts(90.0, format="m4a", audio_codec="aac")
    item = AUDIO_INPUTS[EMO]
    for steps, _, _ in plan_audio_split(known, item.role, OPTIONS, item.findings(known)):
        assert [step.reason for step in steps] == ["AUD003 audio-too-long", "FILE006 file-format-not-accepted"]


def test_a_codec_named_as_its_format_is_said_once() -> None:
    assert Expected(format="mp3", audio_codec="mp3", duration_s=2.0).in_words == "mp3, 2.00 s"


def test_what_fits_is_left_alone() -> None:
    written = plan(EMO, facts())

    assert (written.steps, written.suffix) == ((), "mp3")
    assert written.expected == Expected(format="mp3", duration_s=10.0, audio_codec="mp3")


def test_a_wrong_name_is_changed_and_nothing_else() -> None:
    written = plan(EMO, facts(name="v.wav"))

    assert written.steps == (Rename(reason="FILE007 file-extension-misleading", extension="mp3", format="mp3"),)
    assert written.suffix == "mp3"


def test_a_false_header_is_rewritten_without_an_encode() -> None:
    (remux,) = plan(EMO, facts(stated_duration_s=222.0)).steps

    assert remux == RemuxSound(reason="AUD004 audio-duration-misstated", source_format="mp3", format="mp3", seconds=10.0)
    assert remux.detail == "MP3 with a new header, sound unchanged"


def test_cover_art_is_dropped_without_an_encode_even_where_it_breaks_the_byte_limit() -> None:
    steps = plan(EMO, facts(bytes=20_000_000, cover_art_bytes=19_840_000)).steps

    assert [type(step) for step in steps] == [DropPictures, RemuxSound]
    assert steps[0].detail == "19,840,000 bytes of attached pictures, and all tags"


def test_a_format_that_holds_an_accepted_codec_gives_it_up_bit_for_bit() -> None:
    mp3_in_wav = plan(EMO, facts(format="wav", name="v.wav"))
    pcm_in_mkv = plan(EMO, facts(format="mkv", audio_codec="pcm_s16le", name="v.mkv"))

    assert [type(step) for step in mp3_in_wav.steps] == [RemuxSound]
    assert (mp3_in_wav.suffix, pcm_in_mkv.suffix) == ("mp3", "wav")
    assert isinstance(pcm_in_mkv.steps[-1], RemuxSound)


def test_what_must_be_encoded_becomes_wav_where_that_fits_and_mp3_where_not() -> None:
    short = plan(EMO, facts(50, "v.flac", format="flac", audio_codec="flac"))
    long = plan(LIVEPORTRAIT, facts(170, "v.flac", format="flac", audio_codec="flac"))

    assert short.expected == Expected(format="wav", duration_s=50.0, audio_codec="pcm_s16le")
    assert long.expected == Expected(format="mp3", duration_s=170.0, audio_codec="mp3")
    encode = step_of(long.steps, EncodeSound)
    assert encode is not None
    assert encode.detail == "FLAC to MP3 (libmp3lame, 256 kbit/s)"


def test_a_byte_limit_decides_the_bit_rate(tmp_path: Path) -> None:
    tight = changed("emo-v1", "audio", tmp_path, 'megabytes = "< 0.5"')
    encode = step_of(plan(tight, wav(50.0)).steps, EncodeSound)

    assert encode is not None
    # 500,000 bytes in 50 s are 80 kbit/s, headers included.
    assert encode.bit_rate == 64_000


def test_a_byte_limit_that_no_bit_rate_meets_is_said(tmp_path: Path) -> None:
    tight = changed("emo-v1", "audio", tmp_path, 'megabytes = "< 0.1"')
    with pytest.raises(PrepareError, match=r"50\.00 s of sound do not fit into 99,999 bytes"):
        plan(tight, wav(50.0))


def test_formats_that_are_not_written_are_said(tmp_path: Path) -> None:
    strange = changed("emo-v1", "audio", tmp_path, 'formats = ["amr"]')
    with pytest.raises(PrepareError, match="sound cannot be written as amr here"):
        plan(strange, wav(5.0))


def test_aac_is_written_where_nothing_else_is_taken(tmp_path: Path) -> None:
    only = changed("emo-v1", "audio", tmp_path, 'formats = ["aac"]')

    assert plan(only, wav(5.0)).expected == Expected(format="aac", duration_s=5.0, audio_codec="aac")


def test_24_bits_stay_24_bits() -> None:
    size = 70 * 16_000 * 3 + 44
    written = plan(EMO, wav(70.0, rate=16_000, channels=1, audio_codec="pcm_s24le", bytes=size))

    assert written.expected.audio_codec == "pcm_s24le"


def test_a_long_mp3_is_cut_by_copy_at_a_pause() -> None:
    voice = [1.0] * 3000
    voice[1800:1820] = [0.0] * 20
    trim, remux = plan(EMO, facts(90.0), timeline=Timeline(0.032, tuple(voice))).steps

    assert isinstance(trim, Trim)
    assert isinstance(remux, RemuxSound)
    assert 57.6 + 0.1 <= trim.end_s <= 58.24 - 0.1
    assert (trim.place, trim.fade_s, trim.reason) == ("pause", 0.0, "AUD003 audio-too-long")
    assert trim.detail == f"90 s to {round(trim.end_s, 2):g} s, at a pause"


def test_without_a_pause_it_fades_out_and_says_so() -> None:
    trim, encode = plan(EMO, facts(90.0), timeline=Timeline(0.032, (1.0,) * 3000)).steps

    assert isinstance(encode, EncodeSound)
    assert trim.detail == "90 s to 59.9 s, at the limit: there is no pause in the 5 s before it, fading out over 30 ms"


def test_a_hard_cut_is_made_on_request() -> None:
    trim, remux = plan(EMO, facts(90.0), PrepareOptions(trim="end")).steps

    assert isinstance(remux, RemuxSound)
    assert trim.detail == "90 s to 59.9 s"


def test_a_wav_fades_out_at_a_pause_because_that_costs_nothing() -> None:
    trim, encode = plan(EMO, wav(70.0), timeline=Timeline(0.032, (0.0,) * 3000)).steps

    assert isinstance(encode, EncodeSound)
    assert trim.detail == "70 s to 59.9 s, at a pause, fading out over 30 ms"


def test_a_length_that_only_the_header_makes_too_long_is_not_cut() -> None:
    assert [step.name for step in plan(EMO, facts(5.0, stated_duration_s=222.0)).steps] == ["remux"]


def test_a_short_recording_is_padded_with_silence() -> None:
    padded, encode = plan(WAN, facts(1.0)).steps

    assert isinstance(padded, PadSilence)
    assert padded.detail == "1 s to 3.1 s, with silence added at the end"
    assert isinstance(encode, EncodeSound)
    assert encode.format == "wav"


def test_options_are_steps_of_their_own_and_done_once() -> None:
    options = PrepareOptions(loudness=-16.0, mono=True, denoise=True)
    steps = plan(EMO, facts(), options).steps

    assert [type(step) for step in steps] == [Denoise, MixDown, Loudness, EncodeSound]
    assert [step.reason for step in steps[:3]] == ["denoise asked for", "mono asked for", "loudness asked for"]
    assert plan(EMO, facts(channels=1), PrepareOptions(mono=True)).steps == ()


def test_an_equal_length_is_cut_at_a_pause_only_where_the_lengths_stay_equal() -> None:
    voice = [1.0] * 1000
    voice[500:520], voice[610:625] = [0.0] * 20, [0.0] * 15
    timeline = Timeline(0.032, tuple(voice))
    item = AUDIO_INPUTS[RETALK]
    near = Written(*plan_audio(facts(25.0), item.role, OPTIONS, [], timeline=timeline, length=20.0))
    far = Written(*plan_audio(facts(25.0), item.role, OPTIONS, [], timeline=timeline, length=19.0))

    assert (near.expected.duration_s or 0.0) == pytest.approx(19.8, abs=0.15)
    assert far.expected.duration_s == 19.0


def test_a_recording_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(PrepareError, match=r"v\.mp3: empty: it contains no sound"):
        plan(EMO, facts(0.0, problems=("empty: it contains no sound",)))
    with pytest.raises(PrepareError, match="has no sound"):
        plan(EMO, VideoFacts(path="v.mp4", format="mp4", duration_s=3.0))
    with pytest.raises(PrepareError, match="encrypted"):
        plan(EMO, VideoFacts(path="v.mp4", format="mp4", duration_s=3.0, audio_codec="aac", audio_duration_s=3.0, encrypted=True))


CUT = ("false header: its last frame has 100 of 417 bytes; all sound before it is whole",)


@pytest.mark.parametrize(("seconds", "names"), [(10.0, ["drop-cut-frame", "remux"]), (70.0, ["trim", "encode"])])
def test_a_last_frame_that_is_cut_is_left_out_once(seconds: float, names: list[str]) -> None:
    known = facts(seconds, problems=CUT, gaps=(Gap(at_s=seconds - 0.026, length_s=0.026),))
    written = plan(EMO, known)
    assert [step.name for step in written.steps] == names
    if seconds < 60:
        assert step_of(written.steps, DropCutFrame) == DropCutFrame(reason=written.steps[0].reason, at_s=seconds - 0.026)
        assert written.expected.duration_s == pytest.approx(seconds - 0.026)


# --- the part that is to be kept


def test_a_part_that_is_to_be_kept_is_cut_out() -> None:
    made = plan(EMO, facts(70.0), keep=(5.0, 15.5))
    cut = step_of(made.steps, Trim)
    assert cut and (cut.start_s, cut.end_s, cut.of_s, cut.place, cut.fade_s) == (5.0, 15.5, 70.0, "end", 0.0)
    assert (made.suffix, made.expected.duration_s) == ("wav", 10.5)


def test_a_part_from_the_start_is_cut_by_copy_where_that_can_be() -> None:
    made = plan(EMO, facts(10.0), keep=(0.0, 4.0))
    assert [step.name for step in made.steps] == ["trim", "remux"]


def test_a_part_that_is_all_of_it_changes_nothing() -> None:
    assert plan(EMO, facts(10.0), keep=(0.0, 60.0)).steps == ()


def test_a_part_that_is_too_short_gets_silence() -> None:
    made = plan(LIVEPORTRAIT, facts(10.0), keep=(2.0, 2.25))
    assert [step.name for step in made.steps] == ["trim", "pad-silence", "encode"]
    assert made.expected.duration_s and made.expected.duration_s > 1


@pytest.mark.parametrize(
    ("keep", "why"),
    [
        ((10.0, 12.0), "lasts 10 s, and is to be kept from 10 s"),
        ((0.0, 70.0), "70 s of it are to be kept; "),
        # So little sound is silence.
        ((1.0, 1.00001), "0 s of it are to be kept; the limit is >= 0.1 s"),
    ],
)
def test_a_part_that_cannot_be_is_said(keep: tuple[float, float], why: str) -> None:
    with pytest.raises(PrepareError, match=why):
        plan(EMO, facts(10.0 if keep[0] else 80.0), keep=keep)


@pytest.mark.parametrize("keep", [(3.0, 3.0), (-1.0, 2.0), (0.0, float("inf"))])
def test_a_part_that_is_none_is_refused(keep: tuple[float, float]) -> None:
    with pytest.raises(UsageError, match="audio cannot be kept from"):
        PrepareOptions(keep={"audio": keep})


def test_a_part_is_not_split() -> None:
    with pytest.raises(UsageError, match="not both"):
        PrepareOptions(keep={"audio": (0.0, 1.0)}, split=True)
