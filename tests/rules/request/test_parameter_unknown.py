UNKNOWN = {
    "code": "REQ003",
    "name": "parameter-unknown",
    "severity": "error",
    "role": None,
    "path": None,
    "limit": "style_level",
    "unit": None,
    "service_code": None,
    "fixable": False,
    "source": None,
}


def test_misspelt(found, said) -> None:
    given = {"parameters": {"style_levl": "calm"}}
    assert found("parameter-unknown", "emo-v1", **given) == [UNKNOWN | {"measured": "style_levl"}]
    assert "did you mean style_level?" in said("parameter-unknown", "emo-v1", **given)[0]


def test_misspelt_field(said) -> None:
    """On the command line both are given with `--set`."""
    (words,) = said("parameter-unknown", "wan2.6-i2v", parameters={"promt": "a cat"})
    assert "did you mean prompt?" in words


def test_like_nothing(found, said) -> None:
    given = {"parameters": {"xyzzy": 1}}
    assert found("parameter-unknown", "emo-v1", **given) == [UNKNOWN | {"measured": "xyzzy"}]
    assert "did you mean" not in said("parameter-unknown", "emo-v1", **given)[0]


def test_input_given_as_a_parameter(said) -> None:
    (words,) = said("parameter-unknown", "wan2.6-i2v", parameters={"prompt": "a cat"})
    assert "prompt is an input" in words
    assert "did you mean" not in words


def test_model_without_parameters(found, said) -> None:
    given = {"parameters": {"seed": 1}}
    assert found("parameter-unknown", "emoji-v1", **given) == [UNKNOWN | {"measured": "seed", "limit": None}]
    assert "has no parameters" in said("parameter-unknown", "emoji-v1", **given)[0]


def test_known(found) -> None:
    assert found("parameter-unknown", "emo-v1", parameters={"style_level": "calm"}) == []
    assert found("parameter-unknown", "emo-v1", parameters={}) == []


def test_key_of_an_entry(found, said) -> None:
    model, entry = "kling/kling-v3-video-generation", {"index": 1, "prompt": "near", "duration": 2}
    assert found("parameter-unknown", model, multi_prompt=[entry]) == []
    assert found("parameter-unknown", model, multi_prompt="near") == []
    (finding,) = found("parameter-unknown", model, multi_prompt=[entry, {**entry, "promt": "far"}])
    assert (finding["measured"], finding["limit"], finding["severity"]) == ("promt", "index, prompt, duration", "error")
    (message,) = said("parameter-unknown", model, multi_prompt=[entry, {**entry, "promt": "far"}])
    assert message.startswith("entry 2 of multi_prompt has the unknown key 'promt'; did you mean prompt?")


def test_key_that_an_entry_lacks(found) -> None:
    given = {"multi_prompt": [{"index": 1, "prompt": "near"}], "parameters": {"aspect_ratio": "1:1"}}
    (finding,) = found("input-missing", "kling/kling-v3-video-generation", whole=True, **given)
    assert finding["role"] == "multi_prompt[1].duration"
