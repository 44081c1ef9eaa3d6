from pathlib import Path

import pytest

from mediapreflight import Job, check

NOT_CHECKED = {
    "code": "REQ014",
    "name": "url-not-checked",
    "severity": "unchecked",
    "role": "image",
    "measured": None,
    "limit": None,
    "unit": None,
    "service_code": None,
    "fixable": False,
    "source": None,
}


@pytest.mark.parametrize(
    "url", ["https://example.com/a.png", "http://example.com/a.png", "HTTPS://EXAMPLE.COM/A.PNG", "oss://k/a.png"]
)
def test_url(found, url: str) -> None:
    assert found("url-not-checked", "emo-v1", image=url) == [NOT_CHECKED | {"path": url}]


def test_each_url(found) -> None:
    findings = found("url-not-checked", "emo-v1", image="https://a.b/c.png", audio="https://a.b/c.mp3")
    assert [finding["role"] for finding in findings] == ["image", "audio"]


def test_unchecked_is_no_pass_unless_ignored() -> None:
    job = Job("wan2.6-i2v", image="https://example.com/a.png")
    assert not check(job).ok
    assert check(job, ignore=["url-not-checked"]).ok


def test_local_files_and_names_that_look_like_urls(found, fixtures: Path) -> None:
    assert found("url-not-checked", "emo-v1", image=fixtures / "portrait.jpg", audio="https:voice.mp3") == []
    assert found("url-not-checked", "emo-v1", image="ftp://a.b/c.png") == []


def test_url_in_a_prompt_is_text(found) -> None:
    assert found("url-not-checked", "wan2.6-i2v", prompt="https://a.b/c") == []
