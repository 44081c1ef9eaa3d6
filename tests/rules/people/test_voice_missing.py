import pytest

from mediapreflight import Job, check

from .content import PATH, findings, judged, picture, real, speech

MISSING = {
    "code": "VOICE001",
    "name": "voice-missing",
    "role": "audio",
    "path": PATH,
    "limit": ">= 0.03",
    "unit": "of the time",
    "service_code": None,
    "fixable": False,
    "source": "emo-api, 2026-03-15",
}
NOBODY = {"speech_share": 0.0, "speech": (), "speech_level_dbfs": -200.0}


@pytest.mark.parametrize(("other", "severity"), [(0.0, "error"), (0.199, "error"), (0.2, "warning"), (1.0, "warning")])
def test_other_sound_may_be_a_song(other: float, severity: str) -> None:
    heard = speech(**NOBODY, other_sound_share=other)
    assert judged("voice-missing", "emo-v1", heard) == [MISSING | {"severity": severity, "measured": 0.0}]


def test_share_that_counts_as_none() -> None:
    heard = speech(speech_share=0.029, speech=((0.0, 0.29),))
    assert judged("voice-missing", "emo-v1", heard) == [MISSING | {"severity": "error", "measured": 0.029}]
    assert judged("voice-missing", "emo-v1", speech(speech_share=0.03)) == []


def test_words_deny_no_voice_that_is_there() -> None:
    (finding,) = findings("voice-missing", "emo-v1", speech(**NOBODY))
    assert finding.message == "no voice is heard"
    (finding,) = findings("voice-missing", "emo-v1", speech(**NOBODY, other_sound_share=0.9))
    assert finding.message.startswith("no speech is heard; there is other sound for 90% of the time, and singing")
    (finding,) = findings("voice-missing", "emo-v1", speech(speech_share=0.02, speech=((1.0, 1.8),), heard_s=40.0))
    assert finding.message == "a voice is heard for only 0.8 of 40.0 s"
    scarce = speech(speech_share=0.02, speech=((1.0, 1.8),), heard_s=40.0, other_sound_share=0.9)
    (finding,) = findings("voice-missing", "emo-v1", scarce)
    assert finding.message == "a voice is heard for only 0.8 of 40.0 s; there is other sound for 90% of the time"


@pytest.mark.parametrize("silence", [{"peak_dbfs": -80.0}, {"peak_dbfs": -200.0}, {"heard_s": 0.0}])
def test_silence_has_a_rule_of_its_own(silence: dict) -> None:
    assert judged("voice-missing", "emo-v1", speech(**NOBODY | silence)) == []


def test_sound_no_voice_is_asked_of() -> None:
    assert judged("voice-missing", "wan2.6-i2v", speech(**NOBODY)) == []
    assert judged("voice-missing", "emo-v1", picture()) == []


def test_threshold_of_a_catalog(own_catalog) -> None:
    own = own_catalog("emo-v1", "audio", speech_share_least=0.5)
    heard = speech(speech_share=0.499)
    expected = MISSING | {"severity": "error", "measured": 0.499, "limit": ">= 0.5"}
    assert judged("voice-missing", "emo-v1", heard, catalog=own) == [expected]
    assert judged("voice-missing", "emo-v1", speech(speech_share=0.5), catalog=own) == []


@pytest.mark.parametrize(
    ("what", "severity"), [("tone", "warning"), ("noise", "warning"), ("whisper of noise", "error"), ("one word", "error")]
)
def test_real_recordings(studio, what: str, severity: str) -> None:
    path = studio.sound(what)
    (finding,) = real("voice-missing", "emo-v1", audio=path)
    assert finding == MISSING | {"path": str(path), "severity": severity, "measured": finding["measured"]}


def test_real_voices_and_real_silence(fixtures) -> None:
    for name in ("voice.wav", "voice.mp3", "voice.aac", "faults/silent.wav"):
        assert real("voice-missing", "emo-v1", audio=fixtures / name) == []


def test_model_that_takes_silence_is_warned_of_noise_and_silence_alike(fixtures) -> None:
    (found,) = findings("voice-missing", "videoretalk", speech(**NOBODY))
    assert found.severity == "warning"
    (silent,) = check(
        Job("videoretalk", audio=fixtures / "faults/silent.wav", whole=False), select=["AUD005"], level="decode"
    ).findings
    assert silent.severity == "warning"
