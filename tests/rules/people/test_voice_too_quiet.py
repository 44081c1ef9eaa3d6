from .content import PATH, judged, real, speech

QUIET = {
    "code": "VOICE004",
    "name": "voice-too-quiet",
    "severity": "warning",
    "role": "audio",
    "path": PATH,
    "limit": ">= -40",
    "unit": "dBFS",
    "service_code": None,
    "fixable": False,
    "source": None,
}


def test_threshold() -> None:
    assert judged("voice-too-quiet", "emo-v1", speech(speech_level_dbfs=-40.1)) == [QUIET | {"measured": -40.1}]
    assert judged("voice-too-quiet", "emo-v1", speech(speech_level_dbfs=-40.0)) == []


def test_no_voice_is_not_quiet_too() -> None:
    nobody = {"speech_share": 0.0, "speech": (), "speech_level_dbfs": -200.0}
    assert judged("voice-too-quiet", "emo-v1", speech(**nobody)) == []
    assert judged("voice-too-quiet", "emo-v1", speech(speech_share=0.029, speech_level_dbfs=-60.0)) == []


def test_sound_no_voice_is_asked_of() -> None:
    assert judged("voice-too-quiet", "wan2.6-i2v", speech(speech_level_dbfs=-60.0)) == []


def test_threshold_of_a_catalog(own_catalog) -> None:
    own = own_catalog("emo-v1", "audio", speech_level_min=-22.5)
    assert judged("voice-too-quiet", "emo-v1", speech(speech_level_dbfs=-22.6), catalog=own) == [
        QUIET | {"measured": -22.6, "limit": ">= -22.5"}
    ]
    assert judged("voice-too-quiet", "emo-v1", speech(speech_level_dbfs=-22.5), catalog=own) == []


def test_no_voice_is_not_quiet_even_where_none_is_asked_for(own_catalog) -> None:
    own = own_catalog("emo-v1", "audio", speech_share_least=0)
    nobody = {"speech_share": 0.0, "speech": (), "speech_level_dbfs": -200.0}
    assert judged("voice-too-quiet", "emo-v1", speech(**nobody), catalog=own) == []


def test_real_recordings(studio, fixtures) -> None:
    path = studio.sound("quiet")
    (finding,) = real("voice-too-quiet", "emo-v1", audio=path)
    assert -50 < finding["measured"] < -44
    assert finding == QUIET | {"path": str(path), "measured": finding["measured"]}
    assert real("voice-too-quiet", "emo-v1", audio=fixtures / "voice.wav") == []
