import pytest

from .content import PATH, findings, judged, real, speech

NOISY = {
    "code": "VOICE005",
    "name": "voice-noisy",
    "severity": "warning",
    "role": "audio",
    "path": PATH,
    "service_code": None,
    "fixable": False,
    "source": "emo-api, 2026-03-15",
}
UNDER = NOISY | {"limit": ">= 13", "unit": "dB"}
BESIDE = NOISY | {"limit": "<= 0.5", "unit": "of the time"}


def test_noise_under_the_voice() -> None:
    assert judged("voice-noisy", "emo-v1", speech(speech_level_dbfs=-20.0, noise_floor_dbfs=-32.9)) == [
        UNDER | {"measured": 12.9}
    ]
    assert judged("voice-noisy", "emo-v1", speech(speech_level_dbfs=-20.0, noise_floor_dbfs=-33.0)) == []


def test_sound_beside_the_voice() -> None:
    assert judged("voice-noisy", "emo-v1", speech(other_sound_share=0.501)) == [BESIDE | {"measured": 0.501}]
    assert judged("voice-noisy", "emo-v1", speech(other_sound_share=0.5)) == []


def test_words_hold_the_figures_that_speak_for_it_and_no_others() -> None:
    (finding,) = findings("voice-noisy", "emo-v1", speech(other_sound_share=0.7, noise_floor_dbfs=-200.0))
    assert finding.message == "there is probably noise or music: there is sound other than speech for 70% of the time"
    (finding,) = findings("voice-noisy", "emo-v1", speech(noise_floor_dbfs=-26.0))
    assert (
        finding.message
        == "there is probably noise or music: the voice is only 6 dB louder than the quietest tenth of the recording"
    )
    (finding,) = findings("voice-noisy", "emo-v1", speech(noise_floor_dbfs=-26.0, other_sound_share=0.7))
    assert (
        "6 dB louder than the quietest tenth of the recording and there is sound other than speech for 70% of the time"
        in finding.message
    )
    assert (finding.measured, finding.unit) == (6.0, "dB")


@pytest.mark.parametrize("share", [0.0, 0.029])
def test_where_nobody_speaks_nothing_lies_under_a_voice(share: float) -> None:
    heard = speech(speech_share=share, speech=((0.0, 0.29),) if share else (), noise_floor_dbfs=-21.0, other_sound_share=0.9)
    assert judged("voice-noisy", "emo-v1", heard) == []


def test_sound_no_voice_is_asked_of() -> None:
    assert judged("voice-noisy", "wan2.6-i2v", speech(noise_floor_dbfs=-21.0)) == []


def test_thresholds_of_a_catalog(own_catalog) -> None:
    own = own_catalog("emo-v1", "audio", noise_distance_min=30, other_sound_max=0.125)
    assert judged("voice-noisy", "emo-v1", speech(noise_floor_dbfs=-49.9), catalog=own) == [
        UNDER | {"measured": 29.9, "limit": ">= 30"}
    ]
    assert judged("voice-noisy", "emo-v1", speech(other_sound_share=0.126), catalog=own) == [
        BESIDE | {"measured": 0.126, "limit": "<= 0.125"}
    ]
    assert judged("voice-noisy", "emo-v1", speech(noise_floor_dbfs=-50.0, other_sound_share=0.125), catalog=own) == []


def test_real_recordings(studio, fixtures) -> None:
    path = studio.sound("under noise")
    (finding,) = real("voice-noisy", "emo-v1", audio=path)
    assert 0 < finding["measured"] < 10
    assert finding == UNDER | {"path": str(path), "measured": finding["measured"]}
    path = studio.sound("before noise")
    (finding,) = real("voice-noisy", "emo-v1", audio=path)
    assert 0.6 < finding["measured"] < 0.8
    assert finding == BESIDE | {"path": str(path), "measured": finding["measured"]}
    for path in (fixtures / "voice.wav", fixtures / "voice.mp3", studio.sound("tone"), studio.sound("noise")):
        assert real("voice-noisy", "emo-v1", audio=path) == []
