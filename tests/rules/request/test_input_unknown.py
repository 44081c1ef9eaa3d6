from pathlib import Path

UNKNOWN = {
    "code": "REQ002",
    "name": "input-unknown",
    "severity": "error",
    "path": None,
    "limit": "image, audio, face_bbox, ext_bbox",
    "unit": None,
    "service_code": None,
    "fixable": False,
    "source": None,
}


def test_misspelt(found, said) -> None:
    assert found("input-unknown", "emo-v1", imag="a.png") == [UNKNOWN | {"role": "imag", "measured": "imag"}]
    assert "did you mean image?" in said("input-unknown", "emo-v1", imag="a.png")[0]


def test_like_nothing(found, said) -> None:
    assert found("input-unknown", "emo-v1", xyzzy=1) == [UNKNOWN | {"role": "xyzzy", "measured": "xyzzy"}]
    (words,) = said("input-unknown", "emo-v1", xyzzy=1)
    assert "did you mean" not in words
    assert "image, audio, face_bbox and ext_bbox" in words


def test_parameter_given_as_an_input(said) -> None:
    assert "--set style_level=VALUE" in said("input-unknown", "emo-v1", style_level="calm")[0]


def test_each_unknown_input_is_named(found) -> None:
    assert [finding["role"] for finding in found("input-unknown", "emo-v1", a=1, b=2, image="c.png")] == ["a", "b"]


def test_roles_and_fields(found, fixtures: Path) -> None:
    given = {"image": fixtures / "portrait.jpg", "audio": "https://a.b/c.mp3", "face_bbox": None, "ext_bbox": [0, 0, 9, 9]}
    assert found("input-unknown", "emo-v1", **given) == []
