"""From the facts of a recording, or of a video whose sound is needed, to the steps that make it fit. No file is opened.

A file that fits is not changed. Wrong headers, tags and containers are fixed by copying the sound, bit for bit, into a new file,
and so is an MP3 that is too long and has a pause for the cut. Everything else needs one encode: to WAV if that fits, so that
nothing is lost again, else to MP3.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import floor, inf
from typing import Literal

from ...catalog.schema import Role
from ...errors import PrepareError
from ...findings import Finding
from ...language import say
from ...media.facts import AudioFacts, Problem, VideoFacts, cut_frame, differ, fixable_gap
from ...media.formats import DEMUXERS
from ...rules import names
from ...text import clauses
from .. import aims
from ..aims import MARGIN_S, Lengths, Reasons, first_of
from ..options import PrepareOptions
from ..steps import Expected, Planned, Step
from .audio import (
    Denoise,
    DropCutFrame,
    DropPictures,
    EncodeSound,
    ExtractSound,
    FillGap,
    Loudness,
    MixDown,
    PadSilence,
    RemuxSound,
)
from .cuts import Cut, Timeline, cuts, last_cut
from .steps import ASKED, NEEDED, Trim, kept_lead

_KIND, _FORMAT, _TOO_LARGE = names("file-kind-wrong", "file-format-not-accepted", "file-too-large")
_CODEC, _MISSTATED, _PICTURES = names("audio-codec-unusual", "audio-duration-misstated", "audio-has-large-cover-art")
_FALSE, _CORRUPT = names("file-header-false", "file-corrupt")
_TOO_LONG, _TOO_SHORT = names("audio-too-long", "audio-too-short")
_EQUAL = names("lengths-differ", "audio-longer-than-video")
# The findings that a copy into a new file may fix.
_REWRITTEN = (_KIND, _FORMAT, _CODEC, _MISSTATED, _FALSE, _PICTURES, _TOO_LARGE, _TOO_LONG, _TOO_SHORT)
_LENGTH_ASKED = say("equal lengths asked for")
_PCM = ("pcm_s16le", "pcm_s24le", "pcm_s32le")
_PCM_BYTES = {"pcm_u8": 1, "pcm_s16le": 2, "pcm_s24le": 3, "pcm_s32le": 4}
_WAV_HEAD = 128
# They state what the encoder put before and after the sound of an MP3: it would be heard in a copy.
_HIDE_PRIMING = ("mov", "matroska")
# Formats that are written, the preferred one first. ADTS comes late: it has no header that could state a correct length.
_WRITTEN = ("wav", "mp3", "m4a", "aac")
_CODECS = {"mp3": "libmp3lame", "m4a": "aac", "aac": "aac"}
_MOST_SAMPLE_RATE, _MOST_CHANNELS = 48_000, 2
# Bit rates of MP3 at 32 kHz and above; at half of that and below there are none over 160.
_BIT_RATES = (320, 256, 224, 192, 160, 128, 112, 96, 80, 64, 56, 48, 40, 32)
_LOW_SAMPLE_RATE, _LOW_BIT_RATE = 32_000, 160
_BIT_RATE_PER_CHANNEL = 128
_FADE_S = 0.03
# A difference that does not count; and the share of the video's length that is
# worth a cut at a pause.
_SAME_LENGTH, _NEAR_LENGTH = 0.985, 0.5
# Sound that is this early or late, in seconds, is not noticed, and no reason for an encode.
_IN_STEP_S = 0.02


class _Case(aims.Case, frozen=True):
    """`lead_s`: see `ExtractSound`. `sample_rate`, `channels`: as stored; None if not known."""

    facts: AudioFacts | VideoFacts
    lead_s: float
    sample_rate: int | None
    channels: int | None

    @property
    def written_channels(self) -> int | None:
        if self.options.mono:
            return 1
        return None if self.channels is None else min(self.channels, _MOST_CHANNELS)

    @property
    def written_rate(self) -> int | None:
        return None if self.sample_rate is None else min(self.sample_rate, _MOST_SAMPLE_RATE)


def plan_audio(
    facts: AudioFacts | VideoFacts,
    role: Role,
    options: PrepareOptions,
    findings: Sequence[Finding],
    *,
    timeline: Timeline | None = None,
    length: float | None = None,
    keep: tuple[float, float] | None = None,
) -> Planned:
    """The fewest steps, in the order they run, that make a recording fit the safe limits of a role. The last one writes the file.

    Args:
        facts: at level `decode` or above, so that the length is measured; of a video, its first sound track is taken.
        findings: the findings of `check` in this input. Every step is needed for one of them, for an option, or for another step.
        timeline: when somebody speaks; a cut is then made at a pause.
        length: bring the recording to this length in seconds, as far as the role accepts.
        keep: instead, keep the part between these two times, in seconds.

    Returns: the steps, the extension of the output without its dot, and what the output will be.

    Raises: PrepareError for a recording that cannot be read, or cannot be made to fit.
    """
    case = _case(facts, role, options, findings)
    timeline = timeline and timeline.moved(case.lead_s)
    part = aims.kept_part(facts.path, case.length, role, keep)
    if part is not None:
        trim: Trim | None = Trim(reason=ASKED, start_s=part[0], end_s=part[1], of_s=case.length)
    else:
        trim = None if keep else _trim(case, timeline, length)
    padded = _padding(case, trim.length_s if trim else case.length, None if keep else length)
    if (why := _encode_reason(case, trim, padded)) is not None:
        return _encoded(case, why, trim, padded)
    if trim or first_of(case.reasons, *_REWRITTEN):
        return _remuxed(case, trim)
    return _named(case)


def plan_audio_split(
    facts: AudioFacts | VideoFacts,
    role: Role,
    options: PrepareOptions,
    findings: Sequence[Finding],
    *,
    timeline: Timeline | None = None,
) -> tuple[Planned, ...]:
    """The plans for the parts of a recording that is too long: cut at pauses, no part over the limit, nothing lost between parts.

    Arguments and errors as in `plan_audio`; a recording that is not too long has one part, which is its plan.
    """
    case = _case(facts, role, options, findings)
    if not case.interval.is_above(case.length):
        return (plan_audio(facts, role, options, findings, timeline=timeline),)
    why = first_of(case.reasons, _TOO_LONG, *_EQUAL) or _LENGTH_ASKED
    timeline = timeline and timeline.moved(case.lead_s)
    found = cuts(timeline, case.length, case.lengths.most, case.lengths.least)
    starts, ends = (Cut(0.0, True), *found), (*found, Cut(case.length, True))
    parts = []
    for start, end in zip(starts, ends, strict=True):
        is_cut = timeline is not None and end.at_s < case.length
        place: Literal["pause", "limit", "end"] = "end" if not is_cut else "pause" if end.at_pause else "limit"
        trim = Trim(reason=why, start_s=start.at_s, end_s=end.at_s, of_s=case.length, place=place)
        parts.append(_encoded(case, _encode_reason(case, trim, None) or why, trim, None))
    return tuple(parts)


def _case(facts: AudioFacts | VideoFacts, role: Role, options: PrepareOptions, findings: Sequence[Finding]) -> _Case:
    reasons, lead = aims.reasons_of(findings), 0.0
    if isinstance(facts, VideoFacts):
        lead = kept_lead(facts) or 0.0
        # If the video was measured, so was the sound.
        length = facts.audio_duration_s if facts.duration_s is not None else facts.stated_duration_s
        length = length and max(length + lead, 0.0)
        rate, channels, is_encrypted = None, None, facts.encrypted
        reasons = _sound_track_reasons(reasons, length or 0.0, role)
    else:
        cut = cut_frame(facts)
        length, rate, channels, is_encrypted = (
            cut.at_s if cut else aims.measured_length(facts),
            facts.sample_rate,
            facts.channels,
            facts.problem(Problem.ENCRYPTED) is not None,
        )
    if facts.audio_codec is None:
        raise PrepareError(facts.path, say("has no sound"), tuple(findings))
    if not length or is_encrypted:
        unknown = clauses(facts.problems) or say("the length of its sound is not known")
        why = say("is encrypted") if is_encrypted else unknown
        raise PrepareError(facts.path, why, tuple(findings))
    return _Case(role, options, reasons, length, facts, lead, rate, channels)


def _sound_track_reasons(reasons: Reasons, length: float, role: Role) -> dict[str, str]:
    """The reasons for what is done to the sound of a video, of which `check` says only that it is of another kind."""
    why = first_of(reasons, _KIND) or say("only its sound is needed")
    lengths = Lengths.of(role)
    beyond = {_TOO_LONG: length > lengths.most, _TOO_SHORT: length < lengths.least}
    asked = {name: reasons[name] for name in _EQUAL if name in reasons}
    return asked | {_KIND: why} | {name: why for name, is_so in beyond.items() if is_so}


def _trim(case: _Case, timeline: Timeline | None, length: float | None) -> Trim | None:
    """Where the recording is cut; None if it is not."""
    if length is not None and case.length > length and differ(case.length, length):
        share = _SAME_LENGTH if _EQUAL[0] in case.reasons else _NEAR_LENGTH
        latest = case.lengths.nearest(length)
        return _cut(case, timeline, max(share * latest, min(case.lengths.least, latest)), latest, _EQUAL)
    if _TOO_LONG in case.reasons and case.length > case.lengths.most:
        return _cut(case, timeline, case.lengths.least, case.lengths.most, (_TOO_LONG,))
    return None


def _cut(case: _Case, timeline: Timeline | None, earliest: float, latest: float, names: tuple[str, ...]) -> Trim:
    reason = first_of(case.reasons, *names) or _LENGTH_ASKED
    if case.options.trim == "end" or timeline is None:
        fade = 0.0 if case.options.trim == "end" else _FADE_S
        return Trim(reason=reason, end_s=latest, of_s=case.length, place="end", fade_s=fade)
    cut = last_cut(timeline, latest, earliest)
    return Trim(reason=reason, end_s=cut.at_s, of_s=case.length, place="pause" if cut.at_pause else "limit", fade_s=_FADE_S)


def _padding(case: _Case, seconds: float, length: float | None) -> PadSilence | None:
    """The silence that a recording of this length needs; None if it needs none."""
    if length is not None and length > seconds and differ(length, seconds):
        reason, wanted = first_of(case.reasons, *_EQUAL) or _LENGTH_ASKED, case.lengths.nearest(length)
    elif _TOO_SHORT in case.reasons:
        reason, wanted = case.reasons[_TOO_SHORT], case.lengths.least
    else:
        return None
    return PadSilence(reason=reason, from_s=seconds, to_s=wanted) if wanted > seconds else None


def _encode_reason(case: _Case, trim: Trim | None, padded: PadSilence | None) -> str | None:
    """Why the sound must be decoded; None if it need not be."""
    options = case.options
    for name, asked in (("loudness", options.loudness is not None), ("mono", options.mono), ("denoise", options.denoise)):
        if asked and not (name == "mono" and case.channels == 1):
            return say("{name} asked for", name=name)
    if padded:
        return padded.reason
    if abs(case.lead_s) > _IN_STEP_S:
        return case.reasons[_KIND]
    if _CORRUPT in case.reasons and fixable_gap(case.facts):
        return case.reasons[_CORRUPT]
    kept = _kept_format(case)
    if kept is None and (why := first_of(case.reasons, *_REWRITTEN)):
        return why
    limit = aims.most_bytes(case.role)
    if (why := first_of(case.reasons, _TOO_LARGE, _KIND)) and limit and _copied_bytes(case, trim) > limit:
        return why
    if trim and (trim.start_s or trim.length_s < case.lengths.least):
        return trim.reason
    if trim and (kept != "mp3" or trim.place == "limit" or (trim.place == "end" and trim.fade_s)):
        return trim.reason
    return None


def _kept_format(case: _Case) -> str | None:
    """The accepted format that takes the sound as it is; None if none does."""
    # Not AAC: readers guess the length of a plain stream from its first frames, and a new file would be no more correct.
    own = "wav" if case.facts.audio_codec in _PCM_BYTES else "mp3" if case.facts.audio_codec == "mp3" else None
    if own == "mp3" and DEMUXERS.get(case.facts.format or "") in _HIDE_PRIMING:
        return None
    return own if own in case.role.known_formats.safe_names else None


def _copied_bytes(case: _Case, trim: Trim | None) -> float:
    """The approximate bytes of a copy of the sound; for a sound track, the most it can be."""
    facts = case.facts
    end = trim.end_s if trim else case.length
    if facts.audio_codec in _PCM_BYTES:
        return _pcm_bytes(end, facts.audio_codec, case.sample_rate, case.channels)
    if isinstance(facts, VideoFacts):
        return end * _BIT_RATES[0] * 1000 / 8
    return ((facts.bytes or inf) - facts.cover_art_bytes) * end / case.length


def _named(case: _Case) -> Planned:
    facts = case.facts
    expected = Expected(format=facts.format, duration_s=case.length, audio_codec=facts.audio_codec)
    return *aims.renamed(facts, case.reasons), expected


def _remuxed(case: _Case, trim: Trim | None) -> Planned:
    facts, format = case.facts, _kept_format(case)
    assert format is not None
    seconds = trim.end_s if trim else case.length
    reason = trim.reason if trim else first_of(case.reasons, *_REWRITTEN)
    assert reason is not None
    if trim:
        # Copied sound cannot be faded; at a pause there is nothing to fade.
        trim = Trim(reason=reason, end_s=trim.end_s, of_s=trim.of_s, place=trim.place)
    remux = RemuxSound(reason=reason, source_format=facts.format or "", format=format, seconds=seconds)
    steps = (*_extraction(case), *_without_pictures(case), *_shortened(case, trim), remux)
    expected = Expected(format=format, duration_s=round(seconds, 3), audio_codec=facts.audio_codec)
    return steps, aims.extension(format), expected


def _encoded(case: _Case, why: str, trim: Trim | None, padded: PadSilence | None) -> Planned:
    start, end = (trim.start_s, trim.end_s) if trim else (0.0, case.length)
    if trim is None and end > case.lengths.most:
        trim = Trim(reason=NEEDED, end_s=case.lengths.most, of_s=case.length, fade_s=_FADE_S)
        end = trim.end_s
    if padded is None and end - start < case.lengths.least:
        padded = PadSilence(reason=NEEDED, from_s=end - start, to_s=case.lengths.least)
    seconds = padded.to_s if padded else end - start
    encode = _encode(case, why, seconds)
    steps = (
        *_extraction(case),
        *_without_pictures(case),
        *_filled(case),
        *_shortened(case, trim),
        *_asked_for(case),
        *((padded,) if padded else ()),
        encode,
    )
    codec = "mp3" if encode.codec == "libmp3lame" else encode.codec
    expected = Expected(format=encode.format, duration_s=round(seconds, 3), audio_codec=codec)
    return steps, aims.extension(encode.format), expected


def _extraction(case: _Case) -> Iterator[Step]:
    if isinstance(case.facts, VideoFacts):
        picture = None if kept_lead(case.facts) is None else case.facts.start_s
        is_early = picture is None and case.facts.start_s is not None and case.facts.audio_start_s is not None
        yield ExtractSound(
            reason=case.reasons[_KIND],
            source_format=case.facts.format or "",
            picture_s=picture,
            lead_s=round(case.lead_s, 6),
            before_s=round((case.facts.start_s or 0.0) - (case.facts.audio_start_s or 0.0), 6) if is_early else 0.0,
        )


def _without_pictures(case: _Case) -> Iterator[Step]:
    if isinstance(case.facts, AudioFacts) and case.facts.cover_art_bytes:
        yield DropPictures(reason=first_of(case.reasons, _PICTURES) or NEEDED, size=case.facts.cover_art_bytes)


def _shortened(case: _Case, trim: Trim | None) -> Iterator[Step]:
    if trim:
        yield trim
    elif cut := cut_frame(case.facts):
        yield DropCutFrame(reason=first_of(case.reasons, _FALSE) or NEEDED, at_s=cut.at_s)


def _filled(case: _Case) -> Iterator[Step]:
    if gap := fixable_gap(case.facts):
        reason = first_of(case.reasons, _CORRUPT) or NEEDED
        yield FillGap(reason=reason, at_s=gap.at_s, length_s=gap.length_s, untimed_s=gap.untimed_s)


def _asked_for(case: _Case) -> Iterator[Step]:
    """Steps that only an option needs."""
    if case.options.denoise:
        yield Denoise(reason=say("denoise asked for"))
    if case.options.mono and case.channels != 1:
        yield MixDown(reason=say("mono asked for"), channels=case.channels)
    if case.options.loudness is not None:
        yield Loudness(reason=say("loudness asked for"), target_lufs=case.options.loudness)


def _encode(case: _Case, why: str, seconds: float) -> EncodeSound:
    format, codec, bit_rate = _target(case, seconds)
    return EncodeSound(
        reason=why,
        source=_named_source(case),
        format=format,
        codec=codec,
        sample_rate=case.written_rate,
        channels=case.written_channels,
        bit_rate=bit_rate,
        seconds=seconds,
    )


def _named_source(case: _Case) -> str:
    format, codec = case.facts.format or "", case.facts.audio_codec or ""
    return format.upper() if format == codec else f"{format.upper()} ({codec})"


def _target(case: _Case, seconds: float) -> tuple[str, str, int | None]:
    """The format, encoder and bit rate that keep most of the sound within the byte limit. Raises PrepareError for none."""
    limit, accepted = aims.most_bytes(case.role), case.role.known_formats.safe_names
    for format in _WRITTEN:
        if format not in accepted:
            continue
        if format != "wav":
            if rate := _bit_rate(case, seconds):
                return format, _CODECS[format], rate
            continue
        codec = case.facts.audio_codec if case.facts.audio_codec in _PCM else _PCM[0]
        if _pcm_bytes(seconds + MARGIN_S, codec, case.written_rate, case.written_channels) <= (limit or inf):
            return format, codec, None
    if set(_WRITTEN) & set(accepted):
        raise PrepareError(
            case.facts.path, say("{seconds:.2f} s of sound do not fit into {limit:,} bytes", seconds=seconds, limit=limit or 0)
        )
    raise PrepareError(case.facts.path, say("sound cannot be written as {accepted} here", accepted=", ".join(accepted)))


def _pcm_bytes(seconds: float, codec: str, rate: int | None, channels: int | None) -> float:
    """The bytes of a WAV; if rate or channels are not known, the largest usual ones count."""
    frames = seconds * (rate or _MOST_SAMPLE_RATE)
    return frames * (channels or _MOST_CHANNELS) * _PCM_BYTES[codec] + _WAV_HEAD


def _bit_rate(case: _Case, seconds: float) -> int | None:
    """The highest usual bit rate that fits, in bits per second; None if none does."""
    most = _BIT_RATE_PER_CHANNEL * (case.written_channels or _MOST_CHANNELS)
    if case.written_rate is not None and case.written_rate < _LOW_SAMPLE_RATE:
        most = min(most, _LOW_BIT_RATE)
    total = aims.budget(case.role, seconds)
    allowed = most if total is None else min(most, floor(total / 1000))
    return next((rate * 1000 for rate in _BIT_RATES if rate <= allowed), None)
