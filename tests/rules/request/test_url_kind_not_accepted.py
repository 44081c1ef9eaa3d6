import base64
from pathlib import Path

import pytest

NOT_ACCEPTED = {
    "code": "REQ016",
    "name": "url-kind-not-accepted",
    "severity": "info",
    "measured": None,
    "limit": None,
    "unit": None,
    "service_code": "InvalidURL",
    "fixable": True,
}


def data_url(path: Path, media_type: str) -> str:
    return f"data:{media_type};base64,{base64.b64encode(path.read_bytes()).decode()}"


def test_base64_where_the_model_takes_none(found, said, fixtures: Path) -> None:
    given = {"image": data_url(fixtures / "portrait.jpg", "image/jpeg"), "audio": data_url(fixtures / "voice.mp3", "audio/mpeg")}
    findings = found("url-kind-not-accepted", "emo-v1", **given)
    paths = [finding.pop("path") for finding in findings]
    assert paths[0] == "data:image/jpeg;base64,… (63.7 kB)"
    assert [finding.pop("role") for finding in findings] == ["image", "audio"]
    assert findings == [NOT_ACCEPTED | {"source": "emo-api, 2026-03-15"}] * 2
    assert "`submit` uploads its content" in said("url-kind-not-accepted", "emo-v1", **given)[0]


@pytest.mark.parametrize("model", ["wan2.6-i2v", "wan2.6-i2v-us", "wan2.5-i2v-preview", "wanx2.1-i2v-turbo"])
def test_base64_where_it_is_documented(found, model: str, fixtures: Path) -> None:
    assert found("url-kind-not-accepted", model, prompt="x", image=data_url(fixtures / "portrait.jpg", "image/jpeg")) == []


def test_sound_is_never_sent_inside(found, fixtures: Path) -> None:
    (finding,) = found("url-kind-not-accepted", "wan2.6-i2v", prompt="x", audio=data_url(fixtures / "voice.mp3", "audio/mpeg"))
    assert finding["role"] == "audio"


@pytest.mark.parametrize(
    ("model", "role", "kinds"),
    [
        ("kling/kling-v3-video-generation", "first_frame", ["a data:", "an oss://"]),
        ("happyhorse-1.1-i2v", "first_frame", ["an oss://"]),
    ],
)
def test_what_cannot_be_uploaded_instead_is_a_warning(
    found, said, model: str, role: str, kinds: list[str], fixtures: Path
) -> None:
    given = [data_url(fixtures / "portrait.jpg", "image/jpeg"), "oss://dashscope-instant/a.jpg"]
    findings = [each for url in given for each in found("url-kind-not-accepted", model, whole=True, **{role: url})]
    assert [(each["severity"], each["role"], each["fixable"]) for each in findings] == [("warning", role, False)] * len(kinds)
    told = [each for url in given for each in said("url-kind-not-accepted", model, whole=True, **{role: url})]
    assert [each.partition(" URL;")[0] for each in told] == [f"is {kind}" for kind in kinds]


def test_other_inputs(found, fixtures: Path) -> None:
    given = {"image": "https://a.b/c.png", "audio": "oss://dashscope-instant/a.mp3"}
    assert found("url-kind-not-accepted", "emo-v1", **given) == []
    assert found("url-kind-not-accepted", "emo-v1", image=fixtures / "portrait.jpg") == []
    assert found("url-kind-not-accepted", "wan2.6-i2v", prompt="data:;base64,AAAA") == []


def test_local_file_where_only_urls_are_named(found, said, fixtures: Path) -> None:
    model, file = "vidu/viduq3-pro_img2video", fixtures / "portrait.jpg"
    (finding,) = found("url-kind-not-accepted", model, whole=True, image=file)
    assert (finding["severity"], finding["role"], finding["fixable"]) == ("info", "image", False)
    (message,) = said("url-kind-not-accepted", model, whole=True, image=file)
    assert message.startswith(f"is a local file; {model} takes http(s) URLs only here, so submit cannot send it")
    assert found("url-kind-not-accepted", model, whole=True, image="https://h/a.jpg") == []
    # Taken inside the request, or never sent from here.
    assert found("url-kind-not-accepted", "happyhorse-1.1-i2v", whole=True, first_frame=file) == []
    assert found("url-kind-not-accepted", "gen4_turbo", whole=True, image=file, parameters={"ratio": "960:960"}) == []
