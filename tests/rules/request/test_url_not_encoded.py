import pytest

NOT_ENCODED = {
    "code": "REQ015",
    "name": "url-not-encoded",
    "severity": "error",
    "role": "image",
    "limit": None,
    "unit": None,
    "service_code": "InvalidURL",
    "fixable": False,
    "source": None,
}


@pytest.mark.every("character", [" ", "\t", '"', "<", ">", "\\", "^", "`", "{", "|", "}", "ü", "汉", "\u202e", "\x7f"])
def test_character_no_url_may_hold(found, character: str) -> None:
    url = f"https://example.com/a{character}b.png"
    assert found("url-not-encoded", "emo-v1", image=url) == [NOT_ENCODED | {"path": url, "measured": character}]


def test_one_finding_a_url(found) -> None:
    assert len(found("url-not-encoded", "emo-v1", image="https://a.b/ü ü.png", audio="https://a.b/c d.mp3")) == 2


@pytest.mark.parametrize("path", ["a%20b.png", "a.png?x=1&y=%5B2%5D", "~a/b_c-d.png", "%E6%B1%89.png", "a+b;c,d@e:f(g)!$*'.png"])
def test_encoded(found, path: str) -> None:
    assert found("url-not-encoded", "emo-v1", image=f"https://example.com/{path}") == []


def test_names_in_the_storage_of_the_provider_are_no_web_addresses(found) -> None:
    assert found("url-not-encoded", "emo-v1", image="oss://dashscope-instant/k/图 1.png") == []


def test_local_names_need_no_encoding(found) -> None:
    assert found("url-not-encoded", "emo-v1", image="bild mit ü.png") == []
