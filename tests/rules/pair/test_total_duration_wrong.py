import pytest

WAN = "wan3.0-video"
REFUSED = {
    "code": "PAIR013",
    "name": "total-duration-wrong",
    "severity": "error",
    "role": None,
    "path": None,
    "unit": "s",
    "service_code": None,
    "fixable": False,
    "source": "wan3-video-generation-api-reference, zh, undated",
}


def test_recordings_together(found, said, make) -> None:
    half, rest = make.sound(60_000), make.sound(62_000)
    assert found("total-duration-wrong", WAN, reference_audio=[half, half]) == []
    assert found("total-duration-wrong", WAN, reference_audio=[half, rest]) == [REFUSED | {"measured": 15.25, "limit": "<= 15"}]
    assert said("total-duration-wrong", WAN, reference_audio=[half, rest]) == [
        "reference_audio last 15.25 s together; wan3.0-video takes up to 15 s | cut the files, or leave some out"
    ]


@pytest.mark.parametrize(("asked", "fits"), [(28, True), (29, False), (-1, True)])
def test_what_is_asked_for_counts(found, make, asked: int, fits: bool) -> None:
    given = {"reference_video": make.video(240, 240, 50), "parameters": {"duration": asked}}
    expected = [] if fits else [REFUSED | {"measured": 31.0, "limit": "<= 30"}]
    assert found("total-duration-wrong", WAN, **given) == expected


def test_without_files_nothing_is_added(found) -> None:
    assert found("total-duration-wrong", WAN, parameters={"duration": 31}) == []


def test_of_a_url_the_length_is_not_known(found, make) -> None:
    given = [make.sound(80_000), "https://a.b/c.wav"]
    assert found("total-duration-wrong", WAN, reference_audio=given) == []
