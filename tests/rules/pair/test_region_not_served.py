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
    (finding,) = found("region-not-served", "wan2.6-i2v", region="mars")
    assert (finding["severity"], finding["limit"]) == ("error", "beijing, singapore, virginia")
    assert "choose beijing, singapore or virginia" in said("region-not-served", "wan2.6-i2v", region="mars")[0]


@pytest.mark.parametrize(
    "model", ["wan2.6-i2v", "wan2.6-i2v-flash", "wan2.5-i2v-preview", "wan2.2-i2v-plus", "wanx2.1-i2v-turbo"]
)
def test_frankfurt_is_named_by_the_page_but_its_models_are_listed_nowhere(found, said, model: str) -> None:
    (finding,) = found("region-not-served", model, region="frankfurt")
    assert (finding["severity"], finding["measured"]) == ("warning", "frankfurt")
    assert f"no document says whether {model} runs in frankfurt" in said("region-not-served", model, region="frankfurt")[0]


@pytest.mark.parametrize("model", ["wan2.6-i2v-us", "wan2.7-i2v", "emo-v1"])
def test_models_whose_pages_name_their_regions(found, model: str) -> None:
    (finding,) = found("region-not-served", model, region="frankfurt")
    assert finding["severity"] == "error"


@pytest.mark.parametrize("region", ["beijing", "singapore", "virginia", None])
def test_served_or_left_open(found, region: str | None) -> None:
    assert found("region-not-served", "wan2.6-i2v", region=region) == []
