from pathlib import Path

IGNORED = {
    "code": "REQ007",
    "name": "value-ignored",
    "severity": "warning",
    "role": None,
    "path": None,
    "measured": None,
    "limit": None,
    "unit": None,
    "service_code": None,
    "fixable": False,
}
ANYONE = "animateanyone-video-generation-api, 2026-01-26"


def test_parameter_that_needs_another(found, said) -> None:
    given = {"whole": True, "parameters": {"video_ratio": "3:4"}}
    assert found("value-ignored", "animate-anyone-gen2", **given) == [IGNORED | {"source": ANYONE}]
    (words,) = said("value-ignored", "animate-anyone-gen2", **given)
    assert "video_ratio will be ignored" in words
    assert "use_ref_img_bg is false" in words


def test_the_other_is_set(found) -> None:
    given = {"whole": True, "parameters": {"video_ratio": "3:4", "use_ref_img_bg": True}}
    assert found("value-ignored", "animate-anyone-gen2", **given) == []


def test_a_default_that_is_not_given_is_not_ignored(found) -> None:
    assert found("value-ignored", "animate-anyone-gen2", whole=True) == []


def test_parameter_that_needs_a_file(found, fixtures: Path) -> None:
    given = {"whole": True, "parameters": {"query_face_threshold": 150}}
    assert found("value-ignored", "videoretalk", **given) == [IGNORED | {"source": "videoretalk-api, en, undated"}]
    assert found("value-ignored", "videoretalk", ref_image=fixtures / "portrait.jpg", **given) == []


def test_file_checked_by_itself_says_nothing_of_other_files(found) -> None:
    given = {"whole": False, "parameters": {"query_face_threshold": 150}}
    assert found("value-ignored", "videoretalk", **given) == []


def test_file_that_is_not_used(found, said, fixtures: Path) -> None:
    path = fixtures / "voice.wav"
    given = {"whole": True, "audio": path, "parameters": {"audio": False}}
    (finding,) = found("value-ignored", "wan2.6-i2v-flash", **given)
    assert (finding["role"], finding["path"]) == ("audio", str(path))
    assert "because the parameter audio is false" in said("value-ignored", "wan2.6-i2v-flash", **given)[0]


def test_url_that_is_not_used(found) -> None:
    given = {"whole": True, "audio": "https://a.b/c.wav", "parameters": {"audio": False}}
    (finding,) = found("value-ignored", "wan2.6-i2v-flash", **given)
    assert (finding["role"], finding["path"]) == ("audio", "https://a.b/c.wav")


def test_file_that_is_used(found, fixtures: Path) -> None:
    for parameters in ({}, {"audio": True}):
        assert found("value-ignored", "wan2.6-i2v-flash", audio=fixtures / "voice.wav", parameters=parameters) == []


def test_field_beside_another(found, said) -> None:
    given = {"prompt": "a cat", "template": "squish"}
    (finding,) = found("value-ignored", "wan2.6-i2v", **given)
    assert finding["severity"] == "warning"
    assert "prompt will be ignored because template is given" in said("value-ignored", "wan2.6-i2v", **given)[0]
