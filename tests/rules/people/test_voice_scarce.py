from .content import PATH, judged, real, speech

SCARCE = {
    "code": "VOICE002",
    "name": "voice-scarce",
    "severity": "warning",
    "role": "audio",
    "path": PATH,
    "limit": ">= 0.3",
    "unit": "of the time",
    "service_code": None,
    "fixable": False,
    "source": None,
}


def test_threshold() -> None:
    assert judged("voice-scarce", "emo-v1", speech(speech_share=0.299)) == [SCARCE | {"measured": 0.299}]
    assert judged("voice-scarce", "emo-v1", speech(speech_share=0.3)) == []


def test_next_to_nothing_is_voice_missing() -> None:
    assert judged("voice-scarce", "emo-v1", speech(speech_share=0.03)) == [SCARCE | {"measured": 0.03}]
    assert judged("voice-scarce", "emo-v1", speech(speech_share=0.029)) == []


def test_silence_has_a_rule_of_its_own() -> None:
    assert judged("voice-scarce", "emo-v1", speech(speech_share=0.1, peak_dbfs=-80.0)) == []


def test_sound_no_voice_is_asked_of() -> None:
    assert judged("voice-scarce", "wan2.6-i2v", speech(speech_share=0.1)) == []


def test_threshold_of_a_catalog(own_catalog) -> None:
    own = own_catalog("emo-v1", "audio", speech_share_min=0.75)
    assert judged("voice-scarce", "emo-v1", speech(speech_share=0.749), catalog=own) == [
        SCARCE | {"measured": 0.749, "limit": ">= 0.75"}
    ]
    assert judged("voice-scarce", "emo-v1", speech(speech_share=0.75), catalog=own) == []


def test_real_recordings(studio, fixtures) -> None:
    path = studio.sound("long pause")
    (finding,) = real("voice-scarce", "emo-v1", audio=path)
    assert 0.15 < finding["measured"] < 0.25
    assert finding == SCARCE | {"path": str(path), "measured": finding["measured"]}
    assert real("voice-scarce", "emo-v1", audio=fixtures / "voice.wav") == []
