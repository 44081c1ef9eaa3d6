import pytest

WAN = "wan2.7-i2v"
SETS = (
    "first_frame; first_frame + driving_audio; first_frame + last_frame; first_frame + last_frame + driving_audio; "
    "first_clip; first_clip + last_frame"
)
REFUSED = {
    "code": "REQ013",
    "name": "inputs-not-combinable",
    "severity": "error",
    "role": None,
    "path": None,
    "limit": SETS,
    "unit": None,
    "service_code": "InvalidParameter",
    "fixable": False,
    "source": "image-to-video-general-api-reference, 2026-04",
}


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ((), "a job without files"),
        (("last_frame",), "last_frame alone"),
        (("driving_audio",), "driving_audio alone"),
        (("driving_audio", "first_clip"), "driving_audio and first_clip together"),
        (("first_clip", "first_frame"), "first_clip and first_frame together"),
        (("driving_audio", "first_clip", "last_frame"), "driving_audio, first_clip and last_frame together"),
    ],
)
def test_no_documented_set(found, said, names: tuple[str, ...], words: str) -> None:
    given = {"whole": True, **{name: f"https://a.b/{name}" for name in names}}
    assert found("inputs-not-combinable", WAN, **given) == [REFUSED | {"measured": " + ".join(names)}]
    assert words in said("inputs-not-combinable", WAN, **given)[0]


@pytest.mark.parametrize("names", [part.split(" + ") for part in SETS.split("; ")])
def test_documented_sets(found, names: list[str]) -> None:
    assert found("inputs-not-combinable", WAN, whole=True, **{name: f"https://a.b/{name}" for name in names}) == []


def test_empty_input_is_none(found) -> None:
    assert found("inputs-not-combinable", WAN, whole=True, first_frame="https://a.b/c", first_clip="") == []


def test_file_checked_by_itself_needs_no_company(found) -> None:
    assert found("inputs-not-combinable", WAN, whole=False, last_frame="https://a.b/c") == []


def test_model_without_sets(found) -> None:
    assert found("inputs-not-combinable", "emo-v1", whole=True) == []
