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
    "severity": "warning",
}
NOBODY = {"speech_share": 0.0, "speech": (), "speech_level_dbfs": -200.0}


@pytest.mark.parametrize("other", [0.0, 0.199, 0.2, 1.0])
def test_no_document_refuses_a_recording_without_a_voice(other: float) -> None:
    heard = speech(**NOBODY, other_sound_share=other)
    assert judged("voice-missing", "emo-v1", heard) == [MISSING | {"measured": 0.0}]


def test_share_that_counts_as_none() -> None:
    heard = speech(speech_share=0.029, speech=((0.0, 0.29),))
    assert judged("voice-missing", "emo-v1", heard) == [MISSING | {"measured": 0.029}]
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
    expected = MISSING | {"measured": 0.499, "limit": ">= 0.5"}
    assert judged("voice-missing", "emo-v1", heard, catalog=own) == [expected]
    assert judged("voice-missing", "emo-v1", speech(speech_share=0.5), catalog=own) == []


@pytest.mark.parametrize("what", ["tone", "noise", "whisper of noise", "one word"])
def test_real_recordings(studio, what: str) -> None:
    path = studio.sound(what)
    (finding,) = real("voice-missing", "emo-v1", audio=path)
    assert finding == MISSING | {"path": str(path), "measured": finding["measured"]}


def test_real_voices_and_real_silence(fixtures) -> None:
    for name in ("voice.wav", "voice.mp3", "voice.aac", "faults/silent.wav"):
        assert real("voice-missing", "emo-v1", audio=fixtures / name) == []


@pytest.mark.parametrize("model", ["emo-v1", "liveportrait", "videoretalk"])
def test_silence_and_noise_without_a_voice_are_judged_alike(studio, fixtures, model: str) -> None:
    (noise,) = real("voice-missing", model, audio=studio.sound("noise"))
    (silent,) = check(Job(model, audio=fixtures / "faults/silent.wav", whole=False), select=["AUD005"], level="decode").findings
    assert (noise["severity"], silent.severity) == ("warning", "warning")
