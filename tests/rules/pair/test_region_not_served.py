import pytest

NOT_SERVED = {
    "code": "PAIR005",
    "name": "region-not-served",
    "severity": "error",
    "role": None,
    "path": None,
    "unit": None,
    "service_code": None,
    "fixable": False,
}


@pytest.mark.parametrize("region", ["singapore", "virginia", "frankfurt", "mars"])
def test_elsewhere(found, said, region: str) -> None:
    expected = NOT_SERVED | {"measured": region, "limit": "beijing", "source": "emo-api, 2026-03-15"}
    assert found("region-not-served", "emo-v1", region=region) == [expected]
    assert "choose beijing" in said("region-not-served", "emo-v1", region=region)[0]


def test_several_regions_to_choose_from(found, said) -> None:
    (finding,) = found("region-not-served", "wan2.6-i2v", region="frankfurt")
    assert finding["limit"] == "beijing, singapore, virginia"
    assert "choose beijing, singapore or virginia" in said("region-not-served", "wan2.6-i2v", region="frankfurt")[0]


@pytest.mark.parametrize("region", ["beijing", "singapore", "virginia", None])
def test_served_or_left_open(found, region: str | None) -> None:
    assert found("region-not-served", "wan2.6-i2v", region=region) == []
