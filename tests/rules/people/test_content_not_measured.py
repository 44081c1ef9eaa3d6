import pytest

from .content import PATH, findings, judged, picture, real

UNCHECKED = {
    "code": "CONT001",
    "name": "content-not-measured",
    "severity": "unchecked",
    "role": "image",
    "path": PATH,
    "measured": None,
    "limit": None,
    "unit": None,
    "service_code": None,
    "fixable": False,
    "source": None,
}
TROUBLE = "mediapipe does not load (libEGL.so.1: no such file); apt-get install libegl1"


def test_trouble() -> None:
    assert judged("content-not-measured", "emo-v1", None, trouble=TROUBLE) == [UNCHECKED]
    (finding,) = findings("content-not-measured", "emo-v1", None, trouble=TROUBLE)
    assert finding.message == f"its content was not checked: {TROUBLE}"
    assert finding.help == "fix that, or choose the level decode"


def test_no_trouble() -> None:
    assert judged("content-not-measured", "emo-v1", None) == []
    assert judged("content-not-measured", "emo-v1", picture()) == []


@pytest.mark.parametrize("rule", ["FACE", "BODY", "VOICE", "PAIR"])
def test_other_rules_say_nothing_of_what_was_not_measured(rule: str) -> None:
    for model in ("emo-v1", "animate-anyone-gen2", "emo-detect-v1"):
        assert judged(rule, model, None, trouble=TROUBLE) == []


def test_encrypted_video_cannot_be_looked_into(fixtures) -> None:
    path = fixtures / "video/encrypted.mp4"
    assert real("content-not-measured", "videoretalk", video=path) == [UNCHECKED | {"role": "video", "path": str(path)}]


def test_real_file_that_can_be(fixtures) -> None:
    assert real("content-not-measured", "emo-v1", image=fixtures / "portrait.jpg") == []
