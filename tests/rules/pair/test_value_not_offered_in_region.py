import pytest

NOT_OFFERED = {
    "code": "PAIR006",
    "name": "value-not-offered-in-region",
    "severity": "error",
    "role": None,
    "path": None,
    "limit": "5, 10, 15",
    "unit": None,
    "service_code": None,
    "fixable": False,
    "source": "legacy-image-to-video-api-reference, 2026-10-12",
}


@pytest.mark.parametrize("duration", [2, 6, 14])
def test_duration_other_regions_offer(found, said, duration: int) -> None:
    given = {"region": "virginia", "parameters": {"duration": duration}}
    assert found("value-not-offered-in-region", "wan2.6-i2v", **given) == [NOT_OFFERED | {"measured": duration}]
    assert "in virginia wan2.6-i2v offers 5, 10 and 15" in said("value-not-offered-in-region", "wan2.6-i2v", **given)[0]


@pytest.mark.parametrize("duration", [5, 10, 15])
def test_duration_the_region_offers(found, duration: int) -> None:
    assert found("value-not-offered-in-region", "wan2.6-i2v", region="virginia", parameters={"duration": duration}) == []


def test_default_is_offered(found) -> None:
    assert found("value-not-offered-in-region", "wan2.6-i2v", region="virginia") == []


@pytest.mark.parametrize("region", ["beijing", "singapore", None])
def test_other_regions(found, region: str | None) -> None:
    assert found("value-not-offered-in-region", "wan2.6-i2v", region=region, parameters={"duration": 6}) == []


def test_model_without_restrictions(found) -> None:
    assert found("value-not-offered-in-region", "emo-v1", region="virginia", parameters={"duration": 6}) == []
