from .content import PATH, judged, real, speech

CLIPPED = {
    "code": "VOICE003",
    "name": "voice-clipped",
    "severity": "warning",
    "role": "audio",
    "path": PATH,
    "limit": "<= 0.001",
    "unit": "of the samples",
    "service_code": None,
    "fixable": False,
    "source": None,
}


def test_threshold() -> None:
    assert judged("voice-clipped", "emo-v1", speech(clipping_share=0.00101)) == [CLIPPED | {"measured": 0.00101}]
    assert judged("voice-clipped", "emo-v1", speech(clipping_share=0.001)) == []


def test_sound_no_voice_is_asked_of() -> None:
    assert judged("voice-clipped", "wan2.6-i2v", speech(clipping_share=0.5)) == []


def test_threshold_of_a_catalog(own_catalog) -> None:
    own = own_catalog("emo-v1", "audio", clipping_share_max=0.25)
    assert judged("voice-clipped", "emo-v1", speech(clipping_share=0.26), catalog=own) == [
        CLIPPED | {"measured": 0.26, "limit": "<= 0.25"}
    ]
    assert judged("voice-clipped", "emo-v1", speech(clipping_share=0.25), catalog=own) == []


def test_real_recordings(studio, fixtures) -> None:
    path = studio.sound("overdriven")
    (finding,) = real("voice-clipped", "emo-v1", audio=path)
    assert 0.1 < finding["measured"] < 0.3
    assert finding == CLIPPED | {"path": str(path), "measured": finding["measured"]}
    assert real("voice-clipped", "emo-v1", audio=fixtures / "voice.wav") == []
